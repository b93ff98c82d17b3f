"""The log of automation, trying a rule, and the secret that webhooks are signed with."""

import base64
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from agent_console.api.endpoint import Call
from agent_console.automation_views import (
    ActionResult,
    DryRunExample,
    DryRunIn,
    DryRunReport,
    RunPage,
    RunsQuery,
    RunView,
    WebhookSecret,
    WebhookView,
)
from agent_console.parts import Parts
from router.automation.dry_run import dry_run
from router.plan.book import in_force
from storage import audit, routing, webhook_calls
from storage import automation as automation_store
from storage.automation import Run
from storage.engine import Connection

SIGNED_FOR = "automation webhooks"  # as connectors.webhook_calls signs


class Automation:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_automation_runs(self, call: Call) -> RunPage:
        query = call.query(RunsQuery)
        async with self._parts.units.database.reading() as connection:
            found = await automation_store.page(
                connection,
                rule_id=query.rule_id,
                conversation_id=query.conversation_id,
                before=query.before,
                limit=query.limit + 1,
            )
            items = await _views(connection, found[: query.limit])
        return RunPage(items=items, before=items[-1].number if len(found) > query.limit else None)

    async def dry_run_automation(self, call: Call) -> DryRunReport:
        given, clock = call.body(DryRunIn), self._parts.clock
        since = clock.now() - timedelta(days=given.days)
        async with self._parts.units.database.reading() as connection:
            plans = await in_force(connection)
            report = await dry_run(connection, clock, plans, given.rule, since)
        return DryRunReport(
            since=since,
            conversations=report.conversations,
            events=report.events,
            runs=report.fitting,
            run_conversations=report.fitting_conversations,
            examples=tuple(
                DryRunExample(
                    conversation_id=one.conversation.id,
                    customer_name=one.conversation.customer_name,
                    at=one.at,
                    text=one.text,
                )
                for one in report.examples
            ),
            is_complete=report.is_complete,
        )

    async def show_webhook_secret(self, call: Call) -> WebhookSecret:
        async with self._parts.units.begin() as work:
            await audit.record(work, audit.by_agent(call.caller.agent_id), "webhook_secret.show", {})
            await work.commit()
        key = self._parts.box.signing_keys(SIGNED_FOR)[0]
        return WebhookSecret(secret=f"whsec_{base64.b64encode(key).decode()}")


async def _views(connection: Connection, runs: Sequence[Run]) -> tuple[RunView, ...]:
    conversations = await routing.by_ids(connection, {run.conversation_id for run in runs})
    calls: dict[tuple[str, UUID], list[WebhookView]] = {}
    for one in await webhook_calls.of_events(connection, {run.event_id for run in runs}):
        view = WebhookView(url=one.url, state=one.state, attempts=one.attempts, problem=one.problem)
        calls.setdefault((one.rule_id, one.event_id), []).append(view)
    return tuple(
        RunView(
            number=run.number,
            at=run.at,
            rule_id=run.rule_id,
            rule_name=run.rule_name,
            conversation_id=run.conversation_id,
            customer_name=conversations[run.conversation_id].customer_name,
            event_type=run.event_type,
            outcome=run.outcome,
            detail=run.detail,
            actions=tuple(ActionResult.model_validate(action) for action in run.actions),
            webhooks=tuple(calls.get((run.rule_id, run.event_id), ())),
        )
        for run in runs
        if run.at is not None
    )
