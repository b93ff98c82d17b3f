"""Orders of the shop's own systems -> evidence: who received what they ordered under a number has that number.

Only the buyer's own: an order is tied to the identity that placed it, and a masked number is never a key (DESIGN,
section 4). A number that no order of the buyer shows any more is taken back.
"""

from collections.abc import Callable

from hub.errors import Conflict, NotFound
from hub.events import EvidenceKind, EvidenceSource, Strength
from hub.ids import IdentityId
from identity.board import Board
from identity.claims import Given
from identity.commands import refresh_customer_line
from identity.normalize import phone_key
from identity.people import People
from identity.policy_book import in_force
from identity.records import ID_PREFIX, Books, Said
from identity.register import Register
from storage import accounts, orders
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage.evidence import Proof
from storage.identities import Identity
from storage.orders import Order
from storage.unit_of_work import UnitOfWork

ORDERS_READ = 1000


async def customer_of(work: UnitOfWork, external_id: str) -> IdentityId:
    """The record of this id, made if it is new."""
    address = (accounts.RECORDS, f"{ID_PREFIX}{external_id}")
    found = await identity_store.find(work.connection, [address])
    if address in found:
        return found[address].id
    [kept] = await Books(work).put([Said(key=f"{ID_PREFIX}{external_id}")], EvidenceSource.CRM)
    return kept.identity_id


async def buyer(work: UnitOfWork, account_id: str, external_id: str) -> IdentityId:
    """Raises NotFound: whoever orders on a channel has been seen there, or the order is told too early."""
    address = (account_id, external_id)
    found = await identity_store.find(work.connection, [address]) if account_id != accounts.RECORDS else {}
    if address not in found:
        raise NotFound("buyer_unknown", "Nobody of this id was seen on this channel account yet.", where="body.buyer")
    return found[address].id


async def put(work: UnitOfWork, build: Callable[[Order | None], Order]) -> tuple[Order, bool]:
    """The order as it is now, and whether it is new. `build` is given what is known of it. Raises Conflict when it
    would become somebody else's."""
    order = build(None)
    before = await orders.find(work.connection, order.external_id)
    if before is not None:
        order = build(before)
        if before.identity_id != order.identity_id:
            raise Conflict("order_elsewhere", "This order is another customer's.", where="body")
        if before.same_as(order):
            return before, False
    await _settle(work, order)
    return order, before is None


async def _settle(work: UnitOfWork, order: Order) -> None:
    board = Board(work)
    register = Register(board)
    identity = (await identity_store.by_ids(work.connection, [order.identity_id]))[order.identity_id]
    given = [Given(identity, _proof(work, identity, number)) for number in _numbers([order])]
    people = People(work, given, await in_force(work.connection))
    await register.hold(await people.load())
    await register.hold_owners([identity.id])
    await orders.put(work, order)
    await _take_back(work, identity)
    await people.settle(board, register)
    owners = await identity_store.customers_of(work.connection, [identity.id])
    await register.hold(owners.values())
    await refresh_customer_line(board, set(owners.values()))
    await board.finish()


async def _take_back(work: UnitOfWork, identity: Identity) -> None:
    shown = _numbers(await orders.of_identities(work.connection, [identity.id], limit=ORDERS_READ))
    proofs = (await evidence_store.of_identities(work.connection, [identity.id])).get(identity.id, [])
    gone = [p for p in proofs if p.source is EvidenceSource.ORDER_RECIPIENT and p.value not in shown]
    await evidence_store.remove(work.connection, gone)


def _numbers(found: list[Order]) -> set[str]:
    written = [order.recipient_phone for order in found if order.recipient_phone]
    return {key for raw in written if "*" not in raw and (key := phone_key(raw)) is not None}


def _proof(work: UnitOfWork, identity: Identity, number: str) -> Proof:
    now = work.clock.now()
    source, strength = EvidenceSource.ORDER_RECIPIENT, Strength.ORDER
    return Proof(identity.id, EvidenceKind.PHONE, number, source, strength, now, now)
