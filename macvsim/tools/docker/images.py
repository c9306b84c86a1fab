"""``docker images``, ``import``, ``tag``, ``rmi``, ``image prune``, ``pull``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from macvsim.docker.image_removal import remove_image
from macvsim.docker.images import (
    BUSYBOX_ROOT,
    NO_NAME,
    SIZE,
    Image,
    check_reference,
    split_reference,
)
from macvsim.docker.profile import DockerClientError
from macvsim.docker.registry import check_registry, pull
from macvsim.docker.tables import human_duration, human_size, render_table
from macvsim.engine.sim import SECOND
from macvsim.errors import DockerError, Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.tools.docker.formats import go_time, rows_text
from macvsim.tools.docker.tool import Invocation, Subcommand, flags

Row = tuple[Image, str, str]
_FILTERS = ("before", "dangling", "label", "reference", "since", "until")


def _images(run: Invocation) -> int:
    given = run.parsed
    rows = _chosen(run)
    full = given.on("no-trunc")
    if given.on("quiet"):
        for image, _, _ in rows:
            run.out(image_id(image, full=full))
        return 0
    now = run.engine.clock()
    form = given.last("format")
    if form and form != "table":
        fields = [_fields(row, image_id(row[0], full=full), now) for row in rows]
        run.call.out(rows_text(run.profile, form, _HEADERS, fields, "*formatter.imageContext"))
        return 0
    digests = given.on("digests")
    heads = ("REPOSITORY", "TAG", *(["DIGEST"] if digests else []), "IMAGE ID", "CREATED", "SIZE")
    lines = [
        (
            *(repository, tag, *([NO_NAME] if digests else []), image_id(image, full=full)),
            *(f"{human_duration(now - image.created)} ago", human_size(SIZE, 3)),
        )
        for image, repository, tag in rows
    ]
    run.call.out(render_table(run.profile, heads, lines))
    return 0


def image_id(image: Image, *, full: bool) -> str:
    """As lists show it."""
    return f"sha256:{image.id}" if full else image.short_id


def _chosen(run: Invocation) -> list[Row]:
    """The rows that the argument and ``--filter`` leave."""
    filters: dict[str, str] = {}
    for text in run.parsed.all("filter"):
        name, _, value = text.partition("=")
        if name not in _FILTERS:
            raise run.profile.error("image.filter", name=name)
        if name in ("label", "until") or name in filters:
            raise NotSimulated(f"docker images --filter {text}", Effect.READS)
        filters[name] = value
    rows = run.engine.images.rows()
    if run.args:
        repository, tag = split_reference(run.args[0])
        only_tag = ":" in run.args[0].rpartition("/")[2]
        rows = [row for row in rows if row[1] == repository and (not only_tag or row[2] == tag)]
    for name, value in filters.items():
        rows = [row for row in rows if _passes(run, row, name, value)]
    return rows


def _passes(run: Invocation, row: Row, name: str, value: str) -> bool:
    image, repository, tag = row
    if name == "dangling":
        return (repository == NO_NAME) == (value in ("1", "true"))
    if name == "reference":
        return any(fnmatchcase(shown, value) for shown in (repository, f"{repository}:{tag}"))
    other = _existing(run, value)
    return image.created < other.created if name == "before" else image.created > other.created


def _existing(run: Invocation, reference: str) -> Image:
    image = run.engine.images.known(reference)
    if image is None:
        raise run.profile.error("image.not_found", reference=":".join(split_reference(reference)))
    return image


_HEADERS = {
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "ID": "IMAGE ID",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
}


def _fields(row: Row, name: str, now: int) -> Mapping[str, str]:
    """What ``--format`` can ask of an image."""
    image, repository, tag = row
    return {
        "Containers": "N/A",
        "CreatedAt": go_time(image.created - image.created % SECOND),
        "CreatedSince": f"{human_duration(now - image.created)} ago",
        "Digest": NO_NAME,
        "ID": name,
        "Repository": repository,
        "SharedSize": "N/A",
        "Size": human_size(SIZE, 3),
        "Tag": tag,
        "UniqueSize": "N/A",
        "VirtualSize": human_size(SIZE),
    }


def _import(run: Invocation) -> int:
    """Only of files that stand for busybox, and only with another command to run."""
    path = run.args[0]
    if path not in run.call.box.files:
        raise run.profile.error("cli.no_file", path=path)
    if run.call.box.files[path] != BUSYBOX_ROOT:
        return run.call.not_simulated("docker import of anything but busybox", Effect.CHANGES)
    command: Sequence[str] = ()
    for change in run.parsed.all("change"):
        command = _command(change)
    reference = run.args[1] if len(run.args) == 2 else ""
    if reference:
        check_reference(run.profile, reference)
    run.out(f"sha256:{run.engine.images.add(reference, run.engine.clock(), command).id}")
    return 0


def _command(change: str) -> Sequence[str]:
    """The program of ``CMD ["PROGRAM", …]`` or ``CMD LINE``."""
    word, _, rest = change.strip().partition(" ")
    if word.upper() != "CMD" or not rest.strip():
        raise NotSimulated(f"docker import --change {shlex.quote(change)}", Effect.CHANGES)
    try:
        words = json.loads(rest)
    except ValueError:
        return ("/bin/sh", "-c", rest.strip())
    return tuple(words) if isinstance(words, list) and all(isinstance(one, str) for one in words) else ()


def _tag(run: Invocation) -> int:
    source = _existing(run, run.args[0])
    check_reference(run.profile, run.args[1])
    run.engine.images.tag(source, run.args[1], run.engine.clock())
    return 0


def _rmi(run: Invocation) -> int:
    force, failed, fatal = run.parsed.on("force"), False, False
    for reference in run.args:
        try:
            lines = remove_image(run.engine, reference, force=force)
        except DockerError as error:
            run.complain(error)
            failed = True
            fatal = fatal or run.engine.images.knows(reference)
        else:
            run.call.out("".join(f"{line}\n" for line in lines))
    return int(failed and (fatal or not force))


def _pull(run: Invocation) -> int | Waiting:
    try:
        check_reference(run.profile, run.args[0])
    except DockerError as error:  # the command line itself refuses it
        raise DockerClientError(str(error)) from None
    check_registry(run.engine, run.args[0])
    if ":" not in run.args[0].rpartition("/")[2] and not run.parsed.on("quiet"):
        run.out("Using default tag: latest")
    return _fail_to_pull(run)


def _fail_to_pull(run: Invocation) -> Waiting:
    raise (yield from pull(run.engine, run.args[0]))


IMAGES = Subcommand(_images, flags("all digests filter format no-trunc quiet"), 0, 1)
IMPORT = Subcommand(_import, flags("change message"), 1, 2)
TAG = Subcommand(_tag, minimum=2, maximum=2)
RMI = Subcommand(_rmi, flags("force no-prune"), 1, None)
PULL = Subcommand(_pull, flags("quiet"), 1, 1)
