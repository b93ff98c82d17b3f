"""Where a page ended: a moment and an id, as one opaque word."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

from hub.errors import BadInput
from storage.column_types import EPOCH


def cursor(place: datetime, row_id: UUID) -> str:
    micros = (place - EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(f"{micros}.{row_id.hex}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[datetime, UUID]:
    """Raises BadInput for what `cursor` did not make."""
    try:
        micros, _, row_id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(".")
        return EPOCH + timedelta(microseconds=int(micros)), UUID(hex=row_id)
    except (ValueError, OverflowError) as error:
        raise BadInput("cursor_invalid", "This is no cursor of ours.", where="query.after") from error
