"""cat and head, which pass lines on while they come; tail, tac, rev, wc, sort, uniq, cut, tr."""

from __future__ import annotations

import re

from macvsim.machine.call import Call, Waiting
from macvsim.shell.expansion.escapes import expand_set
from macvsim.tools.toolkit import Manner, Misuse, Refused, everywhere, lines_of, next_line, next_piece, options, texts

_LEADING = re.compile(r"\s*-?\d*\.?\d*")


@everywhere("cat", streams=True)
def cat(call: Call, manner: Manner) -> Waiting:
    """``cat [-n] [FILE…]``."""
    given, words = options(call, "nu", "AbeEstTv")
    failed: list[str] = []
    number = 0

    def show(line: str) -> None:
        nonlocal number
        number += 1
        call.out(f"{number:6}\t{line}" if "n" in given else line)

    for word in words or ["-"]:
        if word == "-":
            read = next_line if "n" in given else next_piece
            while text := (yield from read(call)):
                show(text)
            continue
        for _, text in texts(call, manner, [word], failed):
            if "n" not in given:
                call.out(text)
                continue
            for line in text.splitlines(keepends=True):
                show(line)
    return int(bool(failed))


def _old_count(call: Call) -> list[str]:
    """The words with ``-5`` written as ``-n 5``."""
    return [f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in call.args]


@everywhere("head", streams=True)
def head(call: Call, manner: Manner) -> Waiting:
    """``head [-n N | -N | -c N] [FILE…]``."""
    call.argv[1:] = _old_count(call)
    given, words = options(call, "n:qc:", "vz", {"lines": "n", "quiet": "q", "bytes": "c"})
    if "c" in given:
        return (yield from _first_bytes(call, manner, given, words))
    count = _count(manner, given.get("n", "10"), "lines")
    failed: list[str] = []
    if not words and count >= 0:
        while count and (line := (yield from next_line(call))):
            call.out(line)
            count -= 1
        return 0
    if call.source is not None:
        yield from call.source.wait_closed()
    first = True
    for name, text in texts(call, manner, words, failed):
        _title(call, given, words, name, first)
        first = False
        call.out("".join(text.splitlines(keepends=True)[:count]))
    return int(bool(failed))


def _first_bytes(call: Call, manner: Manner, given: dict[str, str], words: list[str]) -> Waiting:
    """``head -c N``; /dev/zero has as many as are asked for."""
    size = _count(manner, given["c"], "bytes")
    if size < 0:
        return call.not_simulated("head -c with a negative number")
    failed: list[str] = []
    for at, word in enumerate(words or ["-"]):
        if word == "-" and call.source is not None:
            yield from call.source.wait_closed()
        found = [(word, "\0" * size)] if word == "/dev/zero" else texts(call, manner, [word], failed)
        for name, text in found:
            _title(call, given, words, name, at == 0)
            data = text.encode("utf-8", "surrogateescape")[:size]
            call.out(data.decode("utf-8", "surrogateescape"))
    return int(bool(failed))


@everywhere("tail")
def tail(call: Call, manner: Manner) -> int:
    """``tail [-n [+]N | -N] [FILE…]``."""
    call.argv[1:] = _old_count(call)
    given, words = options(call, "n:q", "cfFsvz", {"lines": "n", "quiet": "q"})
    asked = given.get("n", "10")
    count = abs(_count(manner, asked.removeprefix("+"), "lines"))
    failed: list[str] = []
    first = True
    for name, text in texts(call, manner, words, failed):
        _title(call, given, words, name, first)
        first = False
        lines = text.splitlines(keepends=True)
        start = max(0, count - 1) if asked.startswith("+") else max(0, len(lines) - count)
        call.out("".join(lines[start:]))
    return int(bool(failed))


def _count(manner: Manner, text: str, what: str) -> int:
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    raise Refused(f"invalid number '{text}'" if manner.busybox else f"invalid number of {what}: '{text}'")


def _title(call: Call, given: dict[str, str], words: list[str], name: str, first: bool) -> None:
    if len(words) > 1 and "q" not in given:
        call.out(f"{'' if first else chr(10)}==> {'standard input' if name == '-' else name} <==\n")


@everywhere("tac")
def tac(call: Call, manner: Manner) -> int:
    """``tac [FILE…]``: the last line first."""
    _, words = options(call, "", "brs")
    failed: list[str] = []
    for _, text in texts(call, manner, words, failed):
        call.out("".join(reversed(text.splitlines(keepends=True))))
    return int(bool(failed))


@everywhere("rev")
def rev(call: Call, manner: Manner) -> int:
    """``rev [FILE…]``: every line backwards."""
    _, words = options(call, "", "0")
    failed: list[str] = []
    for _, text in texts(call, manner, words, failed):
        call.out("".join(f"{line[::-1]}\n" for line in lines_of(text)))
    return int(bool(failed))


@everywhere("wc")
def wc(call: Call, manner: Manner) -> int:
    """``wc [-clmw] [FILE…]``."""
    given, words = options(call, "clmw", "L", {"lines": "l", "words": "w", "bytes": "c", "chars": "m"})
    failed: list[str] = []
    rows = []
    size = 0
    for name, text in texts(call, manner, words, failed):
        counts = {
            "l": text.count("\n"),
            "w": len(text.split()),
            "m": len(text),
            "c": len(text.encode("utf-8", "surrogateescape")),
        }
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


@everywhere("sort")
def sort(call: Call, manner: Manner) -> int:
    """``sort [-fnru] [-k N] [-t C] [FILE…]``, in the order of the C locale."""
    given, words = options(call, "fnruk:t:", "bcdghimMosVz", {"reverse": "r", "numeric-sort": "n", "unique": "u"})
    failed: list[str] = []
    lines = [line for _, text in texts(call, manner, words, failed) for line in lines_of(text)]
    if failed:
        return manner.failure(call)
    match = re.fullmatch(r"(\d+)(?:,(\d+))?([nrf]*)", given.get("k", "1"))
    if match is None:
        return call.not_simulated(f"sort -k {given['k']}")
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
    call.out("".join(f"{line}\n" for line in lines))
    return 0


@everywhere("uniq")
def uniq(call: Call, manner: Manner) -> int:
    """``uniq [-cdu] [FILE]``."""
    given, words = options(call, "cdu", "fiswz", {"count": "c"})
    failed: list[str] = []
    if len(words) > 1:
        return call.not_simulated("uniq with an output file")
    runs: list[tuple[int, str]] = []
    for _, text in texts(call, manner, words, failed):
        for line in lines_of(text):
            if runs and runs[-1][1] == line:
                runs[-1] = (runs[-1][0] + 1, line)
            else:
                runs.append((1, line))
    for count, line in runs:
        if ("d" in given and count == 1) or ("u" in given and count > 1):
            continue
        call.out(f"{count:7} {line}\n" if "c" in given else f"{line}\n")
    return int(bool(failed))


@everywhere("cut")
def cut(call: Call, manner: Manner) -> int:
    """``cut -c LIST | -f LIST [-d C] [-s] [FILE…]``."""
    given, words = options(call, "b:c:d:f:s", "nz", {"delimiter": "d", "fields": "f"})
    chosen = [given[letter] for letter in "bcf" if letter in given]
    if len(chosen) != 1:
        if manner.busybox:
            raise Misuse("expected a list of bytes, characters, or fields" if not chosen else "")
        raise Misuse(
            "only one list may be specified" if chosen else "you must specify a list of bytes, characters, or fields"
        )
    spans = []
    for part in chosen[0].split(","):
        match = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if match is None or not (match[1] or match[3]):
            raise Misuse(f"invalid field value '{part}'")
        low = int(match[1] or 1)
        spans.append((low, int(match[3]) if match[3] else None if match[2] else low))
    delimiter = given.get("d", "\t")
    failed: list[str] = []

    def picked(units: list[str]) -> list[str]:
        return [
            unit
            for at, unit in enumerate(units, 1)
            if any(low <= at and (high is None or at <= high) for low, high in spans)
        ]

    for _, text in texts(call, manner, words, failed):
        for line in lines_of(text):
            if "f" not in given:
                call.out("".join(picked(list(line))) + "\n")
            elif delimiter in line:
                call.out(delimiter.join(picked(line.split(delimiter))) + "\n")
            elif "s" not in given:
                call.out(f"{line}\n")
    return int(bool(failed))


@everywhere("tr")
def tr(call: Call, manner: Manner) -> int:
    """``tr [-cds] SET1 [SET2]``."""
    given, words = options(call, "cCds", "t", {"delete": "d", "squeeze-repeats": "s"})
    if not words:
        raise Misuse("" if manner.busybox else "missing operand")
    if len(words) == 1 and not given.keys() & {"d", "s"}:
        raise Misuse("" if manner.busybox else f"missing operand after '{words[0]}'")
    text = call.stdin or ""
    first = expand_set(words[0])
    second = expand_set(words[1]) if len(words) > 1 else ""
    complement = "c" in given or "C" in given

    def inside(c: str) -> bool:
        return (c in first) != complement

    if "d" in given:
        text = "".join(c for c in text if not inside(c))
    elif second:
        padded = second + second[-1] * max(0, len(first) - len(second))
        text = "".join((second[-1] if complement else padded[first.rindex(c)]) if inside(c) else c for c in text)
    if "s" in given:
        squeezed = second or first

        def chosen(c: str) -> bool:
            return c in squeezed if second or not complement else inside(c)

        text = "".join(c for at, c in enumerate(text) if not (at and text[at - 1] == c and chosen(c)))
    call.out(text)
    return 0
