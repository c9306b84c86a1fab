"""A running Linux: its namespaces and processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macvsim.dev.loopback import LO
from macvsim.dev.registry import Kinds
from macvsim.engine.history import recorded
from macvsim.engine.sim import US, Sim
from macvsim.machine.programs import Programs
from macvsim.net.machine import Boot
from macvsim.net.namespace import Namespace

if TYPE_CHECKING:
    from macvsim.machine.host import Box
    from macvsim.net.netfilter.ruleset import Backend

WAKEUP_DELAY = 250 * US
"""From the delivery of a packet until the program that waits for it runs: interrupt, softirq and scheduler of a
virtual machine."""
BOOT_TIME = 1_767_225_600_000_000_000
"""What clocks show when simulated time starts, in nanoseconds since 1970: 2026-01-01 00:00 UTC."""


RELEASE = "6.12.117"
VERSION = "#1 1970-01-01 00:00:00 UTC"
"""What uname says of the kernel that macvsim was compared with."""


class Kernel:
    """One running Linux: its first namespace, named namespaces, process ids.

    wakeup_delay : ns from the delivery of a packet until a program sees it; boot : how it was built and started
    kinds, programs : the kinds of devices it knows, and the programs its boxes have; those of macvsim and of installed
    packages unless given
    """

    def __init__(
        self,
        sim: Sim,
        name: str,
        *,
        wakeup_delay: int = WAKEUP_DELAY,
        boot: Boot | None = None,
        kinds: Kinds | None = None,
        programs: Programs | None = None,
    ) -> None:
        self.sim = sim
        self.name = name
        self.boot = boot
        self.boot_time = BOOT_TIME
        """What the machine's clock shows when simulated time starts, in ns since 1970."""
        self.init = self.new_namespace(name, first=True)
        self.init.wakeup_delay = wakeup_delay
        self.init.kinds = kinds or self.init.kinds
        self.programs = programs or Programs()
        """The programs that its boxes have."""
        self.netns: dict[str, Namespace] = {}
        self.boxes: dict[Namespace, Box] = {}
        """Where commands run in each namespace; see `box_for`."""
        self._iptables: Backend = "nf_tables"
        self.processes: dict[int, Any] = {}
        """What runs now, by process id: jobs of shells."""
        self.shells = 0
        """Shells and subshells that run; on a real machine each is a process."""
        self.last_pid = 1000
        """The latest process id."""

    @property
    def wakeup_delay(self) -> int:
        """Nanoseconds from the delivery of a packet until a program sees it."""
        return self.init.wakeup_delay

    @property
    def iptables(self) -> Backend:
        """Which kind of iptables the plain name is on Debian (update-alternatives)."""
        return self._iptables

    @iptables.setter
    @recorded
    def iptables(self, backend: Backend) -> None:
        self._iptables = backend

    def new_namespace(self, name: str, *, first: bool = False) -> Namespace:
        """A network namespace of this kernel (copy_net_ns); lo is there, and down."""
        return Namespace(self.sim, name, None if first else self.init, self.boot)

    def delete_namespace(self, name: str) -> None:
        """``ip netns del NAME``: the name goes; so does the namespace, unless something still runs or captures in it
        (cleanup_net).  Cards fall back to the machine, all other devices are destroyed.
        """
        ns = self.netns.pop(name)
        if any(job.box.ns is ns for job in self.processes.values()) or any(dev.taps for dev in ns.devices.values()):
            return
        with ns.linkwatch.held():
            for dev in reversed(list(ns.devices.values())):
                if not (dev.loopback or dev.link_kind.made):
                    free = dev.name not in self.init.devices
                    ns.move(dev, self.init, rename=None if free else self._free_name())
                elif not dev.loopback:
                    dev.destroy()
        self.end_namespace(ns)

    def end_namespace(self, ns: Namespace) -> None:
        """Nothing is in a namespace any more: lo goes down, and nothing elsewhere knows of it (cleanup_net)."""
        lo = ns.present.get(LO)
        if lo is not None:
            lo.set_down()
            ns.linkwatch.forget(lo)
            self.sim.retire(lo)
        self.sim.retire(ns)
        self.sim.unsimulated.drop(ns)
        self.boxes.pop(ns, None)
        for other in (self.init, *self.netns.values(), *self.boxes):
            other.forget_nsid(ns)

    def _free_name(self) -> str:
        """``dev0``, ``dev1``, …: for a card whose name is taken (default_device_exit_net)."""
        number = 0
        while f"dev{number}" in self.init.devices:
            number += 1
        return f"dev{number}"

    def check_processes(self, text: str) -> None:
        """A shell is about to start a process for a command: the run ends if the machine has too many."""
        meter, number = self.sim.meter, max(len(self.processes), self.shells)
        if 0 < meter.budget.processes <= number:
            meter.halt("processes", f"{self.name}: processes start processes, {number} run now; the command is {text}")

    def next_pid(self) -> int:
        """Process id for a new process."""
        self.last_pid += 1
        return self.last_pid
