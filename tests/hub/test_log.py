"""Nothing that a person wrote, is called, or can be reached by may stand in a log line, however careless the call."""

import io
import logging
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from hub import log as hub_log
from hub.clock import SystemClock
from hub.errors import Poison
from hub.log import MASK, configure, get_logger, scrub
from hub.metrics import REGISTRY
from tests.contract.scene import message


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    configure("info", "json", stream)
    yield stream
    root.handlers[:], root.level = before
    hub_log._configure_ours(logging.INFO, "text", hub_log.Output(None))


def last(stream: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = orjson.loads(stream.getvalue().splitlines()[-1])
    return line


def test_a_line_says_what_where_when_and_how_bad(lines: io.StringIO) -> None:
    get_logger("router.service").warning("offer_expired", conversation=UUID(int=7), waited_s=1.5, again=True)
    line = last(lines)
    at = line.pop("at")
    assert at.endswith("Z")
    assert line == {
        "event": "offer_expired",
        "level": "warning",
        "logger_name": "router.service",
        "conversation": "00000000-0000-0000-0000-000000000007",
        "waited_s": 1.5,
        "again": True,
    }


@pytest.mark.parametrize(
    "field", ["text", "phone", "customer_name", "email", "visitor_token", "Authorization", "api.key", "password",
              "identity", "profile", "query", "caption", "remote"]
)  # fmt: skip
def test_fields_whose_name_says_that_they_are_personal_are_masked_at_any_depth(lines: io.StringIO, field: str) -> None:
    get_logger("x").info("careless", **{field: "Nguyễn Thị Hoà"})
    assert last(lines)[field] == MASK
    get_logger("x").info("careless", outer={"inner": [{field: "Nguyễn Thị Hoà"}]})
    assert last(lines)["outer"]["inner"][0][field] == MASK
    assert "Hoà" not in lines.getvalue()


@pytest.mark.parametrize(
    "text",
    ["call 0912345678 now", "0912.345.678", "+84 912 345 678", "(84) 912-345-678", "84912345678", "hoa.nguyen@shop.vn",
     "https://x/?access_token=abc123&z=1", "Authorization: Bearer abcdefghijk", "appsecret_proof=deadbeef"],
)  # fmt: skip
def test_what_looks_like_a_number_a_mailbox_or_a_secret_is_masked_in_every_string(
    lines: io.StringIO, text: str
) -> None:
    get_logger("x").info("provider_said", reason=text, error=text, reasons=[text])
    logging.getLogger("some.library").error("it said %s", text)
    for secret in ("0912345678", "912", "hoa.nguyen", "abc123", "abcdefghijk", "deadbeef"):
        assert secret not in lines.getvalue()


@pytest.mark.parametrize(
    "text", ["offset 123456", "took 1.25 s", "2 of 500", "00000000-0000-0000-0000-000000000007", "v1.2.3", "127.0.0.1"]
)
def test_what_ops_need_to_read_stays(text: str) -> None:
    assert scrub(text) == text


def test_models_bytes_and_strangers_are_shown_by_their_type_only(lines: io.StringIO) -> None:
    event = message("tôi muốn trả hàng, số 0912345678")
    get_logger("x").info(
        "careless", event_=event, fact=event.data, packet=b"raw", thing=object(), sealed=SecretStr("s")
    )
    line = last(lines)
    assert line["fact"] == "<MessageReceived>"
    assert line["packet"] == line["sealed"] == MASK
    assert line["thing"] == "<object>"
    assert "trả hàng" not in lines.getvalue()
    assert "0912345678" not in lines.getvalue()


def test_paths_decimals_times_enums_and_sets_are_readable(lines: io.StringIO) -> None:
    now = SystemClock().now()
    get_logger("x").info("ok", path=Path("/var/lib"), price=Decimal("1.5"), when=now, among={"one"})
    line = last(lines)
    assert (line["path"], line["price"], line["when"], line["among"]) == ("/var/lib", "1.5", now.isoformat(), ["one"])


def test_long_deep_and_wide_values_are_cut(lines: io.StringIO) -> None:
    deep: Any = "bottom"
    for _ in range(20):
        deep = {"d": deep}
    get_logger("x").info("big", long="x" * 100_000, deep=deep, wide=list(range(10_000)))
    assert len(lines.getvalue()) < 5000


class Person(BaseModel):
    phone: int


def test_an_exception_is_told_without_the_values_it_quotes(lines: io.StringIO) -> None:
    try:
        try:
            Person.model_validate({"phone": "Hoà 0912345678"})
        except ValidationError as error:
            secret = "Hoà in a local variable"
            raise Poison(f"bad person 0912345678 {len(secret)}") from error
    except Poison:
        get_logger("x").exception("failed")
    line = last(lines)
    assert line["error"].startswith(f"Poison: bad person {MASK}")
    assert "<- ValidationError: phone: int_parsing" in line["error"]
    assert any("test_log.py" in frame for frame in line["where"])
    assert "Hoà" not in lines.getvalue()
    assert "0912345678" not in lines.getvalue()


def test_a_group_of_errors_names_each(lines: io.StringIO) -> None:
    get_logger("x").error("failed", exc_info=ExceptionGroup("two", [KeyError("a"), ValueError("b")]))
    assert last(lines)["error"] == "ExceptionGroup: two <- KeyError: 'a' <- ValueError: b"


def test_what_is_below_the_level_is_not_written(lines: io.StringIO) -> None:
    get_logger("x").debug("hidden")
    logging.getLogger("aiokafka.client").info("chatty")
    logging.getLogger("aiohttp.access").info("GET /?token=1")
    assert lines.getvalue() == ""


def test_a_library_that_repeats_itself_is_heard_once_in_a_while(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_log.Foreign, "REPEAT_S", 0.0)
    for number in range(3):
        logging.getLogger("aiokafka").error("node %s is away", number)
    assert len(lines.getvalue().splitlines()) == 3
    monkeypatch.setattr(hub_log.Foreign, "REPEAT_S", 60.0)
    for number in range(50):
        logging.getLogger("aiokafka").error("node %s is away", number)
    assert len(lines.getvalue().splitlines()) == 4
    assert last(lines)["logger"] == "aiokafka"


def test_a_line_that_cannot_be_written_is_counted_and_fails_nobody(lines: io.StringIO) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    configure("info", "json", Full())
    before = REGISTRY.get_sample_value("hub_log_lines_lost_total") or 0
    get_logger("x").info("lost")
    logging.getLogger("library").error("lost")
    logging.getLogger("library").error("does not fit %s %s", 1)  # noqa: PLE1206 - the fault of another library
    assert REGISTRY.get_sample_value("hub_log_lines_lost_total") == before + 3


def test_context_is_added_to_each_line(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(group="identity", phone="0912345678"):
        get_logger("x").info("inside")
    line = last(lines)
    assert (line["group"], line["phone"]) == ("identity", MASK)


def test_before_anybody_configured_it_a_line_is_safe_too(capsys: pytest.CaptureFixture[str]) -> None:
    secret = "Hoà in a local variable"
    try:
        raise KeyError(len(secret))
    except KeyError:
        get_logger("x").exception("early", text="Hoà")
    told = capsys.readouterr().err
    assert "early" in told
    assert "Hoà" not in told
    assert sys.stderr is not None
