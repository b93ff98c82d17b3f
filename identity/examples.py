"""What a dry run keeps to show: some of the changes, with the names of those concerned. Pure."""

from collections.abc import Sequence
from typing import Any

from hub.ids import IdentityId
from identity.difference import Change
from identity.facts import names_of
from identity.replay import History
from storage.customers import shown_name
from storage.policies import Run

EXAMPLES_MAX = 50  # of each kind


def examples_of(run: Run, changed: Sequence[tuple[History, list[Change]]]) -> list[dict[str, Any]]:
    """The first EXAMPLES_MAX of each kind, with whom they are about."""
    room = {kind: EXAMPLES_MAX - sum(e["kind"] == kind for e in run.examples) for kind in ("join", "split")}
    found = []
    for history, changes in changed:
        for change in changes:
            if room[change.kind] > 0:
                room[change.kind] -= 1
                found.append(_example(history, change))
    return found


def names_of_identity(history: History, identity_id: IdentityId) -> tuple[str, ...]:
    """As they will be when it stands alone."""
    members = [member for member in history.facts.members if member.id == identity_id]
    return names_of(members, history.facts.records)


def _example(history: History, change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "why": change.why.model_dump(mode="json"),
        "a": _side(history, change.a),
        "b": _side(history, change.b),
    }


def _side(history: History, identity_id: IdentityId) -> dict[str, Any]:
    """One channel identity by its own name, and the customer it is part of."""
    mine = next(member for member in history.facts.members if member.id == identity_id)
    return {
        "identity_id": str(mine.id),
        "customer_id": str(mine.customer_id),
        "channel": mine.channel.value,
        "name": shown_name([mine], dict(history.facts.records)),
        "external_id": mine.external_id,
    }
