"""grep."""

from __future__ import annotations

import re
from collections import deque

from macvsim.machine.call import Call, Waiting
from macvsim.machine.streams import NULL
from macvsim.shell.expansion.regex import translated
from macvsim.tools.toolkit import Lines, Manner, Misuse, Refused, everywhere, options


@everywhere("grep", "egrep", "fgrep")
def grep(call: Call, manner: Manner) -> Waiting:
    """``grep [-EFchHilnoqsvwx] [-m N] [-A N] [-B N] [-C N] [-e] PATTERN [FILE…]``."""
    long = {"count": "c", "ignore-case": "i", "invert-match": "v", "quiet": "q", "line-number": "n", "color": "Y"}
    long |= {"colour": "Y", "only-matching": "o"}
    given, words = options(call, "EFGce:hHilm:noqsvwxYA:B:C:", "LPRarz", long, gathered="e")
    if "e" not in given:
        if not words:
            if not manner.busybox:
                call.err("Usage: grep [OPTION]... PATTERNS [FILE]...\n")
            raise Misuse("")
        given["e"] = words.pop(0)
    kind = "F" if "F" in given or call.name == "fgrep" else "E" if "E" in given or call.name == "egrep" else "G"
    pattern = "|".join(f"(?:{translated(each, kind)})" for each in given["e"].split("\n"))
    pattern = rf"(?<!\w)(?:{pattern})(?!\w)" if "w" in given else pattern
    pattern = rf"^(?:{pattern})$" if "x" in given else pattern
    try:
        wanted = re.compile(pattern, re.IGNORECASE if "i" in given else 0)
    except re.error:
        raise Refused("Invalid regular expression") from None
    prefixed = "H" in given or (len(words) > 1 and "h" not in given)
    for letter in "ABC":
        if not given.get(letter, "0").isdigit():
            word = given[letter]
            raise Refused(f"invalid number '{word}'" if manner.busybox else f"{word}: invalid context length argument")
    limit = int(given["m"]) if given.get("m", "").isdigit() else -1
    failed: list[str] = []
    any_found = False
    for word in words or ["-"]:
        name = "(standard input)" if word == "-" else word
        lines = Lines(call if "s" not in given else _silent(call), manner, [word])
        search = _Search(call, given, wanted, limit, name if prefixed else "")
        while line := (yield from lines.next()):
            more = search.line(line.removesuffix("\n"))
            if call.fds.full:
                yield from call.fds.drain()
            if not more:
                break
        if not lines.failed:
            search.end(name)
        failed += lines.failed
        found = search.found
        any_found = any_found or found > 0
        if any_found and "q" in given:
            return 0
    return 2 if failed else int(not any_found)


def _silent(call: Call) -> Call:
    return call.derived(call.argv, fds=call.fds.having(stderr=NULL))


class _Search:
    """Looking through one file, whose name is printed if given; `found` lines were selected."""

    def __init__(self, call: Call, given: dict[str, str], wanted: re.Pattern[str], limit: int, name: str) -> None:
        self._call, self._given, self._wanted = call, given, wanted
        self._limit, self._name = limit, name
        self.found = 0
        self._number = 0
        context = given.get("C", "0")
        self._after = int(given.get("A", context))
        self._earlier: deque[tuple[int, str]] = deque(maxlen=int(given.get("B", context)))
        self._follow = 0
        self._printed = 0

    def line(self, line: str) -> bool:
        """Look at a line; False when the rest does not matter."""
        given = self._given
        self._number += 1
        if self.found == self._limit or (self._wanted.search(line) is not None) == ("v" in given):
            self._around(line)
            return self.found != self._limit or self._follow > 0
        self.found += 1
        if "q" in given or "l" in given:
            return False
        if "c" not in given:
            for number, earlier in self._earlier:
                self._print(number, earlier, "-")
            self._earlier.clear()
            self._follow = self._after
            if "o" not in given:
                self._print(self._number, line, ":")
            elif "v" not in given:
                for match in self._wanted.finditer(line):
                    if match[0]:
                        self._print(self._number, match[0], ":")
        return self.found != self._limit or self._follow > 0

    def _around(self, line: str) -> None:
        """A line that is not selected: printed after one that is, or kept for one that comes."""
        if self._follow:
            self._follow -= 1
            self._print(self._number, line, "-")
        else:
            self._earlier.append((self._number, line))

    def _print(self, number: int, text: str, mark: str) -> None:
        """A line, selected (``:``) or around one that is (``-``); groups that do not touch have ``--`` between them."""
        if "o" in self._given and mark == "-":
            return
        if self._printed and number > self._printed + 1 and (self._after or self._earlier.maxlen):
            self._call.out("--\n")
        self._printed = number
        name = f"{self._name}{mark}" if self._name else ""
        self._call.out(f"{name}{f'{number}{mark}' if 'n' in self._given else ''}{text}\n")

    def end(self, name: str) -> None:
        """What is said at the end of a file."""
        if "q" in self._given:
            return
        if "l" in self._given:
            self._call.out(f"{name}\n" if self.found else "")
        elif "c" in self._given:
            self._call.out(f"{self._name}:{self.found}\n" if self._name else f"{self.found}\n")
