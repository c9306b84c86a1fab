"""A rewrite derived from one packet of a flow makes of the others what the plain path makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macvsim.fastpath.rewrite import rewriting
from macvsim.net.netfilter.rewrite import rewrite as translate
from macvsim.net.netfilter.tuple import Tuple
from macvsim.wire import icmp, ipv4
from macvsim.wire.checksum import checksum, pseudo_header
from macvsim.wire.flow import NO_FLOW, flow_of
from macvsim.wire.frame import Frame

SRC, DST = bytes((10, 0, 0, 2)), bytes((10, 0, 9, 3))
LINK, OTHER_LINK = bytes(range(2, 14)) + b"\x08\x00", bytes(range(22, 34)) + b"\x08\x00"


def packet(protocol: int, ident: int, sequence: int, payload: bytes) -> bytes:
    """An IPv4 packet of one flow: only identification, sequence number and payload differ."""
    if protocol == ipv4.PROTO_ICMP:
        bare = b"\x08\0\0\0\x12\x34" + (sequence & 0xFFFF).to_bytes(2) + payload
        at, covered = 2, bare
    elif protocol == ipv4.PROTO_UDP:
        bare = b"\x10\x01\x00\x35" + (8 + len(payload)).to_bytes(2) + b"\0\0" + payload
        at, covered = 6, pseudo_header(SRC, DST, protocol, len(bare)) + bare
    else:
        bare = b"\x10\x01\x00\x50" + sequence.to_bytes(4) + bytes(4) + b"\x50\x18\x01\x02\0\0\0\0" + payload
        at, covered = 16, pseudo_header(SRC, DST, protocol, len(bare)) + bare
    found = checksum(covered) or (0xFFFF if protocol == ipv4.PROTO_UDP else 0)
    message = bare[:at] + found.to_bytes(2) + bare[at + 2 :]
    head = b"\x45\0" + (20 + len(message)).to_bytes(2) + ident.to_bytes(2) + b"\x40\0\x40" + bytes((protocol, 0, 0))
    return ipv4.sealed(head + SRC + DST) + message


def forwarded(raw: bytes) -> bytes:
    """A frame behind a router."""
    return OTHER_LINK + ipv4.decrement_ttl(raw[14:])


def masqueraded(raw: bytes) -> bytes:
    """A frame behind a router with MASQUERADE."""
    port = 0x7777
    target = Tuple(0x0A000901, 0x0A000903, raw[23], port, port if raw[23] == ipv4.PROTO_ICMP else 53)
    return OTHER_LINK + translate(ipv4.decrement_ttl(raw[14:]), target, source=True)


def relinked(raw: bytes) -> bytes:
    """A packet of a host, with its Ethernet header."""
    return OTHER_LINK + raw[14:]


varying = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.binary(min_size=20, max_size=20))


@given(
    st.sampled_from([ipv4.PROTO_ICMP, ipv4.PROTO_UDP, ipv4.PROTO_TCP]),
    st.sampled_from([forwarded, masqueraded, relinked]),
    varying,
    varying,
)
def test_other_packets_of_the_flow_are_rewritten_alike(
    protocol: int,
    plain: Callable[[bytes], bytes],
    one: tuple[int, int, bytes],
    other: tuple[int, int, bytes],
) -> None:
    first, second = LINK + packet(protocol, *one), LINK + packet(protocol, *other)
    assert flow_of(Frame(first, 1)) == flow_of(Frame(second, 2)) != NO_FLOW
    found = rewriting(first, plain(first), False)
    assert found is not None
    rewrite, fields = found
    assert rewrite(fields, second, -1) == plain(second)


@given(varying, varying, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_answers_get_a_fresh_identification(
    one: tuple[int, int, bytes], other: tuple[int, int, bytes], first_ident: int, second_ident: int
) -> None:
    def answer(raw: bytes, ident: int) -> bytes:
        message = icmp.echo_reply(raw[34:])
        head = b"\x45\0" + raw[16:18] + ident.to_bytes(2) + b"\0\0\x40\x01\0\0" + DST + SRC
        return OTHER_LINK + ipv4.sealed(head) + message

    first, second = LINK + packet(ipv4.PROTO_ICMP, *one), LINK + packet(ipv4.PROTO_ICMP, *other)
    found = rewriting(first, answer(first, first_ident), True)
    assert found is not None
    rewrite, fields = found
    assert rewrite(fields, second, second_ident) == answer(second, second_ident)


def test_a_changed_payload_is_not_repeated() -> None:
    raw = LINK + packet(ipv4.PROTO_UDP, 1, 2, b"a question")
    assert rewriting(raw, raw[:-1] + b"!", False) is None
    assert rewriting(raw, raw + b"!", False) is None


def test_frames_of_no_flow() -> None:
    raw = LINK + packet(ipv4.PROTO_TCP, 1, 2, b"data")
    assert flow_of(Frame(raw, 1)) != NO_FLOW
    for at, value in ((0, 1), (14, 0x46), (47, 0x02), (47, 0x11), (47, 0x14), (23, 2)):
        assert flow_of(Frame(raw[:at] + bytes((value,)) + raw[at + 1 :], 1)) == NO_FLOW, (at, value)
    assert flow_of(Frame(raw + b"\0", 1)) == NO_FLOW


def test_fragments_have_a_flow_by_their_place() -> None:
    """Later fragments have no transport header behind the IP header."""
    raw = LINK + packet(ipv4.PROTO_UDP, 1, 2, b"data")
    whole, first, later, other = (raw[:20] + bytes(frag) + raw[22:] for frag in ((0, 0), (0x20, 0), (0, 8), (0, 9)))
    assert len({flow_of(Frame(one, 1)) for one in (whole, first, later, other)}) == 4
    assert flow_of(Frame(later, 1)) == flow_of(Frame(later[:34] + b"other" + later[39:], 1)) != NO_FLOW
    assert flow_of(Frame(first, 1)) != flow_of(Frame(first[:34] + b"other" + first[39:], 1))
    moved = bytes(6) + later[6:34] + bytes(8) + later[42:]
    assert rewriting(later, moved, False) is None


def test_every_field_that_decides_is_in_the_flow() -> None:
    raw = LINK + packet(ipv4.PROTO_UDP, 1, 2, b"data")
    seen = {flow_of(Frame(raw, 1)), flow_of(Frame(raw, 1, 0x81000064)), flow_of(Frame(raw, 1, 0x81000065))}
    for at in (5, 11, 15, 22, 26, 33, 34, 37):  # MAC addresses, TOS, TTL, addresses, ports
        seen.add(flow_of(Frame(raw[:at] + bytes((raw[at] ^ 2,)) + raw[at + 1 :], 1)))
    assert len(seen) == 11 and NO_FLOW not in seen
    for at in (18, 19, 24, 25, 40, 41, 44):  # identification, checksums, payload
        assert flow_of(Frame(raw[:at] + bytes((raw[at] ^ 2,)) + raw[at + 1 :], 1)) == flow_of(Frame(raw, 1)), at


@pytest.mark.parametrize("plain", [forwarded, masqueraded])
def test_every_checksum_of_the_ip_header_is_moved_as_the_kernel_does(plain: Callable[[bytes], bytes]) -> None:
    """All identifications: with some of them the sum wraps, and some checksums are 0 or 0xFFFF."""
    raw = LINK + packet(ipv4.PROTO_ICMP, 0, 0, bytes(20))
    found = rewriting(raw, plain(raw), False)
    assert found is not None
    rewrite, fields = found
    for ident in range(0x10000):
        other = LINK + ipv4.sealed(raw[14:18] + ident.to_bytes(2) + raw[20:24] + b"\0\0" + raw[26:34]) + raw[34:]
        assert rewrite(fields, other, -1) == plain(other), ident


def test_every_checksum_of_udp_is_moved_as_the_kernel_does() -> None:
    """All checksums: one that becomes 0 is written as 0xFFFF, as 0 means that there is none (RFC 768)."""
    raw = LINK + packet(ipv4.PROTO_UDP, 1, 0, bytes(20))
    found = rewriting(raw, masqueraded(raw), False)
    assert found is not None
    rewrite, fields = found
    for number in range(0x10000):
        other = LINK + packet(ipv4.PROTO_UDP, 1, 0, number.to_bytes(2) + bytes(18))
        assert rewrite(fields, other, -1) == masqueraded(other), number
