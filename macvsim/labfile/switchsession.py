"""What a switch shows somebody who types at it: nothing if it could be done, and otherwise why not."""

from __future__ import annotations

from macvsim.lab import Lab
from macvsim.machine.streams import Sink, discard


class SwitchSession:
    """Stands where a shell stands on a machine: it takes the commands of `macvsim.switch.commands`, which take no time.

    path, cwd, closed : a switch has no directories, and nobody leaves it
    """

    path = "~"
    cwd = "/"
    closed = False

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.write: Sink = discard
        self.status = 0

    @property
    def prompt(self) -> str:
        return f"{self.name}#"

    def go_to(self, path: str) -> bool:
        """There is only one place to be."""
        return path == self.path

    def start(self, text: str) -> None:
        """Every line is a command."""
        for line in text.splitlines():
            result = self.lab.configure(self.name, line)
            self.status = result.code
            self.write(str(result))

    def advance(self, time: int) -> bool:
        """Everything has been done at once."""
        return True

    def interrupt(self) -> None:
        """Nothing runs that could be ended."""
