"""Memory that segments cost whoever receives them, beyond their data (skb->truesize, as a veth hands it over).

Data that a program wrote stays in pages of its own beside a small head of `SKB_OVERHEAD` bytes.  Data that it sent out
of a file (sendfile) could change under way, so it is copied into the head before its checksum is computed, for which
the head grows; in segments cut from a larger one, the pages are still booked beside it (skb_segment, __skb_linearize).
A frame that a packet socket sent stands in a head of its own, with room left at its end (packet_alloc_skb).
"""

from __future__ import annotations

from macvsim.net.tcp.state import SKB_OVERHEAD

PAGE = 4096
"""Memory is charged in whole pages."""
NOT_ITS_OWN = -1
"""No room at the end of a segment, for its memory belongs to its sender, too (skb_cloned)."""
_ROOM = 64
"""Data a small head has room for."""
_HEADERS = 320
"""Bytes kept for headers (MAX_TCP_HEADER)."""
_SPARE = 128
"""What a head that grows gets in addition (__pskb_pull_tail)."""
_SHARED_INFO = 320
_SK_BUFF = 256
_SMALL_HEAD = SKB_OVERHEAD - _SK_BUFF
"""The smallest head (SKB_SMALL_HEAD_CACHE_SIZE)."""
_LINK_RESERVE = 16
"""Bytes before an Ethernet header (LL_RESERVED_SPACE)."""


def _head(size: int) -> int:
    """A buffer for `size` bytes and what the kernel notes at its end (kmalloc_reserve)."""
    wanted = -(-size // 64) * 64 + _SHARED_INFO
    return _SMALL_HEAD if wanted <= _SMALL_HEAD else 1 << (wanted - 1).bit_length()


def per_segment(mss: int) -> int:
    """Bytes of send buffer for a segment of a window (tcp_sndbuf_expand)."""
    return (1 << (_HEADERS + mss + _SHARED_INFO - 1).bit_length()) + _SK_BUFF


def condensed(size: int) -> int:
    """A segment whose head `size` bytes of data were copied into, and nothing beside (pskb_expand_head)."""
    return _head(_HEADERS + size + (_SPARE if size > _ROOM else 0)) + _SK_BUFF


def crafted(length: int) -> tuple[int, int]:
    """A frame of a packet socket with `length` bytes: what it costs, and the room at its end (skb_tailroom)."""
    head = _head(_LINK_RESERVE + length)
    return head + _SK_BUFF, head - _SHARED_INFO - _LINK_RESERVE - length


def truesize(size: int, shared: bool | None = None) -> int:
    """What a segment with `size` bytes of data costs who receives it.

    shared : its data was sent out of a file, and whether it was cut from a larger segment; None: a program wrote it
    """
    return size + (condensed(size) if shared else SKB_OVERHEAD)
