"""Names and pictures that a provider tells only when asked: asked for beside the log, told to it as ProfileReceived.

1. `handle` (consumer group GROUP on topic `touchpoints`) only looks which customers of a batch have no name yet; `run`
   asks, outside every transaction. So no provider can hold up a message.
2. What waits stands in memory, bounded. Who is forgotten, by a crash, for want of room or for a provider's trouble, is
   asked for again with the customer's next message.
3. A provider's answer, also that it shows nothing, is remembered with the channel identity for ASK_AGAIN_AFTER.
4. An account is asked one question at a time and not faster than its rate; after trouble it has a rest.
5. What is told goes through the log: the resolver stores it in order with the customer's messages, and the dedupe key
   makes one of two answers of a day.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from connectors import CONNECTORS
from connectors.accounts import ConnectorDirectory
from connectors.base import Connector, ShowsProfiles
from connectors.ingress import Publisher
from connectors.payload import dedupe_key
from hub.bus.base import Record
from hub.ephemeral import Ephemeral, Rate
from hub.errors import CredentialsInvalid, HubError, SendError, SendRejected, SendThrottled, SendTransient
from hub.events import (
    Author,
    Channel,
    Envelope,
    MessageReceived,
    Profile,
    ProfileReceived,
    touchpoint_key,
    wrap,
)
from hub.events.envelope import EventData
from hub.ids import ChannelAccountId, EventId
from hub.log import get_logger
from hub.metrics import counter
from storage import profiles as profile_store
from storage.accounts import ChannelAccount
from storage.identities import Address
from storage.unit_of_work import UnitOfWork, Units

GROUP = "profiles"
ASK_AGAIN_AFTER = timedelta(hours=24)
# The resolver reads the same messages in its own time, so the identity to remember an answer with may come after it.
REMEMBER_PAUSES_S = (0.0, 0.2, 1.0, 5.0, 20.0)
RATE = Rate(burst=50, per_s=10.0)
SETTLED_MAX = 20_000
_MESSAGES = frozenset({MessageReceived.TYPE, ""})  # "": the log does not say

LOOKUPS = counter("profile_lookups_total", "Questions for a customer's profile, by outcome.", ["channel", "outcome"])

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLimits:
    """`rate` is per channel account, over all processes: far below what providers allow, for replies come first."""

    waiting_max: int = 1000
    asking_max: int = 4  # accounts that are asked at the same time
    answer_s: float = 10.0
    lookup_s: float = 120.0  # all of one lookup, the wait for its turn included
    rate: Rate = RATE
    rest_s: float = 10.0  # after trouble for which the provider names no time
    disconnected_rest_s: float = 600.0  # until then only new settings of the account help


@dataclass(frozen=True, slots=True)
class _Question:
    """`caused_by`: the message that made us ask."""

    channel: Channel
    account_id: ChannelAccountId
    identity: str
    caused_by: EventId

    @property
    def address(self) -> Address:
        return (self.account_id, self.identity)

    @property
    def key(self) -> str:
        """Of its customer, in the log."""
        return touchpoint_key(*self.address)


class ProfileLookups:
    """One per process: `handle` for a Consumer of GROUP, `run` as a long task beside it."""

    def __init__(
        self,
        units: Units,
        directory: ConnectorDirectory,
        bus: Publisher,
        ephemeral: Ephemeral,
        *,
        connectors: Mapping[Channel, type[Connector]] = CONNECTORS,
        limits: ProfileLimits | None = None,
    ) -> None:
        self._units = units
        self._clock = units.clock
        self._directory = directory
        self._bus = bus
        self._ephemeral = ephemeral
        self._connectors = connectors
        self._limits = limits = limits or ProfileLimits()
        self._settled: OrderedDict[str, float] = OrderedDict()  # key in the log -> nobody need ask until (monotonic)
        self._waiting: set[str] = set()  # keys in the log, from being taken to being settled
        self._taken: asyncio.Queue[_Question] = asyncio.Queue()  # no longer than `_waiting`
        self._lanes: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # account -> whose turn it is
        self._places = asyncio.Semaphore(limits.asking_max)
        self._rests: dict[str, tuple[float, int]] = {}  # account -> until (monotonic), for this version of its settings

    @property
    def waiting(self) -> int:
        """Customers who are being asked for, or will be."""
        return len(self._waiting)

    def concerns(self, record: Record) -> bool:
        """May its customer have to be asked for? Told by the key, which is the customer's address."""
        if record.type not in _MESSAGES or record.key in self._waiting:
            return False
        until = self._settled.get(record.key)
        return until is None or until < self._clock.monotonic()

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        """Takes note of who is to be asked for, once the batch is committed."""
        found = (question for event in events if (question := self._question(event)) is not None)
        questions = {question.address: question for question in found if question.key not in self._waiting}
        if questions:
            asked_before = self._clock.now() - ASK_AGAIN_AFTER
            unnamed = await profile_store.unnamed(work.connection, questions, asked_before=asked_before)
            work.after_commit(partial(self._take, [questions[address] for address in unnamed]))
            self._settle_for_now(questions.keys() - set(unnamed))

    async def run(self) -> None:
        """Until cancelled; what is being asked then is forgotten."""
        async with asyncio.TaskGroup() as lookups:
            while True:
                question = await self._taken.get()
                lookup = lookups.create_task(self._settle(question))
                lookup.add_done_callback(partial(self._leave, question.key))

    def _question(self, event: Envelope[EventData]) -> _Question | None:
        message = event.data
        if not isinstance(message, MessageReceived) or message.author is not Author.CUSTOMER:
            return None
        if message.profile is not None and message.profile.display_name:
            return None
        kind = self._connectors.get(message.channel)
        if kind is None or not issubclass(kind, ShowsProfiles):
            return None
        return _Question(message.channel, message.account_id, message.identity, event.id)

    def _take(self, questions: Iterable[_Question]) -> None:
        for question in questions:
            if question.key in self._waiting:
                continue
            if len(self._waiting) >= self._limits.waiting_max:
                LOOKUPS.labels(question.channel, "no_room").inc()
                continue
            self._waiting.add(question.key)
            self._taken.put_nowait(question)

    def _settle_for_now(self, addresses: Iterable[Address]) -> None:
        """They have a name, or their provider has answered lately. It is in the database, too: this saves the look."""
        until = self._clock.monotonic() + ASK_AGAIN_AFTER.total_seconds()
        for address in addresses:
            self._settled[touchpoint_key(*address)] = until
        while len(self._settled) > SETTLED_MAX:
            self._settled.popitem(last=False)

    def _leave(self, key: str, _lookup: "asyncio.Task[None]") -> None:
        self._waiting.discard(key)

    # --- one lookup --------------------------------------------------------------------------------------------------

    async def _settle(self, question: _Question) -> None:
        try:
            async with asyncio.timeout(self._limits.lookup_s):
                outcome = await self._look_up(question)
        except (HubError, TimeoutError) as error:
            outcome = type(error).__name__
            log.info("profile_not_fetched", account=question.account_id, reason=outcome, error=str(error))
        LOOKUPS.labels(question.channel, outcome).inc()

    async def _look_up(self, question: _Question) -> str:
        """How it ended, for the metric. Raises HubError and TimeoutError: then nothing is remembered."""
        async with self._lanes[question.account_id]:
            running = await self._directory.find(question.account_id)
            if running is None or not running.account.active or not isinstance(running.connector, ShowsProfiles):
                return "account_off"
            if self._rests_now(running.account):
                return "account_rests"
            profile = await self._ask(running.account, running.connector, question.identity)
        if profile is not None:
            await self._bus.publish([wrap(self._told(question, profile), self._clock, caused_by=question.caused_by)])
        await self._remember(question.address)
        return "not_told" if profile is None else "told"

    async def _ask(self, account: ChannelAccount, connector: ShowsProfiles, identity: str) -> Profile | None:
        """None when the provider shows nothing. Other answers and none give the account a rest and are raised."""
        await self._turn(account)
        async with self._places:
            try:
                async with asyncio.timeout(self._limits.answer_s):
                    return await connector.fetch_profile(identity)
            except SendRejected:
                return None
            except (SendError, TimeoutError) as error:
                self._rests[account.id] = (self._clock.monotonic() + self._rest_s(error), account.version)
                raise

    async def _turn(self, account: ChannelAccount) -> None:
        key, rate = f"profiles:{account.id}", self._limits.rate
        wait_s = await self._ephemeral.allow(key, rate)
        while wait_s > 0:
            await asyncio.sleep(wait_s)
            wait_s = await self._ephemeral.allow(key, rate)

    def _rests_now(self, account: ChannelAccount) -> bool:
        until, version = self._rests.get(account.id, (0.0, 0))
        return version == account.version and self._clock.monotonic() < until

    def _rest_s(self, error: Exception) -> float:
        if isinstance(error, CredentialsInvalid):
            return self._limits.disconnected_rest_s
        if isinstance(error, SendThrottled | SendTransient) and error.retry_after_s is not None:
            return error.retry_after_s
        return self._limits.rest_s

    def _told(self, question: _Question, profile: Profile) -> ProfileReceived:
        now = self._clock.now()
        return ProfileReceived(
            channel=question.channel,
            account_id=question.account_id,
            identity=question.identity,
            dedupe_key=dedupe_key("profile", question.identity, now.date().isoformat()),
            occurred_at=now,
            profile=profile,
        )

    async def _remember(self, address: Address) -> None:
        for pause_s in REMEMBER_PAUSES_S:
            await asyncio.sleep(pause_s)
            async with self._units.begin() as work:
                is_stored = await profile_store.mark_asked(work, address)
                await work.commit()
            if is_stored:
                self._settle_for_now([address])
                return
        log.info("profile_answer_not_remembered", account=address[0])
