"""Settings of a process: read once at start from HUB_… variables and what the command line overrides, then frozen.

The choice between the two ways to run is made here by URLs alone: without HUB_KAFKA_URL everything is embedded (SQLite
and this process); with it PostgreSQL and Redis must be named, too. All faults are told at once, as SettingsInvalid.
Channel accounts have settings of their own, in the database: see connectors/*/settings.py.
"""

import difflib
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hub.log import Format, Level

PREFIX = "HUB_"
KEY_CHARS_MIN = 32  # 32 random bytes in base64 are 44
# What documentation shows, and what people type to get on. None of it may guard anything.
EXAMPLE_KEY = re.compile(r"(?i)change|example|secret|password|default|your-|12345678|abcdefgh|(.)\1{7}")
EXAMPLE_HOST = re.compile(r"(?i)(^|\.)(example(\.\w+)?|your-\w+\.\w+)$")


class Role(StrEnum):
    """What a process does. Embedded, one process does it all. The relay (cluster) is no role: every process stands by
    for it and one is active."""

    INGRESS = "ingress"  # webhooks in
    IDENTITY = "identity"
    ROUTER = "router"
    EGRESS = "egress"  # replies out
    CONSOLE = "console"  # HTTP API, live socket, web chat


class SettingsInvalid(Exception):
    """`faults`: one sentence each, beginning with the name of the variable. No values: they may be secrets."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("these settings cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = faults


def _set(default: Any, description: str, **limits: Any) -> Any:
    """A setting; the description is what `hub settings` prints."""
    return Field(default=default, description=description, **limits)


class Settings(BaseSettings):
    """Every field is HUB_ and its name in capitals. Durations end in _s or _days, sizes in _bytes_max."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True
    )

    # what, and where it listens
    roles: Annotated[frozenset[Role], NoDecode] = _set(frozenset(Role), "comma-separated; embedded: all of them")
    data: Path = _set(Path("data"), "folder of the embedded database, of files and of the generated key")
    host: str = _set("127.0.0.1", "address to listen on; 0.0.0.0 behind a proxy")
    port: int = _set(8080, "0 picks a free one", ge=0, le=65535)
    public_url: str | None = _set(None, "how browsers and providers reach the hub, without a path")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = _set(
        (), "comma-separated networks of our own proxies, whose X-Forwarded-For is believed"
    )
    demo: bool = _set(False, "demo accounts with known passwords, providers simulated on loopback")

    local_providers: bool = _set(False, "fetch files from this machine, too: for simulated providers")

    # where things are kept
    database_url: SecretStr | None = _set(None, "postgresql+asyncpg://user@host/name; unset: SQLite in HUB_DATA")
    kafka_url: str | None = _set(None, "kafka://host:9092,host:9092; unset: the log is in the database")
    redis_url: SecretStr | None = _set(None, "redis://host:6379/0; unset: in this process")
    blobs_url: SecretStr | None = _set(None, "s3://bucket/prefix; unset: a folder in HUB_DATA")
    secret_key: SecretStr | None = _set(
        None, "seals what is secret at rest; several, newest first, separated by commas; embedded: made by itself"
    )
    migrate_at_start: bool | None = _set(None, "bring the schema up to date at start; unset: only when embedded")

    # the log
    partitions: int | None = _set(None, "of every topic, can only grow; unset: 6 in a cluster, else 2", ge=1, le=256)
    topic_prefix: str = _set("", "before the name of every topic and channel", pattern=r"^[a-zA-Z0-9._-]{0,40}$")
    kafka_replication: int = _set(1, "of every topic that the hub creates", ge=1, le=7)
    log_keep_days: float = _set(7, "how long events stay in the log", gt=0, le=3650)
    dead_letters_keep_days: float = _set(90, "how long dead letters stay", gt=0, le=3650)
    automation_keep_days: float = _set(90, "how long it is told what automation rules did", ge=2, le=3650)

    # what is told about it
    log_level: Level = _set("info", "debug, info, warning, error")
    log_format: Format | None = _set(None, "json or text; unset: text in a terminal, else json")

    # limits
    upload_bytes_max: int = _set(25 * 1024 * 1024, "of one file", ge=64 * 1024, le=1024 * 1024 * 1024)
    agent_grace_s: float = _set(30, "without an open console before an agent counts as gone", ge=1, le=3600)
    stop_within_s: float = _set(20, "from SIGTERM to the end", gt=0, le=600)

    @property
    def is_cluster(self) -> bool:
        return self.kafka_url is not None

    @property
    def database(self) -> str:
        """The URL of the database. It may hold a password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data / 'hub.db'}"

    @property
    def log_partitions(self) -> int:
        """SQLite has one writer, so more partitions only mean more and smaller transactions: measured, 2 answer four
        times faster than 6. Not 1, so that an event that has to wait does not hold up everything."""
        return self.partitions or (6 if self.is_cluster else 2)

    @property
    def kafka_bootstrap(self) -> str:
        """host:port,host:port"""
        if self.kafka_url is None:
            raise ValueError("this process is embedded: it has no Kafka")
        return self.kafka_url.removeprefix("kafka://").rstrip("/")

    @property
    def url(self) -> str | None:
        """How others reach the hub, without a trailing slash. None: as the process finds its own address."""
        return self.public_url.rstrip("/") if self.public_url else None

    @field_validator("roles", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        faults = [*_url_faults(self), *_combination_faults(self), *_key_faults(self)]
        if faults:
            raise ValueError("\n".join(faults))
        return self


def load(**overrides: Any) -> Settings:
    """From os.environ; `overrides` (of the command line) win when they are not None. Raises SettingsInvalid."""
    misspelt = [
        f"{name} is no setting. Did you mean {meant[0]}?"
        for name in unknown_variables(os.environ)
        if (meant := difflib.get_close_matches(name, _variables(), n=1, cutoff=0.85))
    ]
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsInvalid([*_told(error), *_also_wrong(given, error), *misspelt]) from None
    if misspelt:
        raise SettingsInvalid(misspelt)
    return settings


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """HUB_… variables that are no settings. Worth a warning; HUB_TEST_… are the tests'."""
    return sorted(
        name
        for name in environ
        if name.startswith(PREFIX) and name not in _variables() and not name.startswith("HUB_TEST_")
    )


def secret_keys(settings: Settings) -> list[str]:
    """Newest first, at least one. Embedded without HUB_SECRET_KEY, one is made at the first start and kept in `data`,
    for its owner's eyes only. Raises SettingsInvalid when others can read it."""
    if settings.secret_key is not None:
        return _keys(settings.secret_key)
    path = settings.data / "secret.key"
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise SettingsInvalid([f"{path} can be read by others: chmod 600 it, or set HUB_SECRET_KEY"])
    key = path.read_text().strip()
    if len(key) < KEY_CHARS_MIN:
        raise SettingsInvalid([f"{path} is damaged: restore it from your backup"])
    return [key]


def _make_key(path: Path) -> None:
    """Whole or not at all; of two processes that start at once the first one's key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(KEY_CHARS_MIN))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _url_faults(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None and not settings.database.startswith(
        ("sqlite+aiosqlite:///", "postgresql+asyncpg://")
    ):
        yield "HUB_DATABASE_URL must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://"
    if settings.kafka_url is not None and not re.fullmatch(
        r"kafka://[^/,\s]+:\d+(,[^/,\s]+:\d+)*/?", settings.kafka_url
    ):
        yield "HUB_KAFKA_URL must look like kafka://host:9092,host:9092"
    if settings.redis_url is not None and not re.match(r"rediss?://\S", settings.redis_url.get_secret_value()):
        yield "HUB_REDIS_URL must look like redis://host:6379/0 or rediss://…"
    if settings.public_url is not None:
        yield from _public_url_faults(settings.public_url)


def _public_url_faults(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        yield "HUB_PUBLIC_URL must look like https://hub.your-company.vn, without a path"
    elif EXAMPLE_HOST.search(parts.hostname):
        yield "HUB_PUBLIC_URL still holds the value of an example: give the address that browsers and providers use"


def _combination_faults(settings: Settings) -> Iterator[str]:
    on_postgres = settings.database.startswith("postgresql")
    if settings.is_cluster and not on_postgres:
        yield "HUB_KAFKA_URL needs PostgreSQL: set HUB_DATABASE_URL, too"
    if settings.is_cluster and settings.redis_url is None:
        yield "HUB_KAFKA_URL needs Redis: set HUB_REDIS_URL, too"
    if on_postgres and not settings.is_cluster:
        yield "HUB_DATABASE_URL names PostgreSQL, which carries no log: set HUB_KAFKA_URL, too"
    if settings.is_cluster and settings.secret_key is None:
        yield "HUB_SECRET_KEY is missing: every process of a cluster needs the same (openssl rand -base64 32)"
    if settings.is_cluster and settings.demo:
        yield "HUB_DEMO works embedded only: it has accounts with known passwords"
    if not settings.roles:
        yield f"HUB_ROLES must name at least one of {', '.join(Role)}"
    if not settings.is_cluster and settings.roles != frozenset(Role):
        yield "HUB_ROLES must be all of them when embedded: one process holds the log, nobody else would do the rest"


def _key_faults(settings: Settings) -> Iterator[str]:
    for key in _keys(settings.secret_key) if settings.secret_key is not None else ():
        if len(key) < KEY_CHARS_MIN:
            yield f"HUB_SECRET_KEY must have {KEY_CHARS_MIN} random characters at least (openssl rand -base64 32)"
        elif EXAMPLE_KEY.search(key):
            yield "HUB_SECRET_KEY looks like the value of an example: make one with openssl rand -base64 32"


def _keys(value: SecretStr) -> list[str]:
    return [key.strip() for key in value.get_secret_value().split(",")]


def _also_wrong(given: Mapping[str, Any], error: ValidationError) -> Iterator[str]:
    """What does not fit together besides the fields that are wrong by themselves: for this they take their defaults."""
    broken = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    if broken:
        try:
            Settings(**{**given, **{name: Settings.model_fields[name].default for name in broken}})
        except ValidationError as more:
            yield from _told(more)


def _variables() -> set[str]:
    return {f"{PREFIX}{name}".upper() for name in Settings.model_fields}


def _told(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False):
        if fault["loc"]:
            variable = f"{PREFIX}{fault['loc'][0]}".upper()
            yield f"{variable}: {fault['msg'].removeprefix('Value error, ')}"
        else:
            yield from fault["msg"].removeprefix("Value error, ").splitlines()
