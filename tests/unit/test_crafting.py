"""Packets of a user's scapy: sent from hosts, containers, ports and cables, and what is seen there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw

from macvsim import DropReason, Lab, MacvsimError
from macvsim.docker.host import DockerHost

MAC1, MAC2 = "08:00:27:00:00:01", "08:00:27:00:00:02"
EVERYBODY = "ff:ff:ff:ff:ff:ff"


def heard(answer: Packet | None) -> Packet:
    assert answer is not None
    return answer


@pytest.fixture
def lab() -> Lab:
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2"), 1):
        lab.host(name, nic="eth0", switch=sw1).addr_add("eth0", f"10.0.0.{number}/24")
    return lab


def test_sr1_routes_and_returns_the_answer_with_its_time(lab: Lab) -> None:
    answer = heard(lab["host1"].sr1(IP(dst="10.0.0.2", ttl=9) / ICMP(id=7) / b"hello"))
    assert (answer[IP].src, answer[IP].dst, answer[ICMP].type, answer[ICMP].id) == ("10.0.0.2", "10.0.0.1", 0, 7)
    assert answer[Raw].load == b"hello"
    assert answer.time == pytest.approx(0.0002)  # an ARP exchange and the ping: eight wires of 25 us each
    assert lab.now == pytest.approx(0.00045)  # the program wakes up 250 us later


def test_sr1_without_an_answer(lab: Lab) -> None:
    assert lab["host1"].sr1(IP(dst="10.0.0.9") / ICMP(), timeout=1.5) is None
    assert lab.now == 1.5


def test_sr_pairs_each_answer_with_its_packet(lab: Lab) -> None:
    lab["host2"].sh("nc -l -p 80 &")
    answered, unanswered = lab["host1"].sr([IP(dst="10.0.0.2") / TCP(dport=(79, 81)), IP(dst="10.0.0.8") / ICMP()])
    flags = {sent[TCP].dport: str(answer[TCP].flags) for sent, answer in answered}
    assert flags == {79: "RA", 80: "SA", 81: "RA"}
    assert [packet[IP].dst for packet in unanswered] == ["10.0.0.8"]


def test_an_icmp_error_answers(lab: Lab) -> None:
    answer = heard(lab["host1"].sr1(IP(dst="10.0.0.2") / UDP(dport=5) / b"x"))
    assert (answer[ICMP].type, answer[ICMP].code) == (3, 3)


def test_srp1_asks_for_a_mac(lab: Lab) -> None:
    answer = heard(lab["host1"].srp1(Ether() / ARP(pdst="10.0.0.2")))
    assert (answer[ARP].op, answer[ARP].hwsrc, answer[ARP].hwdst) == (2, MAC2, MAC1)


def test_what_is_left_out_comes_from_the_box(lab: Lab) -> None:
    """Nothing of the machine that runs the lab gets into a frame."""
    host1 = lab["host1"]
    with host1.capture() as seen:
        host1.sendp(Ether() / IP(dst="10.0.0.2") / ICMP())
        host1.send(IP(dst="10.0.0.2") / ICMP())
        lab.run(0.1)
        host1.sendp(Ether() / IP(dst="10.0.0.2") / ICMP())
        host1.sendp(Ether() / IP(dst="224.0.0.9") / UDP())
    sent = [frame for frame in seen.packets() if frame.src == MAC1 and IP in frame]
    assert [(frame.dst, frame[IP].src) for frame in sent] == [
        (EVERYBODY, "10.0.0.1"),  # the neighbour is not known yet
        (MAC2, "10.0.0.1"),
        (MAC2, "10.0.0.1"),
        ("01:00:5e:00:00:09", "10.0.0.1"),
    ]


def test_send_passes_the_rules_of_output(lab: Lab) -> None:
    lab["host1"].sh("iptables -A OUTPUT -p icmp -j DROP")
    with pytest.raises(MacvsimError, match="Operation not permitted"):
        lab["host1"].send(IP(dst="10.0.0.2") / ICMP())


def test_a_header_is_completed_as_raw_sockets_do(lab: Lab) -> None:
    """raw_send_hdrinc: length and checksum are the kernel's, an identification and a source of 0 too; no other."""
    host1 = lab["host1"]
    with lab["host2"].capture() as seen:
        host1.send(IP(dst="10.0.0.2", src="0.0.0.0", id=0, len=1, chksum=1) / ICMP())
        host1.send(IP(dst="10.0.0.2", src="9.9.9.9", id=77) / ICMP())
        lab.run(0.1)
    first, second = [frame[IP] for frame in seen.packets() if IP in frame and frame.src == MAC1][:2]
    assert (first.src, first.len, first.id != 0) == ("10.0.0.1", 28, True)
    again = IP(bytes(first)[:20])
    del again.chksum
    assert IP(bytes(again)).chksum == first.chksum
    assert (second.src, second.id) == ("9.9.9.9", 77)


def test_ipv6() -> None:
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2"), 1):
        lab.host(name, nic="eth0", switch=sw1, ipv6=True).sh(f"ip addr add fd00::{number}/64 dev eth0 nodad")
    lab.run(3)
    answer = heard(lab["host1"].sr1(IPv6(dst="fd00::2") / ICMPv6EchoRequest(data=b"six")))
    assert (answer[IPv6].src, answer[IPv6].dst, answer[ICMPv6EchoReply].data) == ("fd00::2", "fd00::1", b"six")


def test_sniff_returns_what_comes_while_time_passes(lab: Lab) -> None:
    lab["host2"].sh("ping -c 3 10.0.0.1 >/dev/null &")
    frames = lab["host1"].sniff(filter="icmp[0] == 8", count=2)
    assert [frame[ICMP].seq for frame in frames] == [1, 2]
    assert frames[1].time - frames[0].time == pytest.approx(1, abs=0.05)
    before = lab.now
    assert len(lab["host1"].sniff(filter="arp", timeout=0.5)) == 0
    assert lab.now == before + 0.5


def test_containers_send_from_their_own_network(lab: Lab) -> None:
    host1: DockerHost = lab.hosts["host1"]
    host1.docker.network_create("mac1", driver="macvlan", subnet="10.0.0.0/24", parent="eth0")
    c1 = host1.docker.run("c1", network="mac1", ip="10.0.0.50")
    answer = heard(c1.sr1(IP(dst="10.0.0.2") / ICMP()))
    assert answer[IP].dst == "10.0.0.50"
    assert c1.sr1(IP(dst="10.0.0.1") / ICMP(), timeout=0.5) is None  # its own host, which macvlan keeps apart


def test_a_port_takes_a_frame_as_from_its_cable(lab: Lab) -> None:
    port = lab.switches["sw1"].port("host1")
    forged = Ether(src="02:00:00:00:00:09", dst=EVERYBODY)
    with lab["host2"].capture() as seen:
        port.sendp(forged / ARP(hwsrc="02:00:00:00:00:09", psrc="10.0.0.9", pdst="10.0.0.2"))
        lab.run(0.1)
    assert [frame[ARP].op for frame in seen.packets()] == [1, 2]
    port.access(100)
    with lab["host2"].capture() as seen:
        port.sendp(forged / Dot1Q(vlan=5) / IP(src="10.0.0.9", dst="10.0.0.2"))
        lab.run(0.1)
    assert len(seen) == 0
    assert (port, DropReason.PORT_TAGGED) in lab.sim.drops


@pytest.mark.parametrize("fastpath", [True, False])
def test_a_cable_shows_what_it_carries(fastpath: bool) -> None:
    lab = Lab(seed=0, fastpath=fastpath)
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2"), 1):
        lab.host(name, nic="eth0", switch=sw1).addr_add("eth0", f"10.0.0.{number}/24")
    lab["host1"].sh("ping -c 9 10.0.0.2 >/dev/null &")
    lab.run(3.5)
    frames = lab.cables[1].sniff(filter="icmp", timeout=2)
    assert [(frame.src, frame[ICMP].type) for frame in frames] == [(MAC1, 8), (MAC2, 0)] * 2
    assert frames[1].time - frames[0].time == pytest.approx(50e-6 / 2)
    port = sw1.port("host2")
    assert [frame[ICMP].type for frame in port.sniff(filter="icmp", count=2)] == [8, 0]
    lab.cables[1].sendp(bytes(60), to="sw1:host2")
    with pytest.raises(MacvsimError, match=r"to='sw1:host2' or 'host2:eth0'|to='host2:eth0' or 'sw1:host2'"):
        lab.cables[1].sendp(bytes(60))


def test_copies_and_files_have_what_was_sent(lab: Lab, tmp_path: Any) -> None:
    host1, port = lab["host1"], lab.switches["sw1"].port("host1")
    host1.sr1(IP(dst="10.0.0.2") / ICMP())
    host1.sendp(Ether() / ARP(pdst="10.0.0.2"))
    port.sendp(Ether(src=MAC1, dst=MAC2) / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP())
    host1.sniff(timeout=1)
    lab.cables[0].sniff(timeout=1)
    lab.save(tmp_path / "lab.json")
    for other in (lab.copy(), Lab.load(tmp_path / "lab.json")):
        assert other.sim.now == lab.sim.now
        assert other["host2"].sh("ip -s link").stdout == lab["host2"].sh("ip -s link").stdout


MISTAKES: list[tuple[Callable[[Lab], object], str]] = [
    (lambda lab: lab["host1"].send("x"), "'x' is no packet"),
    (lambda lab: lab["host1"].send(Ether() / IP(dst="10.0.0.2")), "Ether/IP has an Ethernet header: use sendp"),
    (lambda lab: lab["host1"].send(ARP()), "ARP is no IP packet"),
    (lambda lab: lab["host1"].send(IP() / ICMP()), "IP/ICMP goes nowhere: name a destination"),
    (lambda lab: lab["host1"].send(IP(dst="9.9.9.9") / ICMP()), "Network is unreachable"),
    (lambda lab: lab["host1"].send(IP(dst="10.0.0.2") / bytes(1481)), "Message too long"),
    (lambda lab: lab["host1"].send(b"short"), "Invalid argument"),
    (lambda lab: lab["host1"].sendp(IP(dst="10.0.0.2")), "IP has no Ethernet header"),
    (lambda lab: lab["host1"].sendp(b"short"), "a frame has 14 to 65,549 bytes, not 5"),
    (lambda lab: lab["host1"].sendp(Ether(), iface="eth9"), "host1 has no device eth9"),
    (lambda lab: lab["host1"].sniff(), "would never end: give count=, timeout=, or both"),
    (lambda lab: lab["host1"].sniff(count=1, filter="foo bar"), "filter='foo bar'"),
    (lambda lab: lab.cables[0].sniff(), "would never end"),
    (lambda lab: lab["host1"].sniff(count=1), "would never end: nothing more happens in this lab; give timeout="),
    (lambda lab: lab.cables[0].sniff(count=1), "would never end: nothing more happens in this lab; give timeout="),
    (lambda lab: lab["host1"].sniff(count=-1), "count=-1: give a number of frames"),
    (lambda lab: lab["host1"].sniff(timeout=-1), "timeout=-1: give seconds, 0 or more"),
    (lambda lab: lab.cables[0].sniff(timeout=float("nan")), "timeout=nan: give seconds, 0 or more"),
    (lambda lab: lab["host1"].sr1(IP(dst="10.0.0.2") / ICMP(), timeout=float("inf")), "timeout=inf: give seconds"),
    (lambda lab: lab["host1"].sendp([Ether() / ARP()] * 2, inter=-1), "inter=-1: give seconds, 0 or more"),
    (lambda lab: lab.cables[0].sniff(timeout=1, filter="foo bar"), "filter='foo bar'"),
    (
        lambda lab: lab.switches["sw1"].port("host1").sendp(Ether(dst=EVERYBODY)),
        "sw1:host1 has no addresses of its own",
    ),
    (lambda lab: lab.switches["sw1"].port("new").sniff(count=1), "sw1:new has no cable"),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistakes_are_named_and_send_nothing(lab: Lab, call: Callable[[Lab], object], message: str) -> None:
    with lab.capture() as seen, pytest.raises(MacvsimError, match=message.replace("(", r"\(")):
        call(lab)
    assert len(seen) == 0
    assert lab.now == 0


def test_an_interface_that_is_down(lab: Lab) -> None:
    lab["host1"].link_set("eth0", up=False)
    with pytest.raises(MacvsimError, match="host1:eth0 is down: ip link set eth0 up first"):
        lab["host1"].sendp(Ether() / ARP(pdst="10.0.0.2"))


def test_a_box_with_two_cards_wants_a_name(lab: Lab) -> None:
    lab.hosts["host1"].nic_add("eth1", "08:00:27:00:00:77")
    with pytest.raises(MacvsimError, match="name the interface, iface=…: it has eth0, eth1"):
        lab["host1"].sendp(Ether() / ARP(pdst="10.0.0.2"))
