"""Files: a folder when embedded, S3 in a cluster, behind one API; what is known of them stands in table blobs.

The bytes are written, and in a folder flushed to disk, before the row: whoever knows a blob's name can read it. A crash
between the two leaves a file that nobody knows, never a name without a file.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
import sqlalchemy as sa
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from hub.errors import NotFound, StorageUnavailable
from storage import tables
from storage.media_types import media_type, safe_name
from storage.unit_of_work import Units

CHUNK_BYTES = 256 * 1024
ACCESS_S = 30.0  # one file of the largest size, to or from a slow store


@dataclass(frozen=True, slots=True)
class Blob:
    """`mime` is by content; `file_name` is safe to show and to save under."""

    name: str
    mime: str
    size_bytes: int
    sha256: bytes
    file_name: str | None
    origin: str
    created_at: datetime


def open_folder(folder: Path) -> ObjectStore:
    return LocalStore(prefix=folder, mkdir=True)


def open_files(url: str, **options: Any) -> ObjectStore:
    """`file:///var/lib/hub/blobs`, or `s3://bucket/prefix` with credentials from the environment, as AWS names them.

    Raises ValueError for a URL that names no store.
    """
    scheme = urlsplit(url).scheme
    if scheme == "file":
        return open_folder(Path(urlsplit(url).path))
    if scheme not in ("s3", "s3a"):
        raise ValueError(f"{scheme or url!r} is no blob store; use file:///folder or s3://bucket/prefix")
    return from_url(url, **options)


class BlobStore:
    """One per process."""

    def __init__(self, files: ObjectStore, units: Units) -> None:
        self._files = files
        self._units = units

    async def put(self, content: bytes, *, origin: str, mime: str | None = None, file_name: str | None = None) -> str:
        """The new blob's name. `mime` None: by content. Raises StorageUnavailable."""
        name = secrets.token_hex(16)
        with _store_errors():
            async with asyncio.timeout(ACCESS_S):
                await obstore.put_async(self._files, _path(name), content)
                if isinstance(self._files, LocalStore):
                    await asyncio.to_thread(_flush, Path(str(self._files.prefix)) / _path(name))
        row = {
            "name": name,
            "mime": mime or media_type(content),
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).digest(),
            "file_name": safe_name(file_name),
            "origin": origin,
            "created_at": self._units.clock.now(),
        }
        async with self._units.begin() as work:
            await work.connection.execute(sa.insert(tables.blobs).values(row))
            await work.commit()
        return name

    async def find(self, name: str) -> Blob | None:
        async with self._units.database.reading() as connection:
            row = (await connection.execute(sa.select(tables.blobs).where(tables.blobs.c.name == name))).first()
        return Blob(**row._asdict()) if row else None

    async def get(self, name: str) -> Blob:
        """Raises NotFound."""
        blob = await self.find(name)
        if blob is None:
            raise NotFound("blob_unknown", "There is no such file.")
        return blob

    async def read(self, name: str) -> bytes:
        """The whole file. Raises NotFound, StorageUnavailable."""
        with _store_errors():
            async with asyncio.timeout(ACCESS_S):
                found = await obstore.get_async(self._files, _path(name))
                return bytes(await found.bytes_async())

    async def chunks(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces. Raises as `read`."""
        while start < end:
            until = min(start + CHUNK_BYTES, end)
            with _store_errors():
                async with asyncio.timeout(ACCESS_S):
                    piece = await obstore.get_range_async(self._files, _path(name), start=start, end=until)
            yield bytes(piece)
            start = until

    async def remove(self, name: str) -> None:
        """For ever. A no-op when it is gone."""
        async with self._units.begin() as work:
            await work.connection.execute(sa.delete(tables.blobs).where(tables.blobs.c.name == name))
            await work.commit()
        try:
            with _store_errors():
                async with asyncio.timeout(ACCESS_S):
                    await obstore.delete_async(self._files, _path(name))
        except NotFound:
            pass  # somebody else removed it


def _path(name: str) -> str:
    """Two levels, so that no folder holds a million files. Raises NotFound for what was never one of our names."""
    if len(name) != 32 or not set(name) <= set("0123456789abcdef"):
        raise NotFound("blob_unknown", "There is no such file.")
    return f"{name[:2]}/{name}"


def _flush(path: Path) -> None:
    """To the disk: the file, and the folders that name it."""
    for place in (path, path.parent, path.parent.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _store_errors() -> Iterator[None]:
    """The store's own words are left out of what is raised: they hold addresses and request ids, over many lines."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("blob_unknown", "There is no such file.") from error
    except TimeoutError as error:
        raise StorageUnavailable(f"the blob store took more than {ACCESS_S:g} s") from error
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"the blob store failed: {type(error).__name__}") from error
