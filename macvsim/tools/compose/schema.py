"""What may stand in a compose file (compose-spec's schema), and what is said about the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from macvsim.machine.tool import ToolError

Check = Callable[[Any, str], None]

_ANY_SERVICE_KEYS = (
    "annotations attach blkio_config build cgroup cgroup_parent configs cpu_count cpu_percent cpu_period cpu_quota"
    " cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec deploy develop device_cgroup_rules devices"
    " extends external_links group_add healthcheck ipc isolation links logging mem_limit mem_reservation mem_swappiness"
    " memswap_limit oom_kill_disable oom_score_adj pid pids_limit ports provider pull_policy runtime secrets"
    " security_opt shm_size storage_opt tmpfs ulimits userns_mode uts volumes volumes_from"
)


def _type(*kinds: type, says: str) -> Check:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ToolError(f"{where} must be a {says}")

    return check


string = _type(str, says="string")
boolean = _type(bool, str, says="boolean")
number = _type(int, float, str, says="number")
mapping = _type(dict, says="mapping")
any_list = _type(list, says="list")


def anything(value: Any, where: str) -> None:
    """No check."""


def text_or_number(value: Any, where: str) -> None:
    """A scalar that is no truth value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ToolError(f"{where} must be a string")


def unique_list(of: Check) -> Check:
    """A list without repetitions."""

    def check(value: Any, where: str) -> None:
        any_list(value, where)
        for at, item in enumerate(value):
            of(item, f"{where}.{at}")
        for at, item in enumerate(value):
            if item in value[:at]:
                raise ToolError(f"{where} array items[{value.index(item)},{at}] must be unique")

    return check


def list_of(of: Check) -> Check:
    """A list."""

    def check(value: Any, where: str) -> None:
        any_list(value, where)
        for at, item in enumerate(value):
            of(item, f"{where}.{at}")

    return check


def text_or_list(value: Any, where: str) -> None:
    """A string, or a list of them."""
    if not isinstance(value, str):
        list_of(string)(value, where)


def optional(of: Check) -> Check:
    """Null is allowed, too."""
    return lambda value, where: None if value is None else of(value, where)


def list_or_map(value: Any, where: str) -> None:
    """``[A=b]`` or ``{A: b}``."""
    if isinstance(value, dict):
        for key, item in value.items():
            if item is not None and not isinstance(item, str | int | float | bool):
                raise ToolError(f"{where}.{key} must be a string")
        return
    unique_list(string)(value, where)


def values(of: Check) -> Check:
    """A mapping with any keys."""

    def check(value: Any, where: str) -> None:
        mapping(value, where)
        for key, item in value.items():
            of(item, f"{where}.{key}")

    return check


def fields(known: Mapping[str, Check], *, or_null: bool = False) -> Check:
    """A mapping with these keys, and those that begin with ``x-``."""

    def check(value: Any, where: str) -> None:
        if value is None and or_null:
            return
        if not isinstance(value, dict):
            raise ToolError(f"{where} must be a mapping" + " or null" * or_null)
        for key in value:
            if key not in known and not str(key).startswith("x-"):
                raise ToolError(f"{where} Additional property {key} is not allowed")
        for key, item in value.items():
            if key in known:
                known[key](item, f"{where}.{key}")

    return check


_PORT = fields(
    {
        "name": string,
        "mode": string,
        "host_ip": string,
        "target": number,
        "published": text_or_number,
        "protocol": string,
        "app_protocol": string,
    }
)


def _port(value: Any, where: str) -> None:
    """A port in the short or in the long notation."""
    if isinstance(value, dict):
        _PORT(value, where)


_POOL = fields({"subnet": string, "ip_range": string, "gateway": string, "aux_addresses": values(string)})
_IPAM = fields({"driver": string, "config": list_of(_POOL), "options": values(string)})


def _external(value: Any, where: str) -> None:
    if not isinstance(value, bool | str):
        fields({"name": string})(value, where)


_NETWORK = fields(
    {
        "name": string,
        "driver": string,
        "driver_opts": values(text_or_number),
        "ipam": _IPAM,
        "external": _external,
        "internal": boolean,
        "enable_ipv6": boolean,
        "attachable": boolean,
        "labels": list_or_map,
    },
    or_null=True,
)
_MEMBERSHIP = fields(
    {
        "aliases": unique_list(string),
        "ipv4_address": string,
        "ipv6_address": string,
        "link_local_ips": unique_list(string),
        "mac_address": string,
        "driver_opts": values(text_or_number),
        "priority": number,
    },
    or_null=True,
)


def _memberships(value: Any, where: str) -> None:
    if isinstance(value, dict):
        values(_MEMBERSHIP)(value, where)
    else:
        unique_list(string)(value, where)


def _dependencies(value: Any, where: str) -> None:
    if isinstance(value, dict):
        known = {"condition": string, "restart": boolean, "required": boolean}
        values(fields(known))(value, where)
    else:
        unique_list(string)(value, where)


def _hosts(value: Any, where: str) -> None:
    if isinstance(value, dict):
        mapping(value, where)
    else:
        list_or_map(value, where)


_SERVICE_KEYS: Mapping[str, Check] = {
    **dict.fromkeys(_ANY_SERVICE_KEYS.split(), anything),
    "image": string,
    "command": optional(text_or_list),
    "entrypoint": optional(text_or_list),
    "container_name": string,
    "hostname": string,
    "domainname": string,
    "working_dir": string,
    "user": string,
    "platform": string,
    "network_mode": string,
    "networks": _memberships,
    "mac_address": string,
    "environment": list_or_map,
    "env_file": anything,
    "labels": list_or_map,
    "cap_add": unique_list(string),
    "cap_drop": unique_list(string),
    "privileged": boolean,
    "dns": text_or_list,
    "dns_opt": unique_list(string),
    "dns_search": text_or_list,
    "extra_hosts": _hosts,
    "sysctls": list_or_map,
    "tty": boolean,
    "stdin_open": boolean,
    "init": boolean,
    "read_only": boolean,
    "restart": string,
    "expose": unique_list(text_or_number),
    "ports": list_of(_port),
    "depends_on": _dependencies,
    "scale": number,
    "profiles": unique_list(string),
    "stop_grace_period": string,
    "stop_signal": string,
}
_SERVICE = fields(_SERVICE_KEYS)
_NAME = re.compile(r"[a-zA-Z0-9._-]+")


def _services(value: Any, where: str) -> None:
    mapping(value, where)
    for name in value:
        if not _NAME.fullmatch(str(name)):
            raise ToolError(f"{where} Additional property {name} is not allowed")
    for name, service in value.items():
        _SERVICE(service, f"{where}.{name}")


_TOP: Mapping[str, Check] = {
    "version": string,
    "name": string,
    "services": _services,
    "networks": values(_NETWORK),
    "volumes": anything,
    "secrets": anything,
    "configs": anything,
    "include": anything,
}


def check(document: Mapping[str, Any]) -> None:
    """Check a whole document.  Raises `ToolError`."""
    for name, service in (document.get("services") or {}).items() if isinstance(document.get("services"), dict) else ():
        if service is not None and not isinstance(service, dict):
            raise ToolError(f"services.{name} must be a mapping")
    for key in document:
        if key not in _TOP and not str(key).startswith("x-"):
            raise ToolError(f"(root) Additional property {key} is not allowed")
    for key, value in document.items():
        if key in _TOP:
            _TOP[key](value, key)
