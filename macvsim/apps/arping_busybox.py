"""arping of busybox 1.37 (networking/arping.c)."""

from __future__ import annotations

from macvsim.apps.arping import BAD, Arping, Fatal
from macvsim.apps.base import inet_aton
from macvsim.engine.sim import SECOND, US
from macvsim.errors import ERRNO_TEXT
from macvsim.wire import arp
from macvsim.wire.addr import ip_text, mac_text
from macvsim.wire.arp import Arp
from macvsim.wire.frame import HOST, PacketType

DEFAULT_DEVICE = "eth0"
RESEND_AFTER = SECOND // 2


class BusyboxArping(Arping):
    """arping of busybox; parameters are those of `Arping`."""

    def prepare(self) -> None:
        name = self.device or DEFAULT_DEVICE
        dev = self.ns.devices.get(name)
        if dev is None:
            raise Fatal(f"interface {name} not found: {ERRNO_TEXT['ENODEV']}")
        if not dev.up:
            raise Fatal(f"interface {name} is down")
        if dev.noarp or dev.loopback:
            raise Fatal(f"interface {name} is not ARPable", code=0 if self.dad else BAD)
        self.resolve_target(f"bad address '{self.target}'")
        if self.source is not None:
            address = inet_aton(self.source)
            if address is None:
                raise Fatal(f"invalid source address {self.source}")
            self._from = address
        self.choose_source(dev)
        self.open(dev)
        self.headline(dev)
        self._left = -1 if self.count is None else self.count
        self._begin = int(self.sim.now)

    def run(self) -> None:
        """SIGALRM every second: end, or probe again (catcher)."""
        now = int(self.sim.now)
        late = self.timeout and now - self._begin > self.timeout * SECOND + SECOND // 2
        if not self._left or late:
            self.finish()
            return
        self._left -= self._left > 0
        if self.last is None or now - self.last > RESEND_AFTER:
            self.probe()
            if not self._left and self.unsolicited:
                self.finish()
                return
        self.set_alarm(SECOND, self.run)

    def probe(self) -> None:
        before = self.sent
        super().probe()
        # the bit that says "unicasting" is also the one that says -c was given: then broadcasts are not counted
        if not self.unicasting and self.count is None:
            self.broadcasts += self.sent - before

    def answered(self, message: Arp, packet_type: PacketType) -> bool:
        self.broadcasts_received += packet_type is not HOST
        self.requests_received += message.op == arp.REQUEST
        return self.quit_on_reply

    def socket_error(self, errno: str) -> None:
        if self.code is None:
            self.complain(f"recvfrom: {ERRNO_TEXT[errno]}")

    def show(self, message: Arp, packet_type: PacketType) -> None:
        assert self._socket is not None
        how = "Unicast" if packet_type is HOST else "Broadcast"
        what = "reply" if message.op == arp.REPLY else "request"
        line = f"{how} {what} from {ip_text(message.sip)} [{mac_text(message.sha)}]"
        if message.tip != self._from:
            line += f"for {ip_text(message.tip)} "
        if message.tha != self._socket.mac:
            line += f"{'' if message.tip != self._from else 'for '}[{mac_text(message.tha)}]"
        if self.last is None:
            self.say(f"{line} UNSOLICITED?\n")
            return
        trip = int(self.sim.now) // US - self.last // US
        self.say(f"{line} {trip // 1000}.{trip % 1000:03d}ms\n")

    def finish(self) -> None:
        if not self.quiet:
            self.say(
                f"Sent {self.sent} probe(s) ({self.broadcasts} broadcast(s))\n"
                f"Received {self.received} response(s) "
                f"({self.requests_received} request(s), {self.broadcasts_received} broadcast(s))\n"
            )
        if self.dad:
            self.exit(1 if self.received else 0)
        elif self.unsolicited:
            self.exit(0)
        else:
            self.exit(0 if self.received else 1)
