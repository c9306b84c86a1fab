"""Published ports, as dockerd 26.1.5 published them on a real kernel: rules, proxies, texts."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from macvsim.dev.cable import Cable
from macvsim.docker.host import DockerHost
from macvsim.docker.proxy import TcpProxy, UdpProxy
from macvsim.engine.sim import SECOND, Sim
from macvsim.errors import DockerError
from macvsim.machine.host import Host
from macvsim.machine.kernel import Kernel
from macvsim.net.socket import UdpSocket
from macvsim.net.tcp.socket import TcpSocket
from macvsim.shell.interp import Shell
from macvsim.wire.addr import ip_int

SERVE = "sh -c 'httpd -p 81 -h /; sleep 1000'"
GET = "busybox wget -q -O - http://{}/etc/hostname"


class Pair:
    """h1 with dockerd (192.168.56.51) and h2 (192.168.56.52), joined by a cable."""

    def __init__(self) -> None:
        self.sim = Sim()
        shell = Shell()
        self.h1 = DockerHost(Kernel(self.sim, "h1", wakeup_delay=0), "h1")
        self.h2 = Host(Kernel(self.sim, "h2", wakeup_delay=0), "h2")
        nics = []
        for number, host in enumerate((self.h1, self.h2), 1):
            host.interpreter = shell
            host.dev("lo").set_up()
            nics.append(host.nic_add("enp0s8", f"08:00:27:00:00:0{number}"))
            host.addr_add("enp0s8", f"192.168.56.5{number}/24")
        Cable(self.sim, nics[0], nics[1], delay=0)

    def sh(self, line: str) -> str:
        """What a line prints at h1, with bridge names by number."""
        names: dict[str, str] = {}
        text = str(self.h1.sh(line))
        return re.sub(r"br-\w+", lambda m: names.setdefault(m[0], f"br{len(names) + 1}"), text)


def test_rules_of_published_ports_come_and_go() -> None:
    pair = Pair()
    pair.h1.sh("docker network create n1")
    pair.h1.sh("docker run -d --name w1 -p 8080:80 -p 192.168.56.51:5353:53/udp busybox sh -c 'sleep 1000'")
    pair.h1.sh(f"docker run -d --name w2 --network n1 -p 8081-8082:81-82 -p 9000 busybox {SERVE}")
    assert pair.sh("iptables -S DOCKER").splitlines()[1:] == [
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT",
        "-A DOCKER -d 172.18.0.2/32 ! -i br1 -o br1 -p tcp -m tcp --dport 9000 -j ACCEPT",
        "-A DOCKER -d 172.18.0.2/32 ! -i br1 -o br1 -p tcp -m tcp --dport 82 -j ACCEPT",
        "-A DOCKER -d 172.18.0.2/32 ! -i br1 -o br1 -p tcp -m tcp --dport 81 -j ACCEPT",
    ]
    assert pair.sh("iptables -t nat -S | grep -e DNAT -e '-d 172'").splitlines() == [
        "-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
        "-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p udp -m udp --dport 53 -j MASQUERADE",
        "-A POSTROUTING -s 172.18.0.2/32 -d 172.18.0.2/32 -p tcp -m tcp --dport 9000 -j MASQUERADE",
        "-A POSTROUTING -s 172.18.0.2/32 -d 172.18.0.2/32 -p tcp -m tcp --dport 82 -j MASQUERADE",
        "-A POSTROUTING -s 172.18.0.2/32 -d 172.18.0.2/32 -p tcp -m tcp --dport 81 -j MASQUERADE",
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
        "-A DOCKER -d 192.168.56.51/32 ! -i docker0 -p udp -m udp --dport 5353 -j DNAT --to-destination 172.17.0.2:53",
        "-A DOCKER ! -i br1 -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.18.0.2:9000",
        "-A DOCKER ! -i br1 -p tcp -m tcp --dport 8082 -j DNAT --to-destination 172.18.0.2:82",
        "-A DOCKER ! -i br1 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.18.0.2:81",
    ]
    assert pair.sh("docker port w1") == "53/udp -> 192.168.56.51:5353\n80/tcp -> 0.0.0.0:8080\n"
    assert pair.sh("docker port w1 80") == "0.0.0.0:8080\n"
    assert pair.sh("docker port w1 81") == "Error: No public port '81' published for w1\n"
    assert pair.sh("docker port w2") == ("81/tcp -> 0.0.0.0:8081\n82/tcp -> 0.0.0.0:8082\n9000/tcp -> 0.0.0.0:32768\n")
    assert pair.sh("docker ps --format '{{.Ports}}'") == (
        "0.0.0.0:8081->81/tcp, 0.0.0.0:8082->82/tcp, 0.0.0.0:32768->9000/tcp\n"
        "192.168.56.51:5353->53/udp, 0.0.0.0:8080->80/tcp\n"
    )
    pair.h1.sh("docker stop -t 0 w1 w2; docker start w2")
    assert pair.sh("docker port w2 9000") == "0.0.0.0:32769\n"
    pair.h1.sh("docker rm -f w2")
    assert pair.sh("iptables -S DOCKER") == "-N DOCKER\n"
    assert "DNAT" not in pair.sh("iptables -t nat -S")


def test_published_ports_answer_the_wire_the_host_and_other_containers() -> None:
    pair = Pair()
    pair.h1.sh(f"docker network create n1; docker run -d --name web --network n1 -p 8081:81 busybox {SERVE}")
    name = pair.h1.docker.find("web").hostname + "\n"
    other = pair.h1.docker.run("other")
    assert pair.h2.sh(GET.format("192.168.56.51:8081")).stdout == name
    assert pair.h1.sh(GET.format("192.168.56.51:8081")).stdout == name
    assert pair.h1.sh(GET.format("127.0.0.1:8081")).stdout == name
    assert other.sh(GET.format("192.168.56.51:8081").removeprefix("busybox ")).stdout == name
    lines = [line.split()[4:8] + line.split()[8:10] for line in pair.h1.sh("conntrack -L -p tcp").stdout.splitlines()]
    ends = [tuple(word.split("=")[1] for word in line[:2]) for line in lines]
    assert ("192.168.56.52", "192.168.56.51") in ends  # translated
    assert ("172.18.0.1", "172.18.0.2") in ends  # from docker-proxy
    pair.h1.sh("docker rm -f web")
    assert pair.h1.sh(GET.format("127.0.0.1:8081")).code == 1


def test_udp_is_published_too() -> None:
    pair = Pair()
    web = pair.h1.docker.run("web", ports={"53/udp": [("", "5000")]})

    def answer(payload: bytes, ip: int, port: int, packet: object) -> None:
        server.send_to(b"got " + payload, ip, port)

    server = UdpSocket(web.ns, answer)
    server.bind(0, 53)
    for host, target in ((pair.h2, "192.168.56.51"), (pair.h1, "127.0.0.1")):
        got: list[bytes] = []
        client = UdpSocket(host.ns, lambda payload, *_, got=got: got.append(payload))
        client.send_to(b"hi", ip_int(target), 5000)
        pair.sim.run(until=pair.sim.now + SECOND)
        assert got == [b"got hi"]
    (proxy,) = (proxy for _, proxy in next(iter(pair.h1.docker.ports._running.values())))
    assert isinstance(proxy, UdpProxy)
    assert len(proxy.backends) == 1
    pair.sim.run(until=pair.sim.now + 91 * SECOND)
    assert proxy.backends == {}


def test_a_port_can_be_had_once() -> None:
    pair = Pair()
    docker = pair.h1.docker
    docker.run("w1", ports={"80/tcp": [("", "8080")]})
    with pytest.raises(
        DockerError, match=r"on endpoint w2 \([0-9a-f]{64}\): Bind for 0.0.0.0:8080 failed: port is alr"
    ):
        docker.run("w2", ports={"80/tcp": [("", "8080")], "81/tcp": [("", "8181")]})
    assert "8181" not in pair.sh("iptables -t nat -S")
    docker.run("w3", ports={"80/tcp": [("", "8181")]})
    settings = docker.inspect("w3")["NetworkSettings"]
    assert isinstance(settings, Mapping)
    assert dict(settings["Ports"]) == {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8181"}]}


def test_ports_follow_the_default_route() -> None:
    pair = Pair()
    docker = pair.h1.docker
    docker.network_create("alpha")
    docker.run("web", ports={"80/tcp": [("", "8080")]})
    assert "--to-destination 172.17.0.2:80" in pair.sh("iptables -t nat -S DOCKER")
    pair.h1.sh("docker network connect alpha web")
    assert "--to-destination 172.18.0.2:80" in pair.sh("iptables -t nat -S DOCKER")
    assert "172.17.0.2" not in pair.sh("iptables -t nat -S DOCKER")
    pair.h1.sh("docker network disconnect alpha web")
    assert "--to-destination 172.17.0.2:80" in pair.sh("iptables -t nat -S DOCKER")


def test_a_proxy_is_killed_as_a_connection_arrives() -> None:
    pair = Pair()
    pair.h1.kernel.init.wakeup_delay = 250_000
    proxy = TcpProxy(pair.h1.ns, 0, 8080, ip_int("172.17.0.2"), 80)
    client = TcpSocket(pair.h2.ns)
    client.connect(ip_int("192.168.56.51"), 8080)
    while not (proxy.sock.listener and proxy.sock.listener.accepted):
        pair.sim.step()
    proxy.close()
    pair.sim.run(until=pair.sim.now + SECOND)
    assert proxy.relays == []
