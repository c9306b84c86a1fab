"""What Docker tells of the machine it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.machine.kernel import RELEASE


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as ``docker info`` shows it; the kernel and system are those that macvsim was compared with.

    name : its hostname; memory : bytes; file_system : under Docker's folder
    """

    name: str
    kernel: str = RELEASE
    system: str = "Debian GNU/Linux 13 (trixie)"
    cpus: int = 1
    memory: int = 1_571_733_504
    file_system: str = "extfs"
