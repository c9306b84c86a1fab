"""A kernel with the devices that net-tools, vconfig, bridge and brctl were recorded on, and a way to run commands."""

from __future__ import annotations

import shlex

from macvsim.engine.sim import Sim
from macvsim.machine.call import NOT_SIMULATED, Call
from macvsim.machine.host import BUSYBOX, CENTOS, DEBIAN, Box
from macvsim.machine.kernel import Kernel
from macvsim.machine.streams import Descriptors
from macvsim.net.links import add_bridge, add_veth
from macvsim.wire.addr import mac_bytes


class ToolLab:
    """A host ``h`` with veth pairs, whose first ends are v0, p1, p2 …; `run` takes lines, ``busybox …`` included."""

    def __init__(self, *pairs: tuple[str, str, str, str], net_admin: bool = True) -> None:
        self.sim = Sim(hz=100)
        self.kernel = Kernel(self.sim, "h", wakeup_delay=0)
        self.ns = self.kernel.init
        self.ns.dev("lo").set_up()
        for name, mac, peer, peer_mac in pairs:
            add_veth(self.ns, name, self.ns, peer, mac=mac_bytes(mac), peer_mac=mac_bytes(peer_mac))
        self.boxes = {
            flavour.name: (Box if net_admin else _Unprivileged)(self.kernel, self.ns, "h", flavour)
            for flavour in (DEBIAN, CENTOS, BUSYBOX)
        }

    def run(self, line: str, flavour: str = "debian") -> tuple[str, str, int]:
        """Standard output, standard error and exit code of one command; a millisecond passes."""
        words = shlex.split(line)
        if words[0] == "busybox":
            flavour, words = "busybox", words[1:]
        out: list[str] = []
        err: list[str] = []
        fn = self.kernel.programs.find(words[0], flavour)
        assert fn is not None, words[0]
        code = fn(Call(self.boxes[flavour], words, Descriptors.to(out.append, err.append)))
        if not isinstance(code, int):
            code = self.sim.run(until=self.sim.process(code))
        self.sim.run(until=self.sim.now + 1_000_000)
        return "".join(out), "".join(err), code

    def out(self, line: str, flavour: str = "debian") -> str:
        """What a command prints that must succeed without complaint."""
        out, err, code = self.run(line, flavour)
        assert (err, code) == ("", 0), line
        return out

    def do(self, *lines: str, flavour: str = "debian") -> None:
        """Commands that must succeed and say nothing."""
        for line in lines:
            assert self.run(line, flavour) == ("", "", 0), line

    def fails(self, line: str, flavour: str = "debian") -> tuple[str, int]:
        """What a command says on standard error, and its code, which must tell of a failure."""
        out, err, code = self.run(line, flavour)
        assert out == "" and code not in (0, NOT_SIMULATED), line
        return err, code

    def left_out(self, line: str, flavour: str = "debian") -> str:
        """The feature that a command says is not simulated."""
        out, err, code = self.run(line, flavour)
        assert (out, code) == ("", NOT_SIMULATED), line
        return err.removeprefix("not simulated: ")


class _Unprivileged(Box):
    """A place whose programs may not configure the network."""

    @property
    def net_admin(self) -> bool:
        return False


def pair_lab(*, net_admin: bool = True) -> ToolLab:
    """v0 and v1, joined, both down."""
    return ToolLab(("v0", "02:00:00:00:00:01", "v1", "02:00:00:00:00:02"), net_admin=net_admin)


def bridge_lab() -> ToolLab:
    """p1-q1 and p2-q2, all up; br0 with VLAN filtering and the ports p1 and p2."""
    lab = ToolLab(
        ("p1", "02:00:00:00:00:01", "q1", "02:00:00:00:01:01"), ("p2", "02:00:00:00:00:02", "q2", "02:00:00:00:01:02")
    )
    bridge = add_bridge(lab.ns, "br0", mac=mac_bytes("02:00:00:00:00:10"))
    bridge.vlan_config.set_enabled(True)
    bridge.set_mcast_snooping(False)
    for name in ("p1", "p2", "q1", "q2", "br0"):
        lab.ns.dev(name).set_up()
    lab.sim.run(until=1_000_000)
    bridge.enslave(lab.ns.dev("p1"))
    bridge.enslave(lab.ns.dev("p2"))
    lab.sim.run(until=2_000_000)
    return lab
