"""true, false, echo, printf, seq, uname, id, whoami, pwd, and busybox itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial

from macvsim.errors import Effect
from macvsim.machine.applets import BUSYBOX_APPLETS
from macvsim.machine.call import Call, Waiting
from macvsim.machine.kernel import RELEASE, VERSION
from macvsim.machine.options import Given, read_alone, read_options
from macvsim.machine.programs import left_out
from macvsim.machine.tool import BUSYBOX, GNU, Manner, ToolError, UsageError, tool
from macvsim.machine.usage import Option
from macvsim.shell.builtins.echo import echo_text, format_text
from macvsim.shell.builtins.testexpr import TestError, evaluate
from macvsim.tools.coreutils.inputs import TEXTS
from macvsim.tools.toolkit import ALONE, WORDS, Wording, everywhere, letters_of

_LIST = "the list of busybox's applets"
_DASHES = partial(read_alone, dashes=True)
_NUMBERS = partial(read_options, permute=False, numbers=True)


@everywhere("true", usage=TEXTS, gnu=ALONE, busybox=WORDS, effect=Effect.NONE)
def true(call: Call, manner: Wording) -> int:
    """``true``."""
    return 0


@everywhere(
    "false", usage=TEXTS, gnu=replace(ALONE, help_status=1, version_status=1), busybox=WORDS, effect=Effect.NONE
)
def false(call: Call, manner: Wording) -> int:
    """``false``."""
    return 1


@everywhere("echo", usage=TEXTS, gnu=ALONE, busybox=WORDS, effect=Effect.NONE)
def echo(call: Call, manner: Wording) -> int:
    """``/bin/echo [-neE] WORD…``."""
    call.out(echo_text(call.given.operands, letters="neE"))
    return 0


@everywhere("printf", usage=TEXTS, gnu=replace(ALONE, reader=_DASHES), busybox=replace(BUSYBOX, reader=_DASHES),
            effect=Effect.NONE)  # fmt: skip
def printf(call: Call, manner: Wording) -> int:
    """``printf FORMAT [WORD…]``."""
    words = call.given.operands
    if not words:
        raise UsageError("" if manner.busybox else "missing operand")
    text, wrong = format_text(words[0], words[1:], call.box.sim.meter.field)
    call.out(text)
    for word in wrong:
        call.err(
            f"{call.name}: invalid number '{word}'\n"
            if manner.busybox
            else f"{call.name}: '{word}': expected a numeric value\n"
        )
    return int(bool(wrong))


@everywhere("test", gnu=WORDS, busybox=WORDS, effect=Effect.NONE)
def test(call: Call, manner: Wording) -> int:
    """``test EXPRESSION``."""
    return _evaluate(call, call.given.operands)


@everywhere("[", usage=TEXTS, gnu=ALONE, busybox=WORDS, effect=Effect.NONE)
def bracket(call: Call, manner: Wording) -> int:
    """``[ EXPRESSION ]``."""
    *words, last = call.given.operands or [""]
    if last != "]":
        raise ToolError("missing ]" if manner.busybox else "missing ']'", 2)
    return _evaluate(call, words)


def _evaluate(call: Call, args: list[str]) -> int:
    try:
        return 0 if evaluate(args, call.files) else 1
    except TestError as error:
        texts = {
            "number": f"invalid integer '{error.word}'", "paren": "')' expected",
            "operator": f"extra argument '{error.following}'", "argument": f"missing argument after '{error.word}'",
        }  # fmt: skip
        call.err(f"{call.name}: {texts[error.kind]}\n")
        return 2


@everywhere("seq", usage=TEXTS, works="-w -s", gnu=replace(GNU, reader=_NUMBERS),
            busybox=replace(BUSYBOX, reader=_NUMBERS), effect=Effect.NONE)  # fmt: skip
def seq(call: Call, manner: Wording) -> Waiting:
    """``seq [-w] [-s SEPARATOR] [FIRST [STEP]] LAST``."""
    args = call.given.operands
    separator, wide = call.given.get("-s", "\n"), "-w" in call.given
    if not args:
        raise UsageError("" if manner.busybox else "missing operand")
    if len(args) > 3:
        raise UsageError("" if manner.busybox else f"extra operand '{args[3]}'")
    for word in args:
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", word):
            if manner.busybox:
                raise ToolError(f"invalid number '{word}'")
            raise UsageError(f"invalid floating point argument: '{word}'")
    numbers = [Decimal(word) for word in args]
    first, last = (numbers[0] if len(numbers) > 1 else Decimal(1)), numbers[-1]
    step = numbers[1] if len(numbers) == 3 else Decimal(1)
    if not step:
        raise UsageError(f"invalid Zero increment value: '{args[1]}'")
    places = max(-int(number.as_tuple().exponent) for number in (first, step))
    count = max(0, int((last - first) / step) + 1) if (last - first) * step >= 0 else 0
    places = max(places, 0)

    def shown(index: int) -> str:
        return f"{first + step * index:.{places}f}"

    width = max(len(shown(0)), len(shown(count - 1))) if wide and count else 0
    for start in range(0, count, _AT_ONCE):
        numbers_shown = [shown(index).zfill(width) for index in range(start, min(start + _AT_ONCE, count))]
        yield from call.write((separator if start else "") + separator.join(numbers_shown))
    if count:
        yield from call.write("\n")
    return 0


_AT_ONCE = 8192
"""How many numbers seq makes before it writes them."""


@everywhere("uname", usage=TEXTS, works="-a -s -n -r -v -m -p -i -o", effect=Effect.NONE)
def uname(call: Call, manner: Wording) -> int:
    """``uname [-asnrvmpio]``."""
    given, words = letters_of(call), call.given.operands
    if words:
        raise UsageError("" if manner.busybox else f"extra operand '{words[0]}'")
    values = {"s": "Linux", "n": call.box.hostname, "r": RELEASE, "v": VERSION, "m": "x86_64", "p": "unknown",
              "i": "unknown", "o": "GNU/Linux"}  # fmt: skip
    shown = "snrvmo" if "a" in given else given or "s"
    call.out(" ".join(values[letter] for letter in values if letter in shown) + "\n")
    return 0


@everywhere("id", usage=TEXTS, works="-u -g -G -n -r", effect=Effect.NONE)
def identity(call: Call, manner: Wording) -> int:
    """``id [-u | -g | -G] [-n]``: everybody is root."""
    given, words = letters_of(call), call.given.operands
    if words and words != ["root"]:
        raise ToolError(f"unknown user {words[0]}" if manner.busybox else f"'{words[0]}': no such user")
    if given.keys() & set("ugG"):
        call.out("root\n" if "n" in given else "0\n")
    else:
        call.out("uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


@everywhere("whoami", usage=TEXTS, works="", effect=Effect.NONE)
def whoami(call: Call, manner: Wording) -> int:
    """``whoami``."""
    call.out("root\n")
    return 0


@everywhere("pwd", usage=TEXTS, works="-L -P", letters="LP", effect=Effect.NONE)
def pwd(call: Call, manner: Wording) -> int:
    """``pwd``."""
    call.out(f"{call.cwd}\n")
    return 0


def _first_option(words: list[str], options: Mapping[str, Option]) -> Given:
    """The first word may be an option."""
    given = Given(operands=list(words))
    if words and words[0] in options:
        given.add(options[words[0]], given.operands.pop(0), "")
    return given


@tool(
    "busybox",
    more="  --help\n  --list\n  --list-full\n  --install\n",
    left_out={"--list": _LIST, "--list-full": _LIST, "--install": "links to the applets"},
    manner=Manner(reader=_first_option, help_options=(), version_options=()),
    effect=Effect.NONE,
)
def busybox(call: Call) -> int | Waiting:
    """``busybox APPLET [WORD…]``, ``busybox --help APPLET``."""
    words = call.given.operands
    if not words:
        return call.not_simulated(_LIST, Effect.NONE)
    if "--help" in call.given:
        words = [words[0], "--help"]
    applet = call.box.kernel.programs.find(words[0], "busybox")
    if applet is None and words[0] in BUSYBOX_APPLETS:
        return call.not_simulated(f"busybox {words[0]}", left_out(words[0], words[1:]) or Effect.NONE)
    if applet is None or words[0] not in BUSYBOX_APPLETS:
        call.err(f"{words[0]}: applet not found\n")
        return 127
    return applet(call.derived(words))
