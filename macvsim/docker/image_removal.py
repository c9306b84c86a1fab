"""Taking images and their names away (moby ``daemon/images/{image_delete,image_prune}.go``).

What was done comes as lines, ``Untagged: NAME`` and ``Deleted: sha256:…``, in the order in which it happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.docker.images import LAYER, Image, split_reference
from macvsim.errors import DockerError

if TYPE_CHECKING:
    from macvsim.docker.engine import Engine


def remove_image(engine: Engine, reference: str, *, force: bool = False) -> list[str]:
    """``docker rmi``: the name, and with its last name the image.  Raises `DockerError`, and then nothing has changed.

    reference : a name, or the beginning of an identifier, which stands for all names of the image
    """
    images = engine.images
    image = images.known(reference)
    if image is None:
        raise engine.profile.error("image.not_found", reference=":".join(split_reference(reference)))
    names = images.names(image)
    by_id = image.id.startswith(reference.removeprefix("sha256:"))
    if by_id:
        _check(engine, image, force=force, several=len(names) > 1)
    else:
        user = next((container for container in engine.containers.values() if container.image is image), None)
        if len(names) == 1 and user is not None and not force:
            raise engine.profile.error("image.in_use", reference=reference, id=user.short_id, image=image.short_id)
        names = [":".join(split_reference(reference))]
    lines = []
    for name in names:
        images.untag(name)
        lines.append(f"Untagged: {name}")
    if images.names(image):
        return lines
    try:
        _check(engine, image, force=force)
    except DockerError:  # then only the name is gone
        return lines
    images.delete(image)
    lines.append(f"Deleted: sha256:{image.id}")
    if not len(images) and not engine.containers:
        lines.append(f"Deleted: sha256:{LAYER}")
    return lines


def _check(engine: Engine, image: Image, *, force: bool, several: bool = False) -> None:
    """What stands in the way of deleting an image (checkImageDeleteConflict); `several`: it has more than one name."""
    users = [container for container in engine.containers.values() if container.image is image]
    for container in users:
        if container.running:
            raise engine.profile.error("image.running", image=image.short_id, id=container.short_id)
    if force:
        return
    if several:
        raise engine.profile.error("image.named", image=image.short_id)
    for container in users:
        raise engine.profile.error("image.stopped", image=image.short_id, id=container.short_id)


def prune_images(engine: Engine, *, everything: bool = False) -> list[str]:
    """``docker image prune``: what has no name, or everything, as far as no container needs it."""
    lines = []
    for image in engine.images.all():
        names = engine.images.names(image)
        if names and not everything:
            continue
        for reference in names or [image.id]:
            try:
                lines += remove_image(engine, reference)
            except DockerError:
                continue
    return lines
