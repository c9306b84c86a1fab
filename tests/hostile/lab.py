"""A lab with a device of every kind, and the frames it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from macvsim import Lab
from macvsim.dev.base import NetDevice, classify
from macvsim.dev.nic import Nic
from macvsim.net.namespace import Namespace
from macvsim.switch import SwitchPort
from macvsim.wire.frame import Frame, PacketType


def everything(seed: int = 0) -> Lab:
    """Routers with netfilter, VLANs in VLANs, macvlan and ipvlan in all modes, bridges, Docker, and switches of two
    kinds.
    """
    lab = Lab(seed=seed)
    plain, deny = lab.switch("sw1"), lab.switch("sw2", policy="virtualbox-deny")
    _router(lab.host("r", nics={"eth0": plain, "eth1": deny}, ipv6=True))
    _macvlans(lab.host("mv", nics={"eth0": plain, "eth1": deny, "eth2": plain}, ipv6=True))
    _ipvlans(lab.host("iv", nics={f"eth{number}": plain for number in range(9)}, ipv6=True))
    _bridges(lab.host("br", nics={"eth0": plain, "eth1": deny}, ipv6=True))
    docker = lab.host("d", nics={"eth0": plain})
    docker.docker.run("c1")
    sh(docker, "docker run -d --name c2 -p 8080:80 busybox httpd -f")
    docker.docker.network_create("mac", driver="macvlan", subnet="10.0.0.0/24", gateway="10.0.0.1", parent="eth0")
    docker.docker.run("c3", network="mac", ip="10.0.0.90")
    return lab


def sh(host: object, *lines: str) -> None:
    for line in lines:
        result = host.sh(line)  # type: ignore[attr-defined]
        assert not result.code, f"{line}: {result}"


def _router(host: object) -> None:
    sh(
        host,
        "ip addr add 10.0.0.1/24 dev eth0",
        "ip addr add 10.0.1.1/24 dev eth1",
        "ip -6 addr add fd00::1/64 dev eth0",
        "sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.accept_source_route=1",
        "sysctl -w net.ipv4.conf.all.log_martians=1",
        "ip link add link eth0 name eth0.100 type vlan id 100",
        "ip link set eth0.100 up",
        "ip addr add 10.1.0.1/24 dev eth0.100",
        "ip link add link eth0.100 name inner type vlan id 7",
        "ip link set inner up",
        "ip addr add 10.3.0.1/24 dev inner",
        "iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE",
        "iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP",
        "iptables -A FORWARD -p udp -m udp --dport 53 -m multiport --sports 1,2 -j ACCEPT",
        "iptables -A INPUT -p tcp -m tcp --dport 22 -j REJECT",
        "iptables -A INPUT -p icmp --icmp-type 8 -j LOG",
    )


def _macvlans(host: object) -> None:
    sh(host, "ip addr add 10.0.0.2/24 dev eth0")
    for number, mode in enumerate(("bridge", "private", "vepa")):
        _child(host, mode, f"m{number}", "eth0", f"macvlan mode {mode}", f"10.0.0.{20 + number}")
    _child(host, "passthru", "p", "eth1", "macvlan mode passthru", "10.0.1.30")
    _child(host, "source", "s", "eth2", "macvlan mode source macaddr add 08:00:27:00:00:01", "10.0.0.31")
    sh(host, "ip netns exec bridge ip route add default via 10.0.0.1")
    sh(host, "ip netns exec bridge ip -6 addr add fd00::2/64 dev m0")


def _ipvlans(host: object) -> None:
    for number, (mode, flag) in enumerate((m, f) for m in ("l2", "l3", "l3s") for f in ("bridge", "private", "vepa")):
        kind = f"ipvlan mode {mode} {flag}"
        _child(host, f"{mode}-{flag}", f"i{number}", f"eth{number}", kind, f"10.0.0.{40 + number}")
        sh(host, f"ip addr add 10.0.0.{60 + number}/24 dev eth{number}")


def _child(host: object, ns: str, name: str, parent: str, kind: str, ip: str) -> None:
    sh(
        host,
        f"ip netns add {ns}",
        f"ip link add link {parent} name {name} netns {ns} type {kind}",
        f"ip netns exec {ns} ip link set {name} up",
        f"ip netns exec {ns} ip addr add {ip}/24 dev {name}",
    )


def _bridges(host: object) -> None:
    sh(
        host,
        "ip link add br0 type bridge",
        "ip link set eth0 master br0",
        "ip link set br0 up",
        "ip netns add v",
        "ip link add v0 type veth peer name v1 netns v",
        "ip link set v0 master br0",
        "ip link set v0 up",
        "ip netns exec v ip link set v1 up",
        "ip netns exec v ip addr add 10.0.0.80/24 dev v1",
        "ip addr add 10.0.0.81/24 dev br0",
        "ip link add filtering type bridge vlan_filtering 1",
        "ip link set eth1 master filtering",
        "ip link set filtering up",
    )


def spoken(lab: Lab) -> list[bytes]:
    """A frame of each kind that the lab emits: ARP, ICMP and its errors, UDP, TCP, IGMP, fragments, and IPv6."""
    bridge = "ip netns exec bridge "
    with lab.capture() as capture:
        lab["r"].sh("ping -c1 10.0.0.20; ping -c1 -s 3000 10.0.0.20; ping -c1 10.0.0.77")
        lab["mv"].sh(f"{bridge} ping -c1 10.0.0.40; {bridge} ping -c1 10.0.0.81")
        lab["mv"].sh(f"{bridge} ping -c1 -t 1 10.0.1.30; {bridge} ping -c1 -W1 99.0.0.1")
        lab["mv"].sh(f"{bridge} traceroute -n -m 2 10.0.1.30")
        lab["mv"].sh(f"{bridge} ping -c1 -s 3000 fd00::1; {bridge} ping -c1 fd00::9")
        lab["c3"].sh("wget -O- -T 3 http://10.0.0.1/")
        lab["c1"].sh("wget -O- -T 3 http://172.17.0.3/; ping -c 1 172.17.0.3")
        lab.run(3)
    kinds: dict[tuple[bytes, ...], bytes] = {}
    for record in capture.records:
        data = record.data
        kinds.setdefault((data[12:14], data[20:21], data[23:24], data[34:36], data[54:55]), data)
    return list(kinds.values())


def namespaces(lab: Lab) -> Iterator[Namespace]:
    for host in lab.hosts.values():
        yield host.ns
        yield from host.kernel.netns.values()
        yield from (container.ns for container in host.containers())


def devices(lab: Lab) -> list[NetDevice]:
    return [dev for ns in namespaces(lab) for dev in ns.devices.values()]


def ports(lab: Lab) -> list[SwitchPort]:
    return [port for switch in lab.switches.values() for port in switch.ports.values()]


Way = tuple[str, Callable[[bytes], object]]


def ways_in(lab: Lab) -> list[Way]:
    """Every place where a frame can come into the lab."""

    def framed(enter: Callable[[Frame], object], raw: bytes) -> object:
        return enter(Frame(raw, lab.sim.born()))

    def received(dev: NetDevice, frame: Frame) -> object:
        return dev.receive(frame, classify(frame.dst, dev.mac) if frame.dst else PacketType.HOST)

    ways = [(f"{dev.label} receives", partial(framed, partial(received, dev))) for dev in devices(lab)]
    ways += [(f"{dev.label} sends", partial(framed, dev.xmit)) for dev in devices(lab)]
    ends: list[Nic | SwitchPort] = [*(dev for dev in devices(lab) if isinstance(dev, Nic)), *ports(lab)]
    return [*ways, *((f"{end.label} hears", partial(framed, end.wire_receive)) for end in ends)]
