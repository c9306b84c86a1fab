"""Two hosts with a cable between them, for the tests of programs."""

from __future__ import annotations

from macvsim.dev.cable import Cable
from macvsim.engine.sim import Sim
from macvsim.machine.host import BUSYBOX, Host
from macvsim.machine.kernel import Kernel

Pair = tuple[Host, Host]


def make_pair(delay: int = 0, *, hz: int = 100) -> Pair:
    """Two hosts, 10.0.0.1 and 10.0.0.2."""
    sim = Sim(hz=hz)
    hosts = []
    for number in (1, 2):
        host = Host(Kernel(sim, f"h{number}", wakeup_delay=0), f"h{number}", BUSYBOX)
        nic = host.nic_add("eth0", f"02:00:00:00:00:0{number}")
        host.dev("lo").set_up()
        host.addr_add("eth0", f"10.0.0.{number}/24")
        hosts.append((host, nic))
    Cable(sim, hosts[0][1], hosts[1][1], delay=delay)
    return hosts[0][0], hosts[1][0]
