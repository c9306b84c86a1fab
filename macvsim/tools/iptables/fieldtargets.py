"""Targets that change single fields, and NETMAP, as iptables reads their options (extensions/libxt_*.c)."""

from __future__ import annotations

from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import fieldtargets as model
from macvsim.net.netfilter.fieldtargets import CLAMP
from macvsim.net.netfilter.rule import EVERYTHING, Target
from macvsim.tools.iptables.extension import Option, Rest, TargetReader
from macvsim.tools.iptables.fieldmatches import dscp
from macvsim.tools.iptables.matches import mark
from macvsim.tools.iptables.tos import dscp_class, tos
from macvsim.tools.iptables.values import full_address, mask, number

_MOST_MSS = 65515
_OPERATIONS = ("set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark", "save-mark", "restore-mark")


class Ttl(TargetReader):
    name = "TTL"
    options = tuple(Option(name) for name in ("ttl-set", "ttl-dec", "ttl-inc"))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        ttl = number(value, 0 if name == "ttl-set" else 1, 255)
        if ttl is None:
            raise UsageError(f'TTL: bad value for option "--{name}", or out of range (0-255).\n')
        self.asked = (name.removeprefix("ttl-"), ttl)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("TTL: You must specify an action")

    def build(self) -> Target:
        return model.TtlTarget(*self.asked)


class Tos(TargetReader):
    name = "TOS"
    options = tuple(Option(f"{how}-tos") for how in ("set", "and", "or", "xor"))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "set-tos":
            self.asked = tos(value, self.name, name)
            return
        bits = number(value, 0, 255)
        if bits is None:
            raise UsageError(f'TOS: bad value for option "--{name}", or out of range (0-255).\n')
        self.asked = {"and-tos": (0, ~bits & 0xFF), "or-tos": (bits, bits), "xor-tos": (bits, 0)}[name]

    def finish(self) -> None:
        if not self.given:
            raise UsageError("TOS: An action is required")

    def build(self) -> Target:
        return model.TosTarget(*self.asked)


class Dscp(TargetReader):
    name = "DSCP"
    options = (Option("set-dscp", excludes=("set-dscp-class",)), Option("set-dscp-class"))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.value = dscp(value, self.name, name) if name == "set-dscp" else dscp_class(value)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("DSCP target: Parameter --set-dscp is required")
        super().finish()

    def build(self) -> Target:
        return model.DscpTarget(self.value)


class TcpMss(TargetReader):
    name = "TCPMSS"
    options = (Option("set-mss", excludes=("clamp-mss-to-pmtu",)), Option("clamp-mss-to-pmtu", flag=True))

    def __init__(self) -> None:
        super().__init__()
        self.mss = CLAMP

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "set-mss":
            mss = number(value, 0, _MOST_MSS)
            if mss is None:
                raise UsageError(f'TCPMSS: bad value for option "--set-mss", or out of range (0-{_MOST_MSS}).\n')
            self.mss = mss

    def finish(self) -> None:
        if not self.given:
            raise UsageError("TCPMSS target: At least one parameter is required")
        super().finish()

    def build(self) -> Target:
        return model.TcpMssTarget(self.mss)


class ConnMark(TargetReader):
    name = "CONNMARK"
    options = (
        *(Option(name, flag=name in ("save-mark", "restore-mark"), excludes=_OPERATIONS[at + 1 :])
          for at, name in enumerate(_OPERATIONS)),
        *(Option(name) for name in ("ctmask", "nfmask", "mask")),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.how = ""
        self.value, self.ctmask, self.nfmask = 0, EVERYTHING, EVERYTHING

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name in _OPERATIONS:
            self.how = name.removesuffix("-mark") if name in ("save-mark", "restore-mark") else "set"
            if self.how == "set":
                self.value, self.ctmask = changed_bits(name, *mark(value, self.name, name))
            return
        bits = number(value)
        if bits is None:
            raise UsageError(f'CONNMARK: bad value for option "--{name}", or out of range (0-{EVERYTHING}).\n')
        if name != "nfmask":
            self.ctmask = bits
        if name != "ctmask":
            self.nfmask = bits

    def finish(self) -> None:
        if not self.how:
            raise UsageError("CONNMARK target: No operation specified")
        super().finish()

    def build(self) -> Target:
        return model.ConnMarkTarget(self.how, self.value, self.ctmask, self.nfmask)


def changed_bits(option: str, value: int, bits: int) -> tuple[int, int]:
    """What an option of MARK or CONNMARK xors in, and the bits that it clears before."""
    return {
        "set-xmark": (value, bits),
        "set-mark": (value, value | bits),
        "and-mark": (0, ~value & EVERYTHING),
        "or-mark": (value, value),
        "xor-mark": (value, 0),
    }[option]


class NetMap(TargetReader):
    name = "NETMAP"
    options = (Option("to", must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        address_text, slash, mask_text = value.partition("/")
        address = full_address(address_text)
        if address is None:
            raise UsageError("getaddrinfo: Name or service not known\n")
        bits = mask(mask_text) if slash else EVERYTHING
        self.asked = (address & bits, bits)

    def build(self) -> Target:
        return model.NetMap(*self.asked)
