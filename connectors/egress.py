"""Replies out. Consumer group `egress` on topic `outbound`, and a sweep over what is due.

1. ReplyRequested only says "there is work for this identity"; the row in reply_queue is the work. So an event that
   comes twice, late or never costs time, not a reply: the sweep finds every due row, after a restart too.
2. Any process may send any reply: claims are compare-and-set, and keep the order per identity (storage/reply_queue.py).
3. Bounded: `workers` identities at once, AccountGate.at_once per account, and who must wait does not hold a worker.
4. On stop, replies on their way get `grace_s` to end; what is cut off is UNKNOWN, found by whoever sweeps next.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.accounts import AccountUnusable, ConnectorDirectory, RunningAccount
from connectors.base import Sent
from connectors.delivery import Delivery, DeliveryPace, Fail, Later, Result, Unknown, Verdict
from connectors.gates import AccountGate, GateRules
from connectors.limits import Seldom
from hub.clock import Clock
from hub.errors import CredentialsInvalid, OutcomeUnknown, SendThrottled, SendTransient, Transient
from hub.events import OUTBOUND, Envelope, EventData, FailureReason, ReplyRequested
from hub.ids import ChannelAccountId, IdentityId
from hub.log import get_logger
from hub.metrics import counter, histogram
from hub.tasks import stop, together
from storage import reply_queue
from storage.blobs import BlobStore
from storage.unit_of_work import UnitOfWork, Units

GROUP = "egress"
TOPICS = (OUTBOUND,)

ATTEMPTS = counter("reply_attempts_total", "Calls to providers by what came of them.", ["channel", "outcome"])
SEND_SECONDS = histogram("reply_send_seconds", "One call to a provider.", ["channel"])
OUTCOMES: dict[type[Verdict], str] = {Sent: "sent", Fail: "failed", Unknown: "unknown", Later: "later"}

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPace:
    """Seconds, and numbers of identities."""

    workers: int = 64
    wanted_max: int = 10_000
    sweep_s: float = 1.0
    sweep_limit: int = 500
    overdue_sweep_s: float = 30.0
    waits_max_s: float = 24 * 3600.0  # a reply that could not be sent for so long fails
    grace_s: float = 8.0  # below what the process gives its tasks to stop
    delivery: DeliveryPace = field(default_factory=DeliveryPace)
    gates: GateRules = field(default_factory=GateRules)


class Egress:
    """One per process. `handle` is the consumer's handler; `run` is one long task."""

    def __init__(
        self,
        units: Units,
        directory: ConnectorDirectory,
        blobs: BlobStore,
        clock: Clock,
        *,
        name: str,
        is_alone: bool = False,
        pace: EgressPace | None = None,
        public_link: Callable[[str], str | None] = lambda blob: None,
    ) -> None:
        """`name` of this process, never used before: a claim by another name is not ours. `is_alone`: no other process
        can be sending (embedded mode), so whatever was being sent at the start was cut off. `public_link`: blob ->
        address at which a provider can fetch it, if the hub has a public one."""
        self._units = units
        self._directory = directory
        self._clock = clock
        self._name = name
        self._is_alone = is_alone
        self._pace = pace = pace or EgressPace()
        self._delivery = Delivery(units, blobs, clock, name=name, pace=pace.delivery, public_link=public_link)
        self._gates: dict[ChannelAccountId, AccountGate] = {}
        self._queue: asyncio.Queue[IdentityId] = asyncio.Queue(pace.wanted_max)
        self._queued: set[IdentityId] = set()
        self._busy: set[IdentityId] = set()
        self._again: set[IdentityId] = set()
        self._under_way: set[asyncio.Task[bool]] = set()
        self._seldom = Seldom(clock)

    async def handle(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        """Wakes the senders once the position is committed. Nothing is sent here."""
        wanted = {event.data.identity_id for event in events if isinstance(event.data, ReplyRequested)}

        def wake() -> None:
            for identity_id in wanted:
                self.nudge(identity_id)

        work.after_commit(wake)

    def nudge(self, identity_id: IdentityId) -> None:
        """There may be a reply to send. When too many wait, the sweep will find it."""
        if identity_id in self._busy:
            self._again.add(identity_id)
        elif identity_id not in self._queued and not self._queue.full():
            self._queued.add(identity_id)
            self._queue.put_nowait(identity_id)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await together(self._sweep(), *(self._work() for _ in range(self._pace.workers)))
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=self._pace.grace_s)
            await stop(self._under_way)

    async def drain(self, identity_id: IdentityId) -> None:
        """Sends what the identity has due, one after another. Raises Transient."""
        while True:
            async with self._units.database.reading() as connection:
                account_id = await reply_queue.next_account(connection, identity_id, self._clock.now())
            running = await self._running(account_id) if account_id is not None else None
            if running is None:
                return
            gate = self._gate(running.account.id)
            if not gate.has_room():
                gate.wait_for_room(identity_id)
                return
            with gate.passage():
                sent = await self._unbroken(running, gate, identity_id)
            if (waiting := gate.next_waiting()) is not None:
                self.nudge(waiting)
            if not sent:
                return

    async def _work(self) -> None:
        while True:
            identity_id = await self._queue.get()
            self._queued.discard(identity_id)
            if identity_id in self._busy:
                self._again.add(identity_id)
                continue
            self._busy.add(identity_id)
            try:
                await self.drain(identity_id)
            except Transient as error:
                self._seldom.warning("replies_put_off", "drain", error=str(error))
            finally:
                self._busy.discard(identity_id)
            if identity_id in self._again:
                self._again.discard(identity_id)
                self.nudge(identity_id)

    async def _running(self, account_id: ChannelAccountId) -> RunningAccount | None:
        """None: its replies have to wait."""
        try:
            running = await self._directory.find(account_id)
        except AccountUnusable:
            self._gate(account_id).failed()
            raise
        if running is None or not running.account.active:
            return None
        return None if self._gate(account_id).is_closed(running.account.version) else running

    async def _unbroken(self, running: RunningAccount, gate: AccountGate, identity_id: IdentityId) -> bool:
        """What has begun goes on when this worker is cancelled; `run` awaits it."""
        task = asyncio.create_task(self._send_one(running, gate, identity_id))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[bool]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._seldom.warning("reply_left_open", "ended", error=str(error))

    async def _send_one(self, running: RunningAccount, gate: AccountGate, identity_id: IdentityId) -> bool:
        """False: there was nothing to send after all."""
        claim = await self._delivery.claim(identity_id)
        if claim is None:
            return False
        async with self._delivery.held(claim):
            with SEND_SECONDS.labels(claim.channel.value).time():
                result = await self._delivery.send(running, claim)
            _tell(gate, running, result)
            decided = await self._delivery.settle(running, claim, result)
        outcome = OUTCOMES[type(decided)]
        ATTEMPTS.labels(claim.channel.value, outcome).inc()
        log.info("reply_attempted", account=claim.account_id, touchpoint=str(claim.touchpoint.id), outcome=outcome)
        return True

    def _gate(self, account_id: ChannelAccountId) -> AccountGate:
        return self._gates.setdefault(account_id, AccountGate(self._clock, self._pace.gates))

    async def _sweep(self) -> None:
        also_not_by = self._name if self._is_alone else None
        look_for_overdue_at = 0.0
        while True:
            try:
                await self._end_abandoned(also_not_by)
                also_not_by = None
                if self._clock.monotonic() >= look_for_overdue_at:
                    await self._end_overdue()
                    look_for_overdue_at = self._clock.monotonic() + self._pace.overdue_sweep_s
                await self._nudge_due()
            except Transient as error:
                self._seldom.warning("replies_not_swept", "sweep", error=str(error))
            await asyncio.sleep(self._pace.sweep_s)

    async def _end_abandoned(self, also_not_by: str | None) -> None:
        async with self._units.database.reading() as connection:
            claims = await reply_queue.abandoned(
                connection, self._clock.now(), limit=self._pace.sweep_limit, also_not_by=also_not_by
            )
        for claim in claims:
            await self._delivery.give_up_claim(claim)

    async def _end_overdue(self) -> None:
        accepted_before = self._clock.now() - timedelta(seconds=self._pace.waits_max_s)
        async with self._units.database.reading() as connection:
            overdue = await reply_queue.overdue(connection, accepted_before, limit=self._pace.sweep_limit)
        accounts = await self._directory.all() if overdue else []
        connected = {a.id for a in accounts if a.active and a.alarm is None and not self._gate(a.id).is_refused}
        for reply in overdue:
            is_disconnected = reply.account_id not in connected
            reason = FailureReason.ACCOUNT_DISCONNECTED if is_disconnected else FailureReason.GAVE_UP
            await self._delivery.give_up_waiting(reply, reason)

    async def _nudge_due(self) -> None:
        # Those who wait at a full gate are woken by it; here they would only crowd out the others.
        full = {account_id for account_id, gate in self._gates.items() if not gate.has_room()}
        closed = await self._closed() | full
        async with self._units.database.reading() as connection:
            due = await reply_queue.due(connection, self._clock.now(), limit=self._pace.sweep_limit, without=closed)
        for identity_id, _ in due:
            self.nudge(identity_id)

    async def _closed(self) -> frozenset[ChannelAccountId]:
        """Accounts whose replies have to wait."""
        return frozenset(
            account.id
            for account in await self._directory.all()
            if not account.active or self._gate(account.id).is_closed(account.version)
        )


def _tell(gate: AccountGate, running: RunningAccount, result: Result) -> None:
    """The account's gate, before the next reply asks."""
    match result:
        case SendThrottled():
            gate.throttled(result.retry_after_s)
        case CredentialsInvalid():
            gate.refused(running.account.version)
        case SendTransient() | OutcomeUnknown():
            gate.failed()
        case _:
            gate.succeeded()  # a refusal of one reply is an answer, too
