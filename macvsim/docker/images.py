"""The images a daemon has.  There is one kind of program to run in these labs, busybox; images are names for it."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from macvsim.docker.ids import new_id, short_id
from macvsim.docker.profile import Profile
from macvsim.errors import NotSimulated

BUSYBOX_ROOT = "busybox root file system\n"
"""What a file has to hold for ``docker import`` to make an image of it: it stands for a tar archive with busybox in
it.
"""
BUSYBOX_SIZE = "2.03MB"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"(?:[\w.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*"


@dataclass(frozen=True, slots=True)
class Image:
    """``repository:tag``, identifier (64 hex digits), time it was made (ns since 1970), name of its file system's
    layer.
    """

    repository: str
    tag: str
    id: str
    created: int
    layer: str

    @property
    def short_id(self) -> str:
        return short_id(self.id)


class Images:
    """The images of one daemon, by ``repository:tag``."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._images: dict[str, Image] = {}

    def __len__(self) -> int:
        return len({image.id for image in self._images.values()})

    def all(self) -> list[Image]:
        """Newest first, those of the same age by name, as ``docker images`` lists them."""
        return sorted(self._images.values(), key=lambda image: (-image.created, image.repository, image.tag))

    def add(self, reference: str, now: int) -> Image:
        """An image of that name, which replaces one that has it."""
        repository, tag = split_reference(reference)
        image = Image(repository, tag, new_id(self._rng), now, new_id(self._rng))
        self._images[f"{repository}:{tag}"] = image
        return image

    def known(self, reference: str) -> Image | None:
        """An image by name or by the beginning of its identifier."""
        found = self._images.get(":".join(split_reference(reference)))
        by_id = {i.id: i for i in self._images.values() if i.id.startswith(reference.removeprefix("sha256:"))}
        if found is None and reference and len(by_id) == 1:
            found = next(iter(by_id.values()))
        return found

    def knows(self, reference: str) -> bool:
        """Whether there is such an image."""
        return self.known(reference) is not None

    def find(self, reference: str) -> Image:
        """An image by name or identifier; `NotSimulated` for one that Docker would pull."""
        found = self.known(reference)
        if found is None:
            known = ", ".join(self._images) or "none"
            raise NotSimulated(f"the image {reference}, which Docker would pull: the images here are {known}")
        return found

    def tag(self, source: Image, reference: str) -> None:
        """A further name for an image; one that has it loses it."""
        repository, tag = split_reference(reference)
        self._images[f"{repository}:{tag}"] = replace(source, repository=repository, tag=tag)

    def names(self, image: Image) -> list[str]:
        """Every name of an image."""
        return [name for name, other in self._images.items() if other.id == image.id]

    def remove(self, name: str) -> None:
        """Take a name away; the image goes with the last one."""
        del self._images[name]


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
