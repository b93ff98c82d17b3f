"""Steps of a telephone call -> the card in the timeline. Pure, and the same whatever order the steps come in.

The card is a function of the set of steps: of times the earliest counts, of talk times the longest, and of the two
final states MISSED holds only where nobody ever answered. Where steps contradict each other in words (two causes), the
smaller one stands: arbitrary, but the same in any order.
"""

from typing import Any, Final, Protocol, TypeVar

from hub.events import Attachment, CallCard, CallProgressed, CallState

_RANK: Final = {state: rank for rank, state in enumerate(CallState)}
_FINAL: Final = frozenset({CallState.ENDED, CallState.MISSED})
_KNOWS_AGENT: Final = frozenset({CallState.ANSWERED, CallState.ENDED})  # while it rings, many may ring


def call_key(call_id: str) -> str:
    """Under which name storage.touchpoints.by_provider_ids finds the call."""
    return f"call:{call_id}"


def first_card(step: CallProgressed) -> CallCard:
    """The card before any step counted."""
    return CallCard(call_id=step.call_id, direction=step.direction, state=CallState.OFFERED)


def after(card: CallCard, step: CallProgressed) -> CallCard:
    """The card once `step` is known too. Equal to `card` when the step says nothing new."""
    at, seen = step.occurred_at, step.state
    changes: dict[str, Any] = {"hotline_number": _smaller(card.hotline_number, step.hotline_number)}
    if seen is CallState.RINGING:
        changes["ringing_at"] = _smaller(card.ringing_at, at)
    if seen is CallState.ANSWERED:
        changes["answered_at"] = _smaller(card.answered_at, at)
    if seen in _KNOWS_AGENT:
        changes["agent_ref"] = _smaller(card.agent_ref, step.agent_ref)
    if seen in _FINAL:
        changes["ended_at"] = _smaller(card.ended_at, at)
        changes["cause"] = _smaller(card.cause, step.cause)
    if step.talk_s is not None:
        changes["talk_s"] = max(card.talk_s or 0, step.talk_s)
    return _settled(card.model_copy(update=changes), seen)


def with_recording(card: CallCard, recording: Attachment) -> CallCard:
    """The first recording stays: our copy of it may be fetched already."""
    return card if card.recording is not None else card.model_copy(update={"recording": recording})


def needs_somebody(card: CallCard) -> bool:
    """Whether the caller waits for a person: nobody has answered yet, or nobody ever did."""
    return card.state in (CallState.OFFERED, CallState.RINGING, CallState.MISSED)


def _settled(card: CallCard, seen: CallState) -> CallCard:
    state = max(card.state, seen, key=lambda s: _RANK[s])
    if state is CallState.MISSED and (card.answered_at is not None or card.talk_s):
        state = CallState.ENDED
    return card.model_copy(update={"state": state})


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


Word = TypeVar("Word", bound=_Ordered)


def _smaller(one: Word | None, other: Word | None) -> Word | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
