"""What an iptables command asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.net.netfilter.rule import Interface
from macvsim.tools.iptables.extension import MatchReader, TargetReader

ANY_DEVICE = Interface()


@dataclass
class Request:
    """What a command asks for; texts as they were written where they are checked later."""

    command: str = ""
    table: str = "filter"
    table_given: bool = False
    chain: str = ""
    number: int = 0
    new_name: str = ""
    policy: str = ""
    source: tuple[str, bool] | None = None
    destination: tuple[str, bool] | None = None
    in_dev: Interface = ANY_DEVICE
    out_dev: Interface = ANY_DEVICE
    proto: int = 0
    not_proto: bool = False
    fragment: bool | None = None
    jump: str = ""
    goto: bool = False
    matches: list[MatchReader] = field(default_factory=list)
    target: TargetReader | None = None
    counters: tuple[int, int] = (0, 0)
    verbose: int = 0
    numeric: bool = False
    exact: bool = False
    line_numbers: bool = False
    help: bool = False
    version: bool = False
    given: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
