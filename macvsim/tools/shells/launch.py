"""Shells as programs, and what runs other programs: sh, nohup, sudo, xargs; which."""

from __future__ import annotations

import re
from collections.abc import Callable

from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.resolve import NotExecutable, NotFound, where_is
from macvsim.machine.streams import Streams
from macvsim.machine.tool import tool
from macvsim.shell.dialect import Ash, Bash, Bash5, Dialect
from macvsim.shell.interp import Interpreter, execute
from macvsim.shell.state import State

# -- shells ------------------------------------------------------------------------------------------------------------


@tool("sh", "dash", flavour="debian")
def dash(call: Call) -> Waiting:
    """``sh [-eux] [-c LINE [NAME [ARG…]] | FILE [ARG…]]``."""
    return _shell(call, Dialect)


@tool("bash", flavour="debian")
def bash5(call: Call) -> Waiting:
    """bash on Debian."""
    return _shell(call, Bash5)


@tool("sh", "ash", flavour="busybox")
def ash(call: Call) -> Waiting:
    """busybox' shell."""
    return _shell(call, Ash)


@tool("sh", "bash", flavour="centos")
def bash(call: Call) -> Waiting:
    """bash on CentOS."""
    return _shell(call, Bash)


def _shell(call: Call, dialect: type[Dialect]) -> Waiting:
    """A shell process of its own."""
    words = call.args
    options: list[str] = []
    while words and re.fullmatch(r"-[a-z]+", words[0]):
        options += words.pop(0)[1:]
    arg0, script = call.name, False
    if "c" in options:
        if not words:
            call.err(Dialect(call.name).say(0, "-c requires an argument"))
            return 2
        text, *words = words
        if words:
            arg0 = words.pop(0)
    elif words:
        arg0, script = words.pop(0), True
        try:
            text = call.files.read(arg0)
        except FileError as error:
            call.err(dialect(call.name).cannot_run(error))
            return 127 if issubclass(dialect, Bash) else 2
    else:
        if call.source is not None:
            yield from call.source.wait_closed()
        text = call.stdin or ""
    state = State(call.box, dialect(arg0, script=script))
    state.cwd, state.params = call.cwd, words
    state.variables.update(call.env, PWD=call.cwd)
    state.exported.update(dict.fromkeys(call.env))
    state.options.update(dict.fromkeys(letter for letter in options if letter in "efux"))

    def body(job: Job) -> Waiting:
        state.pid = job.pid
        return (yield from Interpreter(state, job).script(text, Streams(call.source, {1: job.out, 2: job.err})))

    return (yield from _child(call, body, text))


def _child(call: Call, body: Callable[[Job], Waiting], text: str) -> Waiting:
    """Run something as a child process with the caller's streams, and wait for it."""
    job = Job(call.box, body, call.stdout, call.stderr, text)
    return (yield from job.wait())


# -- others ------------------------------------------------------------------------------------------------------------


def _run_or_say(inner: Call, call: Call, prefix: str = "") -> Waiting:
    """Run a program; 127 or 126, and what the caller's tool says, where it cannot be."""
    word = f"can't execute '{inner.name}'" if call.box.flavour.name == "busybox" else prefix.format(inner.name)
    try:
        return (yield from execute(inner))
    except NotFound:
        call.err(f"{call.name}: {word}: No such file or directory\n")
        return 127
    except NotExecutable as error:
        call.err(f"{call.name}: {word}: {error}\n")
        return 126


@tool("nohup")
def nohup(call: Call) -> Waiting:
    """``nohup COMMAND ARG…``: nobody hangs up here."""
    if not call.args:
        call.err("nohup: missing operand\nTry 'nohup --help' for more information.\n")
        return 125
    inner = Call(call.box, call.args, call.source, call.stdout, call.stderr, call.env, call.cwd)
    return (yield from _run_or_say(inner, call, "failed to run command '{}'"))


@tool("sudo", flavour="debian")
def sudo(call: Call) -> int | Waiting:
    """``sudo [-nEHS] [-u root] [NAME=VALUE…] COMMAND ARG…``: everybody is root here."""
    words, env = call.args, dict(call.env)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "--":
            break
        if option in ("-u", "-g") and words:
            option += words.pop(0)
        if option.removeprefix("--user=").removeprefix("-u") in ("root", "0", "#0"):
            continue
        if not re.fullmatch("-[nEHSP]+", option):
            return call.not_simulated(f"sudo {option}: everybody is root")
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, env[name] = words.pop(0).partition("=")
    if not words:
        return call.not_simulated("sudo without a command")
    return _as_root(Call(call.box, words, call.source, call.stdout, call.stderr, env, call.cwd))


def _as_root(inner: Call) -> Waiting:
    try:
        return (yield from execute(inner))
    except (NotFound, NotExecutable) as error:
        why = "command not found" if isinstance(error, NotFound) else str(error)
        inner.err(f"sudo: {inner.name}: {why}\n")
        return 1


@tool("xargs")
def xargs(call: Call) -> Waiting:
    """``xargs [-r] [-n MAX] [-I TEXT] [COMMAND ARG…]``."""
    words = call.args
    most, replace, never_empty = 0, "", False
    while words and words[0].startswith("-"):
        option, value = words[0][:2], words.pop(0)[2:]
        if value and option in ("-n", "-I"):
            words.insert(0, value)
        elif value:
            return call.not_simulated(f"xargs {option}{value}")
        if option == "-r":
            never_empty = True
        elif option == "-n" and words and words[0].isdigit():
            most = int(words.pop(0))
        elif option == "-I" and words:
            replace = words.pop(0)
        else:
            return call.not_simulated(f"xargs {option}")
    text = call.stdin or ""
    items = text.splitlines() if replace else [_unquote(item) for item in re.findall(_ITEM, text)]
    base = words or ["echo"]
    runs: list[list[str]]
    if replace:
        runs = [[word.replace(replace, item.strip()) for word in base] for item in items if item.strip()]
    elif most:
        runs = [[*base, *items[at : at + most]] for at in range(0, len(items), most)]
    else:
        runs = [[*base, *items]] if items or not never_empty else []
    status = 0
    for argv in runs:
        inner = Call(call.box, argv, None, call.stdout, call.stderr, call.env, call.cwd)
        code = yield from _run_or_say(inner, call, "{}")
        if code in (126, 127):
            return code
        status = 123 if code else status
    return status


_ITEM = re.compile(r"""(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+""")


def _unquote(item: str) -> str:
    return re.sub(r"""'([^']*)'|"([^"]*)"|\\(.)""", lambda m: m[1] or m[2] or m[3] or "", item)


@tool("which")
def which(call: Call) -> int:
    """``which NAME…``."""
    status = 0
    for word in call.args:
        path = where_is(call.box, word)
        call.out(f"{path}\n" if path else "")
        status = status if path else 1
    return status
