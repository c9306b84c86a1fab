"""How containers come about, are renamed and paused (moby ``daemon/{create,rename,pause}.go``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from macvsim.docker.container import Container, Daemon
from macvsim.docker.container_config import RESTART_POLICIES, ContainerConfig, RestartPolicy
from macvsim.docker.ids import new_id
from macvsim.docker.images import split_reference
from macvsim.docker.ipam_config import check_endpoint
from macvsim.docker.membership import Networking
from macvsim.docker.names import invent, is_allowed
from macvsim.docker.network import EndpointSettings, Network
from macvsim.docker.profile import Profile
from macvsim.docker.publish import check_places, check_protocols
from macvsim.errors import DockerError, Effect, NotSimulated


def create(
    engine: Daemon, name: str | None, config: ContainerConfig, networks: Mapping[str, EndpointSettings] | None
) -> Container:
    """A container that was never started; see `Engine.create`."""
    profile = engine.profile
    wanted = dict(networks or {})
    if not wanted and not config.network.startswith("container:"):
        wanted[config.network] = EndpointSettings()
    if len(wanted) > 1 and not profile.several_networks_at_run:
        raise profile.error("network.one_at_create", names=", ".join(wanted))
    for network, settings in wanted.items():
        known = _known(engine, network)
        configs = known.config.configs if known is not None else None
        check_endpoint(
            profile,
            network,
            configs,
            address=settings.ip,
            address6=settings.ip6,
            aliases=settings.aliases,
            link_local=settings.link_local,
        )
        if known is not None and known.driver == "bridge":
            check_protocols(config)
    if {name.upper().removeprefix("CAP_") for name in config.cap_drop} & {"ALL", "NET_RAW"}:
        raise NotSimulated("--cap-drop NET_RAW: programs in containers may always open raw sockets", Effect.CHANGES)
    if config.network == "container:":
        raise profile.error("container.join_nobody")
    check_places(config)
    check_restart(profile, config.restart)
    image = engine.images.known(config.image)
    if image is None:
        raise profile.error("image.not_found", reference=":".join(split_reference(config.image)))
    if not config.command and not config.entrypoint:
        if not image.command:
            raise profile.error("image.no_command")
        config = replace(config, command=image.command)
    chosen = name or invent(engine.rng, engine.containers)
    if not is_allowed(chosen):
        raise profile.error("container.bad_name", name=chosen)
    if chosen in engine.containers:
        raise profile.error("container.name_taken", name=chosen, id=engine.containers[chosen].id)
    container = Container(engine, new_id(engine.rng), chosen, _kept(engine, config), image)
    for network, settings in wanted.items():
        known = _known(engine, network)
        container.settings[known.name if known is not None else network] = settings
    engine.containers[chosen] = container
    return container


def _kept(engine: Daemon, config: ContainerConfig) -> ContainerConfig:
    """The settings as one object with those of the container before it on the same network, if they are the same."""
    known = engine.configs.get(config.network)
    if known is None or known != config:
        known = engine.configs[config.network] = config
    return known


def _known(engine: Daemon, network: str) -> Network | None:
    """A network, or None: one that is not there yet may be asked for."""
    try:
        return engine.controller.find(network)
    except DockerError:
        return None


def check_restart(profile: Profile, policy: RestartPolicy) -> None:
    """validateRestartPolicy.  Raises `DockerError`."""
    if policy.name not in RESTART_POLICIES:
        raise profile.error("container.restart_policy", policy=policy.name)
    if policy.most and policy.name != "on-failure":
        raise profile.error("container.restart_count")


def rename(engine: Networking, container: Container, new: str) -> None:
    """See `Engine.rename`."""
    profile = engine.profile
    wanted = new.removeprefix("/")
    if wanted == container.name:
        raise profile.error("container.same_name")
    if not is_allowed(wanted):
        raise profile.error("container.rename_failed", error=profile.error("container.bad_name", name=f"/{wanted}"))
    if wanted in engine.containers:
        taken = profile.error("container.name_taken", name=wanted, id=engine.containers[wanted].id)
        raise profile.error("container.rename_failed", error=taken)
    before = container.name
    container.name = wanted
    engine.containers = {wanted if name == before else name: c for name, c in engine.containers.items()}
    engine.membership.rename(container)


def pause(engine: Daemon, container: Container) -> None:
    """See `Engine.pause`."""
    container.check_running()
    if container.paused:
        raise engine.profile.error("container.is_paused", id=container.id)
    if container.main is not None or container.execs:
        raise NotSimulated(f"pausing {container.name} while a program runs in it", Effect.CHANGES)
    container.paused = True


def unpause(engine: Daemon, container: Container) -> None:
    """See `Engine.unpause`."""
    if not container.paused:
        raise engine.profile.error("container.not_paused", id=container.id)
    container.paused = False
