"""What people do to a conversation's place and to themselves. One file per topic:

    answering   accept, decline, take, release
    closing     resolve, reopen
    handing     transfer to an agent or a queue, assign
    snoozing    put off, wake
    notes       notes, asking a colleague, asking no more
    presence    presence with its reason, the time after a conversation
    moving      what several of them, and the router itself, do
    telling     what routers must hear

Each runs inside the caller's unit of work and publishes what the router must know. Each may be repeated: what is done
already is done. Who may see the conversation at all is checked by the caller. Raises Conflict when the state has moved
on, NotFound when there is no such conversation, agent or queue, BadInput for what no word of plan "work" allows.
"""

from router.commands.answering import accept, decline, release, take
from router.commands.closing import reopen, resolve
from router.commands.handing import assign, transfer_to_agent, transfer_to_queue
from router.commands.moving import arrived, end_offer, requeue
from router.commands.notes import add_note, end_consult
from router.commands.presence import end_wrap_up, refresh_agent, set_idle, set_presence
from router.commands.snoozing import snooze, wake
from router.commands.telling import tell_routers

__all__ = [
    "accept",
    "add_note",
    "arrived",
    "assign",
    "decline",
    "end_consult",
    "end_offer",
    "end_wrap_up",
    "refresh_agent",
    "release",
    "reopen",
    "requeue",
    "resolve",
    "set_idle",
    "set_presence",
    "snooze",
    "take",
    "tell_routers",
    "transfer_to_agent",
    "transfer_to_queue",
    "wake",
]
