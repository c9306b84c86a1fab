"""How matches and targets are written in ``iptables -L`` (the print functions of extensions/); further ones
stand in fielddetails.py.
"""

from __future__ import annotations

from functools import singledispatch

from macvsim.net.netfilter import matches as m
from macvsim.net.netfilter import statematches as s
from macvsim.net.netfilter import targets as t
from macvsim.net.netfilter.matches import ANY_ICMP, TCP_FLAGS, Ports
from macvsim.net.netfilter.rule import EVERYTHING, Match, Target
from macvsim.tools.iptables.icmptypes import name_of
from macvsim.tools.iptables.targets import LOG_LEVELS
from macvsim.tools.iptables.values import service_name
from macvsim.wire.addr import ip_text, mac_text
from macvsim.wire.frame import BROADCAST, HOST, MULTICAST


def no(flag: bool) -> str:
    return "!" if flag else ""


def _port(port: int, proto: int, numeric: bool) -> str:
    return str(port) if numeric else service_name(port, proto)


def _ports(word: str, ports: Ports, proto: int, numeric: bool) -> list[str]:
    """``dpt:80``, ``dpts:80:90``; nothing for all ports."""
    if ports.everything:
        return []
    low, high = (_port(port, proto, numeric) for port in (ports.low, ports.high))
    sign = no(ports.negated)
    return [f"{word}:{sign}{low}" if ports.low == ports.high else f"{word}s:{sign}{low}:{high}"]


@singledispatch
def match_words(match: Match, numeric: bool) -> str:
    raise TypeError(f"no text for the match {match.name}")


@match_words.register
def _(match: m.TcpMatch, numeric: bool) -> str:
    words = ["tcp", *_ports("spt", match.source, 6, numeric), *_ports("dpt", match.destination, 6, numeric)]
    if match.option:
        words.append(f"option={no(match.not_option)}{match.option}")
    if match.mask or match.not_flags:
        mask, compared = match.mask, match.compared
        shown = f"0x{mask:02X}/0x{compared:02X}" if numeric else f"{_flags(mask)}/{_flags(compared)}"
        words.append(f"flags:{no(match.not_flags)}{shown}")
    return " ".join(words)


def _flags(bits: int) -> str:
    return ",".join(name for name, bit in TCP_FLAGS.items() if bits & bit) or "NONE"


@match_words.register
def _(match: m.UdpMatch, numeric: bool) -> str:
    return " ".join(["udp", *_ports("spt", match.source, 17, numeric), *_ports("dpt", match.destination, 17, numeric)])


@match_words.register
def _(match: m.IcmpMatch, numeric: bool) -> str:
    name = name_of(match.kind, match.low, match.high)
    if not numeric and name is not None:
        return f"icmp {no(match.negated)}{name}"
    head = "icmp !type" if match.negated else "icmptype"
    text = f"{head} {match.kind}"
    if match.kind != ANY_ICMP and (match.low, match.high) != (0, 0xFF):
        text += f" code {match.low}" if match.low == match.high else f" codes {match.low}-{match.high}"
    return text


@match_words.register
def _(match: m.Multiport, numeric: bool) -> str:
    spans = ",".join(_port(low, 6, numeric) if low == high else f"{low}:{high}" for low, high in match.ports)
    return f"multiport {match.which} {' !' if match.negated else ''}{spans}"


@match_words.register
def _(match: m.Comment, numeric: bool) -> str:
    return f"/* {match.text} */"


@match_words.register
def _(match: m.MarkMatch, numeric: bool) -> str:
    mask = "" if match.mask == EVERYTHING else f"/{match.mask:#x}"
    return f"mark match {'! ' if match.negated else ''}{match.value:#x}{mask}"


@match_words.register
def _(match: m.PacketTypeMatch, numeric: bool) -> str:
    kinds = {HOST: "unicast", BROADCAST: "broadcast", MULTICAST: "multicast"}
    return f"PKTTYPE {'!=' if match.negated else '='} {kinds[match.kind]}"


@match_words.register
def _(match: m.Ttl, numeric: bool) -> str:
    return f"TTL match TTL { {'eq': '==', 'ne': '!=', 'lt': '<', 'gt': '>'}[match.how] } {match.value}"


@match_words.register
def _(match: m.Length, numeric: bool) -> str:
    span = str(match.low) if match.low == match.high else f"{match.low}:{match.high}"
    return f"length {no(match.negated)}{span}"


@match_words.register
def _(match: m.IpRange, numeric: bool) -> str:
    words = []
    for word, span, negated in (
        ("source", match.source, match.not_source),
        ("destination", match.destination, match.not_destination),
    ):
        if span is not None:
            words.append(f"{word} IP range {'! ' if negated else ''}{ip_text(span[0])}-{ip_text(span[1])}")
    return " ".join(words)


@match_words.register
def _(match: s.StateMatch, numeric: bool) -> str:
    return f"{'! ' if match.negated else ''}state {','.join(match.states)}"


@match_words.register
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


@match_words.register
def _(match: s.AddrType, numeric: bool) -> str:
    words = ["ADDRTYPE match"]
    for word, kinds, negated in (
        ("src-type", match.source, match.not_source),
        ("dst-type", match.destination, match.not_destination),
    ):
        if kinds:
            words += [word, no(negated) + ",".join(kinds)]
    return " ".join(words + ([f"limit-{match.limit}"] if match.limit else []))


@match_words.register
def _(match: s.Limit, numeric: bool) -> str:
    return f"limit: avg {match.count}/{match.per} burst {match.burst}"


@match_words.register
def _(match: s.SourceMac, numeric: bool) -> str:
    return f"MAC {'!' if match.negated else ''}{mac_text(match.mac)}"


@match_words.register
def _(match: s.PhysDev, numeric: bool) -> str:
    return "PHYSDEV match " + " ".join(match.words())


@singledispatch
def target_words(target: Target, numeric: bool) -> str:
    raise TypeError(f"no text for the target {target.name}")


@target_words.register
def _(target: t.Reject, numeric: bool) -> str:
    return f"reject-with {target.how}"


@target_words.register
def _(target: t.Log, numeric: bool) -> str:
    words = ["LOG"]
    if numeric:
        words += [f"flags {target.flags}", f"level {target.level}"]
    else:
        options = ((1, "tcp-sequence"), (2, "tcp-options"), (4, "ip-options"), (8, "uid"), (32, "macdecode"))
        words += [f"level {LOG_LEVELS[target.level]}", *(word for bit, word in options if target.flags & bit)]
    return " ".join(words + ([f'prefix "{target.prefix}"'] if target.prefix else []))


@target_words.register
def _(target: t.Mark, numeric: bool) -> str:
    return bits_text("MARK", target.value, target.mask)


def bits_text(name: str, value: int, mask: int) -> str:
    """What MARK or CONNMARK does to a mark: bits of `mask` cleared, `value` xored in."""
    if not value:
        return f"{name} and {~mask & EVERYTHING:#x}"
    if value == mask:
        return f"{name} or {value:#x}"
    if not mask:
        return f"{name} xor {value:#x}"
    return f"{name} set {value:#x}" if mask == EVERYTHING else f"{name} xset {value:#x}/{mask:#x}"


@target_words.register
def _(target: t.NoTrack, numeric: bool) -> str:
    return "NOTRACK" if target.by_old_name else "CT notrack"


@target_words.register(t.Snat)
@target_words.register(t.Dnat)
def _to(target: t.Snat | t.Dnat, numeric: bool) -> str:
    return " ".join([f"to:{target.to()}", *_options(target)])


@target_words.register(t.Masquerade)
@target_words.register(t.Redirect)
def _ports_only(target: t.Masquerade | t.Redirect, numeric: bool) -> str:
    word = "masq ports:" if isinstance(target, t.Masquerade) else "redir ports"
    return " ".join([*([f"{word} {target.ports()}"] if target.wanted.ports else []), *_options(target)])


def _options(target: t.Snat | t.Dnat | t.Masquerade | t.Redirect) -> list[str]:
    return [word.removeprefix("--") for word in target.options()]
