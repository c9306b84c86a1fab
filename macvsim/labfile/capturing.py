"""Captures of a whole lab into a file, frames while they come, whatever ends the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from macvsim.errors import MacvsimError
from macvsim.lab import Lab
from macvsim.output import uninterrupted
from macvsim.wire.pcapngstream import PcapngStream


def check_capture_name(path: Path) -> None:
    """`MacvsimError` unless a capture of a whole lab can be written to a file of that name."""
    if path.suffix != ".pcapng":
        raise MacvsimError(f"{path}: a capture of the whole lab is a file NAME.pcapng")


@contextmanager
def capturing(lab: Lab, path: Path, *, reasons: bool = False) -> Iterator[PcapngStream]:
    """Write every frame of every interface to a file while the block runs; however it ends, the file is complete.

    reasons : comment the frames after which packets were dropped

    Raises
    ------
    OSError : the file cannot be made; there was no room for all of it, and a note says what it holds
    """
    stream = PcapngStream(path)
    capture = lab.start_capture()
    capture.stream_to(stream)

    try:
        try:
            yield stream
        finally:
            with uninterrupted():
                lab.stop_capture(capture)
                capture.end_stream(reasons=reasons)
        if (cause := stream.error or stream.lacks) is not None:
            raise OSError(cause.errno, cause.strerror, str(path))
    except BaseException as error:
        error.add_note(stream.summary)
        raise


__all__ = ["capturing", "check_capture_name"]
