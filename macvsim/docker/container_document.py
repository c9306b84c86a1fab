"""The JSON of ``docker inspect`` for a container, as dockerd 26.1 prints it: which keys, in which order."""

from __future__ import annotations

from macvsim.docker.container import Container, Daemon
from macvsim.docker.gotypes import GoMap
from macvsim.docker.inspection import Document, settings_document, timestamp

_NEVER = "0001-01-01T00:00:00Z"
_MASKED = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
_NULL_LISTS = (
    "Dns", "DnsOptions", "DnsSearch", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps",
    "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "Devices", "Ulimits",
)  # fmt: skip
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def container_document(engine: Daemon, container: Container) -> Document:
    """The element of ``docker inspect`` for `container`."""
    folder = f"{engine.data_root}/containers/{container.id}"
    argv = container.config.argv
    sandbox = container.sandbox
    return {
        "Id": container.id,
        "Created": timestamp(container.created),
        "Path": argv[0],
        "Args": argv[1:],
        "State": {
            "Status": container.status,
            "Running": container.running,
            "Paused": container.paused,
            "Restarting": container.restarting,
            "OOMKilled": False,
            "Dead": False,
            "Pid": container.pid,
            "ExitCode": container.exit_code,
            "Error": container.error,
            "StartedAt": timestamp(container.started) if container.started else _NEVER,
            "FinishedAt": timestamp(container.finished) if container.finished else _NEVER,
        },
        "Image": f"sha256:{container.image.id}",
        "ResolvConfPath": f"{folder}/resolv.conf" if container.started else "",
        "HostnamePath": f"{folder}/hostname" if container.started else "",
        "HostsPath": f"{folder}/hosts" if container.started else "",
        "LogPath": f"{folder}/{container.id}-json.log" if container.started else "",
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": _host_config(container),
        "GraphDriver": _graph_driver(engine, container),
        "Mounts": [],
        "Config": _config(container),
        "NetworkSettings": settings_document(
            engine.profile,
            [settings.view(name) for name, settings in container.settings.items()],
            sandbox_id=sandbox.id if sandbox is not None else "",
            exec_root=engine.exec_root,
            ports=_ports(container),
        ),
    }


def _ports(container: Container) -> Document:
    """Where its ports are published; null for those that are only exposed."""
    return GoMap(
        (port, [{"HostIp": str(place.host), "HostPort": str(place.host_port)} for place in places] or None)
        for port, places in container.engine.ports.map(container).items()
    )


def _host_config(container: Container) -> Document:
    """What concerns the host; everything macvsim has no use for is as Docker has it by default."""
    config = container.config
    bindings = GoMap(
        (port, [{"HostIp": address, "HostPort": number} for address, number in places])
        for port, places in sorted(config.ports.items())
    )
    document: Document = {
        "Binds": None,
        "ContainerIDFile": "",
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NetworkMode": container.network_mode,
        "PortBindings": bindings,
        "RestartPolicy": {"Name": config.restart.name, "MaximumRetryCount": config.restart.most},
        "AutoRemove": config.auto_remove,
        "VolumeDriver": "",
        "VolumesFrom": None,
        "ConsoleSize": [0, 0],
        "CapAdd": list(config.cap_add) or None,
        "CapDrop": list(config.cap_drop) or None,
        "CgroupnsMode": "private",
        "Dns": list(config.dns),
        "DnsOptions": list(config.dns_options),
        "DnsSearch": list(config.dns_search),
        "ExtraHosts": [f"{name}:{address}" for name, address in config.extra_hosts] or None,
        "GroupAdd": None,
        "IpcMode": "private",
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": 0,
        "PidMode": "",
        "Privileged": config.privileged,
        "PublishAllPorts": container.config.publish_all,
        "ReadonlyRootfs": False,
        "SecurityOpt": ["label=disable"] if config.privileged else None,
        "UTSMode": "",
        "UsernsMode": "",
        "ShmSize": 67108864,
        "Runtime": "runc",
        "Isolation": "",
        "CpuShares": 0,
        "Memory": 0,
        "NanoCpus": 0,
        "CgroupParent": "",
        "BlkioWeight": 0,
        "BlkioWeightDevice": [],
        "BlkioDeviceReadBps": [],
        "BlkioDeviceWriteBps": [],
        "BlkioDeviceReadIOps": [],
        "BlkioDeviceWriteIOps": [],
        "CpuPeriod": 0,
        "CpuQuota": 0,
        "CpuRealtimePeriod": 0,
        "CpuRealtimeRuntime": 0,
        "CpusetCpus": "",
        "CpusetMems": "",
        "Devices": [],
        "DeviceCgroupRules": None,
        "DeviceRequests": None,
        "MemoryReservation": 0,
        "MemorySwap": 0,
        "MemorySwappiness": None,
        "OomKillDisable": None,
        "PidsLimit": None,
        "Ulimits": [],
        "CpuCount": 0,
        "CpuPercent": 0,
        "IOMaximumIOps": 0,
        "IOMaximumBandwidth": 0,
        "MaskedPaths": None if config.privileged else list(_MASKED),
        "ReadonlyPaths": None if config.privileged else list(_READ_ONLY),
    }
    if config.from_compose:
        document |= {key: document[key] or None for key in _NULL_LISTS}
        document["ExtraHosts"] = document["ExtraHosts"] or []
    if config.sysctls:  # stands between ShmSize and Runtime
        before = list(document)[: list(document).index("Runtime")]
        sysctls: Document = {"Sysctls": GoMap(sorted(config.sysctls.items()))}
        document = {key: document[key] for key in before} | sysctls | document
    return document


def _graph_driver(engine: Daemon, container: Container) -> Document:
    """Where the overlay2 driver keeps the container's files; its layers are named by random identifiers."""
    top, image = container.layer, container.image.layer
    layers = f"{engine.data_root}/overlay2"
    return {
        "Data": {
            "LowerDir": f"{layers}/{top}-init/diff:{layers}/{image}/diff",
            "MergedDir": f"{layers}/{top}/merged",
            "UpperDir": f"{layers}/{top}/diff",
            "WorkDir": f"{layers}/{top}/work",
        },
        "Name": "overlay2",
    }


def _config(container: Container) -> Document:
    """What concerns the container itself."""
    config = container.config
    document: Document = {
        "Hostname": container.hostname,
        "Domainname": config.domainname,
        "User": config.user,
        "AttachStdin": config.attached and config.interactive,
        "AttachStdout": config.attached,
        "AttachStderr": config.attached,
    }
    if config.ports or config.exposed:
        document["ExposedPorts"] = GoMap((port, {}) for port in sorted({*config.ports, *config.exposed}))
    document |= {
        "Tty": config.tty,
        "OpenStdin": config.interactive,
        "StdinOnce": config.attached and config.interactive,
        "Env": list(config.env) or None,
        "Cmd": (list(config.command) or None) if config.entrypoint else config.argv,
        "Image": config.image,
        "Volumes": None,
        "WorkingDir": config.workdir,
        "Entrypoint": list(config.entrypoint) if config.entrypoint else None,
        **({"MacAddress": config.mac} if config.mac else {}),
        "OnBuild": None,
        "Labels": GoMap(sorted(config.labels.items())),
    }
    if config.stop_timeout is not None:
        document["StopTimeout"] = config.stop_timeout
    return document
