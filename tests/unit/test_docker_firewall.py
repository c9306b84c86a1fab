"""dockerd's rules, as dockerd 26.1.5 wrote them on a real kernel."""

from __future__ import annotations

import re

from macvsim.docker.host import DockerHost
from macvsim.engine.sim import Sim
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell

START = """\
-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-ISOLATION-STAGE-1
-N DOCKER-ISOLATION-STAGE-2
-N DOCKER-USER
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
"""
NAT = """\
-P PREROUTING ACCEPT
-P INPUT ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-N DOCKER
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
"""


def make(*, forwarding: int = 0, started: bool = True) -> DockerHost:
    """A host with dockerd, and whether it forwarded before."""
    host = DockerHost(Kernel(Sim(), "h", wakeup_delay=0), "h")
    host.interpreter = Shell()
    host.sysctl["net.ipv4.ip_forward"] = forwarding
    if started:
        host.start_docker()
    return host


def listed(host: DockerHost, line: str) -> str:
    """Rules, with bridge names by number."""
    names: dict[str, str] = {}
    return re.sub(r"br-\w+", lambda m: names.setdefault(m[0], f"br{len(names) + 1}"), host.sh(line).stdout)


def test_a_daemon_starts() -> None:
    host = make()
    assert host.sh("iptables -S").stdout == START
    assert host.sh("iptables -t nat -S").stdout == NAT


def test_forwarding_that_was_on_stays_as_it_was() -> None:
    assert make(forwarding=1).sh("iptables -S FORWARD | head -1").stdout == "-P FORWARD ACCEPT\n"
    host = make(started=False)
    host.start_docker(iptables=False)
    assert host.sh("iptables-save").stdout == ""
    assert host.sysctl["net.ipv4.ip_forward"] == 1


def test_networks_come_and_go() -> None:
    host = make()
    host.docker.network_create("n1")
    host.docker.network_create("n2", internal=True)
    options = {
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
    }
    host.docker.network_create("n3", subnet="10.9.0.0/24", options=options)
    assert listed(host, "iptables -S | grep -e ^-A | grep br-").splitlines() == [
        "-A FORWARD -o br1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -o br1 -j DOCKER",
        "-A FORWARD -i br1 ! -o br1 -j ACCEPT",
        "-A FORWARD -i br2 -o br2 -j ACCEPT",
        "-A FORWARD -o br3 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -o br3 -j DOCKER",
        "-A FORWARD -i br3 ! -o br3 -j ACCEPT",
        "-A FORWARD -i br3 -o br3 -j ACCEPT",
        "-A FORWARD -i br1 -o br1 -j DROP",
        "-A DOCKER-ISOLATION-STAGE-1 -i br1 ! -o br1 -j DOCKER-ISOLATION-STAGE-2",
        "-A DOCKER-ISOLATION-STAGE-1 ! -s 172.19.0.0/16 -o br2 -j DROP",
        "-A DOCKER-ISOLATION-STAGE-1 ! -d 172.19.0.0/16 -i br2 -j DROP",
        "-A DOCKER-ISOLATION-STAGE-1 -i br3 ! -o br3 -j DOCKER-ISOLATION-STAGE-2",
        "-A DOCKER-ISOLATION-STAGE-2 -o br1 -j DROP",
        "-A DOCKER-ISOLATION-STAGE-2 -o br3 -j DROP",
    ]
    assert listed(host, "iptables -S FORWARD | head -3").splitlines()[1:] == [
        "-A FORWARD -j DOCKER-USER",
        "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
    ]
    assert listed(host, "iptables -t nat -S | grep br-").splitlines() == [
        "-A POSTROUTING -s 172.18.0.0/16 ! -o br1 -j MASQUERADE",
        "-A DOCKER -i br1 -j RETURN",
    ]
    for name in ("n1", "n2", "n3"):
        host.docker.network_rm(name)
    assert host.sh("iptables -S").stdout == START
    assert host.sh("iptables -t nat -S").stdout == NAT


def test_networks_are_kept_apart() -> None:
    host = make()
    host.docker.network_create("n1")
    first, second = host.docker.run("c1"), host.docker.run("c2", network="n1")
    again = host.docker.run("c3", network="n1")
    assert not first.ping("172.18.0.2", count=1, timeout=1)
    answer = str(first.ping("172.18.0.2", count=1, timeout=1).explain())
    assert "DOCKER-ISOLATION-STAGE-2 -o br-" in answer
    assert again.ping("172.18.0.2", count=1)
    assert second.ping("172.18.0.1", count=1)
