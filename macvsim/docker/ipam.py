"""Docker's built-in address management: one address space per daemon, shared by the networks of all drivers.

`AddressSpace` is libnetwork ``ipam/allocator.go`` and ``structures.go`` (pools, and addresses in them) with, on top,
what ``network.go`` ipamAllocateVersion and ``endpoint.go`` assignAddressVersion do with it (networks and endpoints).
Pure bookkeeping: nothing here knows of hosts, and nothing probes whether an address is in use on a wire, as Docker
does not either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from macvsim.docker.ipam_config import IPAddress, IpamConfig, IPNetwork, parse_address, parse_cidr
from macvsim.docker.profile import DefaultPools, Profile
from macvsim.errors import DockerError

DEFAULT_POOLS: tuple[IPv4Network, ...] = (
    *(IPv4Network(f"172.{second}.0.0/16") for second in range(17, 32)),
    *IPv4Network("192.168.0.0/16").subnets(new_prefix=20),
)
"""The pools given to networks without ``--subnet``, in the order they are tried; docker0 takes the first."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A claim on a subnet: the whole of it, or (`ip_range`) the part that addresses are picked from."""

    subnet: IPNetwork
    ip_range: IPNetwork | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """What a network holds of the address space.

    Attributes
    ----------
    config : what was asked for (`IpamConfig.subnet` empty: Docker chose the pool)
    pool : the claim
    gateway : the gateway's address, or None where this version allocates none
    aux : auxiliary addresses by name, in the order given
    """

    config: IpamConfig
    pool: Pool
    gateway: IPAddress | None
    aux: tuple[tuple[str, IPAddress], ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """An endpoint's address, and the lease it was taken from."""

    address: IPAddress
    lease: Lease

    @property
    def prefixlen(self) -> int:
        """Prefix length of the interface address: that of the subnet, never of the ip-range."""
        return self.lease.pool.subnet.prefixlen

    def __str__(self) -> str:
        return f"{self.address}/{self.prefixlen}"


class _Exhausted(DockerError):
    """No address is left in the pool."""


@dataclass(slots=True)
class _Subnet:
    """The addresses of one subnet, as ordinals from its network address (libnetwork PoolData)."""

    network: IPNetwork
    taken: set[int] = field(default_factory=set)
    ranges: list[IPNetwork] = field(default_factory=list)
    auto_release: bool = False
    first_free: dict[tuple[int, int], int] = field(default_factory=dict)  # lower bound, by range searched

    def __post_init__(self) -> None:
        size = self.network.num_addresses
        if self.network.version == 6:
            self.taken.add(0)
        elif size > 2:  # a /31 and a /32 have neither network nor broadcast address
            self.taken.update((0, size - 1))

    def ordinal(self, address: IPAddress) -> int:
        """Position of `address` in the subnet."""
        return int(address) - int(self.network.network_address)

    def lowest(self, low: int, high: int) -> int | None:
        """The lowest free ordinal from `low` to `high`, both included."""
        candidate = self.first_free.get((low, high), low)
        while candidate <= high and candidate in self.taken:
            candidate += 1
        self.first_free[low, high] = candidate
        return candidate if candidate <= high else None

    def free(self, ordinal: int) -> None:
        """Give an address back."""
        self.taken.discard(ordinal)
        for (low, high), bound in self.first_free.items():
            if low <= ordinal < bound:
                self.first_free[low, high] = ordinal


class AddressSpace:
    """The addresses a daemon hands out.

    Every method that raises `DockerError` leaves the space as it was.

    Parameters
    ----------
    profile : the Docker version, for its rules and sentences
    default_pools : pools for networks without a subnet (``default-address-pools`` of the daemon)
    """

    def __init__(self, profile: Profile, default_pools: Sequence[IPNetwork] = DEFAULT_POOLS) -> None:
        self.profile = profile
        self.default_pools = tuple(default_pools)
        self._subnets: dict[IPNetwork, _Subnet] = {}
        self._next_default = 0

    # -- networks

    def allocate(
        self,
        configs: Sequence[IpamConfig] = (),
        *,
        auto_gateway: bool = True,
        in_use: Sequence[IPNetwork] = (),
    ) -> tuple[Lease, ...]:
        """Pools, gateways and auxiliary addresses of a new network, in dockerd's order.

        Parameters
        ----------
        configs : as `macvsim.docker.ipam_config.consolidate` returns and ``check_configs`` accepts; empty: one
            default pool.  IPv6 subnets are for the caller to leave out unless the network has ``--ipv6``.
        auto_gateway : give each subnet a gateway that has none (`Profile.allocates_gateway`)
        in_use : destinations of the host's routes and its name servers: a default pool must not overlap them.
            A subnet given by the user may.  Default routes (length 0) do not count.
        """
        leases: list[Lease] = []
        try:
            for config in configs or (IpamConfig(),):
                leases.append(self._allocate_one(config, auto_gateway, in_use))
        except DockerError:
            self.release(leases)
            raise
        return tuple(leases)

    def _allocate_one(self, config: IpamConfig, auto_gateway: bool, in_use: Sequence[IPNetwork]) -> Lease:
        """One subnet of a new network."""
        pool = self.request_pool(config.subnet, config.ip_range) if config.subnet else self._default_pool(in_use)
        held: list[IPAddress] = []
        try:
            gateway: IPAddress | None = None
            if config.gateway or auto_gateway:
                gateway = self._reserve(pool, config.gateway, "ipam.gateway_taken", gateway=config.gateway)
                held.append(gateway)
            aux: list[tuple[str, IPAddress]] = []
            for name, text in config.aux.items():
                address = self._reserve(pool, text, "ipam.aux_taken", name=name, address=text)
                held.append(address)
                aux.append((name, address))
        except DockerError:
            for address in held:
                self.release_address(pool, address)
            self.release_pool(pool)
            raise
        return Lease(config, pool, gateway, tuple(aux))

    def _reserve(self, pool: Pool, text: str, key: str, **fields: str) -> IPAddress:
        """The address `text` (empty: the lowest free one), or the sentence `key` around the reason."""
        wanted = parse_address(text)
        try:
            if text and wanted is None:
                raise self.profile.error("ipam.address_syntax")
            return self.request_address(pool, wanted)
        except DockerError as error:
            raise self.profile.error(key, **fields, error=error) from None

    def release(self, leases: Sequence[Lease]) -> None:
        """Give back what a network held; its endpoints' addresses must have been given back before."""
        for lease in leases:
            for address in (lease.gateway, *(address for _, address in lease.aux)):
                if address is not None:
                    self.release_address(lease.pool, address)
            self.release_pool(lease.pool)

    # -- endpoints

    def assign(
        self, leases: Sequence[Lease], network: str, network_id: str, address: str = "", *, version: int = 4
    ) -> Assignment:
        """An address for an endpoint: `address` (``--ip``), else the lowest free one of the first pool that has one.

        Raises `DockerError`: taken, outside all subnets, or nothing left.
        """
        wanted = parse_address(address)
        for lease in leases:
            if lease.pool.subnet.version != version or (wanted is not None and wanted not in lease.pool.subnet):
                continue
            try:
                return Assignment(self.request_address(lease.pool, wanted), lease)
            except _Exhausted:
                if wanted is not None:
                    raise
        if address:
            raise self.profile.error("ipam.not_in_network", address=address)
        raise self.profile.error("ipam.no_address", family=version, network=network, id=network_id)

    def unassign(self, assignment: Assignment) -> None:
        """Give an endpoint's address back; it is the next to be handed out if it is the lowest."""
        self.release_address(assignment.lease.pool, assignment.address)

    # -- pools

    def request_pool(self, subnet: str, ip_range: str = "") -> Pool:
        """Claim `subnet` (CIDR; host bits are ignored), or part of it for picking addresses from.

        Without an ip-range the subnet must overlap no other.  With one, only the very same subnet with the very
        same range is refused: two networks may then share the addresses of one subnet, or overlap (moby#46756).
        """
        parsed = parse_cidr(subnet)
        if parsed is None:
            raise self.profile.error("ipam.subnet_syntax", subnet=subnet)
        network = parsed.network
        part: IPNetwork | None = None
        if ip_range:
            inner = parse_cidr(ip_range)
            if inner is None:
                raise self.profile.error("ipam.range_syntax", range=ip_range)
            part = inner.network if inner.prefixlen >= network.prefixlen else network
        return self._claim(network, part)

    def _claim(self, network: IPNetwork, part: IPNetwork | None) -> Pool:
        """libnetwork allocateSubnet."""
        known = self._subnets.get(network)
        if part is None:
            if known is not None or self._overlaps(network):
                raise self.profile.error("ipam.overlap")
            self._subnets[network] = _Subnet(network)
            return Pool(network)
        if known is None:
            known = self._subnets[network] = _Subnet(network, auto_release=True)
        elif part in known.ranges:
            raise self.profile.error("ipam.overlap")
        known.ranges.append(part)
        return Pool(network, part)

    def release_pool(self, pool: Pool) -> None:
        """Drop a claim; the subnet is forgotten with the last one (libnetwork releaseSubnet)."""
        subnet = self._subnets[pool.subnet]
        if pool.ip_range is None:
            subnet.auto_release = True
        else:
            subnet.ranges.remove(pool.ip_range)
        if subnet.auto_release and not subnet.ranges:
            del self._subnets[pool.subnet]

    def _overlaps(self, network: IPNetwork) -> bool:
        """Whether any subnet in the space shares an address with `network`."""
        return any(_overlap(network, other) for other in self._subnets)

    def _default_pool(self, in_use: Sequence[IPNetwork]) -> Pool:
        """The next default pool that overlaps neither a claimed subnet nor the host's prefixes."""
        count = len(self.default_pools)
        start = self._next_default if self.profile.default_pools is DefaultPools.ROTATING else 0
        for step in range(count):
            network = self.default_pools[(start + step) % count]
            if self._overlaps(network):
                continue
            # Docker claims a pool before it looks at the host's routes, so a refused one moves the start on, too;
            # past the end the start goes back to the first, wherever the search had come to.
            self._next_default = start + step + 1 if start + step + 1 < count else 0
            if not any(_overlap(network, other) for other in in_use if other.prefixlen):
                return self._claim(network, None)
        raise self.profile.error("ipam.no_default_pool", family=4)

    # -- addresses

    def request_address(self, pool: Pool, address: IPAddress | None = None) -> IPAddress:
        """Take `address`, which may lie outside the ip-range but not outside the subnet, or the lowest free one.

        The ends of an ip-range are ordinary addresses: a range ``.128/25`` hands out ``.128`` first.
        """
        subnet = self._subnets[pool.subnet]
        if address is not None and address not in pool.subnet:
            raise self.profile.error("ipam.out_of_range")
        if len(subnet.taken) >= subnet.network.num_addresses:
            raise _Exhausted(self.profile.text("ipam.exhausted"))
        if address is not None:
            ordinal = subnet.ordinal(address)
            if ordinal in subnet.taken:
                raise self.profile.error("ipam.taken")
        else:
            span = pool.ip_range or pool.subnet
            low = subnet.ordinal(span.network_address)
            found = subnet.lowest(low, low + span.num_addresses - 1)
            if found is None:
                raise _Exhausted(self.profile.text("ipam.exhausted"))
            ordinal = found
        subnet.taken.add(ordinal)
        return pool.subnet[ordinal]

    def release_address(self, pool: Pool, address: IPAddress) -> None:
        """Give `address` back."""
        subnet = self._subnets[pool.subnet]
        subnet.free(subnet.ordinal(address))


def _overlap(one: IPNetwork, other: IPNetwork) -> bool:
    """Whether two prefixes of the same family share an address."""
    return one.version == other.version and (one.network_address in other or other.network_address in one)
