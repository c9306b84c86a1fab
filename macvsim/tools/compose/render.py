"""``docker compose config``: the project written out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from macvsim.tools.compose.project import ComposeNetwork, Membership, Project, Service
from macvsim.tools.compose.yamltext import write

_NETWORK_ORDER = ("driver", "driver_opts", "ipam", "external", "internal", "attachable", "labels", "enable_ipv6")
_IPAM_ORDER = ("driver", "config", "options")
_POOL_ORDER = ("subnet", "gateway", "ip_range", "aux_addresses")
_MEMBERSHIP_ORDER = (
    "priority", "aliases", "ipv4_address", "ipv6_address", "link_local_ips", "mac_address", "driver_opts",
)  # fmt: skip


def document(project: Project) -> dict[str, Any]:
    """The project as a mapping, keys in the order of compose."""
    networks = {key: _network(network) for key, network in project.networks.items()}
    return {
        "name": project.name,
        "services": {name: _service(service) for name, service in project.services.items()},
        **({"networks": networks} if networks else {}),
        **project.extensions,
    }


def render(project: Project, form: str = "yaml") -> str:
    """As YAML or JSON; dollars are doubled, so that it can be read again."""
    whole = _escaped(document(project))
    if form == "json":
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    return write(whole)


def _escaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _kept(value: Any) -> bool:
    """Whether a setting is written: empty ones are not, but for null in lists of names."""
    return bool(value)


def _service(service: Service) -> dict[str, Any]:
    settings = {key: value for key, value in service.settings.items() if _kept(value) and not key.startswith("x-")}
    if "stop_grace_period" in settings:
        settings["stop_grace_period"] = _duration(settings["stop_grace_period"])
    if service.networks:
        settings["networks"] = {name: _membership(service.networks[name]) for name in sorted(service.networks)}
    ordered = {key: _sorted(key, settings[key]) for key in sorted(settings)}
    return ordered | {key: value for key, value in service.settings.items() if key.startswith("x-")}


def _sorted(key: str, value: Any) -> Any:
    """Maps in the order of their keys, but for those that are structures."""
    if isinstance(value, dict) and key in ("environment", "labels", "sysctls", "depends_on"):
        return dict(sorted(value.items()))
    return value


def _membership(member: Membership | None) -> dict[str, Any] | None:
    if member is None:
        return None
    return {key: value for key in _MEMBERSHIP_ORDER if _kept(value := getattr(member, key))}


def _network(network: ComposeNetwork) -> dict[str, Any]:
    settings = dict(network.settings)
    if ipam := settings.get("ipam"):
        pools = [{key: pool[key] for key in _POOL_ORDER if _kept(pool.get(key))} for pool in ipam.get("config") or ()]
        written = {**ipam, "config": pools}
        settings["ipam"] = {key: written[key] for key in _IPAM_ORDER if _kept(written.get(key))}
    if opts := settings.get("driver_opts"):
        settings["driver_opts"] = dict(sorted(opts.items()))
    found = {key: settings[key] for key in _NETWORK_ORDER if _kept(settings.get(key))}
    return {"name": network.name, **found}


def _duration(text: str) -> str:
    """As Go writes a duration: ``1m0s``."""
    from macvsim.tools.docker.flagvalues import duration

    seconds, rest = divmod(duration(text), 10**9)
    if rest:
        return text
    hours, minutes, left = seconds // 3600, seconds // 60 % 60, seconds % 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{left}s"
