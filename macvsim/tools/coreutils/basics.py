"""true, false, echo, printf, seq, sleep, timeout, env, hostname, uname, id, whoami, and busybox itself."""

from __future__ import annotations

import re
from decimal import Decimal

import simpy

from macvsim.engine.sim import SECOND
from macvsim.machine.applets import BUSYBOX_APPLETS
from macvsim.machine.call import Call, Waiting
from macvsim.machine.job import SIGKILL, SIGNALS, Job, signal_of
from macvsim.machine.kernel import RELEASE, VERSION
from macvsim.machine.tool import tool
from macvsim.shell.builtins.echo import echo_text, format_text
from macvsim.tools.getopt import NumberError, busybox_duration
from macvsim.tools.toolkit import Manner, Misuse, Refused, everywhere, options


@tool("true")
def true(call: Call) -> int:
    """``true``."""
    return 0


@tool("false")
def false(call: Call) -> int:
    """``false``."""
    return 1


@everywhere("echo")
def echo(call: Call, manner: Manner) -> int:
    """``/bin/echo [-neE] WORD…``."""
    call.out(echo_text(call.args, letters="neE"))
    return 0


@everywhere("printf")
def printf(call: Call, manner: Manner) -> int:
    """``printf FORMAT [WORD…]``."""
    if not call.args:
        raise Misuse("" if manner.busybox else "missing operand")
    text, wrong = format_text(call.args[0], call.args[1:])
    call.out(text)
    for word in wrong:
        call.err(
            f"{call.name}: invalid number '{word}'\n"
            if manner.busybox
            else f"{call.name}: '{word}': expected a numeric value\n"
        )
    return int(bool(wrong))


@everywhere("seq")
def seq(call: Call, manner: Manner) -> int:
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
        raise Misuse("" if manner.busybox else "missing operand")
    if len(args) > 3:
        raise Misuse("" if manner.busybox else f"extra operand '{args[3]}'")
    for word in args:
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", word):
            if manner.busybox:
                raise Refused(f"invalid number '{word}'")
            raise Misuse(f"invalid floating point argument: '{word}'")
    numbers = [Decimal(word) for word in args]
    first, last = (numbers[0] if len(numbers) > 1 else Decimal(1)), numbers[-1]
    step = numbers[1] if len(numbers) == 3 else Decimal(1)
    if not step:
        raise Misuse(f"invalid Zero increment value: '{args[1]}'")
    places = max(-int(number.as_tuple().exponent) for number in (first, step))
    count = max(0, int((last - first) / step) + 1) if (last - first) * step >= 0 else 0
    shown = [f"{first + step * index:.{max(places, 0)}f}" for index in range(count)]
    if wide and shown:
        width = max(len(word) for word in (shown[0], shown[-1]))
        shown = [word.zfill(width) for word in shown]
    if shown:
        call.out(separator.join(shown) + "\n")
    return 0


def _seconds(manner: Manner, word: str) -> int:
    """A duration in ns, as sleep and timeout read it."""
    try:
        return round(busybox_duration(word) * SECOND)
    except NumberError as error:
        if manner.busybox:
            raise Refused(str(error)) from None
        raise Misuse(f"invalid time interval '{word}'") from None


@everywhere("sleep")
def sleep(call: Call, manner: Manner) -> Waiting:
    """``sleep SECONDS[smhd]…``."""
    _, words = options(call, "")
    if not words:
        raise Misuse("" if manner.busybox else "missing operand")
    yield call.box.sim.timeout(sum(_seconds(manner, word) for word in words))
    return 0


def _run(call: Call, manner: Manner, argv: list[str], env: dict[str, str], failed: int) -> Waiting:
    """Run another program with the caller's streams; what cannot be run is said in the caller's name."""
    from macvsim.machine.resolve import NotExecutable, NotFound
    from macvsim.shell.interp import execute  # the interpreter stands above the commands

    inside = Call(call.box, argv, call.source, call.stdout, call.stderr, env, call.cwd)
    try:
        return (yield from execute(inside))
    except NotFound:
        why, code = "No such file or directory", 127
    except NotExecutable as error:
        why, code = str(error), 126
    if manner.busybox:
        call.err(f"{call.name}: can't execute '{argv[0]}': {why}\n")
    else:
        call.err(f"{call.name}: {'failed to run command ' if failed else ''}'{argv[0]}': {why}\n")
    return code


@everywhere("timeout")
def timeout(call: Call, manner: Manner) -> Waiting:
    """``timeout [-s SIGNAL] [-k SECONDS] SECONDS PROGRAM [WORD…]``."""
    args = call.args
    given: dict[str, str] = {}
    while args and args[0].startswith("-") and len(args[0]) > 1:
        option = args.pop(0)
        if option == "--":
            break
        match = re.fullmatch(r"-([sk])(.*)|--(signal|kill-after)=(.*)", option)
        if match is None:
            return call.not_simulated(f"timeout {option}")
        letter, value = (match[1], match[2]) if match[1] else (match[3][0], match[4])
        if not value and not args:
            raise Misuse(f"option requires an argument -- '{letter}'")
        given[letter] = value or args.pop(0)
    if len(args) < 2:
        raise Misuse("")
    wait = _seconds(manner, args[0])
    name = given.get("s", "TERM").removeprefix("SIG")
    signal = SIGNALS.get(name, int(name) if name.isdigit() else 0)
    if not signal:
        raise Misuse(f"'{given['s']}': invalid signal")
    sim = call.box.sim
    job = Job(call.box, lambda job: _run(call, manner, args[1:], dict(call.env), 1), text=" ".join(args[1:]))
    expired = False
    try:
        if wait:
            yield job.done | sim.timeout(wait)
        if wait and job.code is None:
            expired = True
            job.kill(signal)
            if "k" in given:
                yield job.done | sim.timeout(_seconds(manner, given["k"]))
                if job.code is None:
                    job.kill(SIGKILL)
        if job.code is None:
            yield job.done
    except simpy.Interrupt as interrupt:
        job.kill(signal_of(interrupt))
        if job.code is None:
            yield job.done
        raise
    if expired and not manner.busybox and job.signal != SIGKILL:
        return 124
    return job.code if job.code is not None else 1


@everywhere("env")
def env(call: Call, manner: Manner) -> Waiting:
    """``env [-i] [-u NAME] [NAME=VALUE…] [PROGRAM [WORD…]]``."""
    args = call.args
    variables = dict(call.env)
    while args and args[0].startswith("-"):
        option = args.pop(0)
        if option in ("-i", "-"):
            variables.clear()
        elif option.startswith("-u") and (option[2:] or args):
            variables.pop(option[2:] or args.pop(0), None)
        elif option == "--":
            break
        else:
            return call.not_simulated(f"env {option}")
    while args and "=" in args[0]:
        name, _, value = args.pop(0).partition("=")
        variables[name] = value
    if args:
        return (yield from _run(call, manner, args, variables, 0))
    call.out("".join(f"{name}={value}\n" for name, value in variables.items()))
    return 0


@everywhere("uname")
def uname(call: Call, manner: Manner) -> int:
    """``uname [-asnrvmpio]``."""
    given, words = options(call, "asnrvmpio", long={"all": "a", "kernel-release": "r", "machine": "m"})
    if words:
        raise Misuse("" if manner.busybox else f"extra operand '{words[0]}'")
    values = {"s": "Linux", "n": call.box.hostname, "r": RELEASE, "v": VERSION, "m": "x86_64", "p": "unknown",
              "i": "unknown", "o": "GNU/Linux"}  # fmt: skip
    shown = "snrvmo" if "a" in given else given or "s"
    call.out(" ".join(values[letter] for letter in values if letter in shown) + "\n")
    return 0


@everywhere("id")
def identity(call: Call, manner: Manner) -> int:
    """``id [-u | -g | -G] [-n]``: everybody is root."""
    given, words = options(call, "ugGnr", "aZz")
    if words and words != ["root"]:
        raise Refused(f"unknown user {words[0]}" if manner.busybox else f"'{words[0]}': no such user")
    if given.keys() & set("ugG"):
        call.out("root\n" if "n" in given else "0\n")
    else:
        call.out("uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


@everywhere("whoami")
def whoami(call: Call, manner: Manner) -> int:
    """``whoami``."""
    call.out("root\n")
    return 0


@everywhere("pwd")
def pwd(call: Call, manner: Manner) -> int:
    """``pwd``."""
    options(call, "LP")
    call.out(f"{call.cwd}\n")
    return 0


@tool("busybox", streams=True)
def busybox(call: Call) -> Waiting:
    """``busybox APPLET [WORD…]``."""
    if not call.args or call.args[0].startswith("--"):
        return call.not_simulated("the list of busybox's applets")
    applet = call.box.kernel.programs.find(call.args[0], "busybox")
    if applet is None and call.args[0] in BUSYBOX_APPLETS:
        return call.not_simulated(f"busybox {call.args[0]}")
    if applet is None or call.args[0] not in BUSYBOX_APPLETS:
        call.err(f"{call.args[0]}: applet not found\n")
        return 127
    inside = Call(call.box, call.args, call.source, call.stdout, call.stderr, call.env, call.cwd)
    if call.source is not None and not applet.streams:
        yield from call.source.wait_closed()
    code = applet(inside)
    return code if isinstance(code, int) else (yield from code)
