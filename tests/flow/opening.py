"""A shop for as long as it is needed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.flow.shop import Shop, Way
from tests.flow.town import Town

SHOPS: list[Shop] = []  # those that are open in this process, for the report of a failed test


@asynccontextmanager
async def opened(way: Way, folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Shop]:
    """With its providers. Every process has ended afterwards."""
    async with Town() as town:
        shop = Shop(way, folder, town, environment)
        SHOPS.append(shop)
        try:
            await shop.open()
            yield shop
        finally:
            SHOPS.remove(shop)
            await shop.close()


def said_last() -> list[tuple[str, str]]:
    """Title and text, for the report of a test that failed."""
    return [(f"log of {name} ({shop.way})", text) for shop in SHOPS for name, text in shop.logs()]
