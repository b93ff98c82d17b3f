"""Customers by hand: the list, making and changing them, what would follow, and what is written down of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from uuid import uuid4

from agent_console import details
from agent_console.api.endpoint import Answer, Call
from agent_console.errors import Misfit
from agent_console.guard import see_customer, sight_of
from agent_console.parts import Parts
from agent_console.record_views import (
    AttributeIn,
    AttributeList,
    AttributeValue,
    AttributeView,
    ConsequenceList,
    ConsequenceView,
    ContactsIn,
    CustomerIn,
    CustomerMade,
    CustomerPage,
    CustomerRow,
    CustomersQuery,
)
from agent_console.views import CustomerPatch, CustomerView
from hub.errors import BadInput
from hub.events import EvidenceKind
from hub.ids import CustomerId
from identity import editing
from identity.attributes import checked
from identity.editing import Change, Consequence
from identity.records import Said
from storage import attributes as attribute_store
from storage import audit, console_reads, customer_reads
from storage import customers as customer_store
from storage.attributes import Definition
from storage.cursors import cursor, read_cursor
from storage.customer_reads import Place
from storage.records import Value

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

T = TypeVar("T")
Points = tuple[tuple[EvidenceKind, str], ...]


class Editing:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_customers(self, call: Call) -> CustomerPage:
        asked = call.query(CustomersQuery)
        before = Place(*read_cursor(asked.after)) if asked.after else None
        async with self._parts.units.database.reading() as connection:
            found = await customer_reads.newest(connection, q=asked.q, before=before, limit=asked.limit + 1)
            shown = found[: asked.limit]
            ids = [customer_id for customer_id, _ in shown]
            lines = await customer_store.lines(connection, ids)
            tags = {one.id: one.whole.tags for one in await customer_reads.portraits(connection, ids)}
        rows = tuple(
            CustomerRow(
                id=customer_id,
                name=lines[customer_id].name,
                phone=lines[customer_id].phone,
                phone_verified=lines[customer_id].phone_verified,
                tags=tags.get(customer_id, ()),
                changed_at=changed_at,
            )
            for customer_id, changed_at in shown
        )
        more = cursor(shown[-1][1], shown[-1][0]) if len(found) > asked.limit else None
        return CustomerPage(items=rows, next=more)

    async def create_customer(self, call: Call) -> Answer:
        given = call.body(CustomerIn)
        async with self._parts.units.begin() as work:
            definitions = await attribute_store.in_use(work.connection)
            said = _said(given, definitions)
            kept = await editing.create(work, given.client_id, said, call.caller.agent_id)
            seen = await console_reads.sees_customer(work.connection, sight_of(call.caller), [kept.customer_id])
            await work.commit()
        return Answer(CustomerMade(id=kept.customer_id, seen=seen), status=201 if kept.was_new else 200)

    async def change_customer(self, call: Call) -> CustomerView:
        given = call.body(CustomerPatch)
        async with self._parts.units.begin() as work:
            customer_id = await see_customer(work.connection, call.caller, CustomerId(call.id("customer_id")))
            wanted = _change(given, await attribute_store.in_use(work.connection))
            now = await editing.change(work, customer_id, wanted)
            shown = await details.customer_detail(work.connection, call.caller, now)
            await work.commit()
        return shown

    async def preview_customer(self, call: Call) -> ConsequenceList:
        said = _said(CustomerIn(client_id=uuid4().hex, **dict(call.body(ContactsIn))), {})
        async with self._parts.units.begin() as work:  # carried out, looked at, and rolled back
            made = await editing.create(work, uuid4().hex, said, call.caller.agent_id)
            found = await editing.consequences(work, made.identity_id, set())
        return await self._shown(call, found)

    async def preview_change(self, call: Call) -> ConsequenceList:
        given = call.body(ContactsIn)
        wanted = Change(name=given.name, add=contact_points(given.phones, given.emails))
        async with self._parts.units.begin() as work:  # carried out, looked at, and rolled back
            customer_id = await see_customer(work.connection, call.caller, CustomerId(call.id("customer_id")))
            identity = await editing.standing_identity(work, customer_id)
            known = await editing.known_of(work, identity.id)
            await editing.change(work, customer_id, wanted)
            found = await editing.consequences(work, identity.id, known)
        return await self._shown(call, found)

    async def list_attributes(self, call: Call) -> AttributeList:
        async with self._parts.units.database.reading() as connection:
            return AttributeList(items=tuple(map(_attribute, await attribute_store.listed(connection))))

    async def put_attribute(self, call: Call) -> AttributeView:
        given, key = call.body(AttributeIn), str(call.path["attribute_key"])
        if not KEY.fullmatch(key):
            raise BadInput(
                "attribute_key", "Use a-z, 0-9 and _, at most 40, a letter first.", where="path.attribute_key"
            )
        if (given.kind == "choice") != bool(given.choices):
            raise BadInput("choices_wrong", "A choice has choices, and nothing else has.", where="body.choices")
        fields = {name: getattr(given, name) for name in AttributeIn.model_fields if name != "retired"}
        fields["choices"] = tuple(dict.fromkeys(given.choices))
        now = self._parts.clock.now()
        definition = Definition(key=key, **fields, retired_at=now if given.retired else None)
        async with self._parts.units.begin() as work:
            await attribute_store.put(work, definition)
            await audit.record(work, audit.by_agent(call.caller.agent_id), "attribute.put", {"key": key})
            await work.commit()
        return _attribute(definition)

    async def _shown(self, call: Call, found: Iterable[Consequence]) -> ConsequenceList:
        """Names only of those who may be seen."""
        items = []
        async with self._parts.units.database.reading() as connection:
            for one in found:
                now = await customer_store.current(connection, one.customer_id)
                seen = now is not None and await console_reads.sees_customer(connection, sight_of(call.caller), [now])
                line = (await customer_store.lines(connection, [now])).get(now) if seen and now is not None else None
                items.append(
                    ConsequenceView(
                        kind=one.kind, customer_id=now if seen else None, name=line.name if line else None, why=one.why
                    )
                )
        return ConsequenceList(items=tuple(items))


def _said(given: CustomerIn, definitions: Mapping[str, Definition]) -> Said:
    """Raises Misfit with every fault."""
    points = contact_points(given.phones, given.emails)
    if not (points or (given.name or "").strip()):
        raise BadInput("customer_empty", "Give at least a name, a number or a mailbox.", where="body")
    name = _at("body.name", lambda: editing.clean_name(given.name or ""))
    return Said(
        key="",
        name=name or None,
        phones=tuple(value for kind, value in points if kind is EvidenceKind.PHONE),
        emails=tuple(value for kind, value in points if kind is EvidenceKind.EMAIL),
        attributes={k: v for k, v in attribute_values(given.attributes, definitions).items() if v is not None},
        tags=_at("body.tags", lambda: editing.clean_tags(given.tags)),
        note=(given.note or "").strip() or None,
    )


def _change(given: CustomerPatch, definitions: Mapping[str, Definition]) -> Change:
    renamed = "name" in given.model_fields_set
    tags = given.tags
    return Change(
        name=_at("body.name", lambda: editing.clean_name(given.name or "")) if renamed else None,
        add=contact_points(given.add_phones, given.add_emails, "add_"),
        remove=contact_points(given.remove_phones, given.remove_emails, "remove_"),
        attributes=attribute_values(given.attributes, definitions),
        tags=_at("body.tags", lambda: editing.clean_tags(tags)) if tags is not None else None,
        notes=given.notes,
    )


def contact_points(phones: Iterable[str], emails: Iterable[str], prefix: str = "") -> Points:
    """Raises Misfit that names each that is none."""
    found: list[tuple[EvidenceKind, str]] = []
    faults: list[tuple[str, str]] = []
    for kind, field, given in ((EvidenceKind.PHONE, "phones", phones), (EvidenceKind.EMAIL, "emails", emails)):
        for index, raw in enumerate(given):
            try:
                found.append(editing.point(kind, raw, f"body.{prefix}{field}.{index}"))
            except BadInput as error:
                faults.append((error.where or "body", error.problem))
    if faults:
        raise Misfit(faults, "contact_invalid")
    return tuple(dict.fromkeys(found))


def attribute_values(
    given: Mapping[str, AttributeValue | None], definitions: Mapping[str, Definition]
) -> dict[str, Value | None]:
    found: dict[str, Value | None] = {}
    faults: list[tuple[str, str]] = []
    for key, value in given.items():
        try:
            found[key] = checked(definitions, key, value)
        except BadInput as error:
            faults.append((f"body.attributes.{key}", error.problem))
    if faults:
        raise Misfit(faults, "attribute_invalid")
    return found


def _at(where: str, check: Callable[[], T]) -> T:
    try:
        return check()
    except BadInput as error:
        raise BadInput(error.code, error.problem, where=where) from error


def _attribute(definition: Definition) -> AttributeView:
    names = ("key", "kind", "label_vi", "label_en", "choices", "position", "retired")
    return AttributeView(**{name: getattr(definition, name) for name in names})
