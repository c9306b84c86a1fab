"""Copies of labs and saved labs: equal to the last counter, and alike in what happens next; or refused."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab, MacvsimError
from macvsim.errors import DockerError, ScenarioError
from macvsim.switch.policy import POLICIES
from macvsim.testing.compare import everything as state
from tests.lab.test_paths_are_exact import build, change


def everything(lab: Lab) -> dict[str, Any]:
    """All there is to see, and the dice."""
    seen: dict[str, Any] = {**state(lab)}
    seen["streams"] = {name: stream.getstate() for name, stream in lab.sim._streams.items()}
    seen["turns"] = repr(lab.sim._eid), repr(lab.sim.uids)
    for name, box in lab.boxes().items():
        seen[f"{name} files"] = dict(box.files), box.hostname
        seen[f"{name} sysctl"] = {dev: dict(vars(place.parameters)) for dev, place in box.sysctl.conf.items()}
        for command in ("ip -s addr", "ip route", "ip neigh"):
            if getattr(box, "running", True):
                seen[f"{name} {command}"] = str(box.sh(command))
    return seen


def busy_lab(seed: int, *, journal: bool = True) -> tuple[Lab, random.Random, list[str]]:
    """A random lab in which pings run in the background while its configuration changes."""
    dice = random.Random(seed)
    lab = Lab(seed=seed, journal=journal)
    names = build(lab, dice)
    lab.hosts["host1"].files["/root/note"] = "written by hand"
    for _ in range(6):
        name = dice.choice(names)
        lab[name].sh(f"ping -c 9 -i 0.3 172.16.{dice.choice('12')}0.{dice.choice([10, 11, 20, 77])} > /tmp/out 2>&1 &")
        lab.run(0.5)
        change(lab, dice, names)
        with lab.capture():
            lab[dice.choice(names)].ping(f"172.16.10.{dice.choice([1, 10, 20, 77])}", count=2, timeout=2)
    lab.sim.step()  # in the middle of a moment
    return lab, dice, names


def go_on(lab: Lab, dice: random.Random, names: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """What happens next, every frame of it, and where it ends."""
    with lab.capture() as capture:
        for _ in range(3):
            change(lab, dice, names)
            lab[dice.choice(names)].sh(f"ping -c 2 -W 1 172.16.10.{dice.choice([10, 11, 20])}")
        lab.run(20)
    return [*capture.records, capture.uids, capture.names], everything(lab)


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_is_equal_and_goes_on_alike(seed: int, tmp_path: Path) -> None:
    lab, dice, names = busy_lab(seed, journal=bool(seed % 4))
    lab.save(tmp_path / "lab.json")
    copy, loaded = lab.copy(), Lab.load(tmp_path / "lab.json")
    second = copy.copy()
    expected = everything(lab)
    for other in (copy, loaded, second):
        assert everything(other) == expected
    then = dice.getstate()
    after = go_on(lab, dice, names)
    for other in (copy, loaded, second):
        dice.setstate(then)
        assert go_on(other, dice, names) == after


def test_a_copy_lives_on_its_own() -> None:
    lab, _, names = busy_lab(1)
    copy = lab.copy()
    before = state(lab)
    copy.cables[0].unplug()
    copy[names[0]].sh("ip addr flush dev eth0")
    copy.run(5)
    assert state(lab) == before != state(copy)


def two_hosts() -> Lab:
    lab = Lab(seed=5)
    for name in ("host1", "host2"):
        lab.host(name, switch=lab.switches.get("sw1") or lab.switch("sw1"))
    return lab


def raised(call: Callable[[], object]) -> None:
    with pytest.raises(MacvsimError):
        call()


def containers(lab: Lab) -> None:
    docker = lab.hosts["host1"].docker
    docker.network_create("m", driver="macvlan", subnet=["172.16.1.0/24"], parent="enp0s8", options={"a": "b"})
    one = docker.run("one", network=("m", "bridge"), network_alias=["first"], sysctls={"net.ipv4.ip_default_ttl": "9"})
    docker.rename("one", "eins")
    assert one.ping("172.16.1.77", count=1, timeout=1).loss == 100
    one.exec("ip route")
    docker.stop("eins", timeout=1)
    raised(lambda: one.ping("172.16.1.1"))
    docker.start("eins")
    docker.rm("eins", force=True)


def hosts(lab: Lab) -> None:
    host1 = lab.hosts["host1"]
    host1.vlan("enp0s8", 100, ip="10.1.0.1/24")
    host1.macvlan("enp0s8", "shim", mode="bridge", ip="10.2.0.1/24")
    host1.dev("shim").set_mac(bytes.fromhex("020000000001"))
    host1.link_set("enp0s8", promisc=True, mtu=1400)
    host1.route_add("10.9.0.0/16", via="10.2.0.2")
    host1.sysctl["net.ipv6.conf.enp0s8.disable_ipv6"] = 0
    host1.addr_add("enp0s8", "fd00::1/64")
    host1.nic_add("enp0s9", lab.next_mac(), filter_slots=1)
    lab.cable(host1.dev("enp0s9"), lab.switches["sw1"].port(), delay=5, rate=10**6)
    host1.hostname = "gate"
    host1.hosts["friend"] = 0x0A020001
    host1.kernel.iptables = "legacy"
    host1.sh("ip netns add blue; ip link add v0 type veth peer name v1 netns blue; ip link set v0 up")
    raised(lambda: host1.addr_add("enp0s9", "nonsense"))
    host1.dev("shim").destroy()


def switches(lab: Lab) -> None:
    port = lab.switches["sw1"].ports["host1"]
    port.policy = "virtualbox-deny"
    port.policy = POLICIES["bare-metal"]
    port.hairpin = port.isolated = True
    port.mtu = 900
    port.access(100)
    port.trunk([100, 200], native=None)
    port.set_up(False)
    raised(lambda: setattr(port, "mtu", 1))
    lab.cables[0].delay, lab.cables[0].rate, lab.cables[0].loss = 7, 10**8, 0.25
    lab.cables[1].unplug()


@pytest.mark.parametrize("story", [containers, hosts, switches])
def test_every_part_of_the_api_is_in_the_journal(story: Callable[[Lab], None], tmp_path: Path) -> None:
    lab = two_hosts()
    story(lab)
    lab.run(3)
    lab.save(tmp_path / "lab.json")
    copy = lab.copy()
    assert copy.history.calls == lab.history.calls
    seen = everything(copy)
    assert everything(Lab.load(tmp_path / "lab.json")) == seen == everything(lab)


def test_captures_of_named_devices_are_in_copies_and_files(tmp_path: Path) -> None:
    lab = two_hosts()
    for number, host in enumerate(lab.hosts.values(), 1):
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
    for devices in ((), ("enp0s8",), ("enp0s8", "lo")):
        with lab["host1"].capture(*devices):
            lab["host1"].ping("10.0.0.2", count=1)
    lab.save(tmp_path / "lab.json")
    others = (lab.copy(), Lab.load(tmp_path / "lab.json"))
    seen = everything(lab)
    assert [everything(other) for other in others] == [seen, seen]


def test_a_capture_that_runs_holds_its_devices_in_the_copy_too() -> None:
    lab = two_hosts()
    host1 = lab.hosts["host1"]
    host1.sh("ip netns add blue; ip link add v0 type veth peer name v1 netns blue")
    with lab.capture():
        host1.sh("ip netns del blue")
        copy = lab.copy()
    assert str(copy["host1"].sh("ip link")) == str(host1.sh("ip link"))
    assert "v0" in copy.hosts["host1"].ns.devices


def test_only_outermost_calls_are_kept() -> None:
    lab = two_hosts()
    lab.hosts["host1"].sh("ip link set enp0s8 promisc on; ping -c 1 10.0.0.1; sysctl -w net.ipv4.ip_forward=1")
    assert [call.name for call in lab.history.calls] == ["switch", "host", "host", "sh"]
    with pytest.raises(DockerError):
        lab.hosts["host1"].docker.run("x", network="nowhere")
    assert [(call.name, call.raises) for call in lab.history.calls[4:]] == [
        ("start_docker", ""),
        ("run", "DockerError"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda lab: setattr(lab.hosts["host1"].dev("enp0s8"), "mtu", 900),
        lambda lab: lab.sim.timeout(5),
        lambda lab: lab.hosts["host1"].ping(target=iter("10.0.0.1")),
        lambda lab: lab.sim.run(until=lab.sim.timeout(5)),
    ],
    ids=["attribute", "event", "argument", "until"],
)
def test_what_the_journal_does_not_have_is_told(change: Callable[[Lab], object], tmp_path: Path) -> None:
    lab = two_hosts()
    with suppress(MacvsimError, AttributeError, TypeError):
        change(lab)
    with pytest.raises(MacvsimError, match="cannot be copied or saved: at 0 s") as caught:
        lab.copy()
    assert "\n" not in str(caught.value)
    with pytest.raises(MacvsimError, match="cannot be copied or saved"):
        lab.save(tmp_path / "lab.json")
    assert not list(tmp_path.iterdir())


def saved(tmp_path: Path) -> str:
    lab = two_hosts()
    lab.hosts["host1"].sh("ip addr add 10.0.0.1/24 dev enp0s8")
    lab.hosts["host1"].ping("10.0.0.2", count=1, timeout=1)
    lab.save(tmp_path / "lab.json")
    return (tmp_path / "lab.json").read_text()


def test_a_saved_lab_has_a_line_for_each_call(tmp_path: Path) -> None:
    lines = saved(tmp_path).splitlines()
    line = next(line for line in lines if "10.0.0.1/24" in line)
    assert json.loads(line.rstrip(",")) == {
        "time": 0, "on": {"host": "host1"}, "call": "sh", "args": ["ip addr add 10.0.0.1/24 dev enp0s8"],
    }  # fmt: skip
    assert json.loads("\n".join(lines))["version"] == 1


@pytest.mark.parametrize(
    "old, new, told",
    [
        ('"version": 1', '"version": 2', "later macvsim"),
        ('"format": "macvsim lab"', '"format": "else"', "no saved lab"),
        ('"call": "sh"', '"call": "shout"', "no shout"),
        ('"call": "sh"', '"call": "__init__"', "no __init__"),
        ('"host": "host1"', '"host": "host9"', "nothing at"),
        ('"seed": 5', '"seed": "five"', "options of a lab"),
        ('"docker": "26.1"', '"docker": "1"', "26.1"),
        ('"time": 0', '"when": 0', "which no call has"),
        ('["10.0.0.2"]', "10", "which no call has"),
        ('["10.0.0.2"]', '[{"bytes": "zz"}]', "ping of host1"),
        ('["10.0.0.2"]', '[{"else": 1}]', "no value of a saved lab"),
        ('"end": ', '"end": 1', "it ends at"),
        ("dev enp0s8", "dev enp0s7", "it ends at"),
    ],
)
def test_mistakes_in_a_saved_lab_are_told_in_a_line(old: str, new: str, told: str, tmp_path: Path) -> None:
    text = saved(tmp_path)
    assert old in text
    (tmp_path / "lab.json").write_text(text.replace(old, new))
    with pytest.raises(ScenarioError, match=told) as caught:
        Lab.load(tmp_path / "lab.json")
    assert str(caught.value).startswith(str(tmp_path / "lab.json")) and "\n" not in str(caught.value)


def test_half_a_saved_lab_is_told(tmp_path: Path) -> None:
    text = saved(tmp_path)
    dice = random.Random(0)
    for end in [0, 1, *dice.sample(range(2, len(text) - 2), 40)]:
        (tmp_path / "lab.json").write_text(text[:end])
        with pytest.raises(ScenarioError, match=r"lab\.json:\d+: (the file ends too early|this is no saved lab)"):
            Lab.load(tmp_path / "lab.json")
