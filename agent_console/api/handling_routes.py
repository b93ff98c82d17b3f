"""Routes of what is done with a conversation besides answering, and of presence."""

from agent_console import routing_views as routing
from agent_console import views
from agent_console import work_views as work
from agent_console.api.route import Route
from agent_console.api.route import get as _get
from agent_console.api.route import post as _post
from agent_console.permissions import Access
from hub.events import ConversationState

A = Access

HANDLING_ROUTES: tuple[Route, ...] = (
    _get(
        "get_routing",
        "/conversations/{conversation_id}/routing",
        A.AGENT,
        routing.RoutingView,
        "Why it stands where it stands, and why it still waits",
    ),
    _post(
        "try_routing",
        "/routing/try",
        A.SUPERVISOR,
        routing.TryOut,
        "Where would it go, now, and why, by these rules",
        takes=routing.TryIn,
        may=(404, 409),
    ),
    _post(
        "resolve_conversation",
        "/conversations/{conversation_id}/resolve",
        A.AGENT,
        ConversationState,
        "Done, and how it ended",
        takes=work.ResolveIn,
        may_be_empty=True,
        may=(409,),
    ),
    _post(
        "decline_conversation",
        "/conversations/{conversation_id}/decline",
        A.AGENT,
        ConversationState,
        "Decline the offer made to me",
        takes=work.DeclineIn,
        may_be_empty=True,
        may=(409,),
    ),
    _post(
        "transfer_conversation",
        "/conversations/{conversation_id}/transfer",
        A.AGENT,
        ConversationState,
        "To a colleague, who is asked, or to a queue",
        takes=work.TransferIn,
        may=(409,),
    ),
    _post(
        "assign_conversation",
        "/conversations/{conversation_id}/assign",
        A.SUPERVISOR,
        ConversationState,
        "To an agent at once, whoever has it; to me: taken over",
        takes=work.AssignIn,
        may=(409,),
    ),
    _post(
        "snooze_conversation",
        "/conversations/{conversation_id}/snooze",
        A.AGENT,
        ConversationState,
        "Not now: at a time, or when the customer writes",
        takes=work.SnoozeIn,
        may=(409,),
    ),
    _post(
        "wake_conversation",
        "/conversations/{conversation_id}/wake",
        A.AGENT,
        ConversationState,
        "Now after all",
        may=(409,),
    ),
    _post(
        "add_note",
        "/conversations/{conversation_id}/notes",
        A.AGENT,
        ConversationState,
        "A note for colleagues; asks some of them for an opinion",
        takes=work.NoteIn,
        may=(409,),
    ),
    _post(
        "end_consult",
        "/conversations/{conversation_id}/end-consult",
        A.AGENT,
        ConversationState,
        "A colleague is asked no more",
        takes=work.EndConsultIn,
    ),
    Route(
        "set_presence",
        "PUT",
        "/presence",
        A.AGENT,
        "Say whether work may be offered, and if not, why",
        takes=work.PresenceIn,
        answers=views.Me,
    ),
    _post("end_wrap_up", "/presence/end-wrap-up", A.AGENT, views.Me, "Ready for more before the time is over"),
    Route(
        "set_agent_presence",
        "PUT",
        "/agents/{agent_id}/presence",
        A.SUPERVISOR,
        "Say for an agent whether work may be offered",
        takes=work.PresenceIn,
        answers=views.AgentCard,
    ),
    _get("get_work_words", "/work-words", A.AGENT, work.WordsView, "Reasons, dispositions and states to choose from"),
)
