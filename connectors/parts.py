"""A reply that becomes several provider messages: what may be said when one part got through and a later one did not.

Nothing of such a reply may be sent again as a whole. So a failure after the first accepted part is SendRejected or
OutcomeUnknown, never a family that callers retry, and carries the ids of the accepted parts in `sent_ids`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from connectors.base import OutboundAttachment, Sent
from hub.errors import (
    CredentialsInvalid,
    NotFound,
    OutcomeUnknown,
    SendError,
    SendRejected,
    SendThrottled,
    SendTransient,
    Transient,
)
from hub.events import FailureReason

RETRY_PAUSES_S = (0.3, 1.2)  # for later parts only; the first part's retry belongs to the caller

P = TypeVar("P")


async def send_parts(parts: Sequence[P], send_one: Callable[[P], Awaitable[str]]) -> Sent:
    """One after another, so that they arrive in order. `send_one` gives the provider's message id or raises a
    SendError. Raises as the module says."""
    ids: list[str] = []
    for part in parts:
        try:
            ids.append(await (_patiently(part, send_one) if ids else send_one(part)))
        except SendError as error:
            if not ids:
                raise
            raise after_some(error, tuple(ids)) from error
    return Sent(tuple(ids))


async def _patiently(part: P, send_one: Callable[[P], Awaitable[str]]) -> str:
    for pause_s in RETRY_PAUSES_S:
        try:
            return await send_one(part)
        except SendTransient:
            await asyncio.sleep(pause_s)
    return await send_one(part)


def after_some(error: SendError, sent_ids: tuple[str, ...]) -> SendError:
    """`error` of a later part, as the failure of the whole reply."""
    if isinstance(error, SendTransient | SendThrottled):
        reason = FailureReason.GAVE_UP
    elif isinstance(error, CredentialsInvalid):
        reason = FailureReason.ACCOUNT_DISCONNECTED
    elif isinstance(error, SendRejected):
        reason = FailureReason(error.reason)
    else:
        return OutcomeUnknown(error.detail, provider_code=error.provider_code, sent_ids=sent_ids)
    detail = f"{len(sent_ids)} part(s) of the reply were sent, then: {error.detail}"
    return SendRejected(reason, detail, provider_code=error.provider_code, sent_ids=sent_ids)


async def read_attachment(attachment: OutboundAttachment) -> bytes:
    """The file's bytes. Raises SendTransient while the blob store is away, SendRejected when the file is gone."""
    try:
        return await attachment.read()
    except Transient as error:
        raise SendTransient(f"the file cannot be read: {error}", retry_after_s=error.retry_after_s) from error
    except NotFound as error:
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, f"the file is gone: {error}") from error
