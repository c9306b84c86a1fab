"""The objects of a record: a frame at an interface, a command that ended, a mark."""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUND = "   # background"  # stands behind the command of an entry that ran in the background


@dataclass(frozen=True, slots=True)
class FrameEntry:
    """A frame as one interface saw it.

    Attributes
    ----------
    ns, dev : network namespace and interface
    type : ``HOST``, ``BCAST``, ``MCAST``, ``OTHER`` (to another station's MAC) or ``OUT`` (sent)
    hex : the whole frame, VLAN tags in place
    t : seconds since the first frame or mark of the record
    text : one line for readers, see `macvsim.wire.canon`
    """

    ns: str
    dev: str
    type: str
    hex: str
    t: float = 0.0
    text: str = ""

    @property
    def interface(self) -> str:
        """``ns/dev``."""
        return f"{self.ns}/{self.dev}"

    @property
    def data(self) -> bytes:
        """The frame's bytes."""
        return bytes.fromhex(self.hex)


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command that ended.

    Attributes
    ----------
    ns : network namespace, or None outside of all
    cmd : the shell command, with `BACKGROUND` behind it if it ran in the background
    rc : exit status, or ``"timeout"`` or ``"killed"``
    start, dur : seconds
    setup : True if it came from a directive (ns, wire, switch, ctr) and not from the scenario's text
    """

    ns: str | None
    cmd: str
    stdout: str
    stderr: str
    rc: int | str
    start: float = 0.0
    dur: float = 0.0
    setup: bool = False


@dataclass(frozen=True, slots=True)
class MarkEntry:
    """A line of text between frames, at `t` seconds."""

    t: float
    mark: str
