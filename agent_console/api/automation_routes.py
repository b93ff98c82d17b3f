"""Routes of automation: a part of agent_console.api.routes. The rules themselves are plan "automation"."""

from agent_console import automation_views as views
from agent_console.api.route import Route, get, post
from agent_console.permissions import Access

AUTOMATION_ROUTES: tuple[Route, ...] = (
    get(
        "list_automation_runs",
        "/automation/log",
        Access.SUPERVISOR,
        views.RunPage,
        "What each rule did, and what it left",
        query=views.RunsQuery,
    ),
    post(
        "dry_run_automation",
        "/automation/dry-run",
        Access.SUPERVISOR,
        views.DryRunReport,
        "What a rule would have done to what happened lately; nothing is done",
        takes=views.DryRunIn,
    ),
    post(
        "show_webhook_secret",
        "/automation/webhook-secret",
        Access.ADMIN,
        views.WebhookSecret,
        "What webhooks are signed with; looking at it stands in the audit log",
    ),
)
