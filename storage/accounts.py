"""Channel accounts: our pages, numbers and mailboxes, with their settings sealed.

Settings are a JSON object that the channel's settings_model has accepted; this store only seals and opens them.
`version` grows with every change of them, so that a running connector is built anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadInput, Conflict, NotFound
from hub.events import Channel
from hub.events.common import AccountId
from hub.ids import ChannelAccountId
from storage.dialect import upsert
from storage.secrets import SecretBox
from storage.tables import channel_accounts, leases
from storage.unit_of_work import UnitOfWork

SETTINGS_BYTES_MAX = 64 * 1024
ALARM_CHARS_MAX = 500
_ACCOUNT_ID: TypeAdapter[ChannelAccountId] = TypeAdapter(AccountId)


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """Everything but the settings. `alarm`: why it does not work at the moment, for the ops person."""

    id: ChannelAccountId
    channel: Channel
    display_name: str
    active: bool
    alarm: str | None
    version: int
    created_at: datetime


# The shop's own books stand beside its channels: what is kept there needs no connector. No account can be called so.
RECORDS = ChannelAccountId("_records")


_PLAIN = (
    channel_accounts.c.id,
    channel_accounts.c.channel,
    channel_accounts.c.display_name,
    channel_accounts.c.active,
    channel_accounts.c.alarm,
    channel_accounts.c.version,
    channel_accounts.c.created_at,
)


async def listed(connection: AsyncConnection) -> list[ChannelAccount]:
    """All of them, inactive ones too, by id; without the shop's own books."""
    query = sa.select(*_PLAIN).where(channel_accounts.c.id != RECORDS).order_by(channel_accounts.c.id)
    rows = await connection.execute(query)
    return [_account(row) for row in rows]


async def find(connection: AsyncConnection, account_id: str) -> ChannelAccount | None:
    query = sa.select(*_PLAIN).where(channel_accounts.c.id == account_id, channel_accounts.c.id != RECORDS)
    row = (await connection.execute(query)).first()
    return _account(row) if row else None


async def settings_of(
    connection: AsyncConnection, box: SecretBox, account_id: str, *, lock: bool = False
) -> tuple[dict[str, Any], int]:
    """The settings as they were given, and their version. Raises NotFound, SecretUnreadable."""
    query = sa.select(channel_accounts.c.settings, channel_accounts.c.version).where(
        channel_accounts.c.id == account_id
    )
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise _unknown(account_id)
    settings: dict[str, Any] = orjson.loads(box.open(bytes(row.settings), _place(account_id)))
    return settings, row.version


async def add(
    work: UnitOfWork,
    box: SecretBox,
    *,
    account_id: str,
    channel: Channel,
    display_name: str,
    settings: Mapping[str, Any],
) -> None:
    """A new, active account. Raises Conflict when the id is taken; ids are for ever, history hangs on them."""
    row = {
        "id": checked_id(account_id),
        "channel": channel.value,
        "display_name": display_name,
        "settings": _sealed(box, account_id, settings),
        "active": True,
        "version": 1,
        "created_at": work.clock.now(),
    }
    try:
        async with work.connection.begin_nested():
            await work.connection.execute(sa.insert(channel_accounts).values(row))
    except IntegrityError as error:
        raise Conflict("account_exists", f"There is a channel account {account_id!r} already.", where="id") from error


async def ensure_records(work: UnitOfWork) -> None:
    """The account that records hang on, made with the first of them."""
    row = {
        "id": RECORDS,
        "channel": Channel.RECORD.value,
        "display_name": "",
        "settings": b"",
        "active": True,
        "version": 1,
        "created_at": work.clock.now(),
    }
    insert = upsert(channel_accounts, is_sqlite=work.is_sqlite).values(row)
    await work.connection.execute(insert.on_conflict_do_nothing(index_elements=["id"]))


async def change(
    work: UnitOfWork,
    box: SecretBox,
    account_id: str,
    *,
    display_name: str | None = None,
    active: bool | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """What is None stays. New settings end an alarm: whether they help, the next attempt will tell. Raises NotFound."""
    values: dict[str, Any] = {}
    if display_name is not None:
        values["display_name"] = display_name
    if active is not None:
        values["active"] = active
    if settings is not None:
        version = channel_accounts.c.version + 1
        values |= {"settings": _sealed(box, account_id, settings), "alarm": None, "version": version}
    await _update(work, account_id, values)


async def set_alarm(work: UnitOfWork, account_id: str, alarm: str | None) -> None:
    """None: it works again. Raises NotFound."""
    await _update(work, account_id, {"alarm": alarm[:ALARM_CHARS_MAX] if alarm else None})


async def end_alarm(work: UnitOfWork, account_id: str, alarm_prefix: str) -> None:
    """Ends the alarm if it is one of those that begin so; another one stays."""
    theirs = channel_accounts.c.alarm.startswith(alarm_prefix, autoescape=True)
    query = sa.update(channel_accounts).where(channel_accounts.c.id == account_id, theirs).values(alarm=None)
    await work.connection.execute(query)


def checked_id(account_id: str) -> ChannelAccountId:
    """Raises BadInput unless it can stand in webhook paths and bus keys."""
    try:
        return _ACCOUNT_ID.validate_python(account_id)
    except ValidationError as error:
        rule = "Use a-z, 0-9 and hyphens, at most 63, a letter or digit first."
        raise BadInput("account_id_invalid", rule, where="id") from error


async def take_turn(work: UnitOfWork, account_id: str, owner: str, until: datetime) -> bool:
    """The one who renews the credentials, over all processes, until `until` at the latest. False: somebody else is.

    A lease and not a row lock: the renewal waits for a provider, and no transaction may stay open for that long.
    """
    insert = upsert(leases, is_sqlite=work.is_sqlite).values(
        name=_turn(account_id), owner=owner, fence=1, expires_at=until
    )
    taken = insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": owner, "fence": leases.c.fence + 1, "expires_at": until},
        where=leases.c.expires_at <= work.clock.now(),
    ).returning(leases.c.owner)
    return (await work.connection.execute(taken)).first() is not None


async def end_turn(work: UnitOfWork, account_id: str, owner: str) -> None:
    query = sa.delete(leases).where(leases.c.name == _turn(account_id), leases.c.owner == owner)
    await work.connection.execute(query)


async def _update(work: UnitOfWork, account_id: str, values: dict[str, Any]) -> None:
    # With nothing to change the row is still written, which tells whether it is there.
    query = sa.update(channel_accounts).where(channel_accounts.c.id == account_id).values(values or {"id": account_id})
    if (await work.connection.execute(query)).rowcount != 1:
        raise _unknown(account_id)


def _sealed(box: SecretBox, account_id: str, settings: Mapping[str, Any]) -> bytes:
    plain = orjson.dumps(dict(settings))
    if len(plain) > SETTINGS_BYTES_MAX:
        raise BadInput(
            "settings_too_large", f"Settings have at most {SETTINGS_BYTES_MAX // 1024} KiB.", where="settings"
        )
    return box.seal(plain, _place(account_id))


def _turn(account_id: str) -> str:
    return f"renewal/{account_id}"


def _place(account_id: str) -> str:
    return f"channel_accounts/{account_id}"


def _account(row: sa.Row[*tuple[Any, ...]]) -> ChannelAccount:
    return ChannelAccount(**{**row._asdict(), "channel": Channel(row.channel)})


def _unknown(account_id: str) -> NotFound:
    return NotFound("account_unknown", f"There is no channel account {account_id!r}.")
