"""nsenter, and the module of python that indents JSON."""

from __future__ import annotations

from macvsim.docker.host import DockerHost
from macvsim.shell.interp import Shell
from tests.unit.docker_lab import hosts


def host() -> DockerHost:
    (machine,) = hosts("h1", shell=Shell())
    machine.docker.run("c1", network="none")
    return machine


def test_into_containers() -> None:
    machine = host()
    key = machine.sh("docker inspect -f '{{.NetworkSettings.SandboxKey}}' c1").stdout.strip()
    pid = machine.sh("docker inspect -f '{{.State.Pid}}' c1").stdout.strip()
    wanted = "1: lo: <LOOPBACK,UP,LOWER_UP>"
    for words in (f"--net={key}", f"-t {pid} -n", f"--net=/proc/{pid}/ns/net"):
        result = machine.sh(f"nsenter {words} ip link show lo")
        assert result.stdout.startswith(wanted)
        assert "enp0s8" not in machine.sh(f"nsenter {words} ip link").stdout


def test_into_named_namespaces() -> None:
    machine = host()
    machine.sh("ip netns add blue")
    assert "state DOWN" in machine.sh("nsenter --net=/run/netns/blue ip link show lo").stdout


def test_mistakes() -> None:
    machine = host()
    for words, code, text in (
        ("--net=/run/netns/no ip link", 1, "nsenter: cannot open /run/netns/no: No such file or directory"),
        ("-t x -n ip link", 1, "nsenter: failed to parse pid: 'x'"),
        ("-n ip link", 1, "nsenter: neither filename nor target pid supplied for ns/net"),
        ("--mount -t 1 ls", 95, "not simulated: nsenter --mount"),
    ):
        result = machine.sh(f"nsenter {words}")
        assert result.code == code
        assert text in result.stderr


def test_json_tool() -> None:
    machine = host()
    assert machine.sh("echo '{\"a\":[1]}' | python3 -m json.tool").stdout == '{\n    "a": [\n        1\n    ]\n}\n'
    assert machine.sh("echo nonsense | python3 -m json.tool").code == 1
