"""ifconfig of net-tools and busybox: texts and effects recorded from net-tools 2.10 and busybox 1.37 on Linux."""

from __future__ import annotations

import pytest

from macvsim.net.fibroute import TABLE_LOCAL, RouteType
from macvsim.wire.addr import ip_text
from tests.unit.tool_lab import ToolLab, pair_lab

V0_UP = """\
v0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 10.1.2.3  netmask 255.0.0.0  broadcast 10.255.255.255
        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

"""
LO = """\
lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        loop  txqueuelen 1000  (Local Loopback)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

"""
BUSYBOX_V0 = """\
v0        Link encap:Ethernet  HWaddr 02:00:00:00:00:01 \x20
          inet addr:10.1.2.3  Bcast:10.255.255.255  Mask:255.0.0.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          RX packets:0 errors:0 dropped:0 overruns:0 frame:0
          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0
          collisions:0 txqueuelen:1000\x20
          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)

"""
BUSYBOX_LO = """\
lo        Link encap:Local Loopback \x20
          inet addr:127.0.0.1  Mask:255.0.0.0
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
          RX packets:0 errors:0 dropped:0 overruns:0 frame:0
          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0
          collisions:0 txqueuelen:1000\x20
          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)

"""


def addresses(lab: ToolLab, name: str = "v0") -> list[str]:
    """``address/length brd label`` of a device, ``2`` in front of secondaries."""
    return [
        f"{'2 ' if a.secondary else ''}{a.text} {ip_text(a.broadcast)} {a.label}"
        for a in lab.ns.dev(name).inet.addresses
    ]


def test_show() -> None:
    lab = pair_lab()
    lab.do("ifconfig v0 10.1.2.3", "ifconfig v1 up")
    assert lab.out("ifconfig v0") == V0_UP
    assert lab.out("ifconfig lo") == LO
    assert lab.out("busybox ifconfig v0") == BUSYBOX_V0
    assert lab.out("busybox ifconfig lo") == BUSYBOX_LO
    assert lab.out("ifconfig").startswith(LO + V0_UP + "v1: flags=4163")


def test_only_interfaces_that_are_up_are_listed() -> None:
    lab = pair_lab()
    assert lab.out("ifconfig") == LO
    assert lab.out("busybox ifconfig") == BUSYBOX_LO
    assert [line.split(":")[0] for line in lab.out("ifconfig -a").splitlines() if line[:1].strip()] == [
        "lo",
        "v0",
        "v1",
    ]
    assert lab.out("ifconfig v0").startswith("v0: flags=4098<BROADCAST,MULTICAST>  mtu 1500\n        ether")


def test_names_are_sorted_by_their_numbers() -> None:
    lab = ToolLab(
        ("v10", "02:00:00:00:00:01", "v9", "02:00:00:00:00:02"), ("v1", "02:00:00:00:00:03", "a", "02:00:00:00:00:04")
    )
    names = [line.split()[0] for line in lab.out("ifconfig -s -a").splitlines()]
    assert names == ["Iface", "a", "lo", "v1", "v9", "v10"]


def test_short_form() -> None:
    lab = pair_lab()
    lab.do("ifconfig v1 up", "ifconfig v0 up promisc allmulti", "ifconfig v0:0 10.1.1.1")
    assert lab.out("ifconfig -s") == (
        "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
        "lo              65536        0      0      0 0             0      0      0      0 LRU\n"
        "v0               1500        0      0      0 0             0      0      0      0 ABMPRU\n"
        "v0:0             1500      - no statistics available -                        ABMPRU\n"
        "v1               1500        0      0      0 0             0      0      0      0 BMRU\n"
    )


def test_netstat_shows_interfaces() -> None:
    """The same under another header, or in full."""
    lab = pair_lab()
    lab.do("ifconfig v0 up")
    header = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
    title = "Kernel Interface table\n"
    assert lab.out("netstat -i") == title + header + lab.out("ifconfig -s").partition("\n")[2]
    assert lab.out("netstat -ai") == title + header + lab.out("ifconfig -a -s").partition("\n")[2]
    assert lab.out("netstat -ie") == title + lab.out("ifconfig")


def test_an_address_added_without_broadcast_shows_zeros() -> None:
    lab = pair_lab()
    lab.boxes["debian"].addr_add("v0", "172.16.10.2/24")
    assert "inet addr:172.16.10.2  Bcast:0.0.0.0  Mask:255.255.255.0\n" in lab.out("busybox ifconfig v0")
    assert "inet 172.16.10.2  netmask 255.255.255.0  broadcast 0.0.0.0\n" in lab.out("ifconfig v0")


@pytest.mark.parametrize("tool", ["ifconfig", "busybox ifconfig"])
class TestAddress:
    def test_mask_and_broadcast_by_class(self, tool: str) -> None:
        for ip, mask, broadcast in (
            ("10.1.2.3", 8, "10.255.255.255"),
            ("172.16.10.1", 16, "172.16.255.255"),
            ("192.168.7.7", 24, "192.168.7.255"),
            ("127.0.0.5", 8, "127.255.255.255"),
        ):
            lab = pair_lab()
            lab.do(f"{tool} v0 {ip}")
            assert addresses(lab) == [f"{ip}/{mask} {broadcast} v0"]
            assert lab.ns.dev("v0").up

    def test_netmask_moves_the_broadcast_address_along(self, tool: str) -> None:
        lab = pair_lab()
        lab.do(f"{tool} v0 172.16.10.1 netmask 255.255.255.0 up")
        assert addresses(lab) == ["172.16.10.1/24 172.16.10.255 v0"]
        local = [(r.type, r.prefix) for r in lab.ns.fib.routes(TABLE_LOCAL) if r.dev is lab.ns.dev("v0")]
        assert local == [(RouteType.LOCAL, "172.16.10.1"), (RouteType.BROADCAST, "172.16.10.255")]
        main = [(r.prefix, ip_text(r.src), r.proto) for r in lab.ns.fib.routes()]
        assert main == [("172.16.10.0/24", "172.16.10.1", "kernel")]

    def test_a_broadcast_address_of_ones_own_stays(self, tool: str) -> None:
        lab = pair_lab()
        lab.do(f"{tool} v0 10.1.2.3", f"{tool} v0 broadcast 10.1.255.250", f"{tool} v0 netmask 255.255.0.0")
        assert addresses(lab) == ["10.1.2.3/16 10.1.255.250 v0"]

    def test_a_new_address_replaces_the_old(self, tool: str) -> None:
        lab = pair_lab()
        lab.do(f"{tool} v0 10.1.2.3 netmask 255.255.0.0", f"{tool} v0 10.9.9.9 netmask 255.255.255.252")
        assert addresses(lab) == ["10.9.9.9/30 10.9.9.11 v0"]
        lab.do(f"{tool} v0 0.0.0.0")
        assert addresses(lab) == []

    def test_aliases_are_labels(self, tool: str) -> None:
        lab = pair_lab()
        lab.do(f"{tool} v0 10.9.9.9", f"{tool} v0:1 192.168.7.7")
        assert addresses(lab) == ["10.9.9.9/8 10.255.255.255 v0", "192.168.7.7/24 192.168.7.255 v0:1"]
        lab.do(f"{tool} v0:1 down")
        assert addresses(lab) == ["10.9.9.9/8 10.255.255.255 v0"]
        assert lab.ns.dev("v0").up

    def test_the_label_that_fits_first_is_changed(self, tool: str) -> None:
        lab = pair_lab()
        for address in ("10.1.1.1/24", "10.1.1.2/24", "10.9.1.2/24"):
            lab.boxes["debian"].addr_add("v0", address)
        lab.do(f"{tool} v0 10.1.1.5 netmask 255.255.255.0")
        assert addresses(lab) == ["10.9.1.2/24 0.0.0.0 v0", "10.1.1.5/8 10.255.255.255 v0"]


def test_length_behind_the_address_is_set_last() -> None:
    lab = pair_lab()
    lab.do("ifconfig v0 10.3.3.3/24 netmask 255.255.0.0")
    assert addresses(lab) == ["10.3.3.3/24 10.3.3.255 v0"]


def test_alias_text() -> None:
    lab = pair_lab()
    lab.do("ifconfig v1 up", "ifconfig v0 up", "ifconfig v0:1 192.168.7.7")
    assert lab.out("ifconfig v0:1") == (
        "v0:1: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
        "        inet 192.168.7.7  netmask 255.255.255.0  broadcast 192.168.7.255\n"
        "        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)\n\n"
    )
    assert lab.out("busybox ifconfig v0:1") == (
        "v0:1      Link encap:Ethernet  HWaddr 02:00:00:00:00:01  \n"
        "          inet addr:192.168.7.7  Bcast:192.168.7.255  Mask:255.255.255.0\n"
        "          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n"
    )


def test_add_takes_the_next_free_alias() -> None:
    lab = pair_lab()
    lab.do("ifconfig v0 10.9.9.9 netmask 255.255.255.252", "ifconfig v0 add 10.5.5.5", "ifconfig v0 add 10.5.5.5")
    assert addresses(lab) == ["10.9.9.9/30 10.9.9.11 v0", "10.5.5.5/30 10.9.9.11 v0:0"]
    lab.do("ifconfig v0 del 10.5.5.5")
    assert addresses(lab) == ["10.9.9.9/30 10.9.9.11 v0"]


def test_busybox_add_is_the_address_itself() -> None:
    lab = pair_lab()
    lab.do("busybox ifconfig v0 10.9.9.9 netmask 255.255.255.252", "busybox ifconfig v0 add 10.5.5.5")
    assert addresses(lab) == ["10.5.5.5/8 10.255.255.255 v0"]
    assert lab.fails("busybox ifconfig v0 del 10.5.5.5") == (
        "ifconfig: SIOCDIFADDR: Inappropriate ioctl for device\n",
        1,
    )


@pytest.mark.parametrize("tool", ["ifconfig", "busybox ifconfig"])
def test_flags_mtu_and_mac(tool: str) -> None:
    lab = pair_lab()
    dev = lab.ns.dev("v0")
    lab.do(f"{tool} v0 up promisc", f"{tool} v0 mtu 1400", f"{tool} v0 hw ether 2:aa:bb:cc:dd:ee", f"{tool} v0 -arp",
           f"{tool} v0 txqueuelen 500", f"{tool} v0 multicast")  # fmt: skip
    assert (dev.up, dev.user_promisc, dev.mtu, dev.mac.hex(), dev.noarp, dev.txqlen) == (
        True,
        True,
        1400,
        "02aabbccddee",
        True,
        500,
    )
    lab.do(f"{tool} v0 -promisc arp down")
    assert (dev.up, dev.user_promisc, dev.noarp) == (False, False, False)


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("nosuch", "nosuch: error fetching interface information: Device not found\n", 1),
        ("nosuch up", "nosuch: ERROR while getting interface flags: No such device\n", 255),
        (
            "nosuch 1.2.3.4",
            "SIOCSIFADDR: No such device\nnosuch: ERROR while getting interface flags: No such device\n",
            255,
        ),
        ("v0 1.2.3.400", "1.2.3.400: Unknown host\nifconfig: `--help' gives usage information.\n", 1),
        ("v0 foo", "foo: Host name lookup failure\nifconfig: `--help' gives usage information.\n", 1),
        ("v0 mtu 10", "SIOCSIFMTU: Invalid argument\n", 1),
        ("v0 mtu abc", "SIOCSIFMTU: Invalid argument\n", 1),
        ("v0 netmask 255.255.0.255", "SIOCSIFNETMASK: Cannot assign requested address\n", 1),
        ("v0 224.0.0.1", "SIOCSIFADDR: Invalid argument\n", 1),
        ("v0 hw ether 01:aa:bb:cc:dd:ee", "SIOCSIFHWADDR: Cannot assign requested address\n", 1),
        ("v0 hw ether zz", "zz: invalid ether address.\n", 1),
        ("v0:7 up", "SIOCSIFFLAGS: Cannot assign requested address\n", 255),
        ("-x", "ifconfig: option `-x' not recognised.\nifconfig: `--help' gives usage information.\n", 1),
        ("averyveryverylongname", "averyveryverylo: error fetching interface information: Device not found\n", 1),
    ],
)
def test_errors(line: str, err: str, code: int) -> None:
    assert pair_lab().fails(f"ifconfig {line}") == (err, code)


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("nosuch", "nosuch: error fetching interface information: Device not found"),
        ("nosuch up", "SIOCGIFFLAGS: No such device"),
        ("nosuch 1.2.3.4", "SIOCSIFADDR: No such device"),
        ("v0 foo", "bad address 'foo'"),
        ("v0 172.16.1.1/24", "bad address '172.16.1.1/24'"),
        ("v0 mtu 10", "SIOCSIFMTU: Invalid argument"),
        ("v0 metric 5", "SIOCSIFMETRIC: Operation not supported"),
        ("v0 hw ether 02:00:00:00:00", "invalid hw-addr 02:00:00:00:00"),
        ("v0 -up", "bad: '-up'"),
        ("v0:6 0.0.0.0", "SIOCSIFFLAGS: Cannot assign requested address"),
    ],
)
def test_busybox_errors(line: str, err: str) -> None:
    assert pair_lab().fails(f"busybox ifconfig {line}") == (f"ifconfig: {err}\n", 1)


def test_usage() -> None:
    lab = pair_lab()
    err, code = lab.fails("ifconfig v0 netmask")
    assert code == 3
    assert err.startswith("Usage:\n  ifconfig [-a] [-v] [-s] <interface> [[<AF>] <address>]\n")
    assert "  List of possible hardware types:\n    loop (Local Loopback) slip (Serial Line IP)" in err
    err, code = lab.fails("busybox ifconfig v0 netmask")
    assert code == 1
    assert err.startswith("BusyBox v1.37.0 (Debian 1:1.37.0-6+b9) multi-call binary.\n\nUsage: ifconfig [-a] [IFACE]")


def test_later_words_are_done_after_a_failure() -> None:
    lab = pair_lab()
    err, code = lab.fails("ifconfig v0 mtu 70000 netmask 255.0.0.0 up")
    assert (err, code) == ("SIOCSIFMTU: Invalid argument\nSIOCSIFNETMASK: Cannot assign requested address\n", 1)
    assert lab.ns.dev("v0").up


def test_bytes_are_scaled() -> None:
    lab = pair_lab()
    stats = lab.ns.dev("v0").stats
    stats.rx_packets, stats.rx_bytes, stats.tx_packets, stats.tx_bytes = 176, 21908, 105, 16426
    text = lab.out("ifconfig v0")
    assert "RX packets 176  bytes 21908 (21.3 KiB)\n" in text
    assert "TX packets 105  bytes 16426 (16.0 KiB)\n" in text
    assert "RX bytes:21908 (21.3 KiB)  TX bytes:16426 (16.0 KiB)\n" in lab.out("busybox ifconfig v0")


def test_containers_may_not_configure() -> None:
    lab = pair_lab(net_admin=False)
    assert lab.fails("busybox ifconfig v0 up") == ("ifconfig: SIOCSIFFLAGS: Operation not permitted\n", 1)
    assert lab.fails("busybox ifconfig v0 1.2.3.4") == ("ifconfig: SIOCSIFADDR: Operation not permitted\n", 1)
    assert lab.fails("ifconfig v0 up") == ("SIOCSIFFLAGS: Operation not permitted\n", 255)
    assert not lab.ns.dev("v0").up
