"""Spanning tree (print-stp.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, flags_text, token

_VERSIONS = {0: "d", 2: "w", 3: "s", 4: "aq"}
_CONFIG, _RAPID, _CHANGE = 0, 2, 0x80
_TYPES = {_CONFIG: "Config", _RAPID: "Rapid STP", _CHANGE: "Topology Change"}
_FLAGS = (
    (0x01, "Topology change"),
    (0x02, "Proposal"),
    (0x10, "Learn"),
    (0x20, "Forward"),
    (0x40, "Agreement"),
    (0x80, "Topology change ACK"),
)
_ROLES = {0: "Unknown", 1: "Alternate", 2: "Root", 3: "Designated"}
_CONFIG_LENGTH, _RAPID_LENGTH, _MULTIPLE_LENGTH = 35, 36, 102


def show(d: Dissection, at: int, length: int) -> None:
    """A bridge protocol data unit behind its LLC header."""
    d.proto = "stp"
    if length < 4:
        d.invalid()
        return
    if d.u16(at):
        d.put(f"unknown STP version, length {length}")
        return
    version = d.u8(at + 2)
    if version not in _VERSIONS:
        d.put(f"STP Unknown STP protocol (0x{version:02x})")
        return
    d.put(f"STP 802.1{_VERSIONS[version]}")
    kind = d.u8(at + 3)
    d.put(f", {token(_TYPES, kind, 'Unknown BPDU Type (0x{:02x})')}")
    if kind == _CONFIG:
        if length < _CONFIG_LENGTH:
            d.invalid()
            return
        _body(d, at, length, version)
    elif kind == _RAPID and version:
        if length < (_RAPID_LENGTH if version == 2 else _MULTIPLE_LENGTH):
            d.invalid()
        elif version > 2:
            d.put(f", CIST Flags [{flags_text(_FLAGS, d.u8(at + 4))}], length {length}")
        else:
            _body(d, at, length, version)


def _body(d: Dissection, at: int, length: int, version: int) -> None:
    """What a configuration says; those of rapid STP also the port's role."""
    flags = d.u8(at + 4)
    d.put(f", Flags [{flags_text(_FLAGS, flags)}]")
    d.put(f", bridge-id {_bridge(d, at + 17)}.{d.u16(at + 25):04x}, length {length}")
    if not d.options.v:
        return
    d.put(
        f"\n\tmessage-age {_time(d, at + 27)}, max-age {_time(d, at + 29)}, hello-time {_time(d, at + 31)}, "
        f"forwarding-delay {_time(d, at + 33)}"
    )
    d.put(f"\n\troot-id {_bridge(d, at + 5)}, root-pathcost {d.u32(at + 13)}")
    if version == 2:
        d.put(f", port-role {_ROLES[flags >> 2 & 3]}")


def _bridge(d: Dissection, at: int) -> str:
    text = d.take(at, 8).hex()
    return f"{text[:4]}.{':'.join(text[4 + 2 * n : 6 + 2 * n] for n in range(6))}"


def _time(d: Dissection, at: int) -> str:
    """In 1/256 s."""
    return f"{d.u16(at) / 256:.2f}s"
