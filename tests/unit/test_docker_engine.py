"""The Docker engine: what it makes on hosts and in containers, and what is left when it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from macvsim.docker.container import Container
from macvsim.docker.engine import Engine
from macvsim.docker.host import DockerHost
from macvsim.docker.profile import DOCKER_19_03, DOCKER_26_1
from macvsim.docker.resolv import resolv_text
from macvsim.engine.sim import SECOND, Sim
from macvsim.errors import DockerError, MacvsimError, NotSimulated
from macvsim.machine.host import DEBIAN, Box
from macvsim.machine.kernel import Kernel
from macvsim.wire.addr import ip_text
from tests.unit.docker_lab import hosts

NET: dict[str, Any] = {
    "driver": "macvlan",
    "subnet": "172.16.10.0/24",
    "gateway": "172.16.10.1",
    "parent": "enp0s8",
}


@pytest.fixture
def host() -> DockerHost:
    return hosts("host1", cards=2)[0]


@pytest.fixture
def docker(host: DockerHost) -> Engine:
    host.docker.network_create("mac1", **NET)
    return host.docker


def routes(box: Box) -> list[tuple[str, str, str]]:
    """Prefix, gateway and device of every route."""
    return [(r.prefix, ip_text(r.gateway) if r.gateway else "", r.dev.name) for r in box.ns.fib.routes()]


def addresses(box: Box, dev: str) -> list[str]:
    return [address.text for address in box.dev(dev).inet.addresses]


def state(host: DockerHost) -> tuple[Any, ...]:
    """Everything a refused command could leave behind, but for the containers."""
    return (
        [(name, dev.up, dev.ifindex, dev.promiscuity) for name, dev in host.ns.devices.items()],
        routes(host),
        [(n.name, len(n.endpoints)) for n in host.docker.network_ls()],
    )


def next_address(docker: Engine, network: str) -> str:
    """What the next container gets; it is gone again."""
    container = docker.run(network=network)
    ip = container.ip
    docker.rm(container.name, force=True)
    return ip


# -- the daemon


def test_a_host_has_no_docker_until_it_is_used(host: DockerHost) -> None:
    assert "docker0" not in host.ns.devices
    assert host.containers() == []
    assert host.sysctl["net.ipv4.ip_forward"] == 0
    docker = host.docker
    assert host.docker is docker
    assert host.sysctl["net.ipv4.ip_forward"] == 1
    assert [(n.name, n.driver) for n in docker.network_ls()] == [
        ("none", "null"),
        ("host", "host"),
        ("bridge", "bridge"),
    ]
    bridge = host.dev("docker0")
    assert (bridge.kind, bridge.up, bridge.carrier, bridge.txqlen) == ("bridge", True, False, 0)
    assert bridge.mac[:2] == b"\x02\x42"
    assert addresses(host, "docker0") == ["172.17.0.1/16"]


def test_forwarding_can_be_left_off() -> None:
    (host,) = hosts("host1")
    host.start_docker(forwarding=False)
    assert host.sysctl["net.ipv4.ip_forward"] == 0
    with pytest.raises(MacvsimError, match="already"):
        host.start_docker()


def test_containers_inherit_forwarding_from_the_machine(docker: Engine) -> None:
    assert docker.run("c1", network="mac1").sysctl["net.ipv4.ip_forward"] == 1


def test_two_daemons_on_one_kernel_live_in_their_namespaces() -> None:
    sim = Sim(0)
    kernel = Kernel(sim, "guest")
    for name in ("h1", "h2"):
        ns = kernel.netns[name] = kernel.new_namespace(name)
        DockerHost.adopt(Box(kernel, ns, name, DEBIAN))
    first, second = (kernel.boxes[kernel.netns[name]] for name in ("h1", "h2"))
    assert isinstance(first, DockerHost) and isinstance(second, DockerHost)
    assert first.docker is not None
    assert "docker0" in kernel.netns["h1"].devices
    assert "docker0" not in kernel.netns["h2"].devices
    assert kernel.init.sysctl["net.ipv4.ip_forward"] == 0


def test_the_same_seed_gives_the_same_identifiers() -> None:
    def build(seed: int) -> list[str]:
        (host,) = hosts("host1", seed=seed)
        network = host.docker.network_create("mac1", **NET)
        container = host.docker.run(network="mac1")
        return [network.id, container.id, container.name, container.dev("eth0").label, str(host.dev("docker0").mac)]

    assert build(0) == build(0)
    assert build(0) != build(1)


# -- a container on macvlan


def test_a_macvlan_container(host: DockerHost, docker: Engine) -> None:
    before = list(host.ns.devices)
    c1 = docker.run("c1", network="mac1", ip="172.16.10.2")
    assert list(host.ns.devices) == before
    eth0 = c1.dev("eth0")
    assert (eth0.kind, eth0.up, eth0.txqlen, eth0.mac.hex(":")) == ("macvlan", True, 0, "02:42:ac:10:0a:02")
    assert eth0.ifindex == 5  # lo, two cards, docker0, and the next one of the host
    assert addresses(c1, "eth0") == ["172.16.10.2/24"]
    assert eth0.inet.addresses[0].broadcast == 0xAC100AFF
    assert routes(c1) == [("default", "172.16.10.1", "eth0"), ("172.16.10.0/24", "", "eth0")]
    assert c1.dev("lo").up
    assert c1.hostname == c1.id[:12]
    assert c1.status == "running" and c1.ip == "172.16.10.2" and c1.mac == "02:42:ac:10:0a:02"
    assert c1.files["/etc/hosts"].endswith(f"172.16.10.2\t{c1.id[:12]}\n")


def test_two_hosts_ping_each_other_and_do_not_know_each_others_names() -> None:
    machines = hosts("host1", "host2")
    for machine in machines:
        machine.docker.network_create("mac1", **NET)
    c1 = machines[0].docker.run("c1", network="mac1", ip="172.16.10.2")
    machines[1].docker.run("c2", network="mac1", ip="172.16.10.3")
    assert c1.ping("172.16.10.3", count=2).received == 2
    with pytest.raises(MacvsimError, match="cannot resolve 'c2'"):
        c1.resolve("c2")


def test_daemons_hand_out_the_same_address_because_neither_knows_the_other() -> None:
    machines = hosts("host1", "host2")
    made = []
    for machine in machines:
        machine.docker.network_create("mac1", **NET)
        made.append(machine.docker.run(network="mac1"))
    assert [(c.ip, c.mac) for c in made] == [("172.16.10.2", "02:42:ac:10:0a:02")] * 2


def test_addresses_come_lowest_first_and_are_reused(docker: Engine) -> None:
    for number, name in enumerate(("a1", "a2", "a3"), 2):
        assert docker.run(name, network="mac1").ip == f"172.16.10.{number}"
    docker.rm("a2", force=True)
    assert docker.run("a4", network="mac1").ip == "172.16.10.3"
    docker.stop("a1", timeout=0)
    assert docker.run("a5", network="mac1").ip == "172.16.10.2"
    assert docker.start("a1").ip == "172.16.10.5"


def test_stop_takes_ten_seconds_and_frees_everything(host: DockerHost, docker: Engine) -> None:
    c1 = docker.run("c1", network="mac1")
    old = c1.dev("eth0")
    begin = host.sim.now
    docker.stop("c1")
    assert host.sim.now - begin == 10 * SECOND
    assert (c1.status, c1.exit_code, c1.running) == ("exited", 137, False)
    assert old.destroyed
    assert host.dev("enp0s8").rx_handler is None
    assert docker.controller.networks["mac1"].endpoints == {}
    assert list(c1.ns.devices) == ["lo"]
    for use in (lambda: c1.exec("ip a"), lambda: c1.ping("172.16.10.1")):
        with pytest.raises(DockerError, match=f"container {c1.id} is not running"):
            use()
    docker.start("c1")
    assert c1.dev("eth0").ifindex > old.ifindex
    docker.kill("c1")
    with pytest.raises(DockerError, match="is not running"):
        docker.kill("c1")


def test_a_shell_without_terminal_and_input_ends_at_once(docker: Engine) -> None:
    container = docker.run("c1", network="mac1", tty=False, interactive=False)
    assert (container.status, container.exit_code) == ("exited", 0)


def test_rm_removes_with_the_container_when_it_ends(docker: Engine) -> None:
    docker.run("c1", network="mac1", rm=True)
    docker.stop("c1", timeout=0)
    assert docker.containers == {}


def test_passthru_lends_its_mac_to_the_parent(host: DockerHost) -> None:
    docker = host.docker
    docker.network_create("mac1", **NET, options={"macvlan_mode": "passthru"})
    docker.run("p1", network="mac1")
    assert host.dev("enp0s8").mac.hex(":") == "02:42:ac:10:0a:02"
    with pytest.raises(DockerError, match=r"^failed to create the macvlan port: invalid argument$"):
        docker.run("p2", network="mac1")
    docker.rm("p1", force=True)
    assert host.dev("enp0s8").mac.hex(":") == "08:00:27:00:00:01"


def test_modes_reach_the_device(host: DockerHost) -> None:
    for mode in ("private", "vepa", "bridge"):
        host.docker.network_create("m", **NET, options={"macvlan_mode": mode})
        assert host.docker.run("c1", network="m").dev("eth0").mode.value == mode  # type: ignore[attr-defined]
        host.docker.rm("c1", force=True)
        host.docker.network_rm("m")


# -- parents


def test_a_sub_interface_lives_as_long_as_the_network_that_made_it(host: DockerHost) -> None:
    host.vlan("enp0s8", 200)
    host.docker.network_create("v30", **NET | {"parent": "enp0s8.30"})
    vlan = host.dev("enp0s8.30")
    assert (vlan.kind, vlan.up, vlan.txqlen, vlan.vid) == ("vlan", True, 0, 30)  # type: ignore[attr-defined]
    host.docker.network_rm("v30")
    assert "enp0s8.30" not in host.ns.devices
    host.docker.network_create("v200", **NET | {"parent": "enp0s8.200"})
    host.docker.network_rm("v200")
    assert host.dev("enp0s8.200").up


def test_a_leading_zero_is_part_of_the_name_only(host: DockerHost) -> None:
    host.docker.network_create("v30", **NET | {"parent": "enp0s8.030"})
    assert host.dev("enp0s8.030").vid == 30  # type: ignore[attr-defined]


def test_no_parent_makes_a_dummy_and_isolates(host: DockerHost) -> None:
    docker = host.docker
    network = docker.network_create("np", driver="macvlan", subnet="172.16.31.0/24")
    dummy = host.dev(f"dm-{network.id[:12]}")
    assert (dummy.kind, dummy.up, dummy.noarp) == ("dummy", True, True)
    np1, np2 = docker.run("np1", network="np"), docker.run("np2", network="np")
    assert routes(np1) == [("172.16.31.0/24", "", "eth0")]
    assert np1.ping("np2", count=1).received == 1
    assert docker.inspect("np1")["NetworkSettings"]["Networks"]["np"]["Gateway"] == ""  # type: ignore[index]
    for container in (np1, np2):
        docker.rm(container.name, force=True)
    docker.network_rm("np")
    assert dummy.destroyed


def test_internal_has_no_default_route(host: DockerHost) -> None:
    host.docker.network_create("int1", **NET, internal=True)
    assert routes(host.docker.run("i1", network="int1")) == [("172.16.10.0/24", "", "eth0")]


def test_a_parent_deleted_by_hand_takes_the_interfaces_with_it(host: DockerHost) -> None:
    docker = host.docker
    docker.network_create("mac10", **NET | {"parent": "enp0s8.100"})
    s1 = docker.run("s1", network="mac10")
    host.dev("enp0s8.100").destroy()
    assert list(s1.ns.devices) == ["lo"]
    assert docker.network_inspect("mac10")["Containers"] != {}
    docker.stop("s1", timeout=0)
    with pytest.raises(
        DockerError, match=r"^the requested parent interface enp0s8.100 was not found on the Docker host$"
    ):
        docker.start("s1")
    assert (s1.status, s1.exit_code) == ("exited", 137)
    docker.network_rm("mac10")


def test_a_parent_that_is_down(host: DockerHost) -> None:
    host.link_set("enp0s9", up=False)
    docker = host.docker
    docker.network_create("down", **NET | {"parent": "enp0s9"})
    eth0 = docker.run("dn1", network="down").dev("eth0")
    assert eth0.up and not eth0.carrier
    host.link_set("enp0s9", up=True)
    assert eth0.carrier


# -- refused networks leave nothing


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "bridge"}, "operation is not permitted on predefined bridge network"),
    ({"name": "mac1"}, "network with name mac1 already exists"),
    ({"driver": "nosuch"}, 'plugin "nosuch" not found'),
    ({"driver": "host", "subnet": (), "gateway": ()}, 'only one instance of "host" network is allowed'),
    (
        {"subnet": "172.16.20.7/24"},
        "invalid network config:\ninvalid subnet 172.16.20.7/24: it should be 172.16.20.0/24",
    ),
    ({"subnet": "172.16.10.0/25", "gateway": ()}, "Pool overlaps with other one on this address space"),
    ({"subnet": "172.17.4.0/24", "gateway": ()}, "Pool overlaps with other one on this address space"),
    ({"gateway": "172.16.20.0"}, "failed to allocate gateway (172.16.20.0): Address already in use"),
    (
        {"aux_address": {"h": "172.16.20.1"}},
        "failed to allocate secondary ip address (h:172.16.20.1): Address already in use",
    ),
    (
        {"options": {"macvlan_mode": "foo"}},
        "requested macvlan mode 'foo' is not valid, 'bridge' mode is the macvlan driver default",
    ),
    ({"parent": "lo"}, "loopback interface is not a valid macvlan parent link"),
    ({"parent": "eth77"}, "invalid subinterface vlan name eth77, example formatting is eth0.10"),
    ({"parent": "eth77.10"}, "-o parent interface was not found on the host: eth77"),
    ({"parent": "enp0s9.4095"}, "vlan id must be between 1-4094, received: 4095"),
    ({"parent": "enp0s9.abc"}, "unable to parse a valid vlan id from: abc (ex. eth0.10 for vlan 10)"),
    ({"parent": "enp0s9.07"}, "failed to create enp0s9.07 vlan link: file exists"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), REFUSED, ids=[sentence[:40] for _, sentence in REFUSED])
def test_a_refused_network_leaves_nothing(
    host: DockerHost, docker: Engine, change: dict[str, Any], sentence: str
) -> None:
    host.vlan("enp0s9", 7)
    asked = {"name": "new", **NET, "subnet": "172.16.20.0/24", "gateway": "172.16.20.1", "parent": "enp0s9"} | change
    before = state(host)
    with pytest.raises(DockerError) as caught:
        docker.network_create(**asked)
    assert str(caught.value) == sentence
    assert state(host) == before
    docker.network_create("new", **NET | {"subnet": "172.16.20.0/24", "gateway": "172.16.20.1", "parent": "enp0s9"})


def test_a_parent_in_use_is_named_after_the_other_network(host: DockerHost, docker: Engine) -> None:
    mac1 = docker.controller.find("mac1")
    before = state(host)
    with pytest.raises(DockerError) as caught:
        docker.network_create("mac2", driver="macvlan", subnet="172.16.20.0/24", parent="enp0s8")
    assert str(caught.value) == f"network dm-{mac1.id[:12]} is already using parent interface enp0s8"
    assert state(host) == before


def test_a_sub_interface_that_cannot_go_up_stays_as_docker_leaves_it(host: DockerHost) -> None:
    docker = host.docker
    host.link_set("enp0s8", up=False)
    with pytest.raises(DockerError, match=r"failed to enable enp0s8.30 the macvlan parent link network is down"):
        docker.network_create("v30", **NET | {"parent": "enp0s8.30"})
    assert not host.dev("enp0s8.30").up
    assert "v30" not in docker.controller.networks
    docker.network_create("v30", **NET | {"parent": "enp0s8.30"})


def test_what_is_left_out_is_said(host: DockerHost, docker: Engine) -> None:
    before = state(host)
    with pytest.raises(DockerError, match="No such image: alpine:latest"):
        docker.run("c1", network="mac1", image="alpine")
    with pytest.raises(NotSimulated, match="sctp"):
        docker.run("c1", ports={"80/sctp": [("", "8080")]})
    assert state(host) == before
    assert docker.containers == {}
    docker.run("c1", network="mac1", ports={"80/sctp": [("", "8080")]})
    with pytest.raises(NotSimulated, match="sctp"):
        docker.network_connect("bridge", "c1")


# -- refused networks in use


def test_networks_in_use_stay(docker: Engine) -> None:
    network = docker.controller.find("mac1")
    docker.run("c1", network="mac1")
    with pytest.raises(DockerError) as caught:
        docker.network_rm("mac1")
    assert str(caught.value) == f"error while removing network: network mac1 id {network.id} has active endpoints"
    assert docker.network_prune() == []
    with pytest.raises(DockerError, match=r"^bridge is a pre-defined network and cannot be removed$"):
        docker.network_rm("bridge")
    docker.stop("c1", timeout=0)
    assert docker.network_prune() == ["mac1"]
    with pytest.raises(DockerError, match=f"^network {network.id} not found$"):
        docker.start("c1")


def test_networks_are_found_by_identifier(docker: Engine) -> None:
    network = docker.controller.find("mac1")
    assert docker.controller.find(network.id) is network
    assert docker.controller.find(network.id[:5]) is network
    with pytest.raises(DockerError, match=r"^network zz not found$"):
        docker.controller.find("zz")


# -- refused containers


def test_create_phase_refusals_leave_no_container(host: DockerHost, docker: Engine) -> None:
    docker.run("c1", network="mac1", ip="172.16.10.2")
    before = state(host)
    cases = [
        (
            {"network": "mac1", "ip": "172.16.11.2"},
            "no configured subnet or ip-range contain the IP address 172.16.11.2",
        ),
        ({"network": "mac1", "ip": "999.1.1.1"}, "invalid IPv4 address: 999.1.1.1"),
        ({"ip": "172.17.0.9"}, "user specified IP address is supported on user defined networks only"),
        ({"network_alias": ["x"]}, "network-scoped alias is supported only for containers in user defined networks"),
    ]
    for options, sentence in cases:
        with pytest.raises(DockerError, match=sentence):
            docker.run("c9", **options)  # type: ignore[arg-type]
    with pytest.raises(DockerError, match="Invalid container name"):
        docker.run("-c", network="mac1")
    with pytest.raises(DockerError, match='The container name "/c1" is already in use by container'):
        docker.run("c1", network="mac1")
    assert list(docker.containers) == ["c1"]
    assert state(host) == before


START_REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"network": "mac1", "ip": "172.16.10.2"}, "Address already in use"),
    ({"network": "mac1", "ip": "172.16.10.1"}, "Address already in use"),
    ({"network": "mac1", "ip": "172.16.10.0"}, "Address already in use"),
    ({"network": "mac1", "ip": "172.16.10.255"}, "Address already in use"),
    ({"network": "nosuch"}, "network nosuch not found"),
    ({"network": ["mac1", "nosuch"]}, "network nosuch not found"),
    ({"network": "mac1", "mac_address": "02:42:ac:10:0a:02"}, "address already in use"),
    ({"network": "mac1", "mac_address": "08:00:27:00:00:01"}, "address already in use"),
    ({"network": "mac1", "mac_address": "01:00:5e:00:00:01"}, "cannot assign requested address"),
    ({"network": "container:nosuch"}, "No such container: nosuch"),
]


@pytest.mark.parametrize(("options", "sentence"), START_REFUSALS)
def test_start_phase_refusals_leave_a_created_container_and_nothing_else(
    host: DockerHost, docker: Engine, options: dict[str, Any], sentence: str
) -> None:
    docker.run("c1", network="mac1", ip="172.16.10.2")
    before = state(host)
    with pytest.raises(DockerError) as caught:
        docker.run("c2", **options)
    assert sentence in str(caught.value)
    c2 = docker.find("c2")
    assert (c2.status, c2.running, c2.exit_code, c2.error) == ("created", False, 128, str(caught.value))
    assert list(c2.ns.devices) == ["lo"]
    assert [(n, d.up, d.promiscuity) for n, d in host.ns.devices.items()] == [
        (name, up, promiscuity) for name, up, _, promiscuity in before[0]
    ]
    assert state(host)[1:] == before[1:]
    docker.rm("c2")
    assert next_address(docker, "mac1") == "172.16.10.3"


def test_a_mac_refused_in_the_container_is_reported_by_runc(docker: Engine) -> None:
    docker.run("q1", network="mac1", mac_address="02:00:00:00:00:aa")
    with pytest.raises(DockerError) as caught:
        docker.run("q2", network="mac1", mac_address="02:00:00:00:00:aa")
    text = str(caught.value)
    assert text.startswith(
        "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    )
    assert text.endswith(' MAC to "02:00:00:00:00:aa": address already in use: unknown')


def test_rm_option_removes_what_cannot_start(docker: Engine) -> None:
    with pytest.raises(DockerError):
        docker.run("c1", network="nosuch", rm=True)
    assert docker.containers == {}


def test_remove_needs_a_stopped_container(docker: Engine) -> None:
    docker.run("c7", network="mac1")
    with pytest.raises(DockerError) as caught:
        docker.rm("c7")
    assert str(caught.value) == (
        'cannot remove container "/c7": container is running: stop the container before removing or force remove'
    )
    docker.rm("c7", force=True)
    with pytest.raises(DockerError, match=r"^No such container: c7$"):
        docker.rm("c7")


def test_an_exhausted_pool(host: DockerHost) -> None:
    network = host.docker.network_create("tiny", driver="macvlan", subnet="172.16.34.0/30", parent="enp0s8")
    host.docker.run("t1", network="tiny")
    with pytest.raises(DockerError) as caught:
        host.docker.run("t2", network="tiny")
    assert str(caught.value) == f"no available IPv4 addresses on this network's address pools: tiny ({network.id})"


# -- several networks


@pytest.fixture
def two(host: DockerHost) -> Engine:
    docker = host.docker
    for vid, name in ((100, "mac10"), (200, "mac20")):
        subnet = f"172.16.{vid // 10}.0/24"
        docker.network_create(
            name, driver="macvlan", subnet=subnet, gateway=f"172.16.{vid // 10}.1", parent=f"enp0s8.{vid}"
        )
    return docker


def test_the_default_route_and_the_numbers_follow_the_networks_names(two: Engine) -> None:
    w1 = two.run("w1", network="mac20", ip="172.16.20.10")
    two.network_connect("mac10", "w1", ip="172.16.10.10")
    assert routes(w1) == [
        ("default", "172.16.10.1", "eth1"),
        ("172.16.10.0/24", "", "eth1"),
        ("172.16.20.0/24", "", "eth0"),
    ]
    first = (w1.dev("eth0").ifindex, w1.dev("eth1").ifindex)
    two.restart("w1", timeout=0)
    assert addresses(w1, "eth0") == ["172.16.10.10/24"]  # eth0 and eth1 swap
    assert addresses(w1, "eth1") == ["172.16.20.10/24"]
    assert w1.dev("eth0").ifindex > w1.dev("eth1").ifindex > max(first)
    two.network_disconnect("mac10", "w1")
    assert routes(w1) == [("default", "172.16.20.1", "eth1"), ("172.16.20.0/24", "", "eth1")]
    w2 = two.run("w2", network=["mac20", "mac10"])
    assert routes(w2)[0] == ("default", "172.16.10.1", "eth0")


def test_interface_numbers_are_not_reused_while_it_runs(two: Engine) -> None:
    w1 = two.run("w1", network="mac10")
    two.network_connect("mac20", "w1")
    two.network_disconnect("mac10", "w1")
    two.network_connect("mac10", "w1")
    assert list(w1.ns.devices) == ["lo", "eth1", "eth2"]


def test_connect_refusals(host: DockerHost, two: Engine) -> None:
    w1 = two.run("w1", network="mac10")
    before = state(host)
    sentences = {
        "mac10": "endpoint with name w1 already exists in network mac10",
        "nosuch": "network nosuch not found",
        "host": "container cannot be disconnected from host network or connected to host network",
        "none": "container cannot be connected to multiple networks with one of the networks in private (none) mode",
    }
    for network, sentence in sentences.items():
        with pytest.raises(DockerError) as caught:
            two.network_connect(network, "w1")
        assert str(caught.value) == sentence
    with pytest.raises(DockerError) as caught:
        two.network_connect("mac20", "w1", ip="172.16.20.300")
    assert str(caught.value) == (
        "invalid endpoint settings:\n* invalid IPv4 address: 172.16.20.300\n"
        "* no configured subnet or ip-range contain the IP address 172.16.20.300"
    )
    with pytest.raises(DockerError, match=f"^container {w1.id} is not connected to network mac20$"):
        two.network_disconnect("mac20", "w1")
    assert state(host) == before
    assert list(w1.ns.devices) == ["lo", "eth0"]


def test_a_mac_refused_on_connect_leaves_the_container_as_it_was(host: DockerHost, two: Engine) -> None:
    w1 = two.run("w1", network="mac10")
    two.run("w2", network="mac20", mac_address="02:00:00:00:00:aa")
    before = state(host)
    with pytest.raises(DockerError, match=r"^failed to add interface veth.* address already in use$"):
        two.network_connect("mac20", "w1", mac_address="02:00:00:00:00:aa")
    assert [entry[:2] for entry in before[0]] == [entry[:2] for entry in state(host)[0]]
    assert state(host)[1:] == before[1:]
    assert list(w1.ns.devices) == ["lo", "eth0"]
    assert routes(w1)[0] == ("default", "172.16.10.1", "eth0")
    assert next_address(two, "mac20") == "172.16.20.3"


def test_stopped_containers_only_note_their_networks(two: Engine) -> None:
    with pytest.raises(DockerError):
        two.run("g1", network="mac40")
    g1 = two.find("g1")
    two.network_connect("mac10", "g1")
    two.network_disconnect("mac40", "g1")
    two.network_connect("mac10", "g1", ip="172.16.10.77")
    with pytest.raises(DockerError, match=f"^container {g1.id} is not connected to the network nosuch$"):
        two.network_disconnect("nosuch", "g1")
    assert two.start("g1").ip == "172.16.10.2"


def test_a_stopped_container_may_be_connected_to_a_network_that_is_made_later(two: Engine) -> None:
    """ConnectToNetwork notes the name as it was given where the container is stopped and nothing has that name."""
    two.run("w1", network="mac10")
    two.stop("w1", timeout=0)
    two.network_connect("later", "w1")
    with pytest.raises(DockerError, match="network later not found"):
        two.start("w1")
    two.network_create("later", subnet="172.16.60.0/24")
    w1 = two.start("w1")
    assert "172.16.60.2/24" in [*addresses(w1, "eth0"), *addresses(w1, "eth1")]
    with pytest.raises(DockerError, match="network never not found"):
        two.network_connect("never", "w1")


# -- bridge, host, none, container


def test_the_default_bridge(host: DockerHost) -> None:
    docker = host.docker
    b1, b2 = docker.run("b1"), docker.run("b2")
    assert (b1.ip, b1.mac, addresses(b1, "eth0")) == ("172.17.0.2", "02:42:ac:11:00:02", ["172.17.0.2/16"])
    assert routes(b1)[0] == ("default", "172.17.0.1", "eth0")
    assert b1.dev("eth0").ifindex == 5
    ends = [dev for name, dev in host.ns.devices.items() if name.startswith("veth")]
    assert [end.master for end in ends] == [host.dev("docker0")] * 2
    assert host.dev("docker0").carrier
    assert b1.ping(b2.ip, count=1).received == 1
    assert host.ping(b1.ip, count=1).received == 1
    with pytest.raises(MacvsimError):
        b1.resolve("b2")
    for name in ("b1", "b2"):
        docker.rm(name, force=True)
    assert not [name for name in host.ns.devices if name.startswith("veth")]


def test_a_bridge_network_of_ones_own(host: DockerHost) -> None:
    docker = host.docker
    network = docker.network_create("br1")
    assert network.device == f"br-{network.id[:12]}"
    assert addresses(host, network.device) == ["172.18.0.1/16"]
    b1 = docker.run("b1", network="br1")
    docker.run("b2", network="br1", network_alias=["web"])
    assert b1.ping("web", count=1).received == 1
    with pytest.raises(DockerError, match="has active endpoints"):
        docker.network_rm("br1")
    for name in ("b1", "b2"):
        docker.rm(name, force=True)
    docker.network_rm("br1")
    assert network.device not in host.ns.devices
    docker.network_create(
        "br2", options={"com.docker.network.bridge.name": "mybr", "com.docker.network.driver.mtu": "1400"}
    )
    assert docker.run("b3", network="br2").dev("eth0").mtu == 1400
    assert host.dev("mybr").mtu == 1400


def test_host_none_and_another_containers_network(host: DockerHost, docker: Engine) -> None:
    hh = docker.run("hh", network="host")
    assert hh.ns is host.ns
    assert hh.hostname == "host1"
    nn = docker.run("nn", network="none")
    assert [(name, dev.up) for name, dev in nn.ns.devices.items()] == [("lo", True)]
    c1 = docker.run("c1", network="mac1")
    cc = docker.run("cc", network="container:c1")
    assert cc.ns is c1.ns and cc.hostname == c1.hostname
    with pytest.raises(DockerError, match="container sharing network namespace"):
        docker.network_connect("mac1", "cc")
    docker.rm("hh", force=True)
    docker.rm("cc", force=True)
    assert host.dev("enp0s8").up and c1.dev("eth0").up
    assert docker.controller.networks["host"].endpoints == {}


# -- names and files


def test_names_a_container_finds(docker: Engine) -> None:
    a = docker.run("aa", network="mac1", hostname="alpha")
    b = docker.run("bb", network="mac1", network_alias=["web", "db"])
    docker.run("other")
    address = b.endpoints[0].address
    assert address is not None
    for name in ("bb", "BB", "web", "db", b.id[:12], "bb.mac1", "bb.", "web.MAC1"):
        assert a.resolve(name) == int(address), name
    assert ip_text(b.resolve("alpha")) == "172.16.10.2"
    assert ip_text(a.resolve("localhost")) == "127.0.0.1"
    for name in ("other", "bb.bridge", "nosuch"):
        with pytest.raises(MacvsimError, match="cannot resolve"):
            a.resolve(name)
    docker.stop("bb", timeout=0)
    with pytest.raises(MacvsimError):
        a.resolve("bb")
    a.files["/etc/hosts"] += "10.1.2.3 mine\n"
    assert ip_text(a.resolve("mine")) == "10.1.2.3"


def test_an_alias_of_several_is_drawn(docker: Engine) -> None:
    a = docker.run("aa", network="mac1")
    members = [docker.run(name, network="mac1", network_alias=["pool"]) for name in ("p1", "p2", "p3")]
    assert {ip_text(a.resolve("pool")) for _ in range(50)} == {member.ip for member in members}


def test_resolv_conf() -> None:
    head = (
        "# Generated by Docker Engine.\n"
        "# This file can be edited; Docker Engine will not make further changes once it\n"
        "# has been modified.\n\n"
    )
    assert resolv_text(DOCKER_26_1, "nameserver 192.168.1.1\n", internal=True) == head + (
        "nameserver 127.0.0.11\noptions ndots:0\n\n"
        "# Based on host file: '/etc/resolv.conf' (internal resolver)\n"
        "# ExtServers: [192.168.1.1]\n# Overrides: []\n# Option ndots from: internal\n"
    )
    assert resolv_text(DOCKER_26_1, "nameserver 192.168.1.1\n", internal=False) == head + (
        "nameserver 192.168.1.1\n\n# Based on host file: '/etc/resolv.conf' (legacy)\n# Overrides: []\n"
    )
    assert (
        resolv_text(DOCKER_19_03, "nameserver 192.168.1.1\n", internal=True)
        == "nameserver 127.0.0.11\noptions ndots:0\n"
    )


@pytest.mark.parametrize(
    ("lines", "search"),
    [
        ("domain example.org", "example.org"),
        ("search a.example\ndomain b.example c.example", "b.example c.example"),
        ("domain b.example\nsearch a.example d.example", "a.example d.example"),
        ("search a.example\nsearch", "a.example"),
    ],
)
def test_search_domains_of_the_host(lines: str, search: str) -> None:
    """Recording 973: ``domain`` is another word for ``search``, the last line counts, one without names does not."""
    own = f"{lines}\nnameserver 192.168.1.1\noptions timeout:3\n"
    legacy, internal = (resolv_text(DOCKER_19_03, own, internal=internal) for internal in (False, True))
    assert legacy == f"nameserver 192.168.1.1\nsearch {search}\noptions timeout:3\n"
    assert internal == f"nameserver 127.0.0.11\nsearch {search}\noptions timeout:3 ndots:0\n"


def test_a_default_pool_avoids_the_name_servers_of_the_host() -> None:
    """Recording 973; later networks go by the file as it is then."""
    (host,) = hosts("host1")
    docker = host.docker
    names = (f"n{number}" for number in range(20))

    def subnet() -> str:
        return str(docker.network_create(next(names)).leases[0].pool.subnet)

    assert subnet() == "172.18.0.0/16"
    host.files["/etc/resolv.conf"] = "nameserver 172.19.255.1\nnameserver ::1\nnameserver what\n"
    assert subnet() == "172.20.0.0/16"
    host.files["/etc/resolv.conf"] = "nameserver 192.168.1.1\n"
    assert [subnet() for _ in range(13)][-3:] == ["172.31.0.0/16", "192.168.16.0/20", "192.168.32.0/20"]


def test_hosts_file_follows_the_networks(two: Engine) -> None:
    w1 = two.run("w1", network="mac10", hostname="box")
    two.network_connect("mac20", "w1")
    assert w1.files["/etc/hosts"].splitlines()[-2:] == ["172.16.10.2\tbox", "172.16.20.2\tbox"]
    assert w1.files["/etc/hostname"] == "box\n"
    two.network_disconnect("mac10", "w1")  # takes every line that ends with the name, whatever its address
    assert w1.files["/etc/hosts"].splitlines()[-1] == "ff02::2\tip6-allrouters"
    two.network_connect("mac10", "w1")
    assert w1.files["/etc/hosts"].splitlines()[-2:] == ["ff02::2\tip6-allrouters", "172.16.10.2\tbox"]


def test_the_right_to_configure_the_network(docker: Engine) -> None:
    containers: list[Container] = [
        docker.run(network="mac1"),
        docker.run(network="mac1", privileged=True),
        docker.run(network="mac1", cap_add=["NET_ADMIN"]),
    ]
    assert [container.net_admin for container in containers] == [False, True, True]


# -- older Docker


def test_19_03_judges_the_address_when_the_container_starts() -> None:
    (host,) = hosts("host1", profile="19.03")
    docker = host.docker
    docker.network_create("mac1", **NET)
    with pytest.raises(DockerError, match=r"^Invalid address 172.16.11.2: It does not belong to any"):
        docker.run("c4", network="mac1", ip="172.16.11.2")
    assert docker.find("c4").status == "created"
    docker.network_create("int", driver="macvlan", subnet="172.16.20.0/24", parent="enp0s8.9", internal=True)
    assert "enp0s8.9" not in host.ns.devices  # --internal was "no parent"
    with pytest.raises(DockerError, match="Container cannot be connected to network endpoints: mac1, int"):
        docker.run("c5", network=["mac1", "int"])
