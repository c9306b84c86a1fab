"""busybox' DHCP client (networking/udhcp/dhcpc.c, version 1.37)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

import simpy

from macvsim.apps.dhcp import KernelPort, Mailbox, RawPort, Waiting, arp_probe, send_raw
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import MS, SECOND
from macvsim.errors import SocketError
from macvsim.net.namespace import Namespace
from macvsim.wire import dhcp
from macvsim.wire.addr import BROADCAST_IP, ip_text, mask_int
from macvsim.wire.dhcp import Message

VERSION = "1.37.0"
_PARAMETERS = (dhcp.MASK, dhcp.ROUTER, dhcp.DNS, dhcp.HOSTNAME, dhcp.DOMAIN, dhcp.BROADCAST, dhcp.NTP)
_MAX_SIZE = 576
_SIGUSR1, _SIGUSR2, _SIGTERM = 10, 12, 15
_NAMES = {dhcp.MASK: "subnet", dhcp.ROUTER: "router", dhcp.DNS: "dns", dhcp.HOSTNAME: "hostname", dhcp.DOMAIN: "domain",
          dhcp.BROADCAST: "broadcast", dhcp.NTP: "ntpsrv", dhcp.LEASE: "lease", dhcp.SERVER_ID: "serverid",
          dhcp.MESSAGE: "message"}  # fmt: skip
_TEXTS = (dhcp.HOSTNAME, dhcp.DOMAIN, dhcp.MESSAGE)
_SHORTEST_LEASE, _LONGEST_LEASE = 0x10, 0x7FFFFFFF // 1000


class State(enum.Enum):
    """Where the client is (RFC 2131, figure 5)."""

    INIT = enum.auto()
    REQUESTING = enum.auto()
    BOUND = enum.auto()
    RENEWING = enum.auto()
    REBINDING = enum.auto()
    RELEASED = enum.auto()


@dataclass
class Options:
    """What was typed; times in seconds, `arp_check` in milliseconds (None: no check)."""

    retries: int = 3
    pause: int = 3
    again: int = 20
    requested: int = 0
    background_on_failure: bool = False
    exit_on_failure: bool = False
    quit: bool = False
    release: bool = False
    foreground: bool = False
    broadcast: bool = False
    client_id: bool = True
    arp_check: int | None = None
    vendor: str = f"udhcp {VERSION}"
    extra: dict[int, bytes] = field(default_factory=dict)
    wanted: tuple[int, ...] = _PARAMETERS


class Udhcpc:
    """One client on one device.

    say : prints a line to standard error; script : runs what changes the host, with an event and its variables
    """

    def __init__(
        self,
        ns: Namespace,
        dev: NetDevice,
        options: Options,
        say: Callable[[str], None],
        script: Callable[[str, dict[str, str]], Waiting],
    ) -> None:
        self.ns, self.dev, self.options = ns, dev, options
        self.sim = ns.sim
        self._say, self._script = say, script
        self._box = Mailbox(ns)
        self._port: RawPort | KernelPort | None = None
        self.state = State.INIT
        self._xid = 0
        self._server = self._ip = 0
        self._requested = options.requested
        self._since: int | None = None
        self._lease = 0

    # -- messages ------------------------------------------------------------------------------------------------------

    def _message(self, kind: int, ciaddr: int = 0) -> Message:
        """A message with what all have (init_packet, secs since the first one)."""
        if self._since is None:
            self._since = int(self.sim.now)
        secs = (int(self.sim.now) - self._since) // SECOND
        flags = dhcp.BROADCAST_FLAG if self.options.broadcast and kind in (dhcp.DISCOVER, dhcp.REQUESTING) else 0
        return Message(
            dhcp.REQUEST, self._xid, self.dev.mac, secs, flags, ciaddr, options=[(dhcp.TYPE, bytes((kind,)))]
        )

    def _client_options(self) -> list[tuple[int, bytes]]:
        """add_client_options: what is wanted, then what was typed, by number."""
        options = self.options
        extra = {dhcp.VENDOR: options.vendor.encode()} if options.vendor else {}
        if options.client_id:
            extra[dhcp.CLIENT_ID] = b"\1" + self.dev.mac
        extra |= options.extra
        wanted = [(dhcp.PARAMETERS, bytes(options.wanted))] if options.wanted else []
        return [(dhcp.MAX_SIZE, _MAX_SIZE.to_bytes(2, "big")), *wanted, *sorted(extra.items())]

    def _broadcast(self, message: Message) -> None:
        try:
            send_raw(self.ns, self.dev, message, src=0, dst=BROADCAST_IP, ports=(dhcp.CLIENT_PORT, dhcp.SERVER_PORT))
        except SocketError as error:
            self._say(f"sendto: {error}")

    def _unicast(self, message: Message) -> None:
        """From the leased address to the server (udhcp_send_kernel_packet)."""
        port = self._port if isinstance(self._port, KernelPort) else None
        sender = port or KernelPort(self.ns, self.dev, dhcp.CLIENT_PORT, lambda heard, source: None)
        try:
            sender.socket.send_to(message.encode(), self._server, dhcp.SERVER_PORT)
        except SocketError as error:
            self._say(f"connect: {error}")
        if port is None:
            sender.close()

    def _discover(self) -> None:
        self._say("broadcasting discover")
        message = self._message(dhcp.DISCOVER)
        if self._requested:
            message.options.append((dhcp.REQUESTED_IP, self._requested.to_bytes(4, "big")))
        message.options += self._client_options()
        self._broadcast(message)

    def _select(self) -> None:
        self._say(f"broadcasting select for {ip_text(self._ip)}, server {ip_text(self._server)}")
        message = self._message(dhcp.REQUESTING)
        message.options += [
            (dhcp.REQUESTED_IP, self._ip.to_bytes(4, "big")),
            (dhcp.SERVER_ID, self._server.to_bytes(4, "big")),
            *self._client_options(),
        ]
        self._broadcast(message)

    def _renew(self) -> None:
        message = self._message(dhcp.REQUESTING, self._ip)
        message.options += self._client_options()
        if self.state is State.RENEWING:
            self._say(f"sending renew to server {ip_text(self._server)}")
            self._unicast(message)
        else:
            self._say("broadcasting renew")
            self._broadcast(message)

    def _decline(self) -> None:
        message = self._message(dhcp.DECLINE)
        message.options += [
            (dhcp.REQUESTED_IP, self._ip.to_bytes(4, "big")), (dhcp.SERVER_ID, self._server.to_bytes(4, "big")),
            *(self._client_options()[-1:] if self.options.client_id else []),
        ]  # fmt: skip
        self._say("broadcasting decline")
        self._broadcast(message)

    # -- life ----------------------------------------------------------------------------------------------------------

    def _listen(self, raw: bool) -> None:
        """Hear answers at the link before there is an address, at a socket while there is one (change_listen_mode)."""
        if self._port is not None:
            self._port.close()
        self._box.clear()
        if raw:
            self._port = RawPort(self.ns, self.dev, dhcp.CLIENT_PORT, self._arrived)
        else:
            self._port = KernelPort(self.ns, self.dev, dhcp.CLIENT_PORT, self._arrived)

    def _deaf(self) -> None:
        if self._port is not None:
            self._port.close()
        self._port = None

    def _arrived(self, message: Message, source: int) -> None:
        if message.op == dhcp.REPLY and message.xid == self._xid and message.chaddr == self.dev.mac:
            self._box.put(message)

    def run(self) -> Waiting:
        """Until it exits: its code; None when it goes on in the background (call `run_on` there)."""
        self._say(f"started, v{VERSION}")
        yield from self._script("deconfig", {})
        self._listen(raw=True)
        return (yield from self.run_on())

    def run_on(self) -> Waiting:
        """The same from wherever it is."""
        while True:
            try:
                step = {State.INIT: self._init, State.REQUESTING: self._request}.get(self.state, self._keep)
                code = yield from step()
                if code is not None:
                    self._deaf()
                    return None if code < 0 else code
            except simpy.Interrupt as interrupt:
                code = yield from self._signal(int(interrupt.cause or _SIGTERM))
                if code is not None:
                    self._deaf()
                    return code

    def _init(self) -> Waiting:
        """Ask who has an address to give (INIT_SELECTING)."""
        self._xid = self.sim.rng(f"udhcpc/{self.dev.label}").getrandbits(32)
        for _ in range(self.options.retries):
            self._discover()
            offer = yield from self._await((dhcp.OFFER,), self.options.pause * SECOND)
            if offer is not None:
                self._server, self._ip = offer.address(dhcp.SERVER_ID), offer.yiaddr
                self.state = State.REQUESTING
                return None
        yield from self._script("leasefail", {})
        if self.options.background_on_failure:
            self._say("no lease, forking to background")
            self.options.background_on_failure = False
            return -1
        if self.options.exit_on_failure:
            self._say("no lease, failing")
            return 1
        yield from self._await((), self.options.again * SECOND)
        return None

    def _request(self) -> Waiting:
        """Take the offer."""
        for _ in range(self.options.retries):
            self._select()
            answer = yield from self._await((dhcp.ACK, dhcp.NAK), self.options.pause * SECOND)
            if answer is not None:
                return (yield from self._answered(answer))
        self._requested, self.state = 0, State.INIT
        return None

    def _answered(self, answer: Message) -> Waiting:
        if answer.kind == dhcp.NAK:
            return (yield from self._refused(answer))
        lease = answer.number(dhcp.LEASE) or 3600
        self._lease = min(max(lease, _SHORTEST_LEASE), _LONGEST_LEASE)
        if self.options.arp_check is not None and self.state is State.REQUESTING:
            taken = yield from arp_probe(self.ns, self.dev, answer.yiaddr, 0, self.options.arp_check * MS)
            if taken is not None:
                self._say("offered address is in use (got ARP reply), declining")
                self._decline()
                yield from self._script("deconfig", {})
                self._requested, self.state = 0, State.INIT
                yield self.sim.timeout(self.options.again * SECOND)
                return None
        self._ip = answer.yiaddr
        server = answer.address(dhcp.SERVER_ID)
        told = f" from {ip_text(server)}" if server else ""
        self._say(f"lease of {ip_text(self._ip)} obtained{told}, lease time {self._lease}")
        event = "bound" if self.state is State.REQUESTING else "renew"
        yield from self._script(event, variables(answer))
        self.state = State.BOUND
        self._deaf()
        if self.options.quit:
            if self.options.release:
                yield from self._released(send=False)
            return 0
        if not self.options.foreground:
            self.options.foreground = True
            return -1
        return None

    def _refused(self, answer: Message) -> Waiting:
        """A NAK: begin again, not too fast."""
        self._say("received DHCP NAK")
        yield from self._script("nak", variables(answer))
        if self.state is not State.REQUESTING:
            yield from self._script("deconfig", {})
        yield self.sim.timeout(3 * SECOND)
        self._requested, self.state = 0, State.INIT
        self._listen(raw=True)

    def _keep(self) -> Waiting:
        """Hold the lease: renew at half of it, ask anybody near its end (BOUND, RENEWING, REBINDING)."""
        if self.state is State.RELEASED:
            yield from self._await((), None)
            return None
        left = self._lease // 2
        yield from self._await((), left * SECOND)
        return (yield from self._extend(left))

    def _extend(self, left: int) -> Waiting:
        """Ask for more time, ever more often, until `left` seconds are over."""
        self.state = State.RENEWING
        self._listen(raw=False)
        while left > 0:
            if self.state is State.RENEWING and left <= 60:
                self.state = State.REBINDING if left < self._lease // 2 else State.RENEWING
                if self.state is State.REBINDING:
                    self._listen(raw=True)
            self._renew()
            wait = left // 2 if left > 60 else left
            answer = yield from self._await((dhcp.ACK, dhcp.NAK), wait * SECOND)
            if answer is not None:
                return (yield from self._answered(answer))
            left -= wait
        self._say("lease lost, entering init state")
        yield from self._script("deconfig", {})
        self.state, self._requested = State.INIT, 0
        self._listen(raw=True)
        return None

    def _await(self, kinds: tuple[int, ...], timeout: int | None) -> Waiting:
        """A message of one of the kinds; None when time is over."""
        end = None if timeout is None else int(self.sim.now) + timeout
        while True:
            message = yield from self._box.get(None if end is None else end - int(self.sim.now))
            if message is None or message.kind in kinds:
                return message

    # -- signals -------------------------------------------------------------------------------------------------------

    def _signal(self, number: int) -> Waiting:
        """USR1 renews, USR2 releases, TERM ends; the exit code if it does."""
        if number == _SIGUSR1:
            if self.state in (State.BOUND, State.RENEWING, State.REBINDING):
                return (yield from self._extend(self._lease // 2))
            self.state = State.INIT
            self._listen(raw=True)
            return None
        if number == _SIGUSR2:
            yield from self._released()
            return None
        if number != _SIGTERM:
            raise simpy.Interrupt(number)
        self._say("received SIGTERM")
        if self.options.release:
            yield from self._released()
        return 0

    def _released(self, *, send: bool = True) -> Waiting:
        """Give the address back (perform_release)."""
        if send and self.state in (State.BOUND, State.RENEWING, State.REBINDING):
            self._xid = self.sim.rng(f"udhcpc/{self.dev.label}").getrandbits(32)
            message = self._message(dhcp.RELEASE, self._ip)
            message.options.append((dhcp.SERVER_ID, self._server.to_bytes(4, "big")))
            if self.options.client_id:
                message.options.append((dhcp.CLIENT_ID, b"\1" + self.dev.mac))
            self._say(f"unicasting a release of {ip_text(self._ip)} to {ip_text(self._server)}")
            self._say("sending release")
            self._unicast(message)
        self._say("entering released state")
        self._requested = self._ip
        yield from self._script("deconfig", {})
        self._deaf()
        self.state = State.RELEASED


def variables(message: Message) -> dict[str, str]:
    """What a script is told of a message (fill_envp)."""
    found = {"ip": ip_text(message.yiaddr)}
    if message.siaddr:
        found["siaddr"] = ip_text(message.siaddr)
    for code, value in message.options:
        name = _NAMES.get(code)
        if name is None:
            found[f"opt{code}"] = value.hex()
        elif code in _TEXTS:
            found[name] = value.rstrip(b"\0").decode("ascii", "replace")
        elif code == dhcp.LEASE:
            found[name] = str(int.from_bytes(value, "big"))
        else:
            found[name] = " ".join(map(ip_text, dhcp.addresses(value)))
        if code == dhcp.MASK and len(value) == 4:
            mask = int.from_bytes(value, "big")
            found["mask"] = str(next((length for length in range(33) if mask_int(length) == mask), 0))
    return found
