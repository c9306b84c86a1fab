"""A running container's network namespace, and what Docker puts into it (moby ``libnetwork/sandbox*.go``, ``osl``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address
from sys import intern

from macvsim.dev.base import NetDevice
from macvsim.docker.bridge_net import interface_address
from macvsim.docker.dns_server import NameServer
from macvsim.docker.drivers import interface_prefix
from macvsim.docker.ids import id_text
from macvsim.docker.ipam_config import IPAddress
from macvsim.docker.ipv6_link import add_default6, drop_route6, set_ipv6
from macvsim.docker.network import Endpoint
from macvsim.docker.profile import Profile
from macvsim.errors import NetlinkError
from macvsim.net.fibroute import Route
from macvsim.net.ipv6.address import Address6, Flag
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.namespace import Namespace
from macvsim.net.routes import add_route
from macvsim.wire.addr import mac_bytes


@dataclass(eq=False, slots=True)
class Sandbox:
    """The namespace of one container.

    number : its identifier; home : the machine's first namespace
    populated : endpoints are moved in as they come; before, while the container starts, they wait on the host
    shared : the namespace belongs to the host (``--network host``): nothing is moved, nothing deleted
    """

    number: int
    profile: Profile
    ns: Namespace
    home: Namespace
    shared: bool = False
    endpoints: list[Endpoint] = field(default_factory=list)
    populated: bool = False
    names: NameServer | None = None
    """The embedded name server, where the container may ask it."""
    _prefixes: tuple[str, ...] = ()
    """Of the names of all interfaces that were ever here."""
    _default: tuple[Endpoint, Route, Route6 | None] | None = None

    @property
    def id(self) -> str:
        """64 hex digits."""
        return id_text(self.number)

    def add(self, endpoint: Endpoint) -> None:
        """One more endpoint; it goes in at once if the container runs already.  Raises `DockerError`."""
        self.endpoints.append(endpoint)
        if self.populated:
            try:
                self._plug(endpoint)
                self._choose_default()
            except Exception:
                self.endpoints.remove(endpoint)
                raise
            if self.names is not None:
                self.names.serve()

    def populate(self) -> None:
        """The container starts: everything goes in, in the order of `Endpoint.order`.  Raises `DockerError`."""
        if not self.shared:
            self.ns.set_lo_up()
            for endpoint in self.sorted():
                self._plug(endpoint)
            self._choose_default()
            if self.names is not None:
                self.names.serve()
        self.populated = True

    def sorted(self) -> list[Endpoint]:
        """Endpoints, the best candidate for the default route first."""
        return sorted(self.endpoints, key=lambda endpoint: endpoint.order)

    def remove(self, endpoint: Endpoint) -> None:
        """An endpoint leaves; its device is deleted by who made it, and the default route goes another way."""
        self.endpoints.remove(endpoint)
        if self._default is not None and self._default[0] is endpoint:
            self._drop_default()
        self._choose_default()

    def _plug(self, endpoint: Endpoint) -> None:
        """Move a device in, name it, address it, set it up (osl AddInterface); interface numbers are never reused."""
        link = endpoint.link
        if link is None:
            return
        prefix = interface_prefix(endpoint.network.config.options)
        number = self._prefixes.count(prefix)
        self._prefixes += (prefix,)
        source = endpoint.source_name
        assert isinstance(link.ns, Namespace)
        link.ns.move(link, self.ns, rename=intern(f"{prefix}{number}"))
        try:
            if endpoint.mac:
                link.set_mac(mac_bytes(endpoint.mac))
        except NetlinkError as error:
            raise self.profile.error(
                "driver.mac_failed", link=source, mac=endpoint.mac, errno=error.strerror.lower()
            ) from error
        assert endpoint.assignment is not None and endpoint.address is not None
        try:
            set_ipv6(self.ns, link, endpoint.assignment6)
            address = interface_address(int(endpoint.address), endpoint.assignment.prefixlen)
            self.ns.addresses.add(link, address)
            for further in map(ip_address, endpoint.link_local):
                self._add_further(link, further)
        except NetlinkError as error:
            raise self.profile.error(
                "endpoint.address_failed", link=source, address=endpoint.assignment, errno=error.strerror.lower()
            ) from error
        try:
            link.set_up()
        except NetlinkError as error:
            raise self.profile.error("endpoint.up_failed", link=source, errno=error.strerror.lower()) from error
        if endpoint.on_link_default:
            try:
                add_route(self.ns, 0, 0, dev=link)
            except NetlinkError as error:
                raise self.profile.error(
                    "endpoint.route_failed", link=source, route="0.0.0.0/0", errno=error.strerror.lower()
                ) from error

    def _add_further(self, link: NetDevice, address: IPAddress) -> None:
        """``--link-local-ip``: one more address.  Raises `NetlinkError`."""
        if address.version == 4:
            self.ns.addresses.add(link, interface_address(int(address), 16))
        else:
            self.ns.ipv6.addrconf.add(link, Address6(int(address), 64, Flag.NODAD))

    def _choose_default(self) -> None:
        """The default route goes by the first endpoint that has a gateway (updateGateway)."""
        best = next((endpoint for endpoint in self.sorted() if endpoint.gateway is not None), None)
        if self._default is not None:
            if self._default[0] is best:
                return
            self._drop_default()
        if best is not None and best.link is not None and not best.link.destroyed:
            assert isinstance(best.gateway, IPv4Address)
            try:
                route = add_route(self.ns, 0, 0, gateway=int(best.gateway), dev=best.link)
                six = add_default6(self.ns, best.gateway6, best.link) if best.gateway6 is not None else None
            except NetlinkError as error:
                raise self.profile.error("endpoint.gateway_failed", errno=error.strerror.lower()) from error
            self._default = (best, route, six)

    def _drop_default(self) -> None:
        """Take the default route out, unless it is gone with its device or the user removed it."""
        assert self._default is not None
        _, route, six = self._default
        self._default = None
        if six is not None:
            drop_route6(self.ns, six)
        if any(route is other for other in self.ns.fib.routes()):
            self.ns.fib.remove(route)

    def destroy(self) -> None:
        """Every device of the namespace is destroyed; network cards go home (default_device_exit_batch)."""
        if self.names is not None:
            self.names.close()
        if not self.shared:
            for device in list(self.ns.devices.values()):
                if device.loopback:
                    continue
                if device.link_kind.made:
                    device.destroy()
                else:
                    self.ns.move(device, self.home)
        self.populated = False
