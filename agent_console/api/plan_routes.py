"""Routes of plans, queues and teams: a part of agent_console.api.routes. Supervisors shape the work."""

from pydantic import BaseModel

from agent_console import plan_views as plan
from agent_console.api.route import Route, get, post
from agent_console.permissions import Access

BOSS = Access.SUPERVISOR


def _plan(kind: str, what: str, takes: type[BaseModel], answers: type[BaseModel]) -> tuple[Route, ...]:
    path = f"/plans/{kind}"
    return (
        get(f"get_{kind}_plan", path, BOSS, answers, f"{what}: in force, or an old version", query=plan.PlanQuery),
        Route(
            f"put_{kind}_plan", "PUT", path, BOSS, f"{what}: a new version", takes=takes, answers=answers, may=(409,)
        ),
    )


PLAN_ROUTES: tuple[Route, ...] = (
    *_plan("rules", "Routing rules", plan.RulesPlanIn, plan.RulesPlan),
    *_plan("hours", "Business hours", plan.HoursPlanIn, plan.HoursPlan),
    *_plan("work", "Words and weights of work", plan.WorkPlanIn, plan.WorkPlan),
    *_plan("sla", "Service levels", plan.SlaPlanIn, plan.SlaPlan),
    *_plan("automation", "Automation", plan.AutomationPlanIn, plan.AutomationPlan),
    get(
        "list_plan_versions",
        "/plans/{plan_kind}/versions",
        BOSS,
        plan.PlanHistory,
        "Who changed a plan, and when",
        query=plan.PlanHistoryQuery,
    ),
    post(
        "restore_plan",
        "/plans/{plan_kind}/restore",
        BOSS,
        plan.PlanVersion,
        "An old version again, as a new one",
        takes=plan.RestoreIn,
        may=(409,),
    ),
    get("get_planning", "/planning", BOSS, plan.Planning, "What plans may name"),
    get(
        "list_holidays",
        "/holidays",
        BOSS,
        plan.HolidayList,
        "Days off by Vietnamese law, the usual ones",
        query=plan.HolidaysQuery,
    ),
    get("list_queue_settings", "/queues/settings", BOSS, plan.QueueDetailList, "Queues, how they are set up"),
    post("add_queue", "/queues", BOSS, plan.QueueDetail, "A new queue", takes=plan.QueueIn, status=201, may=(409,)),
    Route(
        "change_queue",
        "PATCH",
        "/queues/{queue_id}",
        BOSS,
        "Change a queue's settings or who serves it",
        takes=plan.QueuePatch,
        answers=plan.QueueDetail,
        may=(409,),
    ),
    get("list_team", "/team", BOSS, plan.TeamList, "Everybody: skills, room, queues"),
    Route(
        "change_team_member",
        "PATCH",
        "/team/{agent_id}",
        BOSS,
        "Change what an agent can do and how much they take",
        takes=plan.TeamPatch,
        answers=plan.TeamMember,
    ),
)
