"""Names of addresses, ports and protocols, for a box: what tcpdump prints without ``-n``, and what filters may say."""

from __future__ import annotations

from macvsim.apps.base import name_of
from macvsim.errors import MacvsimError
from macvsim.machine.host import Box
from macvsim.net.services import protocol_name, protocol_number, service_name, service_port
from macvsim.wire.pcapfilter import Resolver
from macvsim.wire.text import Names

_LOOPBACK6 = bytes(15) + b"\1"


class BoxNames(Names):
    """Names as the box's own files have them; no name server is asked."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def host(self, address: bytes) -> str | None:
        if len(address) == 4:
            return name_of(self._box, int.from_bytes(address, "big"))
        if address == _LOOPBACK6:
            return "localhost"
        number = int.from_bytes(address, "big")
        return next((name for name, known in self._box.hosts6.items() if known == number), None)

    def tcp(self, port: int) -> str | None:
        return service_name(port, "tcp")

    def udp(self, port: int) -> str | None:
        return service_name(port, "udp")

    def protocol(self, number: int) -> str | None:
        return protocol_name(number)


class BoxResolver(Resolver):
    """What names in filter expressions mean on the box."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def host(self, name: str) -> list[int] | None:
        try:
            return [self._box.resolve(name)]
        except MacvsimError:
            return None

    def port(self, name: str, protocol: str) -> int | None:
        return service_port(name, protocol)

    def protocol(self, name: str) -> int | None:
        return protocol_number(name)
