"""Telephone calls: one entry per call, the same whatever order its steps come in."""

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from hub.events import (
    Author,
    CallDirection,
    CallProgressed,
    CallState,
    Channel,
    ConversationStatus,
    TouchpointChanged,
    WorkArrived,
)
from hub.ids import ChannelAccountId
from identity import calls
from router import commands as router_commands
from storage import tables
from tests.identity.world import E164, World

START: Final = datetime(2026, 11, 22, 2, tzinfo=UTC)


def _step(
    state: CallState, second: int, talk_s: int | None, agent_ref: str | None, cause: str | None
) -> CallProgressed:
    return CallProgressed(
        channel=Channel.HOTLINE,
        account_id=ChannelAccountId("hotline"),
        identity=E164,
        dedupe_key=f"{state}{second}",
        occurred_at=START + timedelta(seconds=second),
        call_id="c1",
        direction=CallDirection.INBOUND,
        state=state,
        talk_s=talk_s,
        agent_ref=agent_ref,
        cause=cause,
    )


STEPS = st.builds(
    _step,
    st.sampled_from(list(CallState)),
    st.integers(0, 60),
    st.none() | st.integers(0, 50),
    st.none() | st.sampled_from(["101", "102"]),
    st.none() | st.sampled_from(["busy", "normal"]),
)


@given(st.lists(STEPS, min_size=1, max_size=7).flatmap(lambda s: st.tuples(st.just(s), st.permutations(s))))
def test_a_card_does_not_depend_on_the_order_of_its_steps(
    both: tuple[list[CallProgressed], list[CallProgressed]],
) -> None:
    def card(steps: list[CallProgressed]) -> object:
        made = calls.first_card(steps[0])
        for step in (*steps, *steps):
            made = calls.after(made, step)
        return made

    assert card(both[0]) == card(both[1])


@given(st.lists(STEPS, min_size=1, max_size=7))
def test_a_card_never_goes_back_to_an_earlier_state(steps: list[CallProgressed]) -> None:
    order = {CallState.OFFERED: 0, CallState.RINGING: 1, CallState.ANSWERED: 2, CallState.ENDED: 3, CallState.MISSED: 3}
    card, rank = calls.first_card(steps[0]), 0
    for step in steps:
        card = calls.after(card, step)
        assert order[card.state] >= rank
        rank = order[card.state]


async def test_a_whole_call_is_one_entry_whose_card_advances(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.OFFERED, hotline="19001234"))
    (conversation,) = await world.open_conversations()
    assert conversation.waiting_since is not None
    assert (conversation.customer_phone, conversation.phone_verified) == (E164, True)
    assert len(world.said(WorkArrived)) == 1
    await world.hears(world.call(E164, "c1", CallState.RINGING), world.call(E164, "c1", CallState.ANSWERED))
    (conversation,) = await world.open_conversations()
    assert conversation.waiting_since is None
    await world.hears(world.call(E164, "c1", CallState.ENDED, talk_s=65), world.recording(E164, "c1"))
    (entry,) = await world.timeline("hotline", E164)
    assert entry.author is Author.CUSTOMER
    assert entry.call is not None
    assert (entry.call.state, entry.call.talk_s) == (CallState.ENDED, 65)
    assert entry.call.recording is not None
    assert len(world.said(TouchpointChanged)) == 2
    (conversation,) = await world.open_conversations()
    assert conversation.preview is not None
    assert conversation.preview.kind == "call_ended"
    assert conversation.unread == 1


async def test_a_missed_call_waits_for_an_agent(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    (conversation,) = await world.open_conversations()
    assert conversation.status is ConversationStatus.WAITING
    assert conversation.waiting_since is not None
    assert conversation.preview is not None
    assert conversation.preview.kind == "call_missed"


async def test_a_call_missed_after_its_conversation_was_closed_is_work_again(world: World) -> None:
    agent = await world.house.add_agent("An")
    await world.hears(world.call(E164, "c1", CallState.RINGING))
    (conversation,) = await world.open_conversations()
    async with world.units.begin() as work:
        await router_commands.take(work, conversation.id, agent)
        await router_commands.resolve(work, conversation.id, agent)
        await work.commit()
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    (again,) = await world.open_conversations()
    assert again.id != conversation.id
    assert again.waiting_since is not None
    assert len(world.said(WorkArrived)) == 1
    assert len(await world.timeline("hotline", E164)) == 1


async def test_a_recording_that_comes_first_is_attached_later(world: World) -> None:
    await world.hears(world.recording(E164, "c1"))
    assert await world.conversations() == []
    await world.hears(world.call(E164, "c1", CallState.ENDED, talk_s=5))
    (entry,) = await world.timeline("hotline", E164)
    assert entry.call is not None
    assert entry.call.recording is not None
    assert await world.count(tables.early_arrivals) == 0


async def test_an_outgoing_call_makes_no_work(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.RINGING, direction=CallDirection.OUTBOUND))
    assert await world.open_conversations() == []
    (entry,) = await world.timeline("hotline", E164)
    assert entry.author is Author.BUSINESS


async def test_an_outgoing_call_that_is_answered_counts_as_answer(world: World) -> None:
    await world.hears(world.call(E164, "c1", CallState.MISSED))
    await world.hears(world.call(E164, "c2", CallState.RINGING, direction=CallDirection.OUTBOUND))
    (conversation,) = await world.open_conversations()
    assert conversation.waiting_since is not None
    await world.hears(world.call(E164, "c2", CallState.ANSWERED, direction=CallDirection.OUTBOUND))
    (conversation,) = await world.open_conversations()
    assert conversation.waiting_since is None


async def test_callers_without_number_are_strangers_each_time(world: World) -> None:
    await world.hears(world.call("anonymous:c1", "c1", CallState.MISSED))
    await world.hears(world.call("anonymous:c2", "c2", CallState.MISSED))
    assert len(await world.open_conversations()) == 2
