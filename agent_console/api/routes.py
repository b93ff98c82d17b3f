"""Every route of the API, once: who may call it, what it takes, what it answers.

The aiohttp routes, the validation, the permission check, the OpenAPI document and the matrix test all come from this
table. `name` is the operation's id, and the handler's name in agent_console.api.handlers.
"""

from typing import Any

from agent_console import admin_views as admin
from agent_console import policy_views as policy
from agent_console import suggestion_views as suggestions
from agent_console import views
from agent_console.api.automation_routes import AUTOMATION_ROUTES
from agent_console.api.follow_up_routes import FOLLOW_UP_ROUTES
from agent_console.api.handling_routes import HANDLING_ROUTES
from agent_console.api.plan_routes import PLAN_ROUTES
from agent_console.api.record_routes import RECORD_ROUTES
from agent_console.api.route import PREFIX, Route
from agent_console.api.route import get as _get
from agent_console.api.route import post as _post
from agent_console.permissions import Access
from hub.events import ConversationState, TouchpointState

__all__ = ["PREFIX", "ROUTES", "Route"]

A = Access


def _work(verb: str, summary: str, **more: Any) -> Route:
    """A command that moves one conversation, and answers with how it stands now."""
    path = f"/conversations/{{conversation_id}}/{verb}"
    return _post(f"{verb}_conversation", path, Access.AGENT, ConversationState, summary, may=(409,), **more)


ROUTES: tuple[Route, ...] = (
    # --- signing in ---
    _post("sign_in", "/sign-in", A.PUBLIC, views.Me, "Sign in; sets the cookie", takes=views.SignInIn, may=(429,)),
    _post("sign_out", "/sign-out", A.AGENT, None, "Sign out; closes this sign-in's sockets"),
    _get("get_me", "/me", A.AGENT, views.Me, "Who is signed in"),
    Route("change_me", "PATCH", "/me", A.AGENT, "Change the language", takes=views.MePatch, answers=views.Me),
    # --- the work ---
    _get("get_snapshot", "/snapshot", A.AGENT, views.Snapshot, "All that the first screen shows"),
    _get("list_queues", "/queues", A.AGENT, admin.QueueList, "My queues; all of them for supervisors"),
    _get(
        "list_conversations",
        "/conversations",
        A.AGENT,
        views.ConversationPage,
        "A page of a list",
        query=views.ConversationsQuery,
    ),
    _get(
        "get_conversation",
        "/conversations/{conversation_id}",
        A.AGENT,
        views.ConversationDetail,
        "All that the open conversation shows",
    ),
    _get(
        "get_timeline",
        "/conversations/{conversation_id}/timeline",
        A.AGENT,
        views.TimelinePage,
        "An older page of the customer's timeline",
        query=views.TimelineQuery,
    ),
    _get(
        "get_changes",
        "/conversations/{conversation_id}/changes",
        A.AGENT,
        views.Changes,
        "What a console misses after a gap",
        query=views.ChangesQuery,
    ),
    _post(
        "reply",
        "/conversations/{conversation_id}/reply",
        A.AGENT,
        TouchpointState,
        "Reply; takes a waiting conversation first",
        takes=views.ReplyIn,
        status=201,
        repeated_status=200,
        may=(409,),
    ),
    _work("accept", "Accept the offer made to me"),
    _work("release", "Give it back to its queue"),
    _work("take", "Take a waiting one without an offer"),
    _work("reopen", "Not done after all: it is mine again"),
    _work("read", "I have seen it", takes=views.ReadIn),
    *HANDLING_ROUTES,
    _post(
        "settle_reply",
        "/touchpoints/{touchpoint_id}/settle",
        A.AGENT,
        TouchpointState,
        "Say what became of a reply whose outcome is unknown",
        takes=views.SettleIn,
        may=(409,),
    ),
    _get(
        "get_attachment",
        "/touchpoints/{touchpoint_id}/attachments/{index}",
        A.AGENT,
        "url",
        "A short-lived address of an attachment, counted from 0",
        status=302,
    ),
    _get(
        "get_recording",
        "/touchpoints/{touchpoint_id}/recording",
        A.AGENT,
        "url",
        "A short-lived address of a call's recording",
        status=302,
    ),
    _post(
        "upload",
        "/uploads",
        A.AGENT,
        views.Upload,
        "Store a file to be sent with a reply",
        takes="bytes",
        query=views.UploadQuery,
        status=201,
        may=(413,),
    ),
    *FOLLOW_UP_ROUTES,
    *AUTOMATION_ROUTES,
    # --- the customer ---
    _get("get_customer", "/customers/{customer_id}", A.AGENT, views.CustomerView, "The customer's panel"),
    Route(
        "change_customer",
        "PATCH",
        "/customers/{customer_id}",
        A.AGENT,
        "Change name, numbers, mailboxes, attributes, tags, notes",
        takes=views.CustomerPatch,
        answers=views.CustomerView,
        may=(409,),
    ),
    _post(
        "merge_customers",
        "/customers/{customer_id}/merge",
        A.AGENT,
        views.LedgerReceipt,
        "Say that two customers are one person",
        takes=views.MergeIn,
        may=(409,),
    ),
    _get(
        "list_suggestions",
        "/suggestions",
        A.AGENT,
        suggestions.SuggestionPage,
        "Who may be the same person, the likeliest first",
        query=suggestions.SuggestionsQuery,
    ),
    _get(
        "count_suggestions", "/suggestion-count", A.AGENT, suggestions.SuggestionCount, "How many wait for a decision"
    ),
    _get(
        "get_suggestion",
        "/suggestions/{suggestion_id}",
        A.AGENT,
        suggestions.SuggestionDetail,
        "Two customers side by side",
        may=(409,),
    ),
    _post(
        "accept_suggestion",
        "/suggestions/{suggestion_id}/accept",
        A.AGENT,
        views.LedgerReceipt,
        "Yes, one person",
        may=(409,),
    ),
    _get("list_claim_alarms", "/claim-alarms", A.SUPERVISOR, suggestions.ClaimAlarms, "Numbers and people to look at"),
    _post("see_claim_alarm", "/claim-alarms/{alarm_id}/seen", A.SUPERVISOR, None, "Seen to"),
    _post("reject_suggestion", "/suggestions/{suggestion_id}/reject", A.AGENT, None, "No, two people", may=(409,)),
    _post(
        "undo_entry",
        "/ledger/{entry_id}/undo",
        A.AGENT,
        views.LedgerReceipt,
        "Undo a merge, a split or an undo",
        takes=views.UndoIn,
        may=(409,),
    ),
    _post(
        "split_identity",
        "/identities/{identity_id}/split",
        A.AGENT,
        views.LedgerReceipt,
        "This channel identity is somebody else",
        takes=views.SplitIn,
        may=(409,),
    ),
    _post(
        "move_identity",
        "/identities/{identity_id}/move",
        A.AGENT,
        views.LedgerReceipt,
        "This channel identity is that customer's",
        takes=views.MoveIn,
        may=(409,),
    ),
    # --- the identity policy ---
    _get("get_policy", "/identity-policy", A.ADMIN, policy.PolicyView, "The policy in force, and those before it"),
    _get("list_policy_runs", "/identity-policy/runs", A.ADMIN, policy.PolicyRunList, "What was tried and applied"),
    _post(
        "try_policy",
        "/identity-policy/runs",
        A.ADMIN,
        policy.PolicyRun,
        "Dry run: whom would this policy join or split",
        takes=policy.TryPolicyIn,
        status=201,
        may=(409,),
    ),
    _get("get_policy_run", "/identity-policy/runs/{run_id}", A.ADMIN, policy.PolicyRun, "How far it is, what it found"),
    _post(
        "apply_policy",
        "/identity-policy/runs/{run_id}/apply",
        A.ADMIN,
        policy.PolicyRun,
        "Put what a dry run has shown in force",
        takes=policy.ApplyPolicyIn,
        status=201,
        may=(409,),
    ),
    _post("cancel_policy_run", "/identity-policy/runs/{run_id}/cancel", A.ADMIN, None, "Go no further", may=(409,)),
    _post(
        "undo_policy",
        "/identity-policy/runs/{run_id}/undo",
        A.ADMIN,
        policy.PolicyRun,
        "The policy before it again, and what it joined and split taken back",
        status=201,
        may=(409,),
    ),
    # --- administration ---
    _get("list_channels", "/channels", A.ADMIN, admin.ChannelList, "What can be connected, and what it asks for"),
    _get("list_channel_accounts", "/channel-accounts", A.ADMIN, admin.ChannelAccountList, "What is connected"),
    _post(
        "add_channel_account",
        "/channel-accounts",
        A.ADMIN,
        admin.ChannelAccountView,
        "Connect an account",
        takes=admin.ChannelAccountIn,
        status=201,
        may=(409,),
    ),
    Route(
        "change_channel_account",
        "PATCH",
        "/channel-accounts/{account_id}",
        A.ADMIN,
        "Change an account",
        takes=admin.ChannelAccountPatch,
        answers=admin.ChannelAccountView,
        may=(409,),
    ),
    _get("list_agents", "/agents", A.ADMIN, admin.AgentList, "Everybody who can sign in"),
    _post(
        "add_agent", "/agents", A.ADMIN, admin.AgentDetail, "Add an agent", takes=admin.AgentIn, status=201, may=(409,)
    ),
    Route(
        "change_agent",
        "PATCH",
        "/agents/{agent_id}",
        A.ADMIN,
        "Change an agent",
        takes=admin.AgentPatch,
        answers=admin.AgentDetail,
        may=(409,),
    ),
    _get(
        "list_dead_letters",
        "/dead-letters",
        A.ADMIN,
        admin.DeadLetterPage,
        "Events that could not be handled",
        query=admin.DeadLettersQuery,
    ),
    _post(
        "replay_dead_letters",
        "/dead-letters/replay",
        A.ADMIN,
        admin.ReplayOut,
        "Handle them once more",
        takes=admin.ReplayIn,
    ),
    *PLAN_ROUTES,
    *RECORD_ROUTES,
    _get("get_openapi", "/openapi.json", A.PUBLIC, "document", "This API as OpenAPI 3.1"),
)
