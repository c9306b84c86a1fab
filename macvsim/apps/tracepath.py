"""tracepath of iputils 20240905: the way to a target and the largest packets that it takes (tracepath.c)."""

from __future__ import annotations

from struct import Struct

from macvsim.apps.base import Machine, Sink, name_of, resolve
from macvsim.apps.netio import Steps
from macvsim.apps.traceroute import Tracer, Waiting
from macvsim.engine.sim import MS, SECOND, US
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.socket import IcmpError, UdpSocket
from macvsim.net.tcp.state import ICMP_ERRNO
from macvsim.wire import icmp
from macvsim.wire.addr import ip_text

OVERHEAD = 28
"""Bytes of IP and UDP headers."""
DEFAULT_PORT = 44444
LARGEST = 65535
_PORT = 22
"""Where the destination port stands in a packet."""
_TRIES, _SENDS = 3, 10
_COLUMN = 52
_REMEMBERED = 64
"""Probes of which it is known when they were sent."""
_stamp = Struct("<I4xqq")
"""What a probe carries: its TTL, and when it was sent."""


class Tracepath(Tracer[IcmpError]):
    """Probes with rising TTL, each as large as the smallest MTU that was told of.

    Parameters
    ----------
    length : of the first packet (``-l``); port, max_hops, numeric, both : as ``-p -m -n -b``
    """

    def __init__(
        self,
        box: Machine,
        target: str,
        *,
        length: int = LARGEST,
        port: int = DEFAULT_PORT,
        max_hops: int = 30,
        numeric: bool = False,
        both: bool = False,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        super().__init__(box, target, stdout, stderr)
        self.max_hops = max_hops
        self._mtu = length
        self._port = port
        self._numeric = numeric
        self._both = both
        self._ttl = 0
        self._turn = 0
        self._sent: dict[int, tuple[int, int]] = {}
        """TTL of the last probe to each port, and when it was sent, until an error about it came."""
        self._hops = (-1, -1)
        """To the target and back, once it was reached."""
        self._socket = UdpSocket(box.ns, on_error=self.arrive)
        self._socket.recverr = True
        self._socket.pmtu_discover = "probe"

    def close(self) -> None:
        self._socket.close()

    def trace(self) -> Waiting:
        try:
            self._to = resolve(self.box, self.target)
        except MacvsimError:
            self.complain(f"tracepath: {self.target}: Temporary failure in name resolution\n")
            self.ending = 1
            return
        if not (yield from self._ways()):
            self.say(f"     Too many hops: pmtu {self._mtu}\n")
        there, back = self._hops
        self.say(f"     Resume: pmtu {self._mtu} ")
        self.say((f"hops {there} " if there >= 0 else "") + (f"back {back} " if back >= 0 else "") + "\n")

    def _ways(self) -> Steps[bool]:
        """Hop after hop; True once something has come to an end."""
        for ttl in range(1, self.max_hops + 1):
            self._ttl = ttl
            tries = 0
            progress: int | None = None
            while tries < _TRIES:
                mtu = self._mtu
                progress = yield from self._probe()
                if self._mtu != mtu:  # once more, with packets of that size
                    tries = 0
                    continue
                if progress == 0:
                    return True
                if progress is not None:
                    break
                tries += 1
            if progress is None:
                self.say(f"{self._ttl:2}:  no reply\n")
        return False

    def _probe(self) -> Steps[int | None]:
        """Send, and tell what came of it: 0: it is over; None: nothing came (probe_ttl)."""
        sock = self._socket
        sock.ttl = self._ttl
        sends = 0
        while sends < _SENDS:
            now = int(self.sim.now)
            data = _stamp.pack(self._ttl, now // SECOND, now % SECOND)
            port = self._port + self._turn
            self._sent[port] = self._ttl, now
            try:
                sock.send_to(data.ljust(self._mtu - OVERHEAD, b"\0"), self._to, port)
                break
            except SocketError as error:
                progress = self._too_big() if error.errno == "EMSGSIZE" else self._told()
            if progress == 0:
                return 0
            sends = sends + 1 if progress is None else 0
        self._turn = (self._turn + 1) % _REMEMBERED
        if sends == _SENDS:
            self.say(f"{self._ttl:2}:  send failed\n")
            return 0
        yield from self.poll(SECOND // MS)
        return self._told()

    def _too_big(self) -> int:
        """Our own stack says how much its device takes."""
        self._mtu = self._socket.route(self._to).mtu
        self.say(f"{self._ttl:2}?: {'[LOCALHOST]':<32} pmtu {self._mtu}\n")
        return self._mtu

    def _told(self) -> int | None:
        """Print the errors that have come; the size of packets if there were any, 0 if that is all (recverr)."""
        progress: int | None = None
        while self.inbox:
            error = self.inbox.pop(0)
            progress = self._mtu
            sent_ttl, back = self._answered(error), _hops_of(error.ttl)
            meaning = _meaning(error)
            if meaning == "EMSGSIZE":
                self._mtu = progress = error.info & 0xFFFF
                self.say(f"pmtu {self._mtu}\n")
            elif meaning == "":
                self.say(f"asymm {back:2} \n" if back != sent_ttl else "\n")
            else:
                if meaning == "ECONNREFUSED":
                    self._hops = (sent_ttl, back)
                self.say(f"{_MARKS.get(meaning, '')}\n")
                return 0
        return progress

    def _answered(self, error: IcmpError) -> int:
        """Who answered and after how long; the TTL with which the probe was sent."""
        port = int.from_bytes(error.quoted[_PORT : _PORT + 2])
        sent = self._sent.pop(port, None)
        host = self._host(error.sender)
        if sent is None:
            self.say(f"{self._ttl:2}?: {host}")
            return self._ttl
        ttl, then = sent
        took = int(self.sim.now) - then
        self.say(f"{ttl:2}:  {host}{took // MS:3}.{took % MS // US:03}ms ")
        return ttl

    def _host(self, ip: int) -> str:
        """A column with the address, its name, or both (print_host)."""
        address = ip_text(ip)
        name = address if self._numeric else name_of(self.box, ip) or "???"
        text = f"{name} ({address})" if self._both else name
        return text + " " * (_COLUMN - min(len(text), _COLUMN - 1))


_MARKS = {"ECONNREFUSED": "reached", "EHOSTUNREACH": "!H", "ENETUNREACH": "!N", "EACCES": "!A", "EPROTO": "!P"}


def _meaning(error: IcmpError) -> str:
    """The errno of an error; empty where a TTL was used up (icmp_err_convert)."""
    if error.kind == icmp.TIME_EXCEEDED:
        return "" if error.code == icmp.TTL_EXCEEDED else "EHOSTUNREACH"
    if error.kind == icmp.DEST_UNREACH:
        return ICMP_ERRNO[error.code] if error.code < len(ICMP_ERRNO) else "EHOSTUNREACH"
    return "EPROTO"


def _hops_of(ttl: int) -> int:
    """How many hops an answer came, by what TTLs usually start from."""
    return next(start for start in (65, 129, 256) if ttl < start) - ttl
