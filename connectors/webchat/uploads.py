"""Files from visitors: few kinds, by their content and not by what they are called, kept in the blob store.

Pictures lose their place and camera in the widget, before they leave the visitor's phone.
"""

from typing import Protocol

from connectors.webchat.limits import VisitorLimits
from connectors.webchat.outbound import FILE_BYTES_MAX, IMAGE_BYTES_MAX
from connectors.webchat.settings import WebchatSettings
from connectors.webchat.tokens import Visitor
from hub.errors import BadInput, Forbidden
from hub.events import Attachment, AttachmentKind
from storage.media_types import media_type, safe_name

_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    **dict.fromkeys(("image/jpeg", "image/png", "image/webp", "image/gif", "image/heic"), AttachmentKind.IMAGE),
    "video/mp4": AttachmentKind.VIDEO,
    "application/pdf": AttachmentKind.FILE,
    f"{_OFFICE}.wordprocessingml.document": AttachmentKind.FILE,
    f"{_OFFICE}.spreadsheetml.sheet": AttachmentKind.FILE,
}


class Files(Protocol):
    """storage.blobs.BlobStore, as far as it is needed here."""

    async def put(self, content: bytes, *, origin: str, mime: str | None = ..., file_name: str | None = ...) -> str: ...


class FileRefused(BadInput):
    status = 415


class Uploads:
    """One per process."""

    def __init__(self, files: Files, limits: VisitorLimits) -> None:
        self._files = files
        self._limits = limits

    async def check(self, visitor: Visitor, settings: WebchatSettings) -> None:
        """Before the body is read. Raises Forbidden, TooFast."""
        if not settings.uploads:
            raise Forbidden("uploads_off", "This widget takes no files.")
        await self._limits.take_upload(visitor, settings)

    async def keep(self, visitor: Visitor, content: bytes, name: str | None) -> Attachment:
        """Raises FileRefused, BadInput, StorageUnavailable."""
        mime = media_type(content)
        kind = KINDS.get(mime)
        if kind is None:
            raise FileRefused("file_kind", "Pictures, PDF, Word, Excel and MP4 files are taken.")
        largest = IMAGE_BYTES_MAX if kind is AttachmentKind.IMAGE else FILE_BYTES_MAX
        if len(content) > largest:
            raise BadInput("file_too_large", f"At most {largest // 1024 // 1024} MB are taken.")
        file_name = safe_name(name)
        blob = await self._files.put(content, origin="visitor", mime=mime, file_name=file_name)
        return Attachment(kind=kind, blob=blob, name=file_name, mime=mime, size_bytes=len(content))
