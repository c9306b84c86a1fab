"""arping of iputils 20240905 (arping.c)."""

from __future__ import annotations

from typing import Any

from macvsim.apps.arping import BAD, Arping, Fatal
from macvsim.apps.base import inet_aton
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import SECOND, US
from macvsim.errors import ERRNO_TEXT
from macvsim.net.dst import ERROR
from macvsim.wire import arp
from macvsim.wire.addr import ip_text
from macvsim.wire.arp import Arp
from macvsim.wire.frame import HOST, PacketType


class IputilsArping(Arping):
    """arping of iputils; parameters are those of `Arping`, and

    interval : seconds between probes (``-i``), 0: only one is sent
    """

    def __init__(self, *args: Any, interval: int = 1, **options: Any) -> None:
        super().__init__(*args, **options)
        self.interval = interval
        self._ticks = 1

    def prepare(self) -> None:
        self.resolve_target(f"{self.target}: Temporary failure in name resolution")
        dev = self._find_device()
        if self.source is not None:
            address = inet_aton(self.source)
            if address is None:
                raise Fatal(f"invalid source {self.source}")
            self._from = address
        self.choose_source(dev)
        self.open(dev)
        self.headline(dev)
        if self.source is None and not self._from and not self.dad:
            raise Fatal("no source address in not-DAD mode")

    def _find_device(self) -> NetDevice:
        """The one named, or the one that the route to the target uses (guess_device, check_device)."""
        name = self.device
        if not name:
            way = self.ns.router.output(self._to)
            if way.kind is ERROR or way.dev is None:
                raise Fatal("NETLINK_ROUTE unexpected iov element", code=1)
            name = way.dev.name
        dev = self.ns.devices.get(name)
        if dev is None:
            raise Fatal(f"Device {name} not available.")
        if not dev.up:
            raise Fatal("" if self.quiet else f'Interface "{name}" is down\n', plain=True)
        if dev.noarp or dev.loopback:
            text = "" if self.quiet else f'Interface "{name}" is not ARPable\n'
            raise Fatal(text, plain=True, code=0 if self.dad else BAD)
        return dev

    def run(self) -> None:
        """Timers, the first probe (event_loop)."""
        if self.interval:
            self.after(self.interval * SECOND, self._tick)
        if self.timeout:
            self.after(self.timeout * SECOND, self.finish)
        self.probe()

    def _tick(self) -> None:
        self._ticks += 1
        if self.count and self.count < self._ticks:
            self.finish()
            return
        self.after(self.interval * SECOND, self._tick)
        self.probe()

    def probe(self) -> None:
        before = self.sent
        super().probe()
        if not self.unicasting:
            self.broadcasts += self.sent - before
        if self.unsolicited and self.sent == self.count:
            self.finish()

    def answered(self, message: Arp, packet_type: PacketType) -> bool:
        if self.timeout and self.received == self.count:
            return True
        self.broadcasts_received += packet_type is not HOST
        self.requests_received += message.op == arp.REQUEST
        return self.quit_on_reply

    def socket_error(self, errno: str) -> None:
        if self.code is None:
            self.complain(f"recvfrom: {ERRNO_TEXT[errno]}")
            self.exit(BAD)

    def show(self, message: Arp, packet_type: PacketType) -> None:
        assert self._socket is not None
        how = "Unicast" if packet_type is HOST else "Broadcast"
        what = "reply" if message.op == arp.REPLY else "request"
        line = f"{how} {what} from {ip_text(message.sip)} [{message.sha.hex(':').upper()}] "
        if message.tip != self._from:
            line += f"for {ip_text(message.tip)} "
        if message.tha != self._socket.mac:
            line += f"{'' if message.tip != self._from else 'for '}[{message.tha.hex(':').upper()}]"
        self.say(f"{line} {self._trip()}\n")

    def _trip(self) -> str:
        """Time since the last probe; the program rounds twice, and so adds half a millisecond too much.

        It takes a clock that shows less than a second for one that was never read.
        """
        if self.last is None or self.last < SECOND:
            return "UNSOLICITED?"
        trip = (int(self.sim.now) - self.last + US // 2) // US
        whole = (trip + 500) // 1000
        return f"{whole}.{trip - whole * 1000 + 500:03d}ms"

    def finish(self) -> None:
        if not self.quiet:
            lines = f"Sent {self.sent} probes ({self.broadcasts} broadcast(s))\nReceived {self.received} response(s)"
            extra = [f"{self.requests_received} request(s)"] if self.requests_received else []
            if self.broadcasts_received:
                extra.append(f"{self.broadcasts_received} broadcast(s)")
            self.say(f"{lines} ({', '.join(extra)})\n" if extra else f"{lines}\n")
        if self.dad:
            self.exit(1 if self.received else 0)
        elif self.unsolicited:
            self.exit(0)
        elif self.timeout and self.count and not self.quit_on_reply:
            self.exit(0 if self.count <= self.received else 1)
        else:
            self.exit(0 if self.received else 1)
