"""What attackers do, as providers would tell it. Each attack is drawn at random; the same seed is the same attack. What
stands in brackets is the abuse that it is about, as in tests/guards.py.

A scenario says who everybody really is. `tolerated`: the policy accepts the risk that this one attacker, or one of
them, passes for the one other person whose number it typed on a lasting account (marked as claimed, undone in a click,
and shown nothing). Nobody else may ever be joined with anybody, and in all other scenarios nobody at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, pairwise
from random import Random
from typing import Any, Final

from bench.adversary.crowd import BEGAN, Crowd, Who
from bench.town import ACCOUNTS
from hub.events import (
    CallDirection,
    CallProgressed,
    CallState,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    MessageEdited,
    MessageReceived,
    Profile,
    ProfileReceived,
    Strength,
    TouchpointEvent,
)
from hub.ids import ChannelAccountId

Act = Callable[[Crowd], None]
LASTING: Final = ("fb-main", "fb-second", "zalo-main")
NAMES: Final = ("Phạm Quỳnh Trang", "Lý Đức Khang", "Vũ Hải Yến", "Trần Bảo Long", "Bùi Cẩm Tú", "Đặng Xuân Phong")
SAID: Final = ("sđt em {}", "số của em là {} nha shop", "gọi em {} nhé", "{}", "em tên Hà, {}", "liên hệ: {} ạ")


@dataclass
class Scenario:
    """`people`: identity -> who that really is. `liars`: persons who claim what is not theirs."""

    kind: str
    people: dict[Who, str] = field(default_factory=dict)
    liars: set[str] = field(default_factory=set)
    acts: list[Act] = field(default_factory=list)
    tolerated: bool = False


class Script:
    """Writes one scenario. Numbers and ids are new with each call."""

    def __init__(self, kind: str, rng: Random, *, tolerated: bool = False) -> None:
        self.scenario = Scenario(kind, tolerated=tolerated)
        self.rng = rng
        self._ids = count(1)
        self._number = rng.randrange(10_000_000)

    def phone(self) -> str:
        """E.164, of a network that there is, and nobody's."""
        self._number = (self._number + 7919) % 10_000_000
        return f"+8491{self._number:07d}"

    def person(self, name: str, account: str, *, liar: bool = False, who: str | None = None) -> Who:
        """One more identity of this person. On the hotline `who` is the number."""
        identity = (account, who or f"u{next(self._ids)}")
        self.scenario.people[identity] = name
        if liar:
            self.scenario.liars.add(name)
        return identity

    def owner(self, name: str, phone: str) -> Who:
        """Somebody who proved the number, on the hotline or by sharing it."""
        if self.rng.random() < 0.5:
            caller = self.person(name, "hotline", who=phone)
            self.calls(caller)
            return caller
        sharer = self.person(name, "zalo-main")
        self.shares(sharer, phone)
        return sharer

    # --- what they do ------------------------------------------------------------------------------------------------

    def waits(self, days: float) -> None:
        def wait(crowd: Crowd) -> None:
            crowd.at += timedelta(days=days)

        self.scenario.acts.append(wait)

    def refused(self, one: Who, other: Who) -> None:
        self.scenario.acts.append(lambda crowd: crowd.refuse(one, other))

    def calls(self, who: Who) -> None:
        self._tell(
            CallProgressed, who, call_id=f"c{next(self._ids)}", direction=CallDirection.INBOUND, state=CallState.MISSED,
            evidence=(_phone(who[1], Strength.ATTESTED, EvidenceSource.CALLER_ID),),
        )  # fmt: skip

    def shares(self, who: Who, phone: str, name: str | None = None) -> None:
        given = (_phone(phone, Strength.ATTESTED, EvidenceSource.ZALO_SHARED_INFO),)
        self._tell(ProfileReceived, who, profile=Profile(display_name=name) if name else None, evidence=given)

    def says(self, who: Who, text: str, *, name: str | None = None, evidence: tuple[Evidence, ...] = ()) -> None:
        profile = Profile(display_name=name) if name else None
        self._tell(
            MessageReceived,
            who,
            provider_message_id=f"m{next(self._ids)}",
            text=text,
            profile=profile,
            evidence=evidence,
        )

    def claims(self, who: Who, value: str) -> None:
        """Types it, in one of many ways; on web chat maybe into the form; maybe first wrongly, then edited; now and
        then the provider tells it twice."""
        way = self.rng.random()
        if who[0] == "web" and way < 0.3:
            form = Evidence(
                kind=_kind(value), value=value, strength=Strength.CLAIMED, source=EvidenceSource.PRECHAT_FORM
            )
            self.says(who, "Xin chào", evidence=(form,))
        elif way < 0.4:
            self._tell(MessageEdited, who, provider_message_id="m0", text=self._typed(value))
        else:
            self.says(who, self._typed(value))
        if way > 0.9:
            self.scenario.acts.append(self.scenario.acts[-1])

    def _typed(self, value: str) -> str:
        if _kind(value) is EvidenceKind.EMAIL:
            return f"mail em {value}"
        digits = "0" + value[3:]
        form = self.rng.choice(
            (digits, value, f"{digits[:4]} {digits[4:7]} {digits[7:]}", f"{digits[:4]}.{digits[4:]}")
        )
        return self.rng.choice(SAID).format(form)

    def _tell(self, kind: type[TouchpointEvent], who: Who, **given: Any) -> None:
        account, person = who
        event = kind(
            channel=ACCOUNTS[account], account_id=ChannelAccountId(account), identity=person,
            dedupe_key=f"k{next(self._ids)}", occurred_at=BEGAN, **given,
        )  # fmt: skip
        self.scenario.acts.append(lambda crowd: crowd.hears(event))

    def shuffled(self, since: int) -> None:
        """What was written since then comes in any order."""
        tail = self.scenario.acts[since:]
        self.rng.shuffle(tail)
        self.scenario.acts[since:] = tail


def _kind(value: str) -> EvidenceKind:
    return EvidenceKind.EMAIL if "@" in value else EvidenceKind.PHONE


def _phone(value: str, strength: Strength, source: EvidenceSource) -> Evidence:
    return Evidence(kind=EvidenceKind.PHONE, value=value, strength=strength, source=source)


# --- the attacks -----------------------------------------------------------------------------------------------------


def anonymous(rng: Random) -> Scenario:
    """[A1, A2, A5] Visitors type somebody's number or mailbox, before or after that person was known."""
    s = Script("anonymous claim", rng)
    value = s.phone() if rng.random() < 0.7 else f"khach{rng.randrange(10**6)}@example.com"
    visitors = [s.person(f"visitor{i}", "web", liar=True) for i in range(rng.randint(1, 6))]
    if _kind(value) is EvidenceKind.PHONE:
        s.owner("victim", value)
    else:
        s.claims(s.person("victim", "fb-main"), value)
    for visitor in visitors:
        s.claims(visitor, value)
    s.shuffled(0)
    return s.scenario


def forged_user(rng: Random) -> Scenario:
    """[A1] Visitors claim the shop's customer id of somebody whom its server signed for."""
    s = Script("signed user forged", rng)
    user = f"kh-{rng.randrange(10**6)}"
    signed = Evidence(
        kind=EvidenceKind.SIGNED_USER, value=user, strength=Strength.ATTESTED, source=EvidenceSource.SIGNED_VISITOR
    )
    typed = Evidence(
        kind=EvidenceKind.SIGNED_USER, value=user, strength=Strength.CLAIMED, source=EvidenceSource.PRECHAT_FORM
    )
    s.says(s.person("victim", "web"), "Xin chào", evidence=(signed,))
    for i in range(rng.randint(1, 4)):
        s.says(s.person(f"forger{i}", "web", liar=True), f"em là {user}", evidence=(typed,))
    s.shuffled(0)
    return s.scenario


def typed_on_lasting_account(rng: Random) -> Scenario:
    """[A1] The one risk that the policy accepts: one number of somebody else, on an account that lasts."""
    s = Script("one number of another typed on a lasting account", rng, tolerated=True)
    phone = s.phone()
    s.owner("victim", phone)
    s.claims(s.person("attacker", rng.choice(LASTING), liar=True), phone)
    s.shuffled(0)
    return s.scenario


def own_number_proved(rng: Random) -> Scenario:
    """[A1] The attacker's own number is proved, then somebody else's is typed."""
    s = Script("another number typed beside one's own", rng)
    s.owner("victim", phone := s.phone())
    attacker = s.person("attacker", "zalo-main", liar=True)
    s.shares(attacker, s.phone())
    s.claims(attacker, phone)
    return s.scenario


def other_name(rng: Random) -> Scenario:
    """[A9] Very different names on one number."""
    s = Script("very different names", rng)
    one, other = rng.sample(NAMES, 2)
    phone = s.phone()
    attacker = s.person("attacker", rng.choice(LASTING), liar=True)
    s.says(attacker, "Xin chào", name=other)
    since = len(s.scenario.acts)
    s.shares(s.person("victim", "zalo-main"), phone, one)
    s.claims(attacker, phone)
    if rng.random() < 0.5:
        s.claims(s.person("visitor", "web", liar=True), phone)
    s.shuffled(since)
    return s.scenario


def family(rng: Random) -> Scenario:
    """[A9] Several proved one number; each has a name; others claim it, too."""
    s = Script("family phone", rng)
    phone = s.phone()
    for name in rng.sample(NAMES, rng.randint(2, 4)):
        s.shares(s.person(name, "zalo-main"), phone, name)
    for i in range(rng.randint(1, 3)):
        s.claims(s.person(f"attacker{i}", rng.choice(("fb-main", "fb-second", "web")), liar=True), phone)
    return s.scenario


def recycled(rng: Random) -> Scenario:
    """[A8] The number has a new owner, who writes after a long silence."""
    s = Script("recycled number", rng)
    phone = s.phone()
    s.calls(s.person("old owner", "hotline", who=phone))
    s.waits(rng.uniform(91, 700))
    new_owner = s.person("new owner", rng.choice(LASTING))
    if new_owner[0] == "zalo-main" and rng.random() < 0.5:
        s.shares(new_owner, phone)
    else:
        s.claims(new_owner, phone)
    return s.scenario


def bombing(rng: Random) -> Scenario:
    """[A10] One account posts very many people's numbers: it passes for one of them at most, and joins no two."""
    s = Script("one posts many numbers", rng, tolerated=True)
    phones = [s.phone() for _ in range(rng.randint(4, 16))]
    for i, phone in enumerate(phones):
        s.owner(f"victim{i}", phone)
    attacker = s.person("attacker", rng.choice((*LASTING, "web")), liar=True)
    since = len(s.scenario.acts)
    for phone in phones:
        s.claims(attacker, phone)
    s.shuffled(since if rng.random() < 0.5 else 0)
    return s.scenario


def swarm(rng: Random) -> Scenario:
    """[A10] Many accounts post one person's number."""
    s = Script("many post one number", rng, tolerated=True)
    phone = s.phone()
    s.owner("victim", phone)
    for i in range(rng.randint(6, 25)):
        s.claims(s.person(f"attacker{i}", rng.choice((*LASTING, "web")), liar=True), phone)
    s.shuffled(0)
    return s.scenario


def chain(rng: Random) -> Scenario:
    """[A11] Claims that lead from one to the next: P - Q - R, over several accounts, in any order."""
    s = Script("chain of claims", rng, tolerated=True)
    phones = [s.phone() for _ in range(rng.randint(2, 5))]
    for i, phone in enumerate(phones):
        s.owner(f"victim{i}", phone)
    for i, pair in enumerate(pairwise(phones)):
        attacker = s.person(f"attacker{i}", rng.choice(LASTING), liar=True)
        for phone in pair:
            s.claims(attacker, phone)
    s.shuffled(0)
    return s.scenario


def claims_only(rng: Random) -> Scenario:
    """[A11] Nobody ever proved the number: its owner typed it once, and so do others, none on the owner's account."""
    s = Script("claims of claims", rng, tolerated=True)
    phones = [s.phone() for _ in range(rng.randint(1, 3))]
    for i, phone in enumerate(phones):
        s.claims(s.person(f"victim{i}", rng.choice(LASTING)), phone)
    for i in range(rng.randint(1, 5)):
        attacker = s.person(f"attacker{i}", rng.choice((*LASTING, "web")), liar=True)
        for phone in rng.sample(phones, rng.randint(1, len(phones))):
            s.claims(attacker, phone)
    return s.scenario


def nobodys_number(rng: Random) -> Scenario:
    """[A12] Everybody mentions the shop's own number, an emergency number, a placeholder or a masked one."""
    s = Script("nobody's number", rng)
    numbers = ("1900 1234", "1800 6601", "0900000000", "113", "115", "0912***678", "09123456**", "0123456789")
    number = rng.choice(numbers)
    for i in range(rng.randint(2, 6)):
        s.says(s.person(f"customer{i}", rng.choice((*LASTING, "web"))), f"em gọi {number} không được")
    masked = _phone(s.phone(), Strength.MASKED, EvidenceSource.ORDER_RECIPIENT)
    for i in range(2):
        s.says(s.person(f"buyer{i}", rng.choice(LASTING)), "đơn của em đâu", evidence=(masked,))
    s.shuffled(0)
    return s.scenario


def same_id_elsewhere(rng: Random) -> Scenario:
    """[A17] One id on two pages is two people."""
    s = Script("one id on two pages", rng)
    number = f"{rng.randrange(10**12)}"
    for account in ("fb-main", "fb-second", "zalo-main", "web"):
        s.says(s.person(f"of {account}", account, who=number), "Shop ơi")
    s.shuffled(0)
    return s.scenario


def told_apart(rng: Random) -> Scenario:
    """An agent said that these are two people; the attacker claims again and again."""
    s = Script("kept apart by an agent", rng)
    phone = s.phone()
    victim = s.owner("victim", phone)
    attacker = s.person("attacker", rng.choice(LASTING), liar=True)
    s.says(attacker, "Xin chào")
    s.refused(victim, attacker)
    since = len(s.scenario.acts)
    for _ in range(rng.randint(1, 4)):
        s.claims(attacker, phone)
    s.calls(s.person("victim", "hotline", who=phone))
    s.shuffled(since)
    return s.scenario


def spoofed_caller(rng: Random) -> Scenario:
    """[A7] A call with somebody's number, then the attacker's messages: not even so two others become one."""
    s = Script("spoofed caller id", rng, tolerated=True)
    one, other = s.phone(), s.phone()
    s.shares(s.person("victim0", "zalo-main"), one)
    s.shares(s.person("victim1", "zalo-main"), other)
    for phone in (one, other):  # whoever calls: the number says victim, and nobody can know better
        s.calls(s.person("victim0" if phone == one else "victim1", "hotline", who=phone))
    attacker = s.person("attacker", rng.choice(("fb-main", "fb-second", "web")), liar=True)
    for phone in rng.sample((one, other), 2):
        s.claims(attacker, phone)
    s.shuffled(0)
    return s.scenario


ATTACKS: Final[tuple[Callable[[Random], Scenario], ...]] = (
    anonymous, forged_user, typed_on_lasting_account, own_number_proved, other_name, family, recycled, bombing, swarm,
    chain, claims_only, nobodys_number, same_id_elsewhere, told_apart, spoofed_caller,
)  # fmt: skip


def scenarios(seed: int, numbers: range) -> Iterator[tuple[int, Scenario]]:
    """Each number of a seed is one scenario, always the same."""
    for number in numbers:
        rng = Random(f"{seed}/{number}")
        yield number, rng.choice(ATTACKS)(rng)
