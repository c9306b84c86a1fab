"""The DHCP server of dnsmasq 2.91 (rfc2131.c, dhcp.c)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from macvsim.apps.dhcp import Mailbox, Waiting
from macvsim.apps.dhcp_server import Lease, Server, lease_of
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import SECOND
from macvsim.net.namespace import Namespace
from macvsim.net.nud import VALID, Nud
from macvsim.net.socket import Heard, RawIcmpSocket
from macvsim.wire import dhcp, icmp
from macvsim.wire.addr import BROADCAST_IP, ip_text, mac_text, mask_int
from macvsim.wire.compose import icmp_template
from macvsim.wire.dhcp import Message
from macvsim.wire.ipv4 import PROTO_UDP
from macvsim.wire.udp import datagram

_PING_WAIT = 3 * SECOND
_DECLINED = 600
"""Seconds for which an address that a client declined is given to nobody."""
_TOS = 0xC0


@dataclass
class Range:
    """Addresses to give, and for how many seconds."""

    start: int
    end: int
    mask: int = 0
    lease: int = 3600


@dataclass
class Config:
    """What was configured: options by code, addresses by MAC."""

    ranges: list[Range] = field(default_factory=list)
    hosts: dict[bytes, int] = field(default_factory=dict)
    options: dict[int, bytes] = field(default_factory=dict)
    domain: str = ""
    ping: bool = True


def number(value: int) -> bytes:
    """Four bytes."""
    return value.to_bytes(4, "big")


class Dnsmasq(Server):
    """dnsmasq, of which nothing but DHCP is served."""

    FAREWELL = "dnsmasq: exiting on receipt of SIGTERM"

    def __init__(
        self,
        ns: Namespace,
        dev: NetDevice,
        config: Config,
        say: Callable[[str], None],
        leases: Iterable[Lease] = (),
        store: Callable[[Iterable[Lease]], None] = lambda leases: None,
    ) -> None:
        super().__init__(ns, dev, say)
        self.config = config
        self._leases: dict[int, Lease] = {lease.ip: lease for lease in leases}
        self._store = store
        self._declined: dict[int, int] = {}
        """Addresses that a client declined, and until when (ns) no client gets them."""
        self._pinged: dict[int, int] = {}
        """Addresses that nobody answered for, and until when (ns) that is believed."""

    def pause(self) -> int | None:
        """As `Server`: until the first lease ends."""
        ends = [lease.expires for lease in self._leases.values()]
        return max(min(ends) - int(self.sim.now), 0) if ends else None

    def expire(self) -> None:
        """As `Server` (lease_prune)."""
        self._leases = {ip: lease for ip, lease in self._leases.items() if not self.is_over(lease)}
        self._store(self._leases.values())

    def _context(self) -> Range | None:
        """The range that fits the device's address."""
        for address in self.dev.inet.addresses:
            for one in self.config.ranges:
                mask = one.mask or mask_int(address.plen)
                if not (address.local ^ one.start) & mask:
                    return Range(one.start, one.end, mask, one.lease)
        return None

    def _log(self, kind: int, ip: int, mac: bytes, more: str = "") -> None:
        address = f"{ip_text(ip)} " if ip else ""
        self._say(f"dnsmasq-dhcp: DHCP{dhcp.NAMES[kind]}({self.dev.name}) {address}{mac_text(mac)} {more}")

    # -- requests ------------------------------------------------------------------------------------------------------

    def serve(self, asked: Message) -> Waiting:
        """Answer a client's message (dhcp_reply)."""
        context = self._context()
        if context is None:
            self._say(f"dnsmasq-dhcp: no address range available for DHCP request via {self.dev.name}")
            return
        lease = lease_of(self._leases.values(), asked.chaddr)
        wanted = asked.address(dhcp.REQUESTED_IP)
        if asked.kind == dhcp.DISCOVER:
            self._log(dhcp.DISCOVER, wanted, asked.chaddr)
            ip = yield from self._choose(asked, context, lease, wanted)
            if ip:
                self._log(dhcp.OFFER, ip, asked.chaddr)
                self._answer(dhcp.OFFER, asked, ip, context)
        elif asked.kind == dhcp.REQUESTING:
            self._requested(asked, context, lease, wanted or asked.ciaddr)
        elif asked.kind == dhcp.RELEASE and asked.address(dhcp.SERVER_ID) == self.own:
            known = lease is not None and lease.ip == asked.ciaddr
            self._log(dhcp.RELEASE, asked.ciaddr, asked.chaddr, "" if known else "unknown lease")
            if known:
                del self._leases[asked.ciaddr]
                self._store(self._leases.values())
        elif asked.kind == dhcp.DECLINE and lease is not None and lease.ip == wanted:
            self._log(dhcp.DECLINE, wanted, asked.chaddr)
            del self._leases[wanted]
            self._declined[wanted] = int(self.sim.now) + _DECLINED * SECOND
            self._store(self._leases.values())

    def _requested(self, asked: Message, context: Range, lease: Lease | None, ip: int) -> None:
        server = asked.address(dhcp.SERVER_ID)
        if server and server != self.own:
            return
        self._log(dhcp.REQUESTING, ip, asked.chaddr)
        reason = self._refusal(asked, context, lease, ip)
        if reason:
            self._log(dhcp.NAK, ip, asked.chaddr, reason)
            self._send(Message(
                dhcp.REPLY, asked.xid, asked.chaddr,
                options=[(dhcp.TYPE, bytes((dhcp.NAK,))), (dhcp.SERVER_ID, self.own.to_bytes(4, "big")),
                         (dhcp.MESSAGE, reason.encode())],
            ), BROADCAST_IP)  # fmt: skip
            return
        name = asked.get(dhcp.HOSTNAME).rstrip(b"\0").decode("ascii", "replace")
        self._leases = {known: one for known, one in self._leases.items() if known == ip or one.mac != asked.chaddr}
        self._leases[ip] = self.lease(asked.chaddr, ip, context.lease, name, asked.get(dhcp.CLIENT_ID))
        self._store(self._leases.values())
        self._log(dhcp.ACK, ip, asked.chaddr, name)
        self._answer(dhcp.ACK, asked, ip, context, name)

    def _refusal(self, asked: Message, context: Range, lease: Lease | None, ip: int) -> str:
        """Why an address may not be had, or nothing."""
        static = self.config.hosts.get(asked.chaddr)
        if (ip ^ context.start) & context.mask:
            return "wrong network"
        if static is not None and ip != static:
            return "static lease available"
        if static is None and not context.start <= ip <= context.end:
            return "address not available"
        held = self._leases.get(ip)
        if (held is not None and held.mac != asked.chaddr and not self.is_over(held)) or self._is_declined(ip):
            return "address in use"
        return ""

    def _is_declined(self, ip: int) -> bool:
        return self._declined.get(ip, 0) > int(self.sim.now)

    def _choose(self, asked: Message, context: Range, lease: Lease | None, wanted: int) -> Waiting:
        """The address to offer, 0 if there is none (address_allocate)."""
        if (static := self.config.hosts.get(asked.chaddr)) is not None:
            return static
        if lease is not None:
            return lease.ip
        if wanted and not self._refusal(asked, context, None, wanted):
            return wanted
        size = context.end - context.start + 1
        first = dhcp.hashed(asked.chaddr, less=True) % size
        for step in range(size):
            ip = context.start + (first + step) % size
            held = self._leases.get(ip)
            free = (held is None or self.is_over(held)) and not self._is_declined(ip)
            if not free or ip == self.own or ip in self.config.hosts.values():
                continue
            if not self.config.ping or self._pinged.get(ip, 0) > int(self.sim.now):
                return ip
            if not (yield from self._answers(ip)):
                self._pinged[ip] = int(self.sim.now) + 30 * SECOND
                return ip
        self._log(dhcp.DISCOVER, 0, asked.chaddr, "no address available")
        return 0

    def _answers(self, ip: int) -> Waiting:
        """Whether somebody answers a ping within three seconds (icmp_ping)."""
        box = Mailbox(self.ns)

        def heard(came: Heard) -> None:
            if came[0] == ip:
                box.put(True)

        socket = RawIcmpSocket(self.ns, heard, kinds=frozenset((icmp.ECHO_REPLY,)))
        ident = self.sim.rng(f"dnsmasq/{self.dev.label}").getrandbits(16)
        request = icmp.message(icmp_template(icmp.ECHO), icmp.ECHO, 0, ident << 16, bytes(56))
        socket.send(ip, request, self.sim.born())
        try:
            found = yield from box.get(_PING_WAIT)
        finally:
            socket.close()
        return bool(found)

    # -- answers -------------------------------------------------------------------------------------------------------

    def _answer(self, kind: int, asked: Message, ip: int, context: Range, name: str = "") -> None:
        """What was asked for, in the order in which dnsmasq writes it (do_options)."""
        own = self.own
        found = {dhcp.MASK: number(context.mask), dhcp.BROADCAST: number(ip | ~context.mask & 0xFFFFFFFF),
                 dhcp.ROUTER: number(own), **self.config.options}  # fmt: skip
        if self.config.domain:
            found[dhcp.DOMAIN] = self.config.domain.encode()
        if kind == dhcp.ACK and name:
            found[dhcp.HOSTNAME] = name.encode()
        order = (dhcp.MASK, dhcp.BROADCAST, dhcp.ROUTER, dhcp.DOMAIN, dhcp.HOSTNAME)
        wanted = asked.get(dhcp.PARAMETERS)
        codes = [code for code in (*order, *sorted(set(found) - set(order))) if code in found and code in wanted]
        answer = Message(
            dhcp.REPLY, asked.xid, asked.chaddr, asked.secs, asked.flags, asked.ciaddr, ip, own,
            options=[
                (dhcp.TYPE, bytes((kind,))), (dhcp.SERVER_ID, number(own)), (dhcp.LEASE, number(context.lease)),
                (dhcp.RENEWAL, number(context.lease // 2)), (dhcp.REBINDING, number(context.lease * 7 // 8)),
                *((code, found[code]) for code in codes),
            ],
        )  # fmt: skip
        self._send(answer, BROADCAST_IP if asked.flags & dhcp.BROADCAST_FLAG else asked.ciaddr or ip)

    def _send(self, answer: Message, target: int) -> None:
        """By its socket; a client without an address is put into the neighbour table first (SIOCSARP)."""
        ns = self.ns
        if target != BROADCAST_IP:
            entry = ns.neigh.create(self.dev, target)
            if entry is not None and not (entry.state & VALID and entry.ha == answer.chaddr):
                entry.update(answer.chaddr, Nud.REACHABLE, override=True)
        way = ns.router.output(target, 0, self.dev)
        segment = datagram(way.src, target, dhcp.SERVER_PORT, dhcp.CLIENT_PORT, answer.encode())
        ns.ipv4.send(PROTO_UDP, segment, way, target, uid=self.sim.born(), tos=_TOS)
