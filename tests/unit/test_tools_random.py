"""Every tool of hosts and containers survives random arguments, and one that fails has changed nothing.

docker, docker compose, iptables and conntrack have tests of their own.
"""

from __future__ import annotations

import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macvsim.engine.sim import SECOND, Sim
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.host import BUSYBOX, DEBIAN, Box, Host
from macvsim.machine.kernel import Kernel
from macvsim.net.links import add_veth
from macvsim.shell.interp import SIGINT, SIGKILL, Shell
from macvsim.wire.addr import mac_bytes

pytestmark = pytest.mark.slow

COMMON = (
    *("", "-", "--", "-x", "--foo", "-h", "--help", "-V", "a b", "ä→", "0", "1", "-1", "99999999999999999999", "1.5"),
    *("v0", "v1", "br0", "lo", "nosuch", "averyveryverylongname", "10.0.0.1", "10.0.0.9", "10.0.0.0/24", "10.0.0.5/33"),
    *("300.1.1.1", "127.0.0.1", "255.255.255.255", "::1", "fe80::1", "02:00:00:00:00:77", "01:00:5e:00:00:01", "zz"),
    *("on", "off", "up", "down", "dev", "add", "del", "show", "set", "all", "default"),
)
TOOLS: dict[str, tuple[str, ...]] = {
    "ip link": ("name", "link", "type", "macvlan", "vlan", "veth", "bridge", "dummy", "ipvlan", "mode", "private", "id",
                "5", "4095", "peer", "mtu", "100", "address", "promisc", "arp", "master", "nomaster", "netns",
                "txqueuelen"),
    "ip addr": ("flush", "replace", "10.1.1.1/24", "10.1.1.1/8", "broadcast", "+", "label", "v0:1", "scope", "link",
                "host", "local", "peer", "metric", "to", "valid_lft", "-4"),
    "ip route": ("replace", "append", "change", "flush", "get", "via", "10.0.0.2", "192.168.0.0/16", "metric", "src",
                 "table", "100", "proto", "static", "scope", "link", "onlink", "blackhole", "unreachable", "from",
                 "iif"),
    "ip neigh": ("replace", "change", "get", "flush", "lladdr", "nud", "permanent", "stale", "proxy", "10.0.0.5"),
    "ip rule": ("list", "from", "to", "lookup", "table", "100", "prio", "5", "fwmark"),
    "ip netns": ("list", "exec", "identify", "pids", "attach", "true", "monitor"),
    "ip maddr": ("address", "33:33:00:00:00:01"),
    "ip": ("link", "addr", "route", "-s", "-d", "-j", "-br", "-4", "-6", "-o", "-p", "-all", "-batch", "-n", "help"),
    "bridge link": ("learning", "flood", "hairpin", "isolated", "cost", "5", "state", "3", "-d", "-j"),
    "bridge fdb": ("master", "self", "static", "dynamic", "local", "vlan", "replace", "get", "br", "flush", "brport"),
    "bridge vlan": ("vid", "5", "2-4", "pvid", "untagged", "master", "self"),
    "bridge": ("link", "fdb", "vlan", "-j", "-d", "-s", "mdb", "monitor", "help"),
    "vconfig": ("rem", "set_flag", "set_name_type", "set_egress_map", "DEV_PLUS_VID", "5", "4095", "v0.5"),
    "ifconfig": ("netmask", "255.255.255.0", "255.0.255.0", "mtu", "1400", "promisc", "-promisc", "hw", "ether", "-a",
                 "-s", "broadcast", "v0:1", "txqueuelen", "arp", "-arp", "inet"),
    "route": ("-n", "-e", "-net", "-host", "gw", "10.0.0.2", "netmask", "255.255.255.0", "metric", "reject", "flush"),
    "arp": ("-n", "-a", "-e", "-v", "-s", "-d", "-i", "-D", "temp", "pub", "10.0.0.5"),
    "brctl": ("addbr", "delbr", "addif", "delif", "show", "showmacs", "showstp", "stp", "hairpin", "setageing",
              "setfd", "setpathcost", "setbridgeprio", "br1"),
    "sysctl": ("-w", "-a", "-n", "-q", "-e", "-p", "-r", "net.ipv4.ip_forward", "net.ipv4.ip_forward=1", "=",
               "net.ipv4.ip_default_ttl=300", "net.ipv4.conf.v0.rp_filter=2", "net.ipv4.nosuch=1", "a.b=c"),
    "ethtool": ("-k", "-K", "-S", "-i", "tx", "rx", "tso", "gro"),
    "ping": ("-c", "2", "-i", "-s", "-t", "-w", "-W", "-I", "-q", "-n", "-f", "-M", "do", "-b", "-p", "ff", "-l", "-4"),
    "arping": ("-c", "2", "-w", "-I", "-i", "-D", "-U", "-A", "-f", "-q", "-b", "-s"),
    "traceroute": ("-n", "-m", "2", "-q", "-w", "-p", "-s", "-i", "-I", "-U", "-f", "-4", "-z", "100"),
    "tcpdump": ("-i", "-c", "2", "-e", "-n", "-nn", "-v", "-vv", "-X", "-w", "/tmp/x.pcap", "-r", "-D", "-s", "-q",
                "any", "icmp", "arp", "vlan", "host", "port", "80", "and", "not", "(", ")", "ether", "src"),
    "nc": ("-l", "-p", "80", "-w", "-u", "-v", "-z", "-e"),
    "wget": ("-q", "-O", "http://10.0.0.9/", "http://", "-T", "ftp://x", "-S", "/tmp/x"),
    "nslookup": ("-type=a", "host1", "-q=x", "10.0.0.2"),
    "hostname": ("-f", "-s", "-i", "-I", "-d", "-F", "new"),
    "cat": ("/proc/net/arp", "/proc/sys", "/nosuch", "-n", "-A", "-e", "/sys/class/net/v0/mtu", "/etc/hosts"),
    "netstat": ("-r", "-n", "-t", "-u", "-l", "-a", "-i", "-s"),
}  # fmt: skip
"""Words that each tool knows, besides those anybody may type."""
STEPWISE = ("ifconfig", "sysctl", "ip link set", "brctl", "ip", "bridge link")
"""These do one thing after the other, and what was done before a mistake stays."""
LOOK = (
    "ip link", "ip addr", "ip route show table all", "ip neigh show nud permanent", "bridge fdb show state permanent",
    "bridge vlan", "bridge -d link", "sysctl net.ipv4.ip_forward net.ipv4.ip_default_ttl net.ipv4.conf.v0",
    "hostname", "ip netns",
)  # fmt: skip
LIMIT = 30 * SECOND
SHELL = Shell()


def machine(flavour: str) -> tuple[Host, Box]:
    """A host with two veth devices and a bridge, and a place on it with the tools of a flavour."""
    host = Host(Kernel(Sim(hz=100), "h", wakeup_delay=0), "h", DEBIAN)
    host.interpreter = SHELL
    add_veth(host.ns, "v0", host.ns, "v1", mac=mac_bytes("02:00:00:00:00:01"), peer_mac=mac_bytes("02:00:00:00:00:02"))
    host.sh("ip link set lo up; ip link set v0 up; ip link set v1 up; ip addr add 10.0.0.1/24 dev v0")
    host.sh("ip link add br0 address 02:00:00:00:00:03 type bridge; ip link set br0 up; ip link set v1 master br0")
    if flavour == "debian":
        return host, host
    box = Box(host.kernel, host.ns, "h", BUSYBOX)
    box.interpreter = host.interpreter
    return host, box


def state(host: Host, box: Box) -> dict[str, str]:
    """What a command could have changed."""
    seen = {line: host.sh(line).stdout for line in LOOK}
    seen["names"] = f"{host.hostname} {box.hostname}"
    return seen


def run(box: Box, line: str) -> tuple[int, str]:
    """Exit code and all that a command prints; after a while somebody presses Ctrl-C."""
    job = SHELL.spawn(box, line)
    box.sim.run(until=int(box.sim.now) + LIMIT)
    for signal in (SIGINT, SIGKILL):
        if job.code is None:
            job.kill(signal)
            box.sim.run(until=int(box.sim.now) + SECOND)
    assert job.code is not None, f"{line} cannot be ended"
    return job.code, job.stdout + job.stderr


def _stepwise(words: list[str]) -> bool:
    return any(words[: len(path.split())] == path.split() for path in STEPWISE)


@pytest.mark.parametrize("flavour", ["debian", "busybox"])
@pytest.mark.parametrize("tool", TOOLS)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_survives(tool: str, flavour: str, data: st.DataObject) -> None:
    known = st.sampled_from(TOOLS[tool])
    words = data.draw(st.lists(known | known | st.sampled_from(COMMON), max_size=7))
    line = f"{tool} {shlex.join(words)}"
    host, box = machine(flavour)
    before = state(host, box)
    code, said = run(box, line)
    assert 0 <= code <= 255
    if code == NOT_SIMULATED:
        assert "not simulated" in said
    if code and (code != 127 or "not found" not in said) and not _stepwise(shlex.split(line)):
        assert state(host, box) == before, line
    if code == 127:
        assert said
