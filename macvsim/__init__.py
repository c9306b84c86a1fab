"""macvsim: a Linux container-network lab in pure Python.

::

    from macvsim import Lab

    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    host1, host2 = (lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2"))
    for host in (host1, host2):
        host.docker.network_create("mac1", driver="macvlan", subnet="172.16.10.0/24", gateway="172.16.10.1",
        parent="enp0s8")
    c1 = host1.docker.run("c1", network="mac1", ip="172.16.10.2")
    c2 = host2.docker.run("c2", network="mac1", ip="172.16.10.3")
    print(c1.ping("172.16.10.3", count=2))

Follow a frame, top to bottom: `macvsim.apps.ping` composes an echo request, `macvsim.net.ipv4` routes it,
`macvsim.net.neigh` finds the MAC,
`macvsim.dev` carries it down from macvlan through VLAN to NIC, `macvsim.dev.cable` over the cable, `macvsim.switch` on;
and up again by
`macvsim.dev.base.NetDevice.receive`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from macvsim.apps.ping import PingResult
    from macvsim.dev.cable import Cable
    from macvsim.docker.container import Container
    from macvsim.docker.network import Network
    from macvsim.engine.budget import Budget
    from macvsim.engine.drop import DropReason
    from macvsim.errors import BudgetExceeded, DockerError, MacvsimError, NetlinkError, NotSimulated, TopologyError
    from macvsim.explain.explanation import Explanation
    from macvsim.lab import Lab
    from macvsim.machine.capture import Capture
    from macvsim.machine.host import Result
    from macvsim.sweeps.sweep import sweep
    from macvsim.switch import Switch

_HOME = {
    "Budget": "macvsim.engine.budget",
    "BudgetExceeded": "macvsim.errors",
    "Cable": "macvsim.dev.cable",
    "Capture": "macvsim.machine.capture",
    "Container": "macvsim.docker.container",
    "DockerError": "macvsim.errors",
    "DropReason": "macvsim.engine.drop",
    "Explanation": "macvsim.explain.explanation",
    "Lab": "macvsim.lab",
    "MacvsimError": "macvsim.errors",
    "NetlinkError": "macvsim.errors",
    "Network": "macvsim.docker.network",
    "NotSimulated": "macvsim.errors",
    "PingResult": "macvsim.apps.ping",
    "Result": "macvsim.machine.host",
    "Switch": "macvsim.switch",
    "TopologyError": "macvsim.errors",
    "sweep": "macvsim.sweeps",
}
__all__ = [
    "Budget",
    "BudgetExceeded",
    "Cable",
    "Capture",
    "Container",
    "DockerError",
    "DropReason",
    "Explanation",
    "Lab",
    "MacvsimError",
    "NetlinkError",
    "Network",
    "NotSimulated",
    "PingResult",
    "Result",
    "Switch",
    "TopologyError",
    "sweep",
]


def __dir__() -> list[str]:
    return __all__


def _displays() -> Any:
    """The module that answers the questions of `macvsim.engine.display`, imported when first asked."""
    return import_module("macvsim.view.displays")


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that ``import macvsim`` costs next to nothing."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'macvsim' has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext macvsim`` in a notebook: `macvsim.notebook.magics`."""
    shell.register_magics(import_module("macvsim.notebook.magics").LabMagics)
