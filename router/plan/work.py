"""Words and weights of work: why somebody is away, how a conversation ended, what a customer wants, what weighs how
much. Plan "work"."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.events.common import Frozen
from router.plan.common import Name, Seconds, Slug, WorkClass


class Word(Frozen):
    """`id` stands in rows and never changes; the labels may. Switched off: kept for what bears it, offered no more."""

    id: Slug
    vi: Name
    en: Name
    active: bool = True


class PresenceReason(Word):
    """Of being away or busy: lunch, training. `max_s`: supervisors are shown who stays longer."""

    status: Literal["away", "busy"] = "away"
    max_s: Seconds | None = None


class Disposition(Word):
    """How a conversation ended. `needs_note`: it cannot be chosen without one."""

    needs_note: bool = False


# In hundredths of an agent's room, which is given in chats.
Weight = Annotated[int, Field(ge=0, le=1000)]


class Weights(Frozen):
    """What one piece of work takes. Voice takes all, whatever stands here."""

    chat: Weight = 100
    email: Weight = 50
    comment: Weight = 50


class WorkWords(Frozen):
    """`interrupts`: what may be offered to an agent whose room is full of lighter work, by class: a call may interrupt
    chats, not the reverse. `away_after_s`: without a sign of life at the keyboard; None: never by itself.
    `disposition_required`: none is resolved without one."""

    weights: Weights = Weights()
    interrupts: dict[WorkClass, tuple[WorkClass, ...]] = Field(default={"voice": ("chat", "email", "comment")})
    presence_reasons: tuple[PresenceReason, ...] = Field(
        default=(
            PresenceReason(id="lunch", vi="Ăn trưa", en="Lunch"),
            PresenceReason(id="break", vi="Nghỉ giải lao", en="Break", max_s=900),
            PresenceReason(id="meeting", vi="Họp", en="Meeting", status="busy"),
            PresenceReason(id="training", vi="Đào tạo", en="Training", status="busy"),
        ),
        max_length=50,
    )
    dispositions: tuple[Disposition, ...] = Field(
        default=(
            Disposition(id="done", vi="Đã giải quyết", en="Solved"),
            Disposition(id="sold", vi="Đã chốt đơn", en="Order placed"),
            Disposition(id="later", vi="Khách hẹn sau", en="Customer will come back"),
            Disposition(id="spam", vi="Tin rác", en="Spam"),
        ),
        max_length=200,
    )
    lifecycle: tuple[Word, ...] = Field(
        default=(
            Word(id="buy", vi="Muốn mua", en="Wants to buy"),
            Word(id="advice", vi="Cần tư vấn", en="Wants advice"),
            Word(id="interact", vi="Chỉ tương tác", en="Only interacts"),
            Word(id="warranty", vi="Bảo hành", en="Warranty"),
            Word(id="complaint", vi="Khiếu nại", en="Complaint"),
        ),
        max_length=50,
    )
    away_after_s: Seconds | None = 900
    disposition_required: bool = False

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for words in (self.presence_reasons, self.dispositions, self.lifecycle):
            if len({word.id for word in words}) != len(words):
                raise ValueError("a word's id is used twice")
        return self
