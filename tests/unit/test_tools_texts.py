"""Texts of smaller corners of the tools, recorded from the real ones on a Debian 13."""

from __future__ import annotations

import pytest

from macvsim.machine.host import BUSYBOX
from tests.unit.shell_lab import make_box, sh

ROUTES = "ip link set lo up; ip route add 10.0.0.0/8 dev lo; "
TABLE = (
    "Kernel IP routing table\n"
    "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
    "10.0.0.0        0.0.0.0         255.0.0.0       U         0 0          0 lo\n"
)


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ("ip route show table foo", "", 'Error: argument "foo" is wrong: table id value is invalid\n\n', 255),
        ("ip route show proto foo", "", 'Error: argument "foo" is wrong: invalid "protocol"\n\n', 255),
        ("ip link set lo mtu 900 mtu 800", "", 'Error: duplicate "mtu": "800" is the second value.\n', 255),
        ("iptables -R INPUT 5 -j ACCEPT", "", "iptables: No chain/target/match by that name.\n", 1),
        ("iptables -A INPUT -j DROP; iptables -R INPUT 2 -j DROP", "", "iptables: Index of replacement too big.\n", 1),
        ("brctl addbr br0; brctl hairpin br0 none on", "", "interface none does not exist!\n", 1),
        ("brctl showstp none", "", "bridge none does not exist!\n", 1),
        ("hostname -s", "vm\n", "", 0),
        ("hostname ''", "", "hostname: the specified hostname is invalid\n", 1),
        ("echo '# it\nnew' > /tmp/h; hostname -F /tmp/h; hostname", "new\n", "", 0),
        (ROUTES + "netstat -rn", TABLE, "", 0),
        ("sysctl -x", "", "sysctl: no variables specified\nTry `sysctl --help' for more information.\n", 1),
        ("sysctl net.a net.b 2>/dev/null", "", "", 2),
    ],
)
def test_texts(line: str, out: str, err: str, code: int) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr, result.code) == (out, err, code)


def test_help_of_hostname_and_arp() -> None:
    asked, mistaken = sh("hostname -h"), sh("hostname a b")
    assert asked.stdout.startswith("Usage: hostname [-b] {hostname|-F file}") and asked.code == 255
    assert (mistaken.stdout, mistaken.stderr, mistaken.code) == ("", asked.stdout, 255)
    assert sh("arp -h").code == 0 and sh("arp -h").stdout.startswith("Usage:\n  arp [-vn]")


def test_netstat_of_busybox_shows_routes() -> None:
    box = make_box(BUSYBOX)
    box.sh("route add -net 10.0.0.0 netmask 255.0.0.0 dev lo")
    assert box.sh("netstat -rn").stdout == TABLE
