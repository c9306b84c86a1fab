"""Random labs, each played with the fast path and without it, which must end alike to the last byte and nanosecond.

``--law captures`` and ``--law unrelated`` play each with and without a capture of every interface, and with and without
unrelated hosts instead.

A lab follows from its seed: hosts with macvlan, ipvlan, VLAN, veth, bridge, dummy and docker0 devices, programs that
send and receive, captures, changes at random moments in process and in softirq context, and commands that read
counters in the middle.  ``python -m tests.lab.random_labs COUNT [--from SEED] [--jobs N]`` plays many and names the
seeds that differ; ``--show`` prints what a seed does.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from random import Random
from typing import Any

from macvsim import Lab
from macvsim.dev.nic import Nic
from macvsim.engine.sim import SECOND
from macvsim.errors import MacvsimError
from macvsim.machine.capture import Capture
from macvsim.net.namespace import Namespace
from macvsim.net.socket import UdpSocket
from macvsim.switch import SwitchPort
from macvsim.testing.compare import Difference, compare, differing, everything
from macvsim.wire.addr import ip_int, ip_text

KNOWN: dict[int, str] = {}
"""Seeds whose two runs differ, and why: to be empty again once the cause is gone."""

UNRELATED = ("unrelated-switch", "unrelated-1", "unrelated-2")
MOMENTS = (0.0, 0.000_013, 0.000_025, 0.000_026, 0.000_050, 0.000_051, 0.000_3, 0.000_301, 0.02, 0.1, 0.3)
"""How long (s) the lab runs between two actions: cables take 25 us, programs wake 250 us after a packet."""
SUBNET = "172.16.{}"
"""Of containers on VLAN {} (0: none) of all hosts."""


class Play:
    """One random lab and what is done to it; the same seed does the same.

    captured : every interface is captured from the beginning
    unrelated : two hosts more, with a switch of their own and addresses that other hosts have, ping each other
    """

    def __init__(self, seed: int, *, fastpath: bool, captured: bool = False, unrelated: bool = False) -> None:
        rng = self.rng = Random(seed)
        self.journal = rng.random() < 0.6
        self.lab = Lab(seed, docker=rng.choice(["26.1", "26.1", "19.03"]), journal=self.journal, fastpath=fastpath)
        self.texts: list[str] = []
        self.boxes: list[tuple[str, str]] = []
        """Places where commands run: a host or container, and the words before a command there."""
        self.containers: list[str] = []
        self.targets: list[str] = []
        self.targets6: list[str] = []
        self.servers: list[tuple[str, int]] = []
        """Addresses and ports of HTTP servers."""
        self.captures: list[Capture] = []
        self.running: list[Capture] = []
        self.jobs = 0
        self.last = 9
        self.until = 0
        """When the present run of the lab ends (ns)."""
        self.is_busy = False
        """A command runs."""
        self.ipv6 = rng.random() < 0.35
        self.vids = rng.choice([[0], [0], [100], [0, 100], [100, 200]])
        self.unrelated = unrelated
        self.forgets = False
        """The journal was made short."""
        self.all = self.lab.start_capture() if captured else None
        self.build()

    # -- commands ------------------------------------------------------------------------------------------------------

    def sh(self, node: str, line: str, prefix: str = "") -> str:
        """Run a command line, or several; what they print is compared."""
        self.texts.append(f"{self.lab.sim.now} {node}# {prefix}{line}")
        if node not in self.lab.boxes():
            return "no such box"
        self.is_busy = True
        try:
            printed = str(self.lab[node].sh(f"{prefix}{line}"))
        except MacvsimError as error:
            printed = str(error)
        self.is_busy = False
        self.texts.append(printed)
        return printed

    def start(self, node: str, line: str, prefix: str = "") -> None:
        """Run a command in the background; what it prints is compared at the end."""
        self.jobs += 1
        self.sh(node, f"{line} > /tmp/job{self.jobs} 2>&1 &", prefix)

    def box(self) -> tuple[str, str]:
        return self.rng.choice(self.boxes)

    def host(self) -> str:
        return self.rng.choice(self.hosts)

    def namespace(self) -> Namespace:
        """One of a host, a container or ``ip netns``."""
        hosts = [self.lab.hosts[name] for name in self.hosts]
        named = [ns for host in hosts for ns in host.kernel.netns.values()]
        boxes = [box.ns for name, box in self.lab.boxes().items() if name not in UNRELATED]
        return self.rng.choice([*boxes, *named])

    @property
    def hosts(self) -> list[str]:
        """Hosts that are used."""
        return [name for name in self.lab.hosts if name not in UNRELATED]

    # -- building ------------------------------------------------------------------------------------------------------

    def build(self) -> None:
        rng, lab = self.rng, self.lab
        lab.switch(
            "sw1",
            policy=rng.choice(["bare-metal", "bare-metal", "bare-metal", "virtualbox-allow-all", "virtualbox-deny"]),
            ageing=rng.choice([300, 300, 1, 1, 0]),
        )
        for number in range(1, rng.choice([3, 3, 4])):
            name = f"h{number}"
            lab.host(
                name,
                nic="enp0s8",
                switch="sw1",
                flavour=rng.choice(["debian", "debian", "centos"]),
                ipv6=self.ipv6,
                unicast_filter=rng.random() < 0.8,
                rate=rng.choice([None, None, None, 100_000_000]),
                loss=rng.choice([0.0, 0.0, 0.0, 0.0, 0.1]),
            )
            self.boxes.append((name, ""))
            card = "enp0s8"
            kit = rng.choice(
                [self.macvlans, self.macvlans, self.ipvlans, self.children, self.published, self.bridged, self.spaces]
            )
            if kit == self.bridged:
                card = "br0"
                self.sh(name, "ip link add br0 type bridge; ip link set enp0s8 master br0; ip link set br0 up")
                if rng.random() < 0.4:
                    self.sh(name, "ip link set br0 type bridge vlan_filtering 1")
            self.sh(name, f"ip addr add 10.0.0.{number}/24 dev {card}; ip route add default via 10.0.0.1")
            self.targets.append(f"10.0.0.{number}")
            if self.ipv6:
                self.sh(name, f"ip addr add fd00::{number}/64 dev {card} nodad")
                self.targets6.append(f"fd00::{number}")
                self.route6(name, number)
            if rng.random() < 0.3:
                self.sh(name, "ip link set enp0s8 promisc on")
            kit(number, name, card)
            if rng.random() < 0.25:
                self.dummy(number, name)
            if rng.random() < 0.4:
                self.sh(name, f"seq 1 {rng.choice([10, 10_000, 30_000])} > /etc/numbers; busybox httpd -p 80")
                self.servers.append((f"10.0.0.{number}", 80))
            if rng.random() < 0.3:
                self.sh(name, "sysctl -w net.ipv4.ip_forward=1")
        if self.unrelated:
            self.add_unrelated()
        if rng.random() < 0.15:
            self.dhcp()
        if rng.random() < 0.3:
            self.forget_soon()
        lab.run(rng.choice([0.0, 0.01, 2.0]))
        if rng.random() < 0.3 and (journal := lab.sim.journal) is not None:
            journal.limit = rng.choice([20, 100, 700])
            self.forgets = True

    def route6(self, name: str, number: int) -> None:
        """A gateway for IPv6, which is there or not; some hosts are one."""
        if self.rng.random() < 0.6:
            self.sh(name, f"ip -6 route add default via fd00::{self.rng.choice([1, 2, 2, 9])}")
        if self.rng.random() < 0.4:
            self.sh(name, "sysctl -w net.ipv6.conf.all.forwarding=1")
        if self.rng.random() < 0.4:
            self.sh(name, f"ip addr add fd00:{number + 6}::{number}/64 dev lo nodad")
            self.targets6.append(f"fd00:{number + 6}::{number}")

    def add_unrelated(self) -> None:
        lab = self.lab
        lab.switch(UNRELATED[0])
        for number, name in enumerate(UNRELATED[1:], 1):
            host = lab.host(name, nic="enp0s8", switch=UNRELATED[0], ipv6=True)
            host.addr_add("enp0s8", f"10.0.0.{number}/24")
        lab[UNRELATED[1]].sh("ping -i 0.1 10.0.0.2 > /dev/null 2>&1 &")

    def address(self, vid: int) -> str:
        self.last += 1
        ip = f"{SUBNET.format(vid)}.{self.last}"
        self.targets.append(ip)
        return ip

    def parent(self, name: str, vid: int, number: int) -> str:
        """The card, or its sub-interface, made if need be; on some hosts with an address, as a router has."""
        if not vid:
            return "enp0s8"
        self.sh(name, f"ip link add link enp0s8 name enp0s8.{vid} type vlan id {vid}; ip link set enp0s8.{vid} up")
        if self.rng.random() < 0.4:
            ip = f"{SUBNET.format(vid)}.{1 if number == 2 else 200 + number}"
            self.sh(name, f"ip addr add {ip}/24 dev enp0s8.{vid}")
            self.targets.append(ip)
            if self.ipv6:
                self.sh(name, f"ip addr add fd00:{vid}::{number + 200}/64 dev enp0s8.{vid} nodad")
                self.targets6.append(f"fd00:{vid}::{number + 200}")
        return f"enp0s8.{vid}"

    def network(self, name: str, driver: str, vid: int, parent: str, options: str) -> None:
        net = SUBNET.format(vid)
        six = f" --ipv6 --subnet fd00:{vid or 1}::/64" if self.ipv6 and self.rng.random() < 0.6 else ""
        self.sh(
            name,
            f"docker network create -d {driver} --subnet {net}.0/24 --gateway {net}.1{six} -o parent={parent} "
            f"{options} net{vid}",
        )
        if six:
            self.targets6 += [f"fd00:{vid or 1}::2", f"fd00:{vid or 1}::3"]
        for _ in range(self.rng.choice([1, 1, 2])):
            self.run_container(name, f"net{vid}", self.address(vid))

    def run_container(self, host: str, network: str, ip: str = "", options: str = "") -> None:
        name = f"c{len(self.containers)}{host}"
        self.containers.append(name)
        serve = self.rng.random() < 0.5
        where = f"--ip {ip}" if ip else ""
        command = "httpd -f -p 80" if serve else "sleep 1000"
        privileged = "--privileged" if self.rng.random() < 0.8 else ""
        self.sh(
            host, f"docker run -d {privileged} --name {name} --network {network} {where} {options} busybox {command}"
        )
        if name in self.lab.boxes():
            self.boxes.append((name, ""))
            pid = getattr(self.lab[name], "pid", 0)
            if pid:
                self.boxes.append((host, f"nsenter -t {pid} -n "))
            if serve and ip:
                self.servers.append((ip, 80))

    def macvlans(self, number: int, name: str, card: str) -> None:
        mode = self.rng.choice(["bridge", "bridge", "bridge", "vepa", "private", "passthru"])
        for vid in self.vids:
            parent = self.parent(name, vid, number)
            self.network(name, "macvlan", vid, parent, f"-o macvlan_mode={mode}")
            if self.rng.random() < 0.3:
                ip = self.address(vid)
                kind = self.rng.choice(["macvlan", "macvlan", "macvtap"])
                self.sh(
                    name,
                    f"ip link add shim{vid} link {parent} type {kind} mode bridge; ip addr add {ip}/24 dev shim{vid}; "
                    f"ip link set shim{vid} up",
                )
            if self.rng.random() < 0.15:
                self.sh(name, f"ip link add src{vid} link {parent} type macvlan mode source; ip link set src{vid} up")
                for other in range(1, 4):
                    mac = f"08:00:27:00:00:0{other}"
                    self.sh(name, f"ip link set src{vid} type macvlan macaddr add {mac}")

    def ipvlans(self, number: int, name: str, card: str) -> None:
        mode = self.rng.choice(["l2", "l2", "l3", "l3s"])
        flag = self.rng.choice(["bridge", "bridge", "private", "vepa"])
        for vid in self.vids:
            parent = self.parent(name, vid, number)
            self.network(name, "ipvlan", vid, parent, f"-o ipvlan_mode={mode} -o ipvlan_flag={flag}")

    def children(self, number: int, name: str, card: str) -> None:
        """Namespaces with ipvlan or ipvtap devices of any mode, which Docker does not make."""
        mode, flag = self.rng.choice(["l2", "l3", "l3s"]), self.rng.choice(["bridge", "bridge", "private", "vepa"])
        for vid in self.vids:
            parent = self.parent(name, vid, number)
            for turn in range(2):
                space, ip = f"i{number}{vid}{turn}", self.address(vid)
                way = f"via {SUBNET.format(vid)}.1" if mode == "l2" else "dev eth0"
                self.sh(
                    name,
                    f"ip netns add {space}; ip link add {space} link {parent} type "
                    f"{self.rng.choice(['ipvlan', 'ipvlan', 'ipvtap'])} mode {mode} {flag}; "
                    f"ip link set {space} netns {space} name eth0; ip -n {space} addr add {ip}/24 dev eth0; "
                    f"ip -n {space} link set eth0 up; ip -n {space} route add default {way}",
                )
                self.boxes.append((name, f"ip netns exec {space} "))

    def published(self, number: int, name: str, card: str) -> None:
        for turn in range(self.rng.choice([1, 2])):
            port = 8080 + turn
            self.run_container(name, "bridge", options=f"-p {port}:80 -p {port}:80/udp")
            self.servers.append((f"10.0.0.{number}", port))
            self.targets.append(f"172.17.0.{2 + turn}")
        if self.rng.random() < 0.4:
            self.sh(name, "docker network create --subnet 172.18.0.0/24 user0")
            self.run_container(name, "user0")

    def space(self, number: int, name: str, turn: int) -> str:
        """A namespace with one end of a veth pair, whose other end is returned."""
        space, ip = f"n{number}{turn}", f"10.0.0.{10 * number + turn}"
        self.sh(
            name,
            f"ip netns add {space}; ip link add v{turn} type veth peer name eth0 netns {space}; "
            f"ip link set v{turn} up; ip -n {space} addr add {ip}/24 dev eth0; ip -n {space} link set eth0 up; "
            f"ip -n {space} link set lo up; ip -n {space} route add default via 10.0.0.{number}",
        )
        self.boxes.append((name, f"ip netns exec {space} "))
        self.targets.append(ip)
        return f"v{turn}"

    def bridged(self, number: int, name: str, card: str) -> None:
        for turn in range(self.rng.choice([1, 2])):
            end = self.space(number, name, turn)
            self.sh(name, f"ip link set {end} master br0")
            if self.rng.random() < 0.3:
                self.sh(name, f"bridge vlan add dev {end} vid {self.rng.choice([1, 100])} pvid untagged")

    def spaces(self, number: int, name: str, card: str) -> None:
        """A namespace behind a router that masquerades."""
        space, net = f"r{number}", f"192.168.{number}"
        self.sh(
            name,
            f"ip netns add {space}; ip link add vr type veth peer name eth0 netns {space}; ip link set vr up; "
            f"ip addr add {net}.1/24 dev vr; ip -n {space} addr add {net}.2/24 dev eth0; "
            f"ip -n {space} link set eth0 up; ip -n {space} route add default via {net}.1; "
            f"sysctl -w net.ipv4.ip_forward=1; iptables -t nat -A POSTROUTING -s {net}.0/24 -o enp0s8 -j MASQUERADE",
        )
        self.boxes.append((name, f"ip netns exec {space} "))
        self.targets.append(f"{net}.2")
        self.sh(self.host(), f"ip route add {net}.0/24 via 10.0.0.{number}")

    def dummy(self, number: int, name: str) -> None:
        self.sh(name, f"ip link add d0 type dummy; ip link set d0 up; ip addr add 10.9.{number}.1/24 dev d0")
        self.targets.append(f"10.9.{number}.1")
        for other in self.hosts:
            if other != name:
                self.sh(other, f"ip route add 10.9.{number}.0/24 via 10.0.0.{number}")

    def dhcp(self) -> None:
        """The first host leases addresses; another box asks for one."""
        self.lab["h1"].files["/etc/udhcpd.conf"] = (
            "start 10.0.0.100\nend 10.0.0.120\ninterface enp0s8\noption subnet 255.255.255.0\noption lease 20\n"
        )
        self.sh("h1", "udhcpd")
        node, prefix = self.box()
        self.start(node, "udhcpc -i eth0 -n -q -t 2 -T 1", prefix)

    def forget_soon(self) -> None:
        """Neighbours are checked, and bridges forget addresses, after seconds."""
        for name in self.hosts:
            self.sh(name, "ip link set br0 type bridge ageing_time 100")
        for node, prefix in self.boxes:
            for dev in ("eth0",) if prefix or node in self.containers else ("enp0s8", "br0", "docker0"):
                place = f"net.ipv4.neigh.{dev}"
                self.sh(node, f"sysctl -w {place}.base_reachable_time_ms=1500 {place}.delay_first_probe_time=1", prefix)

    # -- events -------------------------------------------------------------------------------------------------------

    def traffic(self) -> None:
        rng = self.rng
        node, prefix = self.box()
        target = rng.choice(self.targets)
        busybox = node in self.containers
        choice = rng.randrange(18)
        if choice < 7:
            size = rng.choice([0, 1, 4, 56, 56, 56, 57, 1400, 1472, 1473, 3000, 4000, 4000, 9000])
            words = rng.choice(["", "", "", "-t 1", "-t 2", "-A"])
            count, interval = rng.choice([3, 8, 40]), rng.choice(["0.1", "0.02", "0.005"])
            self.start(node, f"ping -c {count} -i {interval} -W 1 -s {size} {words} {target}", prefix)
        elif choice < 9 and self.targets6:
            size = rng.choice([56, 56, 56, 57, 1300, 4000])
            tool = "ping6" if busybox else rng.choice(["ping -6", "ping -6", "busybox ping6"])
            count, interval = rng.choice([3, 8, 40]), rng.choice(["0.2", "0.02"])
            self.start(node, f"{tool} -c {count} -i {interval} -W 1 -s {size} {rng.choice(self.targets6)}", prefix)
        elif choice < 12 and self.servers:
            ip, port = rng.choice(self.servers)
            file = rng.choice(["passwd", "numbers"])
            self.start(node, f"busybox wget -T 2 -O - http://{ip}:{port}/etc/{file} | wc -c", prefix)
        elif choice == 12:
            port = rng.choice([7, 7777])
            other, there = self.box()
            self.start(other, f"timeout 2 busybox nc -l -p {port}", there)
            self.start(node, f"seq 1 {rng.choice([3, 3000])} | timeout 2 busybox nc -w 1 {target} {port}", prefix)
        elif choice == 13:
            self.start(node, f"traceroute -n -q 1 -w 1 -m 4 {target}", prefix)
        elif choice == 14:
            self.start(node, f"nslookup x.example {target}", prefix)
        elif choice < 17:
            self.datagrams()
        else:
            dev = "eth0" if busybox or prefix else "enp0s8"
            self.start(node, f"arping -c 2 -w 2 -I {dev} {target}", prefix)

    def datagrams(self) -> None:
        """A program sends datagrams of one size; some namespaces have a program that sends them back."""
        rng, sim = self.rng, self.lab.sim
        port = rng.choice([7, 8080, 5353])
        for _ in range(rng.choice([0, 1, 4])):
            self.echo(self.namespace(), port)
        target, payload = ip_int(rng.choice(self.targets)), bytes(rng.choice([0, 1, 7, 600, 1472, 3000]))
        interval, count = rng.choice([5_000_000, 20_000_000, 300_000_000]), rng.choice([1, 5, 30])
        heard = self.texts
        socket = UdpSocket(
            self.namespace(),
            lambda data, ip, sport, packet: heard.append(f"{sim.now} {ip_text(ip)}:{sport} sent {len(data)} bytes"),
            lambda error: heard.append(f"{sim.now} {error}"),
        )
        socket.recverr = rng.random() < 0.5
        for turn in range(count):
            sim.call_in_process(turn * interval, self.quietly, lambda: socket.send_to(payload, target, port))

    def echo(self, ns: Namespace, port: int) -> None:
        """A program that sends datagrams back, 250 us after they came."""
        sim = self.lab.sim

        def back(data: bytes, ip: int, sport: int, packet: Any) -> None:
            sim.call_in_process(250_000, self.quietly, lambda: socket.send_to(data, ip, sport))

        socket = UdpSocket(ns, back)
        self.quietly(lambda: socket.bind(0, port))

    def read(self) -> None:
        """Commands show public counters and tables, which must be true at every moment."""
        node, prefix = self.box()
        lines = ["ip -s -s link", "cat /proc/net/snmp", "cat /proc/net/dev", "ip -s neigh", "cat /proc/net/netstat"]
        if node not in self.containers:
            lines += ["bridge -s fdb show", "conntrack -L", "iptables -vnxL", "iptables -t nat -vnxL", "nstat -az",
                      "ip route show cache", "ss -ti", "cat /proc/net/snmp6", "ethtool -S enp0s8"]  # fmt: skip
        self.sh(node, self.rng.choice(lines), prefix)

    def capture(self) -> None:
        """A capture begins or ends."""
        rng, lab = self.rng, self.lab
        if self.running and rng.random() < 0.4:
            lab.stop_capture(self.running.pop(rng.randrange(len(self.running))))
            return
        if rng.random() < 0.5:
            node, prefix = self.box()
            dev = rng.choice(["any", "any", "eth0" if node in self.containers or prefix else "enp0s8"])
            end = rng.choice(["timeout 1 tcpdump", "tcpdump -c 2", "tcpdump -c 5"])
            self.start(node, f"{end} -n -e -i {dev} {rng.choice(['', 'icmp', 'arp', 'ip'])}", prefix)
            return
        capture = lab.start_capture() if rng.random() < 0.5 else Capture()
        if not capture.interfaces:
            capture.attach(rng.choice(list(self.namespace().devices.values())))
        self.captures.append(capture)
        self.running.append(capture)

    def changes(self) -> list[Callable[[], object]]:
        """Changes of things that forwarding depends on; each takes no simulated time."""
        rng, lab = self.rng, self.lab
        node, prefix = self.box()
        host = self.host()
        target = rng.choice(self.targets)
        dev = "eth0" if node in self.containers or prefix else "enp0s8"
        port = rng.choice(list(lab.switches["sw1"].ports.values()))
        cable = rng.choice([port.cable for port in lab.switches["sw1"].ports.values()])
        mac = f"02:00:00:00:00:{rng.randrange(16, 60):02x}"
        chain = rng.choice(["INPUT", "OUTPUT", "FORWARD", "FORWARD"])
        proto = rng.choice(["icmp", "tcp", "udp", "all"])
        verdict = rng.choice(["ACCEPT", "DROP", "REJECT", "LOG"])
        match = rng.choice(["", "", "-m limit --limit 3/s --limit-burst 2",
                            "-m statistic --mode random --probability 0.5",
                            "-m statistic --mode nth --every 3", "-m conntrack --ctstate ESTABLISHED",
                            "-m recent --name r --update --seconds 1 --hitcount 3"])  # fmt: skip
        number = rng.randrange(3)
        conf = rng.choice(["arp_ignore", "arp_filter", "proxy_arp", "rp_filter", "forwarding", "log_martians",
                           "accept_local", "send_redirects", "route_localnet"])  # fmt: skip

        def sh(line: str, where: str = node, words: str = prefix) -> Callable[[], object]:
            return lambda: self.sh(where, line, words)

        def flap() -> None:
            port.set_up(False)
            port.set_up(True)

        def assign(thing: Any, name: str, value: Any) -> Callable[[], object]:
            def change() -> None:
                if thing is not None:
                    setattr(thing, name, value)

            return change

        return [
            sh(f"ip link set {dev} down"),
            sh(f"ip link set {dev} up"),
            sh(f"ip link set {dev} down && {prefix}ip link set {dev} up"),
            sh(f"ip link set {dev} address {mac}"),
            sh(f"ip link set {dev} mtu {rng.choice([600, 1000, 1280, 1500])}"),
            sh(f"ip link set {dev} promisc {rng.choice(['on', 'off'])}"),
            sh(f"ip link set {dev} arp {rng.choice(['on', 'off'])}"),
            sh(f"ip route add {rng.choice(['blackhole', 'unreachable', 'prohibit'])} {target}"),
            sh("ip route del default"),
            sh("ip route flush cache"),
            sh(f"ip route replace {target} dev {dev}"),
            sh(f"ip neigh del {target} dev {dev}"),
            sh("ip neigh flush all"),
            sh(f"ip neigh replace {target} lladdr {mac} dev {dev}"),
            sh(f"ip addr add {target}/32 dev {dev}"),
            sh(f"sysctl -w net.ipv4.ip_default_ttl={rng.choice([1, 2, 64, 200])}"),
            sh(f"sysctl -w net.ipv4.icmp_echo_ignore_all={number % 2}"),
            sh(f"sysctl -w net.ipv4.ip_no_pmtu_disc={number}"),
            sh(f"sysctl -w net.ipv4.conf.{dev}.{conf}={number}"),
            sh(f"sysctl -w net.ipv4.ip_forward={number % 2}", host, ""),
            sh(f"sysctl -w net.ipv4.conf.all.{conf}={number}", host, ""),
            sh(f"sysctl -w net.netfilter.nf_conntrack_acct={number % 2}", host, ""),
            sh(f"iptables -I {chain} -p {proto} {match} -j {verdict}", host, ""),
            sh(f"iptables -I {chain} -p {proto} {match} -j {verdict}", host, ""),
            sh(f"iptables -F {chain}", host, ""),
            sh(f"iptables -P {chain} {rng.choice(['ACCEPT', 'ACCEPT', 'DROP'])}", host, ""),
            sh(f"iptables -t mangle -A {rng.choice(['PREROUTING', 'POSTROUTING', 'FORWARD'])} -j TTL --ttl-set 9",
               host, ""),
            sh(f"iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination {target}", host, ""),
            sh("iptables -t nat -F", host, ""),
            sh(f"iptables -t nat -A POSTROUTING -p icmp -j {rng.choice(['MASQUERADE', 'SNAT --to-source 10.0.0.77'])}",
               host, ""),
            sh("conntrack -F", host, ""),
            sh("iptables -Z", host, ""),
            sh(f"bridge fdb {rng.choice(['add', 'del'])} {mac} dev enp0s8 master static", host, ""),
            sh("ip link set br0 type bridge fdb_flush", host, ""),
            sh(f"ip link set br0 type bridge vlan_filtering {number % 2}", host, ""),
            sh(f"bridge link set dev enp0s8 {rng.choice(['learning', 'flood', 'hairpin', 'isolated'])} "
               f"{rng.choice(['on', 'off'])}", host, ""),
            sh("ip link set enp0s8.100 down", host, ""),
            sh("ip link set enp0s8.100 up", host, ""),
            sh("ip link set enp0s8.100 type vlan egress 0:5", host, ""),
            sh("ip link del shim0", host, ""),
            lab.switches["sw1"].fdb.flush_learned,
            lambda: port.access(rng.choice([1, 100])) if lab.switches["sw1"].vlan_aware else None,
            assign(port, "mtu", rng.choice([600, 1500])),
            assign(port, "isolated", number == 1),
            assign(port, "hairpin", number == 1),
            assign(port, "policy", rng.choice(["bare-metal", "cloud", "virtualbox-allow-all"])),
            flap,
            assign(cable, "delay", rng.choice([0, 10_000, 25_000, 77_000])),
            assign(cable, "rate", rng.choice([None, 1_000_000, 100_000_000])),
            assign(cable, "loss", rng.choice([0.0, 0.3])),
            sh(f"sysctl -w net.ipv4.ipfrag_max_dist={rng.choice([1, 64])}"),
            sh(f"sysctl -w net.ipv4.ipfrag_time={rng.choice([1, 30])}"),
            *(self.changes6(sh, dev, mac) if self.ipv6 else ()),
        ]  # fmt: skip

    def changes6(self, sh: Callable[[str], Callable[[], object]], dev: str, mac: str) -> list[Callable[[], object]]:
        """Changes of things that forwarding of IPv6 depends on."""
        target, number = self.rng.choice(self.targets6), self.rng.randrange(3)
        return [
            sh("ip -6 neigh flush all"),
            sh(f"ip -6 neigh replace {target} lladdr {mac} dev {dev}"),
            sh(f"ip -6 route replace default via fd00::{number + 1}"),
            sh("ip -6 route del default"),
            sh(f"ip -6 route add unreachable {target}"),
            sh(f"ip addr del {target}/64 dev {dev}"),
            sh(f"sysctl -w net.ipv6.conf.all.forwarding={number % 2}"),
            sh(f"sysctl -w net.ipv6.conf.{dev}.hop_limit={self.rng.choice([1, 2, 64])}"),
            sh(f"sysctl -w net.ipv6.conf.{dev}.disable_ipv6={number % 2}"),
            sh(f"sysctl -w net.ipv6.icmp.echo_ignore_all={number % 2}"),
        ]

    def lasting(self) -> None:
        """Changes of what is there; some take simulated time."""
        rng, lab = self.rng, self.lab
        choice = rng.randrange(8)
        if choice == 0:
            name = self.host()
            nic = lab.hosts[name].dev("enp0s8")
            if isinstance(nic, Nic) and nic.cable is not None:
                other = nic.cable.other(nic)
                nic.cable.unplug()
                lab.run(rng.choice([0.0, 0.000_02, 0.1]))
                assert isinstance(other, Nic | SwitchPort)
                lab.cable(nic, other, delay=rng.choice([0, 25_000]))
        elif choice == 1 and self.containers:
            name = rng.choice(self.containers)
            self.sh(f"h{name[-1]}", f"docker rm -f {name}")
        elif choice == 2:
            self.run_container(self.host(), rng.choice(["bridge", f"net{self.vids[0]}"]))
        elif choice == 3 and self.containers:
            name = rng.choice(self.containers)
            self.sh(f"h{name[-1]}", f"docker network {rng.choice(['connect', 'disconnect'])} "
                                    f"{rng.choice(['bridge', f'net{self.vids[0]}'])} {name}")  # fmt: skip
        elif choice == 4 and self.containers:
            name = rng.choice(self.containers)
            self.sh(
                f"h{name[-1]}",
                f"docker {rng.choice(['stop -t 0', 'restart -t 0', 'start', 'pause', 'unpause'])} {name}",
            )
        elif choice == 5:
            node, prefix = self.box()
            self.sh(node, "ip link del eth0" if prefix else "ip link add d1 type dummy; ip link set d1 up", prefix)
        elif choice == 6 and (journal := lab.sim.journal) is not None:
            journal.limit = rng.choice([10, 300, 400_000])
            self.forgets = True
        else:
            node, prefix = self.box()
            dev = "eth0" if node in self.containers or prefix else "enp0s8"
            lines = f"sleep 0.1; {prefix}ip link set {dev} down; {prefix}ip link set {dev} up"
            self.start(node, f"({lines})")

    def change(self) -> None:
        """A change now, or under way in softirq or process context."""
        rng, sim = self.rng, self.lab.sim
        change = rng.choice(self.changes())
        context = rng.randrange(3)
        if context == 0:
            self.quietly(change)
        else:
            later = sim.call_later if context == 1 else sim.call_in_process
            later(rng.choice([0, 12_000, 25_000, 40_000, 75_000, 100_012_000, 300_012_000]), self.later, change)

    def later(self, change: Callable[[], object]) -> None:
        """A change in the middle of a run; a command inside of another one or at the run's end would end that."""
        if not self.is_busy and self.lab.sim.now != self.until:
            self.quietly(change)

    def wait(self, seconds: float) -> None:
        """Let the lab run."""
        self.until = int(self.lab.sim.now) + round(seconds * SECOND)
        self.lab.run(seconds)

    def quietly(self, change: Callable[[], object]) -> None:
        try:
            change()
        except MacvsimError as error:
            self.texts.append(str(error))

    def run(self) -> Play:
        for _ in self.moves():
            pass
        return self

    def moves(self) -> Iterator[None]:
        """Do everything, a few actions at a time."""
        rng, lab = self.rng, self.lab
        for _ in range(rng.choice([3, 6, 9])):
            yield
            for _ in range(rng.choice([1, 2, 3])):
                self.traffic()
            self.wait(rng.choice(MOMENTS))
            for _ in range(rng.choice([0, 1, 2])):
                kind = rng.random()
                if kind < 0.5:
                    self.change()
                elif kind < 0.6:
                    self.lasting()
                elif kind < 0.85:
                    self.read()
                else:
                    self.capture()
                self.wait(rng.choice(MOMENTS))
                yield
        self.wait(rng.choice([0.5, 3.0, 10.0]))
        for capture in self.running:
            lab.stop_capture(capture)
        for name, box in lab.boxes().items():
            for path in sorted(path for path in box.files if path.startswith("/tmp/job")):
                self.texts += [f"{name} {path}", *str(box.files[path]).split("\n")]


def differences(seed: int) -> list[Difference]:
    """Where the two runs of a seed differ."""
    fast, plain = (Play(seed, fastpath=fastpath).run() for fastpath in (True, False))
    pairs = list(zip(fast.captures, plain.captures, strict=True))
    return compare(fast.lab, plain.lab, captures=pairs, texts=(fast.texts, plain.texts))


def captured_or_not(seed: int) -> list[Difference]:
    """Where a lab in which every interface is captured from the beginning differs from the lab without."""
    one, other = (Play(seed, fastpath=bool(seed % 2), captured=captured).run() for captured in (True, False))
    pairs = list(zip(one.captures, other.captures, strict=True))
    return compare(one.lab, other.lab, captures=pairs, texts=(one.texts, other.texts))


def alone_or_not(seed: int) -> list[Difference]:
    """Where a lab differs from the lab to which unrelated hosts were added; packets are numbered anew."""
    one, other = (Play(seed, fastpath=bool(seed % 2), unrelated=unrelated).run() for unrelated in (True, False))
    return differing(_related(one), _related(other))


def _related(play: Play) -> dict[str, list[Any]]:
    """All that a lab shows but for unrelated hosts."""
    numbers: dict[int, int] = {}
    found: dict[str, list[Any]] = {"transcript": [re.sub(r"\buid=\d+", "", text) for text in play.texts]}
    for name, rows in everything(play.lab).items():
        if name in ("journal", "causes in the journal") and play.forgets:
            continue
        if name == "journal":
            lines = [row for row in rows if not row[2].startswith((*UNRELATED, f"cable {UNRELATED[0]}"))]
            found[name] = [(row[0], numbers.setdefault(row[1], len(numbers)), *row[2:]) for row in lines]
        elif name == "causes in the journal":
            found[name] = [(numbers[uid], numbers.get(cause)) for uid, cause in rows if uid in numbers]
        elif name == "drops":
            found[name] = [row for row in rows if not row[0].startswith(UNRELATED)]
        elif name != "next identity" and not name.endswith(UNRELATED):
            found[name] = list(rows)
    for number, capture in enumerate(play.captures):
        found[f"capture {number}"] = [r for r in capture.records if not r.interface.startswith(UNRELATED)]
    return found


LAWS: dict[str, Callable[[int], list[Difference]]] = {
    "fastpath": differences,
    "captures": captured_or_not,
    "unrelated": alone_or_not,
}
"""Two runs of a seed that must be equal: with and without the fast path, captures, unrelated hosts."""


def verdict(seed: int, law: str = "fastpath") -> tuple[int, str]:
    """A seed, and how its runs differ or fail; nothing if they are equal."""
    try:
        return seed, "\n".join(map(str, LAWS[law](seed)))
    except Exception:
        return seed, traceback.format_exc()


def verdicts(seeds: range, jobs: int, law: str) -> Iterator[tuple[int, str]]:
    if jobs == 1:
        yield from (verdict(seed, law) for seed in seeds)
    else:
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(partial(verdict, law=law), seeds, chunksize=4)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", type=int, nargs="?", default=100)
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="SEED")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--law", choices=LAWS, default="fastpath", help="the two runs that are compared")
    parser.add_argument("--show", action="store_true", help="print what the first seed does, and play no other")
    options = parser.parse_args()
    if options.show:
        print("\n".join(Play(options.first, fastpath=False).run().texts))
        return 0
    began, different = time.process_time(), 0
    for seed, text in verdicts(range(options.first, options.first + options.count), options.jobs, options.law):
        if seed % 100 == 99:
            print(f"seed {seed} was played", file=sys.stderr, flush=True)
        if text:
            different += seed not in KNOWN
            print(f"seed {seed}{' (known)' if seed in KNOWN else ''}:\n{text}\n", flush=True)
    print(
        f"{options.count} seeds, {different} differ for no known reason, {time.process_time() - began:.0f} s CPU here"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
