"""A container as the programs of ``docker exec --privileged`` see it."""

from __future__ import annotations

from typing import Any

from macvsim.docker.container import Container


class Privileged(Container):
    """The container itself, but for what its programs may do; /proc/sys stays mounted as it is."""

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
