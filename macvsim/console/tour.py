"""``macvsim demo``: the document's three experiments, typed on simulated hosts.

Nothing printed here is stored anywhere: commands run in the hosts' shells, outputs come from packets.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from macvsim.lab import Lab
from macvsim.labfile.capturing import capturing
from macvsim.machine.host import Host

Write = Callable[[str], None]

_ADD_VLANS = (
    "vconfig add enp0s8 100",
    "vconfig add enp0s8 200",
    "vconfig set_flag enp0s8.100 1 1",
    "vconfig set_flag enp0s8.200 1 1",
)
_NETWORK = (
    "docker network create -d macvlan --subnet=172.16.{net}.0/24 --gateway=172.16.{net}.1 -o parent={parent} {name}"
)
_RUN = "docker run -itd --name {name} --ip={ip} --network {network} busybox"


class Tour:
    """Types commands and shows what they print, as a session on the hosts."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.lab: Lab = Lab(docker="19.03")

    def title(self, text: str) -> None:
        """Start a part."""
        self.write(f"\n{'=' * 100}\n{text}\n{'=' * 100}\n")

    def say(self, text: str) -> None:
        """A remark of the guide's."""
        self.write(f"\n# {text}\n")

    def type(self, host: str, *lines: str) -> None:
        """Type lines on a host and show what they print."""
        box = self.lab.hosts[host]
        for line in lines:
            self.write(f"{prompt(box)} {line}\n")
            self.lab.shell.run(box, line, stdout=self.write, stderr=self.write)

    def why(self, source: str, target: str) -> None:
        """Ask why a ping is not answered."""
        self.write(f"\n? why does {source} get no answer from {target}\n{self.lab.why(source, target, fixes=False)}\n")


def prompt(host: Host) -> str:
    """The prompt people see on a host: Ubuntu's, or CentOS's as on the document's host3."""
    return f"[root@{host.hostname} ~]#" if host.flavour.name == "centos" else f"root@{host.hostname}:~#"


def tour(write: Write, pcapng: Path | None = None) -> None:
    """All three experiments; `pcapng` also keeps every frame of the second and third."""
    guide = Tour(write)
    write("macvsim: a Linux container-network lab. Every answer below comes from simulated packets.\n")
    _experiment1(guide)
    guide.lab = Lab(docker="19.03")
    with nullcontext() if pcapng is None else capturing(guide.lab, pcapng) as stream:
        _experiment2(guide)
        _experiment3(guide)
    if stream is not None:
        write(f"\n{stream.frames} frames of {stream.interfaces} interfaces written to {pcapng}\n")


def _experiment1(guide: Tour) -> None:
    guide.title("Experiment 1: one macvlan network on two hosts")
    lab = guide.lab
    sw1 = lab.switch("sw1", policy="virtualbox-allow-all")
    for name in ("host1", "host2"):
        lab.host(name, switch=sw1)
    for name, container, ip in (("host1", "c1", "172.16.10.2"), ("host2", "c2", "172.16.10.3")):
        guide.type(name, _NETWORK.format(net=10, parent="enp0s8", name="mac1"))
        if name == "host1":
            guide.type(name, "docker network ls")
        guide.type(name, _RUN.format(name=container, ip=ip, network="mac1"))
    guide.say("The hosts are VirtualBox machines, and enp0s8 is not promiscuous yet.")
    guide.type("host1", "docker exec c1 ping -c 2 172.16.10.3")
    guide.why("c1", "172.16.10.3")
    guide.say("The request is a broadcast and arrives; the reply to c1's own MAC does not. So, as the document notes:")
    for name in ("host1", "host2"):
        guide.type(name, "ip link set enp0s8 promisc on")
    guide.type("host1", "docker exec c1 ping -c 2 172.16.10.3")


def _experiment2(guide: Tour) -> None:
    guide.title("Experiment 2: two macvlan networks on 802.1Q sub-interfaces")
    lab = guide.lab
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2")):
        lab.host(name, switch=sw1)
        guide.type(name, *_ADD_VLANS, "ifconfig enp0s8.100 up", "ifconfig enp0s8.200 up")
        for column, net in enumerate((10, 20)):
            guide.type(name, _NETWORK.format(net=net, parent=f"enp0s8.{net}0", name=f"mac{net}"))
            container, ip = f"d{2 * number + column + 1}", f"172.16.{net}.{10 + number}"
            guide.type(name, _RUN.format(name=container, ip=ip, network=f"mac{net}"))
    guide.say("Inside one network the hosts reach each other.")
    guide.type("host1", "docker exec d1 ping -c 2 172.16.10.11", "docker exec d2 ping -c 2 172.16.20.11")
    guide.say("Between the networks they do not.")
    guide.type("host1", "docker exec d1 ping -c 2 172.16.20.10", "docker exec d1 ping -c 2 172.16.20.11")
    guide.why("d1", "172.16.20.10")


def _experiment3(guide: Tour) -> None:
    guide.title("Experiment 3: host3 routes between the networks")
    lab = guide.lab
    uplink = lab.switch("uplink")
    host3 = lab.host("host3", nics={"enp0s3": uplink, "enp0s8": "sw1"}, flavour="centos")
    host3.hostname = "localhost"
    guide.type(
        "host3",
        "ip addr add 192.168.108.2/24 dev enp0s3 metric 100",
        "ip addr add 192.168.56.122/24 dev enp0s8 metric 101",
        "ip route add default via 192.168.108.1 dev enp0s3 proto dhcp metric 100",
        *_ADD_VLANS,
        "ifconfig enp0s8.100 172.16.10.1 netmask 255.255.255.0 up",
        "ifconfig enp0s8.200 172.16.20.1 netmask 255.255.255.0 up",
    )
    guide.say("host3 has both gateway addresses, but does not forward yet.")
    guide.type("host1", "docker exec d1 ping -c 2 172.16.20.10")
    guide.why("d1", "172.16.20.10")
    guide.say("Forwarding on.")
    guide.type("host3", "sysctl -w net.ipv4.ip_forward=1")
    guide.type("host1", "docker exec d1 ping -c 2 172.16.20.10", "docker exec d1 ping -c 2 172.16.20.11")
    guide.say("TTL 63: each packet passed host3, which took one from it. The routes show the way:")
    guide.type("host1", "docker exec d1 ip route")
    guide.type("host3", "ip route")
