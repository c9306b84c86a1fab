"""What is asked: a step of a lab file by its line or its text, or a ping that stands nowhere in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from macvsim.apps.ping_result import PingResult
from macvsim.errors import ScenarioError
from macvsim.lab import Lab
from macvsim.labfile.document import Document, Step
from macvsim.labfile.play import Outcome
from macvsim.machine.host import Box
from macvsim.repair.scene import addresses
from macvsim.wire.addr import ip_text

_ASKED = re.compile(r"(?P<node>[\w./-]+)\s*[:#]\s*(?P<command>.+)")
_PING = re.compile(r"(?:^|[\s;&|])(?:\S*/)?(?P<ping>ping6?)\s+(?P<words>[^;&|]+)")
_VALUED = ("-c", "-i", "-I", "-s", "-t", "-w", "-W", "-l", "-m", "-M", "-p", "-Q", "-S", "-T")


@dataclass(frozen=True)
class PingWords:
    """A ping in a command line: who sends it, to whom."""

    node: str
    target: str


def works(outcome: Outcome) -> bool:
    """True if every ping of a step got an answer; of a step without pings, if it was not refused."""
    if outcome.pings:
        return all(ping.received for ping in outcome.pings)
    return not outcome.status


def is_ping(step: Step) -> bool:
    """True if a step pings, or would."""
    return _PING.search(step.command) is not None


def ping_words(step: Step) -> PingWords | None:
    """Who pings whom in a step, as far as its words tell."""
    match = _PING.search(step.command)
    if match is None:
        return None
    words = match["words"].split()
    plain = [
        word for before, word in zip(["", *words], words, strict=False) if before not in _VALUED and word[0] != "-"
    ]
    inside = re.search(r"docker (?:container )?exec (?:-\S+ )*(\S+)", step.command)
    return PingWords(inside[1] if inside else step.node, plain[-1]) if plain else None


def lost(outcome: Outcome) -> PingResult | None:
    """The first ping of a step that got no answer."""
    return next((ping for ping in outcome.pings if not ping.received), None)


# -- asked by hand -----------------------------------------------------------------------------------------------------


def find(document: Document, asked: str, outcomes: list[Outcome], lab: Lab) -> tuple[Step, bool]:
    """The step that is asked about, and whether it stands in the file.

    asked : number of a line, or ``NODE: COMMAND``, where containers may be named in place of addresses

    Raises
    ------
    ScenarioError : there is no such step or node
    """
    if asked.isdecimal():
        return _at_line(document, int(asked)), True
    match = _ASKED.fullmatch(asked.strip())
    if match is None:
        raise ScenarioError(
            f'{document.file}: {asked!r} is no step: name a line, or "NODE: COMMAND", such as "c1: ping 10.0.0.2"'
        )
    node, command = match["node"], match["command"].strip()
    standing = [outcome for outcome in outcomes if _is_meant(outcome.step, node, command)]
    if standing:
        return next((outcome.step for outcome in standing if not works(outcome)), standing[0].step), True
    if node not in lab.boxes() and node not in lab.switches:
        raise ScenarioError(f"{document.file}: the lab has no node {node!r}: it has {', '.join(lab.boxes())}")
    last = document.steps[-1] if document.steps else None
    line = last.first + len(last.expected) if last else 1
    command = _by_address(lab, lab.boxes().get(node), _ending(command))
    return Step(line, -1, f"{node}#", node, None, command, (f"{node}# {command}",), (), line + 1, False), False


def _at_line(document: Document, line: int) -> Step:
    for step in document.steps:
        if step.line <= line < max(step.first + len(step.expected), step.line + 1):
            return step
    lines = [step.line for step in document.steps]
    raise ScenarioError(
        f"{document.file}: no command stands on line {line}: "
        + (f"they stand on lines {lines[0]} to {lines[-1]}" if lines else "there are none")
    )


def _is_meant(step: Step, node: str, command: str) -> bool:
    """True if a step is what was asked: letter by letter, or a ping between the same two."""
    if step.node == node and step.command == command:
        return True
    wanted = ping_words(replace(step, node=node, command=command))
    return wanted is not None and ping_words(step) == wanted


def _ending(command: str) -> str:
    """A ping that ends by itself."""
    match = _PING.search(command)
    if match is None or re.search(r"\s-(c|w)\b", command):
        return command
    return command[: match.start("words")] + "-c 1 -W 1 " + command[match.start("words") :]


def _by_address(lab: Lab, box: Box | None, command: str) -> str:
    """Names of containers and hosts that the pinging node cannot resolve, as addresses."""
    match = _PING.search(command)
    if match is None or box is None:
        return command
    boxes = lab.boxes()
    words = [
        next(map(ip_text, addresses(boxes[word])), word) if word in boxes and word not in box.hosts else word
        for word in match["words"].split()
    ]
    return command[: match.start("words")] + " ".join(words) + command[match.end("words") :]
