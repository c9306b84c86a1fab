"""Scripts of IPv4 below TCP: options and fragments by chance, errors and redirects, ARP, netfilter and NAT."""

from __future__ import annotations

import random
from ipaddress import IPv4Address

from tests.hostile.frames import (
    ARP,
    BEYOND,
    BROADCAST,
    FAR_PEER,
    FAR_ROUTER,
    HERE,
    ICMP,
    NEAR,
    PEER,
    ROUTER,
    TCP,
    UDP,
    UNKNOWN,
    arp,
    eth,
    icmp,
    ipv4,
    tcp,
    udp,
    with_ports,
)
from tests.injected.guest import Step

FAR_HERE = "10.0.1.1"


def sh(text: str) -> Step:
    return ["sh", text]


def sysctl(*settings: str) -> Step:
    return ["sh", f"sysctl -q -w {' '.join(settings)}"]


def wait(seconds: float) -> Step:
    return ["wait", seconds]


def near(packet: bytes, dst: bytes = ROUTER, src: bytes = PEER) -> Step:
    return ["frame", eth(packet, dst=dst, src=src).hex()]


def far(packet: bytes) -> Step:
    return ["frame", eth(packet, dst=FAR_ROUTER, src=FAR_PEER).hex(), "far"]


def packed(address: str) -> bytes:
    return IPv4Address(address).packed


# -- options -----------------------------------------------------------------------------------------------------------

_ADDRESSES = (NEAR, HERE, FAR_HERE, BEYOND, UNKNOWN, "10.0.0.9")


def _option(dice: random.Random, room: int) -> bytes:
    """One option of a kind by chance, mostly well formed (RFC 791, 3.1; RFC 2113)."""
    kind = dice.choice((7, 7, 7, 68, 68, 68, 131, 137, 148, 1, 134, 222))
    if kind == 1:
        return b"\1"
    places = dice.randint(1, 4)
    known = b"".join(packed(dice.choice(_ADDRESSES)) for _ in range(places))
    if kind == 7:
        pointer = dice.choice((4, 4, 8, 4 + 4 * places, 3, 5, 255))
        body = bytes((pointer,)) + dice.choice((known, bytes(len(known))))
    elif kind == 68:
        flag = dice.choice((0, 0, 1, 1, 3, 3, 2))
        step = 4 if not flag else 8
        pointer = dice.choice((5, 5, 5 + step, 5 + step * places, 4, 6))
        overflow = dice.choice((0, 0, 1, 15))
        body = bytes((pointer, overflow << 4 | flag))
        for _ in range(places):
            body += bytes(4) if not flag else packed(dice.choice(_ADDRESSES)) + bytes(4)
    elif kind in (131, 137):
        body = bytes((dice.choice((4, 4, 4, 8, 4 + 4 * places, 3)),)) + known
    elif kind == 148:
        body = dice.choice((b"\0\0", b"\0\1", b"\0\0\0"))
    else:
        body = bytes(dice.randint(0, 6))
    length = len(body) + 2
    if dice.random() < 0.08:
        length = max(length + dice.choice((-1, 1, -2)), 0)
    return (bytes((kind, length)) + body)[:room]


def random_options(seed: int) -> list[Step]:
    """Sixty packets with options: echoes, and datagrams that an error answers, to the router and through it."""
    dice = random.Random(f"options {seed}")
    steps: list[Step] = []
    if seed % 3:
        steps.append(sysctl("net.ipv4.conf.all.accept_source_route=1"))
    if seed % 3 == 2:
        steps.append(sh("iptables -A INPUT -p udp -j REJECT"))
    for number in range(60):
        options = b""
        while len(options) < 40 and dice.random() < 0.7 - 0.4 * bool(options):
            options += _option(dice, 40 - len(options))
        options += b"\0" * (-len(options) % 4)
        dst = dice.choice((HERE, HERE, BEYOND, BEYOND, "10.0.0.9", UNKNOWN))
        ttl, df = dice.choice((64, 64, 64, 1)), dice.choice((0, 0, 0x4000))
        if dice.random() < 0.5:
            payload, proto = icmp(data=bytes(dice.choice((16, 1300)))), ICMP
        else:
            payload, proto = udp(bytes(dice.choice((12, 1300))), dst=dst), UDP
        steps.append(near(ipv4(payload, proto, dst=dst, options=options, ttl=ttl, frag=df, ident=number + 1)))
    return steps


# -- fragments ---------------------------------------------------------------------------------------------------------


def random_fragments(seed: int) -> list[Step]:
    """Datagrams cut anyhow, in any order, some pieces twice or not at all, at two reassemblers: the router's own, and
    conntrack's for what it forwards.
    """
    dice = random.Random(f"fragments {seed}")
    steps: list[Step] = [sysctl("net.ipv4.ipfrag_time=4")]
    if seed % 2:
        steps.append(sh("iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP"))
    for ident in range(14):
        dst = BEYOND if dice.random() < 0.4 else HERE
        whole = icmp(data=bytes(n & 255 for n in range(dice.choice((60, 61, 400, 1500)))))
        cuts = sorted(dice.sample(range(8, len(whole), 8), min(dice.randint(1, 4), len(whole) // 8 - 1)))
        edges = list(zip([0, *cuts], [*cuts, len(whole)], strict=True))
        if dice.random() < 0.5:
            dice.shuffle(edges)
        for at, end in edges:
            fate = dice.random()
            if fate < 0.06:
                continue
            start, stop = at, end
            if fate < 0.14:
                start = max(at - 8, 0)
            elif fate < 0.2 and end < len(whole):
                stop = end + 8
            frag = start // 8 | (0x2000 if stop < len(whole) else 0)
            piece = near(ipv4(whole[start:stop], dst=dst, frag=frag, ident=100 + ident))
            steps.append(piece)
            if fate > 0.92:
                steps.append(piece)
        if dice.random() < 0.15:
            steps.append(wait(5))
    return [*steps, wait(5)]


# -- errors, redirects, echoes -----------------------------------------------------------------------------------------


def errors() -> dict[str, list[Step]]:
    scripts: dict[str, list[Step]] = {}
    get = sh(f"ip route get {BEYOND}; ip route get {NEAR}; ip route get {UNKNOWN}")
    answer = ipv4(icmp(0, data=bytes(1400)), src=HERE, dst=NEAR)

    def told(kind: int, code: int, rest: int, about: bytes = answer, src: str = NEAR) -> Step:
        return near(ipv4(icmp(kind, code, rest.to_bytes(4, "big"), about[:548]), src=src))

    big = near(ipv4(icmp(data=bytes(1450))))
    scripts["icmp fragmentation needed"] = [
        big, told(3, 4, 1400), get, big, told(3, 4, 1000), get, big, told(3, 4, 1300), get, told(3, 4, 552), get,
        told(3, 4, 400), get, big, told(3, 4, 0), get, told(3, 4, 67), get, told(3, 4, 65535), get,
        told(3, 4, 0, ipv4(icmp(0, data=bytes(1400)), src=HERE, dst="10.0.0.3")), sh("ip route get 10.0.0.3"),
        told(3, 4, 1200, ipv4(icmp(0), src="10.0.0.9", dst="10.0.0.4")), sh("ip route get 10.0.0.4"),
        told(3, 4, 1200, answer[:27]), told(3, 4, 1200, answer[:19]), told(3, 4, 1200, b"\x4f" + answer[1:]),
        sysctl("net.ipv4.ip_no_pmtu_disc=1"), told(3, 4, 900), get,
        sysctl("net.ipv4.ip_no_pmtu_disc=0 net.ipv4.route.min_pmtu=800"), told(3, 4, 600), get, big,
    ]  # fmt: skip
    host = sysctl("net.ipv4.ip_forward=0")
    route = sh("ip route add default via 10.0.0.2")

    def redirect(gateway: str, dst: str, code: int = 1, src: str = NEAR) -> Step:
        quoted = ipv4(icmp(0), src=HERE, dst=dst)[:28]
        return near(ipv4(icmp(5, code, packed(gateway), quoted), src=src))

    echo = near(ipv4(icmp(), src=UNKNOWN))
    scripts["icmp redirect followed"] = [
        host, sysctl("net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0"), route, get,
        redirect("10.0.0.9", UNKNOWN), get, echo, redirect("10.0.0.8", UNKNOWN, src="10.0.0.7"), get,
        redirect("10.0.0.8", UNKNOWN, src="10.0.0.9"), get, redirect("10.0.1.9", "203.0.113.8"),
        redirect("10.0.0.255", "203.0.113.8"), redirect(HERE, "203.0.113.8"), redirect("224.0.0.1", "203.0.113.8"),
        redirect("10.0.0.9", NEAR), redirect("10.0.0.9", "203.0.113.8", 0), redirect("10.0.0.9", "203.0.113.7", 4),
        sh("ip route get 203.0.113.8; ip route get 203.0.113.7; ip neigh | sort"), wait(4),
        sysctl("net.ipv4.conf.eth0.secure_redirects=0"), redirect("10.0.0.6", "203.0.113.6"),
        sh("ip route get 203.0.113.6"), sysctl("net.ipv4.conf.all.accept_redirects=0"),
        redirect("10.0.0.6", "203.0.113.5"), sh("ip route get 203.0.113.5"),
        sysctl("net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.eth0.accept_redirects=0"),
        redirect("10.0.0.6", "203.0.113.5"), sh("ip route get 203.0.113.5"),
        sysctl("net.ipv4.conf.eth0.accept_redirects=1 net.ipv4.ip_forward=1"),
        redirect("10.0.0.6", "203.0.113.5"), sh("ip route get 203.0.113.5"),
    ]  # fmt: skip
    scripts["icmp questions"] = [
        near(ipv4(icmp(13, data=bytes(12)), src="10.0.0.3")), wait(1.1),
        sysctl("net.ipv4.icmp_echo_ignore_broadcasts=0"), near(ipv4(icmp(), dst="10.0.0.255"), BROADCAST),
        near(ipv4(icmp(), dst="255.255.255.255"), BROADCAST), near(ipv4(icmp(13), dst="10.0.0.255"), BROADCAST),
        near(ipv4(icmp(), dst="224.0.0.1"), bytes.fromhex("01005e000001")),
        sysctl("net.ipv4.icmp_echo_ignore_all=1"), near(ipv4(icmp())), sysctl("net.ipv4.icmp_echo_ignore_all=0"),
        near(ipv4(icmp(), tos=0xB8)), near(ipv4(icmp(), tos=0x03)), near(ipv4(icmp(), dst=FAR_HERE)),
        sysctl("net.ipv4.icmp_errors_use_inbound_ifaddr=1"), near(ipv4(udp(dst=FAR_HERE), UDP, dst=FAR_HERE)),
        near(ipv4(udp(dst=BEYOND), UDP, dst=BEYOND, ttl=1)), far(ipv4(udp(dst=HERE), UDP, BEYOND, HERE)),
        sysctl("net.ipv4.icmp_errors_use_inbound_ifaddr=0"), near(ipv4(udp(dst=FAR_HERE), UDP, dst=FAR_HERE)),
        near(ipv4(icmp(42, 0, b"\0\1\1\1", b"\0\0\0\0"))), sysctl("net.ipv4.icmp_echo_enable_probe=1"),
        near(ipv4(icmp(42, 0, b"\0\1\1\1", b"\0\0\0\0"))),
    ]  # fmt: skip
    nowhere = [near(ipv4(udp(bytes((n,)), dst=UNKNOWN), UDP, dst=UNKNOWN)) for n in range(10)]
    scripts["icmp rates"] = [
        sysctl("net.ipv4.icmp_ratelimit=1000"), *nowhere, wait(1.1), *nowhere[:3], wait(3.2), *nowhere[:5],
        *[near(ipv4(udp(bytes((n,))), UDP, src="10.0.0.9")) for n in range(3)],
        sysctl("net.ipv4.icmp_ratemask=6160"), wait(7), *[near(ipv4(udp(bytes((n,))), UDP)) for n in range(9)],
        *[near(ipv4(udp(dst=BEYOND), UDP, dst=BEYOND, ttl=1)) for _ in range(9)],
    ]  # fmt: skip
    through = near(ipv4(udp(dst="10.0.0.9"), UDP, dst="10.0.0.9"))
    scripts["icmp redirect sent"] = [
        sh("ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent; "
           "ip route add 198.51.100.0/24 via 10.0.0.9"),
        through, through, wait(1.1), through, wait(2.1), through, wait(5),
        near(ipv4(udp(dst="198.51.100.1"), UDP, dst="198.51.100.1")),
        near(ipv4(udp(dst="198.51.100.1"), UDP, "198.51.100.7", "198.51.100.1")),
        near(ipv4(udp(dst="10.0.0.9"), UDP, "10.0.0.10", "10.0.0.9")), wait(4),
        sysctl("net.ipv4.conf.eth0.send_redirects=0"), through, sysctl("net.ipv4.conf.all.send_redirects=0"), through,
        sysctl("net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.eth0.shared_media=0 net.ipv4.conf.all.shared_media=0"),
        wait(30), through, near(ipv4(udp(dst="198.51.100.1"), UDP, dst="198.51.100.1")),
    ]  # fmt: skip
    scripts["routes refuse, tables chosen"] = [
        sh("ip route add blackhole 198.51.100.0/25; ip route add unreachable 198.51.100.128/26; "
           "ip route add prohibit 198.51.100.192/27; ip route add throw 198.51.100.224/27"),
        *[near(ipv4(udp(dst=f"198.51.100.{n}"), UDP, dst=f"198.51.100.{n}")) for n in (1, 129, 193, 225)],
        *[near(ipv4(icmp(), src=f"198.51.100.{n}")) for n in (1, 129, 193, 225)],
        sh("ip rule add from 10.0.0.3 table 7; ip route add unreachable default table 7; ip rule add tos 0x10 table 8; "
           "ip route add prohibit default table 8; ip rule add iif eth1 to 10.0.0.4 blackhole; ip rule"),
        near(ipv4(udp(dst=BEYOND), UDP, "10.0.0.3", BEYOND)), near(ipv4(udp(dst=BEYOND), UDP, dst=BEYOND, tos=0x10)),
        far(ipv4(udp(dst="10.0.0.4"), UDP, BEYOND, "10.0.0.4")), far(ipv4(udp(dst=NEAR), UDP, BEYOND, NEAR)),
        sysctl("net.ipv4.conf.all.rp_filter=1"), near(ipv4(udp(), UDP, BEYOND)), near(ipv4(udp(), UDP, UNKNOWN)),
        sysctl("net.ipv4.conf.all.rp_filter=2"), near(ipv4(udp(), UDP, BEYOND)), near(ipv4(udp(), UDP, UNKNOWN)),
        sh("ip route show table all | sort"),
    ]  # fmt: skip
    return scripts


# -- ARP ---------------------------------------------------------------------------------------------------------------


def random_arp(seed: int) -> list[Step]:
    """Requests and answers by chance, under parameters by chance; the table after each."""
    dice = random.Random(f"arp {seed}")
    choices = {
        "arp_ignore": (0, 1, 2, 3, 4, 8), "arp_announce": (0, 1, 2), "arp_filter": (0, 1), "arp_accept": (0, 1, 2),
        "proxy_arp": (0, 1), "drop_gratuitous_arp": (0, 0, 1), "arp_notify": (0, 1), "proxy_arp_pvlan": (0, 1),
    }  # fmt: skip
    told = [f"net.ipv4.conf.eth0.{name}={dice.choice(values)}" for name, values in choices.items()]
    steps: list[Step] = [
        sysctl(*told, "net.ipv4.neigh.eth0.proxy_delay=0", "net.ipv4.neigh.eth0.locktime=0"),
        sh("ip addr add 10.0.0.21/24 dev eth0; ip addr add 10.0.5.1/24 dev eth0; ip addr add 10.9.0.1/32 dev lo"),
    ]
    ips = (
        NEAR,
        HERE,
        "10.0.0.3",
        "10.0.0.21",
        "10.0.5.1",
        "10.0.5.9",
        FAR_HERE,
        BEYOND,
        "10.9.0.1",
        "0.0.0.0",
        UNKNOWN,
    )
    macs = (PEER, bytes.fromhex("0200000000aa"), ROUTER, bytes(6))
    for _ in range(30):
        if dice.random() < 0.2:
            steps.append(near(ipv4(icmp(), src=dice.choice(("10.0.0.3", "10.0.5.9")))))
        elif dice.random() < 0.1:
            steps.append(wait(dice.choice((0.5, 4))))
        else:
            same = dice.random() < 0.2
            sip = dice.choice(ips)
            message = arp(dice.choice((1, 1, 2)), sip, sip if same else dice.choice(ips), sha=dice.choice(macs),
                          tha=dice.choice(macs))  # fmt: skip
            steps.append(["frame", eth(message, ARP, dice.choice((BROADCAST, ROUTER))).hex()])
        steps.append(sh("ip -4 neigh | sort"))
    return steps


# -- netfilter ---------------------------------------------------------------------------------------------------------


def segment(sport: int, dport: int, flags: int, seq: int, ack: int, src: str, dst: str, data: bytes = b"") -> bytes:
    head = sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + seq.to_bytes(4, "big") + ack.to_bytes(4, "big")
    options = b"\2\4\5\xb4\1\3\3\7" if flags & 2 else b""
    head += bytes(((20 + len(options)) // 4 << 4, flags)) + (4000).to_bytes(2, "big") + bytes(4)
    return ipv4(with_ports(TCP, head + options + data, 16, packed(src), packed(dst)), TCP, src, dst)


def datagram(sport: int, dport: int, src: str, dst: str, data: bytes = b"x") -> bytes:
    head = sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + (8 + len(data)).to_bytes(2, "big") + bytes(2)
    return ipv4(with_ports(UDP, head + data, 6, packed(src), packed(dst)), UDP, src, dst)


def error_about(kind: int, code: int, rest: int, src: str, dst: str, about: bytes) -> bytes:
    return ipv4(icmp(kind, code, rest.to_bytes(4, "big"), about[:60]), ICMP, src, dst)


def translated() -> dict[str, list[Step]]:
    """Connections through the router, both ways, with errors about them (RFC 5508)."""
    scripts: dict[str, list[Step]] = {}
    there = datagram(1000, 2000, NEAR, BEYOND)
    masked = datagram(1000, 2000, FAR_HERE, BEYOND)
    scripts["nat masquerade"] = [
        sh("iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE"), near(there),
        far(datagram(2000, 1000, BEYOND, FAR_HERE)), near(datagram(1001, 2000, "10.0.0.3", BEYOND)),
        near(datagram(1001, 2001, "10.0.0.3", BEYOND)), far(error_about(3, 3, 0, BEYOND, FAR_HERE, masked)),
        far(error_about(11, 0, 0, "10.0.1.7", FAR_HERE, masked)), far(error_about(3, 4, 1000, BEYOND, FAR_HERE,
        masked)),
        far(error_about(5, 1, 0x0A000107, BEYOND, FAR_HERE, masked)), far(error_about(12, 0, 0, BEYOND,
        FAR_HERE, masked)),
        far(error_about(3, 3, 0, BEYOND, FAR_HERE, datagram(5, 6, FAR_HERE, BEYOND))),
        near(error_about(3, 3, 0, NEAR, BEYOND, datagram(2000, 1000, BEYOND, NEAR))),
        near(ipv4(icmp(rest=b"\1\1\0\1"), dst=BEYOND)), near(ipv4(icmp(rest=b"\1\2\0\1"), src="10.0.0.3", dst=BEYOND)),
        far(ipv4(icmp(0, rest=b"\1\1\0\1"), src=BEYOND, dst=FAR_HERE)), far(datagram(2000, 999, BEYOND, FAR_HERE)),
        sh("ip link set eth1 down; ip link set eth1 up; ip addr add 10.0.1.3/24 dev eth1; ip addr del "
           "10.0.1.1/24 dev eth1; "
           "ip neigh replace 10.0.1.2 lladdr 02:00:00:00:00:12 dev eth1 nud permanent"), near(there),
           near(there), wait(1),
        sh("iptables -t nat -D POSTROUTING 1; iptables -t nat -A POSTROUTING -o eth1 -p udp -j MASQUERADE "
           "--to-ports 5000-5001"),
        *[near(datagram(3000 + n, 2000, NEAR, BEYOND)) for n in range(4)],
    ]  # fmt: skip
    scripts["nat destination"] = [
        sh("iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.1.2:8080"),
        sh("iptables -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.0.1.2:5300"),
        sh("iptables -t nat -A PREROUTING -p udp --dport 54 -j REDIRECT --to-ports 9"),
        sh("iptables -t nat -A OUTPUT -d 10.0.0.2 -p udp -j DNAT --to-destination 10.0.1.2"),
        near(segment(1000, 80, 2, 100, 0, NEAR, HERE)), far(segment(8080, 1000, 18, 500, 101, BEYOND, NEAR)),
        near(segment(1000, 80, 16, 101, 501, NEAR, HERE)), near(segment(1000, 80, 24, 101, 501, NEAR, HERE, b"hello")),
        far(error_about(3, 4, 900, BEYOND, NEAR, segment(1000, 8080, 24, 101, 501, NEAR, BEYOND, b"hello"))),
        far(error_about(11, 0, 0, "10.0.1.7", NEAR, segment(1000, 8080, 24, 101, 501, NEAR, BEYOND, b"hello"))),
        far(segment(8080, 1000, 17, 501, 106, BEYOND, NEAR)), near(segment(1000, 80, 17, 106, 502, NEAR, HERE)),
        near(segment(1001, 80, 16, 106, 502, NEAR, HERE)), near(segment(1002, 80, 4, 106, 502, NEAR, HERE)),
        *[near(datagram(1000 + n, 53, NEAR, HERE)) for n in range(2)], near(datagram(1000, 54, NEAR, HERE)),
        near(datagram(1000, 54, NEAR, BEYOND)), sh("echo x | busybox nc -u -w 1 10.0.0.2 7"), wait(1),
    ]  # fmt: skip
    scripts["nat source"] = [
        sh("iptables -t nat -A POSTROUTING -s 10.0.0.2 -p udp -j SNAT --to-source 10.0.1.50:7000-7001"),
        sh("iptables -t nat -A POSTROUTING -s 10.0.0.3 -j SNAT --to-source 10.0.1.60"),
        sh("iptables -t nat -A POSTROUTING -s 10.0.0.5 -j ACCEPT; iptables -t nat -A POSTROUTING -o eth1 -j "
           "MASQUERADE"),
        *[near(datagram(1000 + n, 2000, NEAR, BEYOND)) for n in range(5)],
        *[near(datagram(1000, 2000 + n, NEAR, BEYOND)) for n in range(3)],
        near(datagram(1000, 2000, "10.0.0.3", BEYOND)), near(segment(1000, 80, 2, 1, 0, "10.0.0.3", BEYOND)),
        far(segment(80, 1000, 20, 0, 2, BEYOND, "10.0.1.60")), near(datagram(1002, 2000, "10.0.0.4", BEYOND)),
        near(datagram(1003, 2000, "10.0.0.5", BEYOND)), far(datagram(2000, 1003, BEYOND, "10.0.0.5")),
        near(ipv4(bytes(20), 47, "10.0.0.3", BEYOND)), near(ipv4(bytes(20), 200, "10.0.0.6", BEYOND)),
    ]  # fmt: skip
    plain = near(segment(1000, 80, 2, 100, 0, NEAR, BEYOND))
    scripts["filter answers"] = [
        sh("for n in 0 1 2 3 4 5 6; do set -- icmp-net-unreachable icmp-host-unreachable icmp-port-unreachable "
           "icmp-proto-unreachable icmp-net-prohibited icmp-host-prohibited icmp-admin-prohibited; shift $n; "
           "iptables -A FORWARD -p udp --dport $((100 + n)) -j REJECT --reject-with $1; done"),
        sh("iptables -A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset; iptables -A INPUT -p tcp "
           "-j REJECT "
           "--reject-with tcp-reset; iptables -A FORWARD -p tcp --dport 82 -j REJECT"),
        *[near(datagram(1000, 100 + n, NEAR, BEYOND)) for n in range(7)],
        near(segment(1000, 81, 2, 100, 0, NEAR, BEYOND)), near(segment(1000, 81, 16, 100, 7, NEAR, BEYOND)),
        near(segment(1000, 81, 24, 100, 7, NEAR, BEYOND, b"abc")), near(segment(1000, 81, 4, 100, 7, NEAR, BEYOND)),
        near(segment(1000, 82, 2, 100, 0, NEAR, BEYOND)), near(segment(1000, 9, 2, 100, 0, NEAR, HERE)),
        near(segment(1000, 9, 1, 100, 0, NEAR, HERE)), near(ipv4(datagram(1000, 100, NEAR, BEYOND)[20:], UDP,
        dst=BEYOND, frag=1)),
        sh("iptables -F; iptables -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000; "
           "iptables -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"), plain,
        near(ipv4(tcp(2, 5, dst=BEYOND), TCP, dst=BEYOND)), near(ipv4(tcp(2, 6, b"\2\4\3\0", dst=BEYOND), TCP,
        dst=BEYOND)),
        near(ipv4(tcp(2, 6, b"\2\4\5\xb4", b"data", BEYOND), TCP, dst=BEYOND)), near(ipv4(tcp(2, 5, b"",
        b"data", BEYOND), TCP, dst=BEYOND)),
        near(ipv4(tcp(2, 8, b"\1\3\3\7\1\2\4\5\xb4\0\0\0", dst=BEYOND), TCP, dst=BEYOND)),
        near(ipv4(tcp(2, 15, b"\1" * 40, dst=BEYOND), TCP, dst=BEYOND)), far(segment(80, 1000, 18, 1, 101,
        BEYOND, NEAR)),
        near(ipv4(tcp(16, 6, b"\2\4\5\xb4", dst=BEYOND), TCP, dst=BEYOND)),
    ]  # fmt: skip
    scripts["filter remembers"] = [
        sh("iptables -P FORWARD DROP; iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; "
           "iptables -A FORWARD -i eth0 -m conntrack --ctstate NEW -j ACCEPT"),
        far(datagram(2000, 1000, BEYOND, NEAR)), near(datagram(1000, 2000, NEAR, BEYOND)), far(datagram(2000,
        1000, BEYOND, NEAR)),
        far(error_about(3, 3, 0, BEYOND, NEAR, datagram(1000, 2000, NEAR, BEYOND))),
        far(error_about(3, 3, 0, BEYOND, NEAR, datagram(1, 2, NEAR, BEYOND))),
        near(segment(1000, 80, 2, 100, 0, NEAR, BEYOND)), far(segment(80, 1000, 18, 500, 101, BEYOND, NEAR)),
        near(segment(1000, 80, 16, 101, 501, NEAR, BEYOND)), far(segment(80, 1000, 24, 501, 101, BEYOND, NEAR,
        b"abcd")),
        far(segment(80, 1000, 24, 900_501, 101, BEYOND, NEAR, b"abcd")), near(segment(1000, 80, 16, 101,
        900_505, NEAR, BEYOND)),
        near(segment(1000, 80, 4, 5000, 0, NEAR, BEYOND)), near(segment(1000, 80, 4, 101, 0, NEAR, BEYOND)),
        far(segment(80, 1000, 24, 505, 101, BEYOND, NEAR, b"abcd")), wait(11), far(segment(80, 1000, 24, 505,
        101, BEYOND, NEAR, b"abcd")),
        far(segment(81, 1000, 18, 500, 101, BEYOND, NEAR)), near(segment(1000, 82, 41, 100, 0, NEAR, BEYOND)),
        near(segment(1000, 83, 0, 100, 0, NEAR, BEYOND)), near(segment(1000, 84, 3, 100, 0, NEAR, BEYOND)),
        near(ipv4(icmp(), dst=BEYOND)), far(ipv4(icmp(0), src=BEYOND, dst=NEAR)), far(ipv4(icmp(0), src=BEYOND,
        dst=NEAR)),
        wait(31), far(ipv4(icmp(0), src=BEYOND, dst=NEAR)), far(datagram(2000, 1000, BEYOND, NEAR)), wait(10),
        near(datagram(1000, 2000, NEAR, BEYOND)), wait(31), far(datagram(2000, 1000, BEYOND, NEAR)),
        near(segment(7, 80, 2, 1, 0, NEAR, BEYOND)), near(segment(7, 80, 16, 2, 0, NEAR, BEYOND)),
        far(segment(80, 7, 4, 0, 2, BEYOND, NEAR)), far(segment(80, 7, 20, 0, 2, BEYOND, NEAR)),
        near(segment(8, 80, 16, 2, 9, NEAR, BEYOND)), far(segment(80, 8, 16, 9, 2, BEYOND, NEAR)),
    ]  # fmt: skip
    return scripts


def random_conversation(seed: int) -> list[Step]:
    """Segments of TCP by chance through a router that drops what conntrack finds invalid, and masquerades."""
    dice = random.Random(f"conversation {seed}")
    steps: list[Step] = [
        sh("iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP; iptables -A FORWARD -i eth1 -m conntrack "
           "--ctstate NEW -j DROP; iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE"),
    ]  # fmt: skip
    if seed % 3 == 1:
        steps.append(sysctl("net.netfilter.nf_conntrack_tcp_loose=0"))
    if seed % 3 == 2:
        steps.append(sysctl("net.netfilter.nf_conntrack_tcp_be_liberal=1"))
    ours, theirs = 1000, 9000
    for _ in range(35):
        flags = dice.choice((2, 18, 16, 16, 16, 24, 24, 17, 17, 4, 20, 1, 0, 41))
        data = bytes(dice.choice((0, 0, 10, 1000))) if not flags & 6 else b""
        off = dice.choice((0, 0, 0, 0, -1, 1, -2000, 5000, 70_000, -90_000))
        if dice.random() < 0.55:
            sent = segment(1000, 80, flags, ours + off & 0xFFFFFFFF, theirs, NEAR, BEYOND, data)
            steps.append(near(sent))
            ours += 0 if off else len(data) + bool(flags & 3)
        else:
            steps.append(far(segment(80, 1000, flags, theirs + off & 0xFFFFFFFF, ours, BEYOND, FAR_HERE, data)))
            theirs += 0 if off else len(data) + bool(flags & 3)
        if dice.random() < 0.1:
            steps.append(wait(dice.choice((1, 3, 11))))
    return steps


def scripts() -> dict[str, list[Step]]:
    chance = {f"options chance {seed}": random_options(seed) for seed in range(6)}
    chance |= {f"fragments chance {seed}": random_fragments(seed) for seed in range(5)}
    chance |= {f"arp chance {seed}": random_arp(seed) for seed in range(6)}
    chance |= {f"conntrack chance {seed}": random_conversation(seed) for seed in range(9)}
    return {**errors(), **translated(), **chance}
