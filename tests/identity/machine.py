"""Any sequence of messages, merges, splits, undos and work on the hub beside the reference, and what must hold then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, ClassVar, TypeVar

import hypothesis
import sqlalchemy as sa
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hub.clock import ManualClock
from hub.events import Author, ConversationState, ConversationStatus
from hub.ids import AgentId, ConversationId, IdentityId, LedgerEntryId
from identity import commands, editing
from router import commands as router_commands
from storage import tables
from storage.conversations import Conversation
from storage.unit_of_work import UnitOfWork
from tests import databases
from tests.identity.reference import PEOPLE, Entry, Reference
from tests.identity.state import differences, whole_state
from tests.identity.world import World, build_world

T = TypeVar("T")
ACCOUNTS = ("fb-main", "zalo-main", "web")


class Machine(RuleBasedStateMachine):
    """The hub beside the reference."""

    new_database: ClassVar[Callable[[], str]]  # gives the URL of a fresh one with the schema

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.exits = AsyncExitStack()
        self.clock = ManualClock()
        self.reference = Reference()
        self.entry_ids: list[LedgerEntryId] = []
        self.told: dict[ConversationId, ConversationState] = {}
        self.sent: dict[int, int] = {}
        self.resolved_any = False
        self.run(self._set_up(type(self).new_database()))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _set_up(self, url: str) -> None:
        units = await self.exits.enter_async_context(databases.opened(url, self.clock))
        self.world: World = await build_world(units)
        self.agents = [await self.world.house.add_agent(f"Agent{i}", capacity=2) for i in range(2)]
        for person in range(PEOPLE):
            await self._message(person)
        self.people: list[IdentityId] = [(await self.world.identity(*_address(p))).id for p in range(PEOPLE)]
        self.first = {c.identity_id: c.id for c in await self.world.conversations()}

    async def _message(self, person: int) -> None:
        self.clock.advance(1)
        self.sent[person] = self.sent.get(person, 0) + 1
        await self.world.hears(self.world.message(*_address(person), f"từ {person}: {self.sent[person]}"))
        self._listen()

    def _listen(self) -> None:
        for event in self.world.last:
            state = getattr(event.data, "conversation", None)
            if state is not None:
                assert state.seq == (self.told[state.id].seq + 1 if state.id in self.told else 1)
                self.told[state.id] = state

    async def _command(self, command: Callable[[UnitOfWork], Coroutine[Any, Any, Any]]) -> Any:
        self.clock.advance(1)
        async with self.world.units.begin() as work:
            result = await command(work)
            await work.commit()
        self.world.last = list(work.published)
        self._listen()
        return result

    # --- what may happen ---------------------------------------------------------------------------------------------

    @rule(person=st.integers(0, PEOPLE - 1))
    def message(self, person: int) -> None:
        self.run(self._message(person))
        group = {self.people[p] for p in self.reference.group_of(person)}
        holders = [c for c in self.run(self.world.open_conversations()) if c.identity_id in group]
        assert len(holders) == 1
        assert holders[0].waiting_since is not None

    @rule(a=st.integers(0, PEOPLE - 1), b=st.integers(0, PEOPLE - 1))
    def merge(self, a: int, b: int) -> None:
        if self.reference.group_of(a) == self.reference.group_of(b):
            return
        self.reference.merge(a, b)
        self.entry_ids.append(self.run(self._merge(a, b)))

    async def _merge(self, a: int, b: int) -> LedgerEntryId:
        one, other = await self.world.customer(*_address(a)), await self.world.customer(*_address(b))
        made: LedgerEntryId = await self._command(
            lambda work: commands.merge_customers(work, one, other, self.agents[0])
        )
        return made

    @rule(leaving=st.sets(st.integers(0, PEOPLE - 1), min_size=1, max_size=PEOPLE - 1))
    def split(self, leaving: set[int]) -> None:
        leaving &= set(self.reference.group_of(min(leaving)))
        if leaving == set(self.reference.group_of(min(leaving))):
            return
        self.reference.split(leaving)
        ids = [self.people[person] for person in leaving]
        self.entry_ids.append(self.run(self._command(lambda work: commands.split_identity(work, ids, self.agents[0]))))

    @rule(mine=st.integers(0, PEOPLE - 1), to=st.integers(0, PEOPLE - 1))
    def move(self, mine: int, to: int) -> None:
        if self.reference.group_of(mine) == self.reference.group_of(to):
            return
        self.reference.move(mine, to)
        self.entry_ids.append(self.run(self._move(self.people[mine], to)))

    async def _move(self, mine: IdentityId, to: int) -> LedgerEntryId:
        customer_id = await self.world.customer(*_address(to))
        made: LedgerEntryId = await self._command(
            lambda work: commands.move_identity(work, mine, customer_id, self.agents[0])
        )
        return made

    @precondition(lambda self: self.entry_ids)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        standing = [i for i in range(len(self.entry_ids)) if self.reference.in_force(i)]
        self._undo(data.draw(st.sampled_from(standing)))

    # --- what must change nothing ------------------------------------------------------------------------------------

    @rule(a=st.integers(0, PEOPLE - 1), b=st.integers(0, PEOPLE - 1))
    def merging_and_undoing_changes_nothing(self, a: int, b: int) -> None:
        before = self.run(whole_state(self.world.units))
        entries = len(self.entry_ids)
        self.merge(a, b)
        if len(self.entry_ids) > entries:
            self._undo(len(self.entry_ids) - 1)
            changed = differences(before, self.run(whole_state(self.world.units)))
            assert not changed, "\n".join(changed)

    @precondition(lambda self: self.entry_ids)
    @rule(data=st.data())
    def undoing_and_redoing_leaves_the_same_people(self, data: st.DataObject) -> None:
        before = self.run(self._owners())
        self.undo(data)
        self._undo(len(self.entry_ids) - 1)
        assert self.run(self._owners()) == before

    def _undo(self, number: int) -> None:
        self.reference.entries.append(Entry(target=number))
        entry_id = self.entry_ids[number]
        self.entry_ids.append(self.run(self._command(lambda work: commands.undo_entry(work, entry_id, self.agents[0]))))

    @rule(person=st.integers(0, PEOPLE - 1), agent=st.integers(0, 1))
    def take(self, person: int, agent: int) -> None:
        self.run(self._take(person, self.agents[agent]))

    async def _take(self, person: int, agent_id: AgentId) -> None:
        conversation = await self._open_of(person)
        waits = conversation is not None and conversation.status is ConversationStatus.WAITING
        if conversation is not None and waits and (await self._loads()).get(agent_id, 0) < 2:
            conversation_id = conversation.id
            await self._command(lambda work: router_commands.take(work, conversation_id, agent_id))
            await self.world.reply(*_address(person), agent_id=agent_id)
            await self._read_told()

    @rule(person=st.integers(0, PEOPLE - 1), word=st.sampled_from(["a", "b", ""]))
    def describe(self, person: int, word: str) -> None:
        """Name, tags, a note and an attribute, by hand."""
        self.run(self._describe(person, word))

    async def _describe(self, person: int, word: str) -> None:
        customer_id = await self.world.customer(*_address(person))
        change = editing.Change(
            name=word,
            tags=(word,) if word else (),
            notes={customer_id: word},
            attributes={"hang": word or None},
        )
        await self._command(lambda work: editing.change(work, customer_id, change))

    @rule(person=st.integers(0, PEOPLE - 1))
    def answer(self, person: int) -> None:
        """On this person's own channel, whoever else their customer is."""
        self.run(self._answer(person))

    async def _answer(self, person: int) -> None:
        conversation = await self._open_of(person)
        if conversation is not None and conversation.owner_id is not None:
            self.clock.advance(1)
            await self.world.reply(*_address(person), agent_id=conversation.owner_id)
            await self._read_told()

    @rule(person=st.integers(0, PEOPLE - 1))
    def release(self, person: int) -> None:
        """Back to the queue: it waits although it may be answered."""
        self.run(self._release(person))

    async def _release(self, person: int) -> None:
        conversation = await self._open_of(person)
        if conversation is not None and conversation.owner_id is not None:
            conversation_id, owner_id = conversation.id, conversation.owner_id
            await self._command(lambda work: router_commands.release(work, conversation_id, owner_id))

    async def _open_of(self, person: int) -> Conversation | None:
        customer_id = await self.world.customer(*_address(person))
        return next((c for c in await self.world.open_conversations() if c.customer_id == customer_id), None)

    async def _read_told(self) -> None:
        """A reply is written without being told to us; its state is."""
        self.told |= {c.id: c.state() for c in await self.world.conversations()}

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def customers_are_what_the_reference_says(self) -> None:
        owners = self.run(self._owners())
        groups: dict[Any, list[int]] = {}
        for person, identity_id in enumerate(self.people):
            groups.setdefault(owners[identity_id], []).append(person)
        assert sorted(groups.values()) == sorted(self.reference.groups())
        for customer_id, group in groups.items():
            assert customer_id == self.homes[self.people[group[0]]]
        assert self.current == {home: owners[i] for i, home in self.homes.items()}

    async def _owners(self) -> dict[Any, Any]:
        ci, records = tables.channel_identities.c, tables.customers.c
        async with self.world.units.database.reading() as connection:
            rows = (await connection.execute(sa.select(ci.id, ci.customer_id, ci.home_customer_id))).all()
            self.current = {
                row.id: row.current_id for row in await connection.execute(sa.select(records.id, records.current_id))
            }
        self.homes = {row.id: row.home_customer_id for row in rows}
        return {row.id: row.customer_id for row in rows}

    @invariant()
    def each_customer_has_one_open_conversation(self) -> None:
        owners = self.run(self._owners())
        standing = [c for c in self.run(self.world.conversations()) if c.is_open]
        customers = [c.customer_id for c in standing]
        assert len(customers) == len(set(customers))
        assert all(owners[c.identity_id] == c.customer_id for c in standing)
        if not self.resolved_any:
            assert set(customers) == set(owners.values())

    @invariant()
    def what_is_unread_is_so_on_the_identities_of_the_customer(self) -> None:
        unread = self.run(self._unread())
        for conversation in self.run(self.world.open_conversations()):
            assert conversation.unread == unread.get(conversation.customer_id)

    async def _unread(self) -> dict[Any, int]:
        ci = tables.channel_identities.c
        query = sa.select(ci.customer_id, sa.func.sum(ci.unread)).group_by(ci.customer_id)
        async with self.world.units.database.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    @invariant()
    def every_message_stands_in_the_timeline_of_its_person(self) -> None:
        for group in self.reference.groups():
            entries = self.run(self.world.timeline(*_address(group[0])))
            told = [entry.text for entry in entries if entry.author is Author.CUSTOMER]
            assert sorted(told, key=str) == sorted(f"từ {p}: {i + 1}" for p in group for i in range(self.sent[p]))
            assert [entry.number for entry in entries] == sorted(entry.number for entry in entries)

    @invariant()
    def nobody_holds_more_than_they_can(self) -> None:
        assert all(load <= 2 for load in self.run(self._loads()).values())

    async def _loads(self) -> dict[AgentId, int]:
        loads: dict[AgentId, int] = {}
        for conversation in await self.world.open_conversations():
            if conversation.owner_id is not None:
                assert conversation.status is ConversationStatus.ASSIGNED
            if conversation.owner_id is not None and conversation.snoozed_until is None:
                loads[conversation.owner_id] = loads.get(conversation.owner_id, 0) + 1
        return loads

    @invariant()
    def what_was_told_is_what_is(self) -> None:
        for conversation in self.run(self.world.conversations()):
            assert self.told[conversation.id] == conversation.state()

    def teardown(self) -> None:
        """When everything is undone, everybody is as alone as at first, each with their own conversation."""
        try:
            self._undo_everything()
        finally:
            self.run(self.exits.aclose())
            self.runner.close()

    def _undo_everything(self) -> None:
        while standing := [i for i in range(len(self.entry_ids)) if self._revocable(i)]:
            self._undo(standing[len(standing) // 2])
        self.customers_are_what_the_reference_says()
        self.each_customer_has_one_open_conversation()
        if not self.resolved_any:
            now = {c.identity_id: c.id for c in self.run(self.world.open_conversations())}
            assert now == self.first

    def _revocable(self, number: int) -> bool:
        """A merge or split that counts."""
        return self.reference.entries[number].target is None and self.reference.in_force(number)


class MachineWithResolving(Machine):
    """Conversations also end: then only what is promised for that holds."""

    @rule(person=st.integers(0, PEOPLE - 1))
    def resolve(self, person: int) -> None:
        self.resolved_any = True
        self.run(self._resolve(person))

    async def _resolve(self, person: int) -> None:
        conversation = await self._open_of(person)
        if conversation is not None:
            conversation_id = conversation.id
            await self._command(lambda work: router_commands.resolve(work, conversation_id, self.agents[0]))


def _address(person: int) -> tuple[str, str]:
    return (ACCOUNTS[person % len(ACCOUNTS)], f"person{person}")


def run_machine(machine: type[Machine], open_database: Callable[[], str], *, examples: int) -> None:
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"new_database": staticmethod(open_database)}),
        settings=hypothesis.settings(
            max_examples=examples,
            stateful_step_count=20,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # short enough to read; shrinking takes minutes
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
