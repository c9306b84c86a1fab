"""modprobe (kmod 34): what is simulated is there already, as if built into the kernel; br_netfilter is loaded."""

from __future__ import annotations

from macvsim.machine.call import Call
from macvsim.machine.kernel import RELEASE
from macvsim.machine.tool import tool
from macvsim.tools.getopt import OptionError, getopt

_HERE = frozenset(
    ("ip_tables", "iptable_filter", "iptable_mangle", "iptable_nat", "iptable_raw", "ipv6", "nf_conntrack", "nf_nat",
     "nf_tables", "nft_compat", "overlay", "stp", "llc", "x_tables", "xt_conntrack", "xt_masquerade")
)  # fmt: skip


@tool("modprobe", flavour="debian")
def modprobe(call: Call) -> int:
    """``modprobe [-abqsv] MODULE [PARAMETER=VALUE…]``."""
    try:
        found, words = getopt(call.args, "abqsv")
    except OptionError:
        return call.not_simulated(f"modprobe {' '.join(call.args)}: modules are only loaded")
    given = {letter for letter, _ in found}
    if not words:
        return call.not_simulated("modprobe without a module")
    status = 0
    for name in words if "a" in given else words[:1]:
        module = name.replace("-", "_")
        kind = next((kind.name for kind in call.box.ns.kinds if kind.module == module), None)
        if module == "br_netfilter":
            call.box.ns.netfilter.modules.load_br_netfilter()
            call.box.sim.change()
        elif kind in call.box.ns.missing_kinds:
            if "q" not in given:
                call.err(f"modprobe: FATAL: Module {name} not found in directory /lib/modules/{RELEASE}\n")
            status = 1
        elif kind is None and module not in _HERE:
            return call.not_simulated(f"the module {name}")
    return status
