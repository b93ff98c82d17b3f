"""What is decided about a batch that failed. Pure."""

from datetime import UTC, datetime

import pytest

from hub.batch import Again, Batch, Pace, Reject, Split, dead_letter, pause, verdict
from hub.bus import Record
from hub.clock import SystemClock
from hub.errors import BusUnavailable, Poison, StorageUnavailable, Transient
from hub.events import MessageReceived, encode, wrap
from hub.events.rejected import BODY_BYTES_MAX, EventRejected
from tests.contract.scene import message

PACE = Pace(backoff_s=0.1, backoff_max_s=5, attempts_max=3)


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize(
    "error", [Transient("x"), StorageUnavailable("x"), BusUnavailable("x"), ConnectionError(), OSError(28, "")]
)
@pytest.mark.parametrize("attempt", [1, 2, 3, 1000])
def test_passing_trouble_is_waited_for_without_end(error: Exception, size: int, attempt: int) -> None:
    decided = verdict(error, size, attempt, PACE)
    assert isinstance(decided, Again)
    assert 0 < decided.pause_s <= 10


def test_who_says_when_to_come_back_is_believed_within_reason() -> None:
    decided = verdict(StorageUnavailable("x", retry_after_s=7), 1, 1, PACE)
    assert decided == Again(7)
    assert verdict(StorageUnavailable("x", retry_after_s=3600), 1, 1, PACE) == Again(10)


def test_a_batch_that_took_too_long_is_halved_and_a_single_event_tried_for_ever() -> None:
    assert verdict(TimeoutError(), 2, 1, PACE) == Split()
    assert isinstance(verdict(TimeoutError(), 1, 99, PACE), Again)


def test_poison_and_unknown_errors_of_many_are_halved() -> None:
    assert verdict(Poison("x"), 2, 1, PACE) == Split()
    assert verdict(KeyError("x"), 500, 1, PACE) == Split()


def test_a_single_poisoned_event_is_rejected_at_once_and_another_after_its_tries() -> None:
    assert verdict(Poison("too old"), 1, 1, PACE) == Reject("too old")
    assert isinstance(verdict(KeyError("x"), 1, 2, PACE), Again)
    assert verdict(KeyError("x"), 1, 3, PACE) == Reject("KeyError: 'x'")


def test_in_a_group_of_errors_passing_trouble_outweighs_the_rest() -> None:
    mixed = ExceptionGroup("both", [KeyError("x"), ExceptionGroup("deep", [StorageUnavailable("away")])])
    assert isinstance(verdict(mixed, 500, 9, PACE), Again)
    assert verdict(ExceptionGroup("two", [Poison("a"), KeyError("b")]), 1, 1, PACE) == Reject("a; KeyError: 'b'")
    slow = ExceptionGroup("slow", [TimeoutError(), TimeoutError()])
    assert verdict(slow, 2, 1, PACE) == Split()


def test_pauses_grow_and_end_growing_and_differ() -> None:
    assert max(pause(1, PACE) for _ in range(100)) <= 0.15
    assert min(pause(5, PACE) for _ in range(100)) >= 0.8
    late = {pause(10_000, PACE) for _ in range(100)}
    assert max(late) <= 7.5
    assert len(late) > 50


def record(value: bytes = b"{}", *, key: str = "k", type_: str = "nonsense") -> Record:
    return Record("touchpoints", 2, 7, key, type_, value, datetime.now(UTC))


def good(text: str) -> Record:
    event = message(text)
    return record(encode(event), type_=event.type)


def test_what_cannot_be_read_is_sorted_out_and_the_rest_keeps_its_order() -> None:
    events, letters = Batch([good("a"), record(), good("b"), record(b"\xff")]).sorted_out("group")
    assert [event.data.text for event in events if isinstance(event.data, MessageReceived)] == ["a", "b"]
    assert [letter.body for letter in letters] == [b"{}", b"\xff"]


def test_a_rejected_batch_is_all_letters_with_its_reason() -> None:
    events, letters = Batch([good("a")], rejected="tried enough").sorted_out("group")
    assert events == []
    assert letters[0].reason == "tried enough"


def test_halves_hold_everything_in_order_and_forget_attempts() -> None:
    batch = Batch([good(str(number)) for number in range(5)], attempts=3)
    first, second = batch.halves()
    assert [*first.records, *second.records] == list(batch.records)
    assert first.attempts == second.attempts == 0


@pytest.mark.parametrize("size", [0, 1, BODY_BYTES_MAX, 1024 * 1024 + 1])
def test_whatever_a_record_holds_its_letter_can_be_written(size: int) -> None:
    raw = record(b"\xff" * size, key="ключ" * 5000, type_="x" * 5000)
    letter = dead_letter(raw, "group", "reason " * 5000)
    assert letter.body_bytes == size
    assert len(letter.body) == min(size, BODY_BYTES_MAX)
    assert encode(wrap(letter, SystemClock()))
    assert isinstance(letter, EventRejected)
