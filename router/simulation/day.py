"""Who comes and who works, on one day. Times are seconds from the day's beginning."""

from dataclasses import dataclass
from typing import Final

from hub.events import Channel
from router.plan.common import WorkClass

HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Customers of one channel. `per_hour`: how many come in each hour from 0:00 on, the last value holds on.

    `handle_s`: mean time that an agent has one in hand, by a lognormal distribution whose standard deviation is
    `handle_spread` of the mean; None: exponential. `patience_s`: mean time after which somebody gives up, exponential;
    None: never. `target_s`: served within it counts as good service.
    """

    name: str
    channel: Channel
    work_class: WorkClass
    queue: str
    per_hour: tuple[float, ...]
    handle_s: float
    handle_spread: float | None = 0.8
    patience_s: float | None = None
    target_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """So many equal agents, from `begins_s` to `ends_s`; what they have in hand then, they finish."""

    name: str
    agents: int
    queues: tuple[str, ...]
    capacity: int
    begins_s: float = 0.0
    ends_s: float = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`pick_up_s`: mean time until an offer is accepted. `decline`: part of the offers that are declined."""

    name: str
    flows: tuple[Flow, ...]
    shifts: tuple[Shift, ...]
    lasts_s: float = 24 * HOUR
    pick_up_s: float = 4.0
    decline: float = 0.02

    @property
    def agents(self) -> int:
        return sum(shift.agents for shift in self.shifts)


# How a shopping day goes, hour by hour: quiet nights, a peak before noon, a higher one in the evening.
_SHAPE: Final = (
    *(0.10, 0.06, 0.04, 0.03, 0.04, 0.08, 0.20, 0.45, 0.80, 1.10, 1.25, 1.20),
    *(0.90, 0.95, 1.10, 1.15, 1.10, 1.05, 1.10, 1.40, 1.60, 1.45, 0.95, 0.40),
)


def _over_the_day(per_hour: float) -> tuple[float, ...]:
    return tuple(per_hour * part for part in _SHAPE)


def retail_day(agents: int = 50) -> Day:
    """A Vietnamese retail chain: six channels, agents in three shifts, half of them on the telephone as well. The
    customers are those of a house of 50 agents, however many `agents` there are."""
    telephone, chat = ("hotline", "chat", "slow"), ("chat", "slow")
    early, late = round(agents * 0.44), round(agents * 0.48)
    return Day(
        name="retail",
        flows=(
            _flow("hotline", Channel.HOTLINE, "voice", "hotline", 90, handle_s=210, patience_s=150, target_s=20),
            _flow("facebook", Channel.FACEBOOK, "chat", "chat", 230, handle_s=540, patience_s=1800, target_s=60),
            _flow("zalo", Channel.ZALO, "chat", "chat", 130, handle_s=480, patience_s=1800, target_s=60),
            _flow("web chat", Channel.WEBCHAT, "chat", "chat", 75, handle_s=420, patience_s=300, target_s=45),
            _flow("e-mail", Channel.EMAIL, "email", "slow", 40, handle_s=600, patience_s=None, target_s=4 * HOUR),
            _flow("comments", Channel.FACEBOOK, "comment", "slow", 120, handle_s=90, patience_s=None, target_s=900),
        ),
        shifts=(
            *_house("early", early, telephone, chat, 7 * HOUR, 15 * HOUR),
            *_house("late", late, telephone, chat, 14.5 * HOUR, 24 * HOUR),
            *_house("night", agents - early - late, telephone, chat, 0.0, 8 * HOUR),
        ),
    )


def _flow(
    name: str,
    channel: Channel,
    work_class: WorkClass,
    queue: str,
    per_hour: float,
    *,
    handle_s: float,
    patience_s: float | None,
    target_s: float,
) -> Flow:
    return Flow(
        name=name,
        channel=channel,
        work_class=work_class,
        queue=queue,
        per_hour=_over_the_day(per_hour),
        handle_s=handle_s,
        patience_s=patience_s,
        target_s=target_s,
    )


def _house(
    name: str, agents: int, telephone: tuple[str, ...], chat: tuple[str, ...], begins_s: float, ends_s: float
) -> tuple[Shift, Shift]:
    both = (agents + 1) // 2
    return (
        Shift(name=f"{name}, all", agents=both, queues=telephone, capacity=4, begins_s=begins_s, ends_s=ends_s),
        Shift(name=f"{name}, written", agents=agents - both, queues=chat, capacity=4, begins_s=begins_s, ends_s=ends_s),
    )


def erlang_day(agents: int, per_hour: float, handle_s: float, *, hours: float) -> Day:
    """The case of Erlang's formula: one queue, equal agents with one customer at a time, everybody waits for ever and
    every offer is taken at once."""
    flow = Flow(
        name="calls",
        channel=Channel.WEBCHAT,
        work_class="chat",
        queue="calls",
        per_hour=(per_hour,),
        handle_s=handle_s,
        handle_spread=None,
        target_s=20.0,
    )
    shift = Shift(name="all day", agents=agents, queues=("calls",), capacity=1, ends_s=hours * HOUR)
    return Day(name="erlang", flows=(flow,), shifts=(shift,), lasts_s=hours * HOUR, pick_up_s=0.0, decline=0.0)
