"""paste, comm and nl: lines side by side, compared, and numbered (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import BUSYBOX, GNU, ToolError, UsageError, tool
from macvsim.tools.coreutils.inputs import TEXTS, line_of, opened

_DELIMITERS = {"n": "\n", "t": "\t", "0": "", "\\": "\\"}


@tool("paste", usage=TEXTS, manner=GNU, effect=Effect.NONE)
def paste(call: Call) -> Waiting:
    """``paste [OPTION]... [FILE]...``."""
    return _paste(call)


@tool("paste", flavour="busybox", usage=TEXTS.blocks["busybox paste"], manner=BUSYBOX, effect=Effect.NONE)
def busybox_paste(call: Call) -> Waiting:
    """``paste [-d LIST] [-s] ...``."""
    return _paste(call)


def _paste(call: Call) -> Waiting:
    given = call.given
    if "-z" in given:
        raise NotSimulated("paste -z", Effect.NONE)
    between = _delimiters(given.get("-d", "\t"))
    names = given.operands or ["-"]
    if "-s" in given:
        failed = False
        for name in names:
            file = opened(call, name)
            failed = failed or file is None
            if file is not None:
                count, end = 0, ""
                while line := (yield from line_of(call, file)):
                    before = between[(count - 1) % len(between)] if count else ""
                    yield from call.write(before + line.removesuffix("\n"))
                    count, end = count + 1, "\n"
                yield from call.write(end or "\n")
        return int(failed)
    files = []
    for name in names:
        try:
            files.append(call.fds.stdin if name == "-" else call.open(name))
        except FileError as error:
            raise ToolError(f"{name}: {error.strerror}") from None
    while True:
        lines = []
        for file in files:
            lines.append((yield from line_of(call, file)))
        if not any(lines):
            return 0
        parts = [line.removesuffix("\n") + between[at % len(between)] for at, line in enumerate(lines[:-1])]
        yield from call.write("".join(parts) + lines[-1].removesuffix("\n") + "\n")


def _delimiters(text: str) -> list[str]:
    """The list of ``-d``."""
    found, rest = [], iter(text)
    for char in rest:
        if char != "\\":
            found.append(char)
            continue
        escaped = next(rest, None)
        if escaped is None:
            raise ToolError(f"delimiter list ends with an unescaped backslash: {text}")
        found.append(_DELIMITERS.get(escaped, escaped))
    return found or [""]


@tool("comm", usage=TEXTS, manner=GNU, effect=Effect.NONE)
def comm(call: Call) -> Waiting:
    """``comm [OPTION]... FILE1 FILE2``."""
    given, names = call.given, call.given.operands
    if len(names) < 2:
        raise UsageError(f"missing operand after '{names[0]}'" if names else "missing operand")
    if len(names) > 2:
        raise UsageError(f"extra operand '{names[2]}'")
    if "-z" in given:
        raise NotSimulated("comm -z", Effect.NONE)
    files = []
    for name in names:
        try:
            files.append(call.fds.stdin if name == "-" else call.open(name))
        except FileError as error:
            raise ToolError(f"{name}: {error.strerror}") from None
    separator = given.get("--output-delimiter", "\t") or "\0"
    shown = [f"-{column}" not in given for column in (1, 2, 3)]
    totals, disordered = [0, 0, 0], [False, False]
    lines = []
    for file in files:
        lines.append((yield from line_of(call, file)))
    while any(lines):
        texts = [line.removesuffix("\n") for line in lines]
        column = 1 if not lines[0] else 0 if not lines[1] or texts[0] < texts[1] else 1 if texts[1] < texts[0] else 2
        totals[column] += 1
        if shown[column]:
            yield from call.write(separator * sum(shown[:column]) + texts[min(column, 1)] + "\n")
        for side in (0, 1) if column == 2 else (column,):
            line = yield from line_of(call, files[side])
            unsorted = line != "" and line.removesuffix("\n") < texts[side]
            if unsorted and not disordered[side] and "--nocheck-order" not in given:
                disordered[side] = True
                call.err(f"{call.name}: file {side + 1} is not in sorted order\n")
                if "--check-order" in given:
                    return 1
            lines[side] = line
    if "--total" in given:
        yield from call.write(separator.join([*map(str, totals), "total"]) + "\n")
    if any(disordered):
        raise ToolError("input is not in sorted order")
    return 0


@tool(
    "nl",
    usage=TEXTS,
    manner=GNU,
    left_out=dict.fromkeys(("-d", "-f", "-h", "-p", "-l"), "logical pages"),
    effect=Effect.NONE,
)
def nl(call: Call) -> Waiting:
    """``nl [OPTION]... [FILE]...``."""
    return _nl(call)


@tool("nl", flavour="busybox", usage=TEXTS.blocks["busybox nl"], manner=BUSYBOX, effect=Effect.NONE)
def busybox_nl(call: Call) -> Waiting:
    """``nl [OPTIONS] [FILE]...``."""
    return _nl(call)


def _nl(call: Call) -> Waiting:
    given = call.given
    style, form = given.get("-b", "t"), given.get("-n", "rn")
    if style not in ("a", "t", "n"):
        if style.startswith("p"):
            raise NotSimulated("nl -b with a regular expression", Effect.NONE)
        raise UsageError(f"invalid body numbering style: '{style}'")
    if form not in ("ln", "rn", "rz"):
        raise UsageError(f"invalid line numbering format: '{form}'")
    numbers = {}
    for option, default, what in (("-w", "6", "line number field width"), ("-v", "1", "starting line number"),
                                  ("-i", "1", "line number increment")):  # fmt: skip
        word = given.get(option, default)
        if not word.removeprefix("-").isdecimal():
            raise ToolError(f"invalid {what}: '{word}'")
        numbers[option] = int(word)
    width, number, separator = numbers["-w"], numbers["-v"], given.get("-s", "\t")
    failed = False
    for name in given.operands or ["-"]:
        file = opened(call, name)
        failed = failed or file is None
        while file is not None and (line := (yield from line_of(call, file))):
            line = line.removesuffix("\n")
            if style == "a" or (style == "t" and line):
                text = f"{number:<{width}}" if form == "ln" else f"{number:{'0' if form == 'rz' else ''}{width}}"
                number += numbers["-i"]
                yield from call.write(f"{text}{separator}{line}\n")
            else:
                yield from call.write(f"{' ' * (width + len(separator))}{line}\n")
    return int(failed)
