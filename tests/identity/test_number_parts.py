"""Numbers that a sender spreads over several messages: what is joined, what is not, and that nothing shakes it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.clock import ManualClock
from hub.events import Author, CallState, Envelope, MessageReceived, wrap
from identity.numbers.parts import Said, claims_across, may_be_part
from identity.service import Resolver
from identity.settings import IdentitySettings
from storage import tables
from storage.unit_of_work import Units
from tests.identity.world import E164, World, build_world

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
WITHIN = timedelta(minutes=2)
CALL, FB = ("hotline", E164), ("fb-main", "p1")


def said(texts: Sequence[str], apart_s: int = 5) -> list[Said]:
    return [Said(NOON + timedelta(seconds=place * apart_s), text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    "texts",
    [
        ("0912", "345678"),
        ("sđt em là 0912", "345 678 nha"),
        ("Dạ số e 0912 345", "678 ạ"),
        ("09 12", "34 56", "78"),
        ("+84 912", "345678"),
        ("84912", "345.678"),
        ("gửi cho em nhé", "zalo 091", "2345678", "cảm ơn shop"),
        ("em lấy 2 cái, 0912", "345678"),
        ("0388", "0912", "345678"),
        ("không chín một hai", "ba bốn năm sáu bảy tám"),
        ("số em là khong chin mot hai ba", "bon nam sau bay tam nha"),
        ("Không chín một", "hai ba bốn", "năm sáu bảy tám ạ"),
        ("09 một hai ba", "bốn năm sáu bảy tám"),
        ("0912", "ba bốn năm sáu bảy tám"),
    ],
)
def test_parts_that_follow_one_another_are_one_number(texts: tuple[str, ...]) -> None:
    assert [claim.value for claim in claims_across(said(texts), WITHIN)] == [E164]
    assert any(may_be_part(text) for text in texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("0912", "ủa nhầm", "345678"),
        ("0912345678", "25"),
        ("mã đơn 0912", "345678"),
        ("số chồng em 0912", "345678"),
        ("091234567", "8"),
        ("size 08", "2"),
        ("350", "912345678"),
        ("0912", "34567"),
        ("0912", "3456789"),
        ("0912", "345678 vnd là giá cũ"),
        ("chuyển 50912", "345678"),
        ("số chồng em không chín một hai", "ba bốn năm sáu bảy tám"),
        ("không chín một hai", "ba bốn năm sáu bảy"),
        ("có ship không", "ba bốn năm sáu bảy tám chín một hai"),
        ("0912",),
        (),
    ],
)
def test_what_is_no_whole_number_of_the_writer_is_not_joined(texts: tuple[str, ...]) -> None:
    assert claims_across(said(texts), WITHIN) == ()


def test_parts_that_are_far_apart_are_not_joined() -> None:
    assert claims_across(said(("0912", "345678"), apart_s=120), WITHIN)
    assert not claims_across(said(("0912", "345678"), apart_s=121), WITHIN)


@pytest.mark.parametrize(
    "text",
    [
        "còn hàng không shop",
        "giá 350k",
        "lấy 2 cái",
        "0912345678",
        "",
        "12/11/2026 nhé",
        "👍",
        "có ship không",
        "hai ba",
        "mua hai cái thì sao",
        "không một ai",
        "ba bốn hôm nữa",
    ],
)
def test_what_people_mostly_write_is_no_part_of_a_number(text: str) -> None:
    assert not may_be_part(text)


# --- over the database -----------------------------------------------------------------------------------------------


async def the_caller_is_known(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))


async def claims(world: World) -> list[str]:
    query = sa.select(tables.evidence.c.value).where(tables.evidence.c.strength == "claimed")
    async with world.units.database.reading() as connection:
        return list((await connection.execute(query)).scalars())


async def test_a_number_in_two_messages_joins_its_owner(world: World) -> None:
    await the_caller_is_known(world)
    await world.hears(world.message(*FB, "sđt em 0912"))
    assert not await world.same_person(CALL, FB)
    await world.hears(world.message(*FB, "345 678"))
    assert await world.same_person(CALL, FB)


async def test_it_does_so_within_one_batch_and_with_our_answer_in_between(world: World) -> None:
    await the_caller_is_known(world)
    await world.hears(
        world.message(*FB, "0912"),
        world.message(*FB, "Dạ mình cho em xin đủ số ạ", author=Author.BUSINESS, staff="Mai"),
        world.message(*FB, "345678"),
    )
    assert await world.same_person(CALL, FB)


async def test_neither_a_restart_nor_a_repeat_between_the_parts_matters(world: World) -> None:
    await the_caller_is_known(world)
    first, second = world.message(*FB, "0912"), world.message(*FB, "345678")
    envelopes: list[Envelope[MessageReceived]] = [wrap(first, world.units.clock), wrap(second, world.units.clock)]
    await world.hears_envelopes(envelopes[:1])
    world.resolver = Resolver()
    await world.hears_envelopes(envelopes)
    await world.hears_envelopes(envelopes)
    assert await claims(world) == [E164]
    assert await world.same_person(CALL, FB)


async def test_the_parts_may_arrive_in_the_wrong_order(world: World, clock: ManualClock) -> None:
    now = clock.now()
    await world.hears(world.message(*FB, "345678", at=now + timedelta(seconds=3)))
    await world.hears(world.message(*FB, "số em 0912", at=now))
    assert await claims(world) == [E164]


async def test_parts_of_two_senders_are_not_joined(world: World) -> None:
    await world.hears(world.message("fb-main", "p1", "0912"), world.message("fb-main", "p2", "345678"))
    await world.hears(world.message("fb-second", "p1", "345678"))
    assert await claims(world) == []


async def test_a_shop_may_switch_it_off(units: Units) -> None:
    world = await build_world(units, IdentitySettings(number_parts_within=timedelta(0)))
    await world.hears(world.message(*FB, "0912"), world.message(*FB, "345678"))
    assert await claims(world) == []
