"""Which VLANs a port carries, and in what form frames leave it (IEEE 802.1Q, 8.6; net/bridge/br_vlan.c)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from macvsim.engine.drop import DropReason
from macvsim.wire.frame import ETH_P_8021Q, Frame

MAX_VID = 4094


class VlanMember(NamedTuple):
    """One VLAN of a port, as ``bridge vlan`` shows it."""

    vid: int
    pvid: bool
    untagged: bool


class PortVlans:
    """The VLANs of one port.

    Parameters
    ----------
    protocol : TPID of the tags that count; a tag of another protocol is payload
    every : carry every VLAN, those that were not added tagged
    """

    __slots__ = ("_untagged", "every", "protocol", "pvid")

    def __init__(self, *, protocol: int = ETH_P_8021Q, every: bool = False) -> None:
        self.protocol = protocol
        self.every = every
        self.pvid = 0
        """VLAN of untagged frames that come in; 0: there is none, they are dropped."""
        self._untagged: dict[int, bool] = {}

    # -- per frame ---------------------------------------------------------------------------------------------------

    def ingress(self, tag: int) -> int | DropReason:
        """VLAN of a frame that comes in with `tag` (``TPID << 16 | TCI``, 0: none), or why not (__allowed_ingress)."""
        if tag and tag >> 16 == self.protocol:
            vid = tag & 0xFFF
            if vid:
                if vid in self._untagged or (self.every and vid <= MAX_VID):
                    return vid
                tagged = self.every or False in self._untagged.values()
                return DropReason.PORT_VLAN if tagged or not self._untagged else DropReason.PORT_TAGGED
        return self.pvid or DropReason.PORT_PVID

    def egress(self, vid: int) -> bool | None:
        """True: frames of this VLAN leave tagged; False: untagged; None: they do not leave here (br_allowed_egress)."""
        untagged = self._untagged.get(vid)
        if untagged is None:
            return True if self.every else None
        return not untagged

    # -- configuration -----------------------------------------------------------------------------------------------

    def add(self, vid: int, *, pvid: bool = False, untagged: bool = False) -> None:
        """Carry a VLAN; if it is there already it gets these flags (__vlan_add_flags)."""
        self._untagged[vid] = untagged
        if pvid:
            self.pvid = vid
        elif self.pvid == vid:
            self.pvid = 0

    def remove(self, vid: int) -> bool:
        """Do not carry a VLAN any more; False if it was not there."""
        if self.pvid == vid:
            self.pvid = 0
        return self._untagged.pop(vid, None) is not None

    def clear(self) -> None:
        """Carry no VLAN at all."""
        self._untagged.clear()
        self.pvid = 0
        self.every = False

    def __contains__(self, vid: int) -> bool:
        return vid in self._untagged or self.every

    def __bool__(self) -> bool:
        return bool(self._untagged) or self.every

    def __iter__(self) -> Iterator[VlanMember]:
        """The VLANs that were added, in order of their ids."""
        for vid in sorted(self._untagged):
            yield VlanMember(vid, vid == self.pvid, self._untagged[vid])


def leave(frame: Frame, vid: int, tagged: bool, protocol: int) -> Frame:
    """`frame` of VLAN `vid` as it leaves a port: the same object unless its tag has to change (br_handle_vlan).

    A tagged frame keeps its priority; a tag of another protocol counts as payload.
    """
    tag = frame.tag
    if tag >> 16 != protocol:
        return frame.with_tag(protocol << 16 | vid) if tagged else frame
    if not tagged:
        return Frame(frame.raw, frame.uid)
    return frame if tag & 0xFFF == vid else Frame(frame.raw, frame.uid, tag & ~0xFFF | vid)
