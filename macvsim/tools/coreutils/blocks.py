"""yes, truncate and dd: programs that make or copy bytes, however many (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

import re

from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import BLOCK, Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import BUSYBOX, GNU, ToolError, UsageError, tool
from macvsim.tools.coreutils.inputs import TEXTS

_POWERS = "KMGTPE"
_SIZE = re.compile(r"(\d+)([KkMGTPE]?)(B|iB)?")
_WITHOUT_EFFECT = ("", "fsync", "fdatasync", "fullblock", "direct", "dsync")
"""Flags and conversions of dd that change no byte."""
_MOST = 1 << 28
"""How many bytes a file may get by truncate."""


@tool("yes", usage=TEXTS, manner=GNU, effect=Effect.NONE)
def yes(call: Call) -> Waiting:
    """``yes [STRING]...``."""
    return _yes(call)


@tool("yes", flavour="busybox", usage=TEXTS.blocks["busybox yes"], manner=BUSYBOX, effect=Effect.NONE)
def busybox_yes(call: Call) -> Waiting:
    """``yes [STRING]``."""
    return _yes(call)


def _yes(call: Call) -> Waiting:
    line = " ".join(call.given.operands or ["y"]) + "\n"
    block = line * max(1, BLOCK // len(line))
    while True:
        yield from call.write(block)


@tool("truncate", usage=TEXTS, manner=GNU, left_out={"-o": "blocks of the file system"}, effect=Effect.NONE)
def truncate(call: Call) -> int:
    """``truncate OPTION... FILE...``."""
    given = call.given
    if "-s" not in given and "-r" not in given:
        raise UsageError("you must specify either '--size' or '--reference'")
    return _truncate(call)


@tool(
    "truncate",
    flavour="busybox",
    usage=TEXTS.blocks["busybox truncate"],
    letters="s:c",
    manner=BUSYBOX,
    effect=Effect.NONE,
)
def busybox_truncate(call: Call) -> int:
    """``truncate [-c] -s SIZE FILE...``."""
    if "-s" not in call.given:
        raise UsageError("")
    return _truncate(call)


def _truncate(call: Call) -> int:
    given, files = call.given, call.files
    if not given.operands:
        raise UsageError("missing file operand")
    word = given.get("-s", "+0")
    mode = word[:1] if word.startswith(("+", "-", "<", ">", "/", "%")) else ""
    size = size_in(word.removeprefix(mode))
    if size is None:
        assert call.tool is not None
        text = "invalid number" if call.tool.manner.busybox else "Invalid number:"
        raise ToolError(f"{text} '{word}'")
    status = 0
    try:
        base = len(files.read(given.get("-r")).encode("utf-8", "surrogateescape")) if "-r" in given else None
    except FileError as error:
        raise ToolError(f"failed to get attributes of '{given.get('-r')}': {error.strerror}") from None
    for name in given.operands:
        try:
            if not files.exists(name) and "-c" in given:
                continue
            data = files.read(name).encode("utf-8", "surrogateescape") if files.exists(name) else b""
            wanted = _resized(len(data) if base is None else base, mode, size)
            if wanted > _MOST:
                raise NotSimulated(f"a file of {wanted} bytes", Effect.NONE)
            call.box.sim.meter.build(wanted, f"{call.described()}: {name} gets {wanted:,} bytes")
            files.replace(name, data[:wanted].ljust(wanted, b"\0").decode("utf-8", "surrogateescape"))
        except FileError as error:
            call.err(f"{call.name}: cannot open '{name}' for writing: {error.strerror}\n")
            status = 1
    return status


def _resized(old: int, mode: str, size: int) -> int:
    match mode:
        case "+":
            return old + size
        case "-":
            return max(0, old - size)
        case "<":
            return min(old, size)
        case ">":
            return max(old, size)
        case "/" | "%" if not size:
            raise ToolError("division by zero")
        case "/":
            return old // size * size
        case "%":
            return -(-old // size) * size
    return size


def size_in(word: str) -> int | None:
    """Bytes of a number with a unit (``10K``, ``2MB``); None for a word that is no size."""
    match = _SIZE.fullmatch(word)
    if match is None or (match[3] and not match[2]):
        return None
    base, power = 1000 if match[3] == "B" else 1024, _POWERS.find(match[2].upper()) + 1 if match[2] else 0
    return int(match[1]) * int(base**power)


@tool("dd", flavour="debian", usage=TEXTS, manner=GNU, effect=Effect.NONE)
def dd(call: Call) -> Waiting:
    """``dd [OPERAND]...``."""
    return _Dd(call).run()


class _Dd:
    """One copy; bytes are counted in whole blocks and parts of blocks."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._given: dict[str, str] = {}
        for word in call.given.operands:
            name, equals, value = word.partition("=")
            known = ("if", "of", "bs", "ibs", "obs", "count", "skip", "seek", "status", "conv", "iflag", "oflag", "cbs")
            if not equals or name not in known:
                raise UsageError(f"unrecognized operand '{word}'")
            self._given[name] = value
        for name in ("conv", "iflag", "oflag", "seek", "cbs"):
            value = self._given.get(name, "")
            if any(part not in _WITHOUT_EFFECT for part in value.split(",")):
                raise NotSimulated(f"dd {name}={value}", Effect.NONE)
        if self._given.get("status") not in (None, "none", "noxfer", "progress"):
            raise UsageError(f"invalid status level: '{self._given['status']}'")
        self._block = self._number("bs") or self._number("ibs") or 512
        self._whole = self._part = self._bytes = 0

    def _number(self, name: str) -> int:
        """A number with its unit; 0 if it is not given."""
        word = self._given.get(name)
        if word is None:
            return 0
        product = 1
        for factor in word.split("x"):
            match = re.fullmatch(r"(\d+)(?:c|w|b)?", factor)
            size = int(match[1]) * {"w": 2, "b": 512}.get(factor[-1], 1) if match else size_in(factor)
            if size is None:
                raise ToolError(f"invalid number: '{word}'")
            product *= size
        if not product and name in ("bs", "ibs", "obs"):
            raise ToolError(f"invalid number: '{word}'")
        return product

    def run(self) -> Waiting:
        """Copy, and print how much it was."""
        call, source, target = self._call, self._given.get("if"), self._given.get("of")
        count, skip = self._number("count") if "count" in self._given else -1, self._number("skip")
        try:
            name = source or ""
            file = call.fds.stdin if source is None else call.open(source)
            name = target or ""
            output = None if target is None else call.create(target)
        except FileError as error:
            raise ToolError(f"failed to open '{name}': {error.strerror}") from None
        began = call.box.sim.now
        for _ in range(skip):
            if not (yield from file.read(self._block)):
                break
        while self._whole + self._part != count and (text := (yield from file.read(self._block))):
            size = len(text.encode("utf-8", "surrogateescape"))
            if size == self._block:
                self._whole += 1
            else:
                self._part += 1
            self._bytes += size
            if output is None:
                yield from call.write(text)
            else:
                yield from output.put(text)
            if file.endless and self._bytes % (1 << 20) < self._block:
                yield call.box.sim.timeout(SECOND // 1000)
        if output is not None:
            output.flush()
        self._report(call.box.sim.now - began)
        return 0

    def _report(self, elapsed: float) -> None:
        status = self._given.get("status")
        if status == "none":
            return
        records = f"{self._whole}+{self._part} records"
        self._call.err(f"{records} in\n{records} out\n")
        if status != "noxfer":
            seconds = elapsed / SECOND
            rate = f"{_human(self._bytes / seconds, 1000)}/s" if elapsed else "Infinity B/s"
            forms = [_human(self._bytes, base) for base, least in ((1000, 1000), (1024, 1024)) if self._bytes >= least]
            size = f"{self._bytes} bytes" + (f" ({', '.join(forms)})" if forms else "")
            self._call.err(f"{size} copied, {seconds:g} s, {rate}\n")


def _human(size: float, base: int) -> str:
    """A size as GNU prints it for people: two digits below ten of a unit."""
    unit = 0
    while size >= base and unit < len(_POWERS):
        size /= base
        unit += 1
    if not unit:
        return f"{size / 1000:.1f} kB"
    letter = _POWERS[unit - 1]
    letter = f"{'k' if letter == 'K' else letter}B" if base == 1000 else f"{letter}iB"
    return f"{size:.1f} {letter}" if size < 10 else f"{size:.0f} {letter}"
