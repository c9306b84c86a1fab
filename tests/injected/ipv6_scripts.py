"""Scripts of IPv6: routers advertise, neighbours ask and answer, redirects, errors and their limits, fragments."""

from __future__ import annotations

import random
from ipaddress import IPv6Address

from tests.hostile.frames import (
    BEYOND6,
    HERE6,
    ICMP6,
    IPV6,
    NEAR6,
    PEER,
    ROUTER,
    UDP,
    eth,
    fragment6,
    icmp6,
    ipv6,
    udp6,
)
from tests.injected.guest import Step

ALL_NODES_MAC = bytes.fromhex("333300000001")
LINK, OWN_LINK = "fe80::2", "fe80::ff:fe00:1"
SHOW: Step = ["sh", "ip -6 neigh | sort; ip -6 route; ip -6 addr show dev eth0"]
NEIGH: Step = ["sh", "ip -6 neigh | sort"]


def sh(text: str) -> Step:
    return ["sh", text]


def sysctl(*settings: str) -> Step:
    return ["sh", f"sysctl -q -w {' '.join(settings)}"]


HOST = sysctl("net.ipv6.conf.all.forwarding=0")
AT_ONCE = sysctl(*(f"net.ipv6.conf.eth{n}.{name}" for n in (0, 1)
                   for name in ("mldv2_unsolicited_report_interval=1", "router_solicitation_delay=0")),
                 "net.ipv6.neigh.eth0.anycast_delay=0")  # fmt: skip
"""No random delays."""


def wait(seconds: float) -> Step:
    return ["wait", seconds]


def packed(address: str) -> bytes:
    return IPv6Address(address).packed


def frame(packet: bytes, dst: bytes = ROUTER, src: bytes = PEER) -> Step:
    return ["frame", eth(packet, IPV6, dst, src).hex()]


def message(
    kind: int, body: bytes, src: str, dst: str, *, hops: int = 255, code: int = 0, mac: bytes = ROUTER,
    sender: bytes = PEER,
) -> Step:  # fmt: skip
    return frame(ipv6(icmp6(kind, body, code, src, dst), ICMP6, src, dst, hops=hops), mac, sender)


def echo(src: str, dst: str = HERE6, size: int = 8, sender: bytes = PEER) -> Step:
    return message(128, b"\x12\x34\0\1" + bytes(size), src, dst, hops=64, sender=sender)


# -- router advertisements ---------------------------------------------------------------------------------------------


def advertisement(
    lifetime: int = 1800, options: bytes = b"", *, hop: int = 64, flags: int = 0, reachable: int = 0, retrans: int = 0,
    src: str = LINK, hops: int = 255,
) -> Step:  # fmt: skip
    body = bytes((hop, flags)) + lifetime.to_bytes(2, "big") + reachable.to_bytes(4, "big")
    body += retrans.to_bytes(4, "big") + options
    return message(134, body, src, "ff02::1", hops=hops, mac=ALL_NODES_MAC)


def prefix(
    text: str = "2001:db8:1::", plen: int = 64, flags: int = 0xC0, valid: int = 86400, preferred: int = 14400
) -> bytes:
    head = bytes((3, 4, plen, flags)) + valid.to_bytes(4, "big") + preferred.to_bytes(4, "big") + bytes(4)
    return head + packed(text)


def mtu(value: int) -> bytes:
    return b"\5\1\0\0" + value.to_bytes(4, "big")


SOURCE = b"\1\1" + bytes.fromhex("0200000000aa")
PARAMETERS = sh("sysctl net.ipv6.neigh.eth0.base_reachable_time_ms net.ipv6.neigh.eth0.retrans_time_ms "
                "net.ipv6.conf.eth0.mtu net.ipv6.conf.eth0.hop_limit")  # fmt: skip


def advertised() -> dict[str, list[Step]]:
    """Default routers, prefixes, parameters, and lifetimes (RFC 4861, 6.3.4; RFC 4862, 5.5.3)."""
    scripts: dict[str, list[Step]] = {}
    scripts["ra routers"] = [
        HOST, advertisement(), SHOW, advertisement(900, flags=0x08), SHOW, advertisement(src="fe80::3",
        flags=0x18), SHOW,
        advertisement(900, flags=0x10), SHOW, advertisement(0), SHOW, advertisement(0), SHOW,
        advertisement(2, src="fe80::4"), SHOW, wait(3), SHOW, advertisement(src="fe80::3", options=SOURCE), SHOW,
        advertisement(src=NEAR6), advertisement(hops=64), advertisement(src="::"), SHOW,
        sysctl("net.ipv6.conf.all.forwarding=1"), SHOW, advertisement(), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_ra=2"), advertisement(), SHOW,
    ]  # fmt: skip
    scripts["ra parameters"] = [
        HOST, PARAMETERS, advertisement(reachable=20_000, retrans=500), PARAMETERS,
        advertisement(retrans=1, reachable=0), PARAMETERS, advertisement(options=mtu(1400)), PARAMETERS,
        advertisement(options=mtu(1279)), PARAMETERS, advertisement(options=mtu(1280)), PARAMETERS,
        advertisement(options=mtu(1501)), PARAMETERS, advertisement(options=mtu(1500)), PARAMETERS,
        advertisement(options=b"\5\2\0\0" + (1300).to_bytes(4, "big") + bytes(8)), PARAMETERS,
        advertisement(hop=3), SHOW, echo(NEAR6), echo("2001:db8:9::9"), advertisement(hop=0), echo(NEAR6), PARAMETERS,
        sysctl("net.ipv6.conf.eth0.accept_ra_min_hop_limit=10"), advertisement(hop=9), echo(NEAR6),
        advertisement(hop=10), echo(NEAR6), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_ra_mtu=0"), advertisement(options=mtu(1300)), PARAMETERS,
    ]  # fmt: skip
    scripts["ra refused"] = [
        sysctl("net.ipv6.conf.all.forwarding=0 net.ipv6.conf.eth0.accept_ra=0"), advertisement(options=prefix()), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_ra=1 net.ipv6.conf.eth0.accept_ra_defrtr=0"),
        advertisement(options=prefix()), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_ra_defrtr=1 net.ipv6.conf.eth0.accept_ra_pinfo=0"),
        advertisement(options=prefix("2001:db8:2::")), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_ra_pinfo=1 net.ipv6.conf.eth0.autoconf=0"),
        advertisement(options=prefix("2001:db8:3::")), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_ra_min_lft=100"), advertisement(99, src="fe80::5"), SHOW,
        advertisement(100, src="fe80::5"), SHOW, advertisement(0, src="fe80::5"), SHOW,
        advertisement(src=OWN_LINK), SHOW,
    ]  # fmt: skip
    scripts["ra prefixes"] = [
        HOST, advertisement(options=prefix()), SHOW, wait(2), SHOW,
        advertisement(options=prefix("2001:db8:2::", 48)), SHOW,
        advertisement(options=prefix("2001:db8:3::", flags=0x80)), SHOW,
        advertisement(options=prefix("2001:db8:4::", flags=0x40)), SHOW,
        advertisement(options=prefix("2001:db8:5::", valid=100, preferred=101)), SHOW,
        advertisement(options=prefix("2001:db8:6::", 129)), SHOW,
        advertisement(options=prefix("fe80::")), advertisement(options=prefix("ff05::")), SHOW,
        advertisement(options=prefix("2001:db8:7::", valid=0xFFFFFFFF, preferred=0xFFFFFFFF)), SHOW,
        advertisement(options=prefix("2001:db8:8::", valid=0, preferred=0)), SHOW,
        advertisement(options=prefix("2001:db8:7::", valid=0, preferred=0)), SHOW,
        advertisement(options=prefix("2001:db8:9::9")), SHOW,
        advertisement(options=prefix("2001:db8:a::")[:-8]), SHOW, wait(1), SHOW,
    ]  # fmt: skip
    scripts["ra lifetimes"] = [
        HOST, advertisement(options=prefix(valid=86400, preferred=14400)), wait(1.5), SHOW,
        advertisement(options=prefix(valid=3600, preferred=1800)), SHOW,
        advertisement(options=prefix(valid=7200, preferred=1800)), SHOW,
        advertisement(options=prefix(valid=7201, preferred=1800)), SHOW,
        advertisement(options=prefix(valid=3600, preferred=0)), SHOW,
        advertisement(options=prefix(valid=20_000, preferred=20_000)), SHOW,
        advertisement(options=prefix("2001:db8:2::", valid=8, preferred=3)), wait(1.6), SHOW, wait(2), SHOW,
        advertisement(options=prefix("2001:db8:2::", valid=9, preferred=9)), SHOW, wait(6), SHOW, wait(5), SHOW,
    ]  # fmt: skip
    scripts["ra neighbour is no router any more"] = [
        HOST, advertisement(options=SOURCE), advertisement(src="fe80::3", options=SOURCE), SHOW,
        neighbour_advertisement("fe80::3", flags=0xA0, src="fe80::3"), SHOW,
        neighbour_advertisement("fe80::3", flags=0x20, src="fe80::3"), SHOW,
        neighbour_advertisement("fe80::2", flags=0x60, src="fe80::2"), SHOW,
    ]  # fmt: skip
    return scripts


# -- neighbours --------------------------------------------------------------------------------------------------------


def neighbour_advertisement(
    target: str, *, flags: int = 0x60, option: bytes | None = PEER, src: str = "", dst: str = HERE6, mac: bytes = ROUTER
) -> Step:
    body = bytes((flags, 0, 0, 0)) + packed(target) + (b"" if option is None else b"\2\1" + option)
    return message(136, body, src or target, dst, mac=mac)


def solicitation(target: str = HERE6, *, src: str = NEAR6, dst: str = "", option: bytes | None = PEER) -> Step:
    tail = packed(target)[-3:]
    group = IPv6Address(packed("ff02::1:ff00:0")[:13] + tail)
    to = dst or str(group)
    mac = b"\x33\x33" + packed(to)[-4:] if packed(to)[0] == 0xFF else ROUTER
    body = bytes(4) + packed(target) + (b"" if option is None else b"\1\1" + option)
    return message(135, body, src, to, mac=mac)


MAC_A, MAC_B = bytes.fromhex("0200000000aa"), bytes.fromhex("0200000000bb")


def neighbours() -> dict[str, list[Step]]:
    """Solicitations, advertisements and what they change (RFC 4861, 7.2)."""
    scripts: dict[str, list[Step]] = {}
    scripts["nd solicited"] = [
        solicitation(src="fd00::a", option=MAC_A), NEIGH, solicitation(src="fd00::b", option=None), NEIGH, wait(1),
        NEIGH, solicitation(src="fd00::c", dst=HERE6, option=MAC_A), NEIGH,
        solicitation(src="fd00::d", dst=HERE6, option=None), NEIGH, solicitation(src="fd00::a", option=MAC_B), NEIGH,
        solicitation(src="::", option=None), solicitation(src="::", option=PEER),
        solicitation(src="::", dst=HERE6, option=None), solicitation("fd00::9"), solicitation("fd00::"),
        solicitation("fd00::", src="fd00::a", option=MAC_A), solicitation("fd00::", src="::", option=None),
        solicitation(OWN_LINK, src=LINK), solicitation("fd01::1"), NEIGH, wait(2), NEIGH,
        HOST, solicitation(), solicitation("fd00::"), solicitation(dst=HERE6),
        sysctl("net.ipv6.conf.eth0.force_tllao=1"), solicitation(dst=HERE6), solicitation(),
        sysctl("net.ipv6.conf.eth0.ndisc_tclass=224"), solicitation(),
    ]  # fmt: skip
    scripts["nd proxied"] = [
        sh("ip -6 neigh add proxy fd00::9 dev eth0; ip -6 neigh show proxy"), solicitation("fd00::9"), wait(1),
        sysctl("net.ipv6.conf.eth0.proxy_ndp=1"), solicitation("fd00::9"), wait(1), solicitation("fd00::8"), wait(1),
        solicitation("fd00::9", src="::", option=None), wait(1), solicitation("fd00::9", dst="fd00::9"), wait(1),
        sysctl("net.ipv6.neigh.eth0.proxy_delay=0"), solicitation("fd00::9"), solicitation("fd00::9", dst=HERE6),
        HOST, solicitation("fd00::9"), wait(1),
    ]  # fmt: skip
    unknown = neighbour_advertisement("fd00::a", option=MAC_A)
    scripts["nd advertised"] = [
        unknown, NEIGH, solicitation(src="fd00::a", option=MAC_A), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x40, option=MAC_A), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x00, option=MAC_A), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x40, option=MAC_B), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x60, option=MAC_B), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x20, option=MAC_A), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x40, option=None), NEIGH,
        neighbour_advertisement("fd00::a", flags=0xC0, option=None), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x80, option=MAC_B), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x60, option=MAC_B, dst="ff02::1", mac=ALL_NODES_MAC), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x20, option=MAC_B, dst="ff02::1", mac=ALL_NODES_MAC), NEIGH,
        neighbour_advertisement("ff02::1", src="fd00::a"), neighbour_advertisement(HERE6, src=NEAR6), NEIGH,
        sysctl("net.ipv6.conf.eth0.drop_unsolicited_na=1"),
        neighbour_advertisement("fd00::a", flags=0x20, option=MAC_A), NEIGH,
        neighbour_advertisement("fd00::a", flags=0x60, option=MAC_A), NEIGH,
    ]  # fmt: skip
    scripts["nd untracked"] = [
        sysctl("net.ipv6.conf.eth0.accept_untracked_na=1"), unknown, NEIGH,
        neighbour_advertisement("fd00::b", option=None), NEIGH,
        sysctl("net.ipv6.conf.eth0.accept_untracked_na=2"), neighbour_advertisement("fd00::c"),
        neighbour_advertisement("2001:db8::c"), neighbour_advertisement("fe80::c"), NEIGH,
        HOST, neighbour_advertisement("fd00::d"), NEIGH,
    ]  # fmt: skip
    scripts["nd resolution"] = [
        echo("fd00::a"), wait(0.5), NEIGH, echo("fd00::a"), neighbour_advertisement("fd00::a", flags=0x40, option=None),
        NEIGH, neighbour_advertisement("fd00::a", flags=0x40, option=MAC_A), NEIGH, echo("fd00::a"),
        echo("fd00::b"), echo("fd00::b"), wait(4), NEIGH, echo("fd00::b"), NEIGH,
        neighbour_advertisement("fd00::b", flags=0x20, option=MAC_B), NEIGH,
        *[echo("fd00::c", size=8 + n) for n in range(5)],
        neighbour_advertisement("fd00::c", flags=0x60, option=MAC_B), NEIGH,
        neighbour_advertisement("fd00::c", flags=0x20, option=MAC_A), NEIGH, echo("fd00::c"), NEIGH, wait(7), NEIGH,
        neighbour_advertisement("fd00::c", flags=0x60, option=MAC_A), NEIGH, wait(6),
        solicitation(src="fd00::c", option=MAC_A), NEIGH,
    ]  # fmt: skip
    scripts["nd router solicitation"] = [
        message(133, bytes(4) + b"\1\1" + MAC_A, "fe80::a", "ff02::2", mac=bytes.fromhex("333300000002")), NEIGH,
        message(133, bytes(4), "fe80::b", "ff02::2", mac=bytes.fromhex("333300000002")), NEIGH,
        message(133, bytes(4), "::", "ff02::2", mac=bytes.fromhex("333300000002")), NEIGH,
        message(133, bytes(4) + b"\1\1" + MAC_B, "fe80::a", "ff02::2", mac=bytes.fromhex("333300000002")), NEIGH,
        HOST, message(133, bytes(4) + b"\1\1" + MAC_A, "fe80::c", OWN_LINK), NEIGH,
    ]  # fmt: skip
    scripts["nd duplicate"] = [
        sh("ip addr add fd00::77/64 dev eth0; ip -6 addr show dev eth0"), solicitation("fd00::77", src="::",
        option=None),
        wait(2), SHOW, solicitation("fd00::77"),
        sh("ip addr add fd00::78/64 dev eth0"), neighbour_advertisement("fd00::78", flags=0x20, dst="ff02::1",
        mac=ALL_NODES_MAC),
        wait(2), SHOW, sh("ip addr add fd00::79/64 dev eth0"), solicitation("fd00::79"), echo(NEAR6,
        "fd00::79"), wait(2), SHOW,
        solicitation("fd00::79", src="::", option=None), SHOW, wait(2), solicitation("fd00::79"),
        sysctl("net.ipv6.conf.eth0.dad_transmits=3"), sh("ip addr add fd00::7a/64 dev eth0"), wait(1.5), SHOW,
        wait(3), SHOW,
        sysctl("net.ipv6.conf.eth0.accept_dad=0"), sh("ip addr add fd00::7b/64 dev eth0"), SHOW, wait(1),
        sh("ip addr del fd00::77/64 dev eth0; ip addr del fd00::79/64 dev eth0"), SHOW, wait(2.5),
    ]  # fmt: skip
    return scripts


# -- redirects, errors, fragments --------------------------------------------------------------------------------------


def redirect(dst: str, target: str, *, src: str = LINK, option: bytes = b"", hops: int = 255) -> Step:
    return message(137, bytes(4) + packed(target) + packed(dst) + option, src, HERE6, hops=hops)


def other() -> dict[str, list[Step]]:
    scripts: dict[str, list[Step]] = {}
    far = "2001:db8::9"
    route = sh("ip -6 route add default via fe80::2 dev eth0")
    get = sh(f"ip -6 route get {far}; ip -6 neigh | sort")
    scripts["redirect followed"] = [
        HOST, route, echo(far), redirect(far, "fe80::9", option=b"\2\1" + MAC_A), get, echo(far), echo("2001:db8::8"),
        redirect(far, "fe80::a"), echo(far), get, redirect(far, "fe80::2", src="fe80::9"), echo(far), get,
        redirect("2001:db8::7", "2001:db8::7", option=b"\2\1" + MAC_B), echo("2001:db8::7"),
        sh("ip -6 route get 2001:db8::7"), redirect("2001:db8::6", "2001:db8::5"), redirect("ff05::1", "fe80::9"),
        redirect("2001:db8::6", "fe80::9", src="fe80::3"), redirect("2001:db8::6", "fe80::9", hops=64),
        redirect("2001:db8::6", "fe80::9", src=NEAR6), echo("2001:db8::6"),
        sysctl("net.ipv6.conf.eth0.accept_redirects=0"), redirect("2001:db8::6", "fe80::9"), echo("2001:db8::6"),
        sysctl("net.ipv6.conf.eth0.accept_redirects=1 net.ipv6.conf.all.forwarding=1"),
        redirect("2001:db8::6", "fe80::9"), echo("2001:db8::6"), NEIGH,
    ]  # fmt: skip
    through = frame(ipv6(udp6(dst=far), UDP, NEAR6, far))
    scripts["redirect sent"] = [
        sh("ip -6 route add 2001:db8::/32 via fe80::3 dev eth0"),
        sh("ip -6 neigh replace fe80::3 lladdr 02:00:00:00:00:03 dev eth0 nud permanent"), through, through, wait(1.1),
        through, frame(ipv6(udp6(bytes(1300), dst=far), UDP, NEAR6, far)), wait(2.5),
        frame(ipv6(udp6(bytes(1300), dst=far), UDP, NEAR6, far)),
        frame(ipv6(udp6(dst="fd00::4"), UDP, NEAR6, "fd00::4")), wait(4), frame(ipv6(udp6(dst=far), UDP,
        "fd00::5", far)),
        frame(ipv6(udp6(dst=far), UDP, "2001:db8:1::5", far)), wait(4), NEIGH,
        sh("ip -6 route replace 2001:db8::/32 via fd00::6 dev eth0"), through, wait(4), NEIGH,
        sysctl("net.ipv6.icmp.ratelimit=1000"), wait(3), through, frame(ipv6(udp6(dst="fd00::4"), UDP, NEAR6,
        "fd00::4")),
    ]  # fmt: skip
    quoted = ipv6(icmp6(129, b"\x12\x34\0\1" + bytes(1300), 0, HERE6, NEAR6), ICMP6, HERE6, NEAR6)

    def too_big(size: int, about: bytes = quoted, code: int = 0) -> Step:
        return message(2, size.to_bytes(4, "big") + about[:1200], NEAR6, HERE6, hops=64, code=code)

    mtu_of = sh(f"ip -6 route get {NEAR6}")
    scripts["too big learnt"] = [
        echo(NEAR6, size=1380), too_big(1400), mtu_of, echo(NEAR6, size=1380), too_big(1280), mtu_of,
        echo(NEAR6, size=1380), too_big(1300), mtu_of, too_big(1279), mtu_of, too_big(0), mtu_of,
        too_big(1350, ipv6(icmp6(129, bytes(1300), 0, HERE6, "fd00::3"), ICMP6, HERE6, "fd00::3")),
        sh("ip -6 route get fd00::3"), too_big(1350, ipv6(bytes(8), UDP, "fd00::8", "fd00::4")),
        sh("ip -6 route get fd00::4"), too_big(1350, b"\x60\0"), too_big(1350, quoted[:39]),
        echo(NEAR6, size=3000),
        sh("ip -6 route add 2001:db8::/64 via fe80::2 dev eth0 mtu 1300"), echo("2001:db8::1", size=1380),
    ]  # fmt: skip
    nowhere = [frame(ipv6(udp6(bytes((n,)), dst="2001:db8:5::1"), UDP, NEAR6, "2001:db8:5::1")) for n in range(9)]
    closed = [frame(ipv6(udp6(bytes((n,))), UDP, NEAR6, HERE6)) for n in range(3)]
    scripts["error rates"] = [
        sysctl("net.ipv6.icmp.ratelimit=1000"), *nowhere, wait(1.01), *nowhere[:2], *closed, wait(2.5), *nowhere[:3],
        echo(NEAR6), echo(NEAR6), sysctl("net.ipv6.icmp.ratelimit=100"), wait(0.11), *nowhere[:2], wait(0.3),
        *nowhere[:4],
        sysctl("net.ipv6.icmp.ratemask=0,2-127"), *nowhere[:2], sysctl("net.ipv6.icmp.ratelimit=0"), *nowhere[:2],
    ]  # fmt: skip
    scripts["echoes"] = [
        echo(NEAR6, "fd00::"), echo(NEAR6, "ff02::1"), echo(LINK, "ff02::2"), echo(NEAR6, "ff05::1"),
        echo(NEAR6, OWN_LINK), echo(NEAR6, "fd01::1"), sysctl("net.ipv6.icmp.echo_ignore_anycast=1"),
        echo(NEAR6, "fd00::"),
        echo(NEAR6), sysctl("net.ipv6.icmp.echo_ignore_multicast=1"), echo(NEAR6, "ff02::1"), echo(NEAR6),
        sysctl("net.ipv6.icmp.echo_ignore_all=1"), echo(NEAR6), sysctl("net.ipv6.icmp.echo_ignore_all=0"),
        sysctl("net.ipv6.anycast_src_echo_reply=1 net.ipv6.icmp.echo_ignore_anycast=0"), echo(NEAR6, "fd00::"),
        echo("::"), echo("ff02::9"), message(128, bytes(4), NEAR6, HERE6, code=3), echo(NEAR6, "ff02::1", size=2000),
    ]  # fmt: skip
    scripts["routes refuse"] = [
        sh("ip -6 route add blackhole 2001:db8:1::/48; ip -6 route add unreachable 2001:db8:2::/48; "
           "ip -6 route add prohibit 2001:db8:3::/48; ip -6 route add throw 2001:db8:4::/48"),
        *[frame(ipv6(udp6(dst=f"2001:db8:{n}::1"), UDP, NEAR6, f"2001:db8:{n}::1")) for n in range(1, 6)],
        *[echo(f"2001:db8:{n}::1") for n in range(1, 6)],
        sh("ip -6 route add default via fe80::2 dev eth0; ip -6 rule add from fd00::3 table 100; "
           "ip -6 route add unreachable default table 100; ip -6 rule add iif eth1 blackhole; ip -6 rule"),
        frame(ipv6(udp6(dst=far), UDP, "fd00::3", far)), frame(ipv6(udp6(dst=BEYOND6), UDP, "fd00::3", BEYOND6)),
        frame(ipv6(udp6(dst=BEYOND6), UDP, NEAR6, BEYOND6)),
        ["frame", eth(ipv6(udp6(dst=NEAR6), UDP, BEYOND6, NEAR6), IPV6, bytes.fromhex("020000000011"),
                      bytes.fromhex("020000000012")).hex(), "far"],
        sh("ip -6 route; ip -6 route show table 100; ip -6 route show table local"),
    ]  # fmt: skip
    whole = icmp6(128, b"\x12\x34\0\1" + bytes(range(200)) * 2)

    def piece(at: int, end: int, ident: int, *, more: bool = True, src: str = NEAR6) -> Step:
        return frame(ipv6(fragment6(whole[at:end], ICMP6, at, more, ident), 44, src))

    last = len(whole)
    scripts["fragments"] = [
        piece(0, 200, 1), piece(200, last, 1, more=False), piece(200, last, 2, more=False), piece(0, 200, 2),
        piece(0, 104, 3), piece(200, last, 3, more=False), piece(104, 200, 3), piece(104, 200, 4), piece(0, 104, 4),
        piece(0, 104, 4), piece(200, last, 4, more=False), piece(0, 104, 5), piece(96, 200, 5), piece(104, 200, 5),
        piece(200, last, 5, more=False), piece(0, 200, 6), piece(200, last, 6, more=False, src="fd00::3"),
        piece(200, last, 7, more=False), piece(200, last - 8, 7, more=False), piece(0, 200, 7),
        piece(200, last - 8, 8, more=False), piece(200, last, 8), piece(0, 200, 8),
        sysctl("net.ipv6.ip6frag_time=2"), piece(0, 200, 9), wait(3), piece(200, last, 9, more=False),
        piece(200, last, 10, more=False), wait(3), piece(0, 0, 11), piece(0, 13, 12), piece(0, last, 13, more=False),
        sysctl("net.ipv6.ip6frag_high_thresh=1 net.ipv6.ip6frag_low_thresh=0"), piece(0, 200, 14),
    ]  # fmt: skip
    scripts["listeners asked"] = [
        message(130, (0).to_bytes(2, "big") + bytes(2) + packed("::"), LINK, "ff02::1", hops=1,
        mac=ALL_NODES_MAC), wait(2),
        message(130, (100).to_bytes(2, "big") + bytes(2) + packed("::") + b"\2\x7d\0\0", LINK, "ff02::1", hops=1,
                mac=ALL_NODES_MAC), wait(2),
        message(130, (100).to_bytes(2, "big") + bytes(2) + packed("::") + b"\2\x7d\0\0", NEAR6, "ff02::1", hops=1,
                mac=ALL_NODES_MAC), wait(2),
        message(131, bytes(4) + packed("ff02::1:ff00:1"), LINK, "ff02::1:ff00:1", hops=1,
                mac=bytes.fromhex("3333ff000001")), wait(1),
    ]  # fmt: skip
    return scripts


def random_neighbours(seed: int) -> list[Step]:
    """Forty messages of neighbour discovery with fields by chance; the table after each."""
    dice = random.Random(f"neighbours {seed}")
    steps: list[Step] = [HOST] if seed % 2 else []
    hosts = ["fd00::a", "fd00::b", "fe80::a", NEAR6, "2001:db8::a", HERE6, "::", "fd00::"]
    macs: list[bytes | None] = [MAC_A, MAC_B, None]
    for _ in range(40):
        kind = dice.choice(("ns", "ns", "na", "na", "na", "echo", "echo", "rs", "ra", "redirect", "wait"))
        src, target, option = dice.choice(hosts), dice.choice(hosts), dice.choice(macs)
        tail = b"" if option is None else b"\1\1" + option
        match kind:
            case "ns":
                steps.append(solicitation(target, src=src, dst=dice.choice(("", HERE6, "ff02::1")), option=option))
            case "na":
                flags = dice.choice((0, 0x20, 0x40, 0x60, 0x80, 0xC0, 0xE0))
                dst = dice.choice((HERE6, HERE6, "ff02::1"))
                mac = ROUTER if dst == HERE6 else ALL_NODES_MAC
                steps.append(neighbour_advertisement(target, flags=flags, option=option, src=src, dst=dst, mac=mac))
            case "echo":
                steps.append(echo(src, size=dice.choice((8, 8, 1300, 1500))))
            case "rs":
                steps.append(message(133, bytes(4) + tail, src, "ff02::2", mac=bytes.fromhex("333300000002")))
            case "ra":
                steps.append(advertisement(dice.choice((0, 100, 1800)), tail, src=dice.choice(("fe80::a", "fe80::b"))))
            case "redirect":
                steps.append(
                    redirect(target, dice.choice(("fe80::a", "fe80::b", target)), src=dice.choice(("fe80::a", LINK)))
                )
            case _:
                steps.append(wait(dice.choice((0.2, 1, 4))))
        steps.append(NEIGH)
    return steps


def scripts() -> dict[str, list[Step]]:
    chance = {f"nd chance {seed}": random_neighbours(seed) for seed in range(6)}
    return {name: [AT_ONCE, *steps] for name, steps in {**advertised(), **neighbours(), **other(), **chance}.items()}
