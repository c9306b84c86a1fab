"""hostname, of the distribution (hostname 3.25) and of busybox."""

from __future__ import annotations

import re

from macvsim.errors import Effect, MacvsimError
from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.tool import BUSYBOX, Manner, Texts, ToolError, tool
from macvsim.tools.busybox.applet import USAGE
from macvsim.wire.addr import ip_text

_VALID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_HOSTNAME = Manner(
    usage_status=255,
    usage_on_stdout=True,
    help_options=("-h", "--help", "-?"),
    help_status=255,
    version_options=("-V", "--version"),
)


@tool(
    "hostname",
    usage=Texts(__package__),
    version="hostname 3.25\n",
    letters="F:",
    left_out={
        "-A": "names of all addresses",
        "-a": "aliases in /etc/hosts",
        "-b": "a default name",
        "-y": "the NIS domain",
    },
    effect=Effect.NONE,
    manner=_HOSTNAME,
)
def hostname(call: Call) -> int:
    """``hostname [-dfsiI | -F FILE | NAME]``."""
    given = call.given
    shown = [name for name in given.names if name != "-F"]
    names = [*given.all("-F"), *given.operands]
    if len(names) > 1 or (names and shown):
        raise ToolError(hostname.text(), 255, named=False)
    if not names:
        return _show(call, shown[-1] if shown else "", "Temporary failure in name resolution")
    if given.operands:
        name = given.operands[0]
    else:
        try:
            name = next(iter(_names(call, given.get("-F"))), "")
        except FileError as error:
            raise ToolError(error.strerror) from None
    if not _VALID.fullmatch(name):
        raise ToolError("the specified hostname is invalid")
    return _set(call, name)


@tool("hostname", flavour="busybox", usage=USAGE, letters="v", effect=Effect.NONE, manner=BUSYBOX)
def busybox_hostname(call: Call) -> int:
    """``hostname [-sidf] [HOSTNAME | -F FILE]``."""
    given = call.given
    shown = next((name for name in ("-d", "-f", "-i", "-s") if name in given), "")
    if shown or not (given.operands or "-F" in given):
        return _show(call, shown, f"{call.box.hostname}: Host name lookup failure")
    if "-F" not in given:
        return _set(call, given.operands[0]) if given.operands[0] else 0
    path = given.get("-F")
    try:
        names = _names(call, path)
    except FileError as error:
        raise ToolError(f"can't open '{path}': {error.strerror}") from None
    return _set(call, names[-1]) if names else 0


def _names(call: Call, path: str) -> list[str]:
    """The names in a file: its lines that are no comments."""
    lines = call.files.read(path).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _set(call: Call, name: str) -> int:
    if not call.box.sys_admin:
        raise ToolError("sethostname: Operation not permitted")
    call.box.hostname = name
    return 0


def _show(call: Call, option: str, unknown: str) -> int:
    """Print the name, or what the option asks for; `unknown` where the name has no address."""
    box = call.box
    short, _, domain = box.hostname.partition(".")
    if option == "-I":
        found = [a for dev in box.ns.devices.values() if not dev.loopback for a in dev.inet.addresses]
        call.out("".join(f"{ip_text(address.local)} " for address in found) + "\n")
    elif option == "-i":
        try:
            call.out(f"{ip_text(box.resolve(box.hostname))}\n")
        except MacvsimError:
            raise ToolError(unknown) from None
    else:
        call.out({"-d": domain, "-s": short}.get(option, box.hostname) + "\n")
    return 0
