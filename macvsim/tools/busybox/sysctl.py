"""busybox sysctl (procps/sysctl.c)."""

from __future__ import annotations

from macvsim.errors import NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.tool import tool
from macvsim.tools.busybox.applet import usage
from macvsim.tools.getopt import OptionError, getopt

_ROOT = "/proc/sys/"
_USAGE = """\
sysctl -p [-enq] [FILE...] / [-enqaw] [KEY[=VALUE]]...

Show/set kernel parameters

	-p	Set values from FILEs (default /etc/sysctl.conf)
	-e	Don't warn about unknown keys
	-n	Don't show key names
	-q      Quiet
	-a	Show all values
	-w	Set values
"""


@tool("sysctl", flavour="busybox")
def sysctl(call: Call) -> int:
    """``sysctl [-enqaw] [NAME[=VALUE]…]``."""
    if "--help" in call.args:
        return usage(call, _USAGE, code=0)
    try:
        found, words = getopt(call.args, "neAapqw")
    except OptionError as error:
        call.err(f"sysctl: {error}\n")
        return usage(call, _USAGE)
    letters = "".join(letter for letter, _ in found)
    if "p" in letters:
        return call.not_simulated("sysctl -p of busybox")
    if "a" in letters or "A" in letters:
        return _act(call, letters, "")
    code = 0
    for word in words:
        code |= _act(call, letters, _with_slashes(call, word))
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


def _act(call: Call, letters: str, setting: str) -> int:
    """Print or set one parameter, or print those in a directory."""
    name, equals, value = setting.partition("=")
    writing = bool(equals) or "w" in letters
    if not writing and call.files.is_directory(_ROOT + name):
        code = 0
        for entry in call.files.names(_ROOT + name):
            code |= _act(call, letters, f"{name}/{entry}" if name else entry)
        return code
    shown = name.translate(str.maketrans("/.", "./"))
    if writing and not equals:
        return _error(call, f"error: '{shown}' must be of the form name=value")
    if not name:
        return _error(call, f"error: malformed setting '{setting}'")
    prefix = "" if "n" in letters else f"{shown} = "
    try:
        if not writing:
            for line in call.files.read(_ROOT + name).splitlines():
                call.out(f"{prefix}{line}\n")
            return 0
        call.files.open_for_writing(_ROOT + name, truncate=True)
    except FileError as error:
        if error.errno == "ENOENT":
            return 1 if "e" in letters else _error(call, f"error: '{shown}' is an unknown key")
        return _error(call, f"error {'sett' if writing else 'read'}ing key '{shown}': {error.strerror}")
    code = 0
    try:
        call.files.write(_ROOT + name, value)
    except NotSimulated as left_out:
        code = call.not_simulated(str(left_out))
    except FileError as error:
        return _error(call, f"write error: {error.strerror}")
    if "q" not in letters:
        call.out(f"{prefix}{value}\n")
    return code


def _error(call: Call, text: str) -> int:
    call.err(f"sysctl: {text}\n")
    return 1
