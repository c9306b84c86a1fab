"""``docker info``."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.docker.engine import Engine
from macvsim.errors import Effect, NotSimulated
from macvsim.tools.docker.formats import print_template
from macvsim.tools.docker.tool import Invocation, Subcommand, flags

_NETWORK_PLUGINS = ("bridge", "host", "ipvlan", "macvlan", "null", "overlay")
_LOG_PLUGINS = ("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog")
_WARNINGS = ("WARNING: No swap limit support", "WARNING: No cpuset support")


def _info(run: Invocation) -> int:
    engine = run.engine
    if run.profile.name != "26.1":
        raise NotSimulated(f"docker info of {run.profile.name}", Effect.READS)
    if form := run.parsed.last("format"):
        return print_template(run, form, _data(engine))
    run.call.out("\n".join(_lines(engine)) + "\n\n")
    run.call.err("\n".join(_WARNINGS) + "\n")
    return 0


def _lines(engine: Engine) -> Sequence[str]:
    """As the command line writes it (docker/cli command/system/info.go)."""
    count = _counts(engine)
    machine = engine.machine
    return (
        "Client:",
        " Version:    26.1.5+dfsg1",
        " Context:    default",
        " Debug Mode: false",
        "",
        "Server:",
        f" Containers: {count['Containers']}",
        f"  Running: {count['ContainersRunning']}",
        f"  Paused: {count['ContainersPaused']}",
        f"  Stopped: {count['ContainersStopped']}",
        f" Images: {count['Images']}",
        " Server Version: 26.1.5+dfsg1",
        " Storage Driver: overlay2",
        f"  Backing Filesystem: {machine.file_system}",
        "  Supports d_type: true",
        "  Using metacopy: false",
        "  Native Overlay Diff: true",
        "  userxattr: false",
        " Logging Driver: json-file",
        " Cgroup Driver: cgroupfs",
        " Cgroup Version: 2",
        " Plugins:",
        "  Volume: local",
        f"  Network: {' '.join(_NETWORK_PLUGINS)}",
        f"  Log: {' '.join(_LOG_PLUGINS)}",
        " Swarm: inactive",
        " Runtimes: io.containerd.runc.v2 runc",
        " Default Runtime: runc",
        " Init Binary: docker-init",
        " containerd version: 1.7.24~ds1-6+deb13u1",
        " runc version: 1.1.15+ds1-2+b4",
        " init version: ",
        " Security Options:",
        "  seccomp",
        "   Profile: builtin",
        "  cgroupns",
        f" Kernel Version: {machine.kernel}",
        f" Operating System: {machine.system}",
        " OSType: linux",
        " Architecture: x86_64",
        f" CPUs: {machine.cpus}",
        f" Total Memory: {_binary_size(machine.memory)}",
        f" Name: {machine.name}",
        f" ID: {engine.uuid}",
        f" Docker Root Dir: {engine.data_root}",
        " Debug Mode: false",
        " Experimental: false",
        " Insecure Registries:",
        "  127.0.0.0/8",
        " Live Restore Enabled: false",
    )


def _counts(engine: Engine) -> dict[str, int]:
    """Containers by state, and images."""
    containers = list(engine.containers.values())
    running = sum(container.running and not container.paused for container in containers)
    paused = sum(container.paused for container in containers)
    return {
        "Containers": len(containers),
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": len(containers) - running - paused,
        "Images": len(engine.images),
    }


def _binary_size(size: float) -> str:
    """Four significant digits and a binary unit (units.BytesSize)."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.4g}{units[0]}"


def _data(engine: Engine) -> dict[str, object]:
    """What ``--format`` can ask for."""
    machine = engine.machine
    return {
        "ID": engine.uuid,
        **_counts(engine),
        "Driver": "overlay2",
        "Plugins": {
            "Volume": ["local"],
            "Network": list(_NETWORK_PLUGINS),
            "Authorization": None,
            "Log": list(_LOG_PLUGINS),
        },
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": "2",
        "KernelVersion": machine.kernel,
        "OperatingSystem": machine.system,
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": machine.cpus,
        "MemTotal": machine.memory,
        "DockerRootDir": engine.data_root,
        "Name": machine.name,
        "ServerVersion": "26.1.5+dfsg1",
        "DefaultRuntime": "runc",
        "LiveRestoreEnabled": False,
        "InitBinary": "docker-init",
    }


INFO = Subcommand(_info, flags("format"))
