"""What a file is, by its content. Its name and the type that its sender declared are claims, and sometimes lies."""

import re
from codecs import getincrementaldecoder
from pathlib import PurePath

import filetype

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
HEAD_BYTES = 8192  # filetype looks no further
# What a browser may show in place. Never SVG, HTML, XML or PDF: these can run scripts or reach out.
SHOWN_INLINE = frozenset({
    *("image/png", "image/jpeg", "image/gif", "image/webp", "image/heic", "image/avif"),
    *("audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/amr", "audio/webm"),
    *("video/mp4", "video/webm", "video/quicktime"),
})  # fmt: skip
_SAME = {"audio/x-wav": "audio/wav", "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4", "video/x-m4v": "video/mp4"}
# Text that a browser, a spreadsheet or a mail program would take for more than text.
_MARKUP = re.compile(rb"<\s*(?:!doctype|\?xml|html|svg|script|head|body|iframe|math|style|a\s|img|link)", re.IGNORECASE)
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")
NAME_CHARS_MAX = 120


def media_type(content: bytes) -> str:
    """The media type of the bytes; UNKNOWN for what is not recognised, and for markup."""
    head = bytes(content[:HEAD_BYTES])
    found: str | None = filetype.guess_mime(head)
    if found is not None:
        return _SAME.get(found, found)
    return TEXT if _is_plain_text(head, whole=len(content) <= HEAD_BYTES) else UNKNOWN


def may_be_shown(mime: str) -> bool:
    """False: only offered for download."""
    return mime in SHOWN_INLINE


def safe_name(name: str | None) -> str | None:
    """`name` without path, control and direction characters, short enough for any system; None when nothing is left."""
    if not name:
        return None
    cleaned = _UNFIT.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    if not cleaned.strip("_"):
        return None
    if _RESERVED.match(cleaned):
        cleaned = f"_{cleaned}"
    if len(cleaned) <= NAME_CHARS_MAX:
        return cleaned
    suffix = PurePath(cleaned).suffix[:10]
    return cleaned[: NAME_CHARS_MAX - len(suffix)] + suffix


def _is_plain_text(head: bytes, *, whole: bool) -> bool:
    if b"\0" in head or _MARKUP.search(head):
        return False
    try:
        getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return bool(head.strip())
