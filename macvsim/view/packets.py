"""Frames in the words of pictures: what kind of packet, short enough for an arrow, and its VLAN tags."""

from __future__ import annotations

import re
from dataclasses import dataclass

from macvsim.wire.canon import frame_text

_ENDS = re.compile(r"^(?P<src>\S+) > (?P<dst>\S+) ")
_TAGS = re.compile(r"\[(?:dot1q|dot1ad|9100) vid (\d+)[^\]]*\] ")
_KINDS = (
    ("ask", re.compile(r"ARP who-has (\S+) tell (\S+)"), "ARP who has {0}?"),
    ("answer", re.compile(r"ARP (\S+) is-at (\S+)"), "ARP {0} is at {1}"),
    ("echo", re.compile(r"IP .*?ttl (\d+).* ICMP echo-request seq (\d+)"), "echo request {1}, ttl {0}"),
    ("reply", re.compile(r"IP .*?ttl (\d+).* ICMP echo-reply seq (\d+)"), "echo reply {1}, ttl {0}"),
    ("error", re.compile(r"IP .*?ICMP ((?:unreach|time-exceeded|redirect|param-problem)\S*)"), "ICMP {0}"),
    ("echo", re.compile(r"IP6 .* hl (\d+).* ICMP6 echo6-request seq (\d+)"), "echo request {1}, hop limit {0}"),
    ("reply", re.compile(r"IP6 .* hl (\d+).* ICMP6 echo6-reply seq (\d+)"), "echo reply {1}, hop limit {0}"),
    ("ask", re.compile(r"IP6 .* ICMP6 NS tgt (\S+)"), "who has {0}?"),
    ("answer", re.compile(r"IP6 .* ICMP6 NA tgt (\S+)"), "{0} is here"),
    ("error", re.compile(r"IP6 .*ICMP6 ((?:unreach6|too-big6|time-exceeded6|redirect6)\S*)"), "ICMP6 {0}"),
    ("data", re.compile(r"IP6? .*?(TCP|UDP) (\S+)>(\S+) (?:\[(\w*)\] )?len (\d+)"), "{0} {3} {1} > {2}"),
)
_FLAGS = {"F": "FIN", "S": "SYN", "R": "RST", "P": "PSH", "A": "ACK", "U": "URG", "E": "ECE", "C": "CWR"}
BACK = ("answer", "reply", "error")
"""Kinds that somebody asked for."""


@dataclass(frozen=True)
class PacketText:
    """A frame in words.

    kind : ``ask`` (ARP, neighbour discovery), ``answer`` (to it), ``echo``, ``reply``, ``error``, ``data``, ``other``
    short : for an arrow; long : everything, as explanations write it; vlans : tags, outermost first
    """

    kind: str
    short: str
    long: str
    vlans: tuple[int, ...]


def packet_text(wire: bytes) -> PacketText:
    """The words for a frame as it is on the wire."""
    long = frame_text(wire)
    body = _ENDS.sub("", long)
    vlans = tuple(int(match) for match in _TAGS.findall(body))
    body = _TAGS.sub("", body)
    for kind, pattern, short in _KINDS:
        match = pattern.search(body)
        if match is not None:
            words = [group or "" for group in match.groups()]
            if kind == "data":
                words[3] = "-".join(_FLAGS[letter] for letter in words[3])
            return PacketText(kind, " ".join(short.format(*words).split()), long, vlans)
    return PacketText("other", " ".join(body.split()[:4]), long, vlans)
