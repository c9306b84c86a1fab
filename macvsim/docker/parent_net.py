"""The macvlan and ipvlan drivers: parents that they make and delete, and a device for each endpoint.

What is checked and planned is in `macvsim.docker.parents`; here it is done to the host (moby
``libnetwork/drivers/{macvlan,ipvlan}/*_{network,setup,endpoint,joinleave}.go``).
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, Generic, TypeVar

from macvsim.dev.base import NetDevice
from macvsim.dev.macvlan import Mode as MacvlanMode
from macvsim.docker.ids import new_veth_name
from macvsim.docker.network import Endpoint, Network
from macvsim.docker.parents import (
    IpvlanOptions,
    MacvlanOptions,
    ParentKind,
    ParentOptions,
    ParentPlan,
    ParentUse,
    check_pools,
    parse_ipvlan,
    parse_macvlan,
    plan_parent,
)
from macvsim.docker.profile import Profile
from macvsim.errors import DockerError, NetlinkError
from macvsim.net import links
from macvsim.net.namespace import Namespace

Options = TypeVar("Options", bound=ParentOptions)


class HostDevices:
    """The devices of a namespace, as the checks ask for them (`macvsim.docker.parents.HostLinks`)."""

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns

    def exists(self, name: str) -> bool:
        return name in self.ns.devices


class ParentDriver(ABC, Generic[Options]):
    """A driver of one daemon whose networks hang on a parent device; all devices are in `ns`."""

    name: ClassVar[str]
    options: type[Options]

    def __init__(self, profile: Profile, ns: Namespace, rng: random.Random) -> None:
        self.profile = profile
        self.ns = ns
        self.rng = rng

    @abstractmethod
    def parse(self, options: Mapping[str, str], *, internal: bool) -> Options:
        """The options of a network.  Raises `DockerError`."""

    @abstractmethod
    def add_link(self, lower: NetDevice, name: str, options: Options) -> NetDevice:
        """The device of an endpoint.  Raises `NetlinkError`."""

    # -- networks ------------------------------------------------------------------------------------------------------

    def create(self, network: Network, others: Iterable[Network]) -> None:
        """Check the options, and make the parent if there is none.

        Raises `DockerError`.  If the VLAN device was made and cannot go up because its lower device is down, it stays,
        as Docker leaves it.
        """
        config = network.config
        check_pools(self.profile, [lease.pool.subnet for lease in network.leases])
        options = self.parse(config.options, internal=config.internal)
        uses = [ParentUse(o.id, o.device, o.options) for o in others if isinstance(o.options, self.options)]
        plan = plan_parent(self.profile, options, network.id, HostDevices(self.ns), uses)
        self._make_parent(plan)
        network.options, network.parent, network.device = options, plan, plan.device

    def _make_parent(self, plan: ParentPlan) -> None:
        """createVlanLink, createDummyLink: devices without a transmit queue length, which Docker leaves at zero."""
        if plan.kind is ParentKind.VLAN:
            try:
                vlan = links.add_vlan(self.ns, self.ns.dev(plan.lower), plan.vid, plan.device)
            except NetlinkError as error:
                raise self._failed("driver.vlan_failed", plan, error) from error
            vlan.txqlen = 0
            try:
                vlan.set_up()
            except NetlinkError as error:
                raise self._failed("driver.vlan_down", plan, error) from error
        elif plan.kind is ParentKind.DUMMY:
            try:
                dummy = links.add_dummy(self.ns, plan.device)
            except NetlinkError as error:
                raise DockerError(error.strerror.lower()) from error
            dummy.txqlen = 0
            dummy.set_up()

    def _failed(self, key: str, plan: ParentPlan, error: NetlinkError) -> DockerError:
        return self.profile.error(key, parent=plan.device, driver=self.name, errno=error.strerror.lower())

    def remove(self, network: Network) -> None:
        """Delete the parent if this network made it and it is still what was made (delVlanLink, delDummyLink)."""
        plan = network.parent
        if plan is None or not plan.created:
            return
        device = self.ns.devices.get(plan.device)
        if device is not None and (device.lower is not None) == (plan.kind is ParentKind.VLAN):
            device.destroy()

    # -- endpoints -----------------------------------------------------------------------------------------------------

    def join(self, endpoint: Endpoint) -> None:
        """Make the endpoint's device on the host (Join): it is moved into the container later.

        Raises `DockerError`: the parent is gone, or the kernel refuses such a device on it.
        """
        network = endpoint.network
        options = network.options
        assert isinstance(options, self.options)
        lower = self.ns.devices.get(network.device)
        if lower is None:
            raise self.profile.error("driver.parent_gone", parent=network.device)
        name = free_name(self.ns, self.rng)
        try:
            link = self.add_link(lower, name, options)
        except NetlinkError as error:
            raise self.profile.error("driver.port_failed", driver=self.name, errno=error.strerror.lower()) from error
        link.txqlen = 0
        endpoint.link, endpoint.source_name = link, name
        if options.isolated:
            endpoint.gateway = endpoint.gateway6 = None

    def leave(self, endpoint: Endpoint) -> None:
        """Delete the device, wherever it is now; it may be gone with its parent."""
        if endpoint.link is not None:
            endpoint.link.destroy()


class MacvlanDriver(ParentDriver[MacvlanOptions]):
    """``-d macvlan``."""

    name = "macvlan"
    options = MacvlanOptions

    def parse(self, options: Mapping[str, str], *, internal: bool) -> MacvlanOptions:
        return parse_macvlan(self.profile, options, internal=internal)

    def add_link(self, lower: NetDevice, name: str, options: MacvlanOptions) -> NetDevice:
        return links.add_macvlan(self.ns, lower, name, mode=MacvlanMode(options.mode))


class IpvlanDriver(ParentDriver[IpvlanOptions]):
    """``-d ipvlan``: endpoints have the parent's MAC, and in modes l3 and l3s no gateway but a route to everywhere."""

    name = "ipvlan"
    options = IpvlanOptions

    def parse(self, options: Mapping[str, str], *, internal: bool) -> IpvlanOptions:
        return parse_ipvlan(self.profile, options, internal=internal)

    def add_link(self, lower: NetDevice, name: str, options: IpvlanOptions) -> NetDevice:
        from macvsim.dev.ipvlan import Flag, Mode

        mode, flag = Mode(options.mode), Flag(options.flag)
        return links.add_ipvlan(self.ns, lower, name, mode=mode, flag=flag)

    def join(self, endpoint: Endpoint) -> None:
        super().join(endpoint)
        options = endpoint.network.options
        assert isinstance(options, IpvlanOptions)
        if options.mode != "l2":
            endpoint.gateway = endpoint.gateway6 = None
            endpoint.on_link_default = not options.isolated


def free_name(ns: Namespace, rng: random.Random) -> str:
    """A ``veth…`` name that no device has (netutils GenerateIfaceName)."""
    while True:
        name = new_veth_name(rng)
        if name not in ns.devices:
            return name
