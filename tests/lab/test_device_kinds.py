"""Every kind of device goes through everything that is done with devices; so does one that only this file knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from macvsim import Lab
from macvsim.dev.base import NetDevice, Stack
from macvsim.dev.contracts import Event
from macvsim.dev.linkwords import number
from macvsim.dev.registry import ENTRY_POINTS, Ethtool, Info, Kind, Kinds, NewLink
from macvsim.engine.drop import DropReason
from macvsim.errors import MacvsimError
from macvsim.exchange.sections import collector
from macvsim.fidelity.verify import SKIPPED
from macvsim.fidelity.verify.snapshot import commands, snapshot
from macvsim.machine.host import Box
from macvsim.net.links import add_link
from macvsim.wire.frame import Frame
from tests.importing.collected import imported
from tests.verify.test_labs import lab as lab_file
from tests.verify.test_labs import verify

pytestmark = pytest.mark.slow

# -- a kind of this file ---------------------------------------------------------------------------------------------


class Shade(NetDevice):
    """A device that stands on another, hands all frames down, and keeps one number."""

    kind: ClassVar[str] = "shade"
    level = 0

    def __init__(self, ns: Stack, name: str, lower: NetDevice, mac: bytes) -> None:
        super().__init__(ns, name, mac, mtu=lower.mtu)
        self.lower: NetDevice = lower
        self.carrier = lower.carrier
        lower.stack(self)

    def start_xmit(self, frame: Frame) -> DropReason | None:
        self.counters.tx_packets += 1
        self.counters.tx_bytes += len(frame.raw)
        return self.lower.xmit(frame)

    def lower_event(self, event: Event) -> None:
        self.set_carrier(self.lower.carrier)

    def on_destroy(self) -> None:
        self.lower.unstack(self)


def _newlink(ns: Stack, new: NewLink) -> Sequence[NetDevice]:
    assert new.lower is not None and new.mac is not None
    shade = Shade(ns, new.name, new.lower, new.mac)
    ns.register(shade, ifindex=new.ifindex)
    _changelink(shade, new.options)
    return [shade]


def _changelink(shade: Shade, options: dict[str, Any]) -> None:
    shade.level = options.get("level", shade.level)


def _info(shade: Shade) -> Iterator[Info]:
    yield Info.number("level", shade.level)


KIND = Kind(
    name="shade",
    device=Shade,
    newlink=_newlink,
    changelink=_changelink,
    info=_info,
    stacked=True,
    module="shade",
    options=(number("level", 100),),
    usage="Usage: ... shade [ level LEVEL ]\n",
    ethtool=Ethtool("shade", "1.0"),
    xmit="shade_xmit",
    receive="shade_handle_frame",
    title="shade of a card",
    summary=lambda shade: f"shade {shade.level}",
    restore=lambda info: ["level", str(info["level"])],
    state=lambda shade: ("level", str(shade.level)),
)

# -- the walk --------------------------------------------------------------------------------------------------------

EXAMPLES = {
    "bridge": ("vlan_filtering 1", "ageing_time 2000"),
    "ipvlan": ("mode l2", "mode l3 private"),
    "ipvtap": ("mode l2", "mode l3 vepa"),
    "macvlan": ("mode bridge", "mode private"),
    "macvtap": ("mode bridge", "mode vepa"),
    "shade": ("level 3", "level 4"),
    "veth": ("peer name y0", ""),
    "vlan": ("id 5 reorder_hdr off", "reorder_hdr on"),
}
"""Words to make one with, and to change it; a kind that is not here is made without, and not changed."""
KINDS = [*(kind for kind in Kinds() if kind.made), KIND]
NO_DRIVER = 71


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with the entry point of this file's kind is installed."""
    folder = tmp_path / "site" / "shade-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: shade\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nshade = {__name__}:KIND\n")
    monkeypatch.syspath_prepend(folder.parent)


def build() -> Lab:
    """Two hosts at a switch."""
    lab = Lab(seed=3)
    switch = lab.switch("sw1")
    for name in ("host1", "host2"):
        lab.host(name, switch=switch)
    return lab


def made(kind: Kind) -> Lab:
    """The same with a device x0 of a kind on host1, up and with an address."""
    lab = build()
    words, _ = EXAMPLES.get(kind.name, ("", ""))
    link = "link enp0s8 " if kind.stacked else ""
    mac = "address 02:00:00:00:00:77 " if kind.own_mac else ""
    ok(lab["host1"], f"ip link add {link}name x0 {mac}type {kind.name} {words}")
    ok(lab["host1"], "ip link set x0 up; ip addr add 10.0.0.1/24 dev x0; ip link set x0 mtu 1400")
    return lab


def ok(box: Box, command: str) -> str:
    """The output of a command that must succeed."""
    ran = box.sh(command)
    assert (ran.code, ran.stderr) == (0, ""), f"{command}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def shown(box: Box, name: str = "x0", options: str = "-d") -> dict[str, Any]:
    """A device as ``ip -j link`` shows it."""
    (found,) = json.loads(ok(box, f"ip -j {options} link show {name}"))
    assert isinstance(found, dict)
    return found


def same(lab: Lab, other: Lab) -> bool:
    """True if the device is in both, with counters and all."""
    return shown(lab["host1"], options="-d -s") == shown(other["host1"], options="-d -s")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    assert isinstance(request.param, Kind)
    return request.param


def test_add_show_change_delete(kind: Kind) -> None:
    lab = made(kind)
    host, change = lab["host1"], EXAMPLES.get(kind.name, ("", ""))[1]
    dev = lab.hosts["host1"].dev("x0")
    assert type(dev) is kind.device and dev.link_kind is lab.kinds[kind.name]
    assert shown(host)["linkinfo"]["info_kind"] == kind.name
    fields = [] if kind.info is None else list(kind.info(dev))
    assert shown(host)["linkinfo"].get("info_data", {}) == {field.key: field.value for field in fields}
    assert f"\n    {kind.name} {''.join(field.text for field in fields)}addrgenmode" in ok(host, "ip -d link show x0")
    assert "RX:  bytes packets errors dropped" in ok(host, "ip -s link show x0")
    assert "stats64" in shown(host, options="-d -s")
    assert "x0" in ok(host, f"ip link show type {kind.name}")
    assert ok(host, f"ip link help {kind.name}") == kind.usage
    assert (host.sh(f"ip link add type {kind.name} help").stderr, kind.usage != "") == (kind.usage, True)
    if change:
        before = shown(host)["linkinfo"]
        ok(host, f"ip link set x0 type {kind.name} {change}")
        assert shown(host)["linkinfo"] != before
    other = next(one for one in KINDS if one.changelink is not None and one is not kind)
    refused = host.sh(f"ip link set x0 type {other.name} {EXAMPLES[other.name][1]}")
    assert (refused.code, refused.stderr) == (2, "RTNETLINK answers: Operation not supported\n")
    ok(host, "ip link del x0")
    assert host.sh("ip link show x0").code == 1


def test_refused(kind: Kind) -> None:
    """Without the device it stands on, with a name that is taken, by a kernel without it."""
    lab = build()
    host, words = lab["host1"], EXAMPLES.get(kind.name, ("", ""))[0]
    alone = host.sh(f"ip link add name x0 type {kind.name} {words}")
    assert alone.code == (2 if kind.stacked else 0)
    if kind.stacked:
        assert "RTNETLINK answers: Invalid argument" in alone.stderr or kind.no_lower in alone.stderr
    taken = host.sh(f"ip link add link enp0s8 name enp0s8 type {kind.name} {words}")
    assert (taken.code, taken.stderr) == (2, "RTNETLINK answers: File exists\n")
    lab.hosts["host1"].ns.missing_kinds = frozenset((kind.name,))
    lacking = host.sh(f"ip link add link enp0s8 name x1 type {kind.name} {words.replace('y0', 'y1')}")
    assert (lacking.code, lacking.stderr) == (2, "Error: Unknown device type.\n")
    assert host.sh(f"modprobe {kind.module}").code == (1 if kind.module else 95)


def test_addresses(kind: Kind) -> None:
    """Without a given MAC it has its own or its lower device's; it takes another one, or refuses."""
    lab = build()
    host, words = lab["host1"], EXAMPLES.get(kind.name, ("", ""))[0]
    ok(host, f"ip link add {'link enp0s8 ' if kind.stacked else ''}name x0 type {kind.name} {words}")
    below = shown(host, "enp0s8")["address"]
    assert (shown(host)["address"] == below) is not kind.random_mac
    changed = host.sh("ip link set x0 address 02:00:00:00:00:99")
    assert (changed.code, shown(host)["address"]) == ((0, "02:00:00:00:00:99") if kind.own_mac else (2, below))


def test_tools(kind: Kind) -> None:
    """modprobe, ethtool and sysfs know it."""
    lab = made(kind)
    host, dev = lab["host1"], lab.hosts["host1"].dev("x0")
    assert kind.module
    ok(host, f"modprobe {kind.module}")
    assert ok(host, "ethtool -i x0").startswith(f"driver: {kind.ethtool.driver}\nversion: {kind.ethtool.version}\n")
    for words in ("x0", "-k x0", "-T x0", "-P x0"):
        ok(host, f"ethtool {words}")
    assert host.sh("ethtool -S x0").code == (94 if kind.ethtool.statistics is None else 0)
    assert ok(host, "cat /sys/class/net/x0/mtu /sys/class/net/x0/duplex") == f"1400\n{kind.ethtool.duplex}\n"
    for path in kind.files_left_out(dev):
        for command in (f"ls {path}", f"cat {path}", f"echo 1 > {path}"):
            ran = host.sh(command)
            assert (ran.code, ran.stderr.partition(": ")[0]) == (95, "not simulated")


def test_explained_and_drawn(kind: Kind) -> None:
    lab = made(kind)
    ping = lab["host1"].ping("10.0.0.9", count=1, timeout=4)
    functions = {step.function for step in ping.explain().path if step.where == "host1:x0"}
    assert kind.xmit in functions or not kind.stacked
    dev = lab.hosts["host1"].dev("x0")
    picture = str(lab.picture(path=ping))
    assert "host1:x0" in picture and (kind.title or kind.name) in picture
    node = lab.graph().nodes["host1:x0"]
    assert (node["kind"], node["detail"].partition(",")[0]) == (kind.name, kind.describe(dev))
    assert "x0" in str(ping.ladder())


def test_copied_saved_and_loaded(kind: Kind, tmp_path: Path) -> None:
    lab = made(kind)
    lab["host1"].ping("10.0.0.9", count=1, timeout=1)
    assert same(lab, lab.copy())
    lab.save(tmp_path / "lab.json")
    assert same(lab, Lab.load(tmp_path / "lab.json"))


def test_made_by_the_python_api(kind: Kind) -> None:
    """A device that `add_link` makes is kept in the lab's history."""
    if kind.paired:
        pytest.skip("pairs have a function of their own")
    lab = build()
    host = lab.hosts["host1"]
    options: dict[str, Any] = {"id": 5} if kind.name == "vlan" else {}
    lower = host.dev("enp0s8") if kind.stacked else None
    dev = add_link(host.ns, kind.name, "x0", lower=lower, mtu=1300, **options)
    assert (type(dev), dev.mtu) == (kind.device, 1300)
    assert same(lab, lab.copy())


def test_imported(kind: Kind) -> None:
    """The collector's output makes it anew."""
    lab = made(kind)
    again, found = imported(lab["host1"].sh(collector()).stdout)
    ours, theirs = shown(lab["host1"]), shown(again["host1"])
    assert not [note for note in found.notes if "x0" in note]
    keys = ("linkinfo", "address", "mtu", "flags")
    assert {key: ours[key] for key in keys} == {key: theirs[key] for key in keys}


def test_put_on_another_kernel(kind: Kind) -> None:
    """The commands by which ``macvsim verify`` makes one kernel like another make the same device."""
    ours, theirs = made(kind), build()
    for where, words in commands(snapshot(build(), {}), snapshot(ours, {})):
        line = " ".join(words).replace(" netns {holder of host1}", "")
        ok(theirs[where], line)
    keys = ("linkinfo", "address", "mtu", "flags")
    one, other = shown(ours["host1"]), shown(theirs["host1"])
    if kind.name == "vlan":  # of its options only the VID is taken along
        ok(theirs["host1"], "ip link set x0 type vlan reorder_hdr off")
        other = shown(theirs["host1"])
    if kind.name == "bridge":  # likewise
        ok(theirs["host1"], "ip link set x0 type bridge vlan_filtering 1")
        other = shown(theirs["host1"])
    assert {key: one[key] for key in keys} == {key: other[key] for key in keys}


def test_verified(kind: Kind, tmp_path: Path) -> None:
    """The running kernel, where it has the kind, says the same of the same commands."""
    if kind is KIND:
        pytest.skip("no running kernel has the kind of this file")
    words = EXAMPLES.get(kind.name, ("", ""))[kind.name == "bridge"]  # the kernel may lack VLAN filtering
    link = "link eth1 " if kind.stacked else ""
    lines = (f"host1# ip link add {link}name x0 type {kind.name} {words}", "host1# ip link set x0 up")
    ran = verify(lab_file(tmp_path, *lines))
    if ran.returncode == SKIPPED and "the kernel lacks it" in ran.stdout:
        pytest.skip(ran.stdout.splitlines()[0])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "commands 2 agree, 0 differ" in ran.stdout


# -- sources of kinds --------------------------------------------------------------------------------------------------


def test_a_kind_of_one_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A kind given to a lab is known there, in its copies and where it is given to a loaded lab, and nowhere else."""
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: ())
    lab = Lab(kinds=[KIND])
    lab.host("host1", switch=lab.switch("sw1"))
    add = "ip link add link enp0s8 name x0 type shade level 7"
    ok(lab["host1"], add)
    assert same(lab, lab.copy())
    lab.save(tmp_path / "lab.json")
    assert same(lab, Lab.load(tmp_path / "lab.json", kinds=[KIND]))
    other = Lab()
    other.host("host1", switch=other.switch("sw1"))
    assert other["host1"].sh(add).code == 1
    other.kinds.register(KIND)
    ok(other["host1"], add)
    assert same(other, other.copy())
    with pytest.raises(MacvsimError, match="no kind of device called shine"):
        lab.kinds["shine"]


def test_kinds_of_the_machine() -> None:
    """Cards and lo come with the machine: no command makes or deletes them."""
    lab = build()
    for name, dev in (("nic", "enp0s8"), ("loopback", "lo")):
        assert not lab.kinds[name].made
        ran = lab["host1"].sh(f"ip link add name x0 type {name}")
        assert (ran.code, ran.stderr) == (2, "Error: Unknown device type.\n")
        assert lab["host1"].sh(f"ip link del {dev}").stderr == "RTNETLINK answers: Operation not supported\n"
