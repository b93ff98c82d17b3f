"""What the API answers and takes of customers by hand: attributes, notes, orders, what would follow."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.events import Explanation
from hub.events.common import Frozen, When
from hub.ids import CustomerId, IdentityId

AttributeKind = Literal["text", "number", "date", "choice"]
AttributeKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
AttributeValue = int | float | str
Written = Annotated[str, StringConstraints(min_length=1, max_length=320)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Choice = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class AttributeView(Frozen):
    """What a shop writes down of its customers. Dates are YYYY-MM-DD. Retired ones are not asked for any more."""

    key: AttributeKey
    kind: AttributeKind
    label_vi: str
    label_en: str
    choices: tuple[str, ...]
    position: int
    retired: bool


class AttributeList(Frozen):
    items: tuple[AttributeView, ...]


class AttributeIn(Frozen):
    """`kind` stays what it was. Values that a customer has stay, also when their choice is gone."""

    kind: AttributeKind
    label_vi: Label
    label_en: Label
    choices: tuple[Choice, ...] = Field(default=(), max_length=100)
    position: int = Field(default=0, ge=0, le=1000)
    retired: bool = False


class NoteView(Frozen):
    """`record_id` is where it stands: each of the records that were joined keeps its own."""

    record_id: CustomerId
    text: str


class OrderItem(Frozen):
    name: str = Field(min_length=1, max_length=300)
    quantity: int = Field(default=1, ge=1, le=1_000_000)
    price: Decimal | None = Field(default=None, ge=0, max_digits=18, decimal_places=2)
    sku: str | None = Field(default=None, max_length=100)


class OrderView(Frozen):
    """`total` and prices are decimal numbers as text. `recipient_phone` may be masked."""

    id: UUID
    external_id: str
    identity_id: IdentityId
    status: str
    total: str | None
    currency: str | None
    items: tuple[dict[str, Any], ...]
    recipient_name: str | None
    recipient_phone: str | None
    tracking_code: str | None
    placed_at: When
    changed_at: When


class CustomerIn(Frozen):
    """At least a name, a number or a mailbox. `client_id` is made once per click: a repeat makes no second customer."""

    client_id: str = Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    name: str | None = Field(default=None, max_length=200)
    phones: tuple[Written, ...] = Field(default=(), max_length=20)
    emails: tuple[Written, ...] = Field(default=(), max_length=20)
    attributes: dict[str, AttributeValue | None] = Field(default_factory=dict, max_length=100)
    tags: tuple[Tag, ...] = Field(default=(), max_length=50)
    note: str | None = Field(default=None, max_length=4000)


class CustomerMade(Frozen):
    """`seen` False: the number made them part of a customer whom only others may see."""

    id: CustomerId
    seen: bool


class ContactsIn(Frozen):
    """Numbers and mailboxes as somebody would enter them; `name` counts where names contradict."""

    name: str | None = Field(default=None, max_length=200)
    phones: tuple[Written, ...] = Field(default=(), max_length=20)
    emails: tuple[Written, ...] = Field(default=(), max_length=20)


class ConsequenceView(Frozen):
    """What saving would bring about. `customer_id` and `name` are None for a customer who may not be seen."""

    kind: Literal["join", "suggest"]
    customer_id: CustomerId | None
    name: str | None
    why: Explanation


class ConsequenceList(Frozen):
    items: tuple[ConsequenceView, ...]


class CustomerRow(Frozen):
    id: CustomerId
    name: str | None
    phone: str | None
    phone_verified: bool
    tags: tuple[str, ...]
    changed_at: When | None


class CustomerPage(Frozen):
    """Those that changed last first. `next` is the cursor of the following page, None on the last."""

    items: tuple[CustomerRow, ...]
    next: str | None = None


class CustomersQuery(Frozen):
    """`q` looks in names and telephone numbers, with or without marks."""

    q: str | None = Field(default=None, max_length=100)
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=100)
