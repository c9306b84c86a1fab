"""Namespaces made on the running kernel: the collector is run there, and the imported lab answers the same pings."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from macvsim.exchange.sections import collector
from tests.importing.collected import imported

BEGIN = """
set -e
mount -t tmpfs tmpfs /run; mkdir -p /run/netns
hostname real
ip link set lo up
"""
STORY = """
for n in a b c d r; do ip netns add $n; ip -n $n link set lo up; done
ip link add br0 type bridge; ip link set br0 up; ip addr add 10.0.0.254/24 dev br0
for n in a b r; do
  ip link add v$n type veth peer name eth0 netns $n; ip link set v$n master br0 up; ip -n $n link set eth0 up
done
ip -n a addr add 10.0.0.1/24 dev eth0; ip -n b addr add 10.0.0.2/24 dev eth0
ip -n b link add m0 link eth0 type macvlan mode bridge; ip -n b link set m0 netns c
ip -n c link set m0 name eth0; ip -n c link set eth0 up; ip -n c addr add 10.0.0.3/24 dev eth0
ip -n b link add m1 link eth0 type macvlan mode private; ip -n b link set m1 netns d
ip -n d link set m1 up; ip -n d addr add 10.0.0.4/24 dev m1
ip -n r addr add 10.0.0.9/24 dev eth0; ip -n r addr add 10.9.0.1/24 dev eth0
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n a addr add 10.9.0.5/32 dev lo; ip -n a route add default via 10.0.0.9
ip -n d neigh add 10.0.0.1 lladdr 02:00:00:00:00:77 dev m1 nud permanent
bridge link set dev va hairpin on
"""
pytestmark = pytest.mark.kernel
TARGETS = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.9", "10.0.0.254", "10.9.0.1", "10.9.0.5"]


def on_the_kernel(setup: str, places: list[str], targets: list[str], folder: Path) -> tuple[str, dict[str, bool]]:
    """What the collector prints once `setup` was done, and which target answers whom."""
    way = [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        "--mount",
        "--uts",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]
    refused = subprocess.run([*way, "true"], capture_output=True, text=True, check=False)
    why = refused.stderr.strip()
    if refused.returncode or shutil.which("ip") is None or shutil.which("ping") is None:
        pytest.skip(why or "ip or ping is not installed")
    (folder / "collector.sh").write_text(collector())
    forget = "".join(f"{_enter(place)}ip neigh flush all 2>/dev/null\n" for place in places)
    ask = "".join(forget + _all_at_once(place, targets) for place in places)
    script = f"{BEGIN}{setup}\nsh {folder}/collector.sh > {folder}/out.txt\nset +e\n{ask}exit 0\n"
    ran = subprocess.run([*way, "sh", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode:
        pytest.skip(f"this kernel does not make the namespaces: {ran.stderr.strip()}")
    answered = {line.rpartition(" ")[0] for line in ran.stdout.splitlines()}
    return (folder / "out.txt").read_text(), {
        f"{place} {target}": f"{place} {target}" in answered for place in places for target in targets
    }


def _enter(place: str) -> str:
    return "" if place == "host" else f"ip netns exec {place} "


def _all_at_once(place: str, targets: list[str]) -> str:
    """Pings from one place to every target: who answers is printed.  Neighbours are forgotten before the next place."""
    return (
        "".join(
            f"(if {_enter(place)}ping -n -c1 -W1 {target} >/dev/null 2>&1; then echo {place} {target} 1; fi) &\n"
            for target in targets
        )
        + "wait\n"
    )


def in_the_lab(text: str, places: list[str], targets: list[str]) -> dict[str, bool]:
    """The same of the imported lab."""
    lab, _ = imported(text)
    host = lab.hosts["real"]
    answered: set[str] = set()
    for place in places:
        for other in places:
            host.sh(f"{_enter(other)}ip neigh flush all")
        answered |= {line.rpartition(" ")[0] for line in host.sh(_all_at_once(place, targets)).stdout.splitlines()}
    return {f"{place} {target}": f"{place} {target}" in answered for place in places for target in targets}


def test_a_collected_host_answers_as_the_real_one(tmp_path: Path) -> None:
    places = ["host", "a", "b", "c", "d", "r"]
    text, expected = on_the_kernel(STORY, places, TARGETS, tmp_path)
    assert {key: expected[key] for key in ("a 10.0.0.3", "b 10.0.0.3", "d 10.0.0.2", "d 10.0.0.1")} == {
        "a 10.0.0.3": True, "b 10.0.0.3": False, "d 10.0.0.2": False, "d 10.0.0.1": False,
    }  # fmt: skip
    assert in_the_lab(text, places, TARGETS) == expected
    assert imported(text)[1].notes == []


def random_host(dice: random.Random) -> tuple[str, list[str], list[str]]:
    """Namespaces on a bridge, some behind macvlan devices of others, some broken: commands, places, addresses."""
    lines, places, targets = ["ip link add br0 type bridge; ip link set br0 up"], ["host"], ["10.1.0.254"]
    lines.append("ip addr add 10.1.0.254/24 dev br0")
    for number in range(1, dice.choice([3, 4])):
        name, ip = f"n{number}", f"10.1.0.{number}"
        lines.append(f"ip netns add {name}; ip -n {name} link set lo up")
        lines.append(
            f"ip link add v{number} type veth peer name eth0 netns {name}; ip link set v{number} master br0 up"
        )
        lines.append(f"ip -n {name} link set eth0 up; ip -n {name} addr add {ip}/24 dev eth0")
        places.append(name)
        targets.append(ip)
        for child in range(dice.choice([1, 2, 2])):
            inner, address = f"m{number}{child}", f"10.1.0.{10 * number + child}"
            mode = dice.choice(["bridge", "bridge", "private", "vepa"])
            lines.append(f"ip netns add {inner}; ip -n {inner} link set lo up")
            lines.append(f"ip -n {name} link add {inner} link eth0 netns {inner} type macvlan mode {mode}")
            lines.append(f"ip -n {inner} link set {inner} up; ip -n {inner} addr add {address}/24 dev {inner}")
            places.append(inner)
            targets.append(address)
    lines += [f"{line} || true" for line in dice.sample(list(_mistakes(dice, places)), 2)]
    return "\n".join(lines), places, targets


def _mistakes(dice: random.Random, places: list[str]) -> Iterator[str]:
    name = dice.choice(places[1:])
    dev = name if name.startswith("m") else "eth0"
    yield f"ip -n {name} link set {dev} down"
    yield f"ip netns exec {name} sysctl -qw net.ipv4.icmp_echo_ignore_all=1"
    yield f"ip -n {name} neigh replace 10.1.0.1 lladdr 02:00:00:00:00:99 dev {dev} nud permanent"
    yield f"ip -n {name} route add unreachable 10.1.0.254/32"
    yield f"ip -n {name} route del 10.1.0.0/24"
    yield "bridge link set dev v1 hairpin on"
    yield "bridge link set dev v1 isolated on; bridge link set dev v2 isolated on"
    yield f"ip netns exec {name} sysctl -qw net.ipv4.conf.all.arp_ignore=8"
    yield f"ip -n {name} link set {dev} mtu 1000"


@pytest.mark.parametrize("seed", range(4))
def test_random_hosts_answer_as_the_real_ones(seed: int, tmp_path: Path) -> None:
    setup, places, targets = random_host(random.Random(seed))
    text, expected = on_the_kernel(setup, places, targets, tmp_path)
    assert any(expected.values())
    assert in_the_lab(text, places, targets) == expected, setup
