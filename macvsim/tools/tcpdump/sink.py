"""Where packets go: to standard output as text, to a file, or nowhere but into the count."""

from __future__ import annotations

from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.machine.tool import ToolError
from macvsim.tools.tcpdump.savefile import Record, file_header, record_bytes, to_text
from macvsim.tools.tcpdump.settings import Settings
from macvsim.wire.pcapfilter import COOKED, LinkType
from macvsim.wire.text import Printer


class PacketSink:
    """Takes the packets of one run of tcpdump; `captured` counts them."""

    def __init__(self, call: Call, settings: Settings, link: LinkType) -> None:
        self._call = call
        self._settings = settings
        self._link = link
        self._printer = Printer(settings.options)
        self._prints = not settings.only_count and (not settings.write or settings.print_too)
        self._pending = b""
        self.captured = 0

    def open(self) -> None:
        """Make the file, if packets are to be written; `ToolError` if it cannot be."""
        path = self._settings.write
        if not path:
            return
        header = file_header(self._link, self._settings.snaplen, nano=self._settings.options.nano)
        if path == "-":
            self._call.out(to_text(header))
            return
        try:
            self._call.files.open_for_writing(path, truncate=True)
            self._call.files.write(path, to_text(header))
        except FileError as error:
            raise ToolError(f"{path}: {error.strerror}") from None

    @property
    def full(self) -> bool:
        """True when there are as many as ``-c`` wants."""
        return 0 < self._settings.count <= self.captured

    def put(self, record: Record, device: str) -> None:
        """One packet."""
        self.captured += 1
        if self._settings.write:
            self._pending += record_bytes(record, nano=self._settings.options.nano)
            if self._settings.unbuffered or self._settings.write == "-":
                self.flush()
        if self._prints:
            self._call.out(self.text(record, device))

    def text(self, record: Record, device: str) -> str:
        """A packet as it is printed."""
        if self._link is COOKED:
            return self._printer.cooked(record.time, record.data, record.length, device)
        return self._printer.frame(record.time, record.data, record.length)

    def flush(self) -> None:
        """Write what has not been written yet."""
        data, self._pending = self._pending, b""
        if not data:
            return
        if self._settings.write == "-":
            self._call.out(to_text(data))
        else:
            self._call.files.write(self._settings.write, to_text(data))
