"""How every applet of busybox answers mistakes (libbb/appletlib.c)."""

from __future__ import annotations

from macvsim.machine.call import Call

VERSION = "BusyBox v1.37.0 (Debian 1:1.37.0-6+b9) multi-call binary."


def usage(call: Call, text: str, *, code: int = 1) -> int:
    """Print an applet's usage on standard error, as after a mistake or for ``--help`` (code 0)."""
    call.err(f"{VERSION}\n\nUsage: {text}")
    return code


class Die(Exception):
    """The applet ends here with code 1; the text goes to standard error behind its name (bb_error_msg_and_die)."""
