"""``docker image inspect`` and ``docker history``."""

from __future__ import annotations

from macvsim.docker.engine import Engine
from macvsim.docker.images import LAYER, SIZE, Image, split_reference
from macvsim.docker.inspection import Document, timestamp
from macvsim.docker.tables import human_duration, human_size, render_table
from macvsim.errors import Effect, NotSimulated
from macvsim.tools.docker.formats import inspect_all
from macvsim.tools.docker.images import image_id
from macvsim.tools.docker.tool import Invocation, Subcommand, flags
from macvsim.tools.docker.version import RELEASE

_COMMENT = "Imported from -"


def image_document(engine: Engine, reference: str) -> Document:
    """The element of ``docker image inspect REFERENCE``.  Raises `DockerError`."""
    images = engine.images
    image = images.known(reference)
    if image is None:
        raise engine.profile.error("image.not_found", reference=":".join(split_reference(reference)))
    if engine.profile.name != "26.1":
        raise NotSimulated(f"docker image inspect of Docker {engine.profile.name}", Effect.READS)
    return {
        "Id": f"sha256:{image.id}",
        "RepoTags": images.names(image),
        "RepoDigests": [],
        "Parent": "",
        "Comment": _COMMENT,
        "Created": timestamp(image.created),
        "DockerVersion": RELEASE,
        "Author": "",
        "Config": _config(image),
        "Architecture": "amd64",
        "Os": "linux",
        "Size": SIZE,
        "GraphDriver": {"Data": _folders(engine, image), "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": [f"sha256:{LAYER}"]},
        "Metadata": {"LastTagTime": timestamp(images.tagged.get(image.id, 0))},
    }


def _config(image: Image) -> Document:
    return {
        "Hostname": "",
        "Domainname": "",
        "User": "",
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "Env": None,
        "Cmd": list(image.command) or None,
        "Image": "",
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": None,
        "OnBuild": None,
        "Labels": None,
    }


def _folders(engine: Engine, image: Image) -> Document:
    folder = f"{engine.data_root}/overlay2/{image.layer}"
    return {"MergedDir": f"{folder}/merged", "UpperDir": f"{folder}/diff", "WorkDir": f"{folder}/work"}


def _inspect(run: Invocation) -> int:
    return inspect_all(run, lambda name: image_document(run.engine, name))


def _history(run: Invocation) -> int:
    image = run.engine.images.known(run.args[0])
    if image is None:
        raise run.profile.error("image.not_found", reference=":".join(split_reference(run.args[0])))
    name = image_id(image, full=run.parsed.on("no-trunc"))
    if run.parsed.on("quiet"):
        run.out(name)
        return 0
    age = f"{human_duration(run.engine.clock() - image.created)} ago"
    heads = ("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT")
    run.call.out(render_table(run.profile, heads, [(name, age, "", human_size(SIZE, 3), _COMMENT)]))
    return 0


INSPECT = Subcommand(_inspect, flags("format"), 1, None)
HISTORY = Subcommand(_history, flags("no-trunc quiet"), 1, 1)

__all__ = ["HISTORY", "INSPECT", "image_document"]
