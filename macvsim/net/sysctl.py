"""The parameters under /proc/sys/net that the stack reads, by their names (linux.md 7.1, 11.6).

Values live as plain attributes where the data path reads them (`DevConf`, `NeighParms`, `Ipv4Conf`); `Sysctl` finds
them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from macvsim.engine.history import recorded
from macvsim.errors import MacvsimError
from macvsim.net.parts import Defaults, own

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.sim import Sim

FULL_TRUESIZE = 2112
"""Bytes the kernel books for an Ethernet frame of full size: SKB_TRUESIZE(ETH_FRAME_LEN)."""

CHOICES = {"tcp_congestion_control": ("reno", "cubic")}
"""Parameters that are words, and which."""

NEIGH_VIEWS = ("base_reachable_time", "retrans_time", "unres_qlen")


class UnknownSysctl(MacvsimError):
    """No such name under /proc/sys."""


class DevConf(Defaults):
    """net.ipv4.conf.{all,default,DEVICE}; kernel defaults."""

    accept_local = 0
    accept_redirects = 1
    accept_source_route = 1
    arp_accept = 0
    arp_announce = 0
    arp_evict_nocarrier = 1
    arp_filter = 0
    arp_ignore = 0
    arp_notify = 0
    bc_forwarding = 0
    disable_policy = 0
    drop_gratuitous_arp = 0
    drop_unicast_in_l2_multicast = 0
    force_igmp_version = 0
    forwarding = 0
    igmpv2_unsolicited_report_interval = 10_000
    igmpv3_unsolicited_report_interval = 1000
    ignore_routes_with_linkdown = 0
    log_martians = 0
    medium_id = 0
    promote_secondaries = 0
    proxy_arp = 0
    proxy_arp_pvlan = 0
    route_localnet = 0
    rp_filter = 0
    secure_redirects = 1
    send_redirects = 1
    shared_media = 1
    src_valid_mark = 0


class NeighParms(Defaults):
    """net.ipv4.neigh.{default,DEVICE}; times in milliseconds as `…_ms` files have them, seconds where the kernel's file
    is in seconds.
    """

    app_solicit = 0
    base_reachable_time_ms = 30_000
    delay_first_probe_time = 5
    gc_stale_time = 60
    locktime = 100
    """In USER_HZ (1/100 s), as the kernel shows it."""
    mcast_resolicit = 0
    mcast_solicit = 3
    proxy_delay = 80
    proxy_qlen = 64
    retrans_time_ms = 1000
    ucast_solicit = 3
    unres_qlen_bytes = 212_992

    @property
    def base_reachable_time(self) -> int:
        """Seconds; another view of base_reachable_time_ms."""
        return self.base_reachable_time_ms // 1000

    @base_reachable_time.setter
    def base_reachable_time(self, value: int) -> None:
        self.base_reachable_time_ms = value * 1000

    @property
    def retrans_time(self) -> int:
        """In USER_HZ; another view of retrans_time_ms."""
        return self.retrans_time_ms // 10

    @retrans_time.setter
    def retrans_time(self, value: int) -> None:
        self.retrans_time_ms = value * 10

    @property
    def unres_qlen(self) -> int:
        """Packets of full size; another view of unres_qlen_bytes (proc_unres_qlen)."""
        return -(-self.unres_qlen_bytes // FULL_TRUESIZE)

    @unres_qlen.setter
    def unres_qlen(self, value: int) -> None:
        self.unres_qlen_bytes = value * FULL_TRUESIZE


_INHERITED = ("tcp_congestion_control", "tcp_rmem", "tcp_wmem")
"""What a new namespace takes from the machine's first one (tcp_sk_init); all else begins anew (inet_init_net)."""


class Ipv4Conf(Defaults):
    """net.ipv4.* that are not per device."""

    fib_multipath_hash_policy = 0
    fib_multipath_use_neigh = 0
    icmp_echo_ignore_all = 0
    icmp_echo_ignore_broadcasts = 1
    icmp_errors_use_inbound_ifaddr = 0
    icmp_ignore_bogus_error_responses = 1
    icmp_msgs_burst = 50
    icmp_msgs_per_sec = 1000
    icmp_ratelimit = 1000
    icmp_ratemask = 6168
    igmp_link_local_mcast_reports = 1
    igmp_qrv = 2
    ip_default_ttl = 64
    ip_forward_update_priority = 1
    ip_forward_use_pmtu = 0
    ip_nonlocal_bind = 0
    ip_no_pmtu_disc = 0
    ipfrag_high_thresh = 4 << 20
    ipfrag_max_dist = 64
    ipfrag_time = 30
    ip_local_port_range = (32768, 60999)
    ping_group_range = (1, 0)
    tcp_congestion_control = "cubic"
    tcp_dsack = 1
    tcp_early_retrans = 3
    tcp_fin_timeout = 60
    tcp_frto = 2
    tcp_keepalive_intvl = 75
    tcp_keepalive_probes = 9
    tcp_keepalive_time = 7200
    tcp_moderate_rcvbuf = 1
    tcp_orphan_retries = 0
    tcp_reordering = 3
    tcp_retries1 = 3
    tcp_retries2 = 15
    tcp_rfc1337 = 0
    tcp_rmem = (4096, 131072, 6_002_400)
    tcp_sack = 1
    tcp_slow_start_after_idle = 1
    tcp_syn_linear_timeouts = 4
    tcp_syn_retries = 6
    tcp_synack_retries = 5
    tcp_timestamps = 1
    tcp_tw_reuse = 2
    tcp_window_scaling = 1
    tcp_wmem = (4096, 16384, 4_194_304)
    fwmark_reflect = 0

    @classmethod
    def inherited(cls, like: Ipv4Conf) -> Ipv4Conf:
        """Those of a new namespace on a machine whose first one has `like`."""
        changed = {name: like.__dict__[name] for name in _INHERITED if name in like.__dict__}
        if not changed:
            return IPV4_CONF
        conf = cls()
        conf.__dict__.update(changed)
        return conf


CONF_ALL: Final = DevConf().shared().but("accept_source_route", 0)
IPV4_CONF: Final = Ipv4Conf().shared()
NEIGH_PARMS: Final = NeighParms().shared()
"""What the kernel begins with."""


class NeighThresholds(Defaults):
    """net.ipv4.neigh.default.gc_*; one set for the whole table."""

    gc_interval = 30
    gc_thresh1 = 128
    gc_thresh2 = 512
    gc_thresh3 = 1024


NEIGH_THRESHOLDS: Final = NeighThresholds().shared()


class Place(NamedTuple):
    """Where parameters are: an attribute of their `holder`, or (without a name) the holder itself."""

    holder: Any
    name: str = ""

    @property
    def parameters(self) -> Any:
        """To be read."""
        return getattr(self.holder, self.name) if self.name else self.holder

    def own(self) -> Any:
        """To be written to."""
        return own(self.holder, self.name) if self.name else self.holder


class Inet6Parameters(Protocol):
    """The parameters under net.ipv6 (`macvsim.net.ipv6.sysctl6.Sysctl6`)."""

    def find(self, parts: list[str]) -> tuple[Any, str] | None: ...
    def names(self) -> Iterator[str]: ...
    def set(self, name: str, parts: list[str], value: int | str) -> None: ...


class Inet6(Protocol):
    """IPv6 of a namespace (`macvsim.net.ipv6.stack.Ipv6`)."""

    @property
    def sysctl(self) -> Inet6Parameters: ...


class NetfilterParameters(Protocol):
    """The parameters of netfilter (`macvsim.net.netfilter.core.Netfilter`)."""

    def told(self) -> Mapping[str, Callable[[], int]]: ...
    def trees(self) -> Mapping[str, Defaults]: ...


class Configured(Protocol):
    """A namespace (`macvsim.net.namespace.Namespace`) as its parameters need it."""

    sim: Sim
    ipv4_conf: Ipv4Conf
    thresholds: NeighThresholds

    @property
    def devices(self) -> Mapping[str, NetDevice]: ...
    @property
    def ipv6(self) -> Inet6: ...
    @property
    def netfilter(self) -> NetfilterParameters: ...

    def sysctl_changed(self, group: str, key: str, value: int) -> None: ...


class Sysctl:
    """The parameters of one namespace by name: ``sysctl["net.ipv4.ip_forward"] = 1``.

    Names are written with dots; a dot inside a device name is written as a slash
    (``net.ipv4.conf.enp0s8/100.forwarding``), as the sysctl command does.  The namespace is told of every write before
    anybody else sees it.
    """

    __slots__ = ("ns",)

    def __init__(self, ns: Configured) -> None:
        self.ns = ns

    @property
    def sim(self) -> Sim:
        """For `macvsim.engine.history.recorded`."""
        return self.ns.sim

    @property
    def conf(self) -> dict[str, Place]:
        """net.ipv4.conf: for all, for devices to come, and by device."""
        ns = self.ns
        devices = {dev.name: Place(dev.inet, "conf") for dev in ns.devices.values()}
        return {"all": Place(ns, "conf_all"), "default": Place(ns, "conf_default")} | devices

    @property
    def neigh(self) -> dict[str, Place]:
        """net.ipv4.neigh: for devices to come, and by device."""
        ns = self.ns
        return {"default": Place(ns, "parms_default")} | {d.name: Place(d.inet, "parms") for d in ns.devices.values()}

    @property
    def read_only(self) -> Mapping[str, Callable[[], int]]:
        """Parameters that only tell something, by their whole names."""
        return self.ns.netfilter.told()

    @property
    def trees(self) -> Mapping[str, Defaults]:
        """Further directories below net, such as ``netfilter``."""
        return self.ns.netfilter.trees()

    def __getitem__(self, name: str) -> int | str:
        """Value of a parameter: an integer, or text for ranges; `UnknownSysctl` when there is none of that name."""
        told = self.read_only.get(".".join(self._parts(name)))
        if told is not None:
            return told()
        place, key = self._find(name)
        value = getattr(place.parameters, key)
        return "\t".join(map(str, value)) if isinstance(value, tuple) else value

    @recorded
    def __setitem__(self, name: str, value: int | str) -> None:
        """Write a parameter; `MacvsimError` when the value is not what it takes."""
        parts = self._parts(name)
        if ".".join(parts) in self.read_only:
            raise MacvsimError(f"{name}: Operation not permitted; it can only be read")
        place, key = self._find(name)
        if parts[1] == "ipv6":
            self.ns.ipv6.sysctl.set(name, parts, value)
            return
        old = getattr(place.parameters, key)
        if isinstance(old, str):
            self._set_word(place.own(), name, key, str(value).strip())
            return
        from macvsim.net.sysctlvalue import read_numbers

        numbers = read_numbers(key, str(value), old if isinstance(old, tuple) else (old,))
        if numbers is None:
            raise MacvsimError(
                f"{name} = {value!r}: Invalid argument; it takes "
                f"{f'{len(old)} numbers' if isinstance(old, tuple) else 'a number'} within the kernel's bounds"
            )
        setattr(place.own(), key, numbers if isinstance(old, tuple) else numbers[0])
        self.ns.sysctl_changed(parts[3] if len(parts) == 5 else "", key, numbers[0])

    @staticmethod
    def _set_word(holder: Any, name: str, key: str, value: str) -> None:
        """A parameter that is one of some words."""
        if value not in CHOICES[key]:
            raise MacvsimError(f"{name} = {value!r}: No such file or directory; it takes {' or '.join(CHOICES[key])}")
        setattr(holder, key, value)

    def __contains__(self, name: str) -> bool:
        if name in self.read_only:
            return True
        try:
            self._find(name)
        except UnknownSysctl:
            return False
        return True

    def names(self) -> Iterator[str]:
        """Every name there is, in the order of the kernel's directories."""
        for group, places in (("conf", self.conf), ("neigh", self.neigh)):
            for device, place in places.items():
                for key in sorted([*place.parameters.NAMES, *(NEIGH_VIEWS if group == "neigh" else ())]):
                    yield f"net.ipv4.{group}.{device.replace('.', '/')}.{key}"
        for key in self.ns.thresholds.NAMES:
            yield f"net.ipv4.neigh.default.{key}"
        for key in sorted([*self.ns.ipv4_conf.NAMES, "ip_forward"]):
            yield f"net.ipv4.{key}"
        yield from self.ns.ipv6.sysctl.names()
        for tree, holder in self.trees.items():
            for key in holder.NAMES:
                yield f"net.{tree}.{key.replace('_', '-') if tree == 'bridge' else key}"
        yield from self.read_only

    @staticmethod
    def _parts(name: str) -> list[str]:
        """Path components of a dotted name, or of one written with slashes."""
        if name.find("/") != -1 and (name.find(".") == -1 or name.find("/") < name.find(".")):
            return name.split("/")
        return [part.replace("/", ".") for part in name.split(".")]

    def _find(self, name: str) -> tuple[Place, str]:
        """Where a parameter is, and its name there."""
        parts = self._parts(name)
        match parts:
            case ["net", "ipv4", "ip_forward"]:
                return self.conf["all"], "forwarding"
            case ["net", "ipv4", key] if key in self.ns.ipv4_conf.NAMES:
                return Place(self.ns, "ipv4_conf"), key
            case ["net", "ipv4", "conf", device, key] if device in self.conf and key in DevConf.NAMES:
                return self.conf[device], key
            case ["net", "ipv4", "neigh", "default", key] if key in self.ns.thresholds.NAMES:
                return Place(self.ns, "thresholds"), key
            case ["net", "ipv4", "neigh", device, key] if device in self.neigh and (
                key in NeighParms.NAMES or key in NEIGH_VIEWS
            ):
                return self.neigh[device], key
            case ["net", "ipv6", *_]:
                found = self.ns.ipv6.sysctl.find(parts)
                if found is not None:
                    return Place(found[0]), found[1]
            case ["net", tree, key] if tree in self.trees:
                holder = self.trees[tree]
                attribute = key.replace("-", "_") if tree == "bridge" else key
                if attribute in holder.NAMES:
                    return Place(holder), attribute
        raise UnknownSysctl(f"{name}: there is no such parameter; names look like net.ipv4.ip_forward")
