"""The decision itself: never over capacity, oldest work first, nobody starves, same input same output."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId
from router.pool import Agent, Pool, Work

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
QUEUE = QueueId(UUID(int=1))
OTHER_QUEUE = QueueId(UUID(int=2))


def agent(number: int, *, load: int = 0, capacity: int = 3, idle_s: int = 60, **changes: object) -> Agent:
    values: dict[str, object] = {
        "status": PresenceStatus.AVAILABLE,
        "queues": frozenset({QUEUE}),
    } | changes
    return Agent(
        id=AgentId(UUID(int=number)),
        name=f"agent {number}",
        capacity=capacity,
        load=load,
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


def pool(agents: list[Agent], works: list[Work]) -> Pool:
    built = Pool()
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
    assert built.next_retry_s(NOW) == 25.0
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


AGENTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 100), st.sampled_from(list(PresenceStatus))),
    max_size=8,
)
WORKS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 8), st.booleans()), max_size=20)


@given(AGENTS, WORKS)
def test_capacity_holds_nobody_starves_and_the_same_input_gives_the_same_output(
    agent_rows: list[tuple[int, int, int, PresenceStatus]], work_rows: list[tuple[int, int, bool]]
) -> None:
    def build() -> tuple[Pool, list[Agent], list[Work]]:
        agents = [
            agent(i + 1, load=load, capacity=capacity, idle_s=idle, status=status)
            for i, (load, capacity, idle, status) in enumerate(agent_rows)
        ]
        works = []
        for i, (age, refuser, sticky) in enumerate(work_rows):
            item = work(100 + i, age_s=age, last=agents[refuser] if sticky and refuser < len(agents) else None)
            if refuser < len(agents) and not sticky:
                item.refusals[agents[refuser].id] = NOW
            works.append(item)
        return pool(agents, works), agents, works

    built, agents, works = build()
    free_before = {a.id: max(0, a.room) for a in agents}
    decisions = list(built.decide(NOW))
    again, _, _ = build()
    assert [(d.work.id, d.agent.id) for d in again.decide(NOW)] == [(d.work.id, d.agent.id) for d in decisions]
    for each in agents:
        given_to = sum(d.agent.id == each.id for d in decisions)
        assert given_to <= free_before[each.id], "over capacity"
    taken = {d.work.id for d in decisions}
    assert len(taken) == len(decisions), "one conversation offered twice"
    for item in works:
        if item.id not in taken:
            assert not any(a.room > 0 and a.id not in item.refusals for a in agents), "fitting agent free, work left"
    plain = [d for d in decisions if not d.work.refusals]
    assert [d.work.queued_at for d in plain] == sorted(d.work.queued_at for d in plain), "newer work went first"
