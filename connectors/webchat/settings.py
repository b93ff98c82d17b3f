"""One web chat widget: where it may stand, how it looks and speaks, what it asks, how much a visitor may send."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from connectors.base import AccountSettings


def _origin(text: str) -> str:
    """scheme://host[:port] in lower case. Raises ValueError: http is for this machine only, as browsers see it."""
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise ValueError("must be like https://shop.vn")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "*" in parts.netloc or ";" in parts.netloc:
        raise ValueError("must be scheme and host only, like https://shop.vn")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise ValueError("http:// is allowed for this machine only, use https://")
    default_port = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, default_port) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


Origin = Annotated[str, AfterValidator(_origin)]
WidgetKey = Annotated[str, StringConstraints(pattern=r"^wk_[A-Za-z0-9_-]{8,64}$")]
UserSecret = Annotated[SecretStr, Field(min_length=32, max_length=512)]  # RFC 7518, 3.2: HS256 needs 256 bits
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Ask = Literal["off", "optional", "required"]


class WebchatSettings(AccountSettings):
    """`widget_key` is public: it may start a visitor and nothing else. `user_secrets` sign the shop's logged-in
    customers (JWT, HS256), newest first; they never reach a browser. A higher `token_version` ends every visitor's
    token at once."""

    widget_key: WidgetKey
    allowed_origins: tuple[Origin, ...] = Field(min_length=1, max_length=20)
    user_secrets: tuple[UserSecret, ...] = Field(default=(), max_length=2)
    token_version: int = Field(default=1, ge=1)

    title_vi: Line = "Chat với chúng tôi"
    title_en: Line = "Chat with us"
    greeting_vi: Sentence = "Xin chào anh/chị. Shop có thể giúp gì ạ?"
    greeting_en: Sentence = "Hello. How can we help?"
    expectation_vi: Sentence = "Thường trả lời trong vài phút"
    expectation_en: Sentence = "We usually reply within minutes"
    accent: Colour = "#0b6bcb"
    theme: Literal["auto", "light", "dark"] = "auto"
    locale: Literal["auto", "vi", "en"] = "auto"
    side: Literal["right", "left"] = "right"
    side_px: int = Field(default=20, ge=0, le=200)
    bottom_px: int = Field(default=20, ge=0, le=400)  # lift the bubble above a "buy now" bar
    agent_names: Literal["first_name", "hidden"] = "first_name"

    prechat: Ask = "optional"
    prechat_phone: Ask = "optional"
    topics_vi: tuple[Line, ...] = Field(default=(), max_length=8)
    topics_en: tuple[Line, ...] = Field(default=(), max_length=8)
    consent_version: Annotated[str, StringConstraints(min_length=1, max_length=40)] = "1"
    consent_vi: Sentence = "Tôi đồng ý để shop dùng thông tin trên để liên hệ và hỗ trợ tôi."
    consent_en: Sentence = "I agree that the shop uses these details to contact and help me."
    privacy_url: Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://.+)?$")] = ""

    uploads: bool = True
    messages_per_minute: int = Field(default=20, ge=1, le=600)
    messages_per_hour: int = Field(default=200, ge=1, le=10_000)
    uploads_per_hour: int = Field(default=10, ge=1, le=1000)
    # Vietnamese carriers put thousands of people behind one address: above this, new ones prove some work.
    new_visitors_per_hour: int = Field(default=5, ge=1, le=100_000)
    new_visitors_per_minute: int = Field(default=120, ge=1, le=100_000)  # of the whole widget
    sockets_per_visitor: int = Field(default=5, ge=1, le=50)
    sockets_per_address: int = Field(default=500, ge=1, le=100_000)

    @model_validator(mode="after")
    def _topics_in_both_languages(self) -> "WebchatSettings":
        if len(self.topics_vi) != len(self.topics_en):
            raise ValueError("topics_vi and topics_en must be as many, in the same order")
        return self
