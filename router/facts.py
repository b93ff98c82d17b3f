"""What rules look at: one frozen value per conversation, read for many conversations in a few statements."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from hub.events import CallState, Channel
from hub.events.inbound import PUBLIC_KINDS
from hub.folding import fold
from hub.ids import CustomerId, IdentityId
from storage import identities as identity_store
from storage import records as record_store
from storage import routing_facts
from storage.conversations import Conversation
from storage.engine import Connection
from storage.identities import Identity
from storage.records import Whole
from storage.routing_facts import Words

Kind = Literal["message", "comment", "call", "missed_call"]
WORDS_MAX_CHARS = 4000
HOME_LANGUAGE: Final = "vi"
# Attributes that tell a customer's language, the first that is set, as "en", "en-US", "English" or "tiếng Anh".
LANGUAGE_ATTRIBUTES: Final = ("language", "lang", "ngon_ngu", "ngon-ngu")
_LANGUAGES: Final = {
    "tieng viet": "vi", "viet": "vi", "vietnamese": "vi",
    "tieng anh": "en", "anh": "en", "english": "en",
    "tieng trung": "zh", "trung": "zh", "chinese": "zh",
    "tieng han": "ko", "han": "ko", "korean": "ko",
    "tieng nhat": "ja", "nhat": "ja", "japanese": "ja",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """`tags`: of conversation and customer, as `plain`. `attributes`: key -> value as `plain` text. `words`: the
    customer's newest, as `fold_words`. `known_customer`: was here before this conversation, or stands in the shop's
    books."""

    channel: Channel
    account: str
    kind: Kind = "message"
    tags: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=dict)
    language: str = HOME_LANGUAGE
    lifecycle: str | None = None
    words: str = ""
    known_customer: bool = False


def plain(value: object) -> str:
    """Compared without regard to case and blanks around it. 5.0 is "5", as people write it."""
    text = f"{value:g}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
    return text.strip().casefold()


def fold_words(text: str) -> str:
    """Words without marks and case, one blank between them: "Bảo-hành!" -> "bao hanh"."""
    return " ".join("".join(char if char.isalnum() else " " for char in fold(text)).split())


async def facts_of(connection: Connection, conversations: Iterable[Conversation]) -> list[Facts]:
    """One for each, in order. Four statements, however many they are."""
    asked = list(conversations)
    if not asked:
        return []
    customers = sorted({conversation.customer_id for conversation in asked})
    identities: dict[CustomerId, list[Identity]] = {customer_id: [] for customer_id in customers}
    for identity in await identity_store.by_customers(connection, customers):
        identities[identity.customer_id].append(identity)
    everybody = [identity for those in identities.values() for identity in those]
    sheets = await record_store.sheets(connection, [identity.home_customer_id for identity in everybody])
    words = await routing_facts.newest_words(connection, customers)
    since = await routing_facts.here_since(connection, [identity.id for identity in everybody])
    found = []
    for conversation in asked:
        those = identities[conversation.customer_id]
        whole = record_store.union(sheets[i.home_customer_id] for i in those if i.home_customer_id in sheets)
        first = [since[identity.id] for identity in those if identity.id in since]
        in_books = any(identity.channel is Channel.RECORD for identity in those)
        known = in_books or any(at < conversation.opened_at for at in first)
        found.append(facts(conversation, those, whole, words.get(conversation.customer_id), known_customer=known))
    return found


def facts(
    conversation: Conversation,
    identities: Sequence[Identity],
    whole: Whole,
    words: Words | None,
    *,
    known_customer: bool,
) -> Facts:
    """Pure. Before its customer said a word, a conversation is one of the identity that opened it."""
    attributes = {key: plain(value) for key, value in whole.attributes.items()}
    return Facts(
        channel=Channel(words.channel) if words else conversation.channels[-1],
        account=words.account_id if words else _account_of(conversation.identity_id, identities),
        kind=_kind(words),
        tags=frozenset(plain(tag) for tag in (*conversation.tags, *whole.tags)),
        attributes=attributes,
        language=language_of(attributes, identities),
        lifecycle=conversation.lifecycle,
        words=fold_words((words.text or "")[:WORDS_MAX_CHARS]) if words else "",
        known_customer=known_customer,
    )


def language_of(attributes: Mapping[str, str], identities: Sequence[Identity]) -> str:
    """What the shop wrote down, else the newest locale that a channel tells, else that of the country."""
    told = [attributes[key] for key in LANGUAGE_ATTRIBUTES if key in attributes]
    told += [identity.locale for identity in reversed(identities) if identity.locale]
    return next((code for word in told if (code := _language(word)) is not None), HOME_LANGUAGE)


def _language(word: str) -> str | None:
    """ "en-US" -> "en", "Tiếng Anh" -> "en", "?" -> None."""
    code = re.fullmatch(r"([a-z]{2})([-_].*)?", word.strip().casefold())
    return code[1] if code else _LANGUAGES.get(fold(word))


def _kind(words: Words | None) -> Kind:
    if words is None:
        return "message"
    if words.call is not None:
        return "missed_call" if words.call.state is CallState.MISSED else "call"
    return "comment" if words.unsupported_kind in PUBLIC_KINDS else "message"


def _account_of(identity_id: IdentityId, identities: Sequence[Identity]) -> str:
    return next((identity.account_id for identity in identities if identity.id == identity_id), "")
