"""Connection tracking, NAT and bridged packets: linux.md 9.3, 9.4 and 4.6, and what real kernels did beyond them."""

from __future__ import annotations

import pytest

from macvsim.engine.drop import DropReason
from macvsim.errors import SocketError
from macvsim.net.namespace import Namespace
from macvsim.net.netfilter.conn import Conn, Status
from macvsim.net.netfilter.matches import Ports, UdpMatch
from macvsim.net.netfilter.natport import Range
from macvsim.net.netfilter.rule import Interface, Match, Net, Spec, Standard, Target
from macvsim.net.netfilter.statematches import PhysDev, StateMatch
from macvsim.net.netfilter.targets import Dnat, Masquerade, NoTrack, Redirect, Reject, Snat
from macvsim.net.socket import IcmpError, UdpSocket
from macvsim.wire import icmp
from macvsim.wire.addr import ip_int, ip_text
from tests.conformance.lab import Lab

A, R, R2, B = "10.0.0.1", "10.0.0.254", "10.1.0.254", "10.1.0.1"
NEW = StateMatch(("NEW",))
KNOWN = StateMatch(("ESTABLISHED", "RELATED"))
INVALID = StateMatch(("INVALID",))


class Routed(Lab):
    """a and a2 (10.0.0.1, .2) — r — b (10.1.0.1); r forwards."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.a2, self.r, self.b = (self.ns(name) for name in ("a", "a2", "r", "b"))
        self.switch = self.ns("sw")
        cards = [self.nic(ns, "eth0", f"{ip}/24") for ns, ip in ((self.a, A), (self.a2, "10.0.0.2"), (self.r, R))]
        self.bridged(*cards, name="lan")
        r1, b0 = self.nic(self.r, "eth1", f"{R2}/24"), self.nic(self.b, "eth0", f"{B}/24")
        self.cable(r1, b0)
        for ns in (self.a, self.a2):
            self.route(ns, "default", via=R)
        self.route(self.b, "default", via=R2)
        self.r.sysctl["net.ipv4.ip_forward"] = 1
        self.far = self.capture(b0)
        self.near = self.capture(cards[0])

    def rule(self, table: str, chain: str, target: Standard | Target | None, *matches: Match, **spec: object) -> None:
        """``iptables -t TABLE -A CHAIN … -j TARGET`` on r."""
        built = Spec(matches=matches, target=target, **spec)  # type: ignore[arg-type]
        self.r.netfilter.ruleset("nf_tables").insert(table, chain, built)

    def policy(self, chain: str, policy: Standard) -> None:
        self.r.netfilter.ruleset("nf_tables").set_policy("filter", chain, policy)

    def counts(self, table: str, chain: str) -> list[int]:
        """Packets by rule, then by the policy."""
        found = self.r.netfilter.ruleset("nf_tables").chain(table, chain)
        return [rule.packets for rule in found.rules] + [found.packets]

    @property
    def connections(self) -> list[Conn]:
        return self.r.netfilter.conntrack.listing()

    def left(self, conn: Conn) -> int:
        """Seconds it still lives."""
        return (conn.expires - self.sim.jiffies) // self.sim.hz


class Udp:
    """A socket with what came to it."""

    def __init__(self, ns: Namespace, port: int = 0) -> None:
        self.got: list[tuple[bytes, str, int]] = []
        self.errors: list[tuple[str, int, int]] = []
        self.sock = UdpSocket(ns, self._receive, self._error)
        self.sock.recverr = True
        if port:
            self.sock.bind(0, port)

    def _receive(self, payload: bytes, address: int, port: int, packet: object) -> None:
        self.got.append((payload, ip_text(address), port))

    def _error(self, error: IcmpError) -> None:
        self.errors.append((ip_text(error.sender), error.kind, error.code))

    def send(self, payload: bytes, address: str, port: int) -> None:
        self.sock.send_to(payload, ip_int(address), port)


# -- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("9.3")
def test_an_echo_is_new_until_it_is_answered_and_lives_30_seconds() -> None:
    lab = Routed()
    for match in (NEW, KNOWN, INVALID):
        lab.rule("filter", "FORWARD", None, match)
    lab.ping(lab.a, B, 2)
    assert lab.counts("filter", "FORWARD") == [1, 3, 0, 4]
    (conn,) = lab.connections
    assert conn.status & Status.SEEN_REPLY
    assert 25 <= lab.left(conn) <= 30
    lab.run(31)
    assert lab.connections == []


@pytest.mark.rule("9.3")
def test_answers_nobody_asked_for_are_invalid_and_still_pass() -> None:
    lab = Routed()
    lab.rule("filter", "FORWARD", None, INVALID)
    message = icmp.message(bytes(8), icmp.ECHO_REPLY, 0, 7 << 16 | 1, b"")
    way = lab.a.router.output(ip_int(B))
    lab.a.ipv4.send(1, message, way, ip_int(B), lab.sim.born())
    lab.run()
    assert lab.counts("filter", "FORWARD") == [1, 1]
    assert lab.connections == []
    assert lab.far.of("reply")


@pytest.mark.rule("9.2", "9.3")
def test_what_a_rule_drops_leaves_no_connection() -> None:
    lab = Routed()
    lab.rule("filter", "FORWARD", Standard.DROP, NEW)
    assert lab.ping(lab.a, B).silent
    assert lab.connections == []


@pytest.mark.rule("9.3")
def test_untracked_packets_have_a_state_of_their_own() -> None:
    lab = Routed()
    lab.rule("raw", "PREROUTING", NoTrack())
    lab.rule("filter", "FORWARD", None, StateMatch(("UNTRACKED",)))
    assert lab.ping(lab.a, B).ok
    assert lab.counts("filter", "FORWARD") == [2, 2]
    assert lab.connections == []


@pytest.mark.rule("9.3")
def test_udp_lives_30_seconds_and_120_as_a_stream() -> None:
    lab = Routed()
    lab.rule("filter", "FORWARD", None, NEW)
    server, client = Udp(lab.b, 53), Udp(lab.a)
    client.send(b"1", B, 53)
    lab.run()
    (conn,) = lab.connections
    assert not conn.status & Status.SEEN_REPLY
    server.send(b"2", A, client.sock.port)
    lab.run(1)
    assert conn.status & Status.SEEN_REPLY
    assert lab.left(conn) in (28, 29)
    lab.run(2)
    client.send(b"3", B, 53)
    lab.run()
    assert conn.status & Status.ASSURED
    assert lab.left(conn) in (119, 120)
    assert lab.counts("filter", "FORWARD") == [1, 3]


@pytest.mark.rule("9.3")
def test_errors_are_related_to_what_they_quote() -> None:
    lab = Routed()
    lab.policy("FORWARD", Standard.DROP)
    lab.rule("filter", "FORWARD", Standard.ACCEPT, in_dev=Interface("eth0"))
    lab.rule("filter", "FORWARD", Standard.ACCEPT, StateMatch(("RELATED",)))
    client = Udp(lab.a)
    client.send(b"x", B, 4000)
    lab.run()
    assert client.errors == [(B, icmp.DEST_UNREACH, icmp.PORT_UNREACH)]
    assert lab.counts("filter", "FORWARD") == [1, 1, 0]


@pytest.mark.rule("9.3")
def test_the_table_has_an_end_and_unanswered_connections_make_room() -> None:
    lab = Routed()
    lab.r.sysctl["net.netfilter.nf_conntrack_max"] = 2
    lab.rule("filter", "FORWARD", None, NEW)
    Udp(lab.b, 53)
    for port in (1001, 1002, 1003):
        Udp(lab.a, port).send(b"x", B, 53)
    lab.run()
    assert [conn.tuples[0].sport for conn in lab.connections] == [1002, 1003]
    assert lab.r.sysctl["net.netfilter.nf_conntrack_count"] == 2


# -- NAT ---------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("9.4", "9.4c")
def test_masquerade_hides_senders_and_gives_colliding_ones_another_identifier() -> None:
    lab = Routed()
    lab.rule("nat", "POSTROUTING", Masquerade(), out_dev=Interface("eth1"))
    first = lab.start_ping(lab.a, B)
    lab._pings -= 1  # the same identifier
    second = lab.start_ping(lab.a2, B)
    lab.run(1)
    assert first.ok
    assert second.ok
    assert {seen.src for seen in lab.far.of("echo")} == {R2}
    ids = [seen.packet["ICMP"].id for seen in lab.far.of("echo")]
    assert len(set(ids)) == 2
    assert lab.counts("nat", "POSTROUTING") == [2, 0]


@pytest.mark.rule("9.4c")
def test_ports_collide_and_sources_keep_theirs() -> None:
    lab = Routed()
    lab.rule("nat", "POSTROUTING", Masquerade(), out_dev=Interface("eth1"))
    server = Udp(lab.b, 53)
    one, two = Udp(lab.a, 4000), Udp(lab.a2, 4000)
    for client in (one, two):
        client.send(b"x", B, 53)
        lab.run()
    (_, sender, port), (_, _, other) = server.got
    assert (sender, port) == (R2, 4000)
    assert other != 4000
    assert other >= 1024
    server.send(b"1", R2, port)
    server.send(b"2", R2, other)
    lab.run()
    assert one.got == [(b"1", B, 53)]
    assert two.got == [(b"2", B, 53)]


@pytest.mark.rule("9.4")
def test_errors_are_translated_inside_and_outside() -> None:
    lab = Routed()
    lab.rule("nat", "POSTROUTING", Masquerade(), out_dev=Interface("eth1"))
    client = Udp(lab.a, 4000)
    client.send(b"x", B, 4000)
    lab.run()
    assert client.errors == [(B, icmp.DEST_UNREACH, icmp.PORT_UNREACH)]
    (error,) = lab.near.of("3/3")
    assert (error.src, error.dst) == (B, A)
    quoted = error.packet["ICMP"].payload
    assert (quoted.src, quoted.dst, quoted.payload.sport) == (A, B, 4000)
    error.packet["ICMP"].chksum, error.packet["IP"].chksum, built = None, None, bytes(error.packet)
    assert built == error.frame.wire


@pytest.mark.rule("9.5")
def test_an_unreachable_host_is_told_of_from_the_far_side_and_ttl_from_the_near_one() -> None:
    lab = Routed()
    lab.rule("nat", "POSTROUTING", Masquerade(), out_dev=Interface("eth1"))
    ping = lab.ping(lab.a, "10.1.0.9", wait=5)
    assert [(e.source, e.kind, e.code) for e in ping.errors] == [(R2, icmp.DEST_UNREACH, icmp.HOST_UNREACH)]
    ping = lab.ping(lab.a, B, ttl=1)
    assert [(e.source, e.kind) for e in ping.errors] == [(R, icmp.TIME_EXCEEDED)]


@pytest.mark.rule("9.4")
def test_masqueraded_connections_end_with_their_device() -> None:
    lab = Routed()
    lab.rule("nat", "POSTROUTING", Masquerade(), out_dev=Interface("eth1"))
    lab.ping(lab.a, B)
    assert len(lab.connections) == 1
    lab.r.dev("eth1").set_down()
    assert lab.connections == []


@pytest.mark.rule("9.4")
def test_masqueraded_connections_end_with_the_address_they_borrow() -> None:
    lab = Routed()
    lab.address(lab.r.dev("eth1"), "10.1.0.253/24")
    lab.rule("nat", "POSTROUTING", Masquerade(), out_dev=Interface("eth1"))
    lab.ping(lab.a, B)
    lab.r.addresses.remove(lab.r.dev("eth1"), ip_int("10.1.0.253"))
    assert len(lab.connections) == 1
    lab.r.addresses.remove(lab.r.dev("eth1"), ip_int(R2))
    assert lab.connections == []


def test_own_packets_from_127_0_0_1_do_not_leave_the_host() -> None:
    lab = Routed()
    lab.rule("nat", "OUTPUT", Dnat(Range(ip_int(B), ip_int(B))), destination=Net(ip_int("127.0.0.1"), 0xFFFFFFFF))
    client = Udp(lab.r)
    with pytest.raises(SocketError, match="not permitted"):
        client.send(b"x", "127.0.0.1", 7)
    assert lab.far.of("udp") == []


@pytest.mark.rule("9.4")
def test_destinations_change_before_routing_and_answers_come_from_the_old_one() -> None:
    lab = Routed()
    to = Dnat(Range(ip_int(B), ip_int(B), (53, 53)))
    lab.rule("nat", "PREROUTING", to, UdpMatch(destination=Ports(5353, 5353)), proto=17)
    server, client = Udp(lab.b, 53), Udp(lab.a)
    client.send(b"x", R, 5353)
    lab.run()
    assert server.got == [(b"x", A, client.sock.port)]
    server.send(b"y", A, client.sock.port)
    lab.run()
    assert client.got == [(b"y", R, 5353)]
    assert lab.counts("nat", "PREROUTING") == [1, 0]


@pytest.mark.rule("9.4")
def test_own_packets_are_translated_and_routed_anew() -> None:
    lab = Routed()
    lab.rule("nat", "OUTPUT", Dnat(Range(ip_int(B), ip_int(B))), destination=Net(ip_int("192.0.2.1"), 0xFFFFFFFF))
    lab.route(lab.r, "192.0.2.0/24", via=A)
    ping = lab.ping(lab.r, "192.0.2.1")
    assert [reply.source for reply in ping.replies] == ["192.0.2.1"]
    assert [(seen.src, seen.dst) for seen in lab.far.of("echo")] == [(R, B)]


@pytest.mark.rule("9.4")
def test_redirect_leads_to_this_host_also_over_lo() -> None:
    lab = Routed()
    lab.rule("nat", "PREROUTING", Redirect(Range(ports=(9, 9))), proto=17)
    lab.rule("nat", "OUTPUT", Redirect(Range(ports=(9, 9))), proto=17)
    server, client, own = Udp(lab.r, 9), Udp(lab.a), Udp(lab.r)
    client.send(b"x", B, 7)
    own.send(b"y", B, 7)
    lab.run()
    assert sorted(server.got) == [(b"x", A, client.sock.port), (b"y", R2, own.sock.port)]
    server.send(b"z", R2, own.sock.port)
    lab.run()
    assert lab.counts("nat", "PREROUTING")[0] == 1


@pytest.mark.rule("9.4")
def test_sources_from_a_range_and_from_rules_about_ports() -> None:
    lab = Routed()
    low, high = ip_int("10.1.0.5"), ip_int("10.1.0.7")
    lab.rule("nat", "POSTROUTING", Snat(Range(low, high, (2000, 2001))), out_dev=Interface("eth1"), proto=17)
    server = Udp(lab.b, 53)
    for _ in range(4):
        Udp(lab.a).send(b"x", B, 53)
    lab.run()
    assert len({got[1:] for got in server.got}) == len(server.got)
    assert {got[2] for got in server.got} == {2000, 2001}
    assert all(low <= ip_int(got[1]) <= high for got in server.got)


# -- targets -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("9.2")
@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("icmp-port-unreachable", 3),
        ("icmp-host-unreachable", 1),
        ("icmp-admin-prohibited", 13),
        ("icmp-net-prohibited", 9),
    ],
)
def test_reject_tells_the_sender(how: str, code: int) -> None:
    lab = Routed()
    lab.rule("filter", "FORWARD", Reject(how))
    ping = lab.ping(lab.a, B)
    assert [(e.source, e.kind, e.code) for e in ping.errors] == [(R, icmp.DEST_UNREACH, code)]
    assert lab.sim.drops[lab.r.dev("eth0"), DropReason.NETFILTER_DROP] == 1


@pytest.mark.rule("8.9")
def test_fragments_are_put_together_for_rules_and_leave_as_they_came() -> None:
    lab = Routed()
    lab.rule("filter", "FORWARD", None, NEW)
    assert lab.ping(lab.a, B, size=3000).ok
    assert lab.counts("filter", "FORWARD") == [1, 2]
    sizes = [len(seen.frame.raw) - 14 for seen in lab.far.of("fragment", "echo")]
    assert sizes[:3] == [1500, 1500, 68]


# -- bridges -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("4.6")
def test_bridged_packets_pass_forward_once_br_netfilter_is_loaded() -> None:
    lab = Routed()
    lan = lab.spaces["lan"]
    rules = lan.netfilter.ruleset("nf_tables")
    rules.set_policy("filter", "FORWARD", Standard.DROP)
    assert lab.ping(lab.a, "10.0.0.2").ok
    assert lan.bridge_hooks is None
    lan.netfilter.modules.load_br_netfilter()
    assert lab.ping(lab.a, "10.0.0.2").silent
    assert rules.chain("filter", "FORWARD").packets == 1
    bridged = Spec(matches=(PhysDev(in_port="p1", flags=("is-bridged",)),), target=Standard.ACCEPT)
    rules.insert("filter", "FORWARD", bridged)
    rules.insert("filter", "FORWARD", Spec(matches=(KNOWN,), target=Standard.ACCEPT))
    assert lab.ping(lab.a, "10.0.0.2").ok
    assert lab.ping(lab.a, "10.0.0.2", size=3000).ok
    assert lab.ping(lab.a2, A).silent
    lan.sysctl["net.bridge.bridge-nf-call-iptables"] = 0
    assert lab.ping(lab.a2, A).ok


@pytest.mark.rule("4.6")
def test_a_bridged_destination_that_changes_stays_in_the_bridge() -> None:
    lab = Routed()
    lan = lab.spaces["lan"]
    lan.netfilter.modules.load_br_netfilter()
    lab.address(lan.dev("br0"), "10.0.0.250/24")
    lan.sysctl["net.ipv4.ip_forward"] = 1
    to = Dnat(Range(ip_int("10.0.0.2"), ip_int("10.0.0.2")))
    lan.netfilter.ruleset("nf_tables").insert(
        "nat", "PREROUTING", Spec(destination=Net(ip_int(R), 0xFFFFFFFF), target=to)
    )
    ping = lab.ping(lab.a, R)
    assert [(reply.source, reply.ttl) for reply in ping.replies] == [(R, 64)]
