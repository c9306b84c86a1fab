"""The switch between hosts: VLANs, learning, flooding, and what the policies of its ports forbid (IEEE 802.1Q, 8)."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.dev.fdb import FdbEntry, FilteringDatabase
from macvsim.dev.portvlan import leave
from macvsim.engine.display import Shown
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.errors import TopologyError
from macvsim.switch.policy import PortPolicy, get_policy
from macvsim.switch.port import SwitchPort
from macvsim.wire.addr import ZERO_MAC
from macvsim.wire.frame import ETH_HLEN, ETH_P_8021Q, VLAN_FIRST, Frame

_RESERVED_PREFIX = b"\x01\x80\xc2\x00\x00"
"""Of groups that bridges do not forward (IEEE 802.1D, 7.12.6)."""
_COLLECTOR_PAUSE = 10 * MS


class Switch(Shown):
    """A switch without a host around it.

    Parameters
    ----------
    ports : how many ports it has at most, None for as many as are asked for
    policy : of every new port, a name of `POLICIES` or a `PortPolicy`; single ports can be given another
    ageing : seconds after which a MAC that was not heard again is forgotten; 0: nothing is learnt
    mtu : of every new port, in bytes
    vlan_aware : False: tags are payload, and one table holds the MACs of all VLANs (an unmanaged switch); None: as the
        policy has it
    """

    PUBLIC = "add_port fdb mtu name policy port ports vlan_aware"

    def __init__(
        self,
        sim: Sim,
        name: str,
        *,
        ports: int | None = None,
        policy: str | PortPolicy = "bare-metal",
        ageing: float = 300.0,
        mtu: int = 1500,
        vlan_aware: bool | None = None,
    ) -> None:
        if ports is not None and ports < 1:
            raise TopologyError(f"switch {name}: {ports} ports are none; leave ports out, or give at least 1")
        if ageing < 0:
            raise TopologyError(f"switch {name}: ageing is a time in seconds, or 0 to learn nothing; not {ageing}")
        self.sim = sim
        self.name = name
        self.label = name
        self.max_ports = ports
        self.policy = get_policy(policy)
        self.mtu = mtu
        self.vlan_aware = not self.policy.opaque_tags if vlan_aware is None else vlan_aware
        self.ports: dict[str, SwitchPort] = {}
        self.fdb: FilteringDatabase[SwitchPort] = FilteringDatabase(round(ageing * SECOND), pause=_COLLECTOR_PAUSE)
        self.fdb.on_change = self._fdb_changed
        self.fdb.before_look = sim.flush
        self.fdb.start(int(sim.now), self.fdb.ageing)
        self.linked: list[SwitchPort] = []
        self._learning: list[SwitchPort] = []
        self._virtual: list[SwitchPort] = []

    def __repr__(self) -> str:
        return f"<Switch {self.name} {', '.join(self.ports) or 'no ports'}>"

    # -- ports ---------------------------------------------------------------------------------------------------------

    def port(self, name: str | None = None) -> SwitchPort:
        """The port of that name, made if there is none yet; without a name the next one that has no cable.

        `TopologyError` when the switch has no port left.
        """
        if name is None:
            free = (port.name for port in self.ports.values() if port.cable is None)
            name = next(free, None) or self._new_name()
        return self.ports.get(name) or self.add_port(name)

    @recorded
    def add_port(self, name: str) -> SwitchPort:
        """One more port; `TopologyError` when the switch has none left."""
        if name not in self.ports:
            if self.max_ports is not None and len(self.ports) >= self.max_ports:
                raise TopologyError(
                    f"switch {self.name} has no port {name!r}, and all its {self.max_ports} ports are in use: "
                    f"{', '.join(self.ports)}; give it more with ports=…"
                )
            self.ports[name] = SwitchPort(self, name, self.policy, self.mtu)
        return self.ports[name]

    def _new_name(self) -> str:
        number = len(self.ports) + 1
        while f"p{number}" in self.ports:
            number += 1
        return f"p{number}"

    def port_changed(self, port: SwitchPort) -> None:
        """Link or policy of a port changed; without link, what was learnt there is forgotten."""
        policy = port.policy
        port.learns = policy.learn or port.adapter is None
        port.guarded = policy.own_source_only or policy.max_macs > 0
        if not port.link or not port.learns:
            self.fdb.flush_port(port)
        self.linked = [other for other in self.ports.values() if other.link]
        self._learning = [other for other in self.linked if other.learns]
        self._virtual = [other for other in self.linked if not other.learns]

    def _fdb_changed(self) -> None:
        """A MAC is known at another port, or not any more."""
        self.sim.change()

    # -- frames --------------------------------------------------------------------------------------------------------

    def forward(self, port: SwitchPort, frame: Frame) -> DropReason | None:
        """A frame came in at `port`: send it on, or end it."""
        sim = self.sim
        recorder = sim.recorder
        if sim.journal is not None:
            sim.note(frame.uid, port, "receive", frame)
        if not port.link:
            return sim.drop(frame.uid, port, DropReason.PORT_STATE, frame)
        raw = frame.raw
        size = len(raw)
        if size < ETH_HLEN:
            return sim.drop(frame.uid, port, DropReason.RUNT, frame)
        if raw[12] in VLAN_FIRST and not frame.tag and frame.has_inline_tag():
            untagged = frame.untag()
            if untagged is None:
                return sim.drop(frame.uid, port, DropReason.FRAME_TOO_SHORT, frame)
            frame, raw = untagged, untagged.raw
            size = len(raw)
        if size > port.max_frame:
            return sim.drop(frame.uid, port, DropReason.NIC_MTU, frame)
        sim.count(port.counters, "rx", size)
        source = raw[6:12]
        if raw[6] & 1 or source == ZERO_MAC:
            return sim.drop(frame.uid, port, DropReason.BRIDGE_SOURCE, frame)
        vid = port.vlans.ingress(frame.tag) if self.vlan_aware else 0
        if not isinstance(vid, int):
            return sim.drop(frame.uid, port, vid, frame)
        if port.guarded:
            reason = port.refuses_source(source, vid)
            if reason is not None:
                return sim.drop(frame.uid, port, reason, frame)
        fdb = self.fdb
        learnt: FdbEntry[SwitchPort] | None = None
        if port.learns:
            learnt = fdb.learn(source, vid, port, sim._now)
        elif sim._now >= fdb.next_run:
            fdb.collect(sim._now)
        if recorder is not None:
            recorder.lasts(fdb.lasts)
            if learnt is not None:
                recorder.counted(fdb, (learnt, "updated"), 0)
            elif port.learns or port.policy.max_macs:
                recorder.forbid()
        if raw[0] & 1:
            if raw[0] == 1 and raw[:5] == _RESERVED_PREFIX and raw[5] < 16:
                return sim.drop(frame.uid, port, DropReason.RESERVED_MULTICAST, frame)
            return self._flood(port, self.linked, frame, vid)
        if self._virtual:
            return self._to_adapters(port, frame, vid)
        entry = fdb.entries.get((vid, raw[:6]))
        if entry is None or entry.port is None:
            return self._flood(port, self.linked, frame, vid)
        return self._send(port, entry.port, frame, vid)

    def _to_adapters(self, source: SwitchPort, frame: Frame, vid: int) -> DropReason | None:
        """Unicast where adapters are: to the destination's, else to the uplinks; to promiscuous ones as allowed."""
        sim = self.sim
        dst = frame.raw[:6]
        owners = [port for port in self._virtual if port.address == dst]
        entry = None if owners else self.fdb.find(dst, vid, sim._now)
        taken = False
        last: DropReason | None = None
        for port in self._virtual:
            if port in owners or (port is not source and port.sees(bool(owners), not source.learns)):
                taken = True
                last = self._send(source, port, frame, vid)
            elif entry is None and not owners and port is not source:
                last = sim.drop(frame.uid, port, port.policy.unmatched, frame)
        if owners:
            return last
        if entry is not None and entry.port is not None:
            return self._send(source, entry.port, frame, vid)
        if any(port is not source or port.hairpin for port in self._learning):
            return self._flood(source, self._learning, frame, vid, taken=taken)
        if not taken and last is None:
            last = sim.drop(frame.uid, source, DropReason.NO_OTHER_PORT, frame)
        return None if taken else last

    def _flood(
        self, source: SwitchPort, ports: Sequence[SwitchPort], frame: Frame, vid: int, *, taken: bool = False
    ) -> DropReason | None:
        """To every one of `ports` that may have it; `taken`: somebody has a copy already, so it is not lost anyway."""
        drop = self.sim.drop
        self.sim.unrepeatable()  # the destination may be learnt at any time
        aware = self.vlan_aware
        isolated = source.isolated
        forms: dict[bool, Frame] = {}
        last: DropReason | None = None
        lacks_vlan: list[SwitchPort] = []
        for port in ports:
            if port is source and not port.hairpin:
                continue
            tagged = port.vlans.egress(vid) if aware else False
            if tagged is None:
                lacks_vlan.append(port)
            elif isolated and port.isolated:
                last = drop(frame.uid, port, DropReason.PORT_ISOLATED, frame)
            elif not port.learns and port.is_blocked:
                last = drop(frame.uid, port, DropReason.PORT_ASSIGNED_MAC, frame)
            else:
                taken = True
                form = forms.get(tagged)
                if form is None:
                    form = forms[tagged] = leave(frame, vid, tagged, ETH_P_8021Q) if aware else frame
                self._transmit(port, form)
        if taken:
            return None
        for port in lacks_vlan:
            last = drop(frame.uid, port, DropReason.PORT_VLAN, frame)
        return last or drop(frame.uid, source, DropReason.NO_OTHER_PORT, frame)

    def _send(self, source: SwitchPort, port: SwitchPort, frame: Frame, vid: int) -> DropReason | None:
        """To one port, if it may have it."""
        reason: DropReason | None = None
        if port is source and not port.hairpin:
            reason = DropReason.PORT_SAME
        elif port.isolated and source.isolated:
            reason = DropReason.PORT_ISOLATED
        elif not port.learns and port.is_blocked:
            reason = DropReason.PORT_ASSIGNED_MAC
        elif self.vlan_aware:
            tagged = port.vlans.egress(vid)
            if tagged is None:
                reason = DropReason.PORT_VLAN
            elif tagged or frame.tag:
                frame = leave(frame, vid, tagged, ETH_P_8021Q)
        if reason is not None:
            return self.sim.drop(frame.uid, port, reason, frame)
        return self._transmit(port, frame)

    def _transmit(self, port: SwitchPort, frame: Frame) -> DropReason | None:
        sim = self.sim
        size = len(frame.raw)
        if size > port.max_frame:
            return sim.drop(frame.uid, port, DropReason.NIC_MTU, frame)
        sim.count(port.counters, "tx", size)
        if sim.journal is not None:
            sim.note(frame.uid, port, "xmit", frame)
        assert port.cable is not None
        return port.cable.line(port).send(frame)
