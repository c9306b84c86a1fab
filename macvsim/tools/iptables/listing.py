"""What ``iptables -L`` prints (print_header and print_rule in xshared.c)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from macvsim.net.netfilter.rule import Jump, Rule, Spec, protocol_text
from macvsim.net.netfilter.table import Chain
from macvsim.net.services import protocol_name
from macvsim.tools.iptables.fielddetails import match_text, target_text
from macvsim.tools.iptables.values import net_text


@dataclass(frozen=True)
class Format:
    """How to list: ``-v``, ``-n``, ``-x``, ``--line-numbers``; `names`: of hosts, by address; `flat`: as ``-v`` shows a
    rule that is being made.
    """

    verbose: bool = False
    numeric: bool = False
    exact: bool = False
    line_numbers: bool = False
    names: Mapping[int, str] = field(default_factory=dict)
    flat: bool = False


def header(chain: Chain, form: Format) -> str:
    """The two lines above the rules of a chain."""
    if chain.hook is not None:
        counts = f" {_count(chain.packets, form)} packets, {_count(chain.bytes, form)} bytes" if form.verbose else ""
        title = f"Chain {chain.name} (policy {chain.policy.value}{counts})\n"
    else:
        title = f"Chain {chain.name} ({chain.references} references)\n"
    columns = "num  " if form.line_numbers else ""
    if form.verbose:
        columns += f"{'pkts':>8} {'bytes':>10} " if form.exact else f"{'pkts':>5} {'bytes':>5} "
    columns += f"{'target':<9}  prot opt"
    if form.verbose:
        columns += f" {'in':<6} {'out':<6} "
    return title + columns + f" {'source':<19}  {'destination':<19} \n"


def _count(number: int, form: Format) -> str:
    """A counter without padding: shortened unless exact (xtables_print_num)."""
    if form.exact or number <= 99999:
        return str(number)
    units = iter("KMGT")
    unit = next(units)
    number = (number + 500) // 1000
    while number > 9999 and unit != "T":
        unit = next(units)
        number = (number + 500) // 1000
    return f"{number}{unit}"


def _column(number: int, form: Format) -> str:
    """A counter in its column."""
    text = _count(number, form)
    return f"{text:>8} " if form.exact else f"{text:>5} "


def rule_line(rule: Rule, number: int, form: Format) -> str:
    """One rule."""
    line = f"{number:<4} " if form.line_numbers else ""
    if form.verbose and not form.flat:
        line += _column(rule.packets, form) + _column(rule.bytes, form)
    return line + _columns(rule.spec, form) + _details(rule.spec, form) + "\n"


def _columns(spec: Spec, form: Format) -> str:
    """Target, protocol, devices and addresses."""

    def pad(text: str, width: int) -> str:
        return text if form.flat else f"{text:<{width}}"

    name = protocol_text(spec.proto) if form.numeric else protocol_name(spec.proto) or str(spec.proto)
    proto = "all" if not spec.proto else name
    line = f"{pad(spec.target_name, 9)} {'!' if spec.not_proto else ' '}{pad(proto, 4)} "
    fragment = "--" if spec.fragment is None else "-f" if spec.fragment else "!f"
    line += f"opt {fragment} " if form.flat else fragment + " "
    if form.verbose:
        devices = [("!" if dev.negated else "") + (dev.name or "*") for dev in (spec.in_dev, spec.out_dev)]
        if form.flat:
            line += f"in {devices[0]} out {devices[1]} "
        else:
            line += f" {devices[0]:<6} {devices[1]:<6} "
    names = None if form.numeric else form.names
    source, destination = (net_text(net, names) for net in (spec.source, spec.destination))
    signs = ["!" if net.negated else " " for net in (spec.source, spec.destination)]
    if form.flat:
        return line + f"{signs[0]}{source} {signs[1]}-> {destination}  "
    return line + f"{signs[0]}{source:<19} {signs[1]}{destination:<19} "


def _details(spec: Spec, form: Format) -> str:
    """What the matches and the target say, each after a blank."""
    texts = [match_text(match, numeric=form.numeric) for match in spec.matches]
    texts.append(target_text(spec.target, numeric=form.numeric))
    found = "[goto] " if isinstance(spec.target, Jump) and spec.target.goto else ""
    found += "".join(f" {text}" for text in texts if text)
    return found if found or form.flat else ""
