"""``docker images``, ``import``, ``tag``, ``rmi``."""

from __future__ import annotations

from macvsim.docker.images import BUSYBOX_ROOT, BUSYBOX_SIZE, Image, check_reference, split_reference
from macvsim.docker.tables import human_duration, render_table
from macvsim.errors import NotSimulated
from macvsim.shell.docker.formats import go_time, rows_text
from macvsim.shell.docker.tool import Invocation, Subcommand, flags
from macvsim.sim import SECOND


def _images(run: Invocation) -> int:
    engine, given = run.engine, run.parsed
    images = engine.images.all()
    if run.args:
        repository, tag = split_reference(run.args[0])
        only_tag = ":" in run.args[0].rpartition("/")[2]
        images = [i for i in images if i.repository == repository and (not only_tag or i.tag == tag)]
    full = given.on("no-trunc")
    names = [f"sha256:{image.id}" if full else image.short_id for image in images]
    if given.on("quiet"):
        for name in names:
            run.out(name)
        return 0
    now = engine.clock()
    form = given.last("format")
    if form and form != "table":
        fields = [_fields(image, name, now) for image, name in zip(images, names, strict=True)]
        run.call.out(rows_text(run.profile, form, _HEADERS, fields, "*formatter.imageContext"))
        return 0
    rows = [
        (i.repository, i.tag, name, f"{human_duration(now - i.created)} ago", BUSYBOX_SIZE)
        for i, name in zip(images, names, strict=True)
    ]
    run.call.out(render_table(run.profile, ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"), rows))
    return 0


_HEADERS = {
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "ID": "IMAGE ID",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
}


def _fields(image: Image, name: str, now: int) -> dict[str, str]:
    """What ``--format`` can ask of an image."""
    return {
        "Containers": "N/A",
        "CreatedAt": go_time(image.created - image.created % SECOND),
        "CreatedSince": f"{human_duration(now - image.created)} ago",
        "Digest": "<none>",
        "ID": name,
        "Repository": image.repository,
        "SharedSize": "N/A",
        "Size": BUSYBOX_SIZE,
        "Tag": image.tag,
        "UniqueSize": "N/A",
        "VirtualSize": BUSYBOX_SIZE,
    }


def _import(run: Invocation) -> int:
    """Only of files that stand for busybox, and only with a shell as its program."""
    path = run.args[0]
    if path not in run.call.box.files:
        raise run.profile.error("cli.no_file", path=path)
    changes = run.parsed.all("change")
    if run.call.box.files[path] != BUSYBOX_ROOT or any(change != 'CMD ["sh"]' for change in changes):
        return run.call.not_simulated("docker import of anything but busybox with a shell as its command")
    reference = run.args[1] if len(run.args) == 2 else ""
    if not reference:
        return run.call.not_simulated("docker import without a name for the image")
    run.out(f"sha256:{run.engine.images.add(reference, run.engine.clock()).id}")
    return 0


def _tag(run: Invocation) -> int:
    source = run.engine.images.known(run.args[0])
    if source is None:
        raise run.profile.error("image.not_found", reference=":".join(split_reference(run.args[0])))
    check_reference(run.profile, run.args[1])
    run.engine.images.tag(source, run.args[1])
    return 0


def _rmi(run: Invocation) -> int:
    """A name of several is only taken away; the last one of an image that nobody uses is left out."""

    def remove(reference: str) -> None:
        images = run.engine.images
        image = images.known(reference)
        if image is None:
            raise run.profile.error("image.not_found", reference=":".join(split_reference(reference)))
        names = images.names(image)
        for container in run.engine.containers.values():
            if len(names) == 1 and container.image.id == image.id:
                raise run.profile.error(
                    "image.in_use", reference=reference, id=container.short_id, image=image.short_id
                )
        name = ":".join(split_reference(reference))
        if len(names) == 1 or name not in names:
            raise NotSimulated(f"docker rmi {reference}: removing an image altogether")
        images.remove(name)
        run.out(f"Untagged: {name}")

    return 1 if run.each(remove, echo=False) else 0


IMAGES = Subcommand(_images, flags("all format no-trunc quiet"), 0, 1)
IMPORT = Subcommand(_import, flags("change message"), 1, 2)
TAG = Subcommand(_tag, minimum=2, maximum=2)
RMI = Subcommand(_rmi, flags("no-prune"), 1, None)
