"""cat, head, tail, tac, rev, wc, sort, uniq, cut, tr."""

from __future__ import annotations

import re

from macvsim.errors import Effect
from macvsim.machine.call import BLOCK, Call, Waiting
from macvsim.machine.pipe import size_of
from macvsim.machine.streams import OpenFile, Steps
from macvsim.machine.tool import ToolError, UsageError
from macvsim.shell.expansion.escapes import expand_set
from macvsim.tools.coreutils.inputs import BUSYBOX_IN_ORDER, GNU_2, IN_ORDER, TEXTS
from macvsim.tools.toolkit import Lines, Wording, everywhere, letters_of, lines_of, opened, text_of

_LEADING = re.compile(r"\s*-?\d*\.?\d*")


@everywhere("cat", usage=TEXTS, works="-n -u", letters="u", effect=Effect.NONE)
def cat(call: Call, manner: Wording) -> Waiting:
    """``cat [-n] [FILE…]``."""
    given, words = letters_of(call), call.given.operands
    if "n" in given:
        lines, number = Lines(call, manner, words), 0
        while line := (yield from lines.next()):
            number += 1
            yield from call.write(f"{number:6}\t{line}")
        return int(bool(lines.failed))
    failed: list[str] = []
    for word in words or ["-"]:
        file = opened(call, manner, word, failed)
        if file is not None:
            while text := (yield from file.read(BLOCK)):
                yield from call.write(text)
    return int(bool(failed))


def _count_of(call: Call) -> str:
    """The count of ``-n``, or of ``-5``."""
    digits = "".join(name[1] for name in call.given.names if name[1].isdecimal())
    return digits or call.given.get("-n", "10")


@everywhere("head", usage=TEXTS, works="-n -q -c", letters="0123456789", effect=Effect.NONE)
def head(call: Call, manner: Wording) -> Waiting:
    """``head [-n N | -N | -c N] [FILE…]``."""
    given, words = letters_of(call), call.given.operands
    unit = "bytes" if "c" in given else "lines"
    count = _count(manner, given.get("c") or _count_of(call), unit)
    if "c" in given and count < 0:
        return call.not_simulated("head -c with a negative number", Effect.NONE)
    failed: list[str] = []
    first = True
    for word in words or ["-"]:
        file = opened(call, manner, word, failed)
        if file is None:
            continue
        _title(call, given, words, word, first)
        first = False
        if "c" in given:
            yield from _first_bytes(call, file, count)
        elif count < 0:
            text = yield from text_of(call, manner, word, failed)
            call.out("".join((text or "").splitlines(keepends=True)[:count]))
        else:
            yield from _first_lines(call, file, count)
    return int(bool(failed))


def _first_lines(call: Call, file: OpenFile, count: int) -> Steps:
    read = call.read_line if file is call.fds.stdin else file.read_line
    while count and (line := (yield from read())):
        yield from call.write(line)
        count -= 1


def _first_bytes(call: Call, file: OpenFile, size: int) -> Steps:
    while size and (text := (yield from file.read(min(size, BLOCK)))):
        data = text.encode("utf-8", "surrogateescape")[:size]
        size -= len(data)
        yield from call.write(data.decode("utf-8", "surrogateescape"))


@everywhere("tail", usage=TEXTS, works="-n -q", letters="0123456789", effect=Effect.NONE)
def tail(call: Call, manner: Wording) -> Waiting:
    """``tail [-n [+]N | -N] [FILE…]``."""
    given, words = letters_of(call), call.given.operands
    asked = _count_of(call)
    count = abs(_count(manner, asked.removeprefix("+"), "lines"))
    failed: list[str] = []
    first = True
    for name in words or ["-"]:
        text = yield from text_of(call, manner, name, failed)
        if text is None:
            continue
        _title(call, given, words, name, first)
        first = False
        lines = text.splitlines(keepends=True)
        start = max(0, count - 1) if asked.startswith("+") else max(0, len(lines) - count)
        yield from call.write("".join(lines[start:]))
    return int(bool(failed))


def _count(manner: Wording, text: str, what: str) -> int:
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    raise ToolError(f"invalid number '{text}'" if manner.busybox else f"invalid number of {what}: '{text}'")


def _title(call: Call, given: dict[str, str], words: list[str], name: str, first: bool) -> None:
    if len(words) > 1 and "q" not in given:
        call.out(f"{'' if first else chr(10)}==> {'standard input' if name == '-' else name} <==\n")


@everywhere("tac", usage=TEXTS, works="", effect=Effect.NONE)
def tac(call: Call, manner: Wording) -> Waiting:
    """``tac [FILE…]``: the last line first."""
    words = call.given.operands
    failed: list[str] = []
    for word in words or ["-"]:
        text = yield from text_of(call, manner, word, failed)
        yield from call.write("".join(reversed((text or "").splitlines(keepends=True))))
    return int(bool(failed))


@everywhere("rev", usage=TEXTS, works="", effect=Effect.NONE)
def rev(call: Call, manner: Wording) -> Waiting:
    """``rev [FILE…]``: every line backwards."""
    words = call.given.operands
    lines = Lines(call, manner, words)
    while line := (yield from lines.next()):
        yield from call.write(line.removesuffix("\n")[::-1] + "\n")
    return int(bool(lines.failed))


@everywhere("wc", usage=TEXTS, works="-c -l -m -w", effect=Effect.NONE)
def wc(call: Call, manner: Wording) -> Waiting:
    """``wc [-clmw] [FILE…]``."""
    given, words = letters_of(call), call.given.operands
    failed: list[str] = []
    rows = []
    size = 0
    for name in words or ["-"]:
        file = opened(call, manner, name, failed)
        if file is None:
            continue
        counts = dict.fromkeys("lwmc", 0)
        inside = False
        while text := (yield from call.read_piece() if name == "-" else file.read(BLOCK)):
            counts["l"] += text.count("\n")
            if "w" in (given or "w"):
                counts["w"] += len(text.split()) - (inside and not text[0].isspace())
                inside = not text[-1].isspace()
            counts["m"] += len(text)
            counts["c"] += size_of(text)
        size += counts["c"]
        rows.append(([counts[letter] for letter in "lwmc" if letter in (given or "lwc")], name))
    if len(words) > 1:
        rows.append(([sum(row[at] for row, _ in rows) for at in range(len(given) or 3)], "total"))
    width = 9 if manner.busybox else len(str(size)) if words else 7
    if len(rows) == 1 and len(rows[0][0]) == 1:
        width = 1
    for row, name in rows:
        label = f" {name}" if words else ""
        call.out(" ".join(f"{number:{width}}" for number in row) + f"{label}\n")
    return int(bool(failed))


@everywhere("sort", usage=TEXTS, works="-f -n -r -u -k -t", gnu=GNU_2, effect=Effect.NONE)
def sort(call: Call, manner: Wording) -> Waiting:
    """``sort [-fnru] [-k N] [-t C] [FILE…]``, in the order of the C locale."""
    given, words = letters_of(call), call.given.operands
    failed: list[str] = []
    lines: list[str] = []
    for word in words or ["-"]:
        lines += lines_of((yield from text_of(call, manner, word, failed)) or "")
    if failed:
        return 1 if manner.busybox else 2
    match = re.fullmatch(r"(\d+)(?:,(\d+))?([nrf]*)", given.get("k", "1"))
    if match is None:
        return call.not_simulated(f"sort -k {given['k']}", Effect.NONE)
    begin, end, letters = int(match[1]), int(match[2] or 0), match[3] + "".join(given)

    def key(line: str) -> tuple[float, str]:
        text = line
        if "k" in given:
            separator = given.get("t")
            fields = line.split(separator) if separator else re.findall(r"\s*\S+", line)
            text = (separator or "").join(fields[begin - 1 : end or None])
        text = text.upper() if "f" in letters else text
        number = _LEADING.match(text)
        digits = (number[0].strip() if number else "") or "0"
        return (float(digits) if digits.strip("-.") else 0.0, "") if "n" in letters else (0.0, text)

    if "u" in given:
        lines = list({key(line): line for line in reversed(lines)}.values())
    else:
        lines.sort(reverse="r" in letters)
    lines.sort(key=key, reverse="r" in letters)
    yield from call.write("".join(f"{line}\n" for line in lines))
    return 0


@everywhere("uniq", usage=TEXTS, works="-c -d -u", effect=Effect.NONE)
def uniq(call: Call, manner: Wording) -> Waiting:
    """``uniq [-cdu] [FILE]``."""
    given, words = letters_of(call), call.given.operands
    if len(words) > 1:
        return call.not_simulated("uniq with an output file", Effect.NONE)
    lines = Lines(call, manner, words)
    last: str | None = None
    count = 0
    while True:
        read = yield from lines.next()
        line = read.removesuffix("\n") if read else None
        if line != last and last is not None and not (("d" in given and count == 1) or ("u" in given and count > 1)):
            yield from call.write(f"{count:7} {last}\n" if "c" in given else f"{last}\n")
        if line is None:
            return int(bool(lines.failed))
        count = count + 1 if line == last else 1
        last = line


@everywhere("cut", usage=TEXTS, works="-b -c -d -f -s", effect=Effect.NONE)
def cut(call: Call, manner: Wording) -> Waiting:
    """``cut -c LIST | -f LIST [-d C] [-s] [FILE…]``."""
    given, words = letters_of(call), call.given.operands
    chosen = [given[letter] for letter in "bcf" if letter in given]
    if len(chosen) != 1:
        if manner.busybox:
            raise ToolError("expected a list of bytes, characters, or fields") if not chosen else UsageError
        raise UsageError(
            "only one list may be specified" if chosen else "you must specify a list of bytes, characters, or fields"
        )
    spans = []
    for part in chosen[0].split(","):
        match = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if match is None or not (match[1] or match[3]):
            raise UsageError(f"invalid field value '{part}'")
        low = int(match[1] or 1)
        spans.append((low, int(match[3]) if match[3] else None if match[2] else low))
    delimiter = given.get("d", "\t")

    def picked(units: list[str]) -> list[str]:
        return [
            unit
            for at, unit in enumerate(units, 1)
            if any(low <= at and (high is None or at <= high) for low, high in spans)
        ]

    lines = Lines(call, manner, words)
    while read := (yield from lines.next()):
        line = read.removesuffix("\n")
        if "f" not in given:
            yield from call.write("".join(picked(list(line))) + "\n")
        elif delimiter in line:
            yield from call.write(delimiter.join(picked(line.split(delimiter))) + "\n")
        elif "s" not in given:
            yield from call.write(f"{line}\n")
    return int(bool(lines.failed))


@everywhere(
    "tr", usage=TEXTS, works="-c -C -d -s", letters="C", gnu=IN_ORDER, busybox=BUSYBOX_IN_ORDER, effect=Effect.NONE
)
def tr(call: Call, manner: Wording) -> Waiting:
    """``tr [-cds] SET1 [SET2]``."""
    given, words = letters_of(call), call.given.operands
    if not words:
        raise UsageError("" if manner.busybox else "missing operand")
    if len(words) == 1 and not given.keys() & {"d", "s"}:
        raise UsageError("" if manner.busybox else f"missing operand after '{words[0]}'")
    first = expand_set(words[0])
    second = expand_set(words[1]) if len(words) > 1 else ""
    complement = "c" in given or "C" in given

    def inside(c: str) -> bool:
        return (c in first) != complement

    padded = second + second[-1:] * max(0, len(first) - len(second))

    class Table(dict[int, str]):
        """Replacements of characters, by number."""

        def __missing__(self, code: int) -> str:
            c = chr(code)
            if not inside(c):
                found = c
            elif "d" in given:
                found = ""
            else:
                found = second[-1] if complement else padded[first.rindex(c)]
            return self.setdefault(code, found)

    table = Table()
    letters = "".join(f"\\{c}" if c.isascii() and not c.isalnum() else c for c in second or first)
    none = "\ud800"  # no text has this one, and a class of characters cannot be empty
    repeated = re.compile(f"([{'^' * (complement and not second)}{none}{letters}])\\1+")
    last = ""
    while text := (yield from call.read_piece()):
        if second or "d" in given:
            text = text.translate(table)
        if "s" in given:
            call.box.sim.meter.step(call.described, len(text) >> 12)
            text = repeated.sub(r"\1", last + text)[len(last) :]
            last = text[-1:] or last
        yield from call.write(text)
    return 0
