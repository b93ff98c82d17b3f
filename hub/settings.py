"""Settings of one process: read once at start from HUB_… environment variables (or given by the command line), frozen.

Every fault is listed in one message. The two ways to run differ by URLs alone: no HUB_KAFKA_URL means the embedded
log, no HUB_DATABASE_URL means SQLite in the data folder, no HUB_REDIS_URL means presence and limits in this process.
Settings of channel accounts are not here: they live in the database, sealed with `secret_key`.
"""

import os
import secrets
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_MIN_CHARS = 32
EXAMPLES = frozenset({"changeme", "secret", "example", "password", "please-change-me"})
Networks = tuple[IPv4Network | IPv6Network, ...]


class Role(StrEnum):
    """What a process does. All of them in one process is the embedded way."""

    INGRESS = "ingress"  # webhooks and web chat in
    IDENTITY = "identity"
    ROUTER = "router"
    EGRESS = "egress"  # replies out, media and profiles in
    CONSOLE = "console"


class SettingsInvalid(Exception):
    """`faults`: one line each, naming the variable and what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["The settings are not usable:", *(f"  - {fault}" for fault in faults)]))
        self.faults = faults


class Settings(BaseSettings):
    """See the class' fields; each is HUB_<NAME> in the environment. Seconds end in _s."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore", env_file=None)

    data: Path = Field(default=Path("data"), description="folder of the embedded database, files and generated key")
    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 behind a proxy")
    port: int = Field(default=8080, ge=0, le=65535, description="0 picks a free one")
    public_url: str | None = Field(default=None, description="how browsers and providers reach this hub")
    roles: Annotated[tuple[Role, ...], NoDecode] = Field(
        default=tuple(Role), description="comma list: ingress,identity,router,egress,console"
    )
    database_url: SecretStr | None = Field(default=None, description="postgresql+asyncpg://user@host/name")
    kafka_url: str | None = Field(default=None, description="kafka://host:port[,host:port]")
    redis_url: SecretStr | None = Field(default=None, description="redis://host:port/0")
    blob_url: str | None = Field(default=None, description="s3://bucket/prefix; a folder in `data` when unset")
    topic_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,60}$", description="before every topic's name")
    partitions: int = Field(default=6, ge=1, le=128, description="of every topic; fixed once there is data")
    replication: int = Field(default=1, ge=1, le=9, description="of every Kafka topic that the hub creates")
    secret_key: SecretStr | None = Field(default=None, description="seals account settings, signs media and visitors")
    old_secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="comma list: still accepted while keys are rotated"
    )
    trusted_proxies: Annotated[Networks, NoDecode] = Field(
        default=(), description="comma list of networks whose X-Forwarded-For is believed"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    migrate_at_start: bool | None = Field(default=None, description="default: only when embedded")
    local_providers: bool = Field(
        default=False, description="fetch media from loopback addresses, for simulated providers"
    )
    router_grace_s: float = Field(default=30, ge=1, le=3600, description="without a console before an agent is offline")

    @classmethod
    def read(cls, **given: Any) -> "Settings":
        """From the environment; `given` (the command line) wins where it is not None. Raises SettingsInvalid."""
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            faults = dict.fromkeys(_fault(dict(e)) for e in error.errors(include_input=False))
            raise SettingsInvalid(list(faults)) from None

    @property
    def embedded(self) -> bool:
        """One process holds everything."""
        return self.kafka_url is None

    @property
    def database(self) -> str:
        """The SQLAlchemy URL."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{(self.data / 'hub.db').absolute()}"

    @property
    def kafka_bootstrap(self) -> str:
        """host:port[,host:port]. Empty when embedded."""
        return (self.kafka_url or "").removeprefix("kafka://").rstrip("/")

    @property
    def url(self) -> str:
        """How others reach this hub, without a trailing slash."""
        return (self.public_url or f"http://{_shown(self.host)}:{self.port}").rstrip("/")

    def keys(self) -> tuple[str, ...]:
        """The secret key first, then the old ones. An embedded hub without one makes and keeps its own."""
        key = self.secret_key.get_secret_value() if self.secret_key else own_key(self.data)
        return (key, *(old.get_secret_value() for old in self.old_secret_keys))

    @field_validator("roles", "trusted_proxies", "old_secret_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("trusted_proxies", mode="after")
    @classmethod
    def _networks(cls, value: Networks) -> Networks:
        return tuple(ip_network(str(network)) for network in value)

    @field_validator("kafka_url")
    @classmethod
    def _kafka(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("kafka://"):
            raise ValueError("must look like kafka://host:9092")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("postgresql+asyncpg://", "sqlite+aiosqlite:")
        ):
            raise ValueError("must look like postgresql+asyncpg://user@host/name, or be unset for SQLite")
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        parts = urlsplit(value) if value else None
        if parts is not None and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query):
            raise ValueError("must look like https://hub.example.vn")
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        plain = value.get_secret_value()
        if len(plain) < SECRET_MIN_CHARS or plain.lower().strip("!-_ ") in EXAMPLES or len(set(plain)) < 8:
            raise ValueError(f"needs at least {SECRET_MIN_CHARS} random characters: openssl rand -base64 33")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        faults = []
        sqlite = self.database_url is None or self.database.startswith("sqlite")
        if self.kafka_url is not None:
            if sqlite:
                faults.append("HUB_KAFKA_URL needs PostgreSQL beside it: set HUB_DATABASE_URL")
            if self.redis_url is None:
                faults.append("HUB_KAFKA_URL needs Redis beside it: set HUB_REDIS_URL")
            if self.secret_key is None:
                faults.append("HUB_SECRET_KEY must be set, the same for every process")
        else:
            if not sqlite:
                faults.append("HUB_DATABASE_URL is PostgreSQL, which runs with Kafka: set HUB_KAFKA_URL")
            if set(self.roles) != set(Role):
                faults.append("HUB_ROLES: an embedded hub is one process with every role; roles need HUB_KAFKA_URL")
        if faults:
            raise ValueError("\n".join(faults))
        return self


def own_key(folder: Path) -> str:
    """The key an embedded hub made for itself: `secret.key` in its data folder, readable by its owner alone."""
    path = folder / "secret.key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key + "\n")
    return key


def _fault(error: dict[str, Any]) -> str:
    where = str(error["loc"][0]) if error["loc"] else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"HUB_{where.upper()}: {message}" if where else message.replace("\n", "\n  - ")


def _shown(host: str) -> str:
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host
