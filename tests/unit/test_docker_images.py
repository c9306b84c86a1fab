"""Images as docker 26.1.5 was asked about them: names, removal, and looking for the registry."""

from __future__ import annotations

import pytest

from macvsim.docker.host import DockerHost
from macvsim.engine.sim import SECOND
from macvsim.shell.interp import Shell
from tests.unit.docker_lab import hosts


@pytest.fixture
def host() -> DockerHost:
    (machine,) = hosts("h1", shell=Shell())
    assert not machine.sh("docker tag busybox other:1; docker create --name n1 --network none busybox echo hi").code
    return machine


def test_a_name_goes(host: DockerHost) -> None:
    short = host.docker.images.all()[0].short_id
    assert host.sh("docker rmi busybox").stdout == "Untagged: busybox:latest\n"
    assert host.sh("docker ps -a --format '{{.Image}}'").stdout == f"{short}\n"
    refused = host.sh("docker rmi other:1")
    assert refused.stderr == (
        'Error response from daemon: conflict: unable to remove repository reference "other:1" (must force) - '
        f"container {host.docker.find('n1').short_id} is using its referenced image {short}\n"
    )
    host.sh("docker run -itd --network none other:1")
    assert host.sh("docker rmi -f other:1").stdout == "Untagged: other:1\n"
    assert host.sh("docker images --format '{{.Repository}}:{{.Tag}}'").stdout == "<none>:<none>\n"


def test_an_image_goes_with_its_last_name(host: DockerHost) -> None:
    host.sh("docker rm n1; docker rmi other:1")
    (image,) = host.docker.images.all()
    first, second, third = host.sh("docker rmi busybox").stdout.splitlines()
    assert (first, second) == ("Untagged: busybox:latest", f"Deleted: sha256:{image.id}")
    assert third.startswith("Deleted: sha256:")
    assert host.sh("docker rmi busybox").stderr == "Error response from daemon: No such image: busybox:latest\n"
    assert host.sh("docker rmi -f busybox").code == 0
    assert not len(host.docker.images)


def test_by_identifier(host: DockerHost) -> None:
    (image,) = host.docker.images.all()
    said = f"Error response from daemon: conflict: unable to delete {image.short_id} (must be forced) - image is "
    assert host.sh(f"docker rmi {image.short_id}").stderr == f"{said}referenced in multiple repositories\n"
    host.sh("docker rmi other:1")
    stopped = f"{said}being used by stopped container {host.docker.find('n1').short_id}\n"
    assert host.sh(f"docker rmi {image.short_id}").stderr == stopped
    lines = host.sh(f"docker rmi -f {image.short_id}").stdout.splitlines()
    assert lines == ["Untagged: busybox:latest", f"Deleted: sha256:{image.id}"]


def test_prune(host: DockerHost) -> None:
    assert host.sh("docker image prune -f").stdout == "Total reclaimed space: 0B\n"
    pruned = host.sh("docker image prune -a -f").stdout
    assert pruned == "Deleted Images:\nuntagged: busybox:latest\n\nTotal reclaimed space: 0B\n"


def test_the_registry_cannot_be_reached(host: DockerHost) -> None:
    """Where the name server is known, the host asks it."""
    missing = "Unable to find image 'alpine:latest' locally\n"
    assert host.sh("docker run --rm alpine").code == 95
    host.files["/etc/resolv.conf"] = "nameserver 192.0.2.1\n"
    said = (
        'docker: Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup '
        "registry-1.docker.io on 192.0.2.1:53: dial udp 192.0.2.1:53: connect: network is unreachable.\n"
        "See 'docker run --help'.\n"
    )
    result = host.sh("docker run --rm alpine")
    assert (result.stdout, result.stderr, result.code) == ("", missing + said, 125)
    host.sh("ip addr add 192.0.2.2/24 dev enp0s8; ip link set enp0s8 up")
    before = host.sim.now
    waited = host.sh("docker create alpine").stderr
    assert "->192.0.2.1:53: i/o timeout\n" in waited
    assert host.sim.now - before == 10 * SECOND
    assert host.sh("docker run --pull never alpine").stderr.startswith("docker: Error response from daemon: No such im")
