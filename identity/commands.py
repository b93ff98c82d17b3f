"""What agents decide about who is who. Each runs inside the caller's unit of work; the caller commits.

Who may see the customers at all is checked by the caller. Raises NotFound for what does not exist, Conflict when the
state has moved on, BadInput for what makes no sense.
"""

from collections.abc import Collection
from functools import partial

from hub.errors import Conflict, NotFound
from hub.events import ConversationState, CustomerChanged, SuggestionSettled
from hub.ids import AgentId, CustomerId, IdentityId, LedgerEntryId, SuggestionId
from identity import explanations
from identity.board import Board
from identity.register import Register
from storage import customers as customer_store
from storage import identities as identity_store
from storage import suggestions
from storage.customers import show
from storage.suggestions import Suggestion
from storage.unit_of_work import UnitOfWork


async def accept_suggestion(
    work: UnitOfWork, suggestion_id: SuggestionId, agent_id: AgentId, *, reason: str | None = None
) -> LedgerEntryId | None:
    """The two are one person. None when they were already, by another way. Accepting twice is a Conflict."""
    board = Board(work)
    register = Register(board)
    suggestion = await _open_suggestion(work, register, suggestion_id)
    why = explanations.accepted(suggestion.why, reason)
    entry_id = await register.join(
        suggestion.identity_a, suggestion.identity_b, why, evidence=suggestion.evidence, agent_id=agent_id
    )
    await _settle(work, board, suggestion, "accepted", agent_id, entry_id)
    await board.finish()
    return entry_id


async def reject_suggestion(work: UnitOfWork, suggestion_id: SuggestionId, agent_id: AgentId) -> None:
    """Two people: no evidence suggests or joins them again."""
    board = Board(work)
    suggestion = await _open_suggestion(work, Register(board), suggestion_id)
    await _settle(work, board, suggestion, "rejected", agent_id, None)
    await board.finish()


async def merge_customers(
    work: UnitOfWork, one: CustomerId, other: CustomerId, agent_id: AgentId, *, reason: str | None = None
) -> LedgerEntryId:
    """One person, because the agent says so. Either may be named by any of its records."""
    board = Board(work)
    a, b = await _first_identity(work, one), await _first_identity(work, other)
    why = explanations.by_agent("merge", reason)
    entry_id = await Register(board).join(a, b, why, agent_id=agent_id)
    if entry_id is None:
        raise Conflict("already_one", "These two are one customer already.")
    await board.finish()
    return entry_id


async def split_identity(
    work: UnitOfWork, identities: Collection[IdentityId], agent_id: AgentId, *, reason: str | None = None
) -> LedgerEntryId:
    """These channel identities, of one customer, are somebody else than the rest of it."""
    board = Board(work)
    entry_id = await Register(board).split(identities, explanations.by_agent("split", reason), agent_id)
    await board.finish()
    return entry_id


async def move_identity(
    work: UnitOfWork, identity: IdentityId, to: CustomerId, agent_id: AgentId, *, reason: str | None = None
) -> LedgerEntryId:
    """This channel identity is not its customer's but that other one's: one entry, undone exactly."""
    board = Board(work)
    target = await _first_identity(work, to)
    entry_id = await Register(board).move(identity, target, explanations.by_agent("move", reason), agent_id)
    await board.finish()
    return entry_id


async def undo_entry(
    work: UnitOfWork, entry_id: LedgerEntryId, agent_id: AgentId, *, reason: str | None = None
) -> LedgerEntryId:
    """As if that entry had never been made; undoing an undo makes it count again. The id of the new entry."""
    board = Board(work)
    undo_id = await Register(board).undo(entry_id, explanations.by_agent("undo", reason), agent_id)
    await board.finish()
    return undo_id


async def refresh_customer_line(board: Board, customers: Collection[CustomerId]) -> None:
    """What lists show of these customers, on their open conversations, anew; tells who looks at them, and the router,
    whose rules may ask what was changed. The customers must be held."""
    lines = await customer_store.lines(board.work.connection, customers)
    for customer_id in customers:
        conversation = board.open_of(customer_id)
        if conversation is not None:
            show(conversation, lines[customer_id])
            board.record(conversation, partial(_changed, customer_id))
            board.waits(conversation)


async def _open_suggestion(work: UnitOfWork, register: Register, suggestion_id: SuggestionId) -> Suggestion:
    """Its two customers are held first, as everybody does, then the suggestion itself."""
    seen = await suggestions.find(work.connection, suggestion_id)
    if seen is None:
        raise NotFound("suggestion_unknown", "There is no such suggestion.", where="suggestion_id")
    await register.hold_owners([seen.identity_a, seen.identity_b])
    suggestion = await suggestions.lock(work.connection, suggestion_id)
    if suggestion is None or suggestion.status != "open":
        raise Conflict("suggestion_settled", "This suggestion was settled already.", where="suggestion_id")
    return suggestion


async def _settle(
    work: UnitOfWork,
    board: Board,
    suggestion: Suggestion,
    outcome: suggestions.Outcome,
    agent_id: AgentId,
    entry_id: LedgerEntryId | None,
) -> None:
    now = work.clock.now()
    await suggestions.settle(work.connection, [suggestion.id], outcome, at=now, by=agent_id, entry_id=entry_id)
    owners = await identity_store.customers_of(work.connection, [suggestion.identity_a, suggestion.identity_b])
    lines = await customer_store.lines(work.connection, owners.values())
    for customer_id in sorted(set(owners.values())):
        conversation = board.open_of(customer_id)
        if conversation is not None:
            show(conversation, lines[customer_id])
            board.record(
                conversation,
                lambda state: SuggestionSettled(
                    conversation=state, suggestion_id=suggestion.id, outcome=outcome, entry_id=entry_id
                ),
            )


async def _first_identity(work: UnitOfWork, customer_id: CustomerId) -> IdentityId:
    """The one whose home record stands for the customer. Nobody is held yet: who was merged between two looks is looked
    up once more, for as long as that goes on."""
    asked: CustomerId | None = None
    while True:
        current = await customer_store.current(work.connection, customer_id)
        if current is None or current == asked:
            raise _no_customer()
        members = await identity_store.by_customers(work.connection, [current])
        if members:
            return members[0].id
        asked = current


def _no_customer() -> NotFound:
    return NotFound("customer_unknown", "There is no such customer.", where="customer_id")


def _changed(customer_id: CustomerId, state: ConversationState) -> CustomerChanged:
    return CustomerChanged(conversation=state, customer_id=customer_id)
