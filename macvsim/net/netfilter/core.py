"""What is registered at the hooks of one namespace, and the walk through it (nf_hook_slow)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from macvsim.engine.drop import DropReason
from macvsim.engine.recording import reports
from macvsim.net.netfilter.bridge import BridgeHooks
from macvsim.net.netfilter.conn import REPLY
from macvsim.net.netfilter.conntrack import Conntrack, attach
from macvsim.net.netfilter.hooks import OUTPUT, PREROUTING, Hook, HookFunction, Okfn, Priority, Verdict, Way
from macvsim.net.netfilter.nat import Nat
from macvsim.net.netfilter.packet import Tracked
from macvsim.net.netfilter.reroute import route_again
from macvsim.net.netfilter.ruleset import Backend, Ruleset
from macvsim.net.netfilter.settings import ConntrackConf
from macvsim.net.parts import Defaults, Parts
from macvsim.wire.frame import ETH_HLEN

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.dst import Dst
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.recent import RecentTable
    from macvsim.net.packet import Packet
    from macvsim.wire.frame import ETH_HLEN, Frame, PacketType


class Modules:
    """Which modules a kernel has loaded, for all its namespaces."""

    def __init__(self) -> None:
        self.br_netfilter = False
        self.extensions: frozenset[str] | None = None
        """Matches and targets of rules that the kernel was built with; None: all of them."""

        self.conntrack_size: int | None = None
        """Connections that there is room for, by the machine's memory; None: as in one with 4 GB."""

    def conntrack_conf(self) -> ConntrackConf:
        """Parameters of connection tracking for a new namespace (nf_conntrack_init_start)."""
        conf = ConntrackConf()
        if self.conntrack_size is not None:
            conf.nf_conntrack_max = conf.nf_conntrack_buckets = self.conntrack_size
        return conf

    def load_br_netfilter(self) -> None:
        """``modprobe br_netfilter``."""
        self.br_netfilter = True


class Netfilter(Parts):
    """The hooks of one namespace, and the parts that hang on them, made when they are first asked for.

    The stack sees it only while something is registered (`Ipv4Layer.netfilter`), so that a host without rules pays
    nothing.

    conf : parameters of connection tracking; conntrack : the table of connections; nat : address translation;
    recent : lists of ``-m recent`` by name
    """

    __slots__ = ("_bridge", "_functions", "_rulesets", "conf", "conntrack", "modules", "nat", "ns", "recent")
    conf: ConntrackConf
    conntrack: Conntrack
    nat: Nat
    recent: dict[str, RecentTable]
    _bridge: BridgeHooks
    _functions: dict[Hook, list[tuple[int, HookFunction]]]
    _rulesets: dict[Backend, Ruleset]
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "_bridge": BridgeHooks,
        "_functions": lambda _: {hook: [] for hook in Hook},
        "_rulesets": lambda _: {},
        "conf": lambda netfilter: netfilter.modules.conntrack_conf(),
        "conntrack": Conntrack,
        "nat": Nat,
        "recent": lambda _: {},
    }

    def __init__(self, ns: Host, modules: Modules | None = None) -> None:
        self.ns = ns
        self.modules = modules or Modules()

    def touched(self, name: str) -> None:
        self.ns.sim.mark_made(self.ns, f"netfilter.{name}")

    @property
    def bridge(self) -> BridgeHooks | None:
        """For bridged packets, once br_netfilter is loaded (brnf_init_net)."""
        return self._bridge if self.modules.br_netfilter else None

    def trees(self) -> dict[str, Defaults]:
        """Directories of parameters below net."""
        found: dict[str, Defaults] = {"netfilter": self.conf}
        return found if self.bridge is None else {**found, "bridge": self.bridge.conf}

    def told(self) -> dict[str, Callable[[], int]]:
        """Parameters that can only be read."""
        return {"net.netfilter.nf_conntrack_count": lambda: len(self.conntrack)}

    # -- parts ---------------------------------------------------------------------------------------------------------

    def ruleset(self, backend: Backend) -> Ruleset:
        """The tables of iptables-nft (``nf_tables``) or iptables-legacy (``legacy``), to be read or changed at once."""
        self.ns.sim.flush()
        self.ns.sim.change()
        found = self._rulesets.get(backend)
        if found is None:
            found = self._rulesets[backend] = Ruleset(self, backend)
        return found

    def rulesets(self) -> dict[Backend, Ruleset]:
        """Those that have been used."""
        self.ns.sim.flush()
        return dict(self._rulesets)

    # -- hooks ---------------------------------------------------------------------------------------------------------

    def register(self, hook: Hook, priority: Priority, function: HookFunction) -> None:
        """Call `function` for every packet at `hook`, after what has a lower or the same priority
        (nf_register_net_hook).
        """
        entries = self._functions[hook]
        at = sum(other <= priority for other, _ in entries)
        entries.insert(at, (priority, function))
        self._show(self)

    def unregister(self, hook: Hook, function: HookFunction) -> None:
        """Undo `register`."""
        self._functions[hook] = [entry for entry in self._functions[hook] if entry[1] != function]
        if not any(self._functions.values()):
            self._show(None)

    def _show(self, used: Netfilter | None) -> None:
        """Let the stack see the hooks, or forget them."""
        self.ns.ipv4.netfilter = used
        self.ns.router.forget()

    def address_gone(self, dev: NetDevice, ip: int) -> None:
        """Connections that borrowed an address of a device end with it (masq_inet_event)."""
        if self.made("conntrack"):
            self.conntrack.kill_all(lambda conn: conn.masquerade is dev and conn.tuples[REPLY].dst == ip)

    @staticmethod
    def arrived(data: bytes, frame: Frame, dev: NetDevice, packet_type: PacketType) -> Tracked:
        """A packet that came in a frame."""
        packet = Tracked(data, frame.uid, dev, packet_type)
        packet.flow = frame.unkeyed
        packet.source_mac = frame.raw[6:12]
        packet.link = frame.raw[:ETH_HLEN]
        return packet

    @staticmethod
    def attached(data: bytes, uid: int, way: Dst, cause: Packet) -> Tracked:
        """An ICMP error of ours, in the connection of the packet it is about (nf_ct_attach)."""
        packet = Tracked(data, uid, dst=way)
        if isinstance(cause, Tracked):
            attach(packet, cause)
        return packet

    @staticmethod
    def same_connection(copy: Packet, packet: Packet) -> Packet:
        """A copy with the netfilter fields of the packet it is a copy of (skb_clone)."""
        if not isinstance(packet, Tracked):
            return copy
        tracked = Tracked.of(copy)
        tracked.conn, tracked.info = packet.conn, packet.info
        tracked.untracked, tracked.mark = packet.untracked, packet.mark
        return tracked

    def run(
        self, hook: Hook, packet: Packet, in_dev: NetDevice | None, out_dev: NetDevice | None, okfn: Okfn
    ) -> DropReason | None:
        """Take a packet through a hook, then on to `okfn`; why it ended, or None (NF_HOOK)."""
        if hook is PREROUTING and self.bridge is not None:
            entered = self.bridge.arrived(packet)
            if entered is not None:
                return okfn(entered)
        if self._functions[hook]:
            packet = Tracked.of(packet)
            mark = packet.mark
            verdict = self.traverse(packet, Way(hook, in_dev, out_dev))
            if hook is OUTPUT and packet.mark != mark and verdict is Verdict.ACCEPT and self.ns.fib.looks_at_marks:
                self.ns.sim.unrepeatable()
                verdict = route_again(self.ns, packet)
            if verdict is not Verdict.ACCEPT:
                return DropReason.NETFILTER_DROP if verdict is Verdict.DROP else None
        return okfn(packet)

    def traverse(self, packet: Tracked, way: Way) -> Verdict:
        """What all functions at a hook say of a packet; the first that does not accept it has the last word."""
        for _, function in self._functions[way.hook]:
            if not reports(function):
                self.ns.sim.unrepeatable()
            verdict = function(packet, way)
            if verdict is not Verdict.ACCEPT:
                return verdict
        return Verdict.ACCEPT
