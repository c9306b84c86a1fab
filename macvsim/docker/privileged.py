"""A container as the programs of ``docker exec --privileged`` see it."""

from __future__ import annotations

from typing import Any

from macvsim.docker.container import Container


class Privileged(Container):
    """The container itself, but its programs may configure the network; /proc/sys stays mounted as it is, and the
    filter of system calls stays that of the container, which leaves CAP_SYS_ADMIN without effect.
    """

    __slots__ = ("_container",)

    def __init__(self, container: Container) -> None:
        object.__setattr__(self, "_container", container)

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_container"), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._container, name, value)

    @property
    def net_admin(self) -> bool:
        return True
