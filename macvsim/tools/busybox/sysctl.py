"""busybox sysctl (procps/sysctl.c)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.tool import BUSYBOX, ToolError, tool
from macvsim.tools.busybox.applet import USAGE

_ROOT = "/proc/sys/"


@tool(
    "sysctl",
    flavour="busybox",
    usage=USAGE,
    letters="A",
    left_out={"-p": "settings from files"},
    effect=Effect.CHANGES,
    manner=replace(BUSYBOX, permute=False),
)
def sysctl(call: Call) -> int:
    """``sysctl [-enqaw] [NAME[=VALUE]…]``."""
    if "-a" in call.given or "-A" in call.given:
        return _act(call, "")
    code = 0
    for word in call.given.operands:
        with call.files.changing(_ROOT + word) if "=" in word else nullcontext():
            setting = _with_slashes(call, word)
        code |= _act(call, setting) if word else _error(call, "error: '' is an unknown key")
    return code


def _with_slashes(call: Call, word: str) -> str:
    """Replace the fewest dots that lead to a file that exists (sysctl_dots_to_slashes)."""
    name, equals, value = word.partition("=")
    start = 0
    if call.files.exists(_ROOT + name):
        return word
    while True:
        for at in [len(name), *(i for i in range(len(name) - 1, start - 1, -1) if name[i] == ".")]:
            if at > start and call.files.exists(_ROOT + name[:at]):
                break
        else:
            return name + equals + value
        if at == len(name):
            return name + equals + value
        name = f"{name[:at]}/{name[at + 1 :]}"
        start = at + 1


def _act(call: Call, setting: str) -> int:
    """Print or set one parameter, or print those in a directory."""
    name, equals, value = setting.partition("=")
    writing = bool(equals) or "-w" in call.given
    if not writing and call.files.is_directory(_ROOT + name):
        code = 0
        for entry in call.files.names(_ROOT + name):
            code |= _act(call, f"{name}/{entry}" if name else entry)
        return code
    shown = name.translate(str.maketrans("/.", "./"))
    if writing and not equals:
        return _error(call, f"error: '{shown}' must be of the form name=value")
    if not name:
        return _error(call, f"error: malformed setting '{setting}'")
    prefix = "" if "-n" in call.given else f"{shown} = "
    try:
        if not writing:
            for line in call.files.read(_ROOT + name).splitlines():
                call.out(f"{prefix}{line}\n")
            return 0
        call.files.open_for_writing(_ROOT + name, truncate=True)
    except FileError as error:
        if error.errno == "ENOENT":
            return 1 if "-e" in call.given else _error(call, f"error: '{shown}' is an unknown key")
        return _error(call, f"error {'sett' if writing else 'read'}ing key '{shown}': {error.strerror}")
    code = 0
    try:
        call.files.write(_ROOT + name, value)
    except NotSimulated as left_out:
        code = call.not_simulated(left_out.feature, left_out.effect)
    except FileError as error:
        raise ToolError(f"write error: {error.strerror}") from None
    if "-q" not in call.given:
        call.out(f"{prefix}{value}\n")
    return code


def _error(call: Call, text: str) -> int:
    call.err(f"sysctl: {text}\n")
    return 1
