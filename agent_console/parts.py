"""What the console is built from. The composition root fills it in; the console reaches for nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from agent_console.ports import ChannelCatalog, MediaLinks
from hub.bus.base import Bus
from hub.clock import Clock
from hub.ephemeral import Ephemeral
from storage.blobs import BlobStore
from storage.secrets import SecretBox
from storage.unit_of_work import Units


def direct_address(request: web.Request) -> str:
    """Where a request comes from when no proxy stands before us."""
    return request.remote or "unknown"


@dataclass(frozen=True, slots=True)
class Parts:
    """`public_url`: how people reach us, without a path. `address_of`: where a request comes from, behind whatever
    proxies are trusted."""

    units: Units
    bus: Bus
    ephemeral: Ephemeral
    clock: Clock
    catalog: ChannelCatalog
    media: MediaLinks
    blobs: BlobStore
    box: SecretBox
    public_url: str
    name: str  # of this process: no other ever had it
    upload_bytes_max: int = 25 * 1024 * 1024
    address_of: Callable[[web.Request], str] = direct_address

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https:")
