"""Who was asked about which conversation. The conversation's own list says so, too; here it is found by agent."""

import sqlalchemy as sa

from hub.ids import AgentId, ConversationId
from storage.dialect import upsert
from storage.tables import consults
from storage.unit_of_work import UnitOfWork


async def add(work: UnitOfWork, conversation_id: ConversationId, agents: tuple[AgentId, ...]) -> None:
    """Those who were asked before stay."""
    for agent_id in sorted(agents):
        row = upsert(consults, is_sqlite=work.is_sqlite).values(agent_id=agent_id, conversation_id=conversation_id)
        await work.connection.execute(row.on_conflict_do_nothing())


async def drop(work: UnitOfWork, conversation_id: ConversationId, agent_id: AgentId) -> None:
    here = (consults.c.conversation_id == conversation_id) & (consults.c.agent_id == agent_id)
    await work.connection.execute(sa.delete(consults).where(here))


async def drop_all(work: UnitOfWork, conversation_id: ConversationId) -> None:
    await work.connection.execute(sa.delete(consults).where(consults.c.conversation_id == conversation_id))
