"""Signing in and out, and what agents say about themselves."""

from agent_console.api.endpoint import Answer, Call
from agent_console.auth import SignedIn, SignIns
from agent_console.kicks import kick
from agent_console.parts import Parts
from agent_console.shapes import me
from agent_console.views import Me, MePatch, PresenceIn, SignInIn
from hub.events import PresenceStatus
from hub.ids import AgentId
from router import commands
from storage import agents as agent_store
from storage import routing


class SigningIn:
    def __init__(self, parts: Parts, sign_ins: SignIns) -> None:
        self._parts = parts
        self._sign_ins = sign_ins

    async def sign_in(self, call: Call) -> Answer:
        signed_in, token = await self._sign_ins.sign_in(call.request, call.body(SignInIn))
        return Answer(
            await self._me(signed_in),
            finish=lambda response: self._sign_ins.set_cookie(call.request, response, token),
        )

    async def sign_out(self, call: Call) -> Answer:
        await self._sign_ins.sign_out(call.who)
        await kick(self._parts.ephemeral, "signed_out", call.caller.agent_id, sign_in=call.who.sign_in.token_sha256)
        return Answer(finish=lambda response: self._sign_ins.drop_cookie(call.request, response))

    async def get_me(self, call: Call) -> Me:
        return await self._me(call.who)

    async def change_me(self, call: Call) -> Me:
        async with self._parts.units.begin() as work:
            await agent_store.change(work, call.caller.agent_id, locale=call.body(MePatch).locale)
            await work.commit()
        return await self._me(await self._sign_ins.of(call.request))

    async def set_presence(self, call: Call) -> Me:
        status = call.body(PresenceIn).status
        async with self._parts.units.begin() as work:
            await commands.set_presence(work, call.caller.agent_id, status)
            await work.commit()
        return await self._me(call.who)

    async def _me(self, signed_in: SignedIn) -> Me:
        return me(signed_in, await self._presence(signed_in.agent.id))

    async def _presence(self, agent_id: AgentId) -> PresenceStatus:
        async with self._parts.units.database.reading() as connection:
            rows = await routing.agent_rows(connection, [agent_id], clock=self._parts.clock)
        return rows[agent_id].status if agent_id in rows else PresenceStatus.OFFLINE
