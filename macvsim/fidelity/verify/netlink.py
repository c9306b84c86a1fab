"""Rtnetlink, as much as building topologies takes (linux/rtnetlink.h, linux/if_link.h, linux/neighbour.h).

Devices are born in the namespace they belong to: moving one waits for an RCU grace period.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping, Sequence

from macvsim.fidelity.verify.netns import inside
from macvsim.wire.addr import mac_bytes

_REQUEST, _ACK, _EXCL, _CREATE, _DUMP = 1, 4, 0x200, 0x400, 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NEWLINK, _DELLINK, _GETLINK, _SETLINK, _NEWNEIGH, _DELNEIGH = 16, 17, 18, 19, 28, 29
_ADDRESS, _IFNAME, _MTU, _LINK, _MASTER, _PROTINFO, _LINKINFO, _NET_NS_FD = 1, 3, 4, 5, 10, 12, 18, 28
_INFO_KIND, _INFO_DATA = 1, 2
_VETH_PEER = 1
_MV_MODE, _MV_FLAGS, _MV_MAC_MODE, _MV_MAC, _MV_MAC_DATA = 1, 2, 3, 4, 5
_MAC_SET = 3
_BR_FORWARD_DELAY, _BR_STP, _BR_SNOOPING = 1, 5, 23
_UP, _PROMISC = 1, 0x100
_NESTED = 0x8000
_NTF_MASTER, _NUD_NOARP, _NUD_PERMANENT = 4, 0x40, 0x80
_AF_BRIDGE = 7
_HEADER = struct.Struct("=IHHII")
_IFINFO = struct.Struct("=BBHiII")
MACVLAN_MODES = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8, "source": 16}
PORT_SWITCHES = {"hairpin": 4, "learning": 8, "flood": 9, "mcast_flood": 27, "bcast_flood": 30, "isolated": 33}


def _attribute(kind: int, value: bytes | int | str) -> bytes:
    """A ``struct rtattr`` with its value, padded."""
    data = struct.pack("=I", value) if isinstance(value, int) else value
    data = data.encode() + b"\0" if isinstance(data, str) else data
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def _nested(kind: int, *parts: bytes) -> bytes:
    return _attribute(kind | _NESTED, b"".join(parts))


def _ifinfo(index: int = 0, flags: int = 0, change: int = 0, family: int = 0) -> bytes:
    return _IFINFO.pack(family, 0, 0, index, flags, change)


def _given(kind: int, mac: str | None) -> bytes:
    return _attribute(kind, mac_bytes(mac)) if mac else b""


class Netlink:
    """A socket to the kernel's devices in one namespace; every method raises `OSError` with the kernel's code."""

    def __init__(self, fd: int) -> None:
        with inside(fd):
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            self.socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        self.socket.close()

    def _ask(self, kind: int, flags: int, body: bytes) -> list[bytes]:
        """Send a request; the bodies of what is answered."""
        self._sequence += 1
        self.socket.send(_HEADER.pack(16 + len(body), kind, _REQUEST | flags, self._sequence, 0) + body)
        answers: list[bytes] = []
        while True:
            data = self.socket.recv(1 << 17)
            at = 0
            while at < len(data):
                size, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
                payload = data[at + 16 : at + size]
                at += (size + 3) & ~3
                if sequence != self._sequence:
                    continue
                if kind == _NLMSG_ERROR and (code := -struct.unpack_from("=i", payload)[0]):
                    raise OSError(code, os.strerror(code))
                if kind in (_NLMSG_ERROR, _NLMSG_DONE):
                    return answers
                answers.append(payload)

    def _create(self, body: bytes) -> None:
        self._ask(_NEWLINK, _ACK | _CREATE | _EXCL, body)

    def look(self, name: str) -> int:
        """The index of a device; asking makes the kernel look at its carrier at once (linkwatch_sync_dev)."""
        answers = self._ask(_GETLINK, _ACK, _ifinfo() + _attribute(_IFNAME, name))
        return int(_IFINFO.unpack_from(answers[0])[3])

    def links(self) -> dict[str, bytes]:
        """The devices of the namespace by name, with their addresses."""
        found = {}
        for answer in self._ask(_GETLINK, _DUMP, _ifinfo()):
            values = {}
            at = 16
            while at + 4 <= len(answer):
                size, kind = struct.unpack_from("=HH", answer, at)
                values[kind] = answer[at + 4 : at + size]
                at += (size + 3) & ~3
            found[values[_IFNAME].rstrip(b"\0").decode()] = values.get(_ADDRESS, b"")
        return found

    def add_veth(self, name: str, mac: str | None, peer_fd: int, peer: str, peer_mac: str | None) -> None:
        """A pair; the second end is born in namespace `peer_fd`."""
        other = _ifinfo() + _attribute(_IFNAME, peer) + _given(_ADDRESS, peer_mac) + _attribute(_NET_NS_FD, peer_fd)
        info = _attribute(_INFO_KIND, "veth") + _nested(_INFO_DATA, _attribute(_VETH_PEER, other))
        self._create(_ifinfo() + _attribute(_IFNAME, name) + _given(_ADDRESS, mac) + _nested(_LINKINFO, info))

    def add_bridge(self, name: str, mac: str | None) -> None:
        """A bridge without STP, forward delay and multicast snooping."""
        data = _attribute(_BR_STP, 0) + _attribute(_BR_FORWARD_DELAY, 0) + _attribute(_BR_SNOOPING, b"\0")
        info = _attribute(_INFO_KIND, "bridge") + _nested(_INFO_DATA, data)
        self._create(_ifinfo() + _attribute(_IFNAME, name) + _given(_ADDRESS, mac) + _nested(_LINKINFO, info))

    def add_macvlan(
        self, fd: int, name: str, parent: str, mode: str, mac: str | None, flags: int = 0, sources: Sequence[str] = ()
    ) -> None:
        """A macvlan device in namespace `fd` on a parent in this one."""
        data = _attribute(_MV_MODE, MACVLAN_MODES[mode])
        if flags:
            data += _attribute(_MV_FLAGS, struct.pack("=H", flags))
        if sources:
            data += _attribute(_MV_MAC_MODE, _MAC_SET)
            data += _nested(_MV_MAC_DATA, *(_attribute(_MV_MAC, mac_bytes(source)) for source in sources))
        info = _attribute(_INFO_KIND, "macvlan") + _nested(_INFO_DATA, data)
        head = _ifinfo() + _attribute(_IFNAME, name) + _attribute(_LINK, self.look(parent)) + _given(_ADDRESS, mac)
        self._create(head + _attribute(_NET_NS_FD, fd) + _nested(_LINKINFO, info))

    def set(
        self,
        name: str,
        *,
        up: bool | None = None,
        promisc: bool | None = None,
        mac: str | None = None,
        master: str | None = None,
        mtu: int | None = None,
    ) -> None:
        """What ``ip link set`` changes."""
        flags = change = 0
        for value, bit in ((up, _UP), (promisc, _PROMISC)):
            if value is not None:
                change |= bit
                flags |= bit if value else 0
        body = _ifinfo(0, flags, change) + _attribute(_IFNAME, name) + _given(_ADDRESS, mac)
        if master is not None:
            body += _attribute(_MASTER, self.look(master))
        if mtu is not None:
            body += _attribute(_MTU, mtu)
        self._ask(_NEWLINK, _ACK, body)

    def delete(self, name: str) -> None:
        self._ask(_DELLINK, _ACK, _ifinfo() + _attribute(_IFNAME, name))

    def set_port(self, name: str, switches: Mapping[str, object]) -> None:
        """The switches of a bridge port (`PORT_SWITCHES`)."""
        parts = [_attribute(PORT_SWITCHES[key], bytes([bool(value)])) for key, value in switches.items()]
        self._ask(_SETLINK, _ACK, _ifinfo(self.look(name), family=_AF_BRIDGE) + _nested(_PROTINFO, *parts))

    def add_fdb(self, name: str, mac: str, *, permanent: bool) -> None:
        """An entry of the bridge for one of its ports: ``permanent`` is the bridge's own, else static."""
        state = _NUD_PERMANENT if permanent else _NUD_NOARP
        self._ask(_NEWNEIGH, _ACK | _CREATE | _EXCL, self._entry(name, mac, state))

    def delete_fdb(self, name: str, mac: str) -> None:
        self._ask(_DELNEIGH, _ACK, self._entry(name, mac, 0))

    def _entry(self, name: str, mac: str, state: int) -> bytes:
        head = struct.pack("=BBHiHBB", _AF_BRIDGE, 0, 0, self.look(name), state, _NTF_MASTER, 0)
        return head + _attribute(2, mac_bytes(mac))


__all__ = ["MACVLAN_MODES", "PORT_SWITCHES", "Netlink"]
