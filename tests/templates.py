"""The templates of headers, composed by scapy: macvsim/wire/templates.txt is kept from them.

``python -m tests.templates --write`` writes the file; a test compares each of its lines with what scapy composes.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from macvsim.wire import compose, compose6, icmp, icmpv6, ipv4, ipv6
from macvsim.wire.templates import FILE, key

PROTOCOLS = (ipv4.PROTO_ICMP, ipv4.PROTO_TCP, ipv4.PROTO_UDP)
ICMP = (
    icmp.ECHO_REPLY, icmp.DEST_UNREACH, icmp.REDIRECT, icmp.ECHO, icmp.TIME_EXCEEDED, icmp.PARAMETER_PROBLEM,
    icmp.TIMESTAMP_REPLY,
)  # fmt: skip
ICMPV6 = (
    icmpv6.DEST_UNREACH, icmpv6.PKT_TOOBIG, icmpv6.TIME_EXCEED, icmpv6.PARAMPROB, icmpv6.ECHO_REQUEST,
    icmpv6.ECHO_REPLY, icmpv6.ROUTER_SOLICIT, icmpv6.NEIGHBOUR_SOLICIT, icmpv6.NEIGHBOUR_ADVERT, icmpv6.REDIRECT,
    icmpv6.MLDV2_REPORT,
)  # fmt: skip
HEADERS6 = (ipv4.PROTO_TCP, ipv4.PROTO_UDP, ipv6.ICMPV6, ipv6.HOP_BY_HOP, ipv6.FRAGMENT)


def shapes() -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Every composer with what it is given."""
    yield compose.arp_template, ()
    yield compose.igmp_header_template, ()
    yield compose.tcp_template, ()
    yield from ((compose.ipv4_template, (proto,)) for proto in PROTOCOLS)
    yield from ((compose.icmp_template, (kind,)) for kind in ICMP)
    yield from ((compose6.ipv6_template, (header,)) for header in HEADERS6)
    yield from ((compose6.icmpv6_template, (kind,)) for kind in ICMPV6)
    yield compose6.router_alert_template, (ipv6.ICMPV6,)
    for alone in (
        compose6.fragment_template, compose6.link_layer_template, compose6.nonce_template, compose6.mld_record_template,
    ):  # fmt: skip
        yield alone, ()


def composed() -> dict[str, bytes]:
    """The templates by their names, as scapy composes them now."""
    found: dict[str, bytes] = {}
    for template, given in shapes():
        scapys: Callable[..., bytes] = inspect.unwrap(template)
        found[key(scapys, *given)] = scapys(*given)
    return found


def path() -> Path:
    return Path(str(files("macvsim.wire").joinpath(FILE)))


def text() -> str:
    return "".join(f"{name}: {data.hex()}\n" for name, data in composed().items())


if __name__ == "__main__":
    if "--write" in sys.argv:
        path().write_text(text(), "ascii")
    elif path().read_text("ascii") != text():
        sys.exit(f"{FILE} is not what scapy composes: python -m tests.templates --write")
