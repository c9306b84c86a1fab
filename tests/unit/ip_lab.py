"""A host with the veth pair e0 and e1, for the tests of `ip`; the texts there are recorded from iproute2 6.15 and
busybox 1.37 on a real kernel."""

from __future__ import annotations

from macvsim.engine.sim import SECOND, Sim
from macvsim.machine.call import Call
from macvsim.machine.host import DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.machine.streams import Descriptors
from macvsim.net.links import add_veth
from macvsim.wire.addr import mac_bytes


class Ip:
    """Runs `ip` of one flavour or the other; `net_admin` is what the box may do."""

    def __init__(self, *, net_admin: bool = True) -> None:
        sim = Sim(hz=100)
        kind = Host if net_admin else _Unprivileged
        self.host = kind(Kernel(sim, "h", wakeup_delay=0), "h", DEBIAN)
        ns = self.host.ns
        mac, peer_mac = mac_bytes("02:00:00:00:00:01"), mac_bytes("02:00:00:00:00:02")
        add_veth(ns, "e0", ns, "e1", mac=mac, peer_mac=peer_mac)
        for name in ("lo", "e0", "e1"):
            ns.dev(name).set_up()
        sim.run(until=SECOND)

    def __call__(self, line: str, flavour: str = "debian") -> str:
        """What a command that succeeds prints."""
        text, code = self.fails(line, flavour)
        assert code == 0, text
        return text

    def fails(self, line: str, flavour: str = "debian") -> tuple[str, int]:
        """Everything printed, and the exit code."""
        said: list[str] = []
        fn = self.host.kernel.programs.find("ip", flavour)
        assert fn is not None
        code = fn(Call(self.host, ["ip", *line.split()], Descriptors.to(said.append, said.append)))
        assert isinstance(code, int)
        return "".join(said), code


class _Unprivileged(Host):
    @property
    def net_admin(self) -> bool:
        return False
