"""A box with a shell, for the tests of the shell."""

from __future__ import annotations

from macvsim.engine.budget import Budget
from macvsim.engine.sim import Sim
from macvsim.machine.host import DEBIAN, Box, Flavour, Host, Result
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell


def make_box(flavour: Flavour = DEBIAN, *, name: str = "vm", budget: Budget | None = None) -> Host:
    """A machine with nothing but lo, which is up."""
    host = Host(Kernel(Sim(hz=100, budget=budget), name, wakeup_delay=0), name, flavour)
    host.interpreter = Shell()
    host.dev("lo").set_up()
    return host


def sh(line: str, flavour: Flavour = DEBIAN) -> Result:
    """Run a line in a box of its own."""
    return make_box(flavour).sh(line)


def seconds(box: Box) -> float:
    """What the clock shows."""
    return int(box.sim.now) / 1e9
