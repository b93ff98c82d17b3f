"""What is done at once, drawn from a seed: the same seed and number are the same plan. Pure.

Plans are plain values, for they travel to other processes. All people of a plan have ids of their own, so that plans
share a database.
"""

from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Who = tuple[str, str]  # channel account, the provider's id of the person
FIRST_MESSAGES = 20


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True)


class Told(_Step):
    """A message, or with `call` a missed call of `who`, whose id is the number."""

    who: Who
    mid: str
    text: str = "Xin chào"
    call: bool = False


class Hears(_Step):
    """One batch, as a consumer has it."""

    do: Literal["hears"] = "hears"
    told: tuple[Told, ...]


class Merge(_Step):
    do: Literal["merge"] = "merge"
    one: Who
    other: Who


class Undo(_Step):
    """The newest entry about `who` that may still count."""

    do: Literal["undo"] = "undo"
    who: Who


class Split(_Step):
    do: Literal["split"] = "split"
    who: Who


class Move(_Step):
    do: Literal["move"] = "move"
    who: Who
    to: Who


class Accept(_Step):
    """The open suggestion that `who` is shown."""

    do: Literal["accept"] = "accept"
    who: Who


Step = Annotated[Hears | Merge | Undo | Split | Move | Accept, Field(discriminator="do")]


class Plan(_Step):
    """`before` is done in peace; then each of `actors` does its steps, all at once. In the end each of `together` is
    one person, and no two of `apart` are."""

    number: int
    kind: str
    before: tuple[Step, ...] = ()
    actors: tuple[tuple[Step, ...], ...]
    together: tuple[tuple[Who, ...], ...] = ()
    apart: tuple[Who, ...] = ()

    @property
    def told(self) -> Iterator[Told]:
        for steps in (self.before, *self.actors):
            yield from (told for step in steps if isinstance(step, Hears) for told in step.told)


class _Cast:
    """People and messages of one plan."""

    def __init__(self, number: int, rng: Random) -> None:
        self.rng = rng
        self._prefix = f"r{number}"
        self._ids = count(1)
        self._number = number

    def person(self, account: str) -> Who:
        return (account, f"{self._prefix}-{next(self._ids)}")

    def phone(self) -> str:
        return f"+8490{self._number % 10_000:04d}{next(self._ids) % 1000:03d}"

    def says(self, who: Who, text: str = "Xin chào") -> Hears:
        return Hears(told=(Told(who=who, mid=f"{self._prefix}-m{next(self._ids)}", text=text),))

    def calls(self, phone: str) -> Hears:
        told = Told(who=("hotline", phone), mid=f"{self._prefix}-c{next(self._ids)}", call=True)
        return Hears(told=(told,))


def first_messages(number: int, rng: Random, workers: int) -> Plan:
    """Twenty first messages of somebody new, at once, some of them told twice."""
    cast = _Cast(number, rng)
    who = cast.person("fb-main")
    messages = [cast.says(who, str(i)) for i in range(FIRST_MESSAGES)]
    dealt = [messages[i::workers] + rng.sample(messages, 2) for i in range(workers)]
    return Plan(number=number, kind="first messages", actors=tuple(map(tuple, dealt)), together=((who,),))


def one_number(number: int, rng: Random, workers: int) -> Plan:
    """One number on two channels in the same moment."""
    cast = _Cast(number, rng)
    phone, fb = cast.phone(), cast.person("fb-main")
    caller = ("hotline", phone)
    actors: list[tuple[Step, ...]] = [(cast.calls(phone), cast.calls(phone)), (cast.says(fb, f"số em {phone}"),)]
    visitor = cast.person("web")
    actors.append((cast.says(visitor, f"sđt {phone}"),))
    return Plan(
        number=number, kind="one number on two channels", actors=tuple(actors), together=((caller, fb),),
        apart=(visitor, caller),
    )  # fmt: skip


def meeting_merges(number: int, rng: Random, workers: int) -> Plan:
    """A into B while B into C, and maybe C into A."""
    cast = _Cast(number, rng)
    a, b, c = (cast.person(account) for account in rng.sample(("fb-main", "zalo-main", "web"), 3))
    before = [cast.says(who) for who in (a, b, c)]
    actors: list[tuple[Step, ...]] = [(Merge(one=a, other=b),), (Merge(one=b, other=c), cast.says(b))]
    actors.append((Merge(one=c, other=a),) if rng.random() < 0.5 else (cast.says(c), cast.says(a)))
    return Plan(
        number=number, kind="merges that meet", before=tuple(before), actors=tuple(actors), together=((a, b, c),)
    )


def undo_in_flight(number: int, rng: Random, workers: int) -> Plan:
    """A merge is undone while both write."""
    cast = _Cast(number, rng)
    a, b = cast.person("fb-main"), cast.person("zalo-main")
    before = (cast.says(a), cast.says(b), Merge(one=a, other=b), cast.says(b))
    actors = ((Undo(who=a),), tuple(cast.says(b) for _ in range(3)), tuple(cast.says(a) for _ in range(3)))
    return Plan(number=number, kind="undo in flight", before=before, actors=actors, apart=(a, b))


def parting(number: int, rng: Random, workers: int) -> Plan:
    """One identity leaves for another customer, or for nobody's, while all write and somebody merges."""
    cast = _Cast(number, rng)
    a, b, c, d = cast.person("fb-main"), cast.person("zalo-main"), cast.person("web"), cast.person("fb-second")
    merged = (Merge(one=a, other=b), Merge(one=b, other=c))
    before: tuple[Step, ...] = (*(cast.says(who) for who in (a, b, c, d)), *merged)
    leaves = Move(who=b, to=d) if rng.random() < 0.5 else Split(who=b)
    actors: tuple[tuple[Step, ...], ...] = (
        (leaves,),
        (cast.says(b), cast.says(c), cast.says(a)),
        (Merge(one=a, other=d), cast.says(d)),
    )
    return Plan(number=number, kind="parting while others write", before=before, actors=actors, together=((a, c),))


def one_suggestion(number: int, rng: Random, workers: int) -> Plan:
    """Everybody accepts the same suggestion while its two people write."""
    cast = _Cast(number, rng)
    phone, visitor = cast.phone(), cast.person("web")
    caller = ("hotline", phone)
    before = (cast.calls(phone), cast.says(visitor, f"sđt {phone}"))
    actors = tuple((Accept(who=visitor), cast.says(visitor), cast.calls(phone)) for _ in range(workers))
    return Plan(number=number, kind="one suggestion", before=before, actors=actors, together=((caller, visitor),))


def storm(number: int, rng: Random, workers: int) -> Plan:
    """Everything at once about five people and two numbers."""
    cast = _Cast(number, rng)
    phones = [cast.phone() for _ in range(2)]
    accounts = ("fb-main", "zalo-main", "web", "fb-second", "zalo-main")
    people = [cast.person(account) for account in accounts]
    before = tuple(cast.says(who) for who in people)

    def step() -> Step:
        way, (one, other) = rng.random(), rng.sample(people, 2)
        if way < 0.45:
            return cast.says(one, f"số em {rng.choice(phones)}" if rng.random() < 0.3 else "Alo")
        if way < 0.6:
            return cast.calls(rng.choice(phones))
        if way < 0.75:
            return Merge(one=one, other=other)
        return rng.choice((Undo(who=one), Split(who=one), Move(who=one, to=other), Accept(who=one)))

    actors = tuple(tuple(step() for _ in range(6)) for _ in range(workers))
    return Plan(number=number, kind="storm", before=before, actors=actors)


KINDS: Final[tuple[Callable[[int, Random, int], Plan], ...]] = (
    first_messages, one_number, meeting_merges, undo_in_flight, parting, one_suggestion, storm,
)  # fmt: skip


def plan(seed: int, number: int, *, workers: int) -> Plan:
    return KINDS[number % len(KINDS)](number, Random(f"{seed}/{number}"), workers)
