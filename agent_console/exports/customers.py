"""All customers as a table, with headings that the import knows again."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, Literal

from hub.events.common import utc_iso
from storage import attributes, customer_reads
from storage.attributes import Definition
from storage.customer_reads import Portrait
from storage.engine import Database

Language = Literal["vi", "en"]
HEADINGS: Final[Mapping[Language, tuple[str, ...]]] = {
    "vi": ("Mã khách hàng", "Họ tên", "Số điện thoại", "E-mail", "Thẻ", "Ghi chú", "Kênh", "Tạo lúc", "Mã OneThread"),
    "en": ("Customer id", "Name", "Phone", "Email", "Tags", "Note", "Channels", "Created at", "OneThread id"),
}


async def table(database: Database, language: Language) -> AsyncIterator[list[Sequence[str]]]:
    """The headings, then some customers at a time. Customers of whom nothing is known are left out."""
    async with database.reading() as connection:
        definitions = list((await attributes.in_use(connection)).values())
    labels = [one.label_vi if language == "vi" else one.label_en for one in definitions]
    yield [(*HEADINGS[language], *labels)]
    async for portraits in customer_reads.every(database):
        yield [_row(one, definitions) for one in portraits if _known(one)]


def _known(one: Portrait) -> bool:
    return bool(one.name or one.phones or one.emails or one.keys or one.channels or one.whole.attributes)


def _row(one: Portrait, definitions: Sequence[Definition]) -> tuple[str, ...]:
    return (
        one.keys[0] if one.keys else "",
        one.name or "",
        ", ".join(value for value, _ in one.phones),
        ", ".join(value for value, _ in one.emails),
        ", ".join(one.whole.tags),
        "\n".join(one.whole.notes.values()),
        ", ".join(channel.value for channel in one.channels),
        utc_iso(one.created_at),
        str(one.id),
        *(str(one.whole.attributes.get(definition.key, "")) for definition in definitions),
    )
