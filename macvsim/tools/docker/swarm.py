"""Commands of swarm mode, to which no machine here belongs, and the list of plugins, of which there are none."""

from __future__ import annotations

from macvsim.docker.tables import render_table
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def _no_manager(run: Invocation) -> int:
    run.engine  # noqa: B018  asking the daemon starts it
    raise run.profile.error("swarm.no_manager")


def _leave(run: Invocation) -> int:
    run.engine  # noqa: B018
    raise run.profile.error("swarm.not_in")


def _plugins(run: Invocation) -> int:
    run.engine  # noqa: B018
    if not run.parsed.on("quiet"):
        run.call.out(render_table(run.profile, ("ID", "NAME", "DESCRIPTION", "ENABLED"), []))
    return 0


LIST = Subcommand(_no_manager, flags("filter format quiet"))
LEAVE = Subcommand(_leave, flags("force"))
PLUGINS = Subcommand(_plugins, flags("no-trunc quiet"))
