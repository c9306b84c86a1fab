"""Frames in the words of pictures."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.view.packets import packet_text


@pytest.fixture(scope="module")
def words() -> list[tuple[str, str, tuple[int, ...]]]:
    """Of a ping, a closed port, an expired packet and a connection, over VLAN 7."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    a, b = (lab.host(name, nic="eth0", switch=sw1, ipv6=True) for name in "ab")
    for number, host in enumerate((a, b), 1):
        host.vlan("eth0", 7, ip=f"10.0.0.{number}/24")
        host.sh(f"ip -6 addr add 2001:db8::{number}/64 dev eth0.7")
    lab.run(3)
    with a.capture("eth0") as capture:
        a.ping("10.0.0.2", count=1)
        a.ping("2001:db8::2", count=1)
        a.sh("traceroute -n 10.0.0.2")
        a.sh("busybox nc -w 1 10.0.0.2 80")
    return [(text.kind, text.short, text.vlans) for text in (packet_text(record.data) for record in capture.records)]


@pytest.mark.parametrize(
    "expected",
    [
        ("ask", "ARP who has 10.0.0.2?", (7,)),
        ("answer", "ARP 10.0.0.2 is at 08:00:27:00:00:02", (7,)),
        ("echo", "echo request 0, ttl 64", (7,)),
        ("reply", "echo reply 0, ttl 64", (7,)),
        ("ask", "who has 2001:db8::2?", (7,)),
        ("answer", "2001:db8::2 is here", (7,)),
        ("echo", "echo request 0, hop limit 64", (7,)),
        ("reply", "echo reply 0, hop limit 64", (7,)),
        ("error", "ICMP unreach/port", (7,)),
        ("data", "UDP eph > eph", (7,)),
        ("data", "TCP SYN eph > 80", (7,)),
        ("data", "TCP RST-ACK 80 > eph", (7,)),
    ],
)
def test_packets_have_short_words(
    words: list[tuple[str, str, tuple[int, ...]]], expected: tuple[str, str, tuple[int, ...]]
) -> None:
    assert expected in words


def test_what_is_no_packet_is_told_too() -> None:
    assert packet_text(b"").kind == "other"
    assert packet_text(bytes(12) + b"\x12\x34" + bytes(46)).short == "ethertype 0x1234 len 46"
