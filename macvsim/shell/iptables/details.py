"""How matches and targets are written in ``iptables -L`` (the print functions of extensions/)."""

from __future__ import annotations

from functools import singledispatch

from macvsim.net.netfilter import matches as m
from macvsim.net.netfilter import statematches as s
from macvsim.net.netfilter import targets as t
from macvsim.net.netfilter.matches import ANY_ICMP, TCP_FLAGS, Ports
from macvsim.net.netfilter.rule import EVERYTHING, Jump, Match, Standard, Target
from macvsim.shell.iptables.icmptypes import name_of
from macvsim.shell.iptables.targets import LOG_LEVELS
from macvsim.shell.iptables.values import service_name
from macvsim.wire.addr import ip_text, mac_text
from macvsim.wire.frame import BROADCAST, HOST, MULTICAST


def match_text(match: Match, *, numeric: bool) -> str:
    """A match, without the blank before it."""
    return _match(match, numeric)


def target_text(target: Standard | Jump | Target | None, *, numeric: bool) -> str:
    """A target's options; empty for verdicts and chains."""
    return "" if target is None or isinstance(target, Standard | Jump) else _target(target, numeric)


def _not(flag: bool) -> str:
    return "!" if flag else ""


def _port(port: int, proto: int, numeric: bool) -> str:
    return str(port) if numeric else service_name(port, proto)


def _ports(word: str, ports: Ports, proto: int, numeric: bool) -> list[str]:
    """``dpt:80``, ``dpts:80:90``; nothing for all ports."""
    if ports.everything:
        return []
    low, high = (_port(port, proto, numeric) for port in (ports.low, ports.high))
    sign = _not(ports.negated)
    return [f"{word}:{sign}{low}" if ports.low == ports.high else f"{word}s:{sign}{low}:{high}"]


@singledispatch
def _match(match: Match, numeric: bool) -> str:
    raise TypeError(f"no text for the match {match.name}")


@_match.register
def _(match: m.TcpMatch, numeric: bool) -> str:
    words = ["tcp", *_ports("spt", match.source, 6, numeric), *_ports("dpt", match.destination, 6, numeric)]
    if match.option:
        words.append(f"option={_not(match.not_option)}{match.option}")
    if match.mask or match.not_flags:
        mask, compared = match.mask, match.compared
        shown = f"0x{mask:02X}/0x{compared:02X}" if numeric else f"{_flags(mask)}/{_flags(compared)}"
        words.append(f"flags:{_not(match.not_flags)}{shown}")
    return " ".join(words)


def _flags(bits: int) -> str:
    return ",".join(name for name, bit in TCP_FLAGS.items() if bits & bit) or "NONE"


@_match.register
def _(match: m.UdpMatch, numeric: bool) -> str:
    return " ".join(["udp", *_ports("spt", match.source, 17, numeric), *_ports("dpt", match.destination, 17, numeric)])


@_match.register
def _(match: m.IcmpMatch, numeric: bool) -> str:
    name = name_of(match.kind, match.low, match.high)
    if not numeric and name is not None:
        return f"icmp {_not(match.negated)}{name}"
    head = "icmp !type" if match.negated else "icmptype"
    text = f"{head} {match.kind}"
    if match.kind != ANY_ICMP and (match.low, match.high) != (0, 0xFF):
        text += f" code {match.low}" if match.low == match.high else f" codes {match.low}-{match.high}"
    return text


@_match.register
def _(match: m.Multiport, numeric: bool) -> str:
    spans = ",".join(_port(low, 6, numeric) if low == high else f"{low}:{high}" for low, high in match.ports)
    return f"multiport {match.which} {' !' if match.negated else ''}{spans}"


@_match.register
def _(match: m.Comment, numeric: bool) -> str:
    return f"/* {match.text} */"


@_match.register
def _(match: m.MarkMatch, numeric: bool) -> str:
    mask = "" if match.mask == EVERYTHING else f"/{match.mask:#x}"
    return f"mark match {'! ' if match.negated else ''}{match.value:#x}{mask}"


@_match.register
def _(match: m.PacketTypeMatch, numeric: bool) -> str:
    kinds = {HOST: "unicast", BROADCAST: "broadcast", MULTICAST: "multicast"}
    return f"PKTTYPE {'!=' if match.negated else '='} {kinds[match.kind]}"


@_match.register
def _(match: m.Ttl, numeric: bool) -> str:
    return f"TTL match TTL { {'eq': '==', 'ne': '!=', 'lt': '<', 'gt': '>'}[match.how] } {match.value}"


@_match.register
def _(match: m.Length, numeric: bool) -> str:
    span = str(match.low) if match.low == match.high else f"{match.low}:{match.high}"
    return f"length {_not(match.negated)}{span}"


@_match.register
def _(match: m.IpRange, numeric: bool) -> str:
    words = []
    for word, span, negated in (
        ("source", match.source, match.not_source),
        ("destination", match.destination, match.not_destination),
    ):
        if span is not None:
            words.append(f"{word} IP range {'! ' if negated else ''}{ip_text(span[0])}-{ip_text(span[1])}")
    return " ".join(words)


@_match.register
def _(match: s.StateMatch, numeric: bool) -> str:
    return f"{'! ' if match.negated else ''}state {','.join(match.states)}"


@_match.register
def _(match: s.ConntrackMatch, numeric: bool) -> str:
    words: list[str] = []
    if match.states:
        words += [*(["!"] if match.not_states else []), "ctstate", ",".join(match.states)]
    if match.proto is not None:
        words += [*(["!"] if match.not_proto else []), "ctproto", str(match.proto)]
    for name, net in match.nets:
        words += [*(["!"] if net.negated else []), f"ct{name}", net.short()]
    if match.statuses:
        words += [*(["!"] if match.not_statuses else []), "ctstatus", ",".join(match.statuses)]
    if match.direction is not None:
        words += ["ctdir", ("ORIGINAL", "REPLY")[match.direction]]
    return " ".join(words)


@_match.register
def _(match: s.AddrType, numeric: bool) -> str:
    words = ["ADDRTYPE match"]
    for word, kinds, negated in (
        ("src-type", match.source, match.not_source),
        ("dst-type", match.destination, match.not_destination),
    ):
        if kinds:
            words += [word, _not(negated) + ",".join(kinds)]
    return " ".join(words + ([f"limit-{match.limit}"] if match.limit else []))


@_match.register
def _(match: s.Limit, numeric: bool) -> str:
    return f"limit: avg {match.count}/{match.per} burst {match.burst}"


@_match.register
def _(match: s.SourceMac, numeric: bool) -> str:
    return f"MAC {'!' if match.negated else ''}{mac_text(match.mac)}"


@_match.register
def _(match: s.PhysDev, numeric: bool) -> str:
    return "PHYSDEV match " + " ".join(match.words())


@singledispatch
def _target(target: Target, numeric: bool) -> str:
    raise TypeError(f"no text for the target {target.name}")


@_target.register
def _(target: t.Reject, numeric: bool) -> str:
    return f"reject-with {target.how}"


@_target.register
def _(target: t.Log, numeric: bool) -> str:
    words = ["LOG"]
    if numeric:
        words += [f"flags {target.flags}", f"level {target.level}"]
    else:
        options = ((1, "tcp-sequence"), (2, "tcp-options"), (4, "ip-options"), (8, "uid"), (32, "macdecode"))
        words += [f"level {LOG_LEVELS[target.level]}", *(word for bit, word in options if target.flags & bit)]
    return " ".join(words + ([f'prefix "{target.prefix}"'] if target.prefix else []))


@_target.register
def _(target: t.Mark, numeric: bool) -> str:
    value, mask = target.value, target.mask
    if not value:
        return f"MARK and {~mask & EVERYTHING:#x}"
    if value == mask:
        return f"MARK or {value:#x}"
    if not mask:
        return f"MARK xor {value:#x}"
    return f"MARK set {value:#x}" if mask == EVERYTHING else f"MARK xset {value:#x}/{mask:#x}"


@_target.register
def _(target: t.TtlTarget, numeric: bool) -> str:
    how = {"set": "set to", "dec": "decrement by", "inc": "increment by"}[target.how]
    return f"TTL {how} {target.value}"


@_target.register
def _(target: t.NoTrack, numeric: bool) -> str:
    return "NOTRACK"


@_target.register(t.Snat)
@_target.register(t.Dnat)
def _to(target: t.Snat | t.Dnat, numeric: bool) -> str:
    return " ".join([f"to:{target.to()}", *_options(target)])


@_target.register(t.Masquerade)
@_target.register(t.Redirect)
def _ports_only(target: t.Masquerade | t.Redirect, numeric: bool) -> str:
    word = "masq ports:" if isinstance(target, t.Masquerade) else "redir ports"
    return " ".join([*([f"{word} {target.ports()}"] if target.wanted.ports else []), *_options(target)])


def _options(target: t.Snat | t.Dnat | t.Masquerade | t.Redirect) -> list[str]:
    return [word.removeprefix("--") for word in target.options()]
