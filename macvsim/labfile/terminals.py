"""Terminals: a login on each machine, container and switch of a lab, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping

from macvsim.docker.container import Container
from macvsim.errors import MacvsimError
from macvsim.lab import Lab
from macvsim.labfile.switchsession import SwitchSession
from macvsim.machine.host import Box
from macvsim.machine.streams import Sink, discard
from macvsim.shell.session import Session, open_session


class Terminal:
    """The session of one node, and what it has printed since its last command began.

    What jobs in the background print while another terminal is used is seen here when this one is used again.

    live : called with the output as it comes, while the terminal is the one being used
    """

    def __init__(self, session: Session | SwitchSession) -> None:
        self.pieces: list[str] = []
        self.live: Sink | None = None
        self.session = session
        session.write = self._write

    def _write(self, text: str) -> None:
        self.pieces.append(text)
        if self.live is not None:
            self.live(text)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def begin(self, command: str, live: Sink) -> None:
        """Start a command, shown as by `show`."""
        self.show(live)
        self.session.start(command)

    def show(self, live: Sink) -> None:
        """Show by `live` what comes from here on, after what came since the last command."""
        for piece in self.pieces:
            live(piece)
        self.live = live

    def end(self) -> str:
        """The command has ended: all that was shown, the cursor at the beginning of a line again."""
        if self.text and not self.text.endswith("\n"):
            self._write("\n")
        text, self.pieces, self.live = self.text, [], None
        return text


class Terminals:
    """The terminals of a lab by node, opened as they are asked for; `variables` are those their shells begin with."""

    def __init__(self, lab: Lab, variables: Mapping[str, str]) -> None:
        self.lab = lab
        self.variables = variables
        self._open: dict[Box, Terminal] = {}
        self._switches: dict[str, Terminal] = {}

    def box(self, name: str) -> Box:
        """The host or container that a prompt names, by its name in the lab or by its host name; `MacvsimError` lists
        those there are.
        """
        boxes = self.lab.boxes()
        if name in boxes:
            return boxes[name]
        named = {key: box for key, box in boxes.items() if box.hostname == name}
        if len(named) > 1:
            raise MacvsimError(f"several nodes are called {name}: write the name of one, {', '.join(named)}")
        if not named:
            raise MacvsimError(f"the lab has no node {name!r}: it has {', '.join(boxes) or 'none'}")
        return next(iter(named.values()))

    def name(self, box: Box) -> str:
        """What prompts call a node: a machine's host name, unless others have it too, and a container's name."""
        boxes = self.lab.boxes()
        key = next((name for name, one in boxes.items() if one is box), box.name)
        if isinstance(box, Container) or box.hostname in boxes:
            return key
        return box.hostname if sum(one.hostname == box.hostname for one in boxes.values()) == 1 else key

    def terminal(self, name: str) -> Terminal:
        """The terminal of a node; one that was left begins anew."""
        if name in self.lab.switches:
            return self._switches.setdefault(name, Terminal(SwitchSession(self.lab, name)))
        box = self.box(name)
        if isinstance(box, Container) and not box.running:
            raise MacvsimError(f"container {name} is not running: docker start {name}")
        found = self._open.get(box)
        if found is None or found.session.closed:
            return self.adopt(open_session(box, discard, self.name(box), self.variables or None))
        return found

    def adopt(self, session: Session) -> Terminal:
        """The terminal of a session, from now on that of its node."""
        found = self._open.get(session.box)
        if found is None or found.session is not session:
            found = self._open[session.box] = Terminal(session)
        return found
