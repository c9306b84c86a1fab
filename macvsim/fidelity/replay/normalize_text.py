"""Normalisation of what commands print: times, identifiers, unordered lists and random addresses; nothing else.

A text is normalised with the command that printed it, because some rules hold for one command only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from macvsim.fidelity.replay.entries import CommandEntry
from macvsim.labfile.shapes import by_shape
from macvsim.wire.canon import EPHEMERAL

_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
_BRIDGE_ID = re.compile(r"\b([0-9a-f]{4})\.((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2})\b")  # written without leading zeros
_PORT = re.compile(r"(?<=:)\d{5}\b|(?<=port[= ])\d{5}\b")  # after an address; sport= and dport=; --sport and --dport
_ECHO_ID = re.compile(r"\bid=(\d+)")
_ECHO_LINE = ("icmp ", "ipv4 ")  # how lines of conntrack -L and of /proc/net/nf_conntrack begin

# commands that list a hash table: its order is random per boot
_UNORDERED = re.compile(r"\bip( -\S+)* neigh( show.*)?$|\barp -n|\bconntrack -L|nf_conntrack")
_NETWORK_INSPECT = re.compile(r"\bdocker network inspect (?!-f)")
_DOCKER_PS = re.compile(r"\bdocker([ -]compose)? ps\b")


def given_macs(scenario_text: str) -> frozenset[str]:
    """The MACs that a scenario names: these are not random."""
    return frozenset(_MAC.findall(scenario_text.lower()))


def normalize_output(command: str, text: str, given: Collection[str]) -> str:
    """The normalised form of what `command` printed on stdout or stderr; `given`: see `given_macs`."""
    if _NETWORK_INSPECT.search(command):
        text = _containers_by_name(text)
    text = by_shape(text)
    lines = [_line(line) for line in text.split("\n")]
    if _UNORDERED.search(command):
        lines.sort()
    if _DOCKER_PS.search(command):  # its columns are as wide as the ages in them
        lines = [re.sub("  +", "  ", line) for line in lines]
    return _macs("\n".join(lines), given)


def normalize_command(entry: CommandEntry, given: Collection[str]) -> str:
    """Exit status, stdout and stderr of a command as one text, normalised."""
    stdout = normalize_output(entry.cmd, entry.stdout, given)
    stderr = normalize_output(entry.cmd, entry.stderr, given)
    return f"rc={entry.rc}\n{stdout}\n--- stderr\n{stderr}"


def _line(line: str) -> str:
    """Number ephemeral ports and conntrack's echo identifiers; per line, so that a rewritten one still shows."""
    ports: dict[str, str] = {}
    echoes: dict[str, str] = {}

    def port(match: re.Match[str]) -> str:
        text = match[0]
        return ports.setdefault(text, f"E{len(ports) + 1}") if int(text) in EPHEMERAL else text

    def echo(match: re.Match[str]) -> str:
        return "id=" + echoes.setdefault(match[1], f"I{len(echoes) + 1}")

    line = _PORT.sub(port, line)
    return _ECHO_ID.sub(echo, line) if line.startswith(_ECHO_LINE) else line


def _macs(text: str, given: Collection[str]) -> str:
    """Number the random MACs of a text, also those inside bridge identifiers."""
    random: dict[str, str] = {}

    def full(match: re.Match[str]) -> str:
        return match[1] + "." + ":".join(part.zfill(2) for part in match[2].split(":"))

    def number(match: re.Match[str]) -> str:
        mac = match[0]
        return mac if mac in given or _is_fixed(mac) else random.setdefault(mac, f"MAC{len(random) + 1}")

    return _MAC.sub(number, _BRIDGE_ID.sub(full, text))


def _is_fixed(mac: str) -> bool:
    """Group and zero addresses, those counted up for devices without a given one, and Docker's from private IPv4."""
    octets = bytes.fromhex(mac.replace(":", ""))
    if octets[0] & 1 or not any(octets) or octets.startswith(b"\x0e\0\0\0\0"):
        return True
    return octets.startswith(b"\x02\x42") and octets[2] in (10, 172, 192)


def _containers_by_name(text: str) -> str:
    """Sort the containers that ``docker network inspect`` lists in the order of their random identifiers."""
    try:
        networks: Any = json.loads(text)
        for network in networks:
            network["Containers"] = sorted(network["Containers"].values(), key=lambda container: str(container["Name"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return text  # an error message, or another form asked for
    return json.dumps(networks, indent=4)
