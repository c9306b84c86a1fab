"""Packet sockets of namespaces: what every device sees, in the kernel's order (packet(7))."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from macvsim.fidelity.verify.netns import inside

ETH_P_ALL = 3
_SO_TIMESTAMPNS, _SO_RCVBUFFORCE = 35, 33
_SOL_PACKET, _STATISTICS, _AUXDATA = 263, 6, 8
_TAG_VALID, _TPID_VALID = 0x10, 0x40
_BUFFER = 4 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame at a device.

    time : ns since the epoch; number : order of reading; socket : label of the tap; kind : ``sll_pkttype``
    tag : ``tpid << 16 | tci`` of a tag kept beside the bytes, or 0
    """

    time: int
    number: int
    ns: str
    dev: str
    socket: str
    kind: int
    tag: int
    data: bytes


class Taps:
    """Reads the packet sockets of all namespaces of a lab.

    Stamping is switched on by deferred work and held on by any socket that asks for it: until then a frame is stamped
    when it is read, which loses the order.  `__init__` therefore waits a moment.
    """

    def __init__(self) -> None:
        self._clock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._clock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        time.sleep(0.03)
        self._closer = ThreadPoolExecutor(16)
        self._poll = select.epoll()
        self._taps: dict[int, tuple[str, str, socket.socket]] = {}
        self._number = 0

    def open(self, ns: str, fd: int, label: str, protocol: int) -> None:
        """Read what a protocol is given on every device of a namespace, those to come included."""
        with inside(fd):
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.htons(protocol))
        tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        tap.setsockopt(_SOL_PACKET, _AUXDATA, 1)
        try:
            tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        except OSError:  # not the machine's root
            tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        tap.setblocking(False)
        self._taps[tap.fileno()] = (ns, label, tap)
        self._poll.register(tap.fileno(), select.EPOLLIN)

    def read(self, quiet: float, limit: float = 2.0) -> list[Seen]:
        """What was seen until `quiet` seconds pass in silence, in order of reading; never longer than `limit`."""
        found: list[Seen] = []
        end = time.monotonic() + limit
        while ready := self._poll.poll(quiet):
            for fd, _ in ready:
                self._drain(fd, found.append)
            if time.monotonic() > end:
                break
        return found

    def _drain(self, fd: int, keep: Callable[[Seen], None]) -> None:
        ns, label, tap = self._taps[fd]
        while True:
            try:
                data, ancillary, _, address = tap.recvmsg(65600, 256)
            except BlockingIOError:
                return
            except OSError:  # ENETDOWN, once, when a device goes down
                continue
            stamp = tag = 0
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", value[:16])
                    stamp = seconds * 10**9 + nanoseconds
                elif level == _SOL_PACKET and kind == _AUXDATA:
                    status, tci, tpid = struct.unpack("=I12xHH", value[:20])
                    if status & _TAG_VALID:
                        tag = (tpid if status & _TPID_VALID else 0x8100) << 16 | tci
            if address[0] != "lo":
                self._number += 1
                keep(Seen(stamp, self._number, ns, address[0], label, address[2], tag, data))

    def lost(self) -> int:
        """Frames that found a buffer full since the last question."""
        found = (tap.getsockopt(_SOL_PACKET, _STATISTICS, 8) for _, _, tap in self._taps.values())
        return sum(struct.unpack("=II", value)[1] for value in found)

    def close_taps(self) -> None:
        """Close the sockets; each waits for a grace period, so all do at once, and nobody for them."""
        taps, self._taps = list(self._taps.values()), {}
        for _, _, tap in taps:
            self._poll.unregister(tap.fileno())
            try:
                self._closer.submit(tap.close)
            except RuntimeError:  # the lab's processes leave no room for a thread
                tap.close()

    def close(self) -> None:
        self.close_taps()
        self._closer.shutdown()
        self._poll.close()
        self._clock.close()


__all__ = ["ETH_P_ALL", "Seen", "Taps"]
