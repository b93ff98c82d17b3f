"""One reply from its claim to its end: called once at the provider, settled in the database whatever came of it.

`verdict` decides, from the provider's answer alone; `Delivery` acts. Between the two transactions (claim, settle) no
transaction is open. What is settled is settled again and again until the database has it; a process that dies before
leaves a claim that runs out, and the reply is UNKNOWN.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from mimetypes import guess_extension

from connectors.accounts import RunningAccount
from connectors.base import OutboundAttachment, OutboundMessage, Sent
from connectors.limits import Seldom
from hub.clock import Clock
from hub.errors import (
    CommitUnknown,
    CredentialsInvalid,
    OutcomeUnknown,
    SendError,
    SendRejected,
    SendThrottled,
    SendTransient,
    Transient,
)
from hub.events import Attachment, FailureReason
from hub.ids import IdentityId
from hub.log import get_logger
from hub.tasks import stop
from storage import accounts as account_store
from storage import reply_queue
from storage.blobs import BlobStore
from storage.reply_queue import Claim
from storage.unit_of_work import UnitOfWork, Units

REFUSED = "credentials_invalid"  # how our own alarms begin; a reply that gets through ends them

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPace:
    """Seconds. A claim is renewed while its sender lives, so it only lasts as long as a dead one may hold up what its
    customer is to be told next."""

    send_s: float = 90.0  # uploads of large files included
    settle_s: float = 100.0
    claim_s: float = 30.0
    renew_s: float = 8.0
    retry_s: tuple[float, ...] = (1, 2, 5, 15, 60, 300)  # after the first, second, … attempt; the last one repeats
    attempts_max: int = 20  # a bit more than an hour


@dataclass(frozen=True, slots=True)
class Fail:
    reason: FailureReason
    detail: str
    sent_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    detail: str
    sent_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """`counts`: as one of its attempts; trouble of the whole account does not."""

    after_s: float
    counts: bool


Verdict = Sent | Fail | Unknown | Later
Result = Sent | SendError


def verdict(result: Result, attempts: int, pace: DeliveryPace) -> Verdict:
    """What becomes of a reply whose `attempts`th call ended with `result`."""
    if isinstance(result, Sent):
        return result
    if isinstance(result, SendRejected):
        return Fail(_known(result.reason), str(result), result.sent_ids)
    if isinstance(result, SendThrottled):
        return Later(max(0.0, result.retry_after_s), counts=False)
    if isinstance(result, CredentialsInvalid):
        return Later(0.0, counts=False)  # the account's gate is what holds it
    if isinstance(result, SendTransient):
        if attempts >= pace.attempts_max:
            return Fail(FailureReason.GAVE_UP, str(result))
        pause_s = pace.retry_s[min(attempts, len(pace.retry_s)) - 1]
        return Later(max(pause_s, result.retry_after_s or 0.0), counts=True)
    return Unknown(str(result), result.sent_ids)


class Delivery:
    """Carries out claims. One per process."""

    def __init__(
        self,
        units: Units,
        blobs: BlobStore,
        clock: Clock,
        *,
        name: str,
        pace: DeliveryPace,
        public_link: Callable[[str], str | None],
    ) -> None:
        """`name` of this process, new with each start. `public_link`: blob -> address for providers, if any."""
        self._units = units
        self._blobs = blobs
        self._name = name
        self._pace = pace
        self._public_link = public_link
        self._seldom = Seldom(clock)

    async def claim(self, identity_id: IdentityId) -> Claim | None:
        """The identity's next reply, ours to send. Raises Transient, and then nothing of it will be sent by us."""
        claim: Claim | None = None
        try:
            async with self._units.begin() as work:
                lease = timedelta(seconds=self._pace.claim_s)
                claim = await reply_queue.claim(work, identity_id, by=self._name, lease=lease)
                if claim is not None:
                    await work.commit()
        except CommitUnknown:
            # Ours if it was committed; and if that cannot be found out now, it runs out and is UNKNOWN.
            if claim is None or not await self._is_ours(claim):
                raise
        return claim

    @asynccontextmanager
    async def held(self, claim: Claim) -> AsyncIterator[None]:
        """The claim does not run out meanwhile, as long as the database can be reached."""
        renewing = asyncio.create_task(self._renew(claim), name="claim renewal")
        try:
            yield
        finally:
            await stop([renewing])

    async def send(self, running: RunningAccount, claim: Claim) -> Result:
        """Calls the provider, once."""
        try:
            message = self._message(claim)
            async with asyncio.timeout(self._pace.send_s):
                return await running.connector.send(message)
        except SendError as error:
            return error
        except TimeoutError:
            return OutcomeUnknown(f"no answer within {self._pace.send_s:g} s")
        except Exception as error:
            log.exception("connector_failed", account=claim.account_id, channel=claim.channel)
            return OutcomeUnknown(f"the connector failed: {type(error).__name__}")

    async def settle(self, running: RunningAccount, claim: Claim, result: Result) -> Verdict:
        """Raises Transient when the database was away for all of `settle_s`; the claim then runs out."""
        decided = verdict(result, claim.attempts, self._pace)

        async def step(work: UnitOfWork) -> None:
            await self._record(work, claim, decided)
            await _alarm(work, running, result)

        await self._insist(step)
        return decided

    async def give_up_claim(self, abandoned: reply_queue.Waiting) -> None:
        """Its sender is gone, in the middle: nobody knows."""
        attempt_id = abandoned.attempt_id
        if attempt_id is None:
            raise ValueError("a claimed reply has an attempt")
        async with self._units.begin() as work:
            detail = "its sender ended before it could tell"
            if await reply_queue.lose_sight(work, abandoned.touchpoint_id, attempt_id, detail):
                await work.commit()
                log.warning("reply_unknown", account=abandoned.account_id, touchpoint=str(abandoned.touchpoint_id))

    async def give_up_waiting(self, overdue: reply_queue.Waiting, reason: FailureReason) -> None:
        """It has waited for too long."""
        async with self._units.begin() as work:
            detail = "it could not be sent for too long"
            if await reply_queue.fail(work, overdue.touchpoint_id, None, reason, detail):
                await work.commit()

    async def _record(self, work: UnitOfWork, claim: Claim, decided: Verdict) -> None:
        touchpoint_id, attempt_id = claim.touchpoint.id, claim.attempt_id
        match decided:
            case Sent():
                await reply_queue.succeed(work, touchpoint_id, decided.provider_message_ids)
            case Fail():
                await reply_queue.fail(
                    work, touchpoint_id, attempt_id, decided.reason, decided.detail, decided.sent_ids
                )
            case Unknown():
                await reply_queue.lose_sight(work, touchpoint_id, attempt_id, decided.detail, decided.sent_ids)
            case Later():
                until = work.clock.now() + timedelta(seconds=decided.after_s)
                await reply_queue.put_back(work, touchpoint_id, attempt_id, until=until, counts=decided.counts)

    async def _renew(self, claim: Claim) -> None:
        lease = timedelta(seconds=self._pace.claim_s)
        while True:
            await asyncio.sleep(self._pace.renew_s)
            try:
                async with self._units.begin() as work:
                    await reply_queue.renew(work, claim.touchpoint.id, claim.attempt_id, lease=lease)
                    await work.commit()
            except Transient as error:
                self._seldom.warning("claim_not_renewed", "renew", error=str(error))

    async def _insist(self, step: Callable[[UnitOfWork], Awaitable[None]]) -> None:
        """`step` must be harmless to repeat: a commit whose answer was lost is done again."""
        pause_s, clock = 0.05, self._units.clock
        give_up_at = clock.monotonic() + self._pace.settle_s
        while True:
            try:
                async with self._units.begin() as work:
                    await step(work)
                    await work.commit()
                return
            except Transient as error:
                if clock.monotonic() >= give_up_at:
                    log.error("reply_not_settled", error=str(error))
                    raise
                self._seldom.warning("reply_not_settled_yet", "settle", error=str(error))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 2.0)

    async def _is_ours(self, claim: Claim) -> bool:
        async with self._units.database.reading() as connection:
            return await reply_queue.is_claimed(connection, claim.touchpoint.id, claim.attempt_id)

    def _message(self, claim: Claim) -> OutboundMessage:
        return OutboundMessage(
            touchpoint_id=claim.touchpoint.id,
            attempt_id=claim.attempt_id,
            account_id=claim.account_id,
            identity=claim.external_id,
            text=claim.touchpoint.text,
            attachments=tuple(self._attachment(attachment) for attachment in claim.touchpoint.attachments),
            reply_to=claim.quoted,
            since_last_inbound=claim.since_last_inbound,
        )

    def _attachment(self, attachment: Attachment) -> OutboundAttachment:
        """Raises SendRejected for one without a file of ours."""
        blob, mime = attachment.blob, attachment.mime or "application/octet-stream"
        if blob is None:
            raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"a {attachment.kind} without a file")

        async def read() -> bytes:
            return await self._blobs.read(blob)

        return OutboundAttachment(
            kind=attachment.kind,
            name=attachment.name or f"{attachment.kind}{guess_extension(mime) or ''}",
            mime=mime,
            size_bytes=attachment.size_bytes or 0,
            read=read,
            public_url=self._public_link(blob),
        )


async def _alarm(work: UnitOfWork, running: RunningAccount, result: Result) -> None:
    """Raises or ends the account's alarm about its credentials; a running one is not written again."""
    is_raised = (running.account.alarm or "").startswith(REFUSED)
    if isinstance(result, CredentialsInvalid) and not is_raised:
        await account_store.set_alarm(work, running.account.id, f"{REFUSED}: {result}")
    elif isinstance(result, Sent) and is_raised:
        await account_store.end_alarm(work, running.account.id, REFUSED)


def _known(reason: str) -> FailureReason:
    try:
        return FailureReason(reason)
    except ValueError:
        return FailureReason.PROVIDER_REJECTED
