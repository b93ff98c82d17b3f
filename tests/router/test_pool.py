"""The decision itself: never over capacity or limits, first things first, nobody starves, same input same output."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId
from router.plan.common import WorkClass
from router.pool import Agent, Decision, Pool, Work
from router.room import Measure

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
QUEUE = QueueId(UUID(int=1))
OTHER_QUEUE = QueueId(UUID(int=2))


def agent(number: int, *, load: int = 0, capacity: int = 3, idle_s: int = 60, **changes: object) -> Agent:
    values: dict[str, object] = {
        "status": PresenceStatus.AVAILABLE,
        "queues": frozenset({QUEUE}),
        "held": {"chat": load},
    } | changes
    return Agent(
        id=AgentId(UUID(int=number)),
        name=f"agent {number}",
        capacity=capacity,
        idle_since=NOW - timedelta(seconds=idle_s),
        **values,  # type: ignore[arg-type]  # test shorthand
    )


def work(number: int, *, age_s: int = 30, last: Agent | None = None, queue: QueueId = QUEUE) -> Work:
    return Work(
        id=ConversationId(UUID(int=number)),
        queue_id=queue,
        queued_at=NOW - timedelta(seconds=age_s),
        last_agent_id=last.id if last else None,
    )


def pool(agents: list[Agent], works: list[Work], measure: Measure | None = None) -> Pool:
    built = Pool(measure)
    for each in agents:
        built.put_agent(each)
    for item in works:
        built.put_work(item)
    return built


def pairs(built: Pool) -> list[tuple[int, int, str]]:
    return [(d.work.id.int, d.agent.id.int, d.why.code) for d in built.decide(NOW)]


def test_the_longest_waiting_goes_to_the_longest_idle_and_says_so() -> None:
    built = pool([agent(1, idle_s=10), agent(2, idle_s=50)], [work(11, age_s=5), work(12, age_s=90)])
    assert pairs(built) == [(12, 2, "route.longest_idle"), (11, 1, "route.lowest_load")]


def test_lower_load_comes_before_longer_idle() -> None:
    assert pairs(pool([agent(1, load=1, idle_s=500), agent(2, idle_s=1)], [work(11)])) == [(11, 2, "route.lowest_load")]


def test_the_agent_who_served_the_customer_last_comes_first_while_they_have_room() -> None:
    last = agent(1, load=2, idle_s=1)
    built = pool([last, agent(2)], [work(11, last=last, age_s=40), work(12, last=last, age_s=30)])
    assert pairs(built) == [(11, 1, "route.last_agent"), (12, 2, "route.only_free")]


def test_only_available_members_of_the_queue_are_asked() -> None:
    agents = [
        agent(1, status=PresenceStatus.AWAY),
        agent(2, status=PresenceStatus.BUSY),
        agent(3, queues=frozenset({OTHER_QUEUE})),
        agent(4, load=3),
    ]
    assert pairs(pool(agents, [work(11)])) == []


def test_an_agent_who_declined_is_passed_over_until_the_refusal_has_cooled_down() -> None:
    refused = work(11)
    refused.refusals[AgentId(UUID(int=1))] = NOW - timedelta(seconds=5)
    built = pool([agent(1)], [refused, work(12, age_s=1)])
    assert pairs(built) == [(12, 1, "route.only_free")], "newer work must not wait behind work nobody free will take"
    assert built.next_look_s(NOW) == 25.0
    later = NOW + timedelta(seconds=26)
    assert [d.work.id.int for d in built.decide(later)] == [11]


def test_a_conversation_that_is_gone_is_not_offered() -> None:
    built = pool([agent(1)], [work(11)])
    built.drop_work(ConversationId(UUID(int=11)))
    assert pairs(built) == []


def test_an_agent_who_became_full_meanwhile_is_not_asked() -> None:
    built = pool([agent(1)], [work(11)])
    built.put_agent(agent(1, load=3))
    assert pairs(built) == []


def test_due_work_comes_before_urgent_work_and_urgent_before_older_over_all_queues() -> None:
    works = [
        work(11, age_s=90),
        replace(work(12, age_s=10), priority=2),
        replace(work(13, age_s=5, queue=OTHER_QUEUE), due_at=NOW + timedelta(hours=3)),
    ]
    built = pool([agent(1, capacity=9, queues=frozenset({QUEUE, OTHER_QUEUE}))], works)
    assert [number for number, _, _ in pairs(built)] == [13, 12, 11]


def test_what_nobody_promised_a_time_for_is_due_after_an_hour_and_does_not_starve() -> None:
    works = [work(11, age_s=3700), replace(work(12, age_s=10), priority=2, due_at=NOW + timedelta(seconds=5))]
    assert [number for number, _, _ in pairs(pool([agent(1)], works))] == [11, 12]


def test_mail_weighs_half_a_chat_and_limits_of_a_class_hold() -> None:
    measure = Measure({"chat": 100, "email": 50, "comment": 50})
    mails = [replace(work(10 + n), work_class="email") for n in range(6)]
    assert len(pairs(pool([agent(1, capacity=2)], mails, measure))) == 4
    mails = [replace(work(10 + n), work_class="email") for n in range(6)]
    assert len(pairs(pool([agent(1, capacity=2, limits={"email": 1})], mails, measure))) == 1


def test_a_call_takes_all_and_may_interrupt_chats_but_not_the_reverse() -> None:
    measure = Measure(Measure().weights, {"voice": frozenset({"chat", "email", "comment"})})
    call = replace(work(11), work_class="voice")
    assert [n for n, _, _ in pairs(pool([agent(1, load=3)], [call, work(12)], measure))] == [11]
    assert pairs(pool([agent(1, held={"voice": 1})], [work(12)], measure)) == []
    again = replace(work(13), work_class="voice")
    assert pairs(pool([agent(1, held={"voice": 1})], [again], measure)) == []


def test_only_agents_with_the_skill_at_its_level_are_asked() -> None:
    wished = replace(work(11), wishes=(("warranty", 3),))
    agents = [agent(1, skills={"warranty": 2}), agent(2, skills={"warranty": 3}, idle_s=1), agent(3)]
    assert pairs(pool(agents, [wished])) == [(11, 2, "route.only_free")]


def test_nothing_is_offered_in_wrap_up_and_it_ends_by_itself() -> None:
    built = pool([agent(1, free_from=NOW + timedelta(seconds=20))], [work(11)])
    assert pairs(built) == []
    assert built.next_look_s(NOW) == 20.0
    assert len(list(built.decide(NOW + timedelta(seconds=20)))) == 1


def test_a_patient_customer_waits_for_their_agent_but_not_for_one_who_went_away() -> None:
    def build() -> Pool:
        last = agent(1, load=3)
        patient = replace(work(11, last=last), patient_until=NOW + timedelta(seconds=30))
        return pool([last, agent(2)], [patient, work(12, age_s=1)])

    built = build()
    assert pairs(built) == [(12, 2, "route.only_free")], "others need not wait"
    built.put_agent(agent(1, load=2))
    assert pairs(built) == [(11, 1, "route.last_agent")]
    built = build()
    assert [d.work.id.int for d in built.decide(NOW + timedelta(seconds=30))] == [11, 12], "patience has an end"
    built = build()
    built.put_agent(agent(1, status=PresenceStatus.AWAY))
    assert [number for number, _, _ in pairs(built)] == [11, 12]


def test_nothing_of_a_shut_queue_is_offered() -> None:
    built = pool([agent(1)], [work(11)])
    built.shut = frozenset({QUEUE})
    assert pairs(built) == []
    built.shut = frozenset()
    assert len(pairs(built)) == 1


def test_agents_may_change_queues_and_skills_and_leave() -> None:
    built = pool([agent(1, queues=frozenset({OTHER_QUEUE})), agent(2)], [work(11), work(12), work(13)])
    built.drop_agent(AgentId(UUID(int=2)))
    assert pairs(built) == []
    built.put_agent(agent(1, capacity=1))
    assert len(pairs(built)) == 1


CLASSES: tuple[WorkClass, ...] = ("chat", "email", "comment", "voice")
WEIGHED = Measure({"chat": 100, "email": 50, "comment": 20}, {"voice": frozenset({"chat", "email", "comment"})})
HELD = st.dictionaries(st.sampled_from(CLASSES[:3]), st.integers(0, 3))
AGENTS = st.lists(
    st.fixed_dictionaries(
        {
            "held": HELD,
            "capacity": st.integers(0, 4),
            "idle_s": st.integers(0, 100),
            "status": st.sampled_from([PresenceStatus.AVAILABLE] * 3 + [PresenceStatus.AWAY]),
            "queues": st.frozensets(st.sampled_from([QUEUE, OTHER_QUEUE])),
            "skills": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 3)),
            "limits": st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 2)),
        }
    ),
    max_size=7,
)
WORKS = st.lists(
    st.fixed_dictionaries(
        {
            "age_s": st.integers(0, 100),
            "queue": st.sampled_from([QUEUE, OTHER_QUEUE]),
            "work_class": st.sampled_from(CLASSES),
            "wishes": st.sampled_from([(), (), (("a", 1),), (("a", 2), ("b", 1))]),
            "due_s": st.none() | st.integers(-50, 50),
            "priority": st.integers(-1, 2),
            "last": st.none() | st.integers(1, 8),
            "refused_by": st.none() | st.integers(1, 8),
        }
    ),
    max_size=20,
)


@given(AGENTS, WORKS)
def test_room_and_limits_hold_nobody_starves_order_is_kept_and_the_same_input_gives_the_same_output(
    agent_rows: list[dict[str, Any]], work_rows: list[dict[str, Any]]
) -> None:
    def build() -> tuple[Pool, list[Work]]:
        agents = [agent(number, **{**row, "held": dict(row["held"])}) for number, row in enumerate(agent_rows, 1)]
        works = [_drawn(100 + number, row) for number, row in enumerate(work_rows)]
        return pool(agents, works, WEIGHED), works

    built, works = build()
    decisions = list(built.decide(NOW))
    assert [(d.work.id, d.agent.id, d.why) for d in build()[0].decide(NOW)] == [
        (d.work.id, d.agent.id, d.why) for d in decisions
    ]
    _check_each_in_turn(agent_rows, works, decisions)
    taken = {d.work.id for d in decisions}
    assert len(taken) == len(decisions), "one conversation offered twice"
    for item in works:
        if item.id not in taken:
            assert not [a for a in built.agents.values() if _fits(a, item)], "a fitting agent is free, and work is left"


def _check_each_in_turn(agent_rows: list[dict[str, Any]], works: list[Work], decisions: list[Decision]) -> None:
    """By a slow reading of the rules: of all work that somebody free fits, the first in order went to the first of
    those."""
    agents = {n: agent(n, **{**row, "held": dict(row["held"])}) for n, row in enumerate(agent_rows, 1)}
    waiting = {item.id: item for item in works}
    for decision in decisions:
        fitting = {i: [a for a in agents.values() if _fits(a, item)] for i, item in waiting.items()}
        first = min((waiting[i] for i, those in fitting.items() if those), key=_rank)
        assert first.id == decision.work.id, "not the first in order"
        best = min(fitting[first.id], key=lambda a: (a.id != first.last_agent_id, WEIGHED.burden(a.held), a.idle_since))
        chosen = agents[decision.agent.id.int]
        assert chosen in fitting[first.id], "no room, over a limit, or not asked for"
        same = (best.id == first.last_agent_id, WEIGHED.burden(best.held), best.idle_since)
        assert (chosen.id == first.last_agent_id, WEIGHED.burden(chosen.held), chosen.idle_since) == same
        assert decision.params["candidates"] == len(fitting[first.id])
        chosen.held[first.work_class] = chosen.held.get(first.work_class, 0) + 1
        del waiting[first.id]


def _drawn(number: int, row: dict[str, Any]) -> Work:
    refused = {AgentId(UUID(int=row["refused_by"])): NOW} if row["refused_by"] else {}
    return replace(
        work(number, age_s=row["age_s"], queue=row["queue"]),
        work_class=row["work_class"],
        wishes=row["wishes"],
        priority=row["priority"],
        due_at=None if row["due_s"] is None else NOW + timedelta(seconds=row["due_s"]),
        last_agent_id=AgentId(UUID(int=row["last"])) if row["last"] else None,
        refusals=refused,
    )


def _rank(item: Work) -> tuple[bool, datetime, int, datetime, int]:
    return (item.due_at is None, item.due_at or NOW, -item.priority, item.queued_at, item.id.int)


def _fits(one: Agent, item: Work) -> bool:
    if one.status is not PresenceStatus.AVAILABLE or item.queue_id not in one.queues or one.id in item.refusals:
        return False
    if any(one.skills.get(skill, 0) < level for skill, level in item.wishes):
        return False
    return WEIGHED.has_room(item.work_class, one.held, capacity=one.capacity, limits=one.limits)


@given(HELD, st.integers(0, 4), st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 2)), st.sampled_from(CLASSES))
def test_room_never_lets_more_in_than_the_capacity_weighs(
    held: dict[WorkClass, int], capacity: int, limits: dict[WorkClass, int], one: WorkClass
) -> None:
    while WEIGHED.has_room(one, held, capacity=capacity, limits=limits):
        held[one] = held.get(one, 0) + 1
        assert held[one] <= limits.get(one, 1000)
        if one == "voice":
            assert held[one] == 1
        else:
            assert WEIGHED.burden(held) <= capacity * 100
