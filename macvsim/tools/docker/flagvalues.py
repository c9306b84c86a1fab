"""What values of flags must look like (spf13/pflag, docker/cli ``opts``), by the kind that ``--help`` names."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from macvsim.docker.ipam_config import parse_address
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.manual import Option


def check(option: Option, value: str) -> list[str]:
    """The values that one text stands for.  Raises `ToolError`."""
    if option.kind == "strings":
        try:
            return next(csv.reader([value]), []) if value else []
        except csv.Error as error:
            raise ToolError(str(error)) from None
    reader = _BY_NAME.get(option.name) if option.kind in ("list", "map") else _BY_KIND.get(option.kind)
    if reader is not None and not (option.name == "memory-swap" and value == "-1"):
        reader(value)
    return [value]


# -- numbers -----------------------------------------------------------------------------------------------------------

_INTEGER = re.compile(r"0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)|(?P<d>0|[1-9][0-9]*)")
_BASES = {"x": 16, "b": 2, "o": 8, "d": 10}


def integer(text: str, function: str = "ParseInt", bits: int = 64) -> int:
    """Go's ``strconv.ParseInt(text, 0, bits)`` or ``ParseUint``."""
    digits = text.lstrip("+-") if function == "ParseInt" and text[:1] in ("+", "-") else text
    match = _INTEGER.fullmatch(digits)
    if match is None or len(text) - len(digits) > 1:
        raise ToolError(f'strconv.{function}: parsing "{text}": invalid syntax')
    assert match.lastgroup is not None
    number = int(match[match.lastgroup], _BASES[match.lastgroup])
    number = -number if text.startswith("-") else number
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if function == "ParseInt" else (0, (1 << bits) - 1)
    if not low <= number <= high:
        raise ToolError(f'strconv.{function}: parsing "{text}": value out of range')
    return number


def _unsigned(bits: int) -> Callable[[str], object]:
    return lambda text: integer(text, "ParseUint", bits)


def _float(text: str) -> None:
    try:
        float(text)
    except ValueError:
        raise ToolError(f'strconv.ParseFloat: parsing "{text}": invalid syntax') from None


def _decimal(text: str) -> None:
    """``--cpus``: a rational number of whole billionths."""
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ToolError(f"failed to parse {text} as a rational number") from None
    if (number * 10**9).denominator != 1:
        raise ToolError("value is too precise")


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def duration(text: str) -> int:
    """Go's ``time.ParseDuration``, in nanoseconds."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total = Fraction(0)
    while rest:
        match = re.match(r"(\d*\.?\d*)([^\d.]*)", rest)
        assert match is not None
        if not re.search(r"\d", match[1]):
            break
        if not match[2]:
            raise ToolError(f'time: missing unit in duration "{text}"')
        if match[2] not in _UNITS:
            raise ToolError(f'time: unknown unit "{match[2]}" in duration "{text}"')
        number = match[1].strip(".") or "0"
        total += Fraction(match[1] if not match[1].startswith(".") else f"0.{number}") * _UNITS[match[2]]
        rest = rest[match.end() :]
    if rest or not text or text in ("+", "-"):
        raise ToolError(f'time: invalid duration "{text}"')
    return int(-total if text.startswith("-") else total)


def _bytes(text: str) -> None:
    """units.RAMInBytes."""
    if not re.fullmatch(r"\d+(\.\d+)? ?[kKmMgGtTpP]?[iI]?[bB]?", text):
        raise ToolError(f"invalid size: '{text}'")


# -- names and addresses -----------------------------------------------------------------------------------------------

_SYSCTLS = (
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
    "kernel.shm_rmid_forced",
)  # fmt: skip
_DOMAIN = re.compile(r"(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))(:?\.(:?[a-zA-Z0-9_-]+))*)\.?\s*")


def _environment(text: str) -> None:
    if not text or text.startswith("="):
        raise ToolError(f"invalid environment variable: {text}")


def _label(text: str) -> None:
    name = text.partition("=")[0]
    if not name.strip():
        raise ToolError(f"invalid label '{text}': empty name")
    if any(character.isspace() for character in name):
        raise ToolError(f"invalid label '{text}': contains whitespaces")


def host_entry(text: str) -> tuple[str, str]:
    """``--add-host NAME:ADDRESS`` or ``NAME=ADDRESS``."""
    name, sign, address = text.partition("=") if "=" in text else text.partition(":")
    if not sign or not name:
        raise ToolError(f'bad format for add-host: "{text}"')
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    if address != "host-gateway" and parse_address(bare) is None:
        raise ToolError(f'invalid IP address in add-host: "{address}"')
    return name, bare


def _address(text: str) -> None:
    if parse_address(text.strip()) is None:
        raise ToolError(f"IP address is not correctly formatted: {text}")


def _domain(text: str) -> None:
    if text.strip(" ") != "." and not _DOMAIN.fullmatch(text):
        raise ToolError(f"{text} is not a valid domain")


def _sysctl(text: str) -> None:
    name, sign, _ = text.partition("=")
    if not sign or not (name in _SYSCTLS or name.startswith(("net.", "fs.mqueue."))):
        raise ToolError(f"sysctl '{text}' is not allowed")


def _stream(text: str) -> None:
    if text.lower() not in ("stdin", "stdout", "stderr"):
        raise ToolError("valid streams are STDIN, STDOUT and STDERR")


def _link(text: str) -> None:
    if not text:
        raise ToolError("empty string specified for links")
    if text.count(":") > 1:
        raise ToolError(f"bad format for links: {text}")


def _filter(text: str) -> None:
    if text and "=" not in text:
        raise ToolError("bad format of filter (expected name=value)")


def _network(text: str) -> None:
    """``--network`` in its long notation: fields behind commas."""
    if "=" not in text:
        return
    fields = [part.partition("=") for part in text.split(",")]
    keys = [key.strip().lower() for key, _, _ in fields]
    for key, (_, sign, _) in zip(keys, fields, strict=True):
        if not sign:
            raise ToolError(f"invalid field {key}")
        if key not in ("name", "alias", "ip", "ip6", "link-local-ip", "mac-address", "driver-opt"):
            raise ToolError(f"invalid field key {key}")
    if "name" not in keys:
        raise ToolError("network name/id is not specified")


_BY_KIND: Mapping[str, Callable[[str], object]] = {
    "int": integer,
    "uint": _unsigned(64),
    "uint16": _unsigned(16),
    "uint32": _unsigned(32),
    "float": _float,
    "decimal": _decimal,
    "duration": duration,
    "bytes": _bytes,
    "filter": _filter,
    "network": _network,
}
_BY_NAME: Mapping[str, Callable[[str], object]] = {
    "env": _environment,
    "label": _label,
    "add-host": host_entry,
    "dns": _address,
    "dns-search": _domain,
    "sysctl": _sysctl,
    "attach": _stream,
    "link": _link,
}
