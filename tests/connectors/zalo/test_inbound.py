"""Recorded payloads, one file per kind -> events."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.zalo.inbound import BODY_BYTES_MAX, Account, to_events
from hub.clock import SystemClock
from hub.errors import BadInput
from hub.events import (
    AttachmentKind,
    Author,
    Channel,
    DeliveryState,
    EvidenceKind,
    EvidenceSource,
    MessageReceived,
    ProfileReceived,
    ReceiptReceived,
    Strength,
    UnsupportedReceived,
    encode,
    wrap,
)
from hub.ids import ChannelAccountId
from tests.connectors.zalo.support import PAYLOADS, USER, changed, only, recorded

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OA = Account(ChannelAccountId("zalo-main"), "4400000000000000001", NOW)


def read(name: str) -> Any:
    """The one event of a recorded payload."""
    return only(to_events(recorded(name), OA)[0])


def test_a_text() -> None:
    event = read("text")
    assert isinstance(event, MessageReceived)
    assert (event.channel, event.account_id, event.identity) == (Channel.ZALO, "zalo-main", USER)
    assert (event.author, event.text, event.provider_message_id) == (Author.CUSTOMER, "Xin chào shop", "zm_t1")
    assert event.dedupe_key == "user_send_text:zm_t1"
    assert event.occurred_at == datetime(2026, 9, 21, 14, 13, 20, 900000, tzinfo=UTC)


def test_a_quote_names_what_it_answers() -> None:
    assert read("text_quoting").reply_to == "zm_t1"


def test_a_tap_on_our_button_is_told_from_typing() -> None:
    event = read("button_tap")
    assert (event.text, event.button_payload) == ("TALK_TO_HUMAN", "TALK_TO_HUMAN")


@pytest.mark.parametrize("text", ["#hub", "#hub:", "so #hub:X", "hub:X"])
def test_what_only_looks_like_a_tap_is_text(text: str) -> None:
    event = only(to_events(changed("text", message={"msg_id": "m", "text": text}), OA)[0])
    assert (event.text, event.button_payload) == (text, None)


@pytest.mark.parametrize(
    ("name", "kind", "url"),
    [
        ("image", AttachmentKind.IMAGE, "https://f1.photo.example.zdn.vn/a.jpg"),
        ("image_as_photo", AttachmentKind.IMAGE, "https://f1.photo.example.zdn.vn/b.jpg"),
        ("gif", AttachmentKind.IMAGE, "https://f1.photo.example.zdn.vn/a.gif"),
        ("file", AttachmentKind.FILE, "https://f2.example.zdn.vn/d.pdf"),
        ("audio", AttachmentKind.AUDIO, "https://f3.example.zdn.vn/v.amr"),
        ("video", AttachmentKind.VIDEO, "https://f4.example.zdn.vn/v.mp4"),
        ("sticker", AttachmentKind.STICKER, "https://stk.example.zdn.vn/31415.png"),
        ("link", AttachmentKind.LINK, "https://example.vn/ao"),
    ],
)
def test_each_attachment_has_its_kind(name: str, kind: AttachmentKind, url: str) -> None:
    attachment = only(read(name).attachments)
    assert (attachment.kind, attachment.url) == (kind, url)


def test_a_caption_stays_and_a_repeated_address_does_not() -> None:
    assert read("image").text == "mau nay"
    assert read("link").text is None


def test_a_file_has_name_and_size() -> None:
    attachment = only(read("file").attachments)
    assert (attachment.name, attachment.size_bytes) == ("don-hang.pdf", 48211)


@pytest.mark.parametrize("name", ["location", "location_numbers"])
def test_coordinates_may_be_text_or_numbers(name: str) -> None:
    place = only(read(name).attachments)
    assert (place.kind, place.latitude, place.longitude) == (AttachmentKind.LOCATION, 10.7769, 106.7009)


@pytest.mark.parametrize("latitude", ["x", "nan", "inf", 1e300, "1e999", 91, None, True, "9" * 400])
def test_coordinates_that_cannot_be_are_left_out(latitude: object) -> None:
    attachment = {"type": "location", "payload": {"coordinates": {"latitude": latitude, "longitude": "106.7"}}}
    event = only(to_events(changed("text", message={"msg_id": "m", "attachments": [attachment]}), OA)[0])
    place = only(event.attachments)
    assert (place.latitude, place.longitude) == (None, 106.7)


def test_a_business_card_is_a_contact_and_a_claim() -> None:
    event = read("business_card")
    card, evidence = only(event.attachments), only(event.evidence)
    assert (card.kind, card.name, card.title) == (AttachmentKind.CONTACT, "Lan Nguyen", "84900000002")
    assert (evidence.kind, evidence.value) == (EvidenceKind.PHONE, "84900000002")
    assert (evidence.strength, evidence.source) == (Strength.CLAIMED, EvidenceSource.CONTACT_CARD)


def test_a_card_that_cannot_be_read_is_still_a_card() -> None:
    event = read("business_card_unreadable")
    assert only(event.attachments).name == "Lan Nguyen"
    assert event.evidence == ()


@pytest.mark.parametrize("name", ["submit_info", "submit_info_phone_number"])
def test_submitted_info_attests_the_phone(name: str) -> None:
    event = read(name)
    assert isinstance(event, ProfileReceived)
    assert event.profile is not None
    assert event.profile.display_name == "Lan Nguyen"
    evidence = only(event.evidence)
    assert (evidence.value, evidence.strength) == ("84900000002", Strength.ATTESTED)
    assert evidence.source == EvidenceSource.ZALO_SHARED_INFO


def test_submitted_info_without_a_phone_is_a_profile() -> None:
    event = only(to_events(changed("submit_info", info={"name": "Lan"}), OA)[0])
    assert (event.profile.display_name, event.evidence) == ("Lan", ())


def test_received_and_seen_are_receipts() -> None:
    event = read("received")
    assert isinstance(event, ReceiptReceived)
    assert (event.identity, event.state, event.provider_message_ids) == (USER, DeliveryState.DELIVERED, ("zm_out1",))
    seen = to_events(recorded("seen"), OA)[0]
    assert [e.dedupe_key for e in seen] == ["user_seen_message:zm_out1", "user_seen_message:zm_out2"]
    assert {e.identity for e in seen} == {USER}


def test_a_receipt_is_read_whatever_side_we_stand_on() -> None:
    event = read("seen_with_customer_as_sender")
    assert (event.identity, event.state, event.provider_message_ids) == (USER, DeliveryState.READ, ("zm_out3",))


def test_an_echo_of_staff_names_them_and_one_of_the_api_does_not() -> None:
    staff, api = read("echo_staff"), read("echo_api")
    assert (staff.author, staff.identity, staff.staff_name) == (Author.BUSINESS, USER, "6600000000000000001")
    assert (api.author, api.identity, api.staff_name, api.attempt_id) == (Author.BUSINESS, USER, None, None)


@pytest.mark.parametrize("name", ["follow", "unfollow", "click_chatnow"])
def test_who_follows_or_opens_the_chat_is_known_from_then_on(name: str) -> None:
    event = read(name)
    assert isinstance(event, ProfileReceived)
    assert (event.identity, event.profile, event.evidence) == (USER, None, ())


def test_an_anonymous_visitor_can_be_answered_by_their_identity() -> None:
    assert read("anonymous_text").identity == "anon:conv-7:9900000000000000001"
    assert read("anonymous_without_conversation").identity == "anon::9900000000000000001"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("reaction", "user_reacted_message"), ("unknown_event", "user_dances"), ("withdraw", "user_withdraw")],
)
def test_what_this_release_does_not_show_is_kept(name: str, kind: str) -> None:
    event = read(name)
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.identity) == (kind, USER)


def test_a_known_kind_in_an_unknown_shape_is_kept() -> None:
    event = read("malformed_message")
    assert isinstance(event, UnsupportedReceived)
    assert (event.kind, event.identity) == ("user_send_text", USER)
    assert "zm_bad" in event.raw


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("consent", "zalo:user_reply_consent"),
        ("template_delivered", "zalo:template_delivered"),
        ("template_feedback", "zalo:user_feedback"),
        ("template_status", "zalo:change_template_status"),
        ("group_text", "zalo:user_send_group_text"),
        ("other_oa", "zalo:other_oa"),
    ],
)
def test_what_the_hub_has_no_use_for_is_ignored_with_a_reason(name: str, reason: str) -> None:
    assert to_events(recorded(name), OA) == ([], [reason])


def test_ids_given_as_numbers_lose_no_digit() -> None:
    event = read("numeric_ids")
    assert (event.identity, event.text) == (USER, "so")


def test_ids_given_as_floats_are_not_believed() -> None:
    events, ignored = to_events(changed("text", sender={"id": 2.2e18}), OA)
    assert (events, ignored) == ([], ["zalo:unreadable:user_send_text"])


def test_half_a_surrogate_pair_does_not_cost_the_message() -> None:
    event = only(to_events(recorded("text").replace(b"Xin", b"\\ud83d Xin"), OA)[0])
    assert event.text == "� Xin chào shop"


def test_a_missing_timestamp_costs_nothing_but_the_time() -> None:
    event = only(to_events(changed("text", timestamp=None), OA)[0])
    assert event.occurred_at == NOW


@pytest.mark.parametrize("body", [b"{}", b'{"event_name":7}', b'{"event_name":""}', b" " * (BODY_BYTES_MAX + 1)])
def test_what_is_no_webhook_is_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput):
        to_events(body, OA)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_every_recorded_payload_reads_the_same_twice_and_can_be_published(path: Path) -> None:
    first, again = to_events(path.read_bytes(), OA), to_events(path.read_bytes(), OA)
    assert first == again
    assert first[0] or first[1]
    for event in first[0]:
        assert encode(wrap(event, SystemClock()))


def test_no_two_recorded_events_share_a_key() -> None:
    keys = [event.dedupe_key for path in PAYLOADS for event in to_events(path.read_bytes(), OA)[0]]
    assert len(keys) == len(set(keys))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
KNOWN_NAMES = sorted({json.loads(path.read_bytes())["event_name"] for path in PAYLOADS})
NAMES = st.sampled_from(KNOWN_NAMES) | st.text(max_size=30)
FIELDS = st.sampled_from(["message", "info", "sender", "recipient", "follower", "user_id", "oa_id", "timestamp",
                          "conversation_id"])  # fmt: skip
MESSAGE_FIELDS = st.sampled_from(["msg_id", "msg_ids", "text", "attachments", "quote_msg_id", "conversation_id",
                                  "location", "tracking_id"])  # fmt: skip


@given(NAMES, st.dictionaries(FIELDS, JSON))
def test_any_event_is_read_or_ignored(name: str, fields: dict[str, Any]) -> None:
    with suppress(BadInput):
        for event in to_events(changed("text", event_name=name, **fields), OA)[0]:
            assert encode(wrap(event, SystemClock()))


@given(NAMES, st.dictionaries(MESSAGE_FIELDS, JSON))
def test_any_message_of_a_known_sender_is_kept_or_ignored(name: str, fields: dict[str, Any]) -> None:
    with suppress(BadInput):
        body = changed("text", event_name=name, message={"msg_id": "zm_any", **fields})
        events, ignored = to_events(body, OA)
        assert events or ignored
        assert all(encode(wrap(event, SystemClock())) for event in events)


@given(st.binary(max_size=200))
def test_any_bytes_are_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput):
        to_events(body, OA)
