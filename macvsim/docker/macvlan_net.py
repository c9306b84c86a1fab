"""The macvlan driver: parents that it makes and deletes, and a macvlan device for each endpoint.

What is checked and planned is in `macvsim.docker.drivers`; here it is done to the host (moby
``libnetwork/drivers/macvlan/macvlan_{network,setup,joinleave}.go``).
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from macvsim.dev.macvlan import Mode
from macvsim.docker.drivers import ParentKind, ParentPlan, ParentUse, check_pools, parse_macvlan, plan_parent
from macvsim.docker.ids import new_veth_name
from macvsim.docker.network import Endpoint, Network
from macvsim.docker.profile import Profile
from macvsim.errors import DockerError, NetlinkError
from macvsim.net import links
from macvsim.net.namespace import Namespace


class HostDevices:
    """The devices of a namespace, as the checks ask for them (`macvsim.docker.drivers.HostLinks`)."""

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns

    def exists(self, name: str) -> bool:
        return name in self.ns.devices


class MacvlanDriver:
    """``-d macvlan`` of one daemon, whose devices are in `ns`."""

    def __init__(self, profile: Profile, ns: Namespace, rng: random.Random) -> None:
        self.profile = profile
        self.ns = ns
        self.rng = rng

    def create(self, network: Network, others: Iterable[Network]) -> None:
        """Check the options, and make the parent if there is none.

        Raises `DockerError`.  If the VLAN device was made and cannot go up because its lower device is down, it stays,
        as Docker leaves it.
        """
        config = network.config
        check_pools(self.profile, [lease.pool.subnet for lease in network.leases])
        options = parse_macvlan(self.profile, config.options, internal=config.internal)
        uses = [ParentUse(o.id, o.device, o.macvlan.mode) for o in others if o.macvlan is not None]
        plan = plan_parent(self.profile, options, network.id, HostDevices(self.ns), uses)
        self._make_parent(plan)
        network.macvlan, network.parent, network.device = options, plan, plan.device

    def _make_parent(self, plan: ParentPlan) -> None:
        """createVlanLink, createDummyLink: devices without a transmit queue length, which Docker leaves at zero."""
        if plan.kind is ParentKind.VLAN:
            try:
                vlan = links.add_vlan(self.ns, self.ns.dev(plan.lower), plan.vid, plan.device)
            except NetlinkError as error:
                raise self.profile.error(
                    "driver.vlan_failed", parent=plan.device, errno=error.strerror.lower()
                ) from error
            vlan.txqlen = 0
            try:
                vlan.set_up()
            except NetlinkError as error:
                raise self.profile.error(
                    "driver.vlan_down", parent=plan.device, errno=error.strerror.lower()
                ) from error
        elif plan.kind is ParentKind.DUMMY:
            try:
                dummy = links.add_dummy(self.ns, plan.device)
            except NetlinkError as error:
                raise DockerError(error.strerror.lower()) from error
            dummy.txqlen = 0
            dummy.set_up()

    def remove(self, network: Network) -> None:
        """Delete the parent if this network made it and it is still what was made (delVlanLink, delDummyLink)."""
        plan = network.parent
        if plan is None or not plan.created:
            return
        device = self.ns.devices.get(plan.device)
        if device is not None and (device.lower is not None) == (plan.kind is ParentKind.VLAN):
            device.destroy()

    def join(self, endpoint: Endpoint) -> None:
        """Make the endpoint's macvlan device on the host (Join): it is moved into the container later.

        Raises `DockerError`: the parent is gone, or the kernel refuses a macvlan on it.
        """
        network = endpoint.network
        options = network.macvlan
        assert options is not None
        lower = self.ns.devices.get(network.device)
        if lower is None:
            raise self.profile.error("driver.parent_gone", parent=network.device)
        name = free_name(self.ns, self.rng)
        try:
            link = links.add_macvlan(self.ns, lower, name, mode=Mode(options.mode))
        except NetlinkError as error:
            raise self.profile.error("driver.port_failed", errno=error.strerror.lower()) from error
        link.txqlen = 0
        endpoint.link, endpoint.source_name = link, name
        if options.isolated:
            endpoint.gateway = None

    def leave(self, endpoint: Endpoint) -> None:
        """Delete the device, wherever it is now; it may be gone with its parent."""
        if endpoint.link is not None:
            endpoint.link.destroy()


def free_name(ns: Namespace, rng: random.Random) -> str:
    """A ``veth…`` name that no device has (netutils GenerateIfaceName)."""
    while True:
        name = new_veth_name(rng)
        if name not in ns.devices:
            return name
