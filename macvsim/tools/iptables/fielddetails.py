"""How matches and targets of single fields, and those that count, are written in ``iptables -L``."""

from __future__ import annotations

from macvsim.net.netfilter import countmatches as c
from macvsim.net.netfilter import fieldmatches as f
from macvsim.net.netfilter import fieldtargets as t
from macvsim.net.netfilter.recent import Recent
from macvsim.net.netfilter.rule import EVERYTHING, Jump, Match, Standard, Target
from macvsim.tools.iptables.details import bits_text, match_words, no, target_words
from macvsim.tools.iptables.tos import tos_name
from macvsim.wire.addr import ip_text

_RECENT = {"set": "SET", "rcheck": "CHECK", "update": "UPDATE", "remove": "REMOVE"}


def match_text(match: Match, *, numeric: bool) -> str:
    """A match, without the blank before it."""
    return match_words(match, numeric)


def target_text(target: Standard | Jump | Target | None, *, numeric: bool) -> str:
    """A target's options; empty for verdicts and chains."""
    return "" if target is None or isinstance(target, Standard | Jump) else target_words(target, numeric)


@match_words.register
def _(match: f.Tos, numeric: bool) -> str:
    name = None if numeric else tos_name(match.value, match.mask)
    shown = f"0x{match.value:02x}/0x{match.mask:02x}" if name is None else f" {name}"
    return f"tos match{no(match.negated)}{shown}"


@match_words.register
def _(match: f.Dscp, numeric: bool) -> str:
    return f"DSCP match {no(match.negated)}0x{match.value:02x}"


@match_words.register
def _(match: f.TcpMss, numeric: bool) -> str:
    return f"tcpmss match {no(match.negated)}{match.words()[-1]}"


@match_words.register
def _(match: f.ConnMark, numeric: bool) -> str:
    return f"connmark match {no(match.negated)} {match.words()[-1]}"


@match_words.register
def _(match: f.String, numeric: bool) -> str:
    words = ["STRING match", no(match.negated), match.text(), "ALGO name", match.algo]
    words += ["FROM", str(match.start)] if match.start else []
    words += ["TO", str(match.end)] if match.end != f.TO_THE_END else []
    return " ".join(words + (["ICASE"] if match.any_case else []))


@match_words.register(c.Nth)
@match_words.register(c.Chance)
def _statistic(match: c.Nth | c.Chance, numeric: bool) -> str:
    return "statistic " + " ".join(word.removeprefix("--") for word in match.words())


@match_words.register
def _(match: c.Quota, numeric: bool) -> str:
    return f"quota: {'! ' if match.negated else ''}{match.quota} bytes"


@match_words.register
def _(match: c.HashLimit, numeric: bool) -> str:
    words = [f"limit: {'above' if match.above else 'up to'} {match.count}/{match.per} burst {match.burst}"]
    words += [f"mode {'-'.join(match.modes)}"] if match.modes else []
    return " ".join(words + [f"{name} {value}" for name, value in match.settings()])


@match_words.register
def _(match: c.ConnLimit, numeric: bool) -> str:
    side, sign = "dst" if match.to else "src", ">" if match.above else "<="
    return f"#conn {side}/{match.length} {sign} {match.limit}"


@match_words.register
def _(match: Recent, numeric: bool) -> str:
    words = ["!"] if match.negated else []
    words += ["recent:", _RECENT[match.how]]
    words += [f"seconds: {match.seconds}"] if match.seconds else []
    words += ["reap"] if match.reap else []
    words += [f"hit_count: {match.hits}"] if match.hits else []
    words += ["TTL-Match"] if match.same_ttl else []
    side = "dest" if match.to else "source"
    return " ".join([*words, f"name: {match.table} side: {side} mask: {ip_text(match.mask)}"])


@target_words.register
def _(target: t.TtlTarget, numeric: bool) -> str:
    how = {"set": "set to", "dec": "decrement by", "inc": "increment by"}[target.how]
    return f"TTL {how} {target.value}"


@target_words.register
def _(target: t.TosTarget, numeric: bool) -> str:
    value, mask = target.value, target.mask
    if numeric:
        return f"TOS set 0x{value:02x}/0x{mask:02x}"
    name = tos_name(value, mask)
    if name is not None:
        return f" TOS set{name}"
    if value == mask:
        return f"TOS or 0x{value:02x}"
    if not mask:
        return f"TOS xor 0x{value:02x}"
    return f"TOS set 0x{value:02x}/0x{mask:02x}" if value else f"TOS and 0x{~mask & 0xFF:02x}"


@target_words.register
def _(target: t.DscpTarget, numeric: bool) -> str:
    return f"DSCP set 0x{target.value:02x}"


@target_words.register
def _(target: t.TcpMssTarget, numeric: bool) -> str:
    return "TCPMSS clamp to PMTU" if target.mss == t.CLAMP else f"TCPMSS set {target.mss}"


@target_words.register
def _(target: t.ConnMarkTarget, numeric: bool) -> str:
    if target.how == "set":
        return bits_text("CONNMARK", target.value, target.ctmask)
    if target.ctmask == target.nfmask:
        return f"CONNMARK {target.how}" + ("" if target.ctmask == EVERYTHING else f" mask {target.ctmask:#x}")
    if target.how == "save":
        return f"CONNMARK save nfmask {target.nfmask:#x} ctmask ~{target.ctmask:#x}"
    return f"CONNMARK restore ctmask {target.ctmask:#x} nfmask ~{target.nfmask:#x}"


@target_words.register
def _(target: t.NetMap, numeric: bool) -> str:
    return f"to:{target.to()}"
