"""An ARP request on all ports of a switch at once: one call to arrive and one to be dealt with, however many there are.

A `Plan` knows, for one VLAN and epoch, which hosts do something about which requests.  Those take theirs as ever; what
the others would count is added up and settled when somebody reads counters or drops (`Sim.settle`).  Whenever something
might tell the difference (the configuration changes while frames are under way, a cable is pulled, the next request
comes before macvlan's work queues have run) the copies become ordinary ones again, at their places in the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.dev.broadcast import FRAME, Audience, acquainted
from macvsim.dev.macvlan_port import BC_WORK_DELAY, EXTERNAL, MacvlanPort
from macvsim.dev.nic import Nic
from macvsim.dev.path import Take
from macvsim.dev.portvlan import leave
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import PROCESS, SOFTIRQ
from macvsim.wire.frame import ETH_P_8021Q, Frame

if TYPE_CHECKING:
    from macvsim.dev.cable import Line
    from macvsim.switch.port import SwitchPort
    from macvsim.switch.switch import Switch

_PLACES = 1 << 20
"""More than a switch has ports: the copies of one flood stand behind each other within one turn of the queue."""


class _Count:
    """Frames and bytes (`FRAME`) that all listeners had, but for what single ones had not."""

    __slots__ = ("all", "apart")

    def __init__(self, places: int) -> None:
        self.all = 0
        self.apart = [0] * places

    def of(self, place: int) -> int:
        """What one listener had."""
        return self.all - self.apart[place]


class _Listener:
    """A port with a host behind it: the card, the device whose stack hears requests there, its macvlan children."""

    __slots__ = ("audience", "dev", "heeded", "line", "nic", "port", "tagged", "take")

    def __init__(self, port: SwitchPort, line: Line, tagged: bool, nic: Nic, dev: NetDevice, tag: int) -> None:
        self.port = port
        self.line = line
        self.tagged = tagged
        self.nic = nic
        self.dev = dev
        path = nic.arp_paths.find(tag)
        self.take: Take = line.arrival if path is None else path.take
        """Takes a request at the card, in the plan's epoch."""
        self.heeded = None if path is None else path.heeded
        """As of the path; None: the device is to see them all."""
        self.audience: Audience | None = None


class Plan:
    """Who hears broadcast requests in one VLAN of a switch, in one epoch.

    usable : False where they must be sent to each port by itself
    """

    def __init__(self, switch: Switch, vid: int) -> None:
        self.sim = switch.sim
        self.vid = vid
        self.epoch = switch.sim.epoch
        self.delay = 0
        self.pending: Flood | None = None
        """The flood that macvlan's work queues have not dealt with yet."""
        self.listeners: list[_Listener] = []
        self.macvlans: dict[int, MacvlanPort] = {}
        """Those that some of the listeners have, by their places."""
        self._places: dict[SwitchPort, int] = {}
        self._always: list[int] = []
        self._targets: dict[bytes, tuple[int, ...]] = {}
        self._callees: dict[bytes, tuple[int, ...]] = {}
        """Where the card's own stack, and where a macvlan child, does something about requests for an address."""
        self._where: dict[NetDevice, int] = {}
        self._macs: dict[bytes, int] = {}
        self._aware = switch.vlan_aware
        self._longest = min((port.max_frame for port in switch.linked), default=0)
        fit = all(self._take_in(port, vid) for port in switch.linked)
        self.usable = fit and self.delay > 0 and 1 < len(self.listeners) < _PLACES
        self.sent, self.arrived, self.heard = self._nothing()
        self._is_settled = True

    def _nothing(self) -> tuple[_Count, _Count, _Count]:
        """What was sent, has arrived and was heard by macvlan children before anything was."""
        places = len(self.listeners)
        return _Count(places), _Count(places), _Count(places)

    def _take_in(self, port: SwitchPort, vid: int) -> bool:
        """One more port; False if it is none for a plan."""
        tagged = port.vlans.egress(vid) if self._aware else False
        if tagged is None:
            return True
        assert port.cable is not None
        line = port.cable.line(port)
        nic = line.far
        if port.isolated or port.hairpin or not port.learns or not line.plain or not isinstance(nic, Nic):
            return False
        if self.listeners and line.delay != self.delay:
            return False
        self.delay = line.delay
        tag = ETH_P_8021Q << 16 | vid if tagged else 0
        dev = nic if not tag else nic.vlans.get(tag, nic)
        place = self._places[port] = len(self.listeners)
        listener = _Listener(port, line, tagged, nic, dev, tag)
        self.listeners.append(listener)
        if not self._listen_to_children(listener, place) or listener.heeded is None:
            self._always.append(place)
        else:
            self._where[dev] = place
            for ip in listener.heeded:
                self._targets[ip] = (*self._targets.get(ip, ()), place)
        return True

    def _listen_to_children(self, listener: _Listener, place: int) -> bool:
        """Whom the device's macvlan children care for; False if all of it may matter to one."""
        handler = listener.dev.rx_handler
        if handler is None:
            return True
        if not isinstance(handler, MacvlanPort):
            return False
        self.macvlans[place] = handler
        audience = handler.audience
        if audience.attentive or not handler.queues_broadcasts:
            return False
        listener.audience = audience
        handler.plan = self
        for child in audience.members:
            self._where[child] = self._macs[child.mac] = place
        for ip in audience.targets:
            self._callees[ip] = (*self._callees.get(ip, ()), place)
        return True

    def concerned(self, raw: bytes, source: int) -> tuple[Sequence[int], Sequence[int]]:
        """Places of those who do something about a request as soon as it arrives, in order; where there is nobody such,
        and those whose macvlan children do, once their work queues, empty so far, have run.
        """
        where = self._where
        places = {*self._always, *self._targets.get(raw[38:42], ()), self._macs.get(raw[6:12], source)}
        for dev in acquainted(self.sim, raw):
            places.add(where.get(dev, source))
        places.discard(source)
        called: list[int] = []
        for place in self._callees.get(raw[38:42], ()):
            if place != source:
                called.append(place)
                if self.macvlans[place].backlog:
                    places.add(place)
        return (sorted({*places, *called}), ()) if places else ((), called)

    def concerns_only(self, raw: bytes, places: Sequence[int]) -> bool:
        """True if whoever has got acquainted with its sender since is at one of these places."""
        others = acquainted(self.sim, raw)
        return not others or {self._where.get(dev, places[0]) for dev in others}.issubset(places)

    def flood(self, source: SwitchPort, frame: Frame, vid: int) -> bool:
        """Send a request to all ports but the one it came from; False if it has to be done port by port."""
        size = len(frame.raw)
        place = self._places.get(source)
        if place is None or size > self._longest or (frame.tag and not self._aware):
            return False
        self.count(self.sent, size, (place,))
        flood = Flood(self, place, frame)
        self.sim.put(self.sim._now + self.delay, SOFTIRQ, flood.turn, flood.arrive, None)
        return True

    def form(self, frame: Frame, tagged: bool) -> Frame:
        """A request as it comes to a listener."""
        return leave(frame, self.vid, tagged, ETH_P_8021Q) if self._aware else frame

    def count(self, count: _Count, octets: int, apart: Sequence[int]) -> None:
        """A request was sent to, has come to or was heard by the children of all but those apart."""
        if self._is_settled:
            self._is_settled = False
            self.sim.unsettled.append(self)
        one = FRAME + octets
        count.all += one
        for place in apart:
            count.apart[place] += one

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        sent, arrived, heard = self.sent, self.arrived, self.heard
        self.sent, self.arrived, self.heard = self._nothing()
        self._is_settled = True
        for place, one in enumerate(self.listeners):
            packets, octets = divmod(sent.of(place), FRAME)
            one.port.counters.tx_packets += packets
            one.port.counters.tx_bytes += octets
            packets, octets = divmod(arrived.of(place), FRAME)
            for dev in (one.nic,) if one.dev is one.nic else (one.nic, one.dev):
                dev.counters.rx_packets += packets
                dev.counters.rx_bytes += octets - packets * dev.rx_uncounted
            self.sim.dropped(one.dev, DropReason.ARP_NOT_FOR_US, packets)
            if one.audience is not None:
                one.audience.heard_all(EXTERNAL, heard.of(place))


class Flood:
    """One request on its way to all ports but one."""

    __slots__ = ("_apart", "_called", "_frame", "_plan", "_source", "_undone", "turn")

    def __init__(self, plan: Plan, source: int, frame: Frame) -> None:
        self._plan = plan
        self._source = source
        self._frame = frame
        self._apart: Sequence[int] = ()
        """The source, and those who do something about the request at once."""
        self._called: Sequence[int] = ()
        """Those whose macvlan children do."""
        self._undone = False
        self.turn = next(plan.sim._eid)

    def part(self) -> None:
        """Every copy goes by itself from now on; they arrive when and in what order they would have."""
        sim, plan = self._plan.sim, self._plan
        times = [entry[0] for entry in sim._queue if entry[3] == self.arrive]
        if not times or self._undone:
            return
        self._undone = True
        for place, one in enumerate(plan.listeners):
            if place != self._source:
                turn = self.turn + (place + 1) / _PLACES
                sim.put(times[0], SOFTIRQ, turn, one.line.arrival, plan.form(self._frame, one.tagged))

    def arrive(self, _: None) -> None:
        """All copies arrive at the cards."""
        plan, source, frame = self._plan, self._source, self._frame
        if self._undone:
            return
        if plan.pending is not None:
            plan.pending.become_real()
        together = plan.pending is None and plan.epoch == plan.sim.epoch
        if together:
            concerned, self._called = plan.concerned(frame.raw, source)
            plan.sim.post(BC_WORK_DELAY, PROCESS, self.work, None)
            self._apart = (source, *concerned)
            plan.count(plan.arrived, len(frame.raw), self._apart)
        else:
            concerned = [place for place in range(len(plan.listeners)) if place != source]
        for place in concerned:
            one = plan.listeners[place]
            take = one.take if plan.epoch == plan.sim.epoch else one.line.arrival
            take(plan.form(frame, one.tagged))
        if together:
            plan.pending = self

    def become_real(self) -> None:
        """Somebody looks into the work queues: the frame waits in each as it would."""
        if self._undone:
            return
        self._undone = True
        frame = Frame(self._frame.raw, self._frame.uid)
        for place, port in self._plan.macvlans.items():
            if place not in self._apart:
                port.backlog.append((frame, None))

    def work(self, _: None) -> None:
        """The work queues run (macvlan_process_broadcast)."""
        plan = self._plan
        plan.pending = None
        apart = self._apart
        if plan.epoch != plan.sim.epoch or not plan.concerns_only(self._frame.raw, apart):
            self.become_real()
        if not self._undone:
            plan.count(plan.heard, len(self._frame.raw), (*apart, *self._called))
            for place in self._called:
                plan.macvlans[place].call(Frame(self._frame.raw, self._frame.uid))
            return
        for place, port in plan.macvlans.items():
            if place != self._source:
                port.work()
