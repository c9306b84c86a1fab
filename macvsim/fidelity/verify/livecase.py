"""Topologies of devices and raw frames into them on the running kernel, in the language of
`macvsim.fidelity.replay.caselab`.

Every frame carries the number of its stimulus: what macvlan hands on from a kernel thread may come late.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from macvsim.fidelity.replay.caselab import LETTERS, PAYLOAD, TEST_TYPE, Observation
from macvsim.fidelity.verify.netlink import PORT_SWITCHES, Netlink
from macvsim.fidelity.verify.netns import inside, new_netns, write_sysctl
from macvsim.fidelity.verify.taps import ETH_P_ALL, Seen, Taps
from macvsim.wire.addr import mac_bytes
from macvsim.wire.frame import PacketType

_SIOCADDMULTI, _SIOCDELMULTI = 0x8931, 0x8932
_KINDS = (
    PacketType.HOST,
    PacketType.BROADCAST,
    PacketType.MULTICAST,
    PacketType.OTHERHOST,
    PacketType.OUTGOING,
)
_DEPTH = {"veth": 0, "bridge": 1, "macvlan": 2}
"""Of devices that see one packet at one time: which of them is first."""
_TAP, _STACK = "tap", "stack"


class LiveCase:
    """One topology in new namespaces; `OSError` where the kernel lacks something.

    step, quiet : seconds of silence that end a frame, and everything before a change and at the end
    """

    def __init__(self, topology: dict[str, Any], taps: Taps, *, step: float = 0.0015, quiet: float = 0.03) -> None:
        self.taps = taps
        self.step, self.quiet = step, quiet
        self.spaces: dict[str, int] = {}
        self.links: dict[str, Netlink] = {}
        self._senders: dict[str, socket.socket] = {}
        self._depth: dict[tuple[str, str], int] = {}
        try:
            self._build(topology)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the namespaces, which ends them."""
        self.taps.close_taps()
        for sender in self._senders.values():
            sender.close()
        for link in self.links.values():
            link.close()
        for fd in self.spaces.values():
            os.close(fd)
        self.spaces, self.links, self._senders = {}, {}, {}

    # -- building ------------------------------------------------------------------------------------------------------

    def _space(self, name: str) -> int:
        """The namespace of that name: without IPv6, which speaks unasked."""
        if name not in self.spaces:
            fd = self.spaces[name] = new_netns()
            for group in ("all", "default"):
                if os.path.exists("/proc/sys/net/ipv6"):
                    write_sysctl(fd, f"net.ipv6.conf.{group}.disable_ipv6", "1")
            self.links[name] = Netlink(fd)
            self.taps.open(name, fd, _TAP, ETH_P_ALL)
            self.taps.open(name, fd, _STACK, TEST_TYPE)
            with inside(fd):
                self._senders[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        return self.spaces[name]

    def _build(self, topology: dict[str, Any]) -> None:
        down = {tuple(entry) for entry in topology.get("down", ())}
        made: list[tuple[str, str]] = []
        for spec in topology["devs"]:
            for key in ("ns", "peer_ns", "parent_ns"):
                if key in spec:
                    self._space(spec[key])
        for spec in topology["devs"]:
            if spec["kind"] == "veth":
                peer = spec["peer_ns"], spec["peer"]
                self.links[spec["ns"]].add_veth(
                    spec["name"], spec.get("mac"), self.spaces[peer[0]], peer[1], spec.get("peer_mac")
                )
                made += [(spec["ns"], spec["name"]), peer]
            elif spec["kind"] == "bridge":
                self.links[spec["ns"]].add_bridge(spec["name"], spec.get("mac"))
                made.append((spec["ns"], spec["name"]))
        ports = topology.get("ports", ())
        self._enslave(port for port in ports if not port.get("late"))
        for spec in topology["devs"]:
            self._depth[spec["ns"], spec["name"]] = _DEPTH[spec["kind"]]
            if spec["kind"] == "macvlan":
                self._macvlan(spec)
                made.append((spec["ns"], spec["name"]))
        self._enslave(port for port in ports if port.get("late"))
        for ns, name in made:
            if (ns, name) not in down:
                self.links[ns].set(name, up=True)
        for ns, name, group in topology.get("mcast", ()):
            self._join(ns, name, group, _SIOCADDMULTI)
        for ns, name in topology.get("promisc", ()):
            self.links[ns].set(name, promisc=True)
        self._settle()

    def _macvlan(self, spec: dict[str, Any]) -> None:
        self.links[spec["parent_ns"]].add_macvlan(
            self._space(spec["ns"]),
            spec["name"],
            spec["parent"],
            spec["mode"],
            spec.get("mac"),
            spec.get("flags") or 0,
            spec.get("sources") or (),
        )
        self._depth[spec["ns"], spec["name"]] = _DEPTH["macvlan"]

    def _enslave(self, ports: Iterable[dict[str, Any]]) -> None:
        for spec in ports:
            link = self.links[spec["ns"]]
            link.set(spec["dev"], master=spec["bridge"])
            if switches := {key: spec[key] for key in PORT_SWITCHES if key in spec}:
                link.set_port(spec["dev"], switches)

    def _join(self, ns: str, name: str, group: str, request: int) -> None:
        """Add or remove a group address, as ``ip maddr`` does."""
        with inside(self.spaces[ns]), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            fcntl.ioctl(asking, request, struct.pack("16sH6s8x", name.encode(), 0, mac_bytes(group)))

    def _settle(self) -> None:
        for link in self.links.values():
            for name in link.links():
                link.look(name)

    # -- playing -------------------------------------------------------------------------------------------------------

    def run(self, stimuli: Sequence[dict[str, Any]]) -> list[Observation]:
        """What every device saw of each stimulus."""
        answers: dict[int, Observation] = {}
        seen: list[Seen] = []
        for number, stimulus in enumerate(stimuli):
            if "op" in stimulus:
                seen += self.taps.read(self.quiet)
                answers[number] = self._changed(stimulus)
                continue
            ns, name = stimulus["inject"]
            try:
                self._senders[ns].sendto(_frame(stimulus, number), (name, 0))
            except OSError as refused:
                answers[number] = {"send_errno": refused.errno}
                continue
            seen += self.taps.read(self.step)
        seen += self.taps.read(self.quiet)
        by_number: dict[int, list[Seen]] = {}
        for one in sorted(seen, key=self._order):
            by_number.setdefault(int.from_bytes(one.data[14:18], "big"), []).append(one)
        return [
            answers[number] if number in answers else _observation(by_number.get(number, ()))
            for number in range(len(stimuli))
        ]

    def _order(self, seen: Seen) -> tuple[int, int, int]:
        return seen.time, self._depth.get((seen.ns, seen.dev), 0), seen.number

    def _changed(self, stimulus: dict[str, Any]) -> Observation:
        try:
            self._change(stimulus)
        except OSError as refused:
            return {"errno": refused.errno}
        self._settle()
        return {}

    def _change(self, stimulus: dict[str, Any]) -> None:
        op = stimulus["op"]
        if op == "macvlan":
            spec = stimulus["dev_spec"]
            self._macvlan(spec)
            self.links[spec["ns"]].set(spec["name"], up=True)
            return
        ns, name = stimulus["ns"], stimulus["dev"]
        link = self.links[ns]
        match op:
            case "up" | "down":
                link.set(name, up=op == "up")
            case "promisc" | "nopromisc":
                link.set(name, promisc=op == "promisc")
            case "join" | "leave":
                self._join(ns, name, stimulus["mac"], _SIOCADDMULTI if op == "join" else _SIOCDELMULTI)
            case "mac":
                link.set(name, mac=stimulus["mac"])
            case "delete":
                link.delete(name)
            case "fdb_add":
                link.add_fdb(name, stimulus["mac"], permanent=bool(stimulus.get("permanent")))
            case "fdb_del":
                link.delete_fdb(name, stimulus["mac"])
            case "brport":
                link.set_port(name, stimulus["set"])
            case _:
                raise ValueError(f"no command {op!r}")


def _frame(stimulus: dict[str, Any], number: int) -> bytes:
    ethertype = int(stimulus.get("type", TEST_TYPE)).to_bytes(2, "big")
    head = mac_bytes(stimulus["dst"]) + mac_bytes(stimulus["src"]) + ethertype
    return head + number.to_bytes(4, "big") + bytes(PAYLOAD - 4)


def _observation(seen: Iterable[Seen]) -> Observation:
    found: Observation = {}
    for one in seen:
        found.setdefault(f"{one.ns}:{one.dev}", ["", ""])[one.socket == _STACK] += LETTERS[_KINDS[one.kind]]
    return dict(sorted(found.items()))


__all__ = ["LiveCase"]
