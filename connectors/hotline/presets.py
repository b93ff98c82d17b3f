"""What suppliers' documents say about their webhooks, as settings of the generic adapter.

Certainty per supplier, because a preset must not promise more than the document does:

    zorio       documented in full: signature, events, call fields (docs.zorio.vn, webhooks). Their timestamp and
                delivery headers are outside the signature, so neither is used; repeats are told by the body.
    caresoft    the signature is documented, with a test vector; the fields of a call are NOT. Give `fields.call_id`
                and `fields.caller` from a recorded webhook of your account.
    omicall     call record fields are documented; nothing is signed. That the webhook body looks like the call record,
                and how it names its event, is second hand: register three webhooks, .../ringing, .../answered and
                .../hangup. One without a tail is read as a finished call record.
    voicecloud  documented: GET with a query, on URLs of our choice: .../call_in, .../hangup, .../calldata. Nothing is
                signed. Whether `recordingfile` is an address or a file name is not said: set `recording.url_template`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

PresetName = Literal["zorio", "caresoft", "omicall", "voicecloud"]

COMMON_STATES: Final[Mapping[str, str]] = MappingProxyType({
    "offered": "offered", "queued": "offered", "ring": "ringing", "ringing": "ringing", "answer": "answered",
    "answered": "answered", "up": "answered", "hangup": "ended", "end": "ended", "ended": "ended",
    "completed": "ended", "cancel": "missed", "cancelled": "missed", "abandon": "missed", "abandoned": "missed",
    "no answer": "missed", "busy": "missed", "missed": "missed",
})  # fmt: skip
COMMON_DIRECTIONS: Final[Mapping[str, str]] = MappingProxyType({
    "in": "inbound", "inbound": "inbound", "incoming": "inbound", "out": "outbound", "outbound": "outbound",
    "outgoing": "outbound", "internal": "internal", "local": "internal",
})  # fmt: skip

_ZORIO: Final = {
    "auth": {"kind": "hmac", "header": "X-Zorio-Signature", "prefix": "sha256=", "digest": "sha256"},
    "fields": {
        "call_id": "data.call_uuid",
        "state": "event",
        "caller": "data.caller_number",
        "callee": "data.destination_number",
        "occurred_at": ("data.timestamp", "timestamp"),
        "direction": "data.direction",
        "agent": "data.extension",
        "answered_at": "data.answered_at",
        "ended_at": "data.ended_at",
        "recording": "data.recording_url",
    },
    "states": {
        "pbx.call.ringing": "ringing",
        "pbx.call.answered": "answered",
        "pbx.call.hangup": "ended",
        "pbx.cdr.created": "recording",
    },
    "directions": COMMON_DIRECTIONS,
}

_CARESOFT: Final = {
    "auth": {"kind": "hmac", "header": "X-Hub-Signature", "digest": "sha1", "encoding": "hex_upper"},
    "fields": {"state": "action"},
    "states": {**COMMON_STATES, "call in": "offered"},
    "directions": COMMON_DIRECTIONS,
}

_OMICALL: Final = {
    "auth": {"kind": "query_token"},
    "fields": {
        "call_id": "transaction_id",
        "state": "disposition",
        "caller": "source_number",
        "callee": "destination_number",
        "occurred_at": ("time_end_call", "time_start_to_answer", "time_start_call", "created_date"),
        "direction": "direction",
        "hotline": "hotline",
        "agent": ("sip_user", "sip_number"),
        "talk_s": "bill_sec",
        "cause": "endby_name",
        "recording": "recording_file_url",
    },
    "states": {
        "ringing:*": "ringing",
        "answered:*": "answered",
        "hangup:cancelled": "missed",
        "hangup:no answer": "missed",
        "hangup:*": "ended",
        "answered": "ended",  # a disposition: how the finished call went
        "cancelled": "missed",
        "no answer": "missed",
    },
    "directions": COMMON_DIRECTIONS,
}

_VOICECLOUD: Final = {
    "method": "GET",
    "body": "query",
    "auth": {"kind": "query_token"},
    "fields": {
        "call_id": "callid",
        "state": ("event", "status"),
        "caller": "phone",
        "callee": "phone",  # `phone` is the customer in either direction
        "occurred_at": "calldate",
        "hotline": "did",
        "agent": "extension",
        "talk_s": "duration",
        "recording": "recordingfile",
    },
    "states": {
        "call_in:ring": "ringing",
        "call_in:answer": "answered",
        "hangup:*": "ended",
        "calldata:abandon": "missed",
        "calldata:no answer": "missed",
        "calldata:busy": "missed",
        "calldata:*": "ended",
    },
}

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {"zorio": _ZORIO, "caresoft": _CARESOFT, "omicall": _OMICALL, "voicecloud": _VOICECLOUD}
)
