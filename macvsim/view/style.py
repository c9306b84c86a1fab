"""Colours and type of all pictures: one table, light and dark, that the SVG writer and matplotlib both read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from macvsim.view.textwidth import text_width

Colour = tuple[str, str]
"""On light and on dark ground."""

SANS: Final = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans", "sans-serif")
MONO: Final = ("SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "DejaVu Sans Mono", "monospace")

INK: Final = ("#0f172a", "#e6edf3")
MUTED: Final = ("#475569", "#9da7b3")
GROUND: Final = ("#ffffff", "#0d1117")
CARD: Final = ("#f8fafc", "#161b22")
LINE: Final = ("#cbd5e1", "#3d444d")
FIRM: Final = ("#94a3b8", "#656c76")
DEAD: Final = ("#dc2626", "#f87171")


@dataclass(frozen=True)
class Shape:
    """Of boxes, wires and dots: fill and stroke (None: none), width and dashes of the stroke."""

    fill: Colour | None = None
    stroke: Colour | None = None
    width: float = 1.0
    dash: str = ""


@dataclass(frozen=True)
class Type:
    """Of texts."""

    size: float
    fill: Colour
    bold: bool = False
    mono: bool = False

    def width(self, text: str) -> float:
        return text_width(text, self.size, bold=self.bold, mono=self.mono)

    @property
    def ascent(self) -> float:
        """From the baseline to the top of capitals and digits."""
        return self.size * 0.76

    @property
    def descent(self) -> float:
        return self.size * 0.24


@dataclass(frozen=True)
class Tint:
    """One VLAN's colours: ground, line and text."""

    ground: Colour
    line: Colour
    text: Colour


PLAIN: Final = Tint(("#f1f5f9", "#21262d"), ("#64748b", "#8b949e"), ("#334155", "#c9d1d9"))
TINTS: Final = (
    Tint(("#dbeafe", "#10243f"), ("#2563eb", "#60a5fa"), ("#1e40af", "#bfdbfe")),
    Tint(("#ffedd5", "#3a1d0a"), ("#ea580c", "#fb923c"), ("#9a3412", "#fed7aa")),
    Tint(("#dcfce7", "#0b2e1a"), ("#16a34a", "#4ade80"), ("#166534", "#bbf7d0")),
    Tint(("#f3e8ff", "#2a1244"), ("#9333ea", "#c084fc"), ("#6b21a8", "#e9d5ff")),
    Tint(("#fce7f3", "#3d0d26"), ("#db2777", "#f472b6"), ("#9d174d", "#fbcfe8")),
    Tint(("#ccfbf1", "#08302d"), ("#0d9488", "#2dd4bf"), ("#115e59", "#99f6e4")),
    Tint(("#fef9c3", "#33270a"), ("#ca8a04", "#facc15"), ("#854d0e", "#fef08a")),
    Tint(("#e0e7ff", "#1c1b46"), ("#4f46e5", "#818cf8"), ("#3730a3", "#c7d2fe")),
)


def tint(number: int | None) -> str:
    """Suffix of the styles of the VLAN that is the `number`-th in a picture; None: untagged."""
    return "plain" if number is None else f"v{number % len(TINTS)}"


_TINTED: Final = {"plain": PLAIN, **{f"v{number}": one for number, one in enumerate(TINTS)}}

SAID: Final[dict[str, Colour]] = {
    "ask": ("#92400e", "#fcd34d"),
    "answer": ("#92400e", "#fcd34d"),
    "echo": ("#1d4ed8", "#93c5fd"),
    "reply": ("#15803d", "#86efac"),
    "error": DEAD,
    "data": INK,
    "other": INK,
}
"""Of packets by their kind (`macvsim.view.packets`)."""

SHAPES: Final[dict[str, Shape]] = {
    "page": Shape(fill=GROUND),
    "host": Shape(fill=CARD, stroke=FIRM, width=1.2),
    "box": Shape(fill=GROUND, stroke=FIRM),
    "box-off": Shape(stroke=FIRM, dash="4 3"),
    "switch": Shape(fill=("#d5dde8", "#2d333b"), stroke=("#475569", "#768390"), width=1.2),
    "switch-inside": Shape(fill=("#d5dde8", "#2d333b")),
    "port": Shape(fill=("#ffffff", "#0d1117"), stroke=("#334155", "#adbac7"), width=1.2),
    "port-off": Shape(fill=("#94a3b8", "#656c76"), stroke=("#334155", "#adbac7"), width=1.2),
    **{f"token-{kind}": Shape(fill=colour, stroke=GROUND, width=1.5) for kind, colour in SAID.items()},
    **{f"ring-{name}": Shape(fill=one.ground, stroke=one.line, width=2) for name, one in _TINTED.items()},
    "lifeline": Shape(stroke=LINE, dash="2 3"),
    "dot": Shape(fill=MUTED),
    "arrived": Shape(fill=("#15803d", "#86efac")),
    "cross-muted": Shape(stroke=FIRM, width=2),
    "rule": Shape(stroke=LINE),
    "stripe": Shape(fill=CARD),
    "cable": Shape(stroke=("#334155", "#adbac7"), width=2),
    "cable-off": Shape(stroke=FIRM, width=2, dash="3 4"),
    "stacking": Shape(stroke=("#64748b", "#8b949e"), width=1.4),
    "veth": Shape(stroke=("#64748b", "#8b949e"), width=1.4, dash="5 3"),
    "way": Shape(stroke=INK, width=2.6),
    "way-back": Shape(stroke=("#0e7490", "#22d3ee"), width=2.6, dash="6 3"),
    "way-other": Shape(stroke=("#b45309", "#f59e0b"), width=2.2, dash="2 3"),
    "mark": Shape(stroke=INK, width=2.4),
    "dead": Shape(fill=("#fee2e2", "#3f1212"), stroke=DEAD, width=2.4),
    "dead-mark": Shape(stroke=DEAD, width=2.6),
    "cross": Shape(stroke=DEAD, width=2.6),
    "note": Shape(fill=CARD, stroke=LINE),
    "note-dead": Shape(fill=("#fef2f2", "#2a1215"), stroke=DEAD, width=1.4),
    **{
        f"{kind}-{name}": Shape(fill=one.ground if filled else None, stroke=one.line, width=width, dash=dash)
        for name, one in _TINTED.items()
        for kind, filled, width, dash in (
            ("dev", True, 1.2, ""),
            ("dev-off", False, 1.2, "4 3"),
            ("wire", False, 1.8, ""),
        )
    },
}

TYPES: Final[dict[str, Type]] = {
    "heading": Type(17, INK, bold=True),
    "host-name": Type(13.5, INK, bold=True),
    "box-name": Type(12, INK, bold=True),
    "detail": Type(10, MUTED),
    "switch-name": Type(12, INK, bold=True),
    "switch-detail": Type(10, ("#334155", "#adbac7")),
    "port-name": Type(10, INK),
    "column": Type(11, INK, bold=True),
    "text": Type(11.5, INK),
    "strong": Type(11.5, INK, bold=True),
    "muted": Type(11, MUTED),
    **{f"say-{kind}": Type(10.5, colour, bold=True) for kind, colour in SAID.items()},
    "clock": Type(10.5, MUTED, mono=True),
    "reason": Type(10.5, DEAD, bold=True),
    "verdict": Type(12.5, DEAD, bold=True),
    **{f"name-{name}": Type(11.5, one.text, bold=True) for name, one in _TINTED.items()},
    **{f"kind-{name}": Type(10, one.text) for name, one in _TINTED.items()},
    **{f"address-{name}": Type(10, one.text, mono=True) for name, one in _TINTED.items()},
}
