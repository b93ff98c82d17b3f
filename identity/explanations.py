"""Why two identities were joined, kept apart or suggested. Every code with its parameters; the console has a sentence
for each in both languages.

| code | parameters | meaning |
| --- | --- | --- |
| merge.same_phone.attested | phone, source_a, source_b | both proved the same number |
| merge.same_phone.claimed | phone, source_a, source_b | one claimed a number that the other holds; to be proved |
| merge.same_email.attested | email, source_a, source_b | as above, of a mailbox |
| merge.same_email.claimed | email, source_a, source_b | |
| merge.same_user.attested | user, source_a, source_b | the shop's server signed the same customer id for both |
| merge.by_agent | reason | an agent said so; reason may be None |
| merge.suggestion_accepted | suggestion (its code), reason | an agent accepted a suggestion |
| merge.by_policy | rule (its code), and its parameters | a changed policy lets that evidence join |
| split.by_agent | reason | an agent said that these are two people |
| split.by_policy | kind, value, because (a code), and its parameters | a changed policy no longer lets it join |
| move.by_agent | reason | an agent said whose channel identity it is |
| undo.by_agent | reason | an agent revoked an entry |
| undo.by_policy | | the change of the policy that made the entry was taken back |
| suggest.anonymous_claim | kind, value | an anonymous visitor typed it; nobody proved anything |
| suggest.several_owners | kind, value, owners | more than one customer has it |
| suggest.different_names | kind, value, name_a, name_b | same number or mailbox, but very different names |
| suggest.shared | kind, value, identities | so many give it that it may be a family's or a shop's |
| suggest.recycled | kind, value, silent_days | not seen for so long that it may have a new owner |
| suggest.claim_chain | kind, value | only claims lead from one to the other |
| suggest.same_account | kind, value | two profiles of one channel account claim it |
| suggest.different_numbers | kind, value | each of them proved a different number |
| suggest.many_numbers | kind, value, claimed | the claimant named many numbers |
| suggest.claims_off | kind, value | claims of this channel account only suggest |
| suggest.held_back | kind, value, strength, source | the shop lets such evidence only suggest |
| suggest.not_counted | kind, value | such evidence no longer counts; only as `because` |

`kind` is phone, email or signed_user. `value` is E.164, a mailbox or the shop's customer id. `source_a` and `source_b`
are values of hub.events.EvidenceSource; `a` is the identity that gave the evidence last.
"""

from typing import Final

from hub.events import EvidenceKind, EvidenceSource, Explanation

_FIELD: Final = {EvidenceKind.PHONE: "phone", EvidenceKind.EMAIL: "email", EvidenceKind.SIGNED_USER: "user"}
REASON_MAX_CHARS: Final = 500

CODES: Final = frozenset(
    {
        "merge.same_phone.attested",
        "merge.same_phone.claimed",
        "merge.same_email.attested",
        "merge.same_email.claimed",
        "merge.same_user.attested",
        "merge.by_agent",
        "merge.suggestion_accepted",
        "merge.by_policy",
        "split.by_agent",
        "split.by_policy",
        "move.by_agent",
        "undo.by_agent",
        "undo.by_policy",
        "suggest.anonymous_claim",
        "suggest.several_owners",
        "suggest.different_names",
        "suggest.shared",
        "suggest.recycled",
        "suggest.claim_chain",
        "suggest.same_account",
        "suggest.different_numbers",
        "suggest.many_numbers",
        "suggest.claims_off",
        "suggest.held_back",
        "suggest.not_counted",
    }
)


def same(
    kind: EvidenceKind, value: str, source_a: EvidenceSource, source_b: EvidenceSource, *, weak: bool
) -> Explanation:
    """Joined because both have `value`; `weak` when one of them only claims it."""
    name = _FIELD[kind]
    return Explanation(
        code=f"merge.same_{name}.{'claimed' if weak else 'attested'}",
        params={name: value, "source_a": source_a.value, "source_b": source_b.value},
    )


def suggest(code: str, kind: EvidenceKind, value: str, **params: str | int) -> Explanation:
    """`code` without its `suggest.`."""
    return Explanation(code=f"suggest.{code}", params={"kind": kind.value, "value": value, **params})


def by_agent(what: str, reason: str | None) -> Explanation:
    """`what`: merge, split, move or undo."""
    return Explanation(code=f"{what}.by_agent", params={"reason": reason[:REASON_MAX_CHARS] if reason else None})


def accepted(suggestion: Explanation, reason: str | None) -> Explanation:
    """With the suggestion's own parameters, so that the ledger says by itself what the agent saw."""
    short = reason[:REASON_MAX_CHARS] if reason else None
    params = {**suggestion.params, "suggestion": suggestion.code, "reason": short}
    return Explanation(code="merge.suggestion_accepted", params=params)


def joined_by_policy(rule: Explanation) -> Explanation:
    """With the rule's own parameters."""
    return Explanation(code="merge.by_policy", params={**rule.params, "rule": rule.code})


def split_by_policy(because: Explanation) -> Explanation:
    """`because`: what the changed policy says of the two now."""
    return Explanation(code="split.by_policy", params={**because.params, "because": because.code})


UNDONE_BY_POLICY: Final = Explanation(code="undo.by_policy")
