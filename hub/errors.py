"""The error families. Callers catch a family and thereby know what happens next.

HubError
├── BadInput                 whoever sent this must change it; `problem` says what, where and what to do
│   ├── NotFound
│   ├── Conflict             the state moved on: read again, then decide again
│   ├── Forbidden
│   └── SignatureInvalid     a webhook that its provider did not sign
├── Transient                try again later, unchanged; `retry_after_s` when known
│   ├── BusUnavailable       the log did not take the event in time: it may or may not appear later
│   └── StorageUnavailable
│       └── CommitUnknown    the commit happened as a whole or not at all, and we do not know which
├── SchemaOutdated           the database is at another revision than this release: `hub migrate`
├── LeaseLost                another process owns this work now: stop, do not write
├── Poison                   this event can never be handled: dead-letter it
└── SendError                a reply did not leave, or we do not know whether it did
    ├── SendTransient        provider or network trouble before the provider took it: retry after `retry_after_s`
    ├── SendThrottled        too fast: retry after `retry_after_s`, slow the whole account
    ├── SendRejected         this reply will never be taken; `reason` is a key of the agent's sentence
    ├── CredentialsInvalid   the account must be connected again: stop its sending, raise an alarm
    └── OutcomeUnknown       the request may have been carried out: never resend by ourselves
"""

from typing import ClassVar


class HubError(Exception):
    """Base of every error that this project raises on purpose."""


class BadInput(HubError):
    """`code` is stable and machine-readable; `problem` is one English sentence; `where` names the field, if any.

    `faults`: for input with several things wrong at once, each as (where, problem).
    """

    status: ClassVar[int] = 400
    faults: tuple[tuple[str, str], ...] = ()

    def __init__(self, code: str, problem: str, *, where: str | None = None) -> None:
        super().__init__(f"{code}: {problem}" + (f" (at {where})" if where else ""))
        self.code = code
        self.problem = problem
        self.where = where


class NotFound(BadInput):
    """Also the answer for what exists but may not be seen: its existence is not disclosed."""

    status = 404


class Conflict(BadInput):
    """The state the caller saw is not the state any more."""

    status = 409


class Forbidden(BadInput):
    """The caller is known and may see the thing, but not do this."""

    status = 403


class SignatureInvalid(BadInput):
    """Nothing of the request was believed or stored."""

    status = 401


class Transient(HubError):
    """The same call may succeed later. `retry_after_s` is None when nobody knows when."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BusUnavailable(Transient):
    """The log did not acknowledge within the deadline. The event may still appear: consumers deduplicate."""


class StorageUnavailable(Transient):
    """The database refused, was locked too long, or could not be reached. Nothing of this unit of work was kept."""


class CommitUnknown(StorageUnavailable):
    """The connection broke during the commit. All of this unit of work was kept, or nothing: look before repeating."""


class SchemaOutdated(HubError):
    """The database is at another revision than this release needs."""


class LeaseLost(HubError):
    """Another process took this partition or pool over. Nothing of this unit of work was kept."""


class Poison(HubError):
    """Handling this event can never succeed. The consume loop files it under dead-letters and goes on."""


class SendError(HubError):
    """`provider_code` and `detail` are kept for the log and the admin screen, never shown to customers.

    `sent_ids`: of a reply that becomes several provider messages, the ids of those already taken. Only SendRejected
    and OutcomeUnknown ever carry any, so the families that callers retry never repeat a part.
    """

    def __init__(self, detail: str, *, provider_code: str | None = None, sent_ids: tuple[str, ...] = ()) -> None:
        super().__init__(detail if provider_code is None else f"[{provider_code}] {detail}")
        self.detail = detail
        self.provider_code = provider_code
        self.sent_ids = sent_ids


class SendTransient(SendError):
    """The provider certainly did not take the reply."""

    def __init__(self, detail: str, *, provider_code: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(detail, provider_code=provider_code)
        self.retry_after_s = retry_after_s


class SendThrottled(SendError):
    """`retry_after_s` applies to the whole channel account."""

    def __init__(self, detail: str, *, retry_after_s: float, provider_code: str | None = None) -> None:
        super().__init__(detail, provider_code=provider_code)
        self.retry_after_s = retry_after_s


class SendRejected(SendError):
    """`reason` is a `hub.events.FailureReason`: the console has the sentence for it in both languages."""

    def __init__(
        self, reason: str, detail: str, *, provider_code: str | None = None, sent_ids: tuple[str, ...] = ()
    ) -> None:
        super().__init__(detail, provider_code=provider_code, sent_ids=sent_ids)
        self.reason = reason


class CredentialsInvalid(SendError):
    """Retrying with the same credentials is pointless and may harm the account."""


class OutcomeUnknown(SendError):
    """The answer to the send was lost. An echo, a read-back or a human settles it."""
