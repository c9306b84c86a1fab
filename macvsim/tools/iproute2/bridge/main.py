"""The `bridge` command: its options, and which part does what."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.tool import Subcommand, UsageError, tool
from macvsim.tools.iproute2.bridge import fdb, link, vlan
from macvsim.tools.iproute2.bridge.tool import Options, Tool
from macvsim.tools.iproute2.words import IPROUTE2, USAGE, Words, complaint, effect_of, matches

_OBJECTS: dict[str, Callable[[Tool, Words], int]] = {"link": link.run, "fdb": fdb.run, "vlan": vlan.run}
_ORDER = ("link", "fdb", "mdb", "mst", "vlan", "vni", "monitor", "help")
_EMPTY = {"mdb": "", "mst": f"{'port':<18}msti     \n", "vni": f"{'dev':<18}{'vni':<19}group/remote\n"}
"""Tables that nothing here is put into."""
_FLAGS = {
    "statistics": "stats",
    "details": "details",
    "oneline": "oneline",
    "json": "json",
    "pretty": "pretty",
    "compressvlans": "compress",
}


_COMMANDS = {
    "link": ("show", "set"),
    "fdb": ("show", "add", "append", "replace", "delete", "get", "flush"),
    "vlan": ("show", "add", "delete"),
    **dict.fromkeys(_EMPTY, ("show",)),
}
_LEFT_OUT = (
    "monitor",
    "vlan set",
    "vlan tunnelshow",
    "vlan global",
    "mdb add",
    "mdb del",
    "mst set",
    "vni add",
    "vni del",
)


def _subcommands() -> Iterator[Subcommand]:
    for name, commands in _COMMANDS.items():
        yield from (Subcommand((name, command)) for command in commands)
    yield from (Subcommand(tuple(words.split()), works=False) for words in _LEFT_OUT)


@tool(
    "bridge",
    flavour="debian",
    usage=USAGE,
    topics=("bridge fdb", "bridge link", "bridge vlan"),
    subcommands=_subcommands,
    left_out={"-batch": "commands of a file", "-force": "the next line after an error"},
    manner=IPROUTE2,
    effect=Effect.CHANGES,
)
def bridge(call: Call) -> int:
    """``bridge [OPTIONS] link|fdb|vlan …``."""
    words = Words(call.args)
    tool = Tool(call, call.box.ns, Options())
    while words and words.here.startswith("-") and len(words.here) > 1:
        code = _option(tool, words.take(), words)
        if code is not None:
            return code
    if not words:
        raise UsageError
    word = words.take()
    name = next((name for name in _ORDER if matches(word, name)), None)
    if name is None:
        raise complaint(f'Object "{word}" is unknown, try "bridge help".\n')
    if name == "help":
        raise UsageError
    asks = not words or matches(words.here, "show")
    if name in _EMPTY and asks and not tool.options.json and not (name == "mdb" and _snoops(tool)):
        call.out(_EMPTY[name])
        return 0
    if name not in _OBJECTS:
        return call.not_simulated(
            f"bridge {name}", Effect.READS if name == "monitor" else effect_of("".join(words.rest()[:1]))
        )
    return _OBJECTS[name](tool, words)


def _snoops(tool: Tool) -> bool:
    """There is a bridge with ports, which may have heard reports of groups."""
    return any(dev.master is not None for dev in tool.ns.devices.values())


def _option(tool: Tool, option: str, words: Words) -> int | None:
    """Take one option; an exit code if that ends the command."""
    word = option.removeprefix("--") if option.startswith("--") else option[1:]
    if matches(word, "help"):
        raise UsageError
    if matches(word, "Version"):
        tool.call.out("bridge utility, 6.15.0\n")
        return 0
    if matches(word, "netns"):
        name = words.value()
        ns = tool.call.box.kernel.netns.get(name)
        if ns is None:
            raise complaint(f'Cannot open network namespace "{name}": No such file or directory\n')
        tool.ns = ns
        return None
    for full, attribute in _FLAGS.items():
        shortest = 3 if full == "compressvlans" else 1  # -c is -color
        if len(word) >= shortest and matches(word, full):
            setattr(tool.options, attribute, True)
            return None
    if matches(word, "color") or matches(word, "timestamp"):
        return None  # nothing is coloured or monitored
    if matches(word, "batch") or matches(word, "force"):
        return tool.call.not_simulated(f"bridge {option}", Effect.CHANGES)
    raise complaint(f'Option "{option}" is unknown, try "bridge help".\n')
