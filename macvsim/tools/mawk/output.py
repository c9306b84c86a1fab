"""Where print and printf of awk write to."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.machine.files import FileError, FileSystem


class Output:
    """Standard output and error, and files, which get what was written at the end of the run."""

    def __init__(self, out: Callable[[str], None], err: Callable[[str], None]) -> None:
        self._sinks = {"": out, "/dev/stdout": out, "-": out, "/dev/stderr": err}
        self._files: dict[str, tuple[bool, list[str]]] = {}

    def write(self, text: str, name: str = "", *, appends: bool = False) -> None:
        """To a file, if it is named: from its beginning, or behind what it has, as the first print says."""
        if name in self._sinks:
            self._sinks[name](text)
        else:
            self._files.setdefault(name, (appends, []))[1].append(text)

    def save(self, files: FileSystem) -> None:
        """Let the files have it; `FileError`."""
        for name, (appends, texts) in self._files.items():
            try:
                before = files.read(name) if appends else ""
            except FileError as error:
                if error.errno != "ENOENT":
                    raise
                before = ""
            files.replace(name, before + "".join(texts))
