"""Clocks of service levels: they run over business hours while a customer waits, and nothing told twice moves them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.events import SlaClock
from router.hours import business_seconds_between
from router.plan.hours import Calendar, Period
from router.plan.sla import SlaPolicy
from router.sla import Clocks, Terms, View, breaches, follow, is_running, look, rebased, steps_due, wake_at

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 9:00 in Vietnam
OFFICE = (Period(opens="08:00", closes="17:00"),)
SHOP = Calendar(id="shop", name="Shop", week=(OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()))
MINUTE, HOUR = 60, 3600


def terms(calendar: Calendar | None = SHOP, *, id: str = "chat", **changes: Any) -> Terms:  # noqa: A002  # as the plan
    promises = [
        {"target": "first_response", "within_s": 10 * MINUTE, "warn_before_s": 3 * MINUTE},
        {"target": "next_response", "within_s": 30 * MINUTE},
        {"target": "resolution", "within_s": 8 * HOUR, "warn_before_s": HOUR},
    ]
    values = {"id": id, "name": "Chat", "promises": promises} | changes
    return Terms(SlaPolicy.model_validate(values), calendar)


CHAT = terms()
KNOWN = {"chat": CHAT}


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def waits(seq: int, minutes: float, *, since: float | None = None) -> View:
    return View(seq, at(minutes), at(minutes if since is None else since))


def answered(seq: int, minutes: float) -> View:
    return View(seq, at(minutes), None)


def closed(seq: int, minutes: float) -> View:
    return View(seq, at(minutes), None, closed=True)


def told(*views: View, known: dict[str, Terms] = KNOWN, chosen: Terms | None = CHAT) -> Clocks:
    clocks: Clocks = ()
    for view in views:
        clocks = follow(clocks, view, known, chosen)
    return clocks


def by_target(clocks: Clocks) -> dict[str, SlaClock]:
    assert len({clock.target for clock in clocks}) == len(clocks)
    return {clock.target: clock for clock in clocks}


def test_a_new_conversation_runs_to_its_first_response_and_its_resolution() -> None:
    clocks = by_target(told(waits(1, 0), waits(2, 1, since=0)))
    assert clocks.keys() == {"first_response", "resolution"}
    assert clocks["first_response"].due_at == at(10)
    assert clocks["first_response"].warn_at == at(7)
    assert clocks["resolution"].due_at == at(8 * 60)
    assert wake_at(clocks.values(), KNOWN) == at(7)


def test_an_answer_meets_the_response_and_rests_the_resolution_until_the_customer_writes_again() -> None:
    clocks = by_target(told(waits(1, 0), answered(2, 4)))
    assert clocks["first_response"].met_at == at(4)
    assert (clocks["resolution"].due_at, clocks["resolution"].left_s) == (None, 8 * HOUR - 4 * MINUTE)
    assert wake_at(clocks.values(), KNOWN) is None
    clocks = by_target(told(waits(1, 0), answered(2, 4), waits(3, 100)))
    assert clocks["next_response"].due_at == at(130)
    assert clocks["resolution"].due_at == at(100 + 8 * 60 - 4 + 15 * 60), "over the night"
    assert clocks["first_response"].met_at == at(4)


def test_each_wait_after_the_first_answer_has_a_clock_of_its_own() -> None:
    clocks = by_target(told(waits(1, 0), answered(2, 4), waits(3, 100), answered(4, 110), waits(5, 200)))
    assert (clocks["next_response"].due_at, clocks["next_response"].met_at) == (at(230), None)


def test_resolving_ends_all_clocks_and_reopening_goes_on_with_the_resolution() -> None:
    ended = by_target(told(waits(1, 0), closed(2, 60)))
    assert {clock.met_at for clock in ended.values()} == {at(60)}
    assert ended["first_response"].breached_at == at(10)
    assert ended["resolution"].breached_at is None
    again = by_target(told(waits(1, 0), closed(2, 60), waits(3, 120)))
    assert again["resolution"].due_at == at(120 + 7 * 60 + 15 * 60)
    assert again["next_response"].due_at == at(150), "the first response was given or missed before"
    by_agent = by_target(told(waits(1, 0), closed(2, 60), answered(3, 90)))
    assert (by_agent["resolution"].met_at, by_agent["resolution"].left_s) == (None, 7 * HOUR)


def test_time_outside_of_business_hours_does_not_count() -> None:
    evening = 8 * 60 - 5  # five minutes before closing
    clocks = by_target(told(waits(1, evening)))
    assert clocks["first_response"].due_at == at(evening + 10 + 15 * 60)
    assert clocks["first_response"].warn_at == at(evening + 7 + 15 * 60)


def test_a_calendar_that_never_opens_lets_no_clock_come_due() -> None:
    never = terms(SHOP.model_copy(update={"week": ((),) * 7}))
    clocks = told(waits(1, 0), known={"chat": never}, chosen=never)
    assert [clock.due_at for clock in clocks] == [None, None]
    assert wake_at(clocks, {"chat": never}) is None


def test_warnings_and_breaches_bear_the_moment_of_the_promise_not_of_the_look() -> None:
    clocks = told(waits(1, 0))
    assert look(clocks, at(7))[1] == [], "at the very moment all is still well"
    warned, noticed = look(clocks, at(8))
    assert [(n.what, n.clock.target, n.clock.warned_at) for n in noticed] == [("warned", "first_response", at(7))]
    late, noticed = look(warned, at(25))
    assert [(n.what, n.clock.breached_at) for n in noticed] == [("breached", at(10))]
    assert look(late, at(26)) == (late, [])
    jumped, noticed = look(clocks, at(25))
    assert jumped == late
    assert [n.what for n in noticed] == ["breached"]
    missed = follow(clocks, answered(2, 11), KNOWN, None)
    assert [(c.target, c.breached_at, c.met_at) for c in breaches(clocks, missed)] == [
        ("first_response", at(10), at(11))
    ]
    assert breaches(clocks, follow(clocks, answered(2, 10), KNOWN, None)) == []


def test_without_a_policy_nothing_runs_and_clocks_that_run_are_let_run() -> None:
    assert told(waits(1, 0), chosen=None) == ()
    running = told(waits(1, 0))
    assert follow(running, waits(2, 1, since=0), KNOWN, None) == running


def test_another_policy_counts_from_the_beginning_of_the_wait() -> None:
    vip = terms(None, id="vip", promises=[{"target": "first_response", "within_s": 5 * MINUTE}])
    moved = rebased(told(waits(1, 0)), vip)
    assert [(c.target, c.policy, c.due_at) for c in moved] == [("first_response", "vip", at(5))]
    met = told(waits(1, 0), answered(2, 4))
    assert [c.target for c in rebased(met, None)] == ["first_response"]
    rested = rebased(met, terms(id="slow", promises=[{"target": "resolution", "within_s": HOUR}]))
    assert by_target(rested)["resolution"].left_s == HOUR - 4 * MINUTE


def test_a_policy_without_first_response_counts_every_wait_as_the_next() -> None:
    only_next = terms(id="next", promises=[{"target": "next_response", "within_s": 300}])
    clocks = told(waits(1, 0), known={"next": only_next}, chosen=only_next)
    assert [(c.target, c.due_at) for c in clocks] == [("next_response", at(5))]


def test_steps_of_escalation_come_one_after_the_other_and_only_while_the_clock_runs() -> None:
    steps = [
        {"on": "warning", "target": "first_response", "priority": 1},
        {"on": "breach", "target": "first_response", "tags": ["late"]},
        {"on": "breach", "target": "first_response", "after_s": 600, "priority": 2},
    ]
    strict = terms(escalations=steps)
    known = {"chat": strict}
    clock = by_target(look(told(waits(1, 0)), at(11))[0])["first_response"]
    assert [when for when, _ in steps_due(clock, strict, at(11))] == [at(7), at(10)]
    taken = clock.model_copy(update={"escalated_at": at(10)})
    assert steps_due(taken, strict, at(11)) == []
    assert wake_at([taken], known) == at(20)
    assert [step.priority for _, step in steps_due(taken, strict, at(21))] == [2]
    over = follow((taken,), answered(2, 15), known, None)[0]
    assert steps_due(over, strict, at(21)) == []
    assert wake_at([over], known) is None


def test_a_clock_that_was_taken_over_from_another_conversation_passes_over_what_was_before() -> None:
    """Answered at seq 5, joined at seq 6 by one whose customer still waits: the answer is not to theirs."""
    joined = tuple(clock.model_copy(update={"followed": 6}) for clock in told(waits(1, 3)))
    assert follow(joined, answered(5, 4), KNOWN, CHAT) == joined
    assert follow(joined, waits(6, 5, since=3), KNOWN, CHAT) == joined


# --- laws -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """What happened to one conversation, and the spells during which its customer waited."""

    views: tuple[View, ...]
    spells: tuple[tuple[datetime, datetime], ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    now, waiting, is_closed = MONDAY, None, False
    views: list[View] = []
    spells: list[tuple[datetime, datetime]] = []
    for seq, (happens, gap_s) in enumerate(
        draw(
            st.lists(
                st.tuples(st.sampled_from(["write", "write", "answer", "resolve", "other"]), st.integers(1, 200_000)),
                min_size=1,
                max_size=15,
            )
        ),
        start=1,
    ):
        now += timedelta(seconds=gap_s)
        if happens == "write":
            waiting, is_closed = waiting or now, False
        elif happens in ("answer", "resolve"):
            if waiting is not None:
                spells.append((waiting, now))
            waiting, is_closed = None, is_closed or happens == "resolve"
        views.append(View(seq * 2, now, waiting, closed=is_closed))
    if waiting is not None:
        now += timedelta(seconds=1)
        spells.append((waiting, now))
        views.append(View(len(views) * 2 + 2, now, None))
    return Story(tuple(views), tuple(spells))


@given(stories())
def test_the_time_that_ran_is_the_business_time_for_which_the_customer_waited(story: Story) -> None:
    clocks = by_target(told(*story.views))
    waited = sum(business_seconds_between(SHOP, begins, ends) for begins, ends in story.spells)
    assert not any(is_running(clock) for clock in clocks.values())
    if not story.spells:
        assert clocks == {}
        return
    assert abs(clocks["resolution"].spent_s - waited) < 0.001
    assert (clocks["resolution"].breached_at is not None) == (waited > 8 * HOUR)


@given(stories())
def test_a_response_is_late_if_and_only_if_its_wait_was_longer_than_promised(story: Story) -> None:
    clocks: Clocks = ()
    late = 0
    for view in story.views:
        before, clocks = clocks, follow(clocks, view, KNOWN, CHAT)
        late += sum(clock.target != "resolution" for clock in breaches(before, clocks))
    lengths = [business_seconds_between(SHOP, begins, ends) for begins, ends in story.spells]
    promised = [10 * MINUTE, *([30 * MINUTE] * len(lengths))]
    assert late == sum(length > within for length, within in zip(lengths, promised, strict=False))


@given(stories(), st.data())
def test_events_told_again_from_anywhere_change_nothing(story: Story, data: st.DataObject) -> None:
    clocks: Clocks = ()
    position, furthest = 0, 0
    while position < len(story.views):
        clocks = follow(clocks, story.views[position], KNOWN, CHAT)
        position += 1
        if position > furthest:
            furthest = position
            assert clocks == told(*story.views[:position])
            if data.draw(st.booleans()):
                position = data.draw(st.integers(0, position))


@given(stories(), st.lists(st.integers(0, 400_000), max_size=6))
def test_looking_often_or_late_finds_the_same(story: Story, looks: list[int]) -> None:
    """Whoever looks between the events, even only once, changes no moment of any clock."""
    clocks: Clocks = ()
    when = sorted(MONDAY + timedelta(seconds=s) for s in looks)
    for view in story.views:
        while when and when[0] < view.at:
            clocks, _ = look(clocks, when.pop(0))
        clocks = follow(clocks, view, KNOWN, CHAT)
    assert clocks == told(*story.views)
