"""Ways to answer a customer: one per channel identity, each with the reason why it would fail now. Pure.

The same rules say what the screen greys out and what a reply is checked against.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agent_console.ports import ChannelAbilities
from agent_console.views import ReplyOption
from hub.events import AttachmentKind, Channel, Explanation
from storage.accounts import ChannelAccount
from storage.identities import Identity

# Explanation codes of this file, with their parameters; the console has a sentence for each.
CODES = {
    "reply.channel_cannot_send": "",
    "reply.account_inactive": "account",
    "reply.window_over": "hours",
}


def options(
    identities: Sequence[Identity],
    accounts: Mapping[str, ChannelAccount],
    abilities: Mapping[Channel, ChannelAbilities],
    now: datetime,
) -> tuple[ReplyOption, ...]:
    """The one the customer wrote on last comes first, then the more recently used."""
    known = [identity for identity in identities if identity.account_id in accounts and identity.channel in abilities]
    ordered = sorted(known, key=lambda i: (i.last_inbound_at is None, -_seconds(i.last_inbound_at), i.id))
    made = [_option(i, accounts[i.account_id], abilities[i.channel], now) for i in ordered]
    preferred = next((i for i, one in enumerate(made) if one.refused is None), None)
    return tuple(one.model_copy(update={"preferred": i == preferred}) for i, one in enumerate(made))


def refusal(
    identity: Identity, account: ChannelAccount, abilities: ChannelAbilities, now: datetime
) -> Explanation | None:
    """Why a reply on this identity would fail now; None when nothing is known against it."""
    if not abilities.can_send:
        return Explanation(code="reply.channel_cannot_send")
    if not account.active:
        return Explanation(code="reply.account_inactive", params={"account": account.display_name})
    ends_at = window_end(identity, abilities)
    if abilities.reply_window is not None and (ends_at is None or ends_at <= now):
        return Explanation(code="reply.window_over", params={"hours": abilities.reply_window.total_seconds() / 3600})
    return None


def window_end(identity: Identity, abilities: ChannelAbilities) -> datetime | None:
    """None: there is no window, or it never opened."""
    if abilities.reply_window is None or identity.last_inbound_at is None:
        return None
    return identity.last_inbound_at + abilities.reply_window


def kind_of(mime: str) -> AttachmentKind:
    """How a channel takes a file of this type."""
    family = mime.partition("/")[0]
    kinds = {"image": AttachmentKind.IMAGE, "audio": AttachmentKind.AUDIO, "video": AttachmentKind.VIDEO}
    return AttachmentKind.FILE if mime.startswith("image/svg") else kinds.get(family, AttachmentKind.FILE)


def _option(identity: Identity, account: ChannelAccount, abilities: ChannelAbilities, now: datetime) -> ReplyOption:
    return ReplyOption(
        identity_id=identity.id,
        channel=identity.channel,
        account_id=identity.account_id,
        account_name=account.display_name,
        display_name=identity.display_name,
        preferred=False,
        text_chars_max=abilities.text_chars_max,
        attachments=dict(abilities.attachments),
        window_ends_at=window_end(identity, abilities),
        refused=refusal(identity, account, abilities, now),
    )


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
