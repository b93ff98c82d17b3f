"""Other systems: customers and orders, pushed and pulled. Whatever is sent twice changes nothing the second time."""

from datetime import datetime, timedelta

from agent_console.api.editing import attribute_values, contact_points
from agent_console.api.endpoint import Answer, Call
from agent_console.crm_views import (
    ChangedQuery,
    CrmContact,
    CrmCustomer,
    CrmCustomerIn,
    CrmCustomerPage,
    CrmOrder,
    CrmOrderIn,
    CrmOrderPage,
)
from agent_console.parts import Parts
from agent_console.shapes import order_view
from hub.errors import BadInput, NotFound
from hub.events import EvidenceKind, EvidenceSource
from hub.ids import IdentityId, new_id
from identity import editing, ordering
from identity.records import ID_PREFIX, Books, Said
from storage import accounts, customer_reads
from storage import attributes as attribute_store
from storage import identities as identity_store
from storage import orders as order_store
from storage.cursors import cursor, read_cursor
from storage.customer_reads import Place, Portrait
from storage.engine import Connection
from storage.orders import Order
from storage.unit_of_work import UnitOfWork

SETTLED = timedelta(seconds=30)  # no transaction lasts longer, so nothing older than this can still appear
ID_CHARS_MAX = 180


class Crm:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def put_crm_customer(self, call: Call) -> Answer:
        given, external_id = call.body(CrmCustomerIn), _external_id(call)
        async with self._parts.units.begin() as work:
            said = await _said(work, external_id, given)
            [kept] = await Books(work).put([said], EvidenceSource.CRM, exactly=True)
            [portrait] = await customer_reads.portraits(work.connection, [kept.customer_id])
            await work.commit()
        return Answer(_customer(portrait), status=201 if kept.was_new else 200)

    async def get_crm_customer(self, call: Call) -> CrmCustomer:
        address = (accounts.RECORDS, f"{ID_PREFIX}{_external_id(call)}")
        async with self._parts.units.database.reading() as connection:
            found = await identity_store.find(connection, [address])
            if address not in found:
                raise NotFound("customer_unknown", "There is no customer of this id.", where="path.external_id")
            [portrait] = await customer_reads.portraits(connection, [found[address].customer_id])
        return _customer(portrait)

    async def list_crm_customers(self, call: Call) -> CrmCustomerPage:
        asked = call.query(ChangedQuery)
        async with self._parts.units.database.reading() as connection:
            ids, last, more = await customer_reads.changed(
                connection, since=_since(asked), until=self._settled(), limit=asked.limit
            )
            found = await customer_reads.portraits(connection, ids)
        return CrmCustomerPage(items=tuple(map(_customer, found)), next=_next(asked, last), more=more)

    async def put_crm_order(self, call: Call) -> Answer:
        given, external_id = call.body(CrmOrderIn), _external_id(call)
        async with self._parts.units.begin() as work:
            buyer = await _buyer(work, given)
            order, is_new = await ordering.put(work, lambda known: _order(external_id, buyer, given, known, work))
            view = await _shown(work.connection, [order])
            await work.commit()
        return Answer(view[0], status=201 if is_new else 200)

    async def get_crm_order(self, call: Call) -> CrmOrder:
        async with self._parts.units.database.reading() as connection:
            order = await order_store.find(connection, _external_id(call))
            if order is None:
                raise NotFound("order_unknown", "There is no such order.", where="path.external_id")
            return (await _shown(connection, [order]))[0]

    async def list_crm_orders(self, call: Call) -> CrmOrderPage:
        asked, since = call.query(ChangedQuery), _since(call.query(ChangedQuery))
        async with self._parts.units.database.reading() as connection:
            found = await order_store.changed(
                connection,
                since=since.at if since else None,
                after=since.after if since else None,
                until=self._settled(),
                limit=asked.limit + 1,
            )
            page = found[: asked.limit]
            views = await _shown(connection, page)
        last = Place(page[-1].changed_at, page[-1].id) if page else None
        return CrmOrderPage(items=tuple(views), next=_next(asked, last), more=len(found) > asked.limit)

    def _settled(self) -> datetime:
        return self._parts.clock.now() - SETTLED


async def _said(work: UnitOfWork, external_id: str, given: CrmCustomerIn) -> Said:
    points = contact_points(given.phones or (), given.emails or ())
    definitions = await attribute_store.in_use(work.connection)
    return Said(
        key=f"{ID_PREFIX}{external_id}",
        name=editing.clean_name(given.name) or None if given.name is not None else None,
        phones=_of(points, EvidenceKind.PHONE) if given.phones is not None else None,
        emails=_of(points, EvidenceKind.EMAIL) if given.emails is not None else None,
        attributes=attribute_values(given.attributes, definitions),
        tags=editing.clean_tags(given.tags) if given.tags is not None else None,
        note=given.note.strip() if given.note is not None else None,
    )


def _of(points: tuple[tuple[EvidenceKind, str], ...], kind: EvidenceKind) -> tuple[str, ...]:
    return tuple(value for one, value in points if one is kind)


async def _buyer(work: UnitOfWork, given: CrmOrderIn) -> IdentityId:
    if given.customer is not None and given.account_id is None and given.buyer is None:
        return await ordering.customer_of(work, given.customer)
    if given.customer is None and given.account_id is not None and given.buyer is not None:
        return await ordering.buyer(work, given.account_id, given.buyer)
    raise BadInput("order_of_whom", "Give `customer`, or `account_id` and `buyer`.", where="body.customer")


def _order(external_id: str, buyer: IdentityId, given: CrmOrderIn, known: Order | None, work: UnitOfWork) -> Order:
    return Order(
        id=known.id if known else new_id(),
        external_id=external_id,
        identity_id=buyer,
        status=given.status,
        placed_at=given.placed_at,
        changed_at=work.clock.now(),
        total=str(given.total) if given.total is not None else None,
        currency=given.currency if given.total is not None else None,
        items=tuple(item.model_dump(mode="json", exclude_none=True) for item in given.items),
        recipient_name=given.recipient_name,
        recipient_phone=given.recipient_phone,
        tracking_code=given.tracking_code,
    )


async def _shown(connection: Connection, found: list[Order]) -> list[CrmOrder]:
    owners = await identity_store.customers_of(connection, {order.identity_id for order in found})
    return [CrmOrder(**dict(order_view(order)), customer_id=owners[order.identity_id]) for order in found]


def _customer(portrait: Portrait) -> CrmCustomer:
    return CrmCustomer(
        id=portrait.id,
        external_ids=portrait.keys,
        record_ids=portrait.records,
        name=portrait.name,
        phones=tuple(CrmContact(value=value, strength=strength) for value, strength in portrait.phones),
        emails=tuple(CrmContact(value=value, strength=strength) for value, strength in portrait.emails),
        attributes=dict(portrait.whole.attributes),
        tags=portrait.whole.tags,
        notes=tuple(portrait.whole.notes.values()),
        channels=portrait.channels,
        created_at=portrait.created_at,
        changed_at=portrait.changed_at,
    )


def _external_id(call: Call) -> str:
    external_id = str(call.path["external_id"])
    if len(external_id) > ID_CHARS_MAX:
        raise BadInput("external_id_long", f"At most {ID_CHARS_MAX} characters.", where="path.external_id")
    return external_id


def _since(asked: ChangedQuery) -> Place | None:
    if asked.after is not None:
        return Place(*read_cursor(asked.after))
    return Place(asked.changed_since) if asked.changed_since is not None else None


def _next(asked: ChangedQuery, last: Place | None) -> str | None:
    return cursor(last.at, last.after) if last is not None and last.after is not None else asked.after
