"""The words behind ``type TYPE``: options of a kind of device, and of bridge ports (parse_opt of iplink_….c).

All the words are read before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from macvsim.dev.linkwords import Options
from macvsim.dev.registry import Kind
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import ToolError
from macvsim.tools.iproute2.linkargs import LinkRequest, lladdr
from macvsim.tools.iproute2.words import PORT_USAGE, USAGE, Words, complaint, invalid, matches


class KindWords:
    """A command line as the options of a kind read it (`macvsim.dev.linkwords.Reader`).

    peer : reads the words of another device
    """

    def __init__(self, words: Words, kind: Kind, peer: Callable[[Words], LinkRequest] | None = None) -> None:
        self._words = words
        self._kind = kind
        self._peer = peer
        self.take = words.take
        self.value = words.value
        self.integer = words.integer
        self.switch = words.switch
        self.invalid = invalid

    def __bool__(self) -> bool:
        return bool(self._words)

    @property
    def here(self) -> str:
        return self._words.here

    def mac(self) -> bytes:
        return lladdr(self._words.value())

    def peer(self) -> LinkRequest:
        if self._peer is None:
            raise NotSimulated(f"the other end of a {self._kind.name} device in this command", Effect.CHANGES)
        return self._peer(self._words)

    def refusal(self, text: str) -> ToolError:
        return complaint(text, 1)

    def usage(self, heading: str = "") -> ToolError:
        return complaint(f"{self._kind.name}: {heading}\n{self._kind.usage}" if heading else self._kind.usage, 1)


def parse_options(kind: Kind, words: Words, peer: Callable[[Words], LinkRequest] | None = None) -> Options:
    """The options of a kind by name; complains about words that are none."""
    reader, found = KindWords(words, kind, peer), Options()
    while words:
        word = words.take()
        for option in kind.options:
            if (word == option.name if option.exact else matches(word, option.name)) and option.once not in found:
                option.read(reader, found)
                break
        else:
            unknown = kind.unknown and not matches(word, "help")
            raise reader.usage(f'unknown {kind.unknown} "{word}"?' if unknown else "")
    kind.check(reader, found)
    return found


# -- bridge port -----------------------------------------------------------------------------------------------------

_PORT_SWITCHES = (
    "hairpin", "guard", "root_block", "fastleave", "learning", "flood", "proxy_arp", "proxy_arp_wifi",
    "mcast_fast_leave", "mcast_flood", "bcast_flood", "mcast_to_unicast", "neigh_suppress", "neigh_vlan_suppress",
    "vlan_tunnel", "isolated", "locked", "mab",
)  # fmt: skip
_PORT_NUMBERS = {"state": 0xFF, "priority": 0xFFFF, "cost": 0xFFFFFFFF, "mcast_router": 0xFF, "group_fwd_mask": 0xFFFF}


@dataclass
class PortOptions:
    """Switches and numbers of a bridge port by name."""

    switches: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    flush: bool = False


def parse_bridge_slave(words: Words) -> PortOptions:
    """``hairpin on isolated off state 3 …``."""
    options = PortOptions()
    while words:
        word = words.take()
        switch = next((n for n in _PORT_SWITCHES if matches(word, n)), "")
        numeric = next((n for n in _PORT_NUMBERS if matches(word, n)), "")
        if matches(word, "fdb_flush"):
            options.flush = True
        elif numeric:
            is_plain = numeric in ("state", "priority", "cost")
            message = f"{numeric} is invalid" if is_plain else f"invalid {numeric}"
            options.numbers[numeric] = words.integer(numeric, message=message, limit=_PORT_NUMBERS[numeric])
        elif switch:
            options.switches["fastleave" if switch == "mcast_fast_leave" else switch] = words.either(switch)
        elif matches(word, "help"):
            raise complaint(USAGE.blocks[PORT_USAGE], 1)
        elif word in ("backup_port", "nobackup_port", "backup_nhid"):
            raise NotSimulated(f"{word} of a bridge port", Effect.CHANGES)
        else:
            raise complaint(f'bridge_slave: unknown option "{word}"?\n{USAGE.blocks[PORT_USAGE]}', 1)
    return options
