"""When the conditions of a rule hold, and what is read of a conversation to say so."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub.events import Author, CallCard, CallDirection, CallState, Channel
from hub.ids import IdentityId, TouchpointId, new_id
from router.conditions import holds
from router.facts import Facts, facts_of, fold_words, language_of, plain
from router.plan.hours import Calendar, Hours, Period
from router.plan.rules import AttributeIs, Conditions
from storage import records, tables
from storage.changes import ChangeSet
from storage.conversations import Conversation, find
from storage.identities import Identity
from storage.touchpoints import Touchpoint
from storage.unit_of_work import Units
from tests.builders import build_house, insert

SUNDAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 10 o'clock in Vietnam
MORNING = (Period(opens="08:00", closes="12:00"),)
SHOP = Calendar(id="shop", name="Shop", week=((), (), (), (), (), (), MORNING), vietnamese_holidays=False)
HOURS = Hours(calendars=(SHOP,))
VIP = Facts(
    channel=Channel.ZALO,
    account="zalo-hn",
    kind="message",
    tags=frozenset({"vip", "khách quen"}),
    attributes={"city": "hà nội", "age": "42"},
    language="en",
    lifecycle="buy",
    words=fold_words("Cho mình hỏi bảo-hành máy lọc nước?"),
    known_customer=True,
)


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, True),
        ({"channels": (Channel.FACEBOOK, Channel.ZALO)}, True),
        ({"channels": (Channel.FACEBOOK,)}, False),
        ({"accounts": ("zalo-hn",)}, True),
        ({"accounts": ("zalo-sg",)}, False),
        ({"kinds": ("call",)}, False),
        ({"tags": ("VIP", "mới")}, True),
        ({"tags_all": ("VIP", "mới")}, False),
        ({"tags_all": ("VIP", "Khách quen")}, True),
        ({"attributes": (AttributeIs(name="city", among=("Huế", "HÀ NỘI")),)}, True),
        ({"attributes": (AttributeIs(name="city", among=("Huế",)),)}, False),
        ({"attributes": (AttributeIs(name="shop", among=("Huế",)),)}, False),
        ({"languages": ("en", "zh")}, True),
        ({"languages": ("vi",)}, False),
        ({"lifecycle": ("buy",)}, True),
        ({"lifecycle": ("warranty",)}, False),
        ({"words": ("đổi trả", "Bảo Hành")}, True),
        ({"words": ("hàn",)}, False),
        ({"words": ("!",)}, False),
        ({"known_customer": True}, True),
        ({"known_customer": False}, False),
        ({"open_calendar": "shop"}, True),
        ({"closed_calendar": "shop"}, False),
        ({"open_calendar": "gone"}, False),
        ({"closed_calendar": "gone"}, False),
        ({"tags": ("VIP",), "languages": ("vi",)}, False),
    ],
)
def test_all_that_is_asked_must_hold(asked: dict[str, Any], fits: bool) -> None:
    assert holds(Conditions(**asked), VIP, SUNDAY, HOURS) is fits


def test_a_calendar_answers_for_the_moment() -> None:
    evening = SUNDAY + timedelta(hours=9)
    assert not holds(Conditions(open_calendar="shop"), VIP, evening, HOURS)
    assert holds(Conditions(closed_calendar="shop"), VIP, evening, HOURS)


def test_the_language_is_what_the_shop_wrote_else_what_the_channel_tells_else_vietnamese() -> None:
    def identity(locale: str | None) -> Identity:
        number = UUID(int=1)
        return Identity(IdentityId(number), "a", "x", Channel.ZALO, number, number, SUNDAY, locale=locale)  # type: ignore[arg-type]  # ids

    assert language_of({"language": "Tiếng Anh"}, [identity("vi_VN")]) == "en"
    assert language_of({"lang": "en-US"}, []) == "en"
    assert language_of({"lang": "?"}, [identity("ko_KR"), identity(None)]) == "ko"
    assert language_of({}, [identity(None)]) == "vi"


def test_numbers_are_compared_as_people_write_them() -> None:
    assert [plain(value) for value in (5.0, 5, 2.5, " VIP ")] == ["5", "5", "2.5", "vip"]


async def test_the_facts_of_a_conversation_are_read_from_all_that_is_its_customers(units: Units) -> None:
    house = await build_house(units)
    first = await _seen(units, await house.add_waiting("psid-1"))
    second = await _seen(units, await house.add_waiting("psid-2"))
    async with units.begin() as work:
        await work.connection.execute(
            sa.update(tables.channel_identities)
            .where(tables.channel_identities.c.id == second.identity_id)
            .values(locale="en_US")
        )
        sheet = (await records.sheets(work.connection, [second.customer_id]))[second.customer_id]
        sheet.tag("VIP", True, units.clock.now())
        sheet.set("tier", 2.0, units.clock.now())
        await records.save(work, [sheet])
        changes = ChangeSet(work)
        second.tags, second.lifecycle = ("gấp",), "warranty"
        for seq, (author, text) in enumerate([("customer", "Xin chào"), ("customer", "Bảo hành!"), ("business", "Dạ")]):
            changes.add(second, _touchpoint(second, author=Author(author), text=text, identity_seq=seq + 1))
        await changes.flush()
        await work.commit()
    async with units.database.reading() as connection:
        nothing, all_of_it = await facts_of(connection, [first, second])
    assert nothing == Facts(channel=Channel.FACEBOOK, account="fb-main")
    assert all_of_it == Facts(
        channel=Channel.FACEBOOK,
        account="fb-main",
        tags=frozenset({"vip", "gấp"}),
        attributes={"tier": "2"},
        language="en",
        lifecycle="warranty",
        words="bao hanh",
    )


async def test_a_missed_call_and_an_earlier_conversation_are_known(units: Units) -> None:
    house = await build_house(units)
    conversation = await _seen(units, await house.add_waiting("psid-1"))
    card = CallCard(call_id="c-1", direction=CallDirection.INBOUND, state=CallState.MISSED)
    async with units.begin() as work:
        changes = ChangeSet(work)
        changes.add(conversation, _touchpoint(conversation, author=Author.CUSTOMER, call=card, identity_seq=1))
        await changes.flush()
        earlier = units.clock.now() - timedelta(days=30)
        await insert(
            work,
            tables.conversations,
            id=new_id(),
            customer_id=conversation.customer_id,
            identity_id=conversation.identity_id,
            status="closed",
            seq=1,
            queue_id=house.queue_id,
            channels=["facebook"],
            phone_verified=False,
            suggestions=0,
            opened_at=earlier,
            closed_at=earlier,
            unread=0,
            last_touch_at=earlier,
        )
        await work.commit()
    async with units.database.reading() as connection:
        [facts] = await facts_of(connection, [conversation])
    assert (facts.kind, facts.known_customer) == ("missed_call", True)


async def _seen(units: Units, conversation_id: Any) -> Conversation:
    async with units.database.reading() as connection:
        found = await find(connection, conversation_id)
    assert found is not None
    return found


def _touchpoint(conversation: Conversation, **values: Any) -> Touchpoint:
    return Touchpoint(
        id=TouchpointId(new_id()),
        conversation_id=conversation.id,
        identity_id=conversation.identity_id,
        channel=conversation.channels[-1],
        account_id="fb-main",
        occurred_at=SUNDAY,
        accepted_at=SUNDAY,
        **values,
    )
