"""Networks that only hold settings for others (libnetwork ``network.go``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from macvsim.docker.network import Network, NetworkConfig
from macvsim.docker.profile import Profile


def check(profile: Profile, config: NetworkConfig) -> None:
    """What contradicts itself (validateConfiguration).  Raises `DockerError`."""
    if config.config_only:
        if config.config_from:
            raise profile.error("config.chained")
        if config.ingress or config.internal or config.attachable or config.scope:
            raise profile.error("config.operator_fields")
    if config.config_from:
        if config.labels or config.ipam_options or config.ipv6 or config.configs:
            raise profile.error("config.own_settings")
        if config.options:
            raise profile.error("config.own_options")


def inherit(profile: Profile, config: NetworkConfig, networks: Mapping[str, Network]) -> NetworkConfig:
    """The settings of a network, with those of the one it takes them from (applyConfigurationTo).

    Raises `DockerError`: there is none.
    """
    if not config.config_from:
        return config
    source = networks.get(config.config_from)
    if source is None or not source.config.config_only:
        raise profile.error("config.missing", name=config.config_from)
    given = source.config
    return replace(
        config,
        configs=given.configs,
        options=given.options,
        labels={**given.labels, **config.labels},
        ipv6=given.ipv6,
        ipam_options=given.ipam_options or config.ipam_options,
    )


def users(network: Network, networks: Mapping[str, Network]) -> list[Network]:
    """Networks that took their settings from one."""
    return [other for other in networks.values() if other.config.config_from == network.name]
