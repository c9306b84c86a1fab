"""``ip rule``: which tables are asked for which packets (ip/iprule.c of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.fibroute import TABLE_MAIN, TABLE_NAMES
from macvsim.net.rules import Action, Rule, Rules
from macvsim.tools.iproute2.family import IPV4, IPV6, Family
from macvsim.tools.iproute2.guard import may_change
from macvsim.tools.iproute2.objects import Object
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import parse_prefix
from macvsim.tools.iproute2.routewords import proto_name, route_proto, table_name
from macvsim.tools.iproute2.tool import INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, invalid, matches, number

_ALL_MARKS = 0xFFFFFFFF
_LEFT_OUT = ("tos", "dsfield", "dscp", "flowlabel", "l3mdev", "uidrange", "ipproto", "sport", "dport", "realms", "nat",
             "map-to", "goto", "suppress_ifgroup", "suppress_group", "tun_id")  # fmt: skip
_KEYS = ("from", "to", "fwmark", "suppress_prefixlength", "sup_pl", "dev", "iif", "oif", "type", *_LEFT_OUT)
_SHORT = ("preference", "order", "priority", "protocol", "table", "lookup")
_ACTIONS = {action.value: action for action in Action if action is not Action.LOOKUP}


@dataclass
class _Wanted:
    """What was typed; None: not given."""

    priority: int | None = None
    table: int | None = None
    action: Action | None = None
    src: tuple[int, int] | None = None
    dst: tuple[int, int] | None = None
    iif: str | None = None
    oif: str | None = None
    mark: tuple[int, int] | None = None
    inverted: bool | None = None
    suppress: int | None = None
    proto: str | None = None

    def fits(self, rule: Rule) -> bool:
        """True if a rule has all that was given (rule_find)."""
        has = {
            **{one.name: getattr(rule, one.name, None) for one in fields(self)},
            "src": (rule.src, rule.src_len),
            "dst": (rule.dst, rule.dst_len),
            "mark": (rule.mark, rule.mask),
        }
        return all(has[one.name] == value for one in fields(self) if (value := getattr(self, one.name)) is not None)

    def shows(self, rule: Rule, bits: int) -> bool:
        """True if a list of what was asked for has the rule (filter_nlmsg): prefixes stand for what is in them."""
        for wanted, (address, length) in ((self.src, (rule.src, rule.src_len)), (self.dst, (rule.dst, rule.dst_len))):
            if wanted is not None and (length < wanted[1] or (address ^ wanted[0]) >> (bits - wanted[1])):
                return False
        plain = _Wanted(**{**vars(self), "src": None, "dst": None})
        return plain.fits(rule)


def first_unknown(words: list[str]) -> str:
    """Of what stands behind ``add`` or ``del`` the first word that is neither a key, nor its value, nor an action."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in (*_ACTIONS, "not"):
            continue
        if word not in _KEYS and not any(matches(word, key) for key in _SHORT):
            return word
        rest = rest[1:]
    return ""


def _family(tool: Tool) -> Family:
    return IPV6 if tool.options.family == INET6 else IPV4


def _rules(tool: Tool) -> Rules:
    """The family's."""
    rules = _family(tool).rules(tool.ns)
    if rules is None:
        raise complaint("RTNETLINK answers: Address family not supported by protocol\nDump terminated\n")
    return rules


def _parse(words: Words, tool: Tool, *, adding: bool = False) -> _Wanted:
    found = _Wanted()
    while words:
        word = words.take()
        if word == "not":
            found.inverted = True
        elif word == "from":
            found.src = _prefix(words.value(), tool, "source")
        elif word == "to":
            found.dst = _prefix(words.value(), tool, "dst")
        elif any(matches(word, full) for full in ("preference", "order", "priority")):
            found.priority = words.integer("preference", message="preference value is invalid\n")
        elif word == "fwmark":
            found.mark = _mark(words.value())
        elif matches(word, "protocol"):
            found.proto = route_proto(words.value())
        elif matches(word, "table") or matches(word, "lookup"):
            found.table = _table(words.value())
        elif word in ("suppress_prefixlength", "sup_pl"):
            found.suppress = words.integer("suppress_prefixlength", message="suppress_prefixlength value is invalid\n")
        elif word in ("dev", "iif"):
            found.iif = words.value()
        elif word == "oif":
            found.oif = words.value()
        elif word in _LEFT_OUT:
            raise NotSimulated(f"ip rule … {word}", Effect.CHANGES)
        elif matches(word, "help"):
            raise UsageError(topic="ip rule")
        else:
            action = words.value() if word == "type" else word
            if action not in _ACTIONS:
                raise complaint(f'Error: argument "{action}" is wrong: Failed to parse rule type\n')
            found.action = _ACTIONS[action]
    if adding and found.action is None:
        found.action, found.table = Action.LOOKUP, found.table or TABLE_MAIN
    return found


def _prefix(word: str, tool: Tool, side: str) -> tuple[int, int]:
    found = parse_prefix(word, tool.options.family)
    if found.family not in ("", _family(tool).name):
        raise NetlinkError("EINVAL", f"{word} is no IPv4 address", f"Invalid {side} address")
    return found.ip, found.plen


def _mark(word: str) -> tuple[int, int]:
    """``MARK[/MASK]``."""
    head, slash, tail = word.partition("/")
    mark, mask = number(head), number(tail) if slash else _ALL_MARKS
    if mark is None:
        raise invalid("fwmark value is invalid\n", word)
    if mask is None:
        raise invalid("fwmask value is invalid\n", word)
    return mark, mask


def _table(word: str) -> int:
    found = next((table for table, name in TABLE_NAMES.items() if name == word), number(word))
    if found is None:
        raise invalid("invalid table ID\n", word)
    return found


# -- changes -----------------------------------------------------------------------------------------------------------


def _add(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint('"ip rule add" requires arguments.\n', 1)
    wanted = _parse(words, tool, adding=True)
    may_change(tool)
    rules = _rules(tool)
    (src, src_len), (dst, dst_len) = wanted.src or (0, 0), wanted.dst or (0, 0)
    mark, mask = wanted.mark or (0, 0)
    rules.add(
        Rule(
            rules.free_priority() if wanted.priority is None else wanted.priority,
            wanted.table or 0,
            wanted.action or Action.LOOKUP,
            src,
            src_len,
            dst,
            dst_len,
            wanted.iif or "",
            wanted.oif or "",
            mark,
            mask,
            bool(wanted.inverted),
            -1 if wanted.suppress is None else wanted.suppress,
            wanted.proto or "unspec",
        )
    )
    return 0


def _delete(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint('"ip rule del" requires arguments.\n', 1)
    wanted = _parse(words, tool)
    may_change(tool)
    _rules(tool).remove_first(wanted.fits)
    return 0


def _flush(words: Words, tool: Tool) -> int:
    """Every rule but those of priority 0 (flush_rule)."""
    wanted = _parse(words, tool)
    may_change(tool)
    rules = _rules(tool)
    for rule in [rule for rule in rules.list if rule.priority and wanted.shows(rule, rules.bits)]:
        rules.remove_first(lambda other, doomed=rule: other is doomed)  # type: ignore[misc]
    return 0


# -- showing -----------------------------------------------------------------------------------------------------------


def _list(words: Words, tool: Tool) -> int:
    wanted = _parse(words, tool)
    rules = _rules(tool)
    with tool.printer() as out:
        for rule in rules.list:
            if wanted.shows(rule, rules.bits):
                with out.object():
                    _print(out, rule, tool)
    return 0


def _print(out: Printer, rule: Rule, tool: Tool) -> None:
    """print_rule."""
    family = _family(tool)
    out.both("priority", f"{rule.priority}:\t", rule.priority)
    if rule.inverted:
        out.both("not", "not ", None)
    _print_prefix(out, "src", "from", rule.src, rule.src_len, family)
    if rule.dst_len:
        _print_prefix(out, "dst", "to", rule.dst, rule.dst_len, family)
    if rule.mask or rule.mark:
        whole = rule.mask == _ALL_MARKS
        out.both("fwmark", f"fwmark {rule.mark:#x}" + (" " if whole else ""), f"{rule.mark:#x}")
        if not whole:
            out.both("fwmask", f"/{rule.mask:#x} ", f"{rule.mask:#x}")
    for key in ("iif", "oif"):
        if name := getattr(rule, key):
            out.both(key, f"{key} {name} ", name)
            if name not in tool.ns.devices:
                out.both(f"{key}_detached", "[detached] ", None)
    if rule.action is Action.LOOKUP:
        table = table_name(rule.table, tool)
        out.both("table", f"lookup {table}", table)
        if rule.suppress >= 0:
            out.both("suppress_prefixlen", f" suppress_prefixlength {rule.suppress}", rule.suppress)
    else:
        out.both("action", rule.action.value, rule.action.value)
    if tool.options.details or rule.proto not in ("unspec", "kernel"):
        proto = proto_name(rule.proto, tool)
        out.both("protocol", f" proto {proto}", proto)
    out.end()


def _print_prefix(out: Printer, key: str, word: str, address: int, length: int, family: Family) -> None:
    if not length:
        out.both(key, f"{word} all ", "all")
        return
    text, whole = family.text(address), length == family.bits
    out.both(key, f"{word} {text}" + (" " if whole else ""), text)
    if not whole:
        out.both(f"{key}len", f"/{length} ", length)


work = Object(
    topic="ip rule",
    name="ip rule",
    commands={**dict.fromkeys(("list", "lst", "show"), _list), "add": _add, "delete": _delete, "flush": _flush},
    default="list",
    left_out={"save": Effect.READS, "restore": Effect.CHANGES},
)
