"""The `ip` command: options, then the object and what is to be done with it (ip.c of iproute2 6.15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from importlib import import_module
from typing import cast

from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Subcommand, UsageError, tool
from macvsim.shell.interp import box_for
from macvsim.tools.iproute2.tool import INET, INET6, LINK, Options, Tool, refused
from macvsim.tools.iproute2.words import IPROUTE2, USAGE, Words, complaint, effect_of, invalid, matches

Work = Callable[[Words, Tool], int | Waiting]
"""The function `work` of each object's module, which is given the words after the object."""
TOPICS = ("address", "link", "maddr", "neigh", "netns", "route", "rule", "link help bridge_slave")
"""Objects with a usage text in the file, and ports of bridges; the texts of devices stand in `macvsim.dev`."""

VERSION = "ip utility, iproute2-6.15.0, libbpf 1.5.0\n"

_OBJECTS = (
    ("address", "addr"), ("addrlabel", ""), ("maddress", "maddr"), ("route", "route"), ("rule", "rule"),
    ("neighbor", "neigh"), ("neighbour", "neigh"), ("ntable", ""), ("ntbl", ""), ("link", "link"), ("l2tp", ""),
    ("fou", ""), ("ila", ""), ("macsec", ""), ("tunnel", ""), ("tunl", ""), ("tuntap", ""), ("tap", ""), ("token", ""),
    ("tcpmetrics", ""), ("tcp_metrics", ""), ("monitor", ""), ("xfrm", ""), ("mroute", ""), ("mrule", ""),
    ("netns", "netns"), ("netconf", ""), ("vrf", ""), ("sr", ""), ("nexthop", ""), ("mptcp", ""), ("ioam6", ""),
    ("stats", ""),
)  # fmt: skip
"""Objects in the order abbreviations are looked up in, and the module that has each; empty: left out."""

_EMPTY = {
    **dict.fromkeys(("tunnel", "tuntap", "tcp_metrics", "mroute", "nexthop"), ""),
    "vrf": "Name              Table\n-----------------------\nNo VRF has been configured\n",
}
"""What lists of things that nobody can make here look like."""

_FAMILIES = {"-4": INET, "-6": INET6, "-0": LINK}
_FLAGS = {
    "human": "human", "iec": "iec", "details": "details", "oneline": "oneline", "brief": "brief", "json": "json",
    "pretty": "pretty", "Numeric": "numeric", "all": "every",
}  # fmt: skip
_OPTIONS = (
    "loops", "family", "human", "human-readable", "iec", "stats", "statistics", "details", "resolve", "oneline",
    "timestamp", "tshort", "Version", "force", "batch", "brief", "json", "pretty", "rcvbuf", "color", "help", "netns",
    "Numeric", "all", "echo",
)  # fmt: skip
"""Long options in the order abbreviations are looked up in."""
_COLOURS = ("=never", "=auto", "=always")
LEFT_OUT = {"-resolve": "names of hosts", "-echo": "the kernel's answer", "-M": "MPLS", "-B": "bridges"}
_IGNORED = ("color", "timestamp", "tshort")
"""What changes nothing here: nothing is coloured or monitored."""


def _subcommands() -> Iterator[Subcommand]:
    """Every object with its commands; an object that nobody can make here has its list."""
    for name, module in _OBJECTS:
        if name in _EMPTY:
            yield Subcommand((name, "show"))
        elif not module:
            yield Subcommand((name,), works=False)
        else:
            from macvsim.tools.iproute2.objects import Object

            here = import_module(f"macvsim.tools.iproute2.{module}")
            works, left_out = (
                (here.work.commands, here.work.left_out)
                if isinstance(here.work, Object)
                else (here.COMMANDS, here.LEFT_OUT)
            )
            yield from (Subcommand((name, command)) for command in works)
            yield from (Subcommand((name, command), works=False) for command in left_out)


@tool(
    "ip",
    flavour="debian",
    usage=USAGE,
    topics=tuple(f"ip {topic}" for topic in TOPICS),
    subcommands=_subcommands,
    left_out=LEFT_OUT,
    manner=IPROUTE2,
    effect=Effect.CHANGES,
)
def ip(call: Call) -> int | Waiting:
    """``ip [OPTIONS] OBJECT COMMAND``."""
    words = Words(call.args)
    options = Options()
    inside = call
    batch, force = "", False
    while words and words.here.startswith("-"):
        option = words.take()
        if option == "--":
            break
        if option.startswith("--"):
            option = option[1:]
        plain = option.split("=")[0] if option.endswith(_COLOURS) else option
        name = next((known for known in _OPTIONS if matches(plain[1:], known)), "")
        if name == "netns":
            inside = _inside(inside, words.value())
        elif name == "Version":
            call.out(VERSION)
            return 0
        elif name == "help":
            raise UsageError
        elif name == "batch":
            if not words:
                raise complaint('Error: argument "batch file" is required\n')
            batch = words.take()
        elif name == "force":
            force = True
        elif not _take_option(option, name, options, words):
            raise NotSimulated(f"ip {option}", effect_of("".join(words.rest()[1:2])))
    if batch:
        from macvsim.tools.iproute2.batch import run_batch

        return run_batch(call, batch, lambda line: _run_object(inside, copy(options), Words(line)), force=force)
    if not words:
        raise UsageError
    return _run_object(inside, options, words)


def _take_option(option: str, name: str, options: Options, words: Words) -> bool:
    """Note one option; False if it is left out."""
    if option in _FAMILIES:
        options.family = _FAMILIES[option]
    elif option in ("-M", "-B"):
        return False
    elif not name:
        raise complaint(f'Option "{option}" is unknown, try "ip -help".\n')
    elif name == "family":
        options.family = _family(words)
    elif name in ("stats", "statistics"):
        options.stats += 1
    elif name in ("loops", "rcvbuf"):
        words.integer(name)
    elif name.split("-")[0] in _FLAGS:
        setattr(options, _FLAGS[name.split("-")[0]], True)
    else:
        return name in _IGNORED
    return True


def _family(words: Words) -> str:
    word = words.value()
    if matches(word, "help"):
        raise UsageError
    if word not in (INET, INET6, LINK):
        raise invalid("invalid protocol family", word)
    return word


def _inside(call: Call, name: str) -> Call:
    """The call, in the namespace of that name (netns_switch)."""
    kernel = call.box.kernel
    if name not in kernel.netns:
        raise complaint(f'Cannot open network namespace "{name}": No such file or directory\n')
    box = box_for(kernel, kernel.netns[name])
    return call.derived(call.argv, box=box)


def _run_object(call: Call, options: Options, words: Words) -> int | Waiting:
    word = words.take()
    if matches(word, "help"):
        raise UsageError
    found = next(((name, module) for name, module in _OBJECTS if matches(word, name)), None)
    if found is None:
        raise complaint(f'Object "{word}" is unknown, try "ip help".\n', 1)
    name, module = found
    if name in _EMPTY and (not words or any(matches(words.here, verb) for verb in ("show", "list", "lst"))):
        call.out("[]\n" if options.json else _EMPTY[name])
        return 0
    if not module:
        raise NotSimulated(f"ip {name}", Effect.READS if name == "monitor" else effect_of("".join(words.rest()[:1])))
    work = cast(Work, import_module(f"macvsim.tools.iproute2.{module}").work)
    try:
        return work(words, Tool(call, call.box.ns, options))
    except NetlinkError as error:
        raise refused(error) from None
