"""md5sum, sha1sum, sha256sum, sha512sum: checksums of files (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from typing import Any

import simpy

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import BLOCK, Call, Waiting
from macvsim.machine.tool import BUSYBOX, GNU, Tool, tool
from macvsim.tools.coreutils.inputs import TEXTS, opened

_LINE = re.compile(r"([0-9a-fA-F]+) [ *](.+)|(\w+) \((.+)\) = ([0-9a-fA-F]+)")


def _programs(algorithm: str) -> tuple[Tool, Tool]:
    name = f"{algorithm}sum"

    def run(call: Call) -> Waiting:
        return _check(call, algorithm) if "-c" in call.given else _print(call, algorithm)

    gnu = tool(name, usage=TEXTS, manner=GNU, effect=Effect.NONE)(run)
    return gnu, tool(
        name, flavour="busybox", usage=TEXTS.blocks[f"busybox {name}"], manner=BUSYBOX, effect=Effect.NONE
    )(run)


MD5SUM = _programs("md5")
SHA1SUM = _programs("sha1")
SHA256SUM = _programs("sha256")
SHA512SUM = _programs("sha512")


def _print(call: Call, algorithm: str) -> Waiting:
    """A line for each file."""
    given, failed = call.given, False
    end = "\0" if "-z" in given else "\n"
    for name in given.operands or ["-"]:
        digest = yield from _digest(call, name, algorithm)
        if digest is None:
            failed = True
        elif "--tag" in given:
            call.out(f"{algorithm.upper()} ({name}) = {digest}{end}")
        else:
            call.out(f"{digest} {'*' if '-b' in given else ' '}{name}{end}")
    return int(failed)


def _digest(call: Call, name: str, algorithm: str) -> Generator[simpy.Event, Any, str | None]:
    """The checksum of a file, ``-`` is standard input; None, after a message, if it cannot be read."""
    file = opened(call, name)
    if file is None:
        return None
    if file.endless:
        raise NotSimulated(f"the checksum of {name}, which has no end", Effect.NONE)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while text := (yield from call.read_piece() if name == "-" else file.read(BLOCK)):
        digest.update(text.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _check(call: Call, algorithm: str) -> Waiting:
    """Compare files with the lines of a list."""
    given, status = call.given, 0
    busybox = call.tool is not None and call.tool.manner.busybox
    quiet, silent = "--quiet" in given or "-s" in given, "--status" in given or "-s" in given
    for listed in given.operands or ["-"]:
        file = opened(call, listed)
        if file is None:
            status = 1
            continue
        text = yield from call.read_all(None if listed == "-" else file)
        counts = {"right": 0, "wrong": 0, "unread": 0, "improper": 0}
        for line in text.splitlines():
            match = _LINE.fullmatch(line)
            if match is None:
                counts["improper"] += 1
                continue
            name, expected = match[2] or match[4], match[1] or match[5]
            if "--ignore-missing" in given and not call.files.exists(name):
                continue
            digest = yield from _digest(call, name, algorithm)
            kind = "unread" if digest is None else "right" if digest == expected.lower() else "wrong"
            counts[kind] += 1
            answer = {"right": "OK", "wrong": "FAILED", "unread": "FAILED" if busybox else "FAILED open or read"}[kind]
            if not silent and not (quiet and kind == "right"):
                call.out(f"{name}: {answer}\n")
        status |= _judged(call, listed, counts, busybox=busybox, silent=silent)
    return status


def _judged(call: Call, listed: str, counts: dict[str, int], *, busybox: bool, silent: bool) -> int:
    """Print the warnings behind a list; its exit status."""
    bad, total = counts["wrong"] + counts["unread"], counts["right"] + counts["wrong"] + counts["unread"]
    if busybox:
        if bad and not silent:
            call.err(f"{call.name}: WARNING: {bad} of {total} computed checksums did NOT match\n")
        return int(bad > 0 or not total)
    if not total:
        call.err(f"{call.name}: {listed}: no properly formatted checksum lines found\n")
        return 1
    if not silent:
        for kind, one, many in (
            ("improper", "line is improperly formatted", "lines are improperly formatted"),
            ("unread", "listed file could not be read", "listed files could not be read"),
            ("wrong", "computed checksum did NOT match", "computed checksums did NOT match"),
        ):
            if count := counts[kind]:
                call.err(f"{call.name}: WARNING: {count} {one if count == 1 else many}\n")
    return int(bad > 0 or (counts["improper"] > 0 and "--strict" in call.given))
