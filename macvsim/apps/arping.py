"""arping: what the versions of busybox and of iputils share (both come from Alexey Kuznetsov's).

The source address, the frames and what counts as an answer are the same; options, times and texts are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.apps.base import App, Machine, Sink, resolve
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.fibroute import Scope
from macvsim.net.packet_socket import PacketSocket
from macvsim.net.socket import Socket
from macvsim.wire import arp
from macvsim.wire.addr import BROADCAST_MAC, ip_text
from macvsim.wire.arp import Arp
from macvsim.wire.compose import arp_template
from macvsim.wire.frame import BROADCAST, ETH_P_ARP, HOST, MULTICAST, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice

BAD = 2


class Fatal(Exception):
    """What arping says before it exits, and where: on standard error with its name, or as it is on standard output."""

    def __init__(self, text: str, *, plain: bool = False, code: int = BAD) -> None:
        super().__init__(text)
        self.text = text
        self.plain = plain
        self.code = code


class Arping(App):
    """One run of arping.

    Parameters
    ----------
    target : dotted address, or a name the box can resolve
    count : probes to send, None for no end; timeout : seconds (``-w``), 0 for none
    device : None for the default; source : own address to ask from (``-s``)
    quit_on_reply, quiet, broadcast_only : ``-f``, ``-q``, ``-b``
    dad, unsolicited, advert : duplicate address detection, unsolicited requests, unsolicited replies (``-D -U -A``)
    """

    def __init__(
        self,
        box: Machine,
        target: str,
        *,
        count: int | None = None,
        timeout: int = 0,
        device: str | None = None,
        source: str | None = None,
        quit_on_reply: bool = False,
        quiet: bool = False,
        broadcast_only: bool = False,
        dad: bool = False,
        unsolicited: bool = False,
        advert: bool = False,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        super().__init__(box, stdout, stderr)
        self.target = target
        self.count = count
        self.timeout = timeout
        self.device = device
        self.source = source
        self.quit_on_reply = quit_on_reply or dad
        self.quiet = quiet
        self.broadcast_only = broadcast_only
        self.dad = dad
        self.unsolicited = unsolicited or advert
        self.advert = advert
        self.sent = self.broadcasts = 0
        self.received = self.broadcasts_received = self.requests_received = 0
        self.unicasting = False
        self.replies: list[Arp] = []
        self.last: int | None = None
        """When the last probe was sent, in ns."""
        self.pieces: list[str] = []
        self._to = 0
        self._from = 0
        self._peer = BROADCAST_MAC
        self._socket: PacketSocket | None = None

    @property
    def text(self) -> str:
        """Everything printed, in order."""
        return "".join(self.pieces)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def main(self) -> None:
        try:
            self.prepare()
        except Fatal as fatal:
            if fatal.plain:
                self.say(fatal.text)
            else:
                self.complain(fatal.text)
            self.exit(fatal.code)
            return
        self.run()

    def prepare(self) -> None:
        """Everything up to the first probe, in the program's order; raises `Fatal`."""
        raise NotImplementedError

    def run(self) -> None:
        """Send the first probe, and set the timers."""
        raise NotImplementedError

    def finish(self) -> None:
        """Print the statistics and exit."""
        raise NotImplementedError

    def show(self, message: Arp, packet_type: PacketType) -> None:
        """Print an answer."""
        raise NotImplementedError

    def answered(self, message: Arp, packet_type: PacketType) -> bool:
        """Count an answer; True when it is the last one."""
        raise NotImplementedError

    def interrupt(self) -> None:
        self.finish()

    # -- before the first probe ----------------------------------------------------------------------------------------

    def resolve_target(self, complaint: str) -> None:
        try:
            self._to = resolve(self.box, self.target)
        except MacvsimError:
            raise Fatal(complaint) from None

    def choose_source(self, dev: NetDevice) -> None:
        """An own address, the one asked for, or the one that goes with the device and the target."""
        if self.unsolicited and not self.dad and not self._from:
            self._from = self._to
        sock = Socket(self.ns)
        sock.device = dev
        try:
            if self._from:
                sock.bind_address(self._from)
            elif not self.dad:
                self._from = self._source_for(sock, dev)
        except SocketError as error:
            raise Fatal(f"{'bind' if self._from else 'connect'}: {error}") from None

    def _source_for(self, sock: Socket, dev: NetDevice) -> int:
        """The address a socket gets that is connected with SO_DONTROUTE: gateways are not used."""
        way = sock.route(self._to)
        if way.route is not None and way.route.gateway:
            return self.ns.addresses.select_source(dev, 0, Scope.LINK)
        return way.src

    def open(self, dev: NetDevice) -> None:
        """The packet socket."""
        self._socket = PacketSocket(self.ns, dev, ETH_P_ARP, self._hear, self.socket_error)

    def socket_error(self, errno: str) -> None:
        """The device has gone down."""
        raise NotImplementedError

    # -- probes and answers --------------------------------------------------------------------------------------------

    def probe(self) -> None:
        """One ARP request, or reply with ``-A``; a failure is not told (send_pack)."""
        sock = self._socket
        assert sock is not None
        op = arp.REPLY if self.advert else arp.REQUEST
        message = Arp(op, sock.mac, self._from, sock.mac if self.advert else self._peer, self._to)
        try:
            sock.send(self._peer, arp.patch(arp_template(), message))
        except SocketError:
            return
        self.last = int(self.sim.now)
        self.sent += 1

    def _hear(self, payload: bytes, packet_type: PacketType) -> None:
        """An ARP frame (recv_pack)."""
        message = arp.parse(payload)
        if self.code is not None or message is None or not self._counts(message, packet_type):
            return
        if not self.quiet:
            self.show(message, packet_type)
        self.replies.append(message)
        self.received += 1
        if self.answered(message, packet_type):
            self.finish()
        elif not self.broadcast_only:
            self._peer = message.sha
            self.unicasting = True

    def _counts(self, message: Arp, packet_type: PacketType) -> bool:
        """True for an answer to the probe, or a sign of somebody else with the address under test."""
        assert self._socket is not None
        if packet_type not in (HOST, BROADCAST, MULTICAST) or message.op not in (arp.REQUEST, arp.REPLY):
            return False
        if message.sip != self._to:
            return False
        if self.dad:
            return message.sha != self._socket.mac and self._from in (0, message.tip)
        return message.tip == self._from and message.tha == self._socket.mac

    # -- printing ------------------------------------------------------------------------------------------------------

    def headline(self, dev: NetDevice) -> None:
        if not self.quiet:
            self.say(f"ARPING {ip_text(self._to)} from {ip_text(self._from)} {dev.name}\n")

    def say(self, text: str) -> None:
        self.pieces.append(text)
        if self._stdout is not None:
            self._stdout(text)

    def complain(self, text: str) -> None:
        line = f"arping: {text}\n"
        self.pieces.append(line)
        if self._stderr is not None:
            self._stderr(line)
