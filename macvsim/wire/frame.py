"""A frame: the bytes that are, or would be, on the wire, and its identity.

The outermost VLAN tag may be held beside the bytes, as the kernel holds it in skb metadata; `Frame.wire` shows the
bytes as a cable carries them.  Frames are never changed: every step that rewrites one makes a new object with the same
`uid`, so the same object may be shared by everybody who sees it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from macvsim.wire.addr import mac_text

if TYPE_CHECKING:
    from scapy.packet import Packet

ETH_HLEN = 14
ETH_P_IP = 0x0800
ETH_P_ARP = 0x0806
ETH_P_8021Q = 0x8100
ETH_P_IPV6 = 0x86DD
ETH_P_8021AD = 0x88A8
IPV6_MIN_MTU = 1280
"""A link with less carries no IPv6 (RFC 8200, 5)."""
_TPID_BYTES = (b"\x81\x00", b"\x88\xa8")
VLAN_FIRST = (0x81, 0x88)
"""First bytes of the TPIDs: most frames have neither, and need not be looked at again."""


class PacketType(enum.IntEnum):
    """Whom a received frame is for (`skb->pkt_type`, include/uapi/linux/if_packet.h)."""

    HOST = 0
    BROADCAST = 1
    MULTICAST = 2
    OTHERHOST = 3
    OUTGOING = 4
    LOOPBACK = 5


# Looking a member up in its Enum class costs 0.25 us under CPython 3.11; the data path uses these names.
HOST: Final = PacketType.HOST
BROADCAST: Final = PacketType.BROADCAST
MULTICAST: Final = PacketType.MULTICAST
OTHERHOST: Final = PacketType.OTHERHOST
OUTGOING: Final = PacketType.OUTGOING
LOOPBACK: Final = PacketType.LOOPBACK


class Frame:
    """An Ethernet frame without preamble, padding and FCS.

    raw : destination MAC, source MAC, [inner VLAN tags,] EtherType, payload
    uid : identity of the packet; copies, tagged forms and forwarded forms keep it
    tag : outermost VLAN tag held beside the bytes, ``TPID << 16 | TCI``; 0 when there is none
    flow : key of the flow it belongs to (wire/flow.py); None: not computed yet, for a frame that a stack built,
    so that its checksums are right (skb->ip_summed); ``b""``: it belongs to none
    """

    __slots__ = ("flow", "raw", "tag", "uid")

    def __init__(self, raw: bytes, uid: int, tag: int = 0, flow: bytes | None = b"") -> None:
        self.raw = raw
        self.uid = uid
        self.tag = tag
        self.flow = flow

    def tagged(self, tag: int | None) -> Frame:
        """The frame as it is where `tag` is held beside its bytes; None: as it is."""
        return self if tag is None or tag == self.tag else Frame(self.raw, self.uid, tag, self.unkeyed)

    @property
    def unkeyed(self) -> bytes | None:
        """`flow` for a frame made of this one."""
        return b"" if self.flow == b"" else None

    @property
    def wire(self) -> bytes:
        """The bytes as a cable carries them, the tag in its place (IEEE 802.1Q, 9.3)."""
        if not self.tag:
            return self.raw
        return self.raw[:12] + self.tag.to_bytes(4, "big") + self.raw[12:]

    @property
    def dst(self) -> bytes:
        return self.raw[:6]

    @property
    def src(self) -> bytes:
        return self.raw[6:12]

    @property
    def ethertype(self) -> int:
        """EtherType after the tag held beside the bytes; a VLAN TPID if another tag follows."""
        return int.from_bytes(self.raw[12:14], "big")

    @property
    def vid(self) -> int:
        """VLAN id of the tag held beside the bytes (0 when there is none)."""
        return self.tag & 0xFFF

    def has_inline_tag(self) -> bool:
        """True if the bytes themselves start with a VLAN tag."""
        return self.raw[12:14] in _TPID_BYTES

    def untag(self) -> Frame | None:
        """The outermost tag moved from the bytes to metadata (skb_vlan_untag); None: too short for it."""
        raw = self.raw
        if len(raw) < ETH_HLEN + 6:
            return None
        return Frame(raw[:12] + raw[16:], self.uid, int.from_bytes(raw[12:16], "big"))

    def with_tag(self, tag: int) -> Frame:
        """`tag` (``TPID << 16 | TCI``, 0: none) held beside the bytes; one that was there is put in line first."""
        return Frame(self.wire if self.tag and tag else self.raw, self.uid, tag)

    def inline(self) -> Frame:
        """The tag held beside the bytes, put into them (__vlan_insert_tag)."""
        return Frame(self.wire, self.uid) if self.tag else self

    def scapy(self) -> Packet:
        """The frame as a scapy packet, dissected now, for people."""
        from macvsim.wire.compose import dissect

        return dissect(self.wire)

    def __len__(self) -> int:
        return len(self.raw)

    def __repr__(self) -> str:
        tag = f" vlan {self.vid}" if self.tag else ""
        ends = f"{mac_text(self.src)} > {mac_text(self.dst)}"
        return f"<Frame #{self.uid} {ends}{tag} 0x{self.ethertype:04x} {len(self.raw)} B>"


class ShownTagFrame(Frame):
    """A received frame that shows its tag again on the device it is on, while protocols find their payload as if
    untagged.

    That is what vlan_do_receive does where REORDER_HDR is off: the tag goes back into the bytes in front of the
    payload.
    """

    __slots__ = ("shown",)

    def __init__(self, raw: bytes, uid: int, shown: int) -> None:
        super().__init__(raw, uid)
        self.shown = shown

    @property
    def wire(self) -> bytes:
        return self.raw[:12] + self.shown.to_bytes(4, "big") + self.raw[12:]
