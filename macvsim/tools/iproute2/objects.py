"""Objects of `ip`, such as ``ip addr``, and their commands: one table finds a command, and lists those left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, matches


@dataclass(frozen=True, kw_only=True)
class Object:
    """One object; called with the words behind it, it does what they ask for.

    topic : the block of its usage; name : as `not simulated` has it
    commands : by name, in the order abbreviations are looked up in; default : the one without words
    left_out : commands of the real program that are not simulated, and what each would have done
    """

    topic: str
    name: str
    commands: Mapping[str, Callable[[Words, Tool], int]]
    default: str
    left_out: Mapping[str, Effect] = field(default_factory=dict)

    def __call__(self, words: Words, tool: Tool) -> int:
        word = words.take() if words else self.default
        for name, command in self.commands.items():
            if matches(word, name):
                return command(words, tool)
        for name, effect in self.left_out.items():
            if matches(word, name):
                raise NotSimulated(f"{self.name} {word}", effect)
        if matches(word, "help"):
            raise UsageError(topic=self.topic)
        raise complaint(f'Command "{word}" is unknown, try "{self.topic} help".\n')
