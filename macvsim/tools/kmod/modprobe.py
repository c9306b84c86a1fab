"""modprobe (kmod 34): what is simulated is there already, as if built into the kernel; br_netfilter is loaded."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.kernel import RELEASE
from macvsim.machine.tool import Manner, Texts, ToolError, tool

KMOD = Manner(after="nothing", help_options=("-h", "--help"), version_options=("-V", "--version"))
_HERE = frozenset(
    ("ip_tables", "iptable_filter", "iptable_mangle", "iptable_nat", "iptable_raw", "ipv6", "nf_conntrack", "nf_nat",
     "nf_tables", "nft_compat", "overlay", "stp", "llc", "x_tables", "xt_conntrack", "xt_masquerade")
)  # fmt: skip


@tool(
    "modprobe",
    flavour="debian",
    usage=Texts(__package__),
    left_out=dict.fromkeys(
        ("-r", "-R", "-i", "-n", "-D", "-c", "-f", "-C", "-d", "-S", "-w", "--show-modversions", "--show-exports",
         "--force-modversion", "--force-vermagic", "--remove-holders", "--first-time"), "modules are only loaded"
    ),
    effect=Effect.CHANGES,
    manner=KMOD,
)  # fmt: skip
def modprobe(call: Call) -> int:
    """``modprobe [-abqsv] MODULE [PARAMETER=VALUE…]``."""
    given, words = call.given, call.given.operands
    if not words:
        raise ToolError("ERROR: missing parameters. See -h.")
    status = 0
    for name in words if "-a" in given else words[:1]:
        module = name.replace("-", "_")
        kind = next((kind.name for kind in call.box.ns.kinds if kind.module == module), None)
        if module == "br_netfilter":
            call.box.ns.netfilter.modules.load_br_netfilter()
            call.box.sim.change()
        elif kind in call.box.ns.missing_kinds:
            if "-q" not in given:
                call.err(f"modprobe: FATAL: Module {name} not found in directory /lib/modules/{RELEASE}\n")
            status = 1
        elif kind is None and module not in _HERE:
            raise NotSimulated(f"the module {name}", Effect.CHANGES)
    return status
