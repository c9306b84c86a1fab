"""The parameters under /proc/sys/net that the stack reads, by their names (linux.md 7.1, 11.6).

Values live as plain attributes where the data path reads them (`DevConf`, `NeighParms`, `Ipv4Conf`); `Sysctl` finds
them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from macvsim.errors import MacvsimError
from macvsim.history import recorded
from macvsim.net.sysctlvalue import read_numbers

if TYPE_CHECKING:
    from macvsim.net.ipv6.sysctl6 import Sysctl6
    from macvsim.sim import Sim

FULL_TRUESIZE = 2112
"""Bytes the kernel books for an Ethernet frame of full size: SKB_TRUESIZE(ETH_FRAME_LEN)."""

CHOICES = {"tcp_congestion_control": ("reno", "cubic")}
"""Parameters that are words, and which."""

NEIGH_VIEWS = ("base_reachable_time", "retrans_time", "unres_qlen")


class UnknownSysctl(MacvsimError):
    """No such name under /proc/sys."""


class DevConf:
    """net.ipv4.conf.{all,default,DEVICE}; kernel defaults."""

    def __init__(self, like: DevConf | None = None) -> None:
        self.accept_local = 0
        self.accept_redirects = 1
        self.accept_source_route = 1
        self.arp_accept = 0
        self.arp_announce = 0
        self.arp_evict_nocarrier = 1
        self.arp_filter = 0
        self.arp_ignore = 0
        self.arp_notify = 0
        self.bc_forwarding = 0
        self.disable_policy = 0
        self.drop_gratuitous_arp = 0
        self.drop_unicast_in_l2_multicast = 0
        self.force_igmp_version = 0
        self.forwarding = 0
        self.igmpv2_unsolicited_report_interval = 10_000
        self.igmpv3_unsolicited_report_interval = 1000
        self.ignore_routes_with_linkdown = 0
        self.log_martians = 0
        self.medium_id = 0
        self.promote_secondaries = 0
        self.proxy_arp = 0
        self.proxy_arp_pvlan = 0
        self.route_localnet = 0
        self.rp_filter = 0
        self.secure_redirects = 1
        self.send_redirects = 1
        self.shared_media = 1
        self.src_valid_mark = 0
        if like is not None:
            self.__dict__.update(like.__dict__)


class NeighParms:
    """net.ipv4.neigh.{default,DEVICE}; times in milliseconds as `…_ms` files have them, seconds where the kernel's file
    is in seconds.
    """

    def __init__(self, like: NeighParms | None = None) -> None:
        self.app_solicit = 0
        self.base_reachable_time_ms = 30_000
        self.delay_first_probe_time = 5
        self.gc_stale_time = 60
        self.locktime = 100
        """In USER_HZ (1/100 s), as the kernel shows it."""
        self.mcast_resolicit = 0
        self.mcast_solicit = 3
        self.proxy_delay = 80
        self.proxy_qlen = 64
        self.retrans_time_ms = 1000
        self.ucast_solicit = 3
        self.unres_qlen_bytes = 212_992
        if like is not None:
            self.__dict__.update(like.__dict__)

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


class Ipv4Conf:
    """net.ipv4.* that are not per device; `like` are those of the machine's first namespace."""

    def __init__(self, like: Ipv4Conf | None = None) -> None:
        self.icmp_echo_ignore_all = 0
        self.icmp_echo_ignore_broadcasts = 1
        self.icmp_errors_use_inbound_ifaddr = 0
        self.icmp_ignore_bogus_error_responses = 1
        self.icmp_msgs_burst = 50
        self.icmp_msgs_per_sec = 1000
        self.icmp_ratelimit = 1000
        self.icmp_ratemask = 6168
        self.igmp_link_local_mcast_reports = 1
        self.igmp_qrv = 2
        self.ip_default_ttl = 64
        self.ip_forward_update_priority = 1
        self.ip_forward_use_pmtu = 0
        self.ip_nonlocal_bind = 0
        self.ip_no_pmtu_disc = 0
        self.ipfrag_high_thresh = 4 << 20
        self.ipfrag_max_dist = 64
        self.ipfrag_time = 30
        self.ip_local_port_range = (32768, 60999)
        self.ping_group_range = (1, 0)
        self.tcp_congestion_control = "cubic"
        self.tcp_dsack = 1
        self.tcp_early_retrans = 3
        self.tcp_fin_timeout = 60
        self.tcp_frto = 2
        self.tcp_keepalive_intvl = 75
        self.tcp_keepalive_probes = 9
        self.tcp_keepalive_time = 7200
        self.tcp_moderate_rcvbuf = 1
        self.tcp_orphan_retries = 0
        self.tcp_reordering = 3
        self.tcp_retries1 = 3
        self.tcp_retries2 = 15
        self.tcp_rfc1337 = 0
        self.tcp_rmem = (4096, 131072, 6_002_400)
        self.tcp_sack = 1
        self.tcp_slow_start_after_idle = 1
        self.tcp_syn_linear_timeouts = 4
        self.tcp_syn_retries = 6
        self.tcp_synack_retries = 5
        self.tcp_timestamps = 1
        self.tcp_tw_reuse = 2
        self.tcp_window_scaling = 1
        self.tcp_wmem = (4096, 16384, 4_194_304)
        self.fwmark_reflect = 0
        if like is not None:
            for name in _INHERITED:
                setattr(self, name, getattr(like, name))


class NeighThresholds:
    """net.ipv4.neigh.default.gc_*; one set for the whole table."""

    def __init__(self) -> None:
        self.gc_interval = 30
        self.gc_thresh1 = 128
        self.gc_thresh2 = 512
        self.gc_thresh3 = 1024


Changed = Callable[[str, str, int], None]


class Sysctl:
    """Parameters by name: ``sysctl["net.ipv4.ip_forward"] = 1``.

    Names are written with dots; a dot inside a device name is written as a slash
    (``net.ipv4.conf.enp0s8/100.forwarding``), as the sysctl command does.  `changed(group, key, value)` is called after
    a write, before anybody else sees it.
    """

    def __init__(self, sim: Sim, ipv4: Ipv4Conf, thresholds: NeighThresholds, changed: Changed) -> None:
        self.sim = sim
        self._ipv4 = ipv4
        self.thresholds = thresholds
        self._changed = changed
        self.conf: dict[str, DevConf] = {"all": DevConf(), "default": DevConf()}
        self.conf["all"].accept_source_route = 0
        self.neigh: dict[str, NeighParms] = {"default": NeighParms()}
        self.trees: dict[str, Any] = {}
        """Further directories below net, such as ``netfilter``: objects whose attributes are parameters."""
        self.read_only: dict[str, Callable[[], int]] = {}
        """Parameters that only tell something, by their whole names."""
        self.ipv6: Sysctl6
        """Where names that begin with net.ipv6 are looked up."""

    def __getitem__(self, name: str) -> int | str:
        """Value of a parameter: an integer, or text for ranges; `UnknownSysctl` when there is none of that name."""
        told = self.read_only.get(".".join(self._parts(name)))
        if told is not None:
            return told()
        holder, key = self._find(name)
        value = getattr(holder, key)
        return "\t".join(map(str, value)) if isinstance(value, tuple) else value

    @recorded
    def __setitem__(self, name: str, value: int | str) -> None:
        """Write a parameter; `MacvsimError` when the value is not what it takes."""
        parts = self._parts(name)
        if ".".join(parts) in self.read_only:
            raise MacvsimError(f"{name}: Operation not permitted; it can only be read")
        holder, key = self._find(name)
        if parts[1] == "ipv6":
            self.ipv6.set(name, parts, value)
            return
        old = getattr(holder, key)
        if isinstance(old, str):
            self._set_word(holder, name, key, str(value).strip())
            return
        numbers = read_numbers(key, str(value), old if isinstance(old, tuple) else (old,))
        if numbers is None:
            raise MacvsimError(
                f"{name} = {value!r}: Invalid argument; it takes "
                f"{f'{len(old)} numbers' if isinstance(old, tuple) else 'a number'} within the kernel's bounds"
            )
        setattr(holder, key, numbers if isinstance(old, tuple) else numbers[0])
        self._changed(parts[3] if len(parts) == 5 else "", key, numbers[0])

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
        for group, confs in (("conf", self.conf), ("neigh", self.neigh)):
            for device, holder in confs.items():
                for key in sorted([*vars(holder), *(NEIGH_VIEWS if group == "neigh" else ())]):
                    yield f"net.ipv4.{group}.{device.replace('.', '/')}.{key}"
        for key in sorted(vars(self.thresholds)):
            yield f"net.ipv4.neigh.default.{key}"
        for key in sorted([*vars(self._ipv4), "ip_forward"]):
            yield f"net.ipv4.{key}"
        yield from self.ipv6.names()
        for tree, holder in self.trees.items():
            for key in sorted(vars(holder)):
                yield f"net.{tree}.{key.replace('_', '-') if tree == 'bridge' else key}"
        yield from self.read_only

    @staticmethod
    def _parts(name: str) -> list[str]:
        """Path components of a dotted name, or of one written with slashes."""
        if name.find("/") != -1 and (name.find(".") == -1 or name.find("/") < name.find(".")):
            return name.split("/")
        return [part.replace("/", ".") for part in name.split(".")]

    def _find(self, name: str) -> tuple[Any, str]:
        parts = self._parts(name)
        match parts:
            case ["net", "ipv4", "ip_forward"]:
                return self.conf["all"], "forwarding"
            case ["net", "ipv4", key] if key in vars(self._ipv4):
                return self._ipv4, key
            case ["net", "ipv4", "conf", device, key] if device in self.conf and key in vars(self.conf[device]):
                return self.conf[device], key
            case ["net", "ipv4", "neigh", "default", key] if key in vars(self.thresholds):
                return self.thresholds, key
            case ["net", "ipv4", "neigh", device, key] if device in self.neigh and (
                key in vars(self.neigh[device]) or key in NEIGH_VIEWS
            ):
                return self.neigh[device], key
            case ["net", "ipv6", *_]:
                found = self.ipv6.find(parts)
                if found is not None:
                    return found
            case ["net", tree, key] if tree in self.trees:
                attribute = key.replace("-", "_") if tree == "bridge" else key
                if attribute in vars(self.trees[tree]):
                    return self.trees[tree], attribute
        raise UnknownSysctl(f"{name}: there is no such parameter; names look like net.ipv4.ip_forward")
