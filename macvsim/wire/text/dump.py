"""Bytes in hexadecimal and as characters (print-ascii.c)."""

from __future__ import annotations

_BYTES = 16


def _graphic(byte: int) -> str:
    return chr(byte) if 0x21 <= byte < 0x7F else "."


def hex_and_ascii(data: bytes, prefix: str = "\n\t") -> str:
    """Rows of 16 bytes, both ways (``-X``)."""
    parts = []
    for at in range(0, len(data), _BYTES):
        row = data[at : at + _BYTES]
        parts.append(f"{prefix}0x{at:04x}:  {row.hex(' ', -2):<39}  {''.join(map(_graphic, row))}")
    return "".join(parts)


def hexadecimal(data: bytes, prefix: str = "\n\t") -> str:
    """Rows of 16 bytes in hexadecimal (``-x``)."""
    return "".join(f"{prefix}0x{at:04x}:  {data[at : at + _BYTES].hex(' ', -2)}" for at in range(0, len(data), _BYTES))


def ascii_text(data: bytes) -> str:
    """Characters as they are, all that do not print as dots (``-A``)."""
    parts = ["\n"] if data else []
    for at, byte in enumerate(data):
        if byte == 0x0D and data[at + 1 : at + 2] in (b"\n", b""):
            continue  # a line ends with the line feed alone
        parts.append(chr(byte) if byte in b"\t\n " or 0x21 <= byte < 0x7F else ".")
    return "".join(parts)
