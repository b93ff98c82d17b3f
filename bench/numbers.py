"""`bench numbers`: numbers in the labelled lines of tests/identity/corpus, by ours and by phonenumbers' matcher.

Held against each other is what both do: the numbers of each line, whoever's they are. Ours alone is held against the
whole label, too: value, place, and whether it is the writer's own; mailboxes included.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import phonenumbers

from bench.report import Figure
from bench.statistics import median, paired_ratio, spread
from hub.events import EvidenceKind
from identity.numbers.claims import claims_in
from identity.numbers.finds import finds_in
from identity.numbers.meaning import Role
from tests.identity import corpus
from tests.identity.corpus import PARTS, Line, Part

RUNS = 9
TALK_IN_A_HUNDRED = 95  # of the messages of a day, those in which nobody writes a number

Finder = Callable[[str], list[str]]


def by_ours(text: str) -> list[str]:
    return [find.value for find in finds_in(text) if find.kind is EvidenceKind.PHONE]


def by_matcher(text: str) -> list[str]:
    found = phonenumbers.PhoneNumberMatcher(text, "VN")
    return [phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) for match in found]


async def measure(*, count: int) -> list[Figure]:
    lines = [line for part in PARTS for line in corpus.lines(part)]
    return [*_quality(lines), *_speed([line.text for line in lines], count)]


# --- right and wrong -------------------------------------------------------------------------------------------------


def _quality(lines: Sequence[Line]) -> Iterator[Figure]:
    for part in PARTS:
        chosen = [line for line in lines if line.part == part]
        yield from _values(part, chosen)
        yield from _whole(part, chosen)


def _values(part: Part, lines: Sequence[Line]) -> Iterator[Figure]:
    note = f"{len(lines)} lines, {sum(not line.labels for line in lines)} without anything to find"
    for who, finder in (("ours", by_ours), ("matcher", by_matcher)):
        precision, recall = _measured(lines, finder)
        owed = (0.99, 0.97) if who == "ours" else (None, None)
        yield Figure(name=f"numbers, {part}, {who}: precision", value=precision, owed=owed[0], note=note)
        yield Figure(name=f"numbers, {part}, {who}: recall", value=recall, owed=owed[1])


def _measured(lines: Sequence[Line], finder: Finder) -> tuple[float, float]:
    right = extra = missed = 0
    for line in lines:
        found = Counter(finder(line.text))
        wanted = Counter(label.value for label in line.labels if label.is_phone)
        right += (found & wanted).total()
        extra += (found - wanted).total()
        missed += (wanted - found).total()
    return right / (right + extra), right / (right + missed)


def _whole(part: Part, lines: Sequence[Line]) -> Iterator[Figure]:
    right = found_in_all = labelled = roles = 0
    for line in lines:
        finds = finds_in(line.text)
        labels = {(label.value, label.start, label.end, label.role) for label in line.labels}
        own = {(*label[:3], label[3] == "own") for label in labels}
        right += sum((f.value, f.start, f.end, f.role is Role.OWN) in own for f in finds)
        roles += sum((f.value, f.start, f.end, f.role.value) in labels for f in finds)
        found_in_all, labelled = found_in_all + len(finds), labelled + len(labels)
    note = "value, place, and whether it is the writer's own; mailboxes, too"
    yield Figure(name=f"whole label, {part}: precision", value=right / found_in_all, owed=0.99, note=note)
    yield Figure(name=f"whole label, {part}: recall", value=right / labelled, owed=0.97)
    yield Figure(name=f"whole label, {part}: recall with recipients told from others", value=roles / labelled)


# --- speed -----------------------------------------------------------------------------------------------------------


def _speed(texts: Sequence[str], count: int) -> Iterator[Figure]:
    """Each run of ours stands beside one of the matcher, over the same lines."""
    day = _day(texts, count)
    yield from _raced("a line of the corpus", texts, owed=10)
    yield from _raced("a message of a usual day", day, owed=None)
    note = f"what each message costs the resolver; {TALK_IN_A_HUNDRED} of 100 are talk, the others are of the corpus"
    claims = median([_seconds(claims_in, day) / len(day) for _ in range(RUNS)])
    yield Figure(name="claims of a message of a usual day", value=claims * 1e6, unit="µs", note=note)


def _raced(name: str, texts: Sequence[str], *, owed: float | None) -> Iterator[Figure]:
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(_seconds(finds_in, texts) / len(texts))
        theirs.append(_seconds(by_matcher, texts) / len(texts))
    note = f"median of {RUNS} runs, which differ by {spread(ours):.0%}"
    yield Figure(name=f"{name}: times as fast as the matcher", value=paired_ratio(theirs, ours), owed=owed, note=note)
    yield Figure(name=f"{name}: ours", value=median(ours) * 1e6, unit="µs")
    yield Figure(name=f"{name}: matcher", value=median(theirs) * 1e6, unit="µs")


def _seconds(finder: Callable[[str], object], texts: Sequence[str]) -> float:
    began = time.perf_counter()
    for text in texts:
        finder(text)
    return time.perf_counter() - began


def _day(texts: Sequence[str], count: int) -> list[str]:
    """Talk: lines of the corpus without digits, mailboxes, and numbers in words."""
    rng = random.Random(1)
    talk = [text for text in texts if not any(char.isdigit() or char == "@" for char in text) and not finds_in(text)]
    return [rng.choice(talk if rng.randrange(100) < TALK_IN_A_HUNDRED else texts) for _ in range(count)]
