"""busybox ip (networking/ip.c, libiproute): addr, route, link and neigh, over what iproute2's `ip` does too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.net.fibroute import TABLE_MAIN, Route
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.namespace import Namespace
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.busybox.iplink import link_set
from macvsim.tools.busybox.ipshow import addresses, links, neighbours, route_line, rule_line
from macvsim.tools.iproute2 import addr, route, rule
from macvsim.tools.iproute2.family import IPV4, IPV6, Family, families
from macvsim.tools.iproute2.prefixes import parse_prefix
from macvsim.tools.iproute2.routechange import CHANGES
from macvsim.tools.iproute2.routeget import Question, decide
from macvsim.tools.iproute2.tool import INET, INET6, LINK, Options, Tool
from macvsim.tools.iproute2.words import Words, effect_of

_OBJECTS = ("address", "route", "link", "tunnel", "tunl", "neigh", "rule")
_SHOW = ("show", "list", "lst")


@tool("ip", flavour="busybox", usage=USAGE, effect=Effect.CHANGES, manner=BUSYBOX_OWN)
def ip(call: Call) -> int:
    """``ip [-f FAMILY] [-o] OBJECT [ARGS]``."""
    words = list(call.args)
    options = Options()
    while words and words[0].startswith("-"):
        word = words.pop(0).removeprefix("-")
        if word in ("4", "6", "0"):
            options.family = {"4": INET, "6": INET6, "0": LINK}[word]
        elif word and "family".startswith(word.lstrip("-")) and words:
            options.family = words.pop(0)
            if options.family not in (INET, INET6, LINK):
                raise ToolError(f"invalid argument '{options.family}' to 'family'")
        elif word and "oneline".startswith(word.lstrip("-")):
            options.oneline = True
        else:
            raise UsageError
    name = next((known for known in _OBJECTS if words and words[0] and known.startswith(words[0])), "")
    if not name:
        raise UsageError
    work = {"address": _addr, "route": _route, "link": _link, "neigh": _neigh, "rule": _rule}.get(name)
    if work is None:
        raise NotSimulated(f"ip {name}", effect_of("".join(words[1:2])))
    try:
        return work(call, options, words[1:])
    except NetlinkError as error:
        raise ToolError(f"RTNETLINK answers: {error.strerror}", 2) from None
    except ToolError as error:
        raise ToolError(error.text, 2 if name == "link" else error.status) from None


def _is(word: str, *names: str) -> bool:
    return any(name.startswith(word) for name in names) if word else False


def _bad(word: str) -> ToolError:
    return ToolError(f"invalid argument '{word}' to 'ip'")


def _selected(call: Call, words: list[str]) -> str:
    """The device of ``[dev] IFACE``, empty for all."""
    name = ""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("to", "nud", "scope", "label", "up", "root", "match", "exact"):
            raise NotSimulated(f"busybox ip … show {word}", Effect.READS)
        if word == "dev":
            if not rest:
                raise _bad(word)
            word = rest.pop(0)
        if name:
            raise ToolError(f'either "dev" is duplicate, or "{word}" is garbage')
        if word not in call.box.ns.devices:
            raise ToolError(f"can't find device '{word}'")
        name = word
    return name


def _like_iproute(call: Call, options: Options, words: list[str], work: Callable[[Words, Tool], int]) -> int:
    """Do a change as iproute2 does, and tell mistakes in busybox's words; of the kernel it knows the errno alone."""
    try:
        return work(Words(words), Tool(call, call.box.ns, options))
    except UsageError:
        raise ToolError('command line is not complete, try "help"') from None
    except ToolError as error:
        text = error.text.rstrip().removeprefix("Error: ")
    if text.startswith("Cannot find device "):
        raise ToolError(f"can't find device '{text.split(chr(34))[1]}'")
    if text.startswith("Not enough information"):
        raise ToolError('need "dev IFACE"')
    if text.startswith("Failed to send flush request: "):
        raise ToolError(f"can't send flush request: {text.rpartition(': ')[2]}")
    if text.startswith("Command"):
        raise ToolError('command line is not complete, try "help"')
    raise ToolError(text.rstrip("."))


def _addr(call: Call, options: Options, words: list[str]) -> int:
    word = words[0] if words else "show"
    if _is(word, *_SHOW):
        call.out(addresses(call.box.ns, options, _selected(call, words[1:])))
        return 0
    if _is(word, "add", "change", "chg", "replace", "delete", "flush"):
        return _like_iproute(call, options, words, addr.work)
    raise _bad(word)


def _route(call: Call, options: Options, words: list[str]) -> int:
    word = words[0] if words else "show"
    if _is(word, *_SHOW):
        return _route_show(call, options, words[1:])
    if _is(word, "get"):
        if len(words) < 2:
            raise ToolError("need at least destination address")
        if len(words) > 2:
            raise NotSimulated("busybox ip route get with more than an address", Effect.READS)
        try:
            wanted = parse_prefix(words[1])
        except ToolError:
            raise ToolError("need at least destination address") from None
        if not wanted.family:
            raise ToolError("need at least destination address")
        (family,) = families(wanted.family)
        way = decide(Question(dst=wanted.ip), None, Tool(call, call.box.ns, options), family)
        call.out(route_line(way, table=family.six))  # busybox does not ask for the table of an IPv4 route
        return 0
    if _is(word, *CHANGES, "flush"):
        return _like_iproute(call, options, words, route.work)
    raise _bad(word)


def _route_show(call: Call, options: Options, words: list[str]) -> int:
    """Busybox leaves out which table and who made a route; ``via`` selects nothing, it only hides gateways."""
    ns = call.box.ns
    table, dev, dst, via = 254, "", "", False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("table", "dev", "via") and not rest:
            raise _bad(word)
        if word == "cache" or (word == "table" and rest[0] == "cache"):
            return 0  # a kernel without a route cache has no such routes
        if word == "table":
            value = rest.pop(0)
            table = {"main": 254, "local": 255, "default": 253}.get(value, int(value) if value.isdecimal() else 254)
        elif word == "dev":
            dev = rest.pop(0)
            if dev not in ns.devices:
                raise ToolError(f"can't find device '{dev}'")
        elif word == "via":
            via = bool(rest.pop(0))
        else:
            dst = word
    family = IPV6 if options.family == INET6 or ":" in dst else IPV4
    wanted = None
    if dst not in ("", "all", "any", *(() if family.six else ("default",))):
        try:
            wanted = parse_prefix(dst, family.name)
        except ToolError:
            raise ToolError(f'an {family.name} prefix is expected rather than "{dst}"') from None
    for found in _routes(ns, family, table):
        single = wanted is None or (found.dst, found.plen) == (wanted.ip, wanted.plen)
        if single and (not dev or (found.dev is not None and found.dev.name == dev)):
            call.out(route_line(family.route_message(found, ns.sim), via=not via))
    return 0


def _routes(ns: Namespace, family: Family, table: int) -> Sequence[Route | Route6]:
    """The routes of a table; one table of IPv6 for all has addresses and groups among the rest."""
    if family.six and not ns.ipv6.fib.multiple and table == TABLE_MAIN:
        return ns.ipv6.fib.routes(TABLE_MAIN)
    return family.picked(ns, table) or ()


def _link(call: Call, options: Options, words: list[str]) -> int:
    word = words[0] if words else "show"
    if _is(word, *_SHOW):
        call.out(links(call.box.ns, options, _selected(call, words[1:])))
        return 0
    if _is(word, "set", "change"):
        return link_set(call, words[1:])
    if _is(word, "add", "delete", "replace"):
        raise NotSimulated(f"busybox ip link {word}", Effect.CHANGES)
    raise _bad(word)


def _neigh(call: Call, options: Options, words: list[str]) -> int:
    word = words[0] if words else "show"
    if _is(word, *_SHOW):
        call.out(neighbours(call.box.ns, options, _selected(call, words[1:])))
        return 0
    if _is(word, "flush"):
        raise NotSimulated("busybox ip neigh flush", Effect.CHANGES)
    raise _bad(word)


def _rule(call: Call, options: Options, words: list[str]) -> int:
    if not words or _is(words[0], *_SHOW):
        if words[1:]:
            raise NotSimulated("busybox ip rule list with a selector", Effect.READS)
        family = IPV6 if options.family == INET6 else IPV4
        fib = call.box.ns.ipv6.fib if family.six else call.box.ns.fib
        call.out("".join(rule_line(one, family) for one in fib.rules.list))
        return 0
    if not _is(words[0], "add", "delete"):
        raise _bad(words[0])
    if wrong := rule.first_unknown(words[1:]):
        raise _bad(wrong)
    return _like_iproute(call, options, words, rule.work)
