"""Signing in and out, and what agents say about themselves."""

from agent_console.api.endpoint import Answer, Call
from agent_console.auth import SignedIn, SignIns
from agent_console.kicks import kick
from agent_console.parts import Parts
from agent_console.shapes import agent_card, me
from agent_console.views import AgentCard, Me, MePatch, SignInIn
from agent_console.work_views import PresenceIn
from hub.ids import AgentId
from router import commands
from storage import agents as agent_store
from storage import routing
from storage.routing import AgentRow


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
        given = call.body(PresenceIn)
        async with self._parts.units.begin() as work:
            await commands.set_presence(work, call.caller.agent_id, given.status, reason=given.reason)
            await work.commit()
        return await self._me(call.who)

    async def set_agent_presence(self, call: Call) -> AgentCard:
        given, agent_id = call.body(PresenceIn), AgentId(call.id("agent_id"))
        async with self._parts.units.begin() as work:
            await commands.set_presence(work, agent_id, given.status, reason=given.reason, by="supervisor")
            rows = await routing.agent_rows(work.connection, [agent_id], clock=work.clock)
            await work.commit()
        return agent_card(rows[agent_id])

    async def end_wrap_up(self, call: Call) -> Me:
        async with self._parts.units.begin() as work:
            await commands.end_wrap_up(work, call.caller.agent_id)
            await work.commit()
        return await self._me(call.who)

    async def _me(self, signed_in: SignedIn) -> Me:
        return me(signed_in, await self._row(signed_in.agent.id))

    async def _row(self, agent_id: AgentId) -> AgentRow | None:
        async with self._parts.units.database.reading() as connection:
            rows = await routing.agent_rows(connection, [agent_id], clock=self._parts.clock)
        return rows.get(agent_id)
