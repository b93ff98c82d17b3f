"""What the command line does to agents and channel accounts: the same steps as the console's admin pages."""

from typing import Any

import orjson

from agent_console.passwords import Passwords
from connectors import CONNECTORS
from connectors.accounts import checked_settings, plain_settings
from hub.assembly.ground import open_database
from hub.errors import BadInput
from hub.events import Channel
from hub.settings import Settings, secret_keys
from storage import accounts as account_store
from storage import agents as agent_store
from storage import routing
from storage.agents import NewAgent
from storage.secrets import SecretBox
from storage.unit_of_work import Units

PASSWORD_MIN_CHARS = 8


async def add_agent(
    settings: Settings, *, login: str, name: str, role: Any, capacity: int, locale: Any, password: str
) -> None:
    """A member of every queue. Raises BadInput, Conflict."""
    async with open_database(settings) as units:
        await put_agent(units, login=login, name=name, role=role, capacity=capacity, locale=locale, password=password)


async def put_agent(
    units: Units, *, login: str, name: str, role: Any, capacity: int, locale: Any, password: str
) -> None:
    if len(password) < PASSWORD_MIN_CHARS:
        raise BadInput("password_short", f"A password has at least {PASSWORD_MIN_CHARS} characters.", where="password")
    password_hash = await Passwords().hash(password)
    async with units.begin() as work:
        queue_ids = tuple(await routing.queues_of(work.connection))
        new = NewAgent(
            login=login,
            display_name=name,
            role=role,
            password_hash=password_hash,
            capacity=capacity,
            locale=locale,
            queue_ids=queue_ids,
        )
        await agent_store.add(work, new)
        await work.commit()


def webhook_url(settings: Settings, channel: str, account_id: str) -> str:
    """What to enter at the provider."""
    return f"{settings.url or f'http://localhost:{settings.port}'}/webhooks/{channel}/{account_id}"


async def list_agents(settings: Settings) -> list[dict[str, Any]]:
    async with open_database(settings) as units, units.database.reading() as connection:
        return [
            {
                "login": agent.login,
                "name": agent.display_name,
                "role": agent.role,
                "capacity": agent.capacity,
                "disabled": agent.disabled_at is not None,
            }
            for agent in await agent_store.listed(connection)
        ]


async def add_account(settings: Settings, account_id: str, channel: str, name: str, given: bytes) -> str:
    """The address to enter at the provider. Raises BadInput with every fault of the settings."""
    try:
        values = orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise BadInput("json_invalid", f"The settings are not JSON: {error}", where="settings") from error
    async with open_database(settings) as units:
        await put_account(units, SecretBox(secret_keys(settings)), account_id, _channel(channel), name, values)
    return webhook_url(settings, channel, account_id)


async def put_account(
    units: Units, box: SecretBox, account_id: str, channel: Channel, name: str, values: dict[str, Any]
) -> None:
    checked = plain_settings(checked_settings(CONNECTORS[channel].settings_model, values))
    async with units.begin() as work:
        await account_store.add(work, box, account_id=account_id, channel=channel, display_name=name, settings=checked)
        await work.commit()


async def list_accounts(settings: Settings) -> list[dict[str, Any]]:
    async with open_database(settings) as units, units.database.reading() as connection:
        return [
            {
                "id": account.id,
                "channel": account.channel.value,
                "name": account.display_name,
                "active": account.active,
                "alarm": account.alarm,
                "webhook": webhook_url(settings, account.channel.value, account.id),
            }
            for account in await account_store.listed(connection)
        ]


def settings_schema(channel: str) -> str:
    schema = CONNECTORS[_channel(channel)].settings_model.model_json_schema()
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode()


def _channel(name: str) -> Channel:
    known = {channel.value: channel for channel in CONNECTORS}
    if name not in known:
        raise BadInput("channel_unknown", f"The channels are {', '.join(sorted(known))}.", where="channel")
    return known[name]
