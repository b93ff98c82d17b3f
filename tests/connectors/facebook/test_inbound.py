"""Recorded payloads, one file per kind -> events."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook.inbound import BODY_BYTES_MAX, to_events
from connectors.facebook.reading import Page
from connectors.ingress import OVERSIZED
from hub.clock import SystemClock
from hub.errors import BadInput
from hub.events import (
    AccountAlarmed,
    AttachmentKind,
    Author,
    Channel,
    DeliveryState,
    EvidenceKind,
    EvidenceSource,
    MessageEdited,
    MessageReceived,
    ProfileReceived,
    ReceiptReceived,
    Strength,
    TouchpointEvent,
    UnsupportedReceived,
    encode,
    wrap,
)
from hub.ids import ChannelAccountId
from tests.connectors.facebook.support import PAYLOADS, PSID, only, recorded, with_item

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PAGE = Page(ChannelAccountId("facebook-main"), "104200000000001", "512000000000001", NOW)


def read(name: str) -> Any:
    """The one event of a recorded payload."""
    return only(to_events(recorded(name), PAGE)[0])


def reasons(name: str) -> list[str]:
    events, ignored = to_events(recorded(name), PAGE)
    assert not events
    return ignored


def test_a_text() -> None:
    event = read("text")
    assert isinstance(event, MessageReceived)
    assert (event.channel, event.account_id, event.identity) == (Channel.FACEBOOK, "facebook-main", PSID)
    assert (event.author, event.text) == (Author.CUSTOMER, "Con hang khong shop?")
    assert event.provider_message_id == event.dedupe_key == "m_text1"
    assert event.occurred_at == datetime.fromtimestamp(1790000001, UTC)


def test_a_quick_reply_is_text_and_payload() -> None:
    event = read("quick_reply")
    assert (event.text, event.button_payload, event.evidence) == ("Mau do", "COLOR_RED", ())


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("quick_reply_phone", EvidenceKind.PHONE, "+84900000001"),
        ("quick_reply_email", EvidenceKind.EMAIL, "lan@example.vn"),
    ],
)
def test_a_shared_contact_is_a_claim(name: str, kind: EvidenceKind, value: str) -> None:
    evidence = only(read(name).evidence)
    assert (evidence.kind, evidence.value) == (kind, value)
    assert (evidence.strength, evidence.source) == (Strength.CLAIMED, EvidenceSource.FACEBOOK_SHARED_INFO)


def test_an_answer_names_what_it_answers() -> None:
    assert read("reply_to").reply_to == "m_text0"


def test_an_image_without_text() -> None:
    event = read("image")
    attachment = only(event.attachments)
    assert (event.text, attachment.kind) == (None, AttachmentKind.IMAGE)
    assert attachment.url == "https://scontent.xx.fbcdn.net/v/t1/demo.jpg?oe=AAAA"


def test_text_and_several_attachments_keep_their_order() -> None:
    event = read("several_attachments")
    assert event.text == "xem giup"
    assert [a.kind for a in event.attachments] == [AttachmentKind.FILE, AttachmentKind.AUDIO, AttachmentKind.VIDEO]


@pytest.mark.parametrize("name", ["sticker", "sticker_as_image", "sticker_twice"])
def test_a_sticker_is_shown_once_in_each_of_its_three_forms(name: str) -> None:
    sticker = only(read(name).attachments)
    assert (sticker.kind, sticker.url) == (AttachmentKind.STICKER, "https://scontent.xx.fbcdn.net/v/st.png")


def test_a_location() -> None:
    place = only(read("location").attachments)
    assert (place.kind, place.latitude, place.longitude) == (AttachmentKind.LOCATION, 10.77, 106.70)


def test_a_link_preview_without_payload() -> None:
    link = only(read("fallback").attachments)
    assert (link.kind, link.url, link.title) == (AttachmentKind.LINK, "https://example.vn/ao", "Ao thun")


def test_an_unknown_attachment_is_kept_raw() -> None:
    event = read("unknown_attachment")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.dedupe_key) == ("attachment_hologram", "m_un1")
    assert json.loads(event.raw)["message"]["mid"] == "m_un1"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", 7, None, "x" * 5000])
def test_addresses_that_a_browser_must_not_get_are_dropped(url: object) -> None:
    message = {"mid": "m_x", "text": "hi", "attachments": [{"type": "fallback", "url": url, "title": "t"}]}
    event = only(to_events(with_item("text", message=message), PAGE)[0])
    assert only(event.attachments).url is None


def test_a_postback_is_the_customers_word() -> None:
    event = read("postback")
    assert isinstance(event, MessageReceived)
    assert (event.text, event.button_payload, event.dedupe_key) == ("Gap nhan vien", "TALK_TO_HUMAN", "m_pb1")


def test_a_postback_without_mid_has_a_key_of_person_time_and_payload() -> None:
    first, again = read("postback_without_mid"), read("postback_without_mid")
    assert first.dedupe_key == again.dedupe_key
    body = with_item("postback_without_mid", postback={"title": "Bat dau", "payload": "OTHER"})
    other = only(to_events(body, PAGE)[0])
    assert other.dedupe_key != first.dedupe_key


def test_a_sender_of_the_chat_plugin_can_be_answered_by_reference() -> None:
    assert read("postback_user_ref").identity == "ref:plugin-ref-1"


def test_a_reaction_is_kept_as_unsupported() -> None:
    event = read("reaction")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.dedupe_key) == ("reaction", f"reaction:m_text1:{PSID}:react:1790000008000")


def test_an_edit_names_message_and_number() -> None:
    event = read("edit")
    assert isinstance(event, MessageEdited)
    assert (event.provider_message_id, event.text) == ("m_text1", "Con hang size M khong shop?")
    assert event.dedupe_key == "edit:m_text1:1"


def test_a_delivery_has_ids_and_a_watermark() -> None:
    event = read("delivery")
    assert isinstance(event, ReceiptReceived)
    assert (event.state, event.provider_message_ids) == (DeliveryState.DELIVERED, ("m_out1",))
    assert event.watermark == event.occurred_at == datetime.fromtimestamp(1790000010, UTC)
    assert event.dedupe_key == f"delivered:104200000000001:{PSID}:1790000010000"


def test_a_read_receipt_has_a_watermark() -> None:
    event = read("read")
    assert (event.state, event.provider_message_ids) == (DeliveryState.READ, ())
    assert event.watermark == datetime(2026, 9, 21, 14, 13, 30, 900000, tzinfo=UTC)


def test_our_own_echo_names_the_attempt() -> None:
    event = read("echo_ours")
    assert (event.author, event.identity) == (Author.BUSINESS, PSID)
    assert event.attempt_id == UUID("0198c0de-0000-7000-8000-000000000001")


def test_an_echo_of_another_app_is_staff_whatever_its_metadata_says() -> None:
    event = read("echo_staff")
    assert (event.author, event.identity, event.attempt_id) == (Author.BUSINESS, PSID, None)


def test_an_echo_of_a_template_shows_its_title() -> None:
    assert only(read("echo_template").attachments).title == "Ban can gi?"


@pytest.mark.parametrize("metadata", ["hub:", "hub:not-a-uuid", "8f2c", "hub:" + "9" * 5000])
def test_metadata_that_is_not_ours_names_no_attempt(metadata: str) -> None:
    message = {"mid": "m", "is_echo": True, "app_id": 512000000000001, "metadata": metadata, "text": "x"}
    assert only(to_events(with_item("echo_ours", message=message), PAGE)[0]).attempt_id is None


def test_a_message_from_an_advertisement_shows_it() -> None:
    event = read("message_from_ad")
    ad = only(event.attachments)
    assert (event.text, ad.kind, ad.title) == ("Toi muon tu van", AttachmentKind.LINK, "Sale he")


def test_a_policy_enforcement_alarms_the_account() -> None:
    event = read("policy")
    assert isinstance(event, AccountAlarmed)
    assert (event.identity, event.action, event.detail) == ("account", "block", "Policy text")


def test_the_contact_form_gives_a_claimed_number_and_a_name() -> None:
    event = read("customer_information")
    assert isinstance(event, ProfileReceived)
    assert event.profile is not None
    assert event.profile.display_name == "Lan"
    assert (only(event.evidence).value, only(event.evidence).strength) == ("+84900000001", Strength.CLAIMED)


def test_an_unknown_kind_is_kept() -> None:
    event = read("optin")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.identity) == ("optin", PSID)


def test_a_known_kind_in_an_unknown_shape_is_kept() -> None:
    event = read("malformed_message")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.identity) == ("message", PSID)
    assert "m_bad1" in event.raw


def test_what_a_customer_writes_while_another_app_owns_the_thread_is_only_watched() -> None:
    event = read("standby_message")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.dedupe_key) == ("standby_message", "m_sb1")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("referral", "facebook:referral"),
        ("handover", "facebook:handover"),
        ("message_deleted", "facebook:message_deleted"),
        ("standby_echo", "facebook:standby:echo"),
        ("feed_comment_own", "facebook:feed:own"),
        ("feed_comment_removed", "facebook:feed:comment:remove"),
        ("feed_reaction", "facebook:feed:reaction:add"),
    ],
)
def test_what_the_hub_has_no_use_for_is_ignored_with_a_reason(name: str, reason: str) -> None:
    assert reasons(name) == [reason]


def test_a_comment_is_kept_under_an_identity_of_the_feed() -> None:
    event = read("feed_comment")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.identity) == ("comment", f"feed:{PSID}")
    assert event.dedupe_key == "feed:9001_5001:add:1790000019"
    assert event.occurred_at == datetime.fromtimestamp(1790000019, UTC)
    assert event.raw == "Gia bao nhieu a?", "what was written, for everybody to read"
    assert event.profile is not None
    assert event.profile.display_name == "Lan Nguyen"


def test_two_edits_of_a_comment_in_one_second_are_two_events() -> None:
    first = only(to_events(recorded("feed_comment_edited"), PAGE)[0])
    second = only(to_events(recorded("feed_comment_edited").replace(b"Gia si", b"Gia le"), PAGE)[0])
    assert first.kind == "comment_edited"
    assert first.dedupe_key != second.dedupe_key


def test_a_comment_whose_author_is_hidden_stands_for_itself() -> None:
    assert read("feed_comment_hidden_author").identity == "feed:comment:9001_5003"


def test_a_visitors_post_is_kept() -> None:
    assert read("feed_post").kind == "post"


def test_a_comment_without_words_is_kept_as_it_came() -> None:
    event = only(to_events(recorded("feed_comment").replace(b"Gia bao nhieu a?", b""), PAGE)[0])
    assert event.kind == "feed_comment"
    assert json.loads(event.raw)["value"]["comment_id"] == "9001_5001"


def test_entries_of_another_page_are_counted_and_never_stored() -> None:
    events, ignored = to_events(recorded("batch_of_two_pages"), PAGE)
    assert [e.dedupe_key for e in events] == ["m_text1", "m_img1"]
    assert ignored == ["facebook:other_page"]


@pytest.mark.parametrize("stamp", [None, "soon", -5, 0, 10**30, 99999999999999999, True, 1.5])
def test_a_time_that_cannot_be_costs_nothing_but_the_time(stamp: object) -> None:
    event = only(to_events(with_item("text", timestamp=stamp), PAGE)[0])
    assert event.text == "Con hang khong shop?"
    assert event.occurred_at.tzinfo is UTC


def test_a_time_in_seconds_is_understood() -> None:
    event = only(to_events(with_item("text", timestamp=1790000001), PAGE)[0])
    assert event.occurred_at == datetime.fromtimestamp(1790000001, UTC)


def test_half_a_surrogate_pair_and_a_nul_do_not_cost_the_message() -> None:
    body = recorded("text").replace(b"Con hang", b"a\\ud83d b\\u0000 c\\ud83d\\ude00 d\\\\ud83d \\udc00")
    event = only(to_events(body, PAGE)[0])
    assert event.text == "a� b� c😀 d\\ud83d � khong shop?"
    assert encode(wrap(event, SystemClock()))


def test_ids_given_as_numbers_lose_no_digit() -> None:
    body = with_item("text", sender={"id": 7300000000000000001234567})
    assert only(to_events(body, PAGE)[0]).identity == "7300000000000000001234567"


def test_an_id_given_as_a_float_is_not_believed() -> None:
    events, ignored = to_events(with_item("text", sender={"id": 7.3e15}), PAGE)
    assert (events, ignored) == ([], ["facebook:item_unreadable"])


def test_an_overlong_message_id_still_tells_repeats() -> None:
    message = {"mid": "m_" + "x" * 600, "text": "hi"}
    event = only(to_events(with_item("text", message=message), PAGE)[0])
    assert isinstance(event, UnsupportedReceived)
    assert event.dedupe_key == only(to_events(with_item("text", message=message), PAGE)[0]).dedupe_key


@pytest.mark.parametrize(
    "message", [{"text": "x" * 100_001}, {"text": "x", "attachments": [{"type": "image", "payload": None}] * 101}]
)
def test_a_message_too_large_for_one_event_is_left_to_the_blob_store(message: dict[str, Any]) -> None:
    event = only(to_events(with_item("text", message={"mid": "m_long", **message}), PAGE)[0])
    assert (event.kind, event.dedupe_key) == (OVERSIZED, "m_long")


def test_an_unknown_kind_too_large_for_one_event_is_left_to_the_blob_store() -> None:
    event = only(to_events(with_item("optin", optin={"token": "x" * 200_000}), PAGE)[0])
    assert (event.kind, len(event.raw)) == (OVERSIZED, 100_000)


def test_the_longest_text_is_kept_whole() -> None:
    event = only(to_events(with_item("text", message={"mid": "m_long", "text": "ế" * 100_000}), PAGE)[0])
    assert event.text == "ế" * 100_000


def test_a_thousand_changes_in_one_body_are_a_thousand_events() -> None:
    payload = json.loads(recorded("feed_comment"))
    change = payload["entry"][0]["changes"][0]
    payload["entry"][0]["changes"] = [
        {"field": "feed", "value": {**change["value"], "comment_id": f"c_{n}"}} for n in range(1000)
    ]
    events, _ = to_events(json.dumps(payload).encode(), PAGE)
    assert len({e.dedupe_key for e in events}) == 1000


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (7, "facebook:entry_unreadable"),
        ({"id": None}, "facebook:entry_unreadable"),
        ({"id": PAGE.page_id, "messaging": [7]}, "facebook:item_unreadable"),
        ({"id": PAGE.page_id, "changes": [{"field": "feed", "value": 7}]}, "facebook:feed:unreadable"),
        ({"id": PAGE.page_id, "changes": [{"field": "leadgen", "value": {}}]}, "facebook:field:leadgen"),
        ({"id": PAGE.page_id, "messaging": [{"read": {"watermark": 1}}]}, "facebook:no_customer:read"),
    ],
)
def test_an_odd_entry_does_not_cost_its_neighbours(entry: object, reason: str) -> None:
    good = json.loads(recorded("text"))["entry"][0]
    events, ignored = to_events(json.dumps({"object": "page", "entry": [entry, good]}).encode(), PAGE)
    assert ([event.dedupe_key for event in events], ignored) == (["m_text1"], [reason])


def test_an_object_that_is_no_page_is_ignored() -> None:
    assert to_events(b'{"object":"instagram","entry":[]}', PAGE) == ([], ["facebook:object:instagram"])


@pytest.mark.parametrize("body", [b"{}", b'{"object":"page"}', b'{"object":"page","entry":{}}', b'{"entry":[]}'])
def test_what_is_no_webhook_is_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput):
        to_events(body, PAGE)


def test_a_body_above_the_limit_is_bad_input() -> None:
    with pytest.raises(BadInput):
        to_events(b" " * (BODY_BYTES_MAX + 1), PAGE)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_every_recorded_payload_reads_the_same_twice_and_can_be_published(path: Path) -> None:
    first, again = to_events(path.read_bytes(), PAGE), to_events(path.read_bytes(), PAGE)
    assert first == again
    assert first[0] or first[1]
    for event in first[0]:
        assert encode(wrap(event, SystemClock()))


def test_no_two_recorded_events_share_a_key() -> None:
    single = [path for path in PAYLOADS if path.stem != "batch_of_two_pages"]  # repeats two of them on purpose
    keys = [event.dedupe_key for path in single for event in to_events(path.read_bytes(), PAGE)[0]]
    assert len(keys) == len(set(keys))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from([
    "message", "postback", "reaction", "message_edit", "delivery", "read", "referral", "policy_enforcement",
    "messaging_customer_information", "timestamp", "sender", "recipient", "optin",
])  # fmt: skip


def _parse(payload: object) -> list[TouchpointEvent]:
    return to_events(json.dumps(payload).encode(), PAGE)[0]


@given(JSON)
def test_any_json_is_ignored_or_called_bad(payload: object) -> None:
    with suppress(BadInput):
        assert _parse(payload) == []


@given(st.dictionaries(FIELDS, JSON), st.sampled_from(["messaging", "standby", "changes"]))
def test_any_item_is_read_or_ignored(item: dict[str, Any], kind: str) -> None:
    body = {"sender": {"id": PSID}, "recipient": {"id": PAGE.page_id}, **item}
    for event in _parse({"object": "page", "entry": [{"id": PAGE.page_id, kind: [body, item, 7]}]}):
        assert encode(wrap(event, SystemClock()))


@given(st.dictionaries(st.sampled_from(["mid", "text", "attachments", "is_echo", "app_id", "metadata", "reply_to",
                                        "quick_reply", "referral"]), JSON))  # fmt: skip
def test_any_message_of_a_known_sender_is_kept(message: dict[str, Any]) -> None:
    events, ignored = to_events(with_item("text", message={"mid": "m_any", **message}), PAGE)
    assert len(events) + len(ignored) == 1
    assert not events or encode(wrap(events[0], SystemClock()))


@given(st.binary(max_size=200))
def test_any_bytes_are_bad_input_or_ignored(body: bytes) -> None:
    with suppress(BadInput):
        assert to_events(body, PAGE)[0] == []
