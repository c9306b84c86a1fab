"""Usage texts of coreutils, and files as its programs open them."""

from __future__ import annotations

from dataclasses import replace

from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.streams import OpenFile, Text
from macvsim.machine.tool import BUSYBOX, GNU, Texts

TEXTS = Texts(__package__)
GNU_2 = replace(GNU, status=2, usage_status=2)
"""Programs whose status for mistakes is 2."""
IN_ORDER = replace(GNU, permute=False)
"""Programs whose options end at the first operand."""
STARTER = replace(IN_ORDER, status=125, usage_status=125)
"""Programs that run another one: options end at its name; failures of the starter itself are 125."""
BUSYBOX_IN_ORDER = replace(BUSYBOX, permute=False)


def opened(call: Call, name: str) -> OpenFile | None:
    """A file opened for reading, ``-`` is standard input; None, after a message, for one that cannot be read."""
    try:
        if name != "-" and call.files.is_directory(name):
            raise FileError("EISDIR", name)
        return call.fds.stdin if name == "-" else call.open(name)
    except FileError as error:
        call.err(f"{call.name}: {name}: {error.strerror}\n")
        return None


def line_of(call: Call, file: OpenFile) -> Text:
    """The next line of an open file with its end; empty at its end."""
    return (yield from call.read_line() if file is call.fds.stdin else file.read_line())
