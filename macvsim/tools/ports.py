"""Ports as tools read and print them: by number, or by the names of /etc/services."""

from __future__ import annotations

from macvsim.net.services import service_name, service_port


def port_number(text: str) -> int | None:
    """A port by number or name; None for what is neither."""
    if text.isascii() and text.isdigit():
        return int(text) if int(text) <= 0xFFFF else None
    found = service_port(text, "tcp")
    return service_port(text, "udp") if found is None else found


def port_name(port: int, protocol: str = "tcp") -> str:
    """What tools print for a port when they may resolve it."""
    return service_name(port, protocol) or str(port)
