"""A photograph to send around: an air conditioner that drips. Drawn, so that nobody's picture is used."""

import struct
import zlib
from functools import cache

WIDTH, HEIGHT = 480, 320
EVEN_X, EVEN_Y = range(0, WIDTH, 2), range(0, HEIGHT, 2)
WALL, SHADE, BODY, SLOT, LIGHT, DROP = (
    (222, 214, 200),
    (205, 196, 181),
    (247, 248, 250),
    (176, 183, 192),
    (52, 168, 83),
    (74, 138, 205),
)
Colour = tuple[int, int, int]


@cache
def air_conditioner() -> bytes:
    """PNG."""
    rows = b"".join(2 * (b"\0" + b"".join(2 * bytes(_colour(x, y)) for x in EVEN_X)) for y in EVEN_Y)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _colour(x: int, y: int) -> Colour:
    if 70 <= x < 410 and 70 <= y < 170:
        if 378 <= x < 390 and 90 <= y < 96:
            return LIGHT
        if 140 <= y < 158 and 90 <= x < 390:
            return SLOT if y % 6 < 3 else BODY
        return BODY
    if 76 <= x < 420 and 76 <= y < 178:
        return SHADE
    if any(_in_drop(x, y, at_x, at_y) for at_x, at_y in ((150, 196), (158, 238), (146, 284), (300, 210), (306, 262))):
        return DROP
    stain = 130 <= x < 182 and y >= 172 and (x * 7 + y * 3) % 11 < 4
    return SHADE if stain else WALL


def _in_drop(x: int, y: int, at_x: int, at_y: int) -> bool:
    if y < at_y:
        return at_y - y < 14 and abs(x - at_x) * 2.4 < 14 - (at_y - y)
    return (x - at_x) ** 2 + (y - at_y) ** 2 < 42
