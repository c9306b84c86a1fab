"""Protocols of a few lines: syslog, VXLAN."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, flags_text, printable
from macvsim.wire.text.dump import hexadecimal

_FACILITIES = (
    "kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "security", "console", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
_SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_OPENING, _CLOSING = b"<>"
_MAX_DIGITS = 3
_VXLAN_FLAGS = ((0x08, "I"),)


def syslog(d: Dissection, at: int, length: int) -> None:
    """A log message (print-syslog.c)."""
    d.proto = "syslog"
    digits, priority = 1, 0
    if d.u8(at) != _OPENING:
        d.invalid()
        return
    while d.u8(at + digits) != _CLOSING:
        byte = d.u8(at + digits)
        if not 0x30 <= byte <= 0x39 or digits > _MAX_DIGITS:
            d.invalid()
            return
        priority = priority * 10 + byte - 0x30
        digits += 1
    digits += 1
    facility, severity = priority >> 3, priority & 7
    name = _FACILITIES[facility] if facility < len(_FACILITIES) else f"unknown ({facility})"
    if not d.options.v:
        d.put(f"SYSLOG {name}.{_SEVERITIES[severity]}, length: {length}")
        return
    d.put(f"SYSLOG, length: {length}\n\tFacility {name} ({facility}), Severity {_SEVERITIES[severity]} ({severity})")
    d.put("\n\tMsg: ")
    for place in range(at + digits, at + length):
        d.put(printable(bytes((d.u8(place),))))
    if d.options.v > 1:
        d.put(hexadecimal(d.take(at, length)))


def vxlan(d: Dissection, at: int, length: int) -> None:
    """A tunnelled frame (print-vxlan.c)."""
    d.proto = "vxlan"
    if length < 8:
        d.put("VXLAN")
        d.invalid()
        return
    flags = d.u8(at)
    d.put(f"VXLAN, flags [{flags_text(_VXLAN_FLAGS, flags, 'invalid')}] (0x{flags:02x}), ")
    d.put(f"vni {d.u24(at + 4)}\n")
    d.frame(d, at + 8, length - 8)
