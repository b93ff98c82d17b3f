"""Bodies of requests, read within bounds: so large, so long, and so many at once."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from connectors.limits import Room
from hub.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """Bytes and seconds. `held_bytes_max`: by all bodies that are being read."""

    bytes_max: int = 4 * 1024 * 1024
    read_s: float = 5.0
    reading_max: int = 4096
    held_bytes_max: int = 64 * 1024 * 1024


class TooSlow(BadInput):
    """aiohttp itself would wait for ever for the rest of a body."""

    status = 408


class TooLarge(BadInput):
    status = 413


class Encoded(BadInput):
    status = 415


class Bodies:
    """One per process and purpose."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._room = Room("bodies", count_max=limits.reading_max, bytes_max=limits.held_bytes_max)

    async def read(self, request: web.Request) -> bytes:
        """The whole body. Raises TooSlow, TooLarge, Encoded, BadInput when it breaks off, Overloaded."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Encoded("body_encoded", "Send the body as it is: it is signed and bounded uncompressed.")
        if (request.content_length or 0) > self._limits.bytes_max:
            raise self._too_large()
        if request.content.is_eof():  # it came with its head, as most do: nothing to wait for
            return request.content.read_nowait(-1)
        return await self._read_slowly(request)

    async def _read_slowly(self, request: web.Request) -> bytes:
        body = bytearray()
        try:
            with self._room.place() as place:
                async with asyncio.timeout(self._limits.read_s):
                    while chunk := await request.content.readany():
                        place.take(len(chunk))
                        body += chunk
                        if len(body) > self._limits.bytes_max:
                            raise self._too_large()
        except TimeoutError as error:
            raise TooSlow("body_too_slow", f"The body did not arrive within {self._limits.read_s:g} s.") from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BadInput("body_broken", "The body ended before it was complete.") from error
        return bytes(body)

    def _too_large(self) -> TooLarge:
        return TooLarge("body_too_large", f"At most {self._limits.bytes_max} bytes are taken.")
