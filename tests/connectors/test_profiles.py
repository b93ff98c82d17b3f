"""Names and pictures, asked for beside the log: both databases, both providers simulated."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench.simulators.facebook import FacebookSimulator
from bench.simulators.zalo import ZaloSimulator
from connectors.accounts import ConnectorDirectory, plain_settings
from connectors.base import AccountSettings
from connectors.http import ProviderHttp
from connectors.profiles import ASK_AGAIN_AFTER, GROUP, ProfileLimits, ProfileLookups
from hub.bus.base import Record
from hub.clock import Clock, ManualClock, SystemClock
from hub.ephemeral import Rate
from hub.ephemeral_memory import MemoryEphemeral
from hub.errors import BusUnavailable
from hub.events import Author, Channel, Envelope, MessageReceived, Profile, ProfileReceived, encode, wrap
from hub.events.inbound import TOUCHPOINTS
from hub.ids import ChannelAccountId, new_id
from hub.metrics import REGISTRY
from hub.service import Consumer
from hub.tasks import stop
from storage import accounts as account_store
from storage import tables
from storage.log import SqliteLog
from storage.unit_of_work import UnitOfWork, Units
from tests import databases
from tests.builders import insert
from tests.connectors.edge import Shelf, box
from tests.connectors.facebook import support as facebook
from tests.connectors.zalo import support as zalo

LAN, MINH = facebook.PSID, "7300000000000002"
HOA = zalo.USER
IMPATIENT = ProfileLimits(answer_s=0.3)
FB, ZL, WEB = "fb-main", "zalo-main", "web-main"
CHANNELS = {FB: Channel.FACEBOOK, ZL: Channel.ZALO, WEB: Channel.WEBCHAT}


@dataclass
class Shop:
    """A Page and an OA with their providers. Webhooks are left out: `hears` is what the log would bring."""

    units: Units
    page: FacebookSimulator
    oa: ZaloSimulator
    directory: ConnectorDirectory
    shelf: Shelf
    lookups: ProfileLookups

    async def hears(self, *events: Envelope[Any]) -> None:
        """One batch, committed."""
        async with self.units.begin() as work:
            await self.lookups.handle(work, events)
            await work.commit()

    async def settled(self) -> None:
        async with asyncio.timeout(10):
            while self.lookups.waiting:
                await asyncio.sleep(0.01)

    async def hears_out(self, *events: Envelope[Any]) -> None:
        await self.hears(*events)
        await self.settled()

    @property
    def told(self) -> list[ProfileReceived]:
        return [event.data for event in self.shelf.events]

    async def knows(self, identity: str, account_id: str = FB, **values: Any) -> None:
        """As the resolver leaves it: an identity with its home record."""
        customer_id = new_id()
        created = {"created_at": self.units.clock.now()}
        async with self.units.begin() as work:
            await insert(work, tables.customers, id=customer_id, current_id=customer_id, tags={}, **created)
            homes = {"home_customer_id": customer_id, "customer_id": customer_id}
            address = {"account_id": account_id, "external_id": identity, "channel": CHANNELS[account_id].value}
            await insert(
                work, tables.channel_identities, id=new_id(), last_seq=0, **address, **homes, **created, **values
            )
            await work.commit()

    async def asked_at(self, identity: str) -> datetime | None:
        table = tables.channel_identities
        async with self.units.database.reading() as connection:
            query = sa.select(table.c.profile_asked_at).where(table.c.external_id == identity)
            return (await connection.execute(query)).scalar_one_or_none()

    async def reconnect(self, account_id: str, settings: AccountSettings) -> None:
        async with self.units.begin() as work:
            await account_store.change(work, box(), account_id, settings=plain_settings(settings))
            await work.commit()
        self.directory.forget()


def says(identity: str, account_id: str = FB, **changes: Any) -> Envelope[Any]:
    clock = ManualClock()
    message_id = f"m{new_id()}"
    message = MessageReceived(
        channel=CHANNELS[account_id],
        account_id=ChannelAccountId(account_id),
        identity=identity,
        dedupe_key=message_id,
        provider_message_id=message_id,
        occurred_at=clock.now(),
        **{"text": "Còn hàng không ạ?", **changes},
    )
    return wrap(message, clock)


@asynccontextmanager
async def opened(units: Units, limits: ProfileLimits, clock: Clock, rate_clock: Clock) -> AsyncIterator[Shop]:
    page = FacebookSimulator(names={LAN: "Lan Nguyễn", MINH: "Minh Trần"})
    oa = ZaloSimulator(names={HOA: "Hoà Lê"})
    http = ProviderHttp()
    for part in (page, oa, http):
        await part.start()
    async with units.begin() as work:
        await add_account(work, FB, facebook.settings(graph_url=page.url))
        await add_account(work, ZL, zalo.settings(api_url=oa.url, oauth_url=oa.url))
        await work.commit()
    directory = ConnectorDirectory(units, box(), http, clock)
    shelf = Shelf()
    lookups = ProfileLookups(units, directory, shelf, MemoryEphemeral(rate_clock), limits=limits)
    yield Shop(units, page, oa, directory, shelf, lookups)
    for part in (http, oa, page):
        await part.stop()


async def add_account(work: UnitOfWork, account_id: str, settings: AccountSettings) -> None:
    await account_store.add(
        work,
        box(),
        account_id=account_id,
        channel=CHANNELS[account_id],
        display_name=account_id,
        settings=plain_settings(settings),
    )


@asynccontextmanager
async def running(lookups: ProfileLookups) -> AsyncIterator[None]:
    task = asyncio.create_task(lookups.run())
    yield
    assert not task.done()
    await stop([task])


@pytest.fixture
async def shop(units: Units, clock: ManualClock) -> AsyncIterator[Shop]:
    async with opened(units, IMPATIENT, clock, clock) as shop, running(shop.lookups):
        yield shop


@contextmanager
def counted(outcome: str, times: int, channel: Channel = Channel.FACEBOOK) -> Iterator[None]:
    """So many lookups end with `outcome` meanwhile."""
    labels = {"channel": channel.value, "outcome": outcome}
    before = REGISTRY.get_sample_value("hub_profile_lookups_total", labels) or 0
    yield
    assert (REGISTRY.get_sample_value("hub_profile_lookups_total", labels) or 0) == before + times


@pytest.mark.parametrize(("identity", "account_id", "name"), [(LAN, FB, "Lan Nguyễn"), (HOA, ZL, "Hoà Lê")])
async def test_a_nameless_customer_gets_name_and_picture_with_the_first_message(
    shop: Shop, clock: ManualClock, identity: str, account_id: str, name: str
) -> None:
    await shop.knows(identity, account_id)
    message = says(identity, account_id)
    with counted("told", 1, CHANNELS[account_id]):
        await shop.hears_out(message)
    (event,) = shop.shelf.events
    assert (event.causedby, event.key, event.topic) == (message.id, message.key, TOUCHPOINTS)
    provider = shop.page if account_id == FB else shop.oa
    assert event.data == ProfileReceived(
        channel=CHANNELS[account_id],
        account_id=ChannelAccountId(account_id),
        identity=identity,
        dedupe_key=f"profile:{identity}:2026-11-22",
        occurred_at=clock.now(),
        profile=Profile(display_name=name, avatar_url=f"{provider.url}/cdn/face.png"),
    )
    assert await shop.asked_at(identity) == clock.now()


async def test_nobody_is_asked_for_who_needs_no_name(shop: Shop) -> None:
    await shop.knows(LAN, display_name="Lan")
    await shop.hears_out(
        says(LAN),
        says(MINH, author=Author.BUSINESS),
        says(MINH, profile=Profile(display_name="Minh")),
        says("visitor-1", WEB),
    )
    assert (shop.page.asked_for, shop.oa.asked_for, shop.told) == ([], [], [])


async def test_many_messages_at_once_are_one_question(shop: Shop) -> None:
    await shop.knows(LAN)
    await shop.hears(*(says(LAN) for _ in range(5)))
    await shop.hears(says(LAN))
    await shop.settled()
    await shop.hears_out(says(LAN))
    assert shop.page.asked_for == [LAN]
    assert len(shop.told) == 1


async def test_messages_of_customers_who_are_settled_do_not_concern_it_for_a_day(
    shop: Shop, clock: ManualClock
) -> None:
    await shop.knows(LAN, display_name="Lan")
    await shop.knows(MINH)
    messages = [says(LAN), says(MINH), says("visitor-1", WEB)]
    assert concerned(shop, *messages) == messages
    await shop.hears_out(*messages)
    assert concerned(shop, *messages) == [messages[2]], "one has a name, the other's provider has just answered"
    assert concerned(shop, says(HOA, ZL)) != []
    assert concerned(shop, shop.shelf.events[0]) == [], "profiles themselves never do"
    clock.advance(ASK_AGAIN_AFTER.total_seconds() + 1)
    assert concerned(shop, *messages) == messages


def concerned(shop: Shop, *events: Envelope[Any]) -> list[Envelope[Any]]:
    return [event for event in events if shop.lookups.concerns(record_of(event))]


def record_of(event: Envelope[Any]) -> Record:
    return Record(TOUCHPOINTS, 0, 1, event.key, event.type, encode(event), event.time)


async def test_a_provider_that_shows_nothing_is_asked_again_after_a_day(shop: Shop, clock: ManualClock) -> None:
    await shop.knows("7300000000000404")
    with counted("not_told", 2):
        await shop.hears_out(says("7300000000000404"))
        clock.advance(timedelta(hours=23, minutes=59).total_seconds())
        await shop.hears_out(says("7300000000000404"))
        assert len(shop.page.asked_for) == 1
        clock.advance(61)
        await shop.hears_out(says("7300000000000404"))
    assert (len(shop.page.asked_for), shop.told) == (2, [])
    assert await shop.asked_at("7300000000000404") == clock.now()


async def test_a_name_may_come_before_the_resolver_has_met_the_customer(shop: Shop, clock: ManualClock) -> None:
    await shop.hears(says(LAN))
    async with asyncio.timeout(5):
        while not shop.told:
            await asyncio.sleep(0.01)
    await shop.knows(LAN)
    await shop.settled()
    assert await shop.asked_at(LAN) == clock.now()


async def test_trouble_is_over_with_a_later_message(shop: Shop, clock: ManualClock) -> None:
    await shop.knows(LAN)
    shop.page.fail_next(code=2, status=500, path=LAN)
    with counted("SendTransient", 1), counted("account_rests", 1), counted("told", 1):
        await shop.hears_out(says(LAN))
        await shop.hears_out(says(LAN))
        assert await shop.asked_at(LAN) is None
        clock.advance(IMPATIENT.rest_s)
        await shop.hears_out(says(LAN))
    assert shop.page.asked_for == [LAN, LAN]
    assert [event.profile for event in shop.told] == [
        Profile(display_name="Lan Nguyễn", avatar_url=f"{shop.page.url}/cdn/face.png")
    ]


async def test_a_provider_that_hangs_holds_up_neither_messages_nor_other_accounts(
    shop: Shop, clock: ManualClock
) -> None:
    shop.page.break_next("hang", path=LAN)
    await shop.knows(HOA, ZL)
    with counted("TimeoutError", 1):
        await shop.hears(says(LAN), says(HOA, ZL))
        assert shop.lookups.waiting >= 1
        await shop.settled()
    assert [event.identity for event in shop.told] == [HOA]
    clock.advance(IMPATIENT.rest_s)
    await shop.knows(LAN)
    await shop.hears_out(says(LAN))
    assert [event.identity for event in shop.told] == [HOA, LAN]


async def test_a_throttled_account_rests_as_long_as_its_provider_says(shop: Shop, clock: ManualClock) -> None:
    await shop.knows(LAN)
    await shop.knows(MINH)
    usage = '{"1":[{"type":"messenger","call_count":100,"estimated_time_to_regain_access":3}]}'
    shop.page.fail_next(code=80006, status=429, path=LAN, headers={"X-Business-Use-Case-Usage": usage})
    await shop.hears_out(says(LAN), says(MINH))
    clock.advance(179)
    await shop.hears_out(says(LAN), says(MINH))
    assert shop.page.asked_for == [LAN]
    clock.advance(1)
    await shop.hears_out(says(LAN), says(MINH))
    assert shop.page.asked_for == [LAN, LAN, MINH]


async def test_a_disconnected_account_is_asked_again_when_it_was_reconnected(shop: Shop, clock: ManualClock) -> None:
    await shop.knows(LAN)
    shop.page.page_access_token = "EAAanotherToken2"
    with counted("CredentialsInvalid", 1):
        await shop.hears_out(says(LAN))
    clock.advance(60)
    await shop.hears_out(says(LAN))
    assert shop.page.asked_for == [LAN]
    await shop.reconnect(FB, facebook.settings(graph_url=shop.page.url, page_access_token="EAAanotherToken2"))
    await shop.hears_out(says(LAN))
    assert [event.identity for event in shop.told] == [LAN]


async def test_a_token_that_has_run_out_costs_no_name(shop: Shop) -> None:
    await shop.knows(HOA, ZL)
    shop.oa.expire_access_token()
    await shop.hears_out(says(HOA, ZL))
    assert (shop.oa.renewals, [event.identity for event in shop.told]) == (1, [HOA])


async def test_an_account_that_was_switched_off_is_not_asked(shop: Shop) -> None:
    async with shop.units.begin() as work:
        await account_store.change(work, box(), FB, active=False)
        await work.commit()
    with counted("account_off", 1):
        await shop.hears_out(says(LAN))
    assert shop.page.asked_for == []


async def test_an_answer_that_the_log_does_not_take_is_not_remembered(shop: Shop) -> None:
    await shop.knows(LAN)
    shop.shelf.trouble = BusUnavailable("away")
    with counted("BusUnavailable", 1):
        await shop.hears_out(says(LAN))
    assert await shop.asked_at(LAN) is None
    shop.shelf.trouble = None
    await shop.hears_out(says(LAN))
    assert len(shop.told) == 1


async def test_a_batch_that_was_rolled_back_asks_nothing(shop: Shop) -> None:
    async with shop.units.begin() as work:
        await shop.lookups.handle(work, [says(LAN)])
    assert shop.lookups.waiting == 0


async def test_who_found_no_room_is_asked_for_with_the_next_message(units: Units, clock: ManualClock) -> None:
    async with opened(units, ProfileLimits(waiting_max=1), clock, clock) as shop:
        await shop.knows(LAN)
        await shop.knows(MINH)
        with counted("no_room", 1):
            await shop.hears(says(LAN), says(MINH))
        async with running(shop.lookups):
            await shop.settled()
            await shop.hears_out(says(MINH))
        assert shop.page.asked_for == [LAN, MINH]


async def test_more_customers_than_the_rate_allows_are_asked_for_one_after_another(
    units: Units, clock: ManualClock
) -> None:
    limits = ProfileLimits(rate=Rate(burst=2, per_s=0.2))
    async with opened(units, limits, clock, SystemClock()) as shop, running(shop.lookups):
        people = [f"73000000000001{n:02}" for n in range(6)]
        for person in people:
            await shop.knows(person, profile_asked_at=clock.now() - timedelta(days=3))
        began = asyncio.get_running_loop().time()
        await shop.hears_out(*(says(person) for person in people))
        assert asyncio.get_running_loop().time() - began >= 0.35
        assert shop.page.asked_for == people


async def test_what_waits_at_the_end_is_forgotten_and_asked_for_later(units: Units, clock: ManualClock) -> None:
    async with opened(units, ProfileLimits(), clock, clock) as shop:
        await shop.knows(LAN)
        shop.page.break_next("hang", path=LAN)
        async with running(shop.lookups):
            await shop.hears(says(LAN))
            async with asyncio.timeout(5):
                while not shop.page.asked_for:
                    await asyncio.sleep(0.01)
        assert (shop.lookups.waiting, await shop.asked_at(LAN)) == (0, None)
        async with running(shop.lookups):
            await shop.hears_out(says(LAN))
        assert [event.identity for event in shop.told] == [LAN]


async def test_names_find_their_way_through_the_log(tmp_path: Path) -> None:
    clock = SystemClock()
    async with databases.opened(databases.sqlite_url(tmp_path), clock) as units:
        log = SqliteLog(units.database, units, clock, partitions=databases.PARTITIONS)
        await log.start()
        async with opened(units, ProfileLimits(), clock, clock) as shop:
            await shop.knows(LAN)
            await shop.knows(HOA, ZL)
            lookups = ProfileLookups(units, shop.directory, log, MemoryEphemeral(clock))
            consumer = Consumer(log, units, GROUP, [TOUCHPOINTS], lookups.handle, clock=clock)
            tail = await log.tail(TOUCHPOINTS)
            tasks = [asyncio.create_task(consumer.run()), asyncio.create_task(lookups.run())]
            await log.publish([says(LAN), says(HOA, ZL)])
            found: list[ProfileReceived] = []
            async with asyncio.timeout(10):
                while len(found) < 2:
                    found += profiles_in(await tail.read(10, timeout_s=1))
            await tail.close()
            await stop(tasks)
        await log.stop()
    names = {event.identity: event.profile.display_name for event in found if event.profile}
    assert names == {LAN: "Lan Nguyễn", HOA: "Hoà Lê"}


def profiles_in(records: Sequence[Any]) -> list[ProfileReceived]:
    return [data for record in records if isinstance(data := record.decode().data, ProfileReceived)]
