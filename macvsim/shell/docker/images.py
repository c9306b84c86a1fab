"""``docker images``, ``import``, ``tag``, ``rmi``."""

from __future__ import annotations

from macvsim.docker.images import BUSYBOX_ROOT, BUSYBOX_SIZE
from macvsim.docker.tables import human_duration, render_table
from macvsim.shell.docker.tool import Invocation, Subcommand, flags


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


IMAGES = Subcommand(_images, flags("all no-trunc quiet"), 0, 1)
IMPORT = Subcommand(_import, flags("change message"), 1, 2)
