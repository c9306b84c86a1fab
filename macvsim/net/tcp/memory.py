"""Memory that segments cost whoever receives them, beyond their data (skb->truesize, as a veth hands it over).

Data that a program wrote stays in pages of its own beside a small head of `SKB_OVERHEAD` bytes.  Data that it sent out
of a file (sendfile) could change under way, so it is copied into the head before its checksum is computed, for which
the head grows; in segments cut from a larger one, the pages are still booked beside it (skb_segment, __skb_linearize).
"""

from __future__ import annotations

from macvsim.net.tcp.state import SKB_OVERHEAD

PAGE = 4096
"""Memory is charged in whole pages."""
_ROOM = 64
"""Data a small head has room for."""
_HEADERS = 320
"""Bytes kept for headers (MAX_TCP_HEADER)."""
_SPARE = 128
"""What a head that grows gets in addition (__pskb_pull_tail)."""
_SHARED_INFO = 320
_SK_BUFF = 256


def condensed(size: int) -> int:
    """A segment whose head `size` bytes of data were copied into, and nothing beside (pskb_expand_head)."""
    if size <= _ROOM:
        return SKB_OVERHEAD
    wanted = -(-(_HEADERS + size + _SPARE) // 64) * 64 + _SHARED_INFO
    return (1 << (wanted - 1).bit_length()) + _SK_BUFF


def truesize(size: int, shared: bool | None = None) -> int:
    """What a segment with `size` bytes of data costs who receives it.

    shared : its data was sent out of a file, and whether it was cut from a larger segment; None: a program wrote it
    """
    return size + (condensed(size) if shared else SKB_OVERHEAD)
