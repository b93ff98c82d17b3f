"""Telling every console process that somebody's rights have ended or changed, so that open sockets notice at once.

By the ephemeral store, which may lose it: the sockets' own check (agent_console/live) finds the same within seconds.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from hub.ephemeral import Ephemeral
from hub.ids import AgentId

CHANNEL = "console-kicks"
Reason = Literal["signed_out", "disabled", "changed"]


@dataclass(frozen=True, slots=True)
class Kick:
    """`sign_in`: the SHA-256 of one token, as hex; None: every sign-in of the agent."""

    reason: Reason
    agent_id: UUID
    sign_in: str | None = None


_KICK = TypeAdapter(Kick)


async def kick(ephemeral: Ephemeral, reason: Reason, agent_id: AgentId, *, sign_in: bytes | None = None) -> None:
    message = Kick(reason, agent_id, sign_in.hex() if sign_in else None)
    await ephemeral.publish(CHANNEL, _KICK.dump_json(message))


def read(message: bytes) -> Kick | None:
    """None for what is none of ours."""
    try:
        return _KICK.validate_json(message)
    except ValidationError:
        return None
