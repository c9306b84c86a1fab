"""The images a daemon has.  There is one kind of program to run in these labs, busybox; images are names for it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from macvsim.docker.ids import new_id, short_id
from macvsim.errors import NotSimulated

BUSYBOX_ROOT = "busybox root file system\n"
"""What a file has to hold for ``docker import`` to make an image of it: it stands for a tar archive with busybox in
it.
"""
BUSYBOX_SIZE = "2.03MB"


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
        return len(self._images)

    def all(self) -> list[Image]:
        """Newest first, as ``docker images`` lists them."""
        return sorted(self._images.values(), key=lambda image: -image.created)

    def add(self, reference: str, now: int) -> Image:
        """An image of that name, which replaces one that has it."""
        repository, tag = split_reference(reference)
        image = Image(repository, tag, new_id(self._rng), now, new_id(self._rng))
        self._images[f"{repository}:{tag}"] = image
        return image

    def find(self, reference: str) -> Image:
        """An image by name or identifier; `NotSimulated` for one that Docker would pull."""
        repository, tag = split_reference(reference)
        found = self._images.get(f"{repository}:{tag}")
        by_id = [i for i in self._images.values() if i.id.startswith(reference.removeprefix("sha256:")) and reference]
        if found is None and len(by_id) == 1:
            found = by_id[0]
        if found is None:
            known = ", ".join(self._images) or "none"
            raise NotSimulated(f"the image {reference}, which Docker would pull: the images here are {known}")
        return found


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
