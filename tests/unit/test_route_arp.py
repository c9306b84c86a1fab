"""route and arp of net-tools and busybox: texts and effects recorded from net-tools 2.10 and busybox 1.37 on Linux."""

from __future__ import annotations

import pytest

from macvsim.machine.kernelfs import procfs
from macvsim.net.fibroute import RouteType
from macvsim.net.nud import Nud
from macvsim.net.routes import add_route
from macvsim.wire.addr import ip_int, mac_bytes
from tests.unit.tool_lab import ToolLab, pair_lab

ADDED = (
    "route add -net 10.1.0.0 netmask 255.255.0.0 gw 10.0.0.2",
    "route add -net 10.2.0.0/16 gw 10.0.0.2 dev v0",
    "route add -host 10.3.0.1 gw 10.0.0.2",
    "route add -host 10.3.0.2 dev v0",
    "route add default gw 10.0.0.254",
    "route add default gw 10.0.0.253 metric 100",
    "route add 10.4.0.0 gw 10.0.0.2",
    "route add -net 10.6.0.0 netmask 255.255.0.0 reject",
    "route add -net 10.8.0.0 netmask 255.255.0.0 v0",
)
NUMERIC = """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         10.0.0.254      0.0.0.0         UG    0      0        0 v0
0.0.0.0         10.0.0.253      0.0.0.0         UG    100    0        0 v0
10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 v0
10.1.0.0        10.0.0.2        255.255.0.0     UG    0      0        0 v0
10.2.0.0        10.0.0.2        255.255.0.0     UG    0      0        0 v0
10.3.0.1        10.0.0.2        255.255.255.255 UGH   0      0        0 v0
10.3.0.2        0.0.0.0         255.255.255.255 UH    0      0        0 v0
10.4.0.0        10.0.0.2        255.255.255.255 UGH   0      0        0 v0
10.6.0.0        -               255.255.0.0     !     0      -        0 -
10.8.0.0        0.0.0.0         255.255.0.0     U     0      0        0 v0
"""


def connected_lab(*, net_admin: bool = True) -> ToolLab:
    """v0 has 10.0.0.1/24 and is up, as is v1."""
    lab = pair_lab(net_admin=net_admin)
    for name in ("v0", "v1"):
        lab.ns.dev(name).set_up()
    lab.boxes["debian"].addr_add("v0", "10.0.0.1/24")
    lab.sim.run(until=1_000_000)
    return lab


@pytest.mark.parametrize("prefix", ["", "busybox "])
def test_routes_of_every_kind(prefix: str) -> None:
    lab = connected_lab()
    lab.do(*(prefix + line for line in ADDED))
    assert lab.out("route -n") == NUMERIC
    other = NUMERIC.replace(
        "-               255.255.0.0     !     0      -        0 -",
        "0.0.0.0         255.255.0.0     !     0      0        0 *",
    )
    assert lab.out("busybox route -n") == other
    for line in ADDED:
        lab.do(prefix + line.replace("add", "del", 1))
    assert [route.prefix for route in lab.ns.fib.routes()] == ["10.0.0.0/24"]


def test_names_instead_of_zeros() -> None:
    lab = connected_lab()
    lab.do("route add default gw 10.0.0.254")
    head = "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
    default = "default         10.0.0.254      0.0.0.0         UG    0      0        0 v0\n"
    assert (
        lab.out("route")
        == f"{head}{default}10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 v0\n"
    )
    assert lab.out("busybox route") == (
        f"{head}{default}10.0.0.0        *               255.255.255.0   U     0      0        0 v0\n"
    )


def test_extended_forms() -> None:
    lab = connected_lab()
    add_route(lab.ns, ip_int("10.2.0.0"), 16, type=RouteType.PROHIBIT)
    add_route(lab.ns, ip_int("10.3.0.0"), 16, type=RouteType.BLACKHOLE)
    assert lab.out("route -ne") == (
        "Kernel IP routing table\n"
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
        "10.0.0.0        0.0.0.0         255.255.255.0   U         0 0          0 v0\n"
        "10.2.0.0        -               255.255.0.0     !         - -          - -\n"
        "10.3.0.0        0.0.0.0         255.255.0.0     U         0 0          0 *\n"
    )
    assert lab.out("route -nee") == (
        "Kernel IP routing table\n"
        "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt\n"
        "10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 v0       0     0      0\n"
        "10.2.0.0        -               255.255.0.0     !     0      -        0 -        -     -      -\n"
        "10.3.0.0        0.0.0.0         255.255.0.0     U     0      0        0 *        0     0      0\n"
    )
    assert lab.out("busybox route -ne").splitlines()[2] == (
        "10.0.0.0        0.0.0.0         255.255.255.0   U         0 0          0 v0"
    )


def test_a_second_default_route_goes_first() -> None:
    lab = connected_lab()
    lab.do("route add default gw 10.0.0.254", "route add default gw 10.0.0.253")
    assert [line.split()[1] for line in lab.out("route -n").splitlines()[2:4]] == ["10.0.0.253", "10.0.0.254"]
    way = lab.ns.router.output(ip_int("8.8.8.8"))
    assert way.route is not None and way.route.gateway == ip_int("10.0.0.253")
    lab.do("route del default dev v0")
    assert [line.split()[1] for line in lab.out("route -n").splitlines()[2:3]] == ["10.0.0.254"]


@pytest.mark.parametrize(
    ("words", "err", "code", "busybox"),
    [
        ("add -net 10.9.0.0 netmask 255.255.0.0 gw 9.9.9.9", "SIOCADDRT: Network is unreachable", 7, "same"),
        ("add -net 10.9.0.0 netmask 255.255.0.0", "SIOCADDRT: No such device", 7, "same"),
        ("add -net 10.9.0.0 netmask 255.255.0.0 dev nosuch", "SIOCADDRT: No such device", 7, "same"),
        ("add -net 10.1.0.0 gw 10.0.0.2", "SIOCADDRT: Invalid argument", 7, "same"),
        ("add default gw 10.0.0.255", "SIOCADDRT: Network is unreachable", 7, "same"),
        ("add default gw 0.0.0.0", "SIOCADDRT: Invalid argument", 7, "same"),
        ("add default", "SIOCADDRT: No such device", 7, "same"),
        ("del default", "SIOCDELRT: No such process", 7, "same"),
        ("del -net 10.0.0.0 netmask 255.255.255.0 dev v1", "SIOCDELRT: No such process", 7, "same"),
        ("add 1.2.3.400 dev v0", "1.2.3.400: Unknown host", 6, "resolving 1.2.3.400"),
        ("add nohost dev v0", "nohost: Host name lookup failure", 6, "resolving nohost"),
        ("add default gw foo", "foo: Unknown host", 6, "resolving foo"),
    ],
)
def test_route_refusals(words: str, err: str, code: int, busybox: str) -> None:
    lab = connected_lab()
    assert lab.fails(f"route {words}") == (f"{err}\n", code)
    assert lab.fails(f"busybox route {words}") == (f"route: {err if busybox == 'same' else busybox}\n", 1)


@pytest.mark.parametrize(
    ("words", "err", "busybox"),
    [
        (
            "add -net 10.1.0.1 netmask 255.255.0.0 gw 10.0.0.2",
            "route: netmask doesn't match route address\n",
            "netmask and route address conflict",
        ),
        (
            "add -host 10.3.0.2 netmask 255.255.255.0 dev v0",
            "route: netmask 000000ff doesn't make sense with host route\n",
            "netmask 000000ff and host route conflict",
        ),
        ("add 10.7.0.0/16 dev v0", "route: netmask 0000ffff doesn't make sense with host route\n",
         "netmask 0000ffff and host route conflict"),
        ("add -net 10.9.0.0 netmask 255.0.255.0 dev v0", "route: bogus netmask 255.0.255.0\n",
         "bogus netmask 255.0.255.0"),
        ("add default gw default", "route: default: cannot use a NETWORK as gateway!\n",
         "gateway default is a NETWORK"),
    ],
)  # fmt: skip
def test_route_words_that_do_not_fit(words: str, err: str, busybox: str) -> None:
    lab = connected_lab()
    text, code = lab.fails(f"route {words}")
    assert code == 3
    assert text.startswith(f"{err}Usage: inet_route [-vF] del {{-host|-net}} Target[/prefix] [gw Gw] [metric M]")
    assert lab.fails(f"busybox route {words}") == (f"route: {busybox}\n", 1)


def test_prefix_length_32_counts_as_none_in_net_tools_only() -> None:
    lab = connected_lab()
    assert lab.fails("route add -net 10.8.0.1/32 dev v0") == ("SIOCADDRT: Invalid argument\n", 7)
    lab.do("busybox route add -net 10.8.0.1/32 dev v0")
    assert lab.fails("busybox route add -net 10.8.0.0/33 dev v0") == ("route: number 33 is not in 0..32 range\n", 1)


def test_route_usage_of_busybox() -> None:
    err, code = connected_lab().fails("busybox route -F")
    assert code == 1
    assert err.startswith(
        "route: invalid option -- 'F'\nBusyBox v1.37.0 (Debian 1:1.37.0-6+b9) multi-call binary.\n\nUsage: route"
    )


def test_tcp_options_are_not_simulated() -> None:
    lab = connected_lab()
    assert "mss" in lab.left_out("route add -net 10.7.0.0 netmask 255.255.0.0 dev v0 mss 1400")
    assert len(lab.ns.fib.routes()) == 1


# -- arp ---------------------------------------------------------------------------------------------------------------


def neighbours(lab: ToolLab) -> None:
    """One entry of each kind."""
    lab.do("arp -s 10.0.0.7 02:00:00:00:00:77", "arp -s 10.0.0.8 02:00:00:00:00:78 temp")
    entry = lab.ns.neigh.create(lab.ns.dev("v0"), ip_int("10.0.0.254"))
    assert entry is not None
    entry.ask()


def test_arp_table() -> None:
    lab = connected_lab()
    assert lab.out("arp -n") == lab.out("busybox arp -n") == lab.out("arp -a") == ""
    neighbours(lab)
    assert sorted(lab.out("arp -n").splitlines()) == sorted(
        (
            "Address                  HWtype  HWaddress           Flags Mask            Iface",
            "10.0.0.254                       (incomplete)                              v0",
            "10.0.0.8                 ether   02:00:00:00:00:78   C                     v0",
            "10.0.0.7                 ether   02:00:00:00:00:77   CM                    v0",
        )
    )
    assert sorted(lab.out("arp -a").splitlines()) == sorted(
        (
            "? (10.0.0.254) at <incomplete> on v0",
            "? (10.0.0.8) at 02:00:00:00:00:78 [ether] on v0",
            "? (10.0.0.7) at 02:00:00:00:00:77 [ether] PERM on v0",
        )
    )
    assert sorted(lab.out("busybox arp -n").splitlines()) == sorted(
        (
            "? (10.0.0.254) at <incomplete>  on v0",
            "? (10.0.0.8) at 02:00:00:00:00:78 [ether]  on v0",
            "? (10.0.0.7) at 02:00:00:00:00:77 [ether] PERM on v0",
        )
    )
    assert lab.out("arp -v -n").endswith("Entries: 3\tSkipped: 0\tFound: 3\n")


def test_arp_of_one_host_or_device() -> None:
    lab = connected_lab()
    neighbours(lab)
    assert lab.out("arp -n 10.0.0.7").splitlines()[1:] == [
        "10.0.0.7                 ether   02:00:00:00:00:77   CM                    v0"
    ]
    assert lab.out("arp -n 10.0.0.99") == "10.0.0.99 (10.0.0.99) -- no entry\n"
    assert lab.out("arp -a 10.0.0.99") == lab.out("arp -n -i v1") == "arp: in 3 entries no match found.\n"
    assert lab.out("busybox arp -n 10.0.0.99") == lab.out("busybox arp -n -i v1") == "No match found in 3 entries\n"


def test_arp_set_and_delete() -> None:
    lab = connected_lab()
    v0 = lab.ns.dev("v0")
    lab.do(
        "arp -s 10.0.0.7 02:00:00:00:00:77",
        "busybox arp -s 10.0.0.8 02:00:00:00:00:78 temp",
        "arp -Ds 10.0.0.9 v1 -i v0",
    )
    states = [(entry.state, entry.ha) for entry in lab.ns.neigh.listing()]
    assert states == [
        (Nud.PERMANENT, mac_bytes("02:00:00:00:00:77")),
        (Nud.STALE, mac_bytes("02:00:00:00:00:78")),
        (Nud.PERMANENT, mac_bytes("02:00:00:00:00:02")),
    ]
    lab.do("arp -d 10.0.0.7", "busybox arp -d 10.0.0.8")
    assert lab.ns.neigh.lookup(v0, ip_int("10.0.0.7")) is None
    assert lab.run("arp -d 10.0.0.7") == ("No ARP entry for 10.0.0.7\n", "", 255)
    assert lab.fails("busybox arp -d 10.0.0.7") == ("arp: SIOCDARP(pub): No such file or directory\n", 1)


@pytest.mark.parametrize(
    ("words", "err", "busybox"),
    [
        ("-s 10.9.0.9 02:00:00:00:00:79", "SIOCSARP: Network is unreachable", "SIOCSARP: Network is unreachable"),
        ("-s 10.0.0.10 zz", "arp: invalid hardware address", "invalid hardware address"),
        ("-s 10.0.0.300 02:00:00:00:00:79", "10.0.0.300: Unknown host", "10.0.0.300: Unknown host"),
        ("-s 10.0.0.11", "arp: need hardware address", "need hardware address"),
        ("-d", "arp: need host name", "need host name"),
        ("-d 10.9.9.9", "SIOCDARP(dontpub): Network is unreachable", "SIOCDARP(priv): Network is unreachable"),
        ("-n -H foo", "arp: foo: unknown hardware type.", "foo: unknown hardware type"),
        ("nohost", "nohost: Host name lookup failure", "nohost: Host name lookup failure"),
    ],
)
def test_arp_errors(words: str, err: str, busybox: str) -> None:
    lab = connected_lab()
    assert lab.fails(f"arp {words}") == (f"{err}\n", 255)
    assert lab.fails(f"busybox arp {words}") == (f"arp: {busybox}\n", 1)


def test_gateways_do_not_make_an_address_a_neighbour() -> None:
    lab = connected_lab()
    lab.do("route add default gw 10.0.0.254")
    assert lab.fails("arp -s 8.8.8.8 02:00:00:00:00:79") == ("SIOCSARP: Network is unreachable\n", 255)
    assert lab.fails("arp -s 10.0.0.1 02:00:00:00:00:79") == ("SIOCSARP: Invalid argument\n", 255)


def test_containers_may_not_configure() -> None:
    lab = connected_lab(net_admin=False)
    assert lab.fails("busybox route add default gw 10.0.0.9") == ("route: SIOCADDRT: Operation not permitted\n", 1)
    assert lab.fails("route del default") == ("SIOCDELRT: Operation not permitted\n", 7)
    assert lab.fails("busybox arp -d 10.0.0.9") == ("arp: SIOCDARP(priv): Operation not permitted\n", 1)


# -- /proc -------------------------------------------------------------------------------------------------------------


def test_proc_net_shows_the_same_tables() -> None:
    lab = connected_lab()
    neighbours(lab)
    add_route(lab.ns, ip_int("10.4.0.1"), 32, type=RouteType.UNREACHABLE)
    assert sorted(procfs.arp(lab.ns).splitlines())[:3] == [
        "10.0.0.254       0x1         0x0         00:00:00:00:00:00     *        v0",
        "10.0.0.7         0x1         0x6         02:00:00:00:00:77     *        v0",
        "10.0.0.8         0x1         0x2         02:00:00:00:00:78     *        v0",
    ]
    assert [line.split() for line in procfs.route(lab.ns).splitlines()[1:]] == [
        ["v0", "0000000A", "00000000", "0001", "0", "0", "0", "00FFFFFF", "0", "0", "0"],
        ["*", "0100040A", "00000000", "0205", "0", "0", "0", "FFFFFFFF", "0", "0", "0"],
    ]
