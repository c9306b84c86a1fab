"""Normalisation of frames and outputs: what is random becomes fixed, everything else stays."""

from __future__ import annotations

import hashlib
import json
import struct
import tarfile
from pathlib import Path

import pytest

from macvsim.fidelity.replay.entries import CommandEntry
from macvsim.fidelity.replay.normalize import InterfaceNormalizer, is_randomly_timed
from macvsim.fidelity.replay.normalize_text import given_macs, normalize_command, normalize_output
from macvsim.fidelity.replay.records import load
from macvsim.wire.canon import frame_text
from macvsim.wire.checksum import checksum

RECORDS = Path(__file__).parents[1] / "data" / "oracle"
# SHA-256 of all normalised frames and of all normalised outputs, by the recorder's own normalisation
DIGESTS = {
    "010-seed-same-macvlan": (
        "0f79f553908964607299304dfc3993da8d3b7a98dd376d61a6076c26ef0105cb",
        "c5a69f006ec71eadf35f10df6603a48ea09c5b3dc9ba85e0adadff6705c7e8b6",
    ),
    "020-seed-two-vlans-no-router": (
        "3f583b26fcbef69600afdafbeb9911bbb3a0b7ee952631d8fed9802dab379a04",
        "60400939f19ca162da9ccea6120016d9daeb2dfe14269d9a4d7fa90a920f1bd7",
    ),
    "021-seed-router": (
        "b27c4793155f6c96d4405a3b671e41f2b4afca64b7ecd5d67e129e5779ea7732",
        "baa2a0b1f7ed0b35f8d98bb2e780de791cb8003bcb6641cc551ae6173da4b8af",
    ),
    "022-router-ip-forward-0": (
        "8e89c99a1e11579b5791f0efdbf94c3f38cdf71c47db9340271c2013859e4915",
        "63ba8909bc96090cee2fea06cbb5c8ad53cbc4893b5074a4a7896c4c026cf995",
    ),
}
A, B = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
ETHERNET = bytes.fromhex("0242ac100a030242ac100a020800")
ETHERNET6 = ETHERNET[:12] + b"\x86\xdd"
A6, B6 = bytes.fromhex("fd" + "00" * 14 + "01"), bytes.fromhex("fd" + "00" * 14 + "02")
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58


def ip(payload: bytes, proto: int, src: bytes = A, dst: bytes = B, ident: int = 0x1234, fragment: int = 0) -> bytes:
    """An IPv4 packet with a right header checksum."""
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, 64, proto, 0) + src + dst
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ip6(payload: bytes, proto: int, src: bytes = A6, dst: bytes = B6, label: int = 0) -> bytes:
    """An IPv6 packet."""
    return struct.pack("!IHBB", 6 << 28 | label, len(payload), proto, 64) + src + dst + payload


def icmp(kind: int, rest: bytes, code: int = 0) -> bytes:
    """An ICMP message with a right checksum; `rest` begins at the fifth byte."""
    message = bytes((kind, code, 0, 0)) + rest
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def pseudo(segment: bytes, proto: int, src: bytes, dst: bytes) -> bytes:
    """Pseudo header of IPv4."""
    return src + dst + struct.pack("!BBH", 0, proto, len(segment))


def udp(sport: int, dport: int, data: bytes = b"", src: bytes = A, dst: bytes = B) -> bytes:
    """A UDP datagram with a right checksum."""
    segment = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    value = checksum(pseudo(segment, UDP, src, dst) + segment) or 0xFFFF
    return segment[:6] + struct.pack("!H", value) + segment[8:]


def tcp(
    sport: int, dport: int, seq: int, ack: int, flags: int, options: bytes = b"", src: bytes = A, dst: bytes = B
) -> bytes:
    """A TCP segment with a right checksum."""
    offset = (20 + len(options)) // 4
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, offset << 4, flags, 64000, 0, 0) + options
    value = checksum(pseudo(segment, TCP, src, dst) + segment)
    return segment[:16] + struct.pack("!H", value) + segment[18:]


def normal(packet: bytes, interface: InterfaceNormalizer | None = None) -> bytes:
    """The normalised packet behind the Ethernet header, which must stay."""
    out = (interface or InterfaceNormalizer()).frame(ETHERNET + packet)
    assert out[:14] == ETHERNET
    return out[14:]


def ports(packet: bytes) -> tuple[int, int]:
    """Source and destination port of an IPv4 packet."""
    return struct.unpack("!HH", packet[20:24])


def segment_is_right(packet: bytes) -> bool:
    """True if the TCP or UDP checksum of an IPv4 packet is right."""
    segment = packet[20:]
    return checksum(pseudo(segment, packet[9], packet[12:16], packet[16:20]) + segment) == 0


@pytest.mark.parametrize("name", DIGESTS)
def test_records_normalise_as_the_recorder_does(name: str) -> None:
    record = load(RECORDS / f"{name}.tar.xz")
    frames, outputs = hashlib.sha256(), hashlib.sha256()
    interfaces: dict[str, InterfaceNormalizer] = {}
    for entry in record.frames:
        if not is_randomly_timed(entry.data):
            data = interfaces.setdefault(entry.interface, InterfaceNormalizer()).frame(entry.data)
            frames.update(f"{entry.interface} {entry.type} {data.hex()}\n".encode())
    for command in record.commands:
        outputs.update((normalize_command(command, record.given_macs) + "\n").encode())
    assert (frames.hexdigest(), outputs.hexdigest()) == DIGESTS[name]


@pytest.mark.parametrize("name", DIGESTS)
def test_normalising_twice_changes_nothing(name: str) -> None:
    once, twice = InterfaceNormalizer(), InterfaceNormalizer()
    seen = 0
    for entry in load(RECORDS / f"{name}.tar.xz").frames:
        if entry.interface == "h1/enp0s8":
            seen += 1
            data = once.frame(entry.data)
            assert twice.frame(data) == data
    assert seen


@pytest.mark.parametrize("name", DIGESTS)
def test_text_of_frames_is_the_recorders(name: str) -> None:
    for entry in load(RECORDS / f"{name}.tar.xz").frames:
        assert frame_text(entry.data) == entry.text


def test_identification_becomes_fixed_and_the_checksum_stays_right() -> None:
    out = normal(ip(b"data", 200))
    assert out == ip(b"data", 200, ident=0x8000)


def test_identification_zero_stays() -> None:
    packet = ip(b"data", 200, ident=0, fragment=0x4000)
    assert normal(packet) == packet


def test_a_wrong_header_checksum_stays_wrong_by_the_same_amount() -> None:
    packet = bytearray(ip(b"data", 200))
    packet[11] ^= 1
    expected = bytearray(ip(b"data", 200, ident=0x8000))
    out = normal(bytes(packet))
    assert out != expected
    assert checksum(out[:20]) == checksum(bytes(packet[:20])) != 0


def test_fragments_of_one_datagram_keep_a_common_identification() -> None:
    interface = InterfaceNormalizer()
    out = [
        normal(ip(bytes(8), 200, ident=ident, fragment=fragment), interface)[4:6]
        for ident, fragment in ((700, 0x2000), (900, 0x2000), (700, 1), (900, 1))
    ]
    assert out == [b"\0\1", b"\0\2", b"\0\1", b"\0\2"]


def test_an_interface_counts_by_itself() -> None:
    busy = InterfaceNormalizer()
    normal(ip(icmp(8, b"\x11\x11\0\1"), ICMP), busy)
    probe = ip(icmp(8, b"\x22\x22\0\1"), ICMP)
    assert normal(probe, busy)[24:26] == b"\0\2"
    assert normal(probe)[24:26] == b"\0\1"


def test_echo_identifier_is_numbered_by_pair_of_addresses() -> None:
    interface = InterfaceNormalizer()
    request = normal(ip(icmp(8, b"\xab\xcd\0\1"), ICMP), interface)
    reply = normal(ip(icmp(0, b"\xab\xcd\0\1"), ICMP, B, A), interface)
    other = normal(ip(icmp(8, b"\xab\xcd\0\1"), ICMP, A, bytes((10, 0, 0, 3))), interface)
    assert [p[24:26] for p in (request, reply, other)] == [b"\0\1", b"\0\1", b"\0\2"]
    assert request[20:] == icmp(8, b"\0\1\0\1")


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (bytes(range(100, 116)) + bytes(range(16, 56)), bytes(16) + bytes(range(16, 56))),  # iputils
        (b"\x12\x34\x56\x78" + bytes(52), bytes(56)),  # busybox
        (b"\x12\x34\x56\x78" + b"x" * 52, b"\x12\x34\x56\x78" + b"x" * 52),  # somebody's own
    ],
)
def test_time_of_sending_in_echo_data(data: bytes, kept: bytes) -> None:
    assert normal(ip(icmp(8, b"\0\1\0\1" + data), ICMP))[20:] == icmp(8, b"\0\1\0\1" + kept)


def test_ephemeral_port_is_numbered_in_both_directions() -> None:
    interface = InterfaceNormalizer()
    there = normal(ip(udp(40000, 53), UDP), interface)
    back = normal(ip(udp(53, 40000, src=B, dst=A), UDP, B, A), interface)
    second = normal(ip(udp(41000, 53), UDP), interface)
    assert [ports(p) for p in (there, back, second)] == [(32769, 53), (53, 32769), (32770, 53)]
    assert all(map(segment_is_right, (there, back, second)))


def test_only_the_first_frames_source_port_is_ephemeral() -> None:
    assert ports(normal(ip(udp(40000, 50000), UDP))) == (32769, 50000)
    assert ports(normal(ip(udp(53, 50000), UDP))) == (53, 32769)
    assert ports(normal(ip(udp(53, 61000), UDP))) == (53, 61000)


def test_traceroutes_ports_are_not_ephemeral() -> None:
    assert ports(normal(ip(udp(53, 33434), UDP))) == (53, 33434)
    assert ports(normal(ip(tcp(80, 33434, 0, 0, 4), TCP))) == (80, 32769)


def test_a_port_named_in_the_payload() -> None:
    out = normal(ip(udp(40000, 5000, b"I am 40000!"), UDP))
    assert out[28:] == b"I am EPORT!"
    assert segment_is_right(out)


def test_a_checksum_left_to_an_offload_is_completed() -> None:
    segment = bytearray(udp(40000, 53, b"abc"))
    segment[6:8] = struct.pack("!H", checksum(pseudo(bytes(segment), UDP, A, B)) ^ 0xFFFF)
    assert normal(ip(bytes(segment), UDP)) == normal(ip(udp(40000, 53, b"abc"), UDP))


def test_no_udp_checksum_stays_none_and_a_wrong_one_wrong() -> None:
    segment = bytearray(udp(40000, 53, b"abc"))
    segment[6:8] = b"\0\0"
    assert normal(ip(bytes(segment), UDP))[26:28] == b"\0\0"
    segment = bytearray(udp(40000, 53, b"abc"))
    segment[7] ^= 1
    assert not segment_is_right(normal(ip(bytes(segment), UDP)))


def test_tcp_numbers_are_relative_to_the_syn() -> None:
    interface = InterfaceNormalizer()
    sack = b"\1\1\5\x0a" + struct.pack("!II", 9001, 9011)
    stamps = b"\1\1\x08\x0a" + struct.pack("!II", 77, 0)
    syn = normal(ip(tcp(40000, 80, 5000, 0, 2, stamps), TCP), interface)
    answer = normal(ip(tcp(80, 40000, 9000, 5001, 18, src=B, dst=A), TCP, B, A), interface)
    data = normal(ip(tcp(40000, 80, 5001, 9001, 16, sack), TCP), interface)
    assert syn == ip(tcp(32769, 80, 0, 0, 2, b"\1\1\x08\x0a" + struct.pack("!II", 1, 0)), TCP, ident=0x8000)
    assert answer == ip(tcp(80, 32769, 0, 1, 18, src=B, dst=A), TCP, B, A, ident=0x8000)
    assert data == ip(tcp(32769, 80, 1, 1, 16, b"\1\1\5\x0a" + struct.pack("!II", 1, 11)), TCP, ident=0x8000)


def test_a_resets_plain_zero_stays_zero() -> None:
    interface = InterfaceNormalizer()
    normal(ip(tcp(40000, 81, 5000, 0, 2), TCP), interface)
    reset = normal(ip(tcp(81, 40000, 0, 5001, 20, src=B, dst=A), TCP, B, A), interface)
    assert struct.unpack("!II", reset[24:32]) == (0, 1)


def test_a_quoted_packet_is_normalised_with_both_checksums() -> None:
    quoted = ip(udp(40000, 33434), UDP)
    out = normal(ip(icmp(3, bytes(4) + quoted, code=3), ICMP, B, A))
    inner = normal(quoted)
    assert out == ip(icmp(3, bytes(4) + inner, code=3), ICMP, B, A, ident=0x8000)


def test_vlan_tags_are_looked_through_and_stay() -> None:
    tags = bytes.fromhex("88a8000a81000064")
    packet = ip(b"data", 200)
    out = InterfaceNormalizer().frame(ETHERNET[:12] + tags + b"\x08\x00" + packet)
    assert out == ETHERNET[:12] + tags + b"\x08\x00" + ip(b"data", 200, ident=0x8000)


@pytest.mark.parametrize("length", range(14, 60))
def test_a_frame_cut_short_keeps_its_length(length: int) -> None:
    frame = ETHERNET + ip(tcp(40000, 80, 5000, 0, 2, b"\2\4\5\xb4"), TCP)
    assert len(InterfaceNormalizer().frame(frame[:length])) == min(length, len(frame))


def test_ipv6_flow_label_becomes_one_and_fragments_are_numbered() -> None:
    plain = InterfaceNormalizer().frame(ETHERNET6 + ip6(b"data", 59, label=0xABCDE))
    assert plain == ETHERNET6 + ip6(b"data", 59, label=1)
    fragment = struct.pack("!BBHI", 59, 0, 1, 0xDEADBEEF)
    out = InterfaceNormalizer().frame(ETHERNET6 + ip6(fragment + b"data", 44))
    assert out == ETHERNET6 + ip6(struct.pack("!BBHI", 59, 0, 1, 1) + b"data", 44)


@pytest.mark.parametrize(
    ("packet", "random"),
    [
        (ip6(bytes((0x3A, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0)), 0), True),  # MLD report behind hop-by-hop options
        (ip6(bytes((133, 0, 0, 0)), ICMPV6), True),  # router solicitation
        (ip6(bytes((135,)) + bytes(23), ICMPV6, src=bytes(16)), True),  # duplicate address detection
        (ip6(bytes((135,)) + bytes(23), ICMPV6), False),  # address resolution
        (ip6(bytes((136,)) + bytes(23), ICMPV6, dst=b"\xff\2" + bytes(13) + b"\1"), True),
        (ip6(bytes((136,)) + bytes(23), ICMPV6), False),
        (ip6(bytes((128,)) + bytes(7), ICMPV6), False),
        (ip6(bytes((133, 0, 0, 0)), UDP), False),
    ],
)
def test_which_frames_come_after_random_delays(packet: bytes, random: bool) -> None:
    assert is_randomly_timed(ETHERNET6 + packet) is random
    assert is_randomly_timed(ETHERNET6[:12] + bytes.fromhex("81000064") + b"\x86\xdd" + packet) is random


def test_ipv4_never_comes_after_random_delays() -> None:
    assert not is_randomly_timed(ETHERNET + ip(icmp(8, b"\0\1\0\1"), ICMP))


@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        ("ping", "64 bytes: icmp_seq=1 ttl=64 time=0.045 ms", "64 bytes: icmp_seq=1 ttl=64 time=T ms"),
        ("ping", "rtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms", "rtt min/avg/max/mdev = T ms"),
        ("ping", "2 received, 0% packet loss, time 1ms", "2 received, 0% packet loss, time=T ms"),
        ("traceroute", " 1  10.0.0.1  0.123 ms  4.5 ms", " 1  10.0.0.1  T ms  T ms"),
        ("ip -s neigh", "10.0.0.1 used 1/2/3probes 4", "10.0.0.1 used Tprobes 4"),
        ("ip route show cache", "cache expires 599sec mtu 1400", "cache expires T mtu 1400"),
        ("iptables-save", "# Completed on Tue Nov 14 22:13:20 2023", "# Completed on DATE"),
        (
            "conntrack -L",
            "icmp     1 29 src=a id=777 dst=x id=888 id=777",
            "icmp     1 T src=a id=I1 dst=x id=I2 id=I1",
        ),
        (
            "conntrack -L",
            "tcp      6 9 sport=40000 dport=80 sport=80 dport=40000",
            "tcp      6 T sport=E1 dport=80 sport=80 dport=E1",
        ),
        ("cat x", "tcp      6 9 sport=40000", "tcp      6 T sport=E1"),
        ("ss", "10.0.0.1:40000 10.0.0.2:50000", "10.0.0.1:E1 10.0.0.2:E2"),
        ("ss", "10.0.0.1:61000 10.0.0.2:8080", "10.0.0.1:61000 10.0.0.2:8080"),
        ("ip neigh", "b\na", "a\nb"),
        ("ip neigh show dev eth0", "b\na", "a\nb"),
        ("ip route", "b\na", "b\na"),
        ("docker run", "f" * 63 + "1", "ID64"),
        ("docker ps", "0123456789ab   Up 3 minutes    c1", "ID12  Up AGE  c1"),
        ("docker network inspect n", "Error: no such network", "Error: no such network"),
        ("ip link", "link/ether 6e:00:00:00:00:09 and 6e:00:00:00:00:09", "link/ether MAC1 and MAC1"),
        ("ip link", "0e:00:00:00:00:07 ff:ff:ff:ff:ff:ff", "0e:00:00:00:00:07 ff:ff:ff:ff:ff:ff"),
        ("ip link", "02:42:ac:11:00:02 02:42:99:00:00:01", "02:42:ac:11:00:02 MAC1"),
        ("ip link", "08:00:27:00:00:01 08:00:27:00:00:02", "08:00:27:00:00:01 MAC1"),
        ("ip -d link", "bridge_id 8000.6e:0:0:0:0:9", "bridge_id 8000.MAC1"),
        ("ip -d link", "hello_timer    1.23 forward_delay 0", "hello_timer    T forward_delay 0"),
    ],
)
def test_rules_of_outputs(command: str, text: str, expected: str) -> None:
    assert normalize_output(command, text, {"08:00:27:00:00:01"}) == expected


def test_containers_of_docker_network_inspect_are_sorted_by_name() -> None:
    listed = json.dumps([{"Name": "n", "Containers": {"2": {"Name": "b"}, "1": {"Name": "a"}}}])
    out = json.loads(normalize_output("docker network inspect n", listed, ()))
    assert out == [{"Name": "n", "Containers": [{"Name": "a"}, {"Name": "b"}]}]


def test_what_no_rule_names_stays() -> None:
    text = "1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue state UNKNOWN\n172.16.10.0/24 dev eth0 ttl 64 0% loss\n"
    assert normalize_output("ip addr", text, ()) == text


def test_exit_status_and_both_streams_are_compared() -> None:
    entry = CommandEntry("c1", "ping -c 1 x", "out", "err", 2)
    assert normalize_command(entry, ()) == "rc=2\nout\n--- stderr\nerr"


def test_given_macs_are_those_the_scenario_names() -> None:
    assert given_macs("ctr c1 h1 eth0 bridge 02:42:AC:10:0A:02\nwire a/b c/d") == {"02:42:ac:10:0a:02"}


def test_recorded_data_is_what_was_recorded() -> None:
    with tarfile.open(RECORDS / "010-seed-same-macvlan.tar.xz") as archive:
        member = archive.extractfile("010-seed-same-macvlan/frames.jsonl")
        assert member is not None
        lines = member.read().splitlines()
    assert len(lines) == len(load(RECORDS / "010-seed-same-macvlan.tar.xz").timeline) == 165
