"""Settings of one hotline account. `pbx.supplier` says which of the two adapters reads the webhooks."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    model_validator,
)

from connectors.base import AccountSettings
from connectors.hotline.presets import PRESETS, PresetName
from hub.phones import normalize_phone

OWN_SECRET_MIN_CHARS: Final = 16  # of what we choose ourselves; a supplier's own signing secret may be shorter
LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)")
STRINGEE_API: Final = "https://api.stringee.com"
# Until somebody writes better ones. Spoken by the supplier's text-to-speech.
RECORDING_NOTICE: Final = "Cuộc gọi này được ghi âm để nâng cao chất lượng phục vụ."
BUSY_TEXT: Final = "Xin lỗi quý khách, các nhân viên của chúng tôi đều đang bận. Xin quý khách vui lòng gọi lại sau."
LINE_TEXT: Final = "Các nhân viên của chúng tôi đều đang bận. Quý khách đang ở vị trí thứ {position} trong hàng chờ."
WAIT_TEXT: Final = "Thời gian chờ dự kiến khoảng {minutes} phút."
CALLBACK_TEXT: Final = "Quý khách không muốn chờ, xin bấm phím 1, chúng tôi sẽ gọi lại."
CALLED_BACK_TEXT: Final = "Chúng tôi đã ghi nhận và sẽ gọi lại cho quý khách. Xin cảm ơn quý khách."
CLOSED_TEXT: Final = "Xin lỗi quý khách, hiện đã hết giờ làm việc của chúng tôi."

CallWord = Literal["offered", "ringing", "answered", "ended", "missed", "recording", "ignored"]
DirectionWord = Literal["inbound", "outbound", "internal"]


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("must not be empty")
    return secret


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < OWN_SECRET_MIN_CHARS:
        raise ValueError(f"must have at least {OWN_SECRET_MIN_CHARS} characters")
    return secret


def _https(url: str) -> str:
    if not url.startswith("https://") and not LOOPBACK.match(url):
        raise ValueError("must begin with https://")
    return url.rstrip("/")


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone") from error
    return name


SupplierSecret = Annotated[SecretStr, AfterValidator(_not_blank)]
OwnSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
HttpsUrl = Annotated[str, StringConstraints(max_length=500), AfterValidator(_https)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$", to_lower=True)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,17}$")]
Login = Annotated[str, StringConstraints(to_lower=True, strip_whitespace=True, min_length=1, max_length=100)]
Telephone = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,100}$")]
SpokenText = Annotated[str, StringConstraints(min_length=1, max_length=500)]
# Dotted places in a payload; the first that holds something counts: "data.caller_number", "to.0.number". "@tail" is
# the part of the webhook's path behind the account, for suppliers that have one URL per event.
Places = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NumberRules(_Closed):
    """How the PBX writes the other party's number."""

    region: str = Field(default="VN", pattern=r"^[A-Z]{2}$")
    international_digits: bool = False  # "6591234567" means +65 9123 4567
    strip_prefixes: tuple[str, ...] = ()  # outside-line digits that the PBX leaves on: ("9",)


class LiveLine(_Closed):
    """The hub says whom to ring, by its queues and rules; see docs/channels.md. For who waits it is asked anew every
    `asks_again_s`; they hear the texts, and press 1 to be called back where their queue allows it. `hold_music`:
    address of an mp3 or wav, played while they wait."""

    enabled: bool = False
    asks_again_s: int = Field(default=15, ge=5, le=60)
    wait_max_s: int = Field(default=900, ge=30, le=7200)
    line_text: SpokenText = LINE_TEXT  # {position}
    wait_text: SpokenText = WAIT_TEXT  # {minutes}
    callback_text: SpokenText = CALLBACK_TEXT
    called_back_text: SpokenText = CALLED_BACK_TEXT
    closed_text: SpokenText = CLOSED_TEXT
    hold_music: HttpsUrl | None = None


class _Pbx(_Closed):
    """`telephones`: an agent's login -> what the PBX calls their telephone (SDK user, extension). By them the hub
    knows who answered, and whom it may ring."""

    hotline_numbers: tuple[Number, ...] = Field(min_length=1)
    telephones: dict[Login, Telephone] = Field(default_factory=dict, max_length=2000)

    @model_validator(mode="after")
    def _one_agent_each(self) -> Self:
        if len(set(self.telephones.values())) != len(self.telephones):
            raise ValueError("`telephones` gives one telephone to two agents")
        return self

    def own_numbers(self) -> frozenset[str]:
        """E.164 of those hotlines that have such a form (1800... and 1900... have none)."""
        return frozenset(e164 for n in self.hotline_numbers if (e164 := normalize_phone(n)))


class StringeePbx(_Pbx):
    """Stringee Call API. In the project, the number's answer_url is `webhook_url`/answer and its event_url
    `webhook_url`/event, each with `?k=<path_secret>` when there is one. With Stringee's own contact centre (their
    queue answers), only the event_url is ours and `recording` is "queue"."""

    supplier: Literal["stringee"] = "stringee"
    signing_secret: SupplierSecret
    api_key_sid: str = Field(pattern=r"^SK[A-Za-z0-9._-]{1,98}$")
    api_key_secret: SupplierSecret
    account_sid: str | None = Field(default=None, pattern=r"^AC[A-Za-z0-9._-]{1,98}$")
    project_id: int | None = Field(default=None, ge=1)
    path_secret: OwnSecret | None = None
    webhook_url: HttpsUrl  # public address of this account's webhook, without a trailing slash
    operators: tuple[str, ...] = Field(default=(), max_length=10)  # SDK user or queue; each is rung in turn
    ring_s: int = Field(default=25, ge=5, le=120)
    live: LiveLine = LiveLine()  # enabled: `operators` are rung in turn only while the hub cannot say whom to ring
    fallback_number: Number | None = None  # a telephone that is rung when no operator answered
    recording: Literal["off", "ours", "queue"] = "off"
    recording_notice: str | None = Field(default=RECORDING_NOTICE, max_length=500)  # None: the greeting says it already
    busy_text: str | None = Field(default=BUSY_TEXT, max_length=500)  # None: hang up silently
    uuid_is_call_id: bool = False  # the number's answer_url may carry `uuid` only; is that the call_id of the events?
    api_url: HttpsUrl = STRINGEE_API


class QueryToken(_Closed):
    """For suppliers that sign nothing: an unguessable part of the URL. Give `networks` too when they are known."""

    kind: Literal["query_token"] = "query_token"
    parameter: str = Field(default="token", pattern=r"^[A-Za-z0-9_-]{1,40}$")
    token: OwnSecret


class HeaderToken(_Closed):
    """A fixed secret in a header; `prefix` such as "Bearer " stands before it."""

    kind: Literal["header_token"] = "header_token"
    header: HeaderName
    prefix: str = Field(default="", max_length=40)
    token: SupplierSecret


class HmacSignature(_Closed):
    """HMAC over the raw body in a header; `prefix` such as "sha256=" stands before it."""

    kind: Literal["hmac"] = "hmac"
    header: HeaderName
    prefix: str = Field(default="", max_length=40)
    digest: Literal["sha1", "sha256"] = "sha256"
    encoding: Literal["hex", "hex_upper", "base64"] = "hex"
    secret: SupplierSecret


class FieldPlaces(_Closed):
    """Where the supplier puts what. `agent` is the extension, `hotline` our number when it is not the other party of
    the call, `answered_at` empty or missing in a hang-up means: never answered."""

    call_id: Places = Field(min_length=1)
    state: Places = Field(min_length=1)
    caller: Places = Field(min_length=1)
    callee: Places = ()
    event_id: Places = ()
    occurred_at: Places = ()
    direction: Places = ()
    hotline: Places = ()
    agent: Places = ()
    talk_s: Places = ()
    answered_at: Places = ()
    ended_at: Places = ()
    cause: Places = ()
    recording: Places = ()


class TimeRules(_Closed):
    """`auto`: numbers by their size (seconds, milliseconds, microseconds), text as ISO 8601. `zone` is that of text
    without one. `pattern` is for datetime.strptime, with format "pattern"."""

    format: Literal["auto", "s", "ms", "us", "iso", "pattern"] = "auto"
    pattern: str | None = Field(default=None, max_length=60)
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Ho_Chi_Minh"

    @model_validator(mode="after")
    def _pattern_where_needed(self) -> "TimeRules":
        if (self.format == "pattern") != bool(self.pattern):
            raise ValueError('`pattern` belongs to format "pattern"')
        return self


class RecordingRules(_Closed):
    """`url_template` may hold {call_id} and {recording} (what stands at `fields.recording`); without it that field
    is the address. The header is sent to addresses below `host_url` only, never elsewhere."""

    url_template: str | None = Field(default=None, pattern=r"^https?://[^{}]+\S*$", max_length=500)
    host_url: HttpsUrl | None = None
    header: HeaderName | None = None
    header_value: SupplierSecret | None = None

    @model_validator(mode="after")
    def _header_is_whole(self) -> "RecordingRules":
        if len({self.host_url is None, self.header is None, self.header_value is None}) != 1:
            raise ValueError("host_url, header and header_value belong together")
        return self


class GenericPbx(_Pbx):
    """Any PBX that sends webhooks. `preset` fills in what is known of a supplier; what is given here wins.

    `states` and `directions` map the supplier's words, in lower case and with blanks for "_" and "-". A key may name
    the path's tail too: "calldata:abandon"; "hangup:*" is any word, or none, at .../hangup.
    """

    supplier: Literal["generic"] = "generic"
    preset: PresetName | None = None
    method: Literal["GET", "POST"] = "POST"
    body: Literal["json", "form", "query"] = "json"
    auth: Annotated[QueryToken | HeaderToken | HmacSignature, Field(discriminator="kind")]
    networks: tuple[IPvAnyNetwork, ...] = ()  # where requests may come from; empty: anywhere
    fields: FieldPlaces
    states: dict[str, CallWord] = Field(min_length=1)
    directions: dict[str, DirectionWord] = Field(default_factory=dict)
    default_direction: DirectionWord = "inbound"
    time: TimeRules = TimeRules()
    numbers: NumberRules = NumberRules()
    recording: RecordingRules = RecordingRules()

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("preset") not in PRESETS:
            return given
        return _merged(PRESETS[given["preset"]], given)

    @model_validator(mode="after")
    def _body_fits_method(self) -> "GenericPbx":
        if self.method == "GET" and self.body != "query":
            raise ValueError('a GET has no body: set body to "query"')
        if isinstance(self.auth, HmacSignature) and self.body == "query":
            raise ValueError("a signature over the body says nothing about the query: use a token")
        return self


class HotlineSettings(AccountSettings):
    """One connector for every telephone supplier: they differ in here and nowhere else in the hub."""

    pbx: Annotated[StringeePbx | GenericPbx, Field(discriminator="supplier")]


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            value = _merged(under, value)
        merged[key] = value
    return merged
