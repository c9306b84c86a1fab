"""The grammar of filter expressions (grammar.y)."""

from __future__ import annotations

from dataclasses import replace

from macvsim.errors import Effect, NotSimulated
from macvsim.wire.pcapfilter.arithmetic import Arithmetic
from macvsim.wire.pcapfilter.generate import Generator
from macvsim.wire.pcapfilter.identify import NOTHING, Identifiers, Qualifiers
from macvsim.wire.pcapfilter.link import ETHERNET, LinkType
from macvsim.wire.pcapfilter.program import Filter, FilterError, Resolver, Test, View, both, either, negated
from macvsim.wire.pcapfilter.words import PROTOCOLS, Words

_KINDS = ("host", "net", "port", "portrange", "proto", "protochain", "gateway")
_LEFT_OUT = ("mpls", "pppoed", "pppoes", "geneve", "vxlan", "ipx", "esis", "isis", "clnp", "byte", "protochain")
_WORDS = ("name", "address", "address6", "mac", "number")
_WIRELESS = ("wlan", "type", "subtype", "direction")


def compile_filter(
    expression: str,
    *,
    link: LinkType = ETHERNET,
    live: bool = False,
    netmask: int = 0,
    resolver: Resolver | None = None,
) -> Filter:
    """Compile an expression; an empty one wants every packet.

    live : packets come with their VLAN tag in metadata, as a kernel hands them to sockets
    netmask : of the device, for ``ip broadcast``

    Raises
    ------
    FilterError : as libpcap says it
    NotSimulated : a primitive that is left out
    """
    if not expression.strip():
        return Filter(lambda view: True)
    parser = _Parser(expression, Generator(link, live=live, netmask=netmask), resolver or Resolver())
    return Filter(parser.all())


class _Parser(Words):
    """Recursive descent; `qualifiers` are those of the last primitive, for words that stand alone behind and/or."""

    def __init__(self, expression: str, generator: Generator, resolver: Resolver) -> None:
        super().__init__(expression)
        self.generator = generator
        self.identifiers = Identifiers(generator, resolver)
        self.arithmetic = Arithmetic(self, generator)

    # -- expressions ---------------------------------------------------------------------------------------------------

    def all(self) -> Test:
        """The whole expression."""
        test, _ = self.expression_of(None)
        if self.token.kind:
            raise self.wrong()
        return test

    def expression_of(self, qualifiers: Qualifiers | None) -> tuple[Test, Qualifiers | None]:
        """Terms with and/or between, from left to right; `qualifiers`: what words alone mean."""
        test, qualifiers = self.term(qualifiers)
        while self.token.kind in ("and", "or"):
            operator = self.take().kind
            second, qualifiers = self.term(qualifiers)
            test = (both if operator == "and" else either)(test, second)
        return test, qualifiers

    def term(self, qualifiers: Qualifiers | None) -> tuple[Test, Qualifiers | None]:
        """A primitive, a comparison, a term in parentheses, or what is not one; and what words behind it mean."""
        if self.accept("not"):
            test, after = self.term(qualifiers)
            return negated(test), after
        if self.arithmetic.begins():
            return self.arithmetic.comparison(), NOTHING
        if self.accept("("):
            test, after = self.expression_of(qualifiers)
            self.expect(")")
            return test, after
        return self.primitive(qualifiers)

    def primitive(self, qualifiers: Qualifiers | None) -> tuple[Test, Qualifiers | None]:
        """A primitive; without qualifiers it is one more word for those before it."""
        kind = self.token.kind
        if kind in _WORDS:
            if qualifiers is None:
                raise self.wrong()
            return self.identifiers.test(self, qualifiers), qualifiers
        other = self.other()
        if other is not None:
            return other, NOTHING
        found = self.qualified()
        if found.kind == "" and found.direction == "":
            if self.token.kind in ("broadcast", "multicast"):
                what = self.take().kind
                make = self.generator.broadcast if what == "broadcast" else self.generator.multicast
                return make(found.protocol), NOTHING
            if not found.protocol or self.token.kind in ("[", *_WORDS):
                raise self.wrong()
            return self.generator.protocol(found.protocol), NOTHING
        if self.token.kind == "(" and found.kind != "gateway":
            self.take()
            test, _ = self.expression_of(found)
            self.expect(")")
            return test, found
        return self.identifiers.test(self, found), found

    def qualified(self) -> Qualifiers:
        """``[PROTO] [DIRECTION] [KIND]``."""
        found = Qualifiers()
        if self.token.kind in PROTOCOLS:
            found = replace(found, protocol=self.take().kind)
        if self.token.kind in ("src", "dst"):
            direction = self.take().kind
            other = "dst" if direction == "src" else "src"
            if self.token.kind in ("or", "and") and self.peek().kind == other:
                direction = self.take().kind
                self.take()
            found = replace(found, direction=direction)
        if self.token.kind in _KINDS:
            if found.direction and self.token.kind in ("proto", "protochain"):
                raise self.wrong()
            found = replace(found, kind=self.take().kind)
            if found.kind == "gateway":
                raise FilterError("'gateway' not supported in this configuration")
            if found.kind == "protochain":
                raise NotSimulated("protochain in a filter expression", Effect.READS)
        return found

    def other(self) -> Test | None:
        """Primitives of their own; None for none of them."""
        generator = self.generator
        match self.token.kind:
            case "less" | "greater" as kind:
                self.take()
                limit = self.expect("number").value
                if kind == "less":
                    return lambda view: view.length <= limit
                return lambda view: view.length >= limit
            case "vlan":
                numbered = self.peek().kind == "number"
                self.take()
                return generator.vlan(self.take().value if numbered else None)
            case "inbound" | "outbound" | "ifindex" as kind:
                return self._metadata(kind)
            case "llc":
                self.take()
                return generator.llc()
            case kind if kind in _WIRELESS:
                raise FilterError("802.11 link-layer types supported only on 802.11")
            case kind if kind in _LEFT_OUT:
                raise NotSimulated(f"{kind} in a filter expression", Effect.READS)
        return None

    def _metadata(self, kind: str) -> Test:
        self.take()
        number = self.expect("number").value if kind == "ifindex" else 0
        if not self.generator.live:
            name = "inbound/outbound" if kind != "ifindex" else kind
            raise FilterError(f"{name} not supported on {self.generator.link.description} when reading savefiles")
        if kind == "ifindex":
            return lambda view: view.ifindex == number
        wanted = kind == "outbound"

        def test(view: View) -> bool:
            return view.outgoing is wanted

        return test
