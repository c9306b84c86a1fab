"""``ip -batch``: commands read from a file, a line each (do_batch of lib/utils.c)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from macvsim.errors import NotSimulated
from macvsim.machine.call import NOT_SIMULATED, Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import ToolError, UsageError

_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")
_EXITED = 255
"""What iproute2 exits with on the spot, wherever it is."""


def run_batch(call: Call, name: str, run: Callable[[list[str]], int | Waiting], *, force: bool) -> Waiting:
    """Run the lines of a file, ``-`` for standard input, until one fails; with `force`, all of them."""
    if name == "-":
        text = yield from call.read_all()
    else:
        try:
            text = call.files.read(name)
        except FileError as error:
            call.err(f'Cannot open file "{name}" for reading: {error.strerror}\n')
            return 1
    status = 0
    for number, words in _lines(text):
        code = yield from _run_line(call, run, words)
        if code in (_EXITED, NOT_SIMULATED):
            return code
        if code:
            call.err(f"Command failed {name}:{number}\n")
            status = 1
            if not force:
                break
    return status


def _run_line(call: Call, run: Callable[[list[str]], int | Waiting], words: list[str]) -> Waiting:
    try:
        result = run(words)
        return result if isinstance(result, int) else (yield from result)
    except (UsageError, ToolError, NotSimulated) as error:
        assert call.tool is not None
        return call.tool.answer(call, error)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The words of each command, and the number of its last line; comments and empty lines are left out."""
    waiting = ""
    for number, line in enumerate(text.splitlines(), start=1):
        waiting += line
        if waiting.endswith("\\"):
            waiting = waiting[:-1] + " "
            continue
        words = [a or b or c for a, b, c in _WORD.findall(waiting.partition("#")[0])]
        waiting = ""
        if words:
            yield number, words
