"""Widget -> hub events. Pure.

The dedupe key of a message is the visitor and the visitor's own id of it: a repeat is harmless for ever. What a
visitor types about themselves is a claim; only what the shop's server signed is attested.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.payload import digest
from connectors.webchat.settings import WebchatSettings
from connectors.webchat.tokens import SignedUser, Visitor
from connectors.webchat.wire import TEXT_MAX_CHARS, MessageIn, ProfileIn
from hub.errors import BadInput
from hub.events import (
    Attachment,
    Channel,
    Consent,
    DeliveryState,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    MessageReceived,
    Profile,
    ProfileReceived,
    ReceiptReceived,
    Strength,
)
from hub.ids import TouchpointId
from hub.phones import normalize_phone

PAGE_URL_CHARS_MAX = 2000
_SECRET_NAME = re.compile(r"(?i)token|secret|password|passwd|signature|session|^(code|key|sig|auth|otp|pin|jwt|sid)$")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes, and when it reached us."""

    visitor: Visitor
    at: datetime
    locale: str | None = None


def to_message(said: MessageIn, origin: Origin, attachments: Sequence[Attachment]) -> MessageReceived:
    """Raises BadInput for a message that is empty or too long."""
    text = clean_text(said.text or "")
    if not text and not attachments:
        raise BadInput("message_empty", "A message has a text or an attachment.", where="text")
    if len(text) > TEXT_MAX_CHARS:
        raise BadInput("message_too_long", f"A message has at most {TEXT_MAX_CHARS} characters.", where="text")
    key = message_key(origin.visitor, said.client_id)
    visitor = origin.visitor
    return MessageReceived(
        channel=Channel.WEBCHAT,
        account_id=visitor.account_id,
        identity=visitor.id,
        dedupe_key=key,
        provider_message_id=key,
        occurred_at=origin.at,
        client_id=said.client_id,
        text=text or None,
        attachments=tuple(attachments),
        profile=_profile(visitor.user, origin.locale, said.page_url),
        evidence=signed_evidence(visitor.user),
    )


def to_profile(form: ProfileIn, origin: Origin, settings: WebchatSettings) -> ProfileReceived:
    """Raises BadInput when something required is missing, is no telephone number, or was not consented to."""
    name, phone = clean_line(form.name or ""), (form.phone or "").strip()
    _check_form(name, phone, form.consent_version, settings)
    page_url = clean_url(form.page_url)
    visitor = origin.visitor
    claims = (_phone(phone, Strength.CLAIMED, EvidenceSource.PRECHAT_FORM),) if phone else ()
    return ProfileReceived(
        channel=Channel.WEBCHAT,
        account_id=visitor.account_id,
        identity=visitor.id,
        dedupe_key=f"form:{message_key(visitor, form.client_id)}",
        occurred_at=origin.at,
        profile=Profile(display_name=name or None, locale=origin.locale, page_url=page_url),
        evidence=claims + signed_evidence(visitor.user),
        consent=Consent(text_version=settings.consent_version, given_at=origin.at, page_url=page_url),
    )


def to_signed_profile(origin: Origin, page_url: str) -> ProfileReceived:
    """A visitor whom we know already turns out to be the shop's logged-in customer."""
    visitor, user = origin.visitor, origin.visitor.user
    if user is None:
        raise ValueError("only a signed user can be attested")
    return ProfileReceived(
        channel=Channel.WEBCHAT,
        account_id=visitor.account_id,
        identity=visitor.id,
        dedupe_key=f"user:{visitor.id}:{digest(user.model_dump_json())}",
        occurred_at=origin.at,
        profile=_profile(user, origin.locale, page_url),
        evidence=signed_evidence(user),
    )


def to_receipt(
    origin: Origin,
    state: Literal[DeliveryState.DELIVERED, DeliveryState.READ],
    seq: int,
    replies: Sequence[TouchpointId],
) -> ReceiptReceived:
    """`replies` are those up to `seq` that have not been told to have come so far."""
    visitor = origin.visitor
    return ReceiptReceived(
        channel=Channel.WEBCHAT,
        account_id=visitor.account_id,
        identity=visitor.id,
        dedupe_key=f"{state.value}:{visitor.id}:{seq}",
        occurred_at=origin.at,
        state=state,
        provider_message_ids=tuple(str(reply) for reply in replies),
    )


def message_key(visitor: Visitor, client_id: str) -> str:
    """Unique over the account: a visitor cannot take another one's place in it."""
    return f"{visitor.id}:{client_id}"


def signed_evidence(user: SignedUser | None) -> tuple[Evidence, ...]:
    """What the shop's own server vouches for."""
    if user is None:
        return ()
    source, attested = EvidenceSource.SIGNED_VISITOR, Strength.ATTESTED
    found = [Evidence(kind=EvidenceKind.SIGNED_USER, value=user.sub, strength=attested, source=source)]
    if user.phone and normalize_phone(user.phone):
        found.append(_phone(user.phone, attested, source))
    if user.email and "@" in user.email:
        found.append(Evidence(kind=EvidenceKind.EMAIL, value=user.email, strength=attested, source=source))
    return tuple(found)


def clean_text(text: str) -> str:
    """NFC, plain line ends, nothing that a reader cannot see or that turns the reading order around."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("", unicodedata.normalize("NFC", text)).strip()


def clean_line(text: str) -> str:
    return " ".join(clean_text(text).split())[:200]


def clean_url(url: str) -> str | None:
    """An http(s) address without fragment and credentials, secrets in its query masked; None for anything else."""
    try:
        parts = urlsplit(_UNSEEN.sub("", url).strip())
        host = parts.hostname
        port = f":{parts.port}" if parts.port else ""
        query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    shown = urlencode([(name, "***" if _SECRET_NAME.search(name) else value) for name, value in query], safe="*/:")
    return urlunsplit((parts.scheme, host + port, parts.path, shown, ""))[:PAGE_URL_CHARS_MAX]


def _check_form(name: str, phone: str, consent_version: str | None, settings: WebchatSettings) -> None:
    if settings.prechat == "off":
        raise BadInput("form_off", "This widget asks for nothing before the chat.")
    if settings.prechat == "required" and not name:
        raise BadInput("name_missing", "A name is required.", where="name")
    if phone and settings.prechat_phone == "off":
        raise BadInput("phone_off", "This widget does not ask for a telephone number.", where="phone")
    if settings.prechat == "required" and settings.prechat_phone == "required" and not phone:
        raise BadInput("phone_missing", "A telephone number is required.", where="phone")
    if phone and normalize_phone(phone) is None:
        raise BadInput("phone_invalid", "This is no telephone number.", where="phone")
    if not name and not phone:
        raise BadInput("form_empty", "The form has a name or a telephone number.")
    if consent_version != settings.consent_version:
        raise BadInput("consent_missing", "Personal details are taken with consent to the text shown only.",
                       where="consent_version")  # fmt: skip


def _profile(user: SignedUser | None, locale: str | None, page_url: str) -> Profile:
    name = clean_line(user.name) if user and user.name else None
    return Profile(display_name=name or None, locale=locale, page_url=clean_url(page_url))


def _phone(value: str, strength: Strength, source: EvidenceSource) -> Evidence:
    return Evidence(kind=EvidenceKind.PHONE, value=value, strength=strength, source=source)
