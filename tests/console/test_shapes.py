"""From what the stores hold to what the API shows: who joined whom, what stands, which way of answering is open."""

from datetime import timedelta

import pytest

from agent_console.origins import is_own, is_secure
from agent_console.ports import ChannelAbilities
from agent_console.reply_options import CODES, kind_of, options
from agent_console.shapes import in_force, joined_by
from hub.clock import ManualClock
from hub.events import AttachmentKind, Channel, Explanation
from hub.ids import ChannelAccountId, CustomerId, IdentityId, LedgerEntryId, new_id
from storage.accounts import ChannelAccount
from storage.identities import Identity
from storage.ledger import Entry, Link

CLOCK = ManualClock()
A, B, C, D = (IdentityId(new_id()) for _ in range(4))


def entry(kind: str = "merge", target: Entry | None = None) -> Entry:
    why = Explanation(code="merge.by_agent")
    target_id = target.id if target else None
    return Entry(LedgerEntryId(new_id()), kind, A, B, why, CLOCK.now(), target_id=target_id)  # type: ignore[arg-type]


def test_an_undone_undo_lets_the_merge_stand_again() -> None:
    merge = entry()
    undo = entry("undo", merge)
    redo = entry("undo", undo)
    assert in_force([merge]) == {merge.id}
    assert in_force([merge, undo]) == {undo.id}
    assert in_force([merge, undo, redo]) == {merge.id, redo.id}


def test_each_identity_is_joined_by_the_link_that_leads_to_the_first() -> None:
    one, two, three = (LedgerEntryId(new_id()) for _ in range(3))
    links = [Link(one, A, B), Link(two, C, B), Link(three, A, C)]
    assert joined_by([A, B, C], links) == {B: one, C: two}
    assert joined_by([C, B, A], links) == {B: two, A: three}
    assert joined_by([A], links) == {}


def test_links_that_are_undone_or_lead_elsewhere_join_nobody() -> None:
    one, two, three = (LedgerEntryId(new_id()) for _ in range(3))
    links = [Link(one, A, B, revoked=True), Link(two, A, B), Link(three, B, D), Link(three, A, C, cut_by=[one])]
    assert joined_by([A, B, C], links) == {B: two}


def identity(account: str, *, heard_ago_h: float | None) -> Identity:
    home = CustomerId(new_id())
    heard = CLOCK.now() - timedelta(hours=heard_ago_h) if heard_ago_h is not None else None
    return Identity(
        IdentityId(new_id()), account, "x", Channel.FACEBOOK, home, home, CLOCK.now(), last_inbound_at=heard
    )


def account(name: str, *, active: bool = True) -> ChannelAccount:
    return ChannelAccount(ChannelAccountId(name), Channel.FACEBOOK, name.title(), active, None, 1, CLOCK.now())


def test_the_way_the_customer_wrote_last_is_preferred_if_it_is_open() -> None:
    accounts = {name: account(name, active=name != "closed") for name in ("page", "other", "closed")}
    abilities = {Channel.FACEBOOK: ChannelAbilities(can_send=True, reply_window=timedelta(hours=24))}
    late, recent = identity("page", heard_ago_h=30), identity("other", heard_ago_h=2)
    closed, never = identity("closed", heard_ago_h=1), identity("page", heard_ago_h=None)
    shown = options([late, recent, closed, never], accounts, abilities, CLOCK.now())
    assert [one.identity_id for one in shown] == [closed.id, recent.id, late.id, never.id]
    assert [one.preferred for one in shown] == [False, True, False, False]
    refused = [one.refused.code if one.refused else None for one in shown]
    assert refused == ["reply.account_inactive", None, "reply.window_over", "reply.window_over"]
    assert set(filter(None, refused)) <= set(CODES)
    assert shown[1].window_ends_at == CLOCK.now() + timedelta(hours=22)


def test_a_channel_without_a_window_is_always_open() -> None:
    shown = options(
        [identity("page", heard_ago_h=None)],
        {"page": account("page")},
        {Channel.FACEBOOK: ChannelAbilities(can_send=True)},
        CLOCK.now(),
    )
    assert (shown[0].refused, shown[0].window_ends_at, shown[0].preferred) == (None, None, True)


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", AttachmentKind.IMAGE),
        ("image/svg+xml", AttachmentKind.FILE),
        ("audio/mpeg", AttachmentKind.AUDIO),
        ("video/mp4", AttachmentKind.VIDEO),
        ("application/pdf", AttachmentKind.FILE),
        ("", AttachmentKind.FILE),
    ],
)
def test_a_file_goes_out_as_what_it_is(mime: str, kind: AttachmentKind) -> None:
    assert kind_of(mime) is kind


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("https://hub.shop.vn", "hub.shop.vn", True),
        ("https://hub.shop.vn", "internal:8080", True),  # behind a proxy that changes the Host
        ("http://10.0.0.5:8080", "10.0.0.5:8080", True),
        ("https://HUB.shop.vn", "hub.shop.vn", True),
        ("https://hub.shop.vn.evil.example", "hub.shop.vn", False),
        ("https://evil.example", "hub.shop.vn", False),
        ("http://hub.shop.vn:81", "hub.shop.vn", False),
        ("null", "null", False),
        ("file://", "", False),
        ("http://[", "[", False),
        ("https://evil.example", None, False),
    ],
)
def test_only_our_own_page_is_ours(origin: str, host: str | None, own: bool) -> None:
    assert is_own(origin, host, "https://hub.shop.vn") is own


@pytest.mark.parametrize(
    ("host", "public_url", "secure"),
    [
        ("hub.shop.vn", "https://hub.shop.vn", True),
        ("localhost:8080", "http://localhost:8080", True),
        ("127.0.0.1:8080", "http://localhost:8080", True),
        ("[::1]:8080", "http://localhost:8080", True),
        ("192.168.1.5:8080", "http://localhost:8080", False),
        ("localhost.evil.example", "http://localhost:8080", False),
        (None, "http://localhost:8080", False),
    ],
)
def test_a_cookie_is_secure_where_it_comes_back(host: str | None, public_url: str, secure: bool) -> None:
    assert is_secure(host, public_url) is secure
