"""Logging: one JSON line per happening on stderr, or readable lines in a terminal. No personal data.

    log = get_logger(__name__)
    log.info("partition_taken", group=group, topic=topic, partition=index)

The event name is a constant; what varies goes into fields. A field whose name says that it may hold personal data or a
secret is masked, at any depth; models are shown by type only; what looks like a telephone number or a mailbox is
masked in every string. So a careless call leaks nothing; ids of ours are always allowed. Records of other libraries
come through the same door. A line that cannot be written is counted (hub_log_lines_lost_total), and nobody fails.
"""

import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal, TextIO, cast
from uuid import UUID

import orjson
import structlog
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from hub.metrics import LOG_LINES_LOST

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["json", "text"]

MASK = "***"
# Names, or the last word of names (`visitor_token`), of what must not be read by whoever reads logs.
PERSONAL = frozenset({
    *("text", "body", "content", "message", "messages", "caption", "subject", "preview", "snippet", "note", "html"),
    *("phone", "phones", "msisdn", "caller", "callee", "email", "emails", "mail", "address", "addresses", "identity"),
    *("name", "names", "fullname", "avatar", "birthday", "profile", "evidence", "latitude", "longitude", "ip"),
    *("value", "values", "payload", "raw", "data", "query", "params", "headers", "key", "remote"),
    *("token", "tokens", "secret", "secrets", "password", "passwords", "passphrase", "cookie", "cookies", "otp", "pin"),
    *("authorization", "signature", "credential", "credentials", "apikey"),
})  # fmt: skip
HARMLESS = frozenset({"logger_name", "event_name", "thread_name", "task_name"})
VALUE_CHARS_MAX = 1000
DEPTH_MAX = 4
ITEMS_MAX = 50

_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_NUMBER = re.compile(r"(?<![\w-])\+?\d(?:[ .()-]{0,2}\d){8,14}(?![\w-])")
_QUERY_SECRET = re.compile(r"(?i)\b([\w-]*(?:token|secret|password|signature|proof|code|key)[\w-]*=)[^&\s\"']+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")


def get_logger(name: str) -> FilteringBoundLogger:
    """May be called before `configure`, at import: it takes effect with the first line."""
    return cast(FilteringBoundLogger, structlog.get_logger(logger_name=name))


def configure(level: Level = "info", format_: Format = "json", stream: TextIO | None = None) -> None:
    """Once, at start; may be repeated. Takes over the standard library's root logger, too. None means stderr."""
    number = logging.getLevelNamesMapping()[level.upper()]
    output = Output(stream)
    shared, render = _configure_ours(number, format_, output)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    root = logging.getLogger()
    root.handlers[:] = [Foreign(output, formatter)]
    root.setLevel(number)
    for chatty in ("aiohttp.access", "aiokafka", "engineio", "socketio", "sqlalchemy", "asyncio", "aiosqlite"):
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))


def _configure_ours(level: int, format_: Format, output: "Output") -> tuple[list[Processor], Processor]:
    """What runs over every line, and what makes text of it."""
    render: Processor = _to_json
    if format_ == "text":
        render = structlog.dev.ConsoleRenderer(colors=output.is_terminal, timestamp_key="at")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        explain_exception,
        mask,
    ]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: output,
        cache_logger_on_first_use=False,
    )
    return shared, render


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: no value that may be personal survives it. `event`, `level` and the like are ours."""
    return {key: value if key in _OURS else _masked(key, value, 0) for key, value in event.items()} | {
        "event": scrub(str(event.get("event", "")))
    }


def scrub(text: str) -> str:
    """`text` without what looks like a telephone number, a mailbox or a secret; cut to VALUE_CHARS_MAX."""
    text = text if len(text) <= VALUE_CHARS_MAX else text[:VALUE_CHARS_MAX] + "…"
    text = _QUERY_SECRET.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _NUMBER.sub(MASK, _MAILBOX.sub(MASK, text))


def explain_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: `exc_info` becomes where it happened and what was said, without any value from the frames."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    elif isinstance(info, tuple):
        info = info[1]
    if isinstance(info, BaseException):
        event["error"] = explain(info)
        event["where"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(info.__traceback__)[-12:]]
    return event


def explain(error: BaseException) -> str:
    """The error and what caused it, in one line, without the values that validation and database errors quote."""
    said: list[str] = []
    seen = error
    while len(said) < 5:
        said.append(f"{type(seen).__name__}: {scrub(_said(seen))}".rstrip(": "))
        cause = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        if cause is None:
            break
        seen = cause
    if isinstance(error, BaseExceptionGroup):
        said += [explain(inner) for inner in error.exceptions[:5]]
    return " <- ".join(said)


class Output:
    """Where lines go; None: whatever stderr is then. Thread-safe. structlog calls the method named like the level."""

    def __init__(self, stream: TextIO | None) -> None:
        self._given = stream
        self._lock = threading.Lock()

    @property
    def is_terminal(self) -> bool:
        return (self._given or sys.stderr).isatty()

    def msg(self, line: str) -> None:
        stream = self._given or sys.stderr
        try:
            with self._lock:
                stream.write(line + "\n")
                stream.flush()
        except (OSError, ValueError):  # disk full, pipe closed, stream closed: nowhere left to say so but here
            LOG_LINES_LOST.inc()

    debug = info = warning = error = critical = fatal = log = exception = warn = msg


class Foreign(logging.Handler):
    """Lines of other libraries: same shape, and of one place in their code at most one each REPEAT_S.

    aiokafka writes 50 lines a second while a broker is away.
    """

    REPEAT_S = 10.0
    PLACES_MAX = 1000

    def __init__(self, output: Output, formatter: logging.Formatter) -> None:
        super().__init__()
        self._output = output
        self.setFormatter(formatter)
        self._places: dict[tuple[str, int], tuple[float, int]] = {}  # -> next line allowed at, left out since

    def emit(self, record: logging.LogRecord) -> None:
        if (left_out := self._due(record)) is None:
            return
        try:
            if left_out:
                record.msg = f"{record.getMessage()} (and {left_out} more like it)"
                record.args = None
            self._output.msg(self.format(record))
        except Exception:  # noqa: BLE001 - another library's arguments do not fit its message: its fault, not ours
            LOG_LINES_LOST.inc()

    def _due(self, record: logging.LogRecord) -> int | None:
        """How many were left out since the last; None to leave this one out, too."""
        now, place = time.monotonic(), (record.pathname, record.lineno)
        allowed_at, left_out = self._places.get(place, (0.0, 0))
        if record.levelno < logging.CRITICAL and now < allowed_at:
            self._places[place] = (allowed_at, left_out + 1)
            return None
        if len(self._places) >= self.PLACES_MAX:
            self._places.clear()
        self._places[place] = (now + self.REPEAT_S, 0)
        return left_out


_OURS = frozenset({"event", "level", "at", "logger", "logger_name"})


def _masked(key: str, value: Any, depth: int) -> Any:
    if _is_personal(key) and not (value is None or isinstance(value, bool)):
        return MASK
    return _plain(value, depth)


def _plain(value: Any, depth: int) -> Any:
    """JSON-ready and harmless. Order matters: bool is an int, str enums are strings."""
    match value:
        case None | bool() | int() | float() | UUID():
            return str(value) if isinstance(value, UUID) else value
        case Enum():
            return _plain(value.value, depth)
        case date():
            return value.isoformat()
        case str():
            return scrub(value)
        case BaseException():
            return explain(value)
        case SecretStr() | SecretBytes() | bytes() | bytearray():
            return MASK
        case BaseModel():
            return f"<{type(value).__name__}>"
        case Mapping() if depth < DEPTH_MAX:
            return {str(k): _masked(str(k), v, depth + 1) for k, v in list(value.items())[:ITEMS_MAX]}
        case Sequence() | set() | frozenset() if depth < DEPTH_MAX:
            return [_plain(item, depth + 1) for item in list(value)[:ITEMS_MAX]]
        case PurePath() | timedelta() | Decimal():
            return scrub(str(value))
        case _:
            return _type_of(value)


def _type_of(value: object) -> str:
    return f"<{type(value).__name__}>"


def _is_personal(key: str) -> bool:
    key = key.lower()
    return key not in HARMLESS and (key in PERSONAL or re.split(r"[_.\-]", key)[-1] in PERSONAL)


def _said(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False)[:5])
    if isinstance(error, BaseExceptionGroup):
        return error.message
    lines = str(error).splitlines()
    return lines[0] if lines else ""  # the next lines of database errors hold the statement and its values


def _to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=_type_of).decode()


# structlog's own default shows the values of local variables with each error. Nobody may log like that, not even a
# process that has not called `configure` yet.
_configure_ours(logging.INFO, "text", Output(None))
