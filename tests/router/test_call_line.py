"""Who is rung for whom: pure, with properties."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import ManualClock
from hub.ids import AgentId, ChannelAccountId
from router.call_line import Asking, match, position, wait_s
from storage.call_seats import Seat

NOW = ManualClock().now()
ACCOUNT = ChannelAccountId("hotline-1")


def seat(number: int, *, load: int = 0, idle_s: int = 0, **skills: int) -> Seat:
    return Seat(
        agent_id=AgentId(UUID(int=number)), login=f"a{number}",
        idle_since=NOW - timedelta(seconds=idle_s), skills=skills, load=load,
    )  # fmt: skip


def asking(
    call_id: str, *wishes: tuple[str, int], last: int | None = None, tried: dict[int, datetime] | None = None
) -> Asking:
    return Asking(
        (ACCOUNT, call_id), wishes, AgentId(UUID(int=last)) if last else None,
        {AgentId(UUID(int=n)): at for n, at in (tried or {}).items()},
    )  # fmt: skip


def test_who_served_the_caller_last_comes_first_then_the_lowest_load_then_the_longest_idle() -> None:
    seats = [seat(1, load=2), seat(2, load=1, idle_s=5), seat(3, load=1, idle_s=50), seat(4, load=9)]
    assert match([asking("a", last=4)], seats, NOW)[ACCOUNT, "a"].login == "a4"
    assert match([asking("a", last=7)], seats, NOW)[ACCOUNT, "a"].login == "a3"


def test_nobody_jumps_the_line_by_asking_more_often() -> None:
    given_out = match([asking("first"), asking("second")], [seat(1)], NOW)
    assert list(given_out) == [(ACCOUNT, "first")]


def test_who_is_ahead_but_needs_a_skill_that_nobody_has_holds_nobody_up() -> None:
    line = [asking("first", ("english", 3)), asking("second")]
    assert list(match(line, [seat(1, english=2)], NOW)) == [(ACCOUNT, "second")]


def test_somebody_rung_in_vain_is_not_rung_again_at_once() -> None:
    just, long_ago = NOW - timedelta(seconds=5), NOW - timedelta(seconds=31)
    assert match([asking("a", tried={1: just})], [seat(1)], NOW) == {}
    assert match([asking("a", tried={1: long_ago})], [seat(1)], NOW)[ACCOUNT, "a"].login == "a1"


@pytest.mark.parametrize(("place", "agents", "expected"), [(1, 1, 120), (4, 2, 240), (1, 4, 30)])
def test_a_wait_is_as_many_handling_times_as_the_agents_take_to_come_to_the_caller(
    place: int, agents: int, expected: int
) -> None:
    assert wait_s(place, 100.0, 20, agents) == expected
    assert wait_s(place, None, 20, agents) is None


def test_a_place_in_line_counts_from_one() -> None:
    assert position([asking("a"), asking("b")], (ACCOUNT, "b")) == 2


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=30),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=20),
)
def test_no_agent_is_given_twice_and_nobody_is_left_who_could_be_served(
    callers: list[tuple[int, int]], agents: list[tuple[int, int]]
) -> None:
    seats = [seat(n, load=load, lang=level) for n, (load, level) in enumerate(agents, 1)]
    wishes = [(("lang", level),) if level else () for level, _ in callers]
    line = [asking(str(n), *wishes[n], last=last) for n, (_, last) in enumerate(callers)]
    got = match(line, seats, NOW)
    taken = [s.agent_id for s in got.values()]
    assert len(set(taken)) == len(taken)
    left = [s for s in seats if s.agent_id not in taken]
    for n, who in enumerate(line):
        if who.key not in got:
            assert not any(all(s.skills.get(skill, 0) >= level for skill, level in wishes[n]) for s in left)
    assert match(line, list(reversed(seats)), NOW) == got
