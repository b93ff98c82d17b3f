"""Live calls, as connectors and the router speak of them: whom to ring for a caller who is on the line now.

A connector whose PBX asks (connectors.base.SteersCalls) is given a CallRouting by hub.assembly; router.calls fulfils
it. Neither package knows the other. Every method answers the same when the same is asked twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from hub.ids import ChannelAccountId

AwayReason = Literal["closed", "nobody", "too_long", "called_back"]


@dataclass(frozen=True, slots=True)
class LiveCall:
    """`call_id`: the PBX's, the same in every ask. `caller`: the channel identity, E.164 or "anonymous:…".
    `telephones`: agent's login -> what the PBX calls their telephone. `wait_max_s`: so long somebody may be kept in
    line. `asks_again_s`: within so many seconds the PBX asks again for one who waits."""

    account_id: ChannelAccountId
    call_id: str
    caller: str
    telephones: Mapping[str, str]
    wait_max_s: int = 900
    asks_again_s: int = 15


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring this telephone for so long; then say `failed`."""

    telephone: str
    ring_s: int


@dataclass(frozen=True, slots=True)
class InLine:
    """Nobody is free: keep the caller and ask again. `position` from 1; `wait_s` None: nothing to estimate from."""

    position: int
    wait_s: int | None
    may_be_called_back: bool


@dataclass(frozen=True, slots=True)
class Away:
    """Do not keep the caller. `closed`: out of hours; `nobody`: no agent with a telephone is at work; `too_long`:
    waited as long as anybody may; `called_back`: they asked for it. `called_back_later`: it became a task."""

    reason: AwayReason
    called_back_later: bool


Next = Ring | InLine | Away


class CallRouting(Protocol):
    """Raises StorageUnavailable; whoever calls keeps a deadline and has something to do without an answer."""

    async def ring(self, call: LiveCall) -> Next:
        """What to do with the caller now. Whom it names is kept free for this call until its outcome is known."""
        ...

    async def failed(self, call: LiveCall, telephone: str) -> Next:
        """This telephone was rung in vain: what next?"""
        ...

    async def call_back(self, call: LiveCall) -> Next:
        """The caller wants to be called back. Where that is not offered, as `ring`."""
        ...
