"""busybox' DHCP server (networking/udhcp/dhcpd.c, leases.c, version 1.37)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from macvsim.apps.dhcp import Waiting, arp_probe, send_raw
from macvsim.apps.dhcp_server import Lease, Server, lease_of
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import MS, SECOND
from macvsim.net.namespace import Namespace
from macvsim.wire import dhcp
from macvsim.wire.addr import BROADCAST_IP, BROADCAST_MAC, ip_text
from macvsim.wire.dhcp import Message

VERSION = "1.37.0"


@dataclass
class Config:
    """/etc/udhcpd.conf; times in seconds."""

    start: int = 0xC0A80014
    end: int = 0xC0A800FE
    interface: str = "eth0"
    max_leases: int = 235
    lease: int = 864_000
    offer_time: int = 60
    decline_time: int = 3600
    conflict_time: int = 3600
    min_lease: int = 60
    siaddr: int = 0
    options: dict[int, bytes] = field(default_factory=dict)
    static: dict[bytes, int] = field(default_factory=dict)
    lease_file: str = "/var/lib/misc/udhcpd.leases"


class Udhcpd(Server):
    """udhcpd; arp_wait : ms that it waits for others to claim an address."""

    FAREWELL = "received SIGTERM"

    def __init__(
        self, ns: Namespace, dev: NetDevice, config: Config, say: Callable[[str], None], arp_wait: int = 2000
    ) -> None:
        super().__init__(ns, dev, say)
        self.config = config
        self._arp_wait = arp_wait
        self.leases: list[Lease] = []
        self._address = super().own

    @property
    def own(self) -> int:
        """As it was when the server started."""
        return self._address

    def serve(self, asked: Message) -> Waiting:
        """Answer a client's message (udhcpd_main)."""
        server = asked.address(dhcp.SERVER_ID)
        if server and server != self.own:
            return  # it talks to somebody else
        static = self.config.static.get(asked.chaddr, 0)
        lease = lease_of(self.leases, asked.chaddr)
        mine = static or (lease.ip if lease is not None else 0)
        if asked.kind == dhcp.DISCOVER:
            yield from self._offer(asked, lease, static)
        elif asked.kind == dhcp.REQUESTING:
            wanted = asked.address(dhcp.REQUESTED_IP) or asked.ciaddr
            if wanted and wanted == mine:
                self._ack(asked, wanted)
            elif server or asked.get(dhcp.REQUESTED_IP):
                self._nak(asked)
        elif asked.kind == dhcp.DECLINE and server and lease is not None:
            if asked.address(dhcp.REQUESTED_IP) == lease.ip:
                lease.mac, lease.expires = bytes(6), int(self.sim.now) + self.config.decline_time * SECOND
        elif asked.kind == dhcp.RELEASE and server and lease is not None and asked.ciaddr == lease.ip:
            lease.expires = int(self.sim.now)
        elif asked.kind == dhcp.INFORM:
            answer = self._answer(dhcp.ACK, asked)
            answer.options += sorted(self.config.options.items())
            self._send(answer)

    # -- addresses -----------------------------------------------------------------------------------------------------

    def _free(self, ip: int) -> bool:
        known = next((one for one in self.leases if one.ip == ip), None)
        return known is None or self.is_over(known)

    def _find(self, mac: bytes) -> Waiting:
        """A free address nobody answers for, looked for from where the client's MAC says (find_free_or_expired_nip)."""
        config, oldest = self.config, None
        size = config.end - config.start + 1
        first = dhcp.hashed(mac, less=False) % size
        for number in range(size):
            ip = config.start + (first + number) % size
            if ip & 0xFF in (0, 0xFF) or ip == self.own or ip in config.static.values():
                continue
            lease = next((one for one in self.leases if one.ip == ip), None)
            if lease is None:
                if (yield from self._unused(ip, mac)):
                    return ip
            elif oldest is None or lease.expires < oldest.expires:
                oldest = lease
        if oldest is not None and self.is_over(oldest) and (yield from self._unused(oldest.ip, mac)):
            return oldest.ip
        return 0

    def _unused(self, ip: int, mac: bytes) -> Waiting:
        """nobody_responds_to_arp: the client itself may."""
        found = yield from arp_probe(self.ns, self.dev, ip, self.own, self._arp_wait * MS)
        if found is None or found == mac:
            return True
        self._say(f"{ip_text(ip)} belongs to someone, reserving it for {self.config.conflict_time} seconds")
        self._add(bytes(6), ip, self.config.conflict_time)
        return False

    def _add(self, mac: bytes, ip: int, seconds: int, hostname: str = "") -> None:
        """Whoever had the address, or another one under this MAC, has it no more (add_lease)."""
        self.leases = [one for one in self.leases if one.ip != ip and (one.mac != mac or not any(mac))]
        self.leases.append(self.lease(mac, ip, seconds, hostname))

    # -- answers -------------------------------------------------------------------------------------------------------

    def _answer(self, kind: int, asked: Message) -> Message:
        return Message(
            dhcp.REPLY, asked.xid, asked.chaddr, flags=asked.flags, ciaddr=asked.ciaddr, giaddr=asked.giaddr,
            siaddr=self.config.siaddr,
            options=[(dhcp.TYPE, bytes((kind,))), (dhcp.SERVER_ID, self.own.to_bytes(4, "big"))],
        )  # fmt: skip

    def _granted(self, answer: Message, asked: Message) -> int:
        """Lease time and all configured options; the time in seconds (select_lease_time)."""
        seconds = min(asked.number(dhcp.LEASE) or self.config.lease, self.config.lease)
        seconds = max(seconds, self.config.min_lease)
        answer.options += [(dhcp.LEASE, seconds.to_bytes(4, "big")), *sorted(self.config.options.items())]
        return seconds

    def _offer(self, asked: Message, lease: Lease | None, static: int) -> Waiting:
        answer = self._answer(dhcp.OFFER, asked)
        if static:
            answer.yiaddr = static
        else:
            wanted = asked.address(dhcp.REQUESTED_IP)
            if lease is not None:
                answer.yiaddr = lease.ip
            elif self.config.start <= wanted <= self.config.end and self._free(wanted):
                answer.yiaddr = wanted
            else:
                answer.yiaddr = yield from self._find(asked.chaddr)
            if not answer.yiaddr:
                self._say("no free IP addresses. OFFER abandoned")
                return
            self._add(asked.chaddr, answer.yiaddr, self.config.offer_time, _hostname(asked))
        self._granted(answer, asked)
        self._say(f"sending OFFER to {ip_text(answer.yiaddr)}")
        self._send(answer)

    def _ack(self, asked: Message, ip: int) -> None:
        answer = self._answer(dhcp.ACK, asked)
        answer.yiaddr = ip
        seconds = self._granted(answer, asked)
        self._say(f"sending ACK to {ip_text(ip)}")
        self._send(answer)
        self._add(asked.chaddr, ip, seconds, _hostname(asked))

    def _nak(self, asked: Message) -> None:
        answer = self._answer(dhcp.NAK, asked)
        self._say("sending NAK")
        self._send(answer, broadcast=True)

    def _send(self, answer: Message, *, broadcast: bool = False) -> None:
        """To everybody while the client has no address (send_packet_to_client)."""
        everybody = broadcast or bool(answer.flags & dhcp.BROADCAST_FLAG) or not answer.ciaddr
        send_raw(
            self.ns,
            self.dev,
            answer,
            src=self.own,
            dst=BROADCAST_IP if everybody else answer.ciaddr,
            ports=(dhcp.SERVER_PORT, dhcp.CLIENT_PORT),
            mac=BROADCAST_MAC if everybody else answer.chaddr,
        )


def _hostname(asked: Message) -> str:
    return asked.get(dhcp.HOSTNAME).decode("ascii", "replace")
