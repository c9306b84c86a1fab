"""net.ipv6.* by name, and what the kernel does when one is written (addrconf_sysctl in net/ipv6/addrconf.c)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from macvsim.dev.contracts import Event
from macvsim.errors import MacvsimError
from macvsim.net.ipv6.addrconf import STABLE_PRIVACY
from macvsim.net.ipv6.conf import GEN_MODES, DevConf6, Icmpv6Conf, Ipv6Conf, RouteConf6, ranges
from macvsim.net.sysctl import NEIGH_VIEWS
from macvsim.net.sysctlvalue import read_numbers
from macvsim.wire.frame import IPV6_MIN_MTU

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6

_TEXTS = ("ratemask",)


class Sysctl6:
    """The parameters of one namespace's IPv6."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack

    def find(self, parts: list[str]) -> tuple[Any, str] | None:
        """The object that holds a parameter, and the attribute; None when there is none of that name."""
        stack = self.stack
        match parts[2:]:
            case ["conf", device, key] if key in DevConf6.NAMES:
                conf = self._confs().get(device)
                return None if conf is None else (conf, key)
            case ["neigh", device, key]:
                parms = self._parms().get(device)
                known = parms is not None and (key in parms.NAMES or key in NEIGH_VIEWS)
                return (parms, key) if known else None
            case ["icmp", key] if key in Icmpv6Conf.NAMES:
                return stack.icmp_conf, key
            case ["route", key] if key in RouteConf6.NAMES:
                return stack.route_conf, key
            case [key] if key in Ipv6Conf.NAMES:
                return stack.conf, key
        return None

    def names(self) -> Iterator[str]:
        """Every name there is."""
        for device in self._confs():
            yield from (f"net.ipv6.conf.{_dotted(device)}.{key}" for key in DevConf6.NAMES)
        for device, parms in self._parms().items():
            yield from (f"net.ipv6.neigh.{_dotted(device)}.{key}" for key in [*parms.NAMES, *NEIGH_VIEWS])
        yield from (f"net.ipv6.icmp.{key}" for key in Icmpv6Conf.NAMES)
        yield from (f"net.ipv6.route.{key}" for key in RouteConf6.NAMES)
        yield from (f"net.ipv6.{key}" for key in Ipv6Conf.NAMES)

    def set(self, name: str, parts: list[str], value: int | str) -> None:
        """Write a parameter and do what follows; `MacvsimError` when the value is not what it takes."""
        found = self.find(parts)
        assert found is not None
        holder, key = found
        new: int | str = str(value).strip()
        try:
            if key in _TEXTS:
                ranges(str(new))
            else:
                numbers = read_numbers(".".join(parts), str(new), (0,))
                if numbers is None:
                    raise ValueError(new)
                new = numbers[0]
                self._check(parts, key, new)
        except ValueError:
            raise MacvsimError(f"{name} = {value!r}: Invalid argument; it takes a number in its range") from None
        old = getattr(holder, key)
        setattr(holder, key, new)
        if parts[2] == "conf" and old != new:
            self._changed(parts[3], key, int(new))

    def _check(self, parts: list[str], key: str, value: int) -> None:
        """ValueError for what a parameter cannot be."""
        if key == "addr_gen_mode" and (not 0 <= value < len(GEN_MODES) or value == STABLE_PRIVACY):
            raise ValueError(value)
        if key == "mtu" and parts[2] == "conf":
            dev = self.stack.ns.devices.get(parts[3])
            if value < IPV6_MIN_MTU or (dev is not None and value > dev.mtu):
                raise ValueError(value)

    def _changed(self, device: str, key: str, value: int) -> None:
        if key == "disable_ipv6":
            self._disable(device, value)
        elif key == "forwarding":
            self._forward(device, value)
        elif key == "addr_gen_mode":
            self._generate(device, value)
        self.stack.router.forget()

    def _affected(self, device: str) -> list[Any]:
        """The devices that a change concerns, with their IPv6 side: all of them, none for ``default``, or one."""
        devices = self.stack.ns.devices.values()
        return [(d, d.inet.inet6) for d in devices if d.inet.inet6 is not None and device in ("all", d.name)]

    def _disable(self, device: str, value: int) -> None:
        """Turn IPv6 off, which takes all addresses, or on (addrconf_disable_ipv6)."""
        stack = self.stack
        if device == "all":
            stack.conf_default.disable_ipv6 = value
        for dev, inet6 in self._affected(device):
            changed = device != "all" or bool(inet6.conf.disable_ipv6) != bool(value)
            inet6.conf.disable_ipv6 = value
            if not changed:
                continue
            if value:
                stack.addrconf.down(dev)
            else:
                stack.addrconf.up(dev, inet6, Event.UP)

    def _forward(self, device: str, value: int) -> None:
        """addrconf_fixup_forwarding."""
        stack = self.stack
        if device == "all":
            stack.conf_default.forwarding = value
        for dev, inet6 in self._affected(device):
            changed = device != "all" or bool(inet6.conf.forwarding) != bool(value)
            inet6.conf.forwarding = value
            if changed:
                stack.addrconf.forwarding_changed(dev, inet6)

    def _generate(self, device: str, value: int) -> None:
        """addrconf_sysctl_addr_gen_mode."""
        stack = self.stack
        if device == "all":
            stack.conf_default.addr_gen_mode = value
        for dev, inet6 in self._affected(device):
            inet6.conf.addr_gen_mode = value
            if inet6.ready and not inet6.conf.disable_ipv6 and not dev.loopback:
                stack.addrconf.generate(dev, inet6)

    def _confs(self) -> dict[str, DevConf6]:
        found = {"all": self.stack.conf_all, "default": self.stack.conf_default}
        return found | {dev.name: inet6.conf for dev, inet6 in self._affected("all")}

    def _parms(self) -> dict[str, Any]:
        shared = {"default": self.stack.parms_default} if self.stack.first else {}
        return shared | {dev.name: inet6.parms for dev, inet6 in self._affected("all")}


def _dotted(device: str) -> str:
    """A device's name in a dotted parameter name."""
    return device.replace(".", "/")
