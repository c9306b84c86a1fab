"""``docker ps``, ``inspect``, ``port``, ``images``, ``import``."""

from __future__ import annotations

import re

from macvsim.docker.container import Container
from macvsim.docker.images import BUSYBOX_ROOT, BUSYBOX_SIZE
from macvsim.docker.inspection import Document
from macvsim.docker.tables import container_table, human_duration, render_table
from macvsim.errors import DockerError
from macvsim.shell.docker.flags import Flags
from macvsim.shell.docker.formats import go_time, inspect_all, rows_text
from macvsim.shell.docker.tool import Invocation, Subcommand
from macvsim.sim import SECOND


def _ps(run: Invocation) -> int:
    given = run.parsed
    last = 1 if given.on("latest") else int(given.last("last", "-1")) if given.last("last", "-1").isdigit() else -1
    everything = given.on("all") or last >= 0 or any(text.startswith("status=") for text in given.all("filter"))
    containers = run.engine.ps(all=everything)
    for text in given.all("filter"):
        key, _, value = text.partition("=")
        if key not in ("id", "name", "network", "status"):
            return run.call.not_simulated(f"docker ps --filter {text}")
        containers = [container for container in containers if _matches(container, key, value)]
    if last >= 0:
        containers = containers[:last]
    full, quiet = given.on("no-trunc"), given.on("quiet")
    form = given.last("format")
    if form and form != "table" and not quiet:
        run.call.out(rows_text(run.profile, form, _HEADERS, [_fields(container, full) for container in containers]))
        return 0
    rows = [container.row() for container in containers]
    run.call.out(container_table(run.profile, rows, no_trunc=full, quiet=quiet))
    return 0


def _matches(container: Container, key: str, value: str) -> bool:
    """Whether a container passes one filter."""
    match key:
        case "id":
            return container.id.startswith(value)
        case "status":
            return container.status == value
        case "network":
            return any(value in (name, s.network_id) for name, s in container.settings.items())
    return re.search(value.removeprefix("/"), container.name) is not None


_HEADERS = {
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "RunningFor": "CREATED",
    "Status": "STATUS",
    "State": "STATE",
    "Ports": "PORTS",
    "Names": "NAMES",
    "Networks": "NETWORKS",
    "Labels": "LABELS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Mounts": "MOUNTS",
    "Size": "SIZE",
}


def _fields(container: Container, full: bool) -> dict[str, str]:
    """What ``--format`` can ask of a container."""
    row = container.row()
    command = row.command if full or len(row.command) <= 20 else row.command[:19] + "…"
    return {
        "Command": f'"{command}"',
        "CreatedAt": go_time(container.created - container.created % SECOND),
        "ID": container.id if full else container.short_id,
        "Image": row.image,
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.config.labels.items())),
        "LocalVolumes": "0",
        "Mounts": "",
        "Names": container.name,
        "Networks": ",".join(sorted(container.settings)),
        "Ports": "",
        "RunningFor": f"{human_duration(row.age)} ago",
        "Size": "0B",
        "State": container.status,
        "Status": row.status,
    }


def _inspect(run: Invocation) -> int:
    kind = run.parsed.last("type")
    if kind not in ("", "container", "network"):
        return run.call.not_simulated(f"docker inspect --type {kind}")

    def document(name: str) -> Document:
        engine = run.engine
        for look in [engine.inspect] * (kind != "network") + [engine.network_inspect] * (kind != "container"):
            try:
                return look(name)
            except DockerError:
                continue
        raise run.profile.error("cli.no_object", name=name)

    return inspect_all(run, document)


def _container_inspect(run: Invocation) -> int:
    return inspect_all(run, run.engine.inspect)


def _port(run: Invocation) -> int:
    container = run.engine.find(run.args[0])
    if len(run.args) == 2:  # nothing is ever published here: macvlan ignores it, bridges refuse it
        raise run.profile.error("cli.no_port", port=run.args[1], name=container.name)
    return 0


def _images(run: Invocation) -> int:
    if run.args:
        return run.call.not_simulated("docker images of one repository")
    engine = run.engine
    images = engine.images.all()
    if run.parsed.on("quiet"):
        for image in images:
            run.out(image.short_id)
        return 0
    rows = [
        (i.repository, i.tag, i.short_id, f"{human_duration(engine.clock() - i.created)} ago", BUSYBOX_SIZE)
        for i in images
    ]
    run.call.out(render_table(run.profile, ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"), rows))
    return 0


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


_HELP = frozenset(("help",))
PS = Subcommand(
    "docker ps",
    "[OPTIONS]",
    "List containers",
    _ps,
    Flags(
        _HELP | {"all", "latest", "no-trunc", "quiet"},
        frozenset(("filter", "format", "last")),
        {"a": "all", "f": "filter", "l": "latest", "n": "last", "q": "quiet", "s": "size"},
        frozenset(("size",)),
    ),
)
_INSPECT_FLAGS = Flags(
    _HELP, frozenset(("format", "type")), {"f": "format", "s": "size"}, left_out=frozenset(("size",))
)
INSPECT = Subcommand(
    "docker inspect",
    "[OPTIONS] NAME|ID [NAME|ID...]",
    "Return low-level information on Docker objects",
    _inspect,
    _INSPECT_FLAGS,
    1,
    None,
)
CONTAINER_INSPECT = Subcommand(
    "docker container inspect",
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Display detailed information on one or more containers",
    _container_inspect,
    _INSPECT_FLAGS,
    1,
    None,
)
PORT = Subcommand(
    "docker port",
    "CONTAINER [PRIVATE_PORT[/PROTO]]",
    "List port mappings or a specific mapping for the container",
    _port,
    Flags(_HELP),
    1,
    2,
)
IMAGES = Subcommand(
    "docker images",
    "[OPTIONS] [REPOSITORY[:TAG]]",
    "List images",
    _images,
    Flags(
        _HELP | {"all", "quiet"},
        short={"a": "all", "q": "quiet", "f": "filter"},
        left_out=frozenset(("digests", "filter", "format", "no-trunc", "tree")),
    ),
    0,
    1,
)
IMPORT = Subcommand(
    "docker import",
    "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
    "Import the contents from a tarball to create a filesystem image",
    _import,
    Flags(_HELP, frozenset(("change", "message")), {"c": "change", "m": "message"}, left_out=frozenset(("platform",))),
    1,
    2,
)
