"""true, false, echo, printf, seq, uname, id, whoami, pwd, and busybox itself."""

from __future__ import annotations

import re
from decimal import Decimal

from macvsim.errors import Effect
from macvsim.machine.applets import BUSYBOX_APPLETS
from macvsim.machine.call import Call, Waiting
from macvsim.machine.kernel import RELEASE, VERSION
from macvsim.machine.programs import left_out
from macvsim.machine.tool import OWN, ToolError, UsageError, tool
from macvsim.shell.builtins.echo import echo_text, format_text
from macvsim.shell.builtins.testexpr import TestError, evaluate
from macvsim.tools.coreutils.inputs import TEXTS
from macvsim.tools.toolkit import Wording, everywhere, letters_of


@tool("true", effect=Effect.NONE)
def true(call: Call) -> int:
    """``true``."""
    return 0


@tool("false", effect=Effect.NONE)
def false(call: Call) -> int:
    """``false``."""
    return 1


@everywhere("echo", usage=TEXTS, gnu=OWN, busybox=OWN, effect=Effect.NONE)
def echo(call: Call, manner: Wording) -> int:
    """``/bin/echo [-neE] WORD…``."""
    call.out(echo_text(call.args, letters="neE"))
    return 0


@everywhere("printf", usage=TEXTS, gnu=OWN, busybox=OWN, effect=Effect.NONE)
def printf(call: Call, manner: Wording) -> int:
    """``printf FORMAT [WORD…]``."""
    if not call.args:
        raise UsageError("" if manner.busybox else "missing operand")
    text, wrong = format_text(call.args[0], call.args[1:], call.box.sim.meter.field)
    call.out(text)
    for word in wrong:
        call.err(
            f"{call.name}: invalid number '{word}'\n"
            if manner.busybox
            else f"{call.name}: '{word}': expected a numeric value\n"
        )
    return int(bool(wrong))


@everywhere("test", "[", gnu=OWN, busybox=OWN, effect=Effect.NONE)
def test(call: Call, manner: Wording) -> int:
    """``test EXPRESSION``, ``[ EXPRESSION ]``."""
    args = call.args
    try:
        if call.name == "[":
            if args[-1:] != ["]"]:
                raise TestError("bracket", "]")
            args = args[:-1]
        return 0 if evaluate(args, call.files) else 1
    except TestError as error:
        texts = {
            "bracket": "missing ']'", "number": f"invalid integer '{error.word}'", "paren": "')' expected",
            "operator": f"extra argument '{error.following}'", "argument": f"missing argument after '{error.word}'",
        }  # fmt: skip
        call.err(f"{call.name}: {texts[error.kind]}\n")
        return 2


@everywhere("seq", usage=TEXTS, gnu=OWN, busybox=OWN, effect=Effect.NONE)
def seq(call: Call, manner: Wording) -> Waiting:
    """``seq [-w] [-s SEPARATOR] [FIRST [STEP]] LAST``."""
    args = call.args
    separator, wide = "\n", False
    while args and re.fullmatch(r"-[ws].*", args[0]):
        option = args.pop(0)
        if option == "-w":
            wide = True
        elif option != "-s" or args:
            separator = option[2:] or args.pop(0)
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


@tool("busybox", effect=Effect.NONE)
def busybox(call: Call) -> int | Waiting:
    """``busybox APPLET [WORD…]``."""
    if not call.args or call.args[0].startswith("--"):
        return call.not_simulated("the list of busybox's applets", Effect.NONE)
    applet = call.box.kernel.programs.find(call.args[0], "busybox")
    if applet is None and call.args[0] in BUSYBOX_APPLETS:
        return call.not_simulated(f"busybox {call.args[0]}", left_out(call.args[0], call.args[1:]) or Effect.NONE)
    if applet is None or call.args[0] not in BUSYBOX_APPLETS:
        call.err(f"{call.args[0]}: applet not found\n")
        return 127
    return applet(call.derived(call.args))
