"""What is registered at the hooks of one namespace, and the walk through it (nf_hook_slow)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.drop import DropReason
from macvsim.net.netfilter.hooks import Hook, HookFunction, Okfn, Priority, Verdict, Way
from macvsim.net.netfilter.packet import Tracked

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.namespace import Namespace
    from macvsim.net.packet import Packet
    from macvsim.net.route import Dst


class Netfilter:
    """The hooks of one namespace.

    The stack sees it only while something is registered (`Ipv4Layer.netfilter`), so that a host without rules pays
    nothing.
    """

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self._functions: dict[Hook, list[tuple[int, HookFunction]]] = {hook: [] for hook in Hook}

    def register(self, hook: Hook, priority: Priority, function: HookFunction) -> None:
        """Call `function` for every packet at `hook`, after what has a lower or the same priority
        (nf_register_net_hook).
        """
        entries = self._functions[hook]
        at = sum(other <= priority for other, _ in entries)
        entries.insert(at, (priority, function))
        self.ns.ipv4.netfilter = self

    def unregister(self, hook: Hook, function: HookFunction) -> None:
        """Undo `register`."""
        self._functions[hook] = [entry for entry in self._functions[hook] if entry[1] != function]
        if not any(self._functions.values()):
            self.ns.ipv4.netfilter = None

    @staticmethod
    def attached(data: bytes, uid: int, way: Dst, cause: Packet) -> Tracked:
        """An ICMP error of ours, in the connection of the packet it is about (nf_ct_attach)."""
        return Tracked(data, uid, dst=way)

    def run(
        self, hook: Hook, packet: Packet, in_dev: NetDevice | None, out_dev: NetDevice | None, okfn: Okfn
    ) -> DropReason | None:
        """Take a packet through a hook, then on to `okfn`; why it ended, or None (NF_HOOK)."""
        functions = self._functions[hook]
        if functions:
            packet = Tracked.of(packet)
            way = Way(hook, in_dev, out_dev)
            for _, function in functions:
                verdict = function(packet, way)
                if verdict is Verdict.ACCEPT:
                    continue
                return DropReason.NETFILTER_DROP if verdict is Verdict.DROP else None
        return okfn(packet)
