"""A pcapng file that is written while frames come (draft-ietf-opsawg-pcapng).

Each frame goes to the disk at once, so the file is complete after each.  At the end it is composed anew: the names of
addresses and the comments of frames are known last and stand first.  Where the disk has no room for that, the file has
the frames without them.  A pipe gets the frames while they come, the names at the end, and no comments.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from macvsim.output import Draft, replacing
from macvsim.wire._pcapng import LabWriter, with_comment
from macvsim.wire.capture import CaptureRecord, description, epb_flags, packed_names

APPLICATION = "macvsim"
_HEAD = struct.Struct("<II")
"""Type and length, with which each block begins."""
_ENHANCED_PACKET = 6


class PcapngStream:
    """The file, as far as it is written.

    frames : in the file; lost : frames for which there was no room; last : time (ns) of the last frame in the file
    error : why nothing more is written; lacks : why the file has neither names nor comments

    Raises
    ------
    OSError : the file cannot be made
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = self.lost = self.last = 0
        self.error: OSError | None = None
        self.lacks: OSError | None = None
        self._ids: dict[str, int] = {}
        self._draft = Draft(path)
        self._writer = LabWriter(self._draft)
        try:
            self._writer.write_section(APPLICATION)
        except BaseException:
            self._draft.close()
            raise

    def add_interfaces(self, names: Iterable[str]) -> None:
        """All interfaces so far, in the order of their numbers."""
        for name in names:
            if name not in self._ids and self.error is None:
                try:
                    self._writer.write_interface(name, description(name))
                except OSError as error:
                    self.error = error
                self._ids[name] = len(self._ids)

    def add(self, record: CaptureRecord) -> None:
        """The next frame in order of time, at one of the interfaces."""
        if self.error is None:
            number = self._ids[record.interface]
            try:
                self._writer.write_frame(number, record.time_ns, record.data, epb_flags(record), "")
            except OSError as error:
                self.error = error
            else:
                self.frames += 1
                self.last = record.time_ns
                return
        self.lost += 1

    def finish(self, names: Mapping[str, str], comments: Mapping[int, str]) -> None:
        """Make it the file: names by IP address, comments by number of the frame (from 0).

        Raises
        ------
        OSError : there is no file
        """
        try:
            if self._draft.is_direct:
                if self.error is None:
                    self._writer.write_names(packed_names(names))
            elif self.error is None and self._compose(names, comments):
                return
            self._draft.commit()
        finally:
            self._draft.close()

    def _compose(self, names: Mapping[str, str], comments: Mapping[int, str]) -> bool:
        """The file with everything; False if there is no room for it."""
        try:
            with replacing(self.path) as whole:
                writer = LabWriter(whole)
                writer.write_section(APPLICATION)
                writer.write_names(packed_names(names))
                for name in self._ids:
                    writer.write_interface(name, description(name))
                for number, block in enumerate(self._frames()):
                    comment = comments.get(number)
                    whole.write(block if comment is None else with_comment(block, comment))
        except OSError as error:
            self.lacks = error
        return self.lacks is None

    def _frames(self) -> Iterator[bytes]:
        """The blocks of the frames."""
        with self._draft.reader() as reader:
            while head := reader.read(_HEAD.size):
                kind, length = _HEAD.unpack(head)
                rest = reader.read(length - _HEAD.size)
                if kind == _ENHANCED_PACKET:
                    yield head + rest

    @property
    def interfaces(self) -> int:
        """How many there are."""
        return len(self._ids)

    @property
    def summary(self) -> str:
        """The content of the file in one line."""
        total = self.frames + self.lost
        if self.lost:
            frames = f"the first {self.frames} of {total} frames"
        else:
            frames = f"{self.frames} frames"
        text = f"{self.path} holds {frames} of {self.interfaces} interfaces, until {self.last / 1e9:g} s"
        if self.lacks is not None:
            text += ", without names of addresses and reasons of drops"
        if (cause := self.error or self.lacks) is not None:
            text += f" ({cause.strerror})"
        return text


__all__ = ["PcapngStream"]
