"""Every frame ever emitted is what scapy builds from the same field values, and its checksums are right."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macvsim import Lab
from macvsim.errors import SocketError
from macvsim.machine.capture import Capture
from macvsim.net.socket import UdpSocket
from macvsim.wire.addr import ip_int
from macvsim.wire.compose import recompose


def check(capture: Capture) -> None:
    """Rebuild every distinct frame with scapy."""
    assert capture.records
    seen: dict[bytes, str] = {}
    for record in capture.records:
        seen.setdefault(record.data, record.interface)
    for data, interface in seen.items():
        assert recompose(data) == data, f"{interface}: {data.hex()}"


def routed(seed: int, mtu: int) -> Lab:
    """d1 and d2 on two VLANs, host3 between them, with another MTU on the far side."""
    lab = Lab(seed=seed)
    sw1 = lab.switch("sw1")
    host1 = lab.host("host1", switch=sw1)
    for vid, net, name in ((100, 10, "d1"), (200, 20, "d2")):
        host1.vlan("enp0s8", vid)
        host1.docker.network_create(
            f"mac{net}",
            driver="macvlan",
            subnet=f"172.16.{net}.0/24",
            gateway=f"172.16.{net}.1",
            parent=f"enp0s8.{vid}",
        )
        host1.docker.run(name, network=f"mac{net}", ip=f"172.16.{net}.10")
    host3 = lab.host("host3", switch=sw1)
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    host3.dev("enp0s8.200").set_mtu(mtu)
    host3.sysctl["net.ipv4.ip_forward"] = 1
    return lab


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    mtu=st.integers(576, 1500),
    size=st.integers(0, 4000),
    ttl=st.integers(1, 255),
    target=st.sampled_from(["172.16.20.10", "172.16.10.1", "172.16.20.99", "172.16.10.77", "203.0.113.9"]),
)
def test_pings_errors_and_fragments(seed: int, mtu: int, size: int, ttl: int, target: str) -> None:
    """Echo requests and replies, ARP, time exceeded, unreachables, frag needed, fragments."""
    lab = routed(seed, mtu)
    with lab.capture() as capture:
        lab["d1"].ping(target, count=2, size=size, ttl=ttl, timeout=4)
        lab["d2"].ping("172.16.10.10", count=1, size=size // 2, timeout=2)
        lab.run(6)
    check(capture)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), data=st.binary(max_size=3000), port=st.integers(1, 65535))
def test_udp(seed: int, data: bytes, port: int) -> None:
    """Datagrams to open and closed ports, and what is said about the closed ones."""
    lab = routed(seed, 1500)
    heard: list[bytes] = []
    server = UdpSocket(lab["d2"].ns, lambda payload, ip, source, packet: heard.append(payload))
    server.bind(0, 7)
    client = UdpSocket(lab["d1"].ns)
    with lab.capture() as capture:
        for target in (7, port):
            try:
                client.send_to(data, ip_int("172.16.20.10"), target)
            except SocketError:
                continue
            lab.run(1)
    assert heard[0] == data
    check(capture)
