"""The files Docker mounts into a container, as what they are made of: few containers' are ever read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from macvsim.docker.ipam_config import IPAddress
from macvsim.docker.resolv import hosts_text
from macvsim.engine.history import Simulated
from macvsim.machine.filetexts import FileTexts

HOSTNAME, HOSTS, RESOLV = PATHS = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")


class Mounted(NamedTuple):
    """What was written when networks last came or went.

    addresses, names : the container's lines of /etc/hosts; extra : ``(name, address)`` of ``--add-host``; resolv : text
    of /etc/resolv.conf
    """

    addresses: tuple[IPAddress, ...]
    names: str
    extra: Sequence[tuple[str, str]]
    resolv: str
    hostname: str

    def write(self, files: dict[str, str]) -> None:
        """Put the texts where programs read them."""
        files[HOSTS] = hosts_text(self.addresses, self.names, self.extra)
        files[RESOLV] = self.resolv
        files[HOSTNAME] = f"{self.hostname}\n"


def files_of(owner: Simulated, mounted: Mounted | None) -> FileTexts:
    """The files of a container nobody has looked into yet."""
    files = FileTexts(owner)
    if mounted is not None:
        texts: dict[str, str] = {}
        mounted.write(texts)
        dict.update(files, texts)
    return files
