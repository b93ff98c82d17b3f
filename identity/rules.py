"""The policy as people edit it and the database keeps it: numbers of days, lists, and everything within its limits.

identity.settings has the same as the resolver uses it; its docstrings say what each setting means.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from hub.events import Channel, EvidenceSource, Strength
from hub.events.common import AccountId, Frozen
from hub.phones import normalize_phone
from identity.settings import Mode, PolicySettings

DAYS_MAX = 3650
NEVER_KEYS_MAX = 1000
ACCOUNTS_MAX = 500

Days = Annotated[int, Field(ge=1, le=DAYS_MAX)]


def _key(raw: str) -> str:
    """As evidence is compared. Raises ValueError for what is neither a number nor a mailbox."""
    text = raw.strip()
    if "@" in text and " " not in text:
        return text.casefold()
    number = normalize_phone(text)
    if number is None:
        raise ValueError("neither a telephone number nor an e-mail address")
    return number


class AccountRule(Frozen):
    """How an account differs. `lasting`: people keep their identities there for years; None: as its channel."""

    account_id: AccountId
    claims: Mode
    lasting: bool | None


class Rules(Frozen):
    """A whole policy. What stands in no list merges, and never grows too old."""

    lasting_channels: tuple[Channel, ...] = Field(max_length=len(Channel))
    shared_phone_max: int = Field(ge=1, le=1000)
    identities_per_value_max: int = Field(ge=2, le=1000)
    recycled_after_days: Days
    claims_per_identity_max: int = Field(ge=1, le=100)
    suggestions_per_value_max: int = Field(ge=0, le=20)
    strengths: dict[Strength, Mode]
    sources: dict[EvidenceSource, Mode]
    expires_after_days: dict[Strength, Days]
    accounts: tuple[AccountRule, ...] = Field(max_length=ACCOUNTS_MAX)
    never_keys: tuple[Annotated[str, Field(min_length=1, max_length=320), AfterValidator(_key)], ...] = Field(
        max_length=NEVER_KEYS_MAX
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if Strength.MASKED in self.strengths or Strength.MASKED in self.expires_after_days:
            raise ValueError("masked values never count, whatever is set for them")
        ids = [rule.account_id for rule in self.accounts]
        if len(set(ids)) != len(ids):
            raise ValueError("a channel account is named twice")
        return self

    def settings(self) -> PolicySettings:
        return PolicySettings(
            lasting_channels=frozenset(self.lasting_channels),
            shared_phone_max=self.shared_phone_max,
            identities_per_value_max=self.identities_per_value_max,
            recycled_after=timedelta(days=self.recycled_after_days),
            claims_per_identity_max=self.claims_per_identity_max,
            suggestions_per_value_max=self.suggestions_per_value_max,
            strengths=self.strengths,
            sources=self.sources,
            claims={rule.account_id: rule.claims for rule in self.accounts if rule.claims != "merge"},
            lasting_accounts={rule.account_id: rule.lasting for rule in self.accounts if rule.lasting is not None},
            expires_after={strength: timedelta(days=days) for strength, days in self.expires_after_days.items()},
            never_keys=frozenset(self.never_keys),
        )

    @classmethod
    def of(cls, settings: PolicySettings) -> "Rules":
        """In a fixed order, so that equal policies are equal values."""
        named = sorted({*settings.claims, *settings.lasting_accounts})
        return cls(
            lasting_channels=tuple(channel for channel in Channel if channel in settings.lasting_channels),
            shared_phone_max=settings.shared_phone_max,
            identities_per_value_max=settings.identities_per_value_max,
            recycled_after_days=settings.recycled_after.days,
            claims_per_identity_max=settings.claims_per_identity_max,
            suggestions_per_value_max=settings.suggestions_per_value_max,
            strengths={s: settings.strengths[s] for s in Strength if settings.strengths.get(s, "merge") != "merge"},
            sources={s: settings.sources[s] for s in EvidenceSource if settings.sources.get(s, "merge") != "merge"},
            expires_after_days={s: settings.expires_after[s].days for s in Strength if s in settings.expires_after},
            accounts=tuple(_account_rule(account_id, settings) for account_id in named),
            never_keys=tuple(sorted(settings.never_keys)),
        )

    def tidy(self) -> "Rules":
        """The same policy in its one form."""
        return Rules.of(self.settings())


def _account_rule(account_id: str, settings: PolicySettings) -> AccountRule:
    return AccountRule.model_validate(
        {
            "account_id": account_id,
            "claims": settings.claims.get(account_id, "merge"),
            "lasting": settings.lasting_accounts.get(account_id),
        }
    )
