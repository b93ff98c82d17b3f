"""What the API shows of the identity policy: its versions, and the runs that try, apply and take back."""

from typing import Any, Literal

from pydantic import Field

from hub.events import Channel, Explanation
from hub.events.common import Frozen, When
from hub.ids import AgentId, CustomerId, IdentityId, RunId
from identity.rules import Rules


class PolicyVersion(Frozen):
    """`made_by` and the rest are None of version 0, the defaults."""

    version: int
    rules: Rules
    made_at: When | None = None
    made_by: AgentId | None = None
    note: str | None = None
    run_id: RunId | None = None


class PolicyView(Frozen):
    """`versions`: the newest 20, newest first, the one in force first. It holds for new evidence everywhere
    `takes_effect_within_s` after it was applied."""

    current: PolicyVersion
    defaults: Rules
    versions: tuple[PolicyVersion, ...]
    takes_effect_within_s: float


class PolicyExampleSide(Frozen):
    identity_id: IdentityId
    customer_id: CustomerId
    channel: Channel
    name: str | None
    external_id: str


class PolicyExample(Frozen):
    kind: Literal["join", "split"]
    why: Explanation
    a: PolicyExampleSide
    b: PolicyExampleSide


class PolicyRun(Frozen):
    """`done` of `total` values that connect people are compared. `skipped`: values of groups too large to be judged.
    `examples`: of a dry run, at most 50 of each kind."""

    id: RunId
    kind: Literal["dry_run", "apply", "undo"]
    status: Literal["queued", "running", "done", "cancelled", "failed"]
    base_version: int
    rules: Rules
    target_id: RunId | None
    made_by: AgentId
    made_at: When
    finished_at: When | None
    done: int
    total: int
    joins: int
    splits: int
    skipped: int
    examples: tuple[PolicyExample, ...]
    problem: str | None


class PolicyRunList(Frozen):
    """The newest 20, newest first, without their examples."""

    items: tuple[PolicyRun, ...]


class TryPolicyIn(Frozen):
    rules: Rules


class ApplyPolicyIn(Frozen):
    """`note`: why, for those who read the history."""

    note: str | None = Field(default=None, max_length=500)


def run_fields(run: Any, *, examples: bool) -> dict[str, Any]:
    """Of a storage.policies.Run, as PolicyRun takes them."""
    names = [name for name in PolicyRun.model_fields if name != "examples"]
    return {name: getattr(run, name) for name in names} | {"examples": run.examples if examples else ()}
