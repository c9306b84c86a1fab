"""Address translation (net/netfilter/nf_nat_core.c, nf_nat_proto.c, nf_nat_masquerade.c).

A connection's translation is decided once, by its first packet, and written into its reply tuple; every packet is then
rewritten by what the tuples say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.recording import reported
from macvsim.net.fibroute import Scope
from macvsim.net.netfilter.conn import NAT_DONE_MASK, NAT_MASK, ORIGINAL, REPLY, Conn, Info, Status
from macvsim.net.netfilter.hooks import INPUT, OUTPUT, POSTROUTING, PREROUTING, Hook, Priority, Verdict, Way
from macvsim.net.netfilter.natport import Range, unique
from macvsim.net.netfilter.reroute import route_again
from macvsim.net.netfilter.rewrite import renew_icmp, rewrite
from macvsim.net.netfilter.tuple import WITH_PORTS, tuple_of
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.net.netfilter.core import Netfilter
    from macvsim.net.netfilter.packet import Tracked

Rules = Callable[["Tracked", Way], Verdict]
_PRIORITY = {
    PREROUTING: Priority.NAT_DST,
    OUTPUT: Priority.NAT_DST,
    INPUT: Priority.NAT_SRC,
    POSTROUTING: Priority.NAT_SRC,
}


def changes_source(hook: Hook) -> bool:
    """True where sources are rewritten, False where destinations are (HOOK2MANIP)."""
    return hook in (INPUT, POSTROUTING)


def _ends(data: bytes) -> str:
    """``SOURCE > DESTINATION`` with ports or identifier."""
    name = tuple_of(data)
    if name is None:
        return " > ".join(map(ip_text, ipv4.addresses(data)))
    if name.proto not in WITH_PORTS:
        return f"{ip_text(name.src)} > {ip_text(name.dst)}" + (f" id {name.sport}" if name.sport else "")
    return f"{ip_text(name.src)}:{name.sport} > {ip_text(name.dst)}:{name.dport}"


class Nat:
    """The address translation of one namespace: nat chains are its guests."""

    def __init__(self, netfilter: Netfilter) -> None:
        self.netfilter = netfilter
        self.ns = netfilter.ns
        self.conntrack = netfilter.conntrack
        self._chains: dict[Hook, list[Rules]] = {hook: [] for hook in _PRIORITY}
        self._used = False

    def add(self, hook: Hook, rules: Rules) -> None:
        """Ask `rules` about the first packet of each connection at `hook` (nf_nat_register_fn)."""
        if not self._used:
            self._used = True
            for where, priority in _PRIORITY.items():
                self.netfilter.register(where, priority, self._translate)
        self._chains[hook].append(rules)

    def remove(self, hook: Hook, rules: Rules) -> None:
        """Undo `add`."""
        self._chains[hook].remove(rules)
        if not any(self._chains.values()):
            self._used = False
            for where in _PRIORITY:
                self.netfilter.unregister(where, self._translate)

    # -- deciding ------------------------------------------------------------------------------------------------------

    def set_up(self, conn: Conn, wanted: Range, *, source: bool) -> None:
        """Decide one side of a connection's translation (nf_nat_setup_info)."""
        if conn.confirmed:
            return
        current = conn.tuples[REPLY].inverted()
        assert current is not None
        new = unique(self.ns, self.conntrack, conn, current, wanted, source=source)
        if new != current:
            reply = new.inverted()
            assert reply is not None
            conn.tuples[REPLY] = reply
            conn.status |= Status.SRC_NAT if source else Status.DST_NAT
        conn.status |= Status.SRC_NAT_DONE if source else Status.DST_NAT_DONE

    def masquerade(self, packet: Tracked, way: Way, wanted: Range) -> Verdict:
        """Borrow the address of the outgoing device (nf_nat_masquerade_ipv4)."""
        conn, dst, dev = packet.conn, packet.dst, way.out_dev
        if conn is None or dst is None or dev is None or not conn.tuples[ORIGINAL].src:
            return Verdict.ACCEPT
        address = self.ns.addresses.select_source(dev, dst.nexthop, Scope.UNIVERSE)
        if not address:
            self.ns.sim.drop(packet.uid, dev, DropReason.NAT_FAILED)
            return Verdict.DROP
        conn.masquerade = dev
        self.set_up(conn, wanted.at(address, address), source=True)
        return Verdict.ACCEPT

    # -- the hook function ---------------------------------------------------------------------------------------------

    @reported
    def _translate(self, packet: Tracked, way: Way) -> Verdict:
        """nf_nat_ipv4_fn, and what its callers add at each hook."""
        conn, info, hook = packet.conn, packet.info, way.hook
        if conn is None or info is None:
            return Verdict.ACCEPT
        before = packet.data
        if info.state == "RELATED" and packet.data[9] == ipv4.PROTO_ICMP:
            verdict = self._translate_error(packet, conn, hook)
        else:
            verdict = self._translate_packet(packet, conn, info, way)
        if verdict is Verdict.ACCEPT and hook is OUTPUT and packet.data[12:20] != before[12:20]:
            self.ns.sim.unrepeatable()
            return route_again(self.ns, packet)
        return verdict

    def _translate_packet(self, packet: Tracked, conn: Conn, info: Info, way: Way) -> Verdict:
        """nf_nat_inet_fn."""
        source = changes_source(way.hook)
        done = Status.SRC_NAT_DONE if source else Status.DST_NAT_DONE
        if info is Info.NEW and not conn.status & done:
            if self.ns.sim.recorder is not None:
                self.ns.sim.recorder.once()
            for rules in self._chains[way.hook]:
                verdict = rules(packet, way)
                if verdict is not Verdict.ACCEPT:
                    return verdict
                if conn.status & done:
                    break
            else:
                self._bind_to_nothing(conn, source=source)
        elif way.hook is POSTROUTING and self._device_changed(conn, info, way):
            self.conntrack.kill(conn)
            self.ns.sim.drop(packet.uid, way.out_dev or self.ns, DropReason.NAT_FAILED)
            return Verdict.DROP
        direction = info.direction
        changed = Status.SRC_NAT if source != bool(direction) else Status.DST_NAT
        if conn.status & changed:
            target = conn.tuples[1 - direction].inverted()
            assert target is not None
            before, packet.data = packet.data, rewrite(packet.data, target, source=source)
            if self.ns.sim.journal is not None:
                self.ns.sim.note(packet.uid, self.ns, "nat", None, f"{_ends(before)} becomes {_ends(packet.data)}")
        return Verdict.ACCEPT

    @staticmethod
    def _device_changed(conn: Conn, info: Info, way: Way) -> bool:
        """A masqueraded connection now leaves by another device (nf_nat_oif_changed)."""
        return not info.direction and conn.masquerade is not None and conn.masquerade is not way.out_dev

    def _bind_to_nothing(self, conn: Conn, *, source: bool) -> None:
        """No rule wants it changed; but it may have to give way to another one (nf_nat_alloc_null_binding)."""
        reply = conn.tuples[REPLY]
        address = reply.dst if source else reply.src
        self.set_up(conn, Range(address, address), source=source)

    def _translate_error(self, packet: Tracked, conn: Conn, hook: Hook) -> Verdict:
        """An ICMP error: what it quotes, and who it is from or to (nf_nat_icmp_reply_translation)."""
        source = changes_source(hook)
        hlen, direction = packet.header_length, packet.direction
        kind = packet.data[hlen]
        hopeless = kind == icmp.REDIRECT and (
            conn.status & NAT_DONE_MASK != NAT_DONE_MASK or bool(conn.status & NAT_MASK)
        )
        if hopeless:  # the other side's gateway is of no use to the sender
            self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, DropReason.NAT_FAILED)
            return Verdict.DROP
        changed = Status.SRC_NAT if source != bool(direction) else Status.DST_NAT
        if not conn.status & changed:
            return Verdict.ACCEPT
        other = conn.tuples[1 - direction]
        data = rewrite(packet.data, other, source=not source, start=hlen + icmp.HLEN)
        target = other.inverted()
        assert target is not None
        packet.data = rewrite(renew_icmp(data), target, source=source)
        return Verdict.ACCEPT
