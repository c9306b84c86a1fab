"""The images a daemon has.  There is one kind of program to run in these labs, busybox; images are names for it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from macvsim.docker.ids import new_id, short_id
from macvsim.docker.profile import Profile

BUSYBOX_ROOT = "busybox root file system\n"
"""What a file has to hold for ``docker import`` to make an image of it: it stands for a tar archive with busybox in
it.
"""
LAYER = sha256(BUSYBOX_ROOT.encode()).hexdigest()
"""What the one layer of every image is called."""
SIZE = 2026481
"""Bytes in it."""
NO_NAME = "<none>"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"(?:[\w.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*"


@dataclass(frozen=True, slots=True)
class Image:
    """A root file system.

    id : 64 hex digits; created : ns since 1970; layer : name of the folder its files are in
    command : what its containers run if nothing else is asked for
    """

    id: str
    created: int
    layer: str
    command: tuple[str, ...] = ("sh",)

    @property
    def short_id(self) -> str:
        return short_id(self.id)


class Images:
    """The images of one daemon, and their names (``repository:tag``)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._images: dict[str, Image] = {}
        self._names: dict[str, Image] = {}
        self.tagged: dict[str, int] = {}
        """When an image (by identifier) was last given a name, ns since 1970."""

    def __len__(self) -> int:
        return len(self._images)

    def all(self) -> list[Image]:
        """Newest first."""
        return sorted(self._images.values(), key=lambda image: -image.created)

    def rows(self) -> list[tuple[Image, str, str]]:
        """``(image, repository, tag)`` of every name, newest image first; an image without any has one row."""
        names = ((image, name) for image in self.all() for name in self.names(image) or [f"{NO_NAME}:{NO_NAME}"])
        return [(image, name.rpartition(":")[0], name.rpartition(":")[2]) for image, name in names]

    def add(self, reference: str, now: int, command: Sequence[str] = ("sh",)) -> Image:
        """A new image, with that name unless it is empty; one that has the name loses it."""
        image = Image(new_id(self._rng), now, new_id(self._rng), tuple(command))
        self._images[image.id] = image
        if reference:
            self.tag(image, reference, now)
        return image

    def known(self, reference: str) -> Image | None:
        """An image by name or by the beginning of its identifier."""
        found = self._names.get(":".join(split_reference(reference)))
        by_id = [i for i in self._images.values() if i.id.startswith(reference.removeprefix("sha256:"))]
        if found is None and reference and len(by_id) == 1:
            found = by_id[0]
        return found

    def knows(self, reference: str) -> bool:
        """Whether there is such an image."""
        return self.known(reference) is not None

    def tag(self, image: Image, reference: str, now: int) -> None:
        """A further name for an image; one that has it loses it."""
        self._names[":".join(split_reference(reference))] = image
        self.tagged[image.id] = now

    def names(self, image: Image) -> list[str]:
        """Every name of an image, in order."""
        return sorted(name for name, other in self._names.items() if other is image)

    def untag(self, name: str) -> None:
        """Take a name away."""
        del self._names[name]

    def delete(self, image: Image) -> None:
        """Take an image without a name away."""
        del self._images[image.id]
        self.tagged.pop(image.id, None)


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag of an image name; ``latest`` when no tag is given, without what every official image begins
    with.
    """
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = reference, "latest"
    for prefix in ("docker.io/", "library/"):
        repository = repository.removeprefix(prefix)
    return repository, tag


def check_reference(profile: Profile, reference: str) -> None:
    """An image name must be one (distribution/reference).  Raises `DockerError`."""
    name, _, tag = reference.rpartition(":") if ":" in reference.rpartition("/")[2] else (reference, "", "latest")
    if name != name.lower() and re.fullmatch(_REPOSITORY, name.lower()):
        full = name if "/" in name else f"library/{name}"
        raise profile.error("image.uppercase", name=full)
    if not re.fullmatch(_REPOSITORY, name) or not re.fullmatch(r"\w[\w.-]{0,127}", tag):
        raise profile.error("image.reference")
