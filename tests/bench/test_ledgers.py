"""The checker of the fault rigs finds each kind of broken promise, and nothing in a run that kept them all."""

from dataclasses import replace

import pytest

from bench.ledgers import Entry, Ledgers, faults

STORED = [
    Entry(1, "t1", "c1", "m1", "xin chào"),
    Entry(2, "t2", "c1", "m2", "còn size M không"),
    Entry(3, "t3", "c1", "r1", "Dạ còn ạ", state="delivered"),
    Entry(4, "t4", "c2", "m3", "alo"),
    Entry(5, "t5", "c2", "r2", "Dạ shop đây", state="unknown"),
]
SHOWN = {
    "c1": [("t1", "xin chào"), ("t2", "còn size M không"), ("t3", "Dạ còn ạ")],
    "c2": [("t4", "alo"), ("t5", "Dạ shop đây")],
}
KEPT = Ledgers(
    told={"an": ["m1", "m2"], "binh": ["m3", "m4"]},
    acknowledged=frozenset({"m1", "m2", "m3"}),
    stored=STORED,
    replies={"r1": "Dạ còn ạ", "r2": "Dạ shop đây"},
    given=["Dạ còn ạ"],
    shown={"a console": SHOWN},
)


def found(**changes: object) -> list[str]:
    return faults(replace(KEPT, **changes))  # type: ignore[arg-type]  # test shorthand


def test_a_run_that_kept_every_promise_has_no_faults() -> None:
    assert faults(KEPT) == []


def test_a_message_that_was_never_acknowledged_may_be_missing() -> None:
    assert "m4" not in {entry.key for entry in STORED}
    assert faults(KEPT) == []


def test_an_acknowledged_message_that_is_not_stored_is_lost() -> None:
    assert found(acknowledged=frozenset({"m1", "m4"})) == ["lost: m4 was acknowledged and is not stored"]


def test_a_reply_that_was_taken_from_the_agent_and_is_not_stored_is_lost() -> None:
    assert found(replies={"r9": "?"}) == ["lost: reply r9 was taken from the agent and is not stored"]


def test_a_message_stored_twice_is_doubled() -> None:
    twice = [*STORED, Entry(6, "t6", "c2", "m3", "alo")]
    assert "doubled: m3 is stored 2 times" in found(stored=twice)


def test_messages_of_one_customer_stand_in_the_order_in_which_they_were_taken() -> None:
    assert found(told={"an": ["m2", "m1"]}) == ["disordered: an sent m1 after m2 was taken, and it stands before it"]


@pytest.mark.parametrize(
    ("state", "given", "fault"),
    [
        ("delivered", ["Dạ còn ạ", "Dạ còn ạ"], "sent 2 times: 'Dạ còn ạ'"),
        ("sending", [], "unsettled: reply r1 is still sending"),
        ("queued", [], "unsettled: reply r1 is still queued"),
        ("sent", [], "never sent: reply r1 is sent, the provider knows nothing of it"),
        ("failed", ["Dạ còn ạ"], "denied: reply r1 is called failed, but the provider took it"),
        ("sent", ["Dạ còn ạ", "ai đấy"], "invented: the provider was given 'ai đấy', which nobody wrote"),
    ],
)
def test_a_reply_that_left_wrongly_is_told(state: str, given: list[str], fault: str) -> None:
    stored = [replace(entry, state=state) if entry.key == "r1" else entry for entry in STORED]
    assert found(stored=stored, given=given) == [fault]


@pytest.mark.parametrize("given", [[], ["Dạ shop đây"]])
def test_a_reply_shown_as_unknown_may_have_left_or_not(given: list[str]) -> None:
    assert found(given=["Dạ còn ạ", *given]) == []


def test_a_console_that_misses_an_entry_or_has_another_order_is_told() -> None:
    missing = SHOWN | {"c2": SHOWN["c2"][:1]}
    assert found(shown={"one": missing}) == ["shown wrongly to one: c2: 1 missing ['Dạ shop đây'], 0 strange []"]
    turned = SHOWN | {"c2": SHOWN["c2"][::-1]}
    assert found(shown={"one": turned}) == ["shown wrongly to one: c2: 2 entries in another order, or changed"]
