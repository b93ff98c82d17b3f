"""Channel accounts, agents, dead letters: for administrators."""

from typing import Any

from agent_console.admin_views import (
    AgentDetail,
    AgentIn,
    AgentList,
    AgentPatch,
    ChannelAccountIn,
    ChannelAccountList,
    ChannelAccountPatch,
    ChannelAccountView,
    ChannelList,
    ChannelView,
    DeadLetterPage,
    DeadLettersQuery,
    ReplayIn,
    ReplayOut,
)
from agent_console.api.endpoint import Call
from agent_console.dead_letters import DeadLetters
from agent_console.errors import Misfit
from agent_console.kicks import kick
from agent_console.parts import Parts
from agent_console.passwords import Passwords
from agent_console.secret_settings import with_secrets_kept, without_secrets
from agent_console.shapes import agent_detail
from hub.errors import BadInput, Conflict, NotFound
from hub.events import Channel
from hub.ids import AgentId
from router import commands
from storage import accounts as account_store
from storage import agents as agent_store
from storage import sign_ins as sign_in_store
from storage.accounts import ChannelAccount
from storage.agents import Agent, NewAgent
from storage.engine import Connection
from storage.secrets import SecretUnreadable

UNREADABLE = "The settings cannot be opened with the present secret key."


class Channels:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_channels(self, call: Call) -> ChannelList:
        return ChannelList(items=tuple(self._channel(channel) for channel in self._parts.catalog.channels()))

    async def list_channel_accounts(self, call: Call) -> ChannelAccountList:
        async with self._parts.units.database.reading() as connection:
            accounts = await account_store.listed(connection)
            return ChannelAccountList(items=tuple([await self._view(connection, account) for account in accounts]))

    async def add_channel_account(self, call: Call) -> ChannelAccountView:
        given = call.body(ChannelAccountIn)
        settings = self._checked(given.channel, given.settings)
        async with self._parts.units.begin() as work:
            await account_store.add(
                work,
                self._parts.box,
                account_id=given.id,
                channel=given.channel,
                display_name=given.display_name,
                settings=settings,
            )
            if not given.active:
                await account_store.change(work, self._parts.box, given.id, active=False)
            added = await self._found(work.connection, given.id)
            view = await self._view(work.connection, added)
            await work.commit()
        return view

    async def change_channel_account(self, call: Call) -> ChannelAccountView:
        account_id, given = call.path["account_id"], call.body(ChannelAccountPatch)
        async with self._parts.units.begin() as work:
            account = await self._found(work.connection, account_id)
            settings = None
            if given.settings is not None:
                stored = await self._stored(work.connection, account, lock=True) or {}
                schema = self._parts.catalog.settings_schema(account.channel)
                settings = self._checked(account.channel, with_secrets_kept(given.settings, stored, schema))
            await account_store.change(
                work,
                self._parts.box,
                account_id,
                display_name=given.display_name,
                active=given.active,
                settings=settings,
            )
            view = await self._view(work.connection, await self._found(work.connection, account_id))
            await work.commit()
        return view

    def _channel(self, channel: Channel) -> ChannelView:
        abilities = self._parts.catalog.abilities(channel)
        window = abilities.reply_window
        return ChannelView(
            channel=channel,
            can_send=abilities.can_send,
            text_chars_max=abilities.text_chars_max,
            attachments=dict(abilities.attachments),
            reply_window_s=window.total_seconds() if window else None,
            settings_schema=self._parts.catalog.settings_schema(channel),
        )

    def _checked(self, channel: Channel, settings: dict[str, Any]) -> dict[str, Any]:
        if channel not in self._parts.catalog.channels():
            raise NotFound("channel_unknown", "This channel is not installed.", where="body.channel")
        try:
            return self._parts.catalog.validate_settings(channel, settings)
        except BadInput as error:
            if not error.faults:
                raise
            raise Misfit([(f"body.settings.{where}", told) for where, told in error.faults], error.code) from error

    async def _found(self, connection: Connection, account_id: str) -> ChannelAccount:
        account = await account_store.find(connection, account_id)
        if account is None:
            raise NotFound("account_unknown", "There is no such channel account.", where="path.account_id")
        return account

    async def _stored(
        self, connection: Connection, account: ChannelAccount, *, lock: bool = False
    ) -> dict[str, Any] | None:
        """None: the secret key that sealed them is not among ours. All of them can be given anew."""
        try:
            stored, _ = await account_store.settings_of(connection, self._parts.box, account.id, lock=lock)
        except SecretUnreadable:
            return None
        return stored

    async def _view(self, connection: Connection, account: ChannelAccount) -> ChannelAccountView:
        stored = await self._stored(connection, account)
        known = stored is not None and account.channel in self._parts.catalog.channels()
        schema = self._parts.catalog.settings_schema(account.channel) if known else {}
        shown, secrets = without_secrets(stored, schema) if stored is not None and known else ({}, ())
        return ChannelAccountView(
            id=account.id,
            channel=account.channel,
            display_name=account.display_name,
            active=account.active,
            alarm=account.alarm if stored is not None else UNREADABLE,
            settings=shown,
            secrets=secrets,
            webhook_url=f"{self._parts.public_url.rstrip('/')}/webhooks/{account.channel}/{account.id}",
            version=account.version,
            created_at=account.created_at,
        )


class Agents:
    def __init__(self, parts: Parts, passwords: Passwords) -> None:
        self._parts = parts
        self._passwords = passwords

    async def list_agents(self, call: Call) -> AgentList:
        async with self._parts.units.database.reading() as connection:
            found = await agent_store.listed(connection)
        return AgentList(items=tuple(agent_detail(agent) for agent in found))

    async def add_agent(self, call: Call) -> AgentDetail:
        given = call.body(AgentIn)
        new = NewAgent(
            login=given.login,
            display_name=given.display_name,
            role=given.role,
            password_hash=await self._passwords.hash(given.password),
            capacity=given.capacity,
            locale=given.locale,
            queue_ids=given.queue_ids,
        )
        async with self._parts.units.begin() as work:
            agent_id = await agent_store.add(work, new)
            added = await self._found(work.connection, agent_id)
            await work.commit()
        return agent_detail(added)

    async def change_agent(self, call: Call) -> AgentDetail:
        """Tells the router what changed, and every console process whose rights."""
        agent_id, given = AgentId(call.id("agent_id")), call.body(AgentPatch)
        password_hash = await self._passwords.hash(given.password) if given.password else None
        ended = given.disabled is True or password_hash is not None
        async with self._parts.units.begin() as work:
            await self._keep_an_admin(work.connection, agent_id, given)
            await agent_store.change(
                work,
                agent_id,
                display_name=given.display_name,
                role=given.role,
                password_hash=password_hash,
                capacity=given.capacity,
                locale=given.locale,
                queue_ids=given.queue_ids,
                disabled=given.disabled,
            )
            if ended:
                mine = call.who.sign_in.token_sha256 if agent_id == call.caller.agent_id else None
                await sign_in_store.remove_of(work, agent_id, but=mine)
            await commands.refresh_agent(work, agent_id)
            changed = await self._found(work.connection, agent_id)
            await work.commit()
        await kick(self._parts.ephemeral, "disabled" if ended else "changed", agent_id)
        return agent_detail(changed)

    async def _found(self, connection: Connection, agent_id: AgentId) -> Agent:
        agent = await agent_store.find(connection, agent_id)
        if agent is None:
            raise NotFound("agent_unknown", "There is no such agent.", where="path.agent_id")
        return agent

    async def _keep_an_admin(self, connection: Connection, agent_id: AgentId, given: AgentPatch) -> None:
        """Raises Conflict when nobody could administer any more."""
        steps_down = given.disabled is True or given.role not in {None, "admin"}
        if not steps_down:
            return
        agent = await self._found(connection, agent_id)
        if agent.role == "admin" and not await agent_store.other_admins(connection, agent_id):
            raise Conflict("last_admin", "Somebody must remain who can administer.", where="body")


class Letters:
    def __init__(self, parts: Parts) -> None:
        self._letters = DeadLetters(parts.bus, parts.clock)

    async def list_dead_letters(self, call: Call) -> DeadLetterPage:
        return await self._letters.page(call.query(DeadLettersQuery))

    async def replay_dead_letters(self, call: Call) -> ReplayOut:
        return await self._letters.replay(call.body(ReplayIn).ids)
