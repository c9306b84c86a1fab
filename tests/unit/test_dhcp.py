"""DHCP: frames and texts of busybox 1.37, ISC dhclient 4.4.3 and dnsmasq 2.91, recorded from the programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab
from macvsim.docker.host import DockerHost
from macvsim.machine.capture import Capture
from macvsim.wire import dhcp

RECORD = json.loads((Path(__file__).parents[1] / "data/dhcp/frames.json").read_text())
CONF = """\
start 10.0.0.20
end 10.0.0.30
interface eth0
option subnet 255.255.255.0
opt router 10.0.0.1
opt dns 10.0.0.1 8.8.8.8
option domain local
option lease 120
"""


def lan(**options: Any) -> tuple[Lab, DockerHost, DockerHost]:
    """A server at 10.0.0.1 and a client without an address."""
    lab = Lab(**options)
    switch = lab.switch("sw1")
    server = lab.host("server", nic="eth0", switch=switch, mac="02:00:00:00:00:01")
    client = lab.host("client", nic="eth0", switch=switch, mac="02:00:00:00:00:02")
    server.addr_add("eth0", "10.0.0.1/24")
    server.files["/etc/udhcpd.conf"] = CONF
    return lab, server, client


def plain(frame: bytes) -> bytes:
    """A DHCP frame without what is random (transaction, identification) or a program's clock (seconds), and sums."""
    raw = bytearray(frame)
    if raw[18:20] != b"\0\0":
        raw[18:20] = b"\x80\0"
    raw[24:26] = raw[40:42] = b"\0\0"
    raw[46:52] = bytes(6)
    return bytes(raw)


def messages(capture: Capture, name: str = "server/eth0") -> list[bytes]:
    found = [record.data for record in capture.records if record.interface == name]
    return [data for data in found if data[12:14] == b"\x08\x00" and data[23] == 17 and data[278:282] == dhcp.COOKIE]


def equal(capture: Capture, name: str) -> None:
    ours = [plain(data) for data in messages(capture)]
    theirs = [plain(bytes.fromhex(data)) for data in RECORD[name]][: len(ours)]
    for number, (kernel, simulated) in enumerate(zip(theirs, ours, strict=True)):
        assert kernel.hex() == simulated.hex(), number


def test_udhcpc_and_udhcpd_speak_as_recorded() -> None:
    """Discover, offer, select, acknowledgement, two renewals and a third on demand, release, all again, and an end."""
    lab, server, client = lan()
    server.sh("udhcpd")
    with lab.capture() as capture:
        client.sh("udhcpc -i eth0 -f -R & sleep 130; kill -USR1 $!; sleep 2; kill -USR2 $!; sleep 2; kill -USR1 $!; "
                  "sleep 4; kill $!; wait")  # fmt: skip
    equal(capture, "udhcpc-udhcpd")
    assert len(messages(capture)) == len(RECORD["udhcpc-udhcpd"])


def test_texts() -> None:
    _, server, client = lan()
    assert str(server.sh("udhcpd")) == (
        "udhcpd: started, v1.37.0\nudhcpd: max_leases=235 is too big, setting to 11\n"
        "udhcpd: can't open '/var/lib/misc/udhcpd.leases': No such file or directory\n"
    )
    got = client.sh("udhcpc -n -q")
    assert got.stderr == (
        "udhcpc: started, v1.37.0\nudhcpc: broadcasting discover\n"
        "udhcpc: broadcasting select for 10.0.0.24, server 10.0.0.1\n"
        "udhcpc: lease of 10.0.0.24 obtained from 10.0.0.1, lease time 120\n"
    )
    assert got.stdout == "deleting routers\nadding dns 10.0.0.1\nadding dns 8.8.8.8\n"
    assert "10.0.0.24/24" in str(client.sh("ip addr show eth0"))
    assert str(client.sh("ip route")).startswith("default via 10.0.0.1 dev eth0 \n")
    assert "nameserver 10.0.0.1 # eth0\n" in str(client.sh("cat /etc/resolv.conf"))
    assert client.ping("10.0.0.1", count=1)


def test_a_script_of_ones_own() -> None:
    _, server, client = lan()
    server.sh("udhcpd")
    client.files["/root/s"] = '#!/bin/sh\necho "$1 $interface ip=$ip mask=$mask router=$router lease=$lease"\n'
    assert client.sh("udhcpc -n -q -s /root/s; chmod +x /root/s; udhcpc -n -q -s /root/s").stdout.endswith(
        "deconfig eth0 ip= mask= router= lease=\nbound eth0 ip=10.0.0.24 mask=24 router=10.0.0.1 lease=120\n"
    )


def test_nobody_answers() -> None:
    lab, _, client = lan()
    with lab.capture() as capture:
        got = client.sh("udhcpc -n -q -t 2 -T 2")
    assert (got.code, got.stderr) == (1, "udhcpc: started, v1.37.0\n" + "udhcpc: broadcasting discover\n" * 2
                                      + "udhcpc: no lease, failing\n")  # fmt: skip
    equal(capture, "nobody")
    assert str(client.sh("udhcpc -i nope")) == "udhcpc: SIOCGIFINDEX: No such device\n"
    assert "Usage: udhcpc" in str(client.sh("udhcpc -Z"))


def test_an_address_somebody_has_is_not_given() -> None:
    lab, server, client = lan()
    squatter = lab.host("squatter", nic="eth0", switch="sw1")
    squatter.addr_add("eth0", "10.0.0.24/24")
    server.sh("udhcpd")
    client.sh("udhcpc -n -q")
    assert "10.0.0.25/24" in str(client.sh("ip addr show eth0"))


def test_refused_by_a_server_that_knows_nothing() -> None:
    """The server restarts with other addresses: the renewal is not answered, and a new address is found."""
    lab, server, client = lan()
    server.sh("udhcpd")
    client.sh("udhcpc")
    assert "10.0.0.24/24" in str(client.sh("ip addr show eth0"))
    server.sh("kill $(pidof udhcpd) 2>/dev/null || true")
    for job in list(server.kernel.processes.values()):
        job.kill()
    lab.run(130)
    assert "inet " not in str(client.sh("ip addr show eth0"))
    server.files["/etc/udhcpd.conf"] = CONF.replace("10.0.0.2", "10.0.0.12").replace("10.0.0.30", "10.0.0.130")
    server.sh("udhcpd")
    lab.run(60)
    assert "10.0.0.12" in str(client.sh("ip addr show eth0"))


def test_containers_on_macvlan_get_addresses_of_the_lan() -> None:
    """Each has a MAC of its own, so each gets an address; one may not configure its card without NET_ADMIN."""
    lab, server, host = lan()
    server.sh("udhcpd")
    host.docker.network_create("lan", driver="macvlan", subnet="10.0.0.0/24", gateway="10.0.0.1", parent="eth0")
    run = "docker run -d --network lan --cap-add NET_ADMIN --mac-address 02:42:00:00:00:0"
    for number in (1, 2):
        assert not host.sh(f"{run}{number} --ip 10.0.0.20{number} --name c{number} busybox sleep 1000").code
    assert "lease of 10.0.0." in str(host.sh("docker exec c1 udhcpc -n -q"))
    assert "inet 10.0.0.201/24" in str(host.sh("docker exec c1 ip addr show eth0"))  # the image has no script
    assert not host.sh("docker run -d --network lan --ip 10.0.0.210 --name c3 busybox sleep 1000").code
    host.files["/root/s"] = '[ "$1" != bound ] || { ip addr flush dev eth0; ip addr add $ip/$mask dev eth0; }\n'
    assert not host.sh("docker cp /root/s c1:/; docker cp /root/s c2:/; docker cp /root/s c3:/").code
    found = [str(host.sh(f"docker exec c{n} sh -c 'udhcpc -n -q -s /s 2>&1; ip addr show eth0'")) for n in (1, 2)]
    ips = [text.partition("lease of ")[2].split()[0] for text in found]
    assert len(set(ips)) == 2
    assert all(f"inet {ip}/24" in text for ip, text in zip(ips, found, strict=True))
    assert "Operation not permitted" in str(host.sh("docker exec c3 udhcpc -n -q -s /s"))
    assert lab.now > 0


def test_ipvlan_children_share_a_mac_and_so_an_address() -> None:
    """The server sees one client; offers to everybody are needed, and then all children get the same address."""
    _, server, host = lan()
    server.sh("udhcpd")
    for number in (1, 2):
        host.sh(f"ip netns add n{number}; ip link add link eth0 name i{number} netns n{number} type ipvlan mode l2")
        host.sh(f"ip netns exec n{number} ip link set i{number} up")
        host.sh(f"ip netns exec n{number} udhcpc -i i{number} -n -q")
    shown = [str(host.sh(f"ip netns exec n{number} ip addr show i{number}")) for number in (1, 2)]
    assert "10.0.0.24/24" in shown[0]
    assert "10.0.0.24/24" not in shown[1]  # the device refuses what a sibling has


def test_dhclient() -> None:
    """As typed on Debian: silent, or with -v; the lease is remembered, renewed, and given back."""
    lab, server, client = lan()
    server.sh("udhcpd")
    assert str(client.sh("dhclient eth0")) == ""
    assert "inet 10.0.0.24/24 scope global dynamic eth0\n       valid_lft 120sec" in str(client.sh("ip addr show eth0"))
    assert str(client.sh("ip route")).startswith("default via 10.0.0.1 dev eth0")
    servers = "nameserver 10.0.0.1\nnameserver 8.8.8.8\n"
    assert str(client.sh("cat /etc/resolv.conf")) == f"domain local\nsearch local.\n{servers}"
    with lab.capture() as capture:
        lab.run(130)
    kinds = [dhcp.parse(data[42:]) for data in messages(capture)]
    assert [message.kind for message in kinds if message][:2] == [dhcp.REQUESTING, dhcp.ACK]
    said = str(client.sh("dhclient -v -r eth0"))
    assert said.startswith("Killed old client process\nInternet Systems Consortium DHCP Client 4.4.3-P1\n")
    assert said.endswith("DHCPRELEASE of 10.0.0.24 on eth0 to 10.0.0.1 port 67\n")
    assert "inet " not in str(client.sh("ip addr show eth0"))


def test_dhclient_tells_what_it_does() -> None:
    _, server, client = lan()
    server.sh("udhcpd")
    lines = str(client.sh("dhclient -v eth0")).splitlines()
    assert lines[5:8] == ["Listening on LPF/eth0/02:00:00:00:00:02", "Sending on   LPF/eth0/02:00:00:00:00:02",
                          "Sending on   Socket/fallback"]  # fmt: skip
    assert lines[8].startswith("DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval ")
    assert lines[9:12] == ["DHCPOFFER of 10.0.0.24 from 10.0.0.1",
                           "DHCPREQUEST for 10.0.0.24 on eth0 to 255.255.255.255 port 67",
                           "DHCPACK of 10.0.0.24 from 10.0.0.1"]  # fmt: skip
    assert lines[12].startswith("bound to 10.0.0.24 -- renewal in ")
    again = str(client.sh("dhclient -v -x; dhclient -v eth0"))
    assert "DHCPDISCOVER" not in again and "DHCPREQUEST for 10.0.0.24 on eth0" in again
    assert "Cannot find device" in str(client.sh("dhclient nope"))


def test_dhclient_stores_leases() -> None:
    """As recorded: the options in the order of the program's hash table."""
    _, server, client = lan()
    server.sh("dnsmasq -p 0 -i eth0 --dhcp-range=10.0.0.50,10.0.0.60,12h")
    client.sh("dhclient eth0")
    lines = str(client.sh("cat /var/lib/dhcp/dhclient.leases")).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("  option")] == [
        "subnet-mask", "routers", "dhcp-lease-time", "dhcp-message-type", "dhcp-server-identifier", "dhcp-renewal-time",
        "broadcast-address", "dhcp-rebinding-time", "host-name",
    ]  # fmt: skip
    assert "inet 10.0.0.56/24 brd 10.0.0.255 scope global dynamic eth0" in str(client.sh("ip addr show eth0"))


def test_dhclient_speaks_as_recorded() -> None:
    lab, server, client = lan()
    client.hostname = "box"
    server.sh("dnsmasq -p 0 -i eth0 --dhcp-range=10.0.0.50,10.0.0.60,255.255.255.0,2m")
    with lab.capture() as capture:
        client.sh("dhclient eth0; sleep 1; dhclient -r eth0; sleep 1; dhclient eth0; dhclient -x; dhclient eth0")
    equal(capture, "dhclient-dnsmasq")
    assert len(messages(capture)) == len(RECORD["dhclient-dnsmasq"])


def test_udhcpc_and_dnsmasq_speak_as_recorded() -> None:
    lab, server, client = lan()
    server.sh("dnsmasq -p 0 -i eth0 --dhcp-range=10.0.0.50,10.0.0.60,255.255.255.0,2m")
    with lab.capture() as capture:
        assert "lease of 10.0.0.56 obtained from 10.0.0.1, lease time 120" in str(client.sh("udhcpc -n -q -T 5"))
    ours = [plain(data).hex() for data in messages(capture)]
    kernel = [plain(bytes.fromhex(RECORD["dnsmasq"][number])).hex() for number in (0, 1, 4, 5)]  # 2, 3: both again
    assert ours == kernel


def test_dnsmasq_stores_leases() -> None:
    """The latest client is first; a lease goes when it ends or is given back; a new dnsmasq reads the file."""
    lab, server, client = lan()
    start = "dnsmasq -p 0 -i eth0 --dhcp-range=10.0.0.50,10.0.0.60,2m"
    other = lab.host("other", nic="eth0", switch="sw1", mac="02:00:00:00:00:03")
    server.sh(start)
    assert str(server.sh("cat /var/lib/misc/dnsmasq.leases")) == ""
    client.sh("dhclient eth0")
    other.sh("udhcpc -n -q")
    lines = str(server.sh("cat /var/lib/misc/dnsmasq.leases")).splitlines()
    assert [line.split()[1:] for line in lines] == [
        ["02:00:00:00:00:03", "10.0.0.57", "*", "01:02:00:00:00:00:03"],
        ["02:00:00:00:00:02", "10.0.0.56", "client", "*"],
    ]
    now = int(str(server.sh("date +%s")))
    assert all(now + 100 < int(line.split()[0]) <= now + 120 for line in lines)
    server.sh("kill $(pidof dnsmasq)")
    for job in list(server.kernel.processes.values()):
        job.kill()
    server.sh(start)
    assert str(server.sh("cat /var/lib/misc/dnsmasq.leases")).splitlines() == lines
    client.sh("dhclient -r eth0")
    assert str(server.sh("cat /var/lib/misc/dnsmasq.leases")).splitlines() == lines[:1]
    lab.run(121)
    assert str(server.sh("cat /var/lib/misc/dnsmasq.leases")) == ""


def test_dnsmasq_says_what_it_does() -> None:
    lab, server, client = lan()
    conf = "port=0\ninterface=eth0\ndhcp-range=10.0.0.50,10.0.0.60,12h\ndhcp-host=02:00:00:00:00:02,10.0.0.77\n"
    server.files["/etc/dnsmasq.conf"] = conf + "dhcp-option=option:router,10.0.0.254\n"
    job = lab.shell.spawn(server, "dnsmasq -d")
    client.sh("udhcpc -n -q")
    assert str(client.sh("ip route")).startswith("default via 10.0.0.254 dev eth0")
    assert "dnsmasq-dhcp: DHCPACK(eth0) 10.0.0.77 02:00:00:00:00:02 \n" in job.stderr


@pytest.mark.parametrize(
    ("words", "conf", "err", "code"),
    [
        ("-p 0 --foo", "", "\ndnsmasq: bad command line options: try --help\n", 1),
        ("-p 0 junk", "", "\ndnsmasq: junk found in command line\n", 1),
        ("-p 0 -C /nosuch", "", "\ndnsmasq: cannot read /nosuch: No such file or directory\n", 3),
        ("-p 0 -F 10.0.0.1", "", "\ndnsmasq: bad command line options: bad dhcp-range\n", 1),
        ("-p 0", "foo=1\n", "\ndnsmasq: bad option at line 1 of /etc/dnsmasq.conf\n", 1),
        ("-p 0", "# a\ndhcp-range=10.0.0.1\n", "\ndnsmasq: bad dhcp-range at line 2 of /etc/dnsmasq.conf\n", 1),
        ("", "port\n", "\ndnsmasq: missing parameter at line 1 of /etc/dnsmasq.conf\n", 1),
        ("-p 0", "no-ping=3\n", "\ndnsmasq: extraneous parameter at line 1 of /etc/dnsmasq.conf\n", 1),
        ("-p 0 --dhcp-host=foo", "", "not simulated: dnsmasq --dhcp-host=foo: only MACs with an address are\n", 95),
        ("-p 0 -O foo,1", "", "not simulated: dnsmasq --dhcp-option=foo,1\n", 95),
        ("-p 0", "cache-size=1\n", "not simulated: dnsmasq --cache-size\n", 95),
    ],
)
def test_dnsmasq_refuses_as_the_real_one(words: str, conf: str, err: str, code: int) -> None:
    host = Lab().host("host1")
    host.files["/etc/dnsmasq.conf"] = conf
    result = host.sh(f"dnsmasq {words}")
    assert (result.stderr, result.code) == (err, code)
    assert host.sh("dnsmasq --help").stdout.startswith("Usage: dnsmasq [options]\n\nValid options are:\n-a, --listen")
