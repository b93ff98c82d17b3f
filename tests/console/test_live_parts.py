"""The pure parts of the live socket: cursor, ring, audience."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_console.live.audience import Entry, Place, Sight, telling
from agent_console.live.bundles import MESSAGES_MAX, Bundles
from agent_console.live.cursor import Cursor, read, write
from agent_console.live.listeners import EVENTS_AT_ONCE, Listener, Listeners
from agent_console.live.ring import Ring
from agent_console.live.watches import Watch, Watches
from hub.clock import ManualClock

QUEUE, OTHER_QUEUE = "q1", "q2"
ANNA, BEN, CHI = "anna", "ben", "chi"
OFFSETS = st.dictionaries(st.integers(0, 255), st.integers(0, 2**62), max_size=12)


def entry(offset: int = 0, *, partition: int = 0, **changes: object) -> Entry:
    values: dict[str, object] = {
        "partition": partition,
        "offset": offset,
        "cursor": "c",
        "type": "hub.conversation_opened.v1",
        "at": "2026-11-22T02:00:00Z",
        "conversation_id": "k1",
        "customer_id": "c1",
        "seq": 1,
        "place": Place(QUEUE, None, None),
        "before": None,
        "named": None,
        "event": b"{}",
        "row": b"{}",
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]  # a test's own keywords


def sight(agent_id: str, *queues: str, sees_all: bool = False, watching: tuple[str, ...] = ()) -> Sight:
    return Sight(agent_id, sees_all, frozenset(queues), set(watching))


@given(OFFSETS, OFFSETS)
def test_a_cursor_is_read_as_it_was_written(conversations: dict[int, int], routing: dict[int, int]) -> None:
    assert read(write(Cursor(conversations, routing))) == Cursor(conversations, routing)


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused_without_an_error(text: str) -> None:
    known = read(text)
    assert known is None or read(write(known)) == known


def test_a_ring_gives_what_came_after_each_position() -> None:
    ring: Ring[Entry] = Ring({0: 10, 1: 20})
    for partition, offset in [(0, 10), (1, 20), (0, 12), (1, 25)]:
        assert ring.skip(partition, offset)
        ring.add(entry(offset, partition=partition))
    assert _since(ring, {0: 10, 1: 20}) == [(0, 10), (1, 20), (0, 12), (1, 25)]
    assert _since(ring, {0: 11, 1: 21}) == [(0, 12), (1, 25)]
    assert _since(ring, {0: 13, 1: 20}) == [(1, 20), (0, 12), (1, 25)]  # an entry twice does no harm
    assert _since(ring, {0: 13, 1: 26}) == []


def test_a_ring_says_when_it_has_forgotten() -> None:
    ring: Ring[Entry] = Ring({0: 0}, entries_max=3)
    for offset in range(5):
        ring.skip(0, offset)
        ring.add(entry(offset))
    assert ring.number_at({0: 1}) is None
    assert _since(ring, {0: 2}) == [(0, 2), (0, 3), (0, 4)]
    assert ring.since(0) is None


def test_a_ring_is_bounded_by_bytes_too() -> None:
    ring: Ring[Entry] = Ring({0: 0}, bytes_max=3 * entry().size_bytes)
    for offset in range(10):
        ring.skip(0, offset)
        ring.add(entry(offset))
    assert ring.next_number - (ring.number_at({0: ring.floor[0]}) or 0) <= 3


def test_a_ring_takes_no_record_twice() -> None:
    ring: Ring[Entry] = Ring({0: 5})
    assert not ring.skip(0, 4)
    assert ring.skip(0, 5)
    assert not ring.skip(0, 5)


def test_a_cursor_of_other_partitions_is_unknown_to_the_ring() -> None:
    ring: Ring[Entry] = Ring({0: 0, 1: 0})
    assert ring.number_at({0: 0}) is None
    assert ring.number_at({0: 0, 1: 0, 2: 0}) is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=40), st.data())
def test_a_ring_never_leaves_out_what_came_after_a_cursor(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    ring: Ring[Entry] = Ring(dict.fromkeys(range(4), 0), entries_max=25)
    added: list[tuple[int, int]] = []
    cursors = [dict(ring.positions)]
    for partition, gap in steps:
        offset = ring.positions[partition] + gap - 1
        ring.skip(partition, offset)
        ring.add(entry(offset, partition=partition))
        added.append((partition, offset))
        cursors.append(dict(ring.positions))
    index = data.draw(st.integers(0, len(cursors) - 1))
    number = ring.number_at(cursors[index])
    if number is None:
        assert len(added) - index > 25 or index < len(added) - 25
    else:
        assert _since(ring, cursors[index]) == added[index:]


def _since(ring: Ring[Entry], cursor: dict[int, int]) -> list[tuple[int, int]]:
    number = ring.number_at(cursor)
    assert number is not None
    found = ring.since(number)
    assert found is not None
    return [(one.partition, one.offset) for one in found]


@pytest.mark.parametrize(
    ("who", "place", "told"),
    [
        (sight(ANNA, QUEUE), Place(QUEUE, None, None), "row"),
        (sight(ANNA, OTHER_QUEUE), Place(QUEUE, None, None), None),
        (sight(ANNA, OTHER_QUEUE), Place(QUEUE, ANNA, None), "event"),
        (sight(ANNA, OTHER_QUEUE), Place(QUEUE, None, ANNA), "event"),
        (sight(ANNA, QUEUE), Place(QUEUE, BEN, None), "row"),
        (sight(ANNA, QUEUE, watching=("k1",)), Place(QUEUE, BEN, None), "event"),
        (sight(ANNA, OTHER_QUEUE, watching=("k1",)), Place(QUEUE, BEN, None), None),
        (sight(CHI, sees_all=True), Place(QUEUE, BEN, None), "row"),
        (sight(CHI, sees_all=True, watching=("k1",)), Place(QUEUE, BEN, None), "event"),
    ],
)
def test_an_event_is_told_by_what_may_be_seen(who: Sight, place: Place, told: str | None) -> None:
    assert telling(who, entry(place=place)) == told


def test_whoever_loses_a_conversation_is_told_that_it_has_gone() -> None:
    lost = entry(place=Place(QUEUE, None, None), before=Place(QUEUE, ANNA, None))
    assert telling(sight(ANNA, OTHER_QUEUE), lost) == "row"
    assert telling(sight(BEN, OTHER_QUEUE), lost) is None
    unseen_before = entry(place=Place(QUEUE, None, None), named=ANNA)
    assert telling(sight(ANNA, OTHER_QUEUE), unseen_before) == "row"


def test_listeners_are_told_exactly_what_the_rule_says() -> None:
    listeners = Listeners()
    sights = [
        sight(ANNA, QUEUE),
        sight(ANNA, QUEUE, watching=("k1",)),
        sight(BEN, OTHER_QUEUE),
        sight(CHI, sees_all=True),
        sight("dung", QUEUE, OTHER_QUEUE),
    ]
    for number, one in enumerate(sights):
        listeners.add(_listener(str(number), one))
    places = [
        Place(QUEUE, None, None),
        Place(QUEUE, ANNA, None),
        Place(OTHER_QUEUE, BEN, None),
        Place("q3", None, BEN),
        Place("q3", None, None),
    ]
    for place in places:
        for before in [None, *places]:
            happened = entry(place=place, before=before, named=BEN)
            wanted: dict[str, list[str]] = {"event": [], "row": []}
            for number, who in enumerate(sights):
                how = telling(who, happened)
                if how is not None:
                    wanted[how].append(str(number))
            sights[1].watching = {"k1"}
            told = listeners.told(happened)
            assert {how: sorted(sids) for how, sids in told.items()} == wanted
            sights[1].watching = {"k1"}


def test_a_watcher_who_may_not_see_it_any_more_watches_it_no_longer() -> None:
    listeners = Listeners()
    who = sight(ANNA, QUEUE, watching=("k1",))
    listeners.add(_listener("s", who))
    listeners.told(entry(place=Place(OTHER_QUEUE, None, None), before=Place(QUEUE, None, None)))
    assert who.watching == set()


def test_who_looks_at_one_conversation_hears_of_the_others_of_its_customer() -> None:
    watches = Watches()
    watches.add(Watch("s", "k1", "i1", "c1"))
    assert watches.elsewhere(entry()) == []
    assert _conversations(watches.elsewhere(entry(conversation_id="k2"))) == ["k1"]
    assert watches.elsewhere(entry(conversation_id="k2", customer_id="c2")) == []
    assert watches.elsewhere(entry(conversation_id="k2", type="hub.conversation_read.v1")) == []


def test_a_conversation_follows_its_identity_when_customers_are_merged_and_parted() -> None:
    watches = Watches()
    watches.add(Watch("s", "k1", "i1", "c1"))
    assert _conversations(watches.regrouped("c2", ["i0", "i1"])) == ["k1"]
    assert _conversations(watches.elsewhere(entry(conversation_id="k2", customer_id="c2"))) == ["k1"]
    assert watches.elsewhere(entry(conversation_id="k2", customer_id="c1")) == []
    assert watches.regrouped("c2", ["i0"]) == []
    assert _conversations(watches.regrouped("c1", ["i1"])) == ["k1"]
    assert _conversations(watches.elsewhere(entry(conversation_id="k2", customer_id="c1"))) == ["k1"]


def test_who_left_or_looks_elsewhere_is_watching_nothing() -> None:
    listeners = Listeners()
    gone, stays = (_listener(sid, sight(ANNA, QUEUE, watching=("k1",))) for sid in ("s", "t"))
    for listener in (gone, stays):
        listeners.add(listener)
        listeners.watches.add(Watch(listener.sid, "k1", "i1", "c1"))
    assert len(listeners.watches) == 2
    listeners.remove("s")
    listeners.unwatch(stays, "k1")
    assert len(listeners.watches) == 0
    assert listeners.watches.regrouped("c2", ["i1"]) == []


def _conversations(watches: Iterable[Watch]) -> list[str]:
    return [watch.conversation_id for watch in watches]


def test_a_console_that_has_not_caught_up_is_told_nothing_live() -> None:
    listeners = Listeners()
    listener = _listener("s", sight(CHI, sees_all=True))
    listener.is_live = False
    listeners.add(listener)
    assert listeners.told(entry()) == {"event": [], "row": []}


def test_a_listener_that_left_is_in_no_index() -> None:
    listeners = Listeners()
    listeners.add(_listener("s", sight(ANNA, QUEUE, sees_all=True)))
    assert listeners.remove("s") is not None
    assert listeners.remove("s") is None
    assert listeners.told(entry()) == {"event": [], "row": []}
    assert listeners.of_agent(ANNA) == []


def test_a_console_may_say_only_so_much() -> None:
    listener = _listener("s", sight(ANNA, QUEUE))
    assert sum(listener.admits(100.0) for _ in range(200)) == EVENTS_AT_ONCE
    assert listener.admits(101.0)


def _listener(sid: str, who: Sight) -> Listener:
    return Listener(sid, who, b"", ManualClock().now(), is_live=True)


class Sent:
    """An outlet that keeps what it is given."""

    def __init__(self) -> None:
        self.calls: list[tuple[set[str], str, Any]] = []

    def send(self, sids: Iterable[str], event: str, message: Any) -> None:
        self.calls.append((set(sids), event, message))

    def waiting(self, sid: str) -> int | None:
        return 0

    def drop(self, sid: str, reason: str) -> None:
        raise AssertionError("nobody is slow here")

    def heard_by(self, sid: str) -> list[Any]:
        """One by one, in order."""
        told = [message for sids, _, message in self.calls if sid in sids]
        return [one for message in told for one in message.get("messages", [message])]


def test_each_socket_hears_its_own_messages_in_order_and_those_told_alike_share_a_bundle() -> None:
    sent = Sent()
    bundles = Bundles(sent)
    bundles.add(["a", "b"], "row", {"n": 1})
    bundles.add(["c"], "event", {"n": 2})
    bundles.add(["a", "b", "c"], "row", {"n": 3})
    bundles.flush()
    assert [sent.heard_by(sid) for sid in "abc"] == [[{"n": 1}, {"n": 3}]] * 2 + [[{"n": 2}, {"n": 3}]]
    assert [(sids, event) for sids, event, _ in sent.calls] == [({"a", "b"}, "bundle"), ({"c"}, "bundle")]
    bundles.flush()
    assert len(sent.calls) == 2, "nothing is told twice"


def test_one_message_is_no_bundle_and_a_bundle_is_bounded() -> None:
    sent = Sent()
    bundles = Bundles(sent)
    bundles.add(["a"], "event", {"n": 0})
    bundles.flush()
    assert sent.calls == [({"a"}, "event", {"n": 0})]
    for number in range(1, MESSAGES_MAX + 2):
        bundles.add(["a"], "row", {"n": number})
    bundles.flush()
    assert [event for _, event, _ in sent.calls] == ["event", "bundle", "row"]
    assert sent.heard_by("a") == [{"n": number} for number in range(MESSAGES_MAX + 2)]
