"""What other systems are answered and send: customers and orders. Everything is idempotent."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from agent_console.record_views import AttributeValue, OrderItem, OrderView, Tag, Written
from hub.events import Channel, Strength
from hub.events.common import Frozen, When
from hub.ids import CustomerId

ExternalKey = Annotated[str, StringConstraints(min_length=1, max_length=180)]


class CrmCustomerIn(Frozen):
    """What is left out stays. `phones`, `emails` and `tags` replace what was sent before; what customers, agents and
    files gave stays. `attributes`: null takes one away. `note`: "" takes it away."""

    name: str | None = Field(default=None, max_length=200)
    phones: tuple[Written, ...] | None = Field(default=None, max_length=20)
    emails: tuple[Written, ...] | None = Field(default=None, max_length=20)
    attributes: dict[str, AttributeValue | None] = Field(default_factory=dict, max_length=100)
    tags: tuple[Tag, ...] | None = Field(default=None, max_length=50)
    note: str | None = Field(default=None, max_length=4000)


class CrmContact(Frozen):
    """`strength` says how well it is proved; a `claimed` one is what the customer says."""

    value: str
    strength: Strength


class CrmCustomer(Frozen):
    """One person, all channels and records together. `external_ids` are the ids under which systems and files know
    them; `record_ids` every OneThread id that ever was theirs alone: after a merge those of all that are one now."""

    id: CustomerId
    external_ids: tuple[str, ...]
    record_ids: tuple[CustomerId, ...]
    name: str | None
    phones: tuple[CrmContact, ...]
    emails: tuple[CrmContact, ...]
    attributes: dict[str, AttributeValue]
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    channels: tuple[Channel, ...]
    created_at: When
    changed_at: When | None


class CrmCustomerPage(Frozen):
    """In order of change. `next` is `after` of the following request, also when `more` is False: keep it and ask again
    later. Changes appear half a minute after they were made, so that none is ever skipped."""

    items: tuple[CrmCustomer, ...]
    next: str | None
    more: bool


class CrmOrderIn(Frozen):
    """Who ordered: `customer`, an external id, made if it is new; or the buyer on a channel, who must have been here.
    A `recipient_phone` that is not masked is taken as proof that the buyer has this number."""

    customer: ExternalKey | None = None
    account_id: str | None = Field(default=None, max_length=63)
    buyer: str | None = Field(default=None, min_length=1, max_length=512)
    status: str = Field(min_length=1, max_length=60)
    placed_at: When
    total: Decimal | None = Field(default=None, ge=0, max_digits=18, decimal_places=2)
    currency: str = Field(default="VND", pattern=r"^[A-Z]{3}$")
    items: tuple[OrderItem, ...] = Field(default=(), max_length=200)
    recipient_name: str | None = Field(default=None, max_length=200)
    recipient_phone: str | None = Field(default=None, max_length=64)
    tracking_code: str | None = Field(default=None, max_length=100)


class CrmOrder(OrderView):
    """`customer_id` is whose it is now."""

    customer_id: CustomerId


class CrmOrderPage(Frozen):
    """As CrmCustomerPage."""

    items: tuple[CrmOrder, ...]
    next: str | None
    more: bool


class ChangedQuery(Frozen):
    """From `changed_since` on, or beyond where `after` ended; with neither from the beginning."""

    changed_since: When | None = None
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=500)
