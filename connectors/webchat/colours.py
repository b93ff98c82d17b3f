"""Colours of a widget, computed so that text on them and in them can be read. WCAG 2.2, success criterion 1.4.3."""

from dataclasses import dataclass

TEXT_CONTRAST = 4.5
WHITE, BLACK = "#ffffff", "#000000"  # only with pure black does one of the two always reach the contrast
LIGHT_SURFACE, DARK_SURFACE = "#ffffff", "#1b1f24"  # as the style sheet of the widget has them
_STEP = 0.04


@dataclass(frozen=True, slots=True)
class Palette:
    """`accent` as the shop chose it; `on_accent` is text upon it; the others are the accent as text on a surface."""

    accent: str
    on_accent: str
    accent_on_light: str
    accent_on_dark: str


def palette(accent: str) -> Palette:
    """`accent` is #rrggbb."""
    accent = accent.lower()
    on_accent = WHITE if contrast(accent, WHITE) >= contrast(accent, BLACK) else BLACK
    return Palette(
        accent=accent,
        on_accent=on_accent,
        accent_on_light=_readable(accent, LIGHT_SURFACE, BLACK),
        accent_on_dark=_readable(accent, DARK_SURFACE, WHITE),
    )


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white). WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, surface: str, towards: str) -> str:
    """`colour`, moved towards `towards` until it can be read on `surface`."""
    share = 0.0
    moved = colour
    while contrast(moved, surface) < TEXT_CONTRAST and share < 1:
        share = min(1.0, share + _STEP)
        moved = _mixed(colour, towards, share)
    return moved


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
