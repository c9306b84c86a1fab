"""/var/lib/misc/dnsmasq.leases: the leases that dnsmasq has given (lease.c), the latest client first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from macvsim.apps.dhcp_server import Lease
from macvsim.engine.sim import SECOND
from macvsim.machine.host import Box
from macvsim.wire.addr import ip_int, ip_text, mac_bytes, mac_text

PATH = "/var/lib/misc/dnsmasq.leases"
_FOREVER = 0xFFFFFFFF
"""Seconds of a lease without an end; the file has 0."""


def write(box: Box, path: str, leases: Iterable[Lease]) -> None:
    """Store the leases, each a line: end (seconds since 1970), MAC, address, name, client identifier."""
    lines = []
    for lease in leases:
        endless = lease.expires // SECOND >= _FOREVER
        end = 0 if endless else (box.kernel.boot_time + lease.expires) // SECOND
        client = ":".join(f"{byte:02x}" for byte in lease.client) or "*"
        lines.append(f"{end} {mac_text(lease.mac)} {ip_text(lease.ip)} {lease.hostname or '*'} {client}\n")
    box.files[path] = "".join(reversed(lines))


def read(box: Box, path: str) -> Iterator[Lease]:
    """The leases that a file has, in the order in which they were given; `ValueError` if it is no such file."""
    for line in reversed(box.files.get(path, "").splitlines()):
        end, mac, ip, name, client = line.split()
        expires = int(end) * SECOND - box.kernel.boot_time if int(end) else _FOREVER * SECOND
        identifier = b"" if client == "*" else bytes.fromhex(client.replace(":", ""))
        yield Lease(ip_int(ip), mac_bytes(mac), expires, "" if name == "*" else name, identifier)
