"""Ports by name (/etc/services), as far as these labs' tools and servers have them."""

from __future__ import annotations

SERVICES = {
    "echo": 7, "discard": 9, "daytime": 13, "chargen": 19, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37,
    "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "http": 80, "pop3": 110, "sunrpc": 111, "ntp": 123,
    "imap2": 143, "snmp": 161, "https": 443, "http-alt": 8080,
}  # fmt: skip


def port_number(text: str) -> int | None:
    """A port by number or name; None for what is neither."""
    if text.isascii() and text.isdigit():
        return int(text) if int(text) <= 0xFFFF else None
    return SERVICES.get(text)


def port_name(port: int) -> str:
    """What tools print for a port when they may resolve it."""
    return next((name for name, number in SERVICES.items() if number == port), str(port))
