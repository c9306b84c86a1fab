"""docker compose against what docker-compose 2.26.1 answered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from macvsim.docker.host import DockerHost
from macvsim.shell.interp import Shell
from macvsim.tools.compose.yamltext import scalar
from tests.unit.docker_lab import hosts

DATA = Path(__file__).parents[1] / "data" / "docker" / "compose"
CASES = [block.partition("\n") for block in re.split(r"^=== ", (DATA / "config.txt").read_text(), flags=re.M)[1:]]
LEFT_OUT = ("build", "vol", "undefvol")
OTHER_ERROR_FIRST = ("multi",)


@pytest.fixture
def host() -> DockerHost:
    (machine,) = hosts("h1", shell=Shell())
    return machine


def _without_time(text: str) -> str:
    return re.sub(r'time="[^"]*"', "time", text)


@pytest.mark.parametrize(("head", "body"), [(head, body) for head, _, body in CASES], ids=[c[0] for c in CASES])
def test_config(host: DockerHost, head: str, body: str) -> None:
    """The file written out, or what is wrong with it."""
    match = re.fullmatch(r"(\w+) rc=(\d+)", head)
    assert match is not None
    text, _, answer = body.partition("--\n")
    stdout, _, stderr = answer.rpartition("2> ")
    host.files["/root/bad/c.yaml"] = text
    result = host.sh("cd /root/bad; docker-compose -f c.yaml config")
    if match[1] in LEFT_OUT:
        assert result.code == 95
        return
    assert result.code == int(match[2])
    if match[1] not in OTHER_ERROR_FIRST:
        assert result.stdout == stdout
        assert _without_time(result.stderr).rstrip("\n") == _without_time(stderr).rstrip("\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("3600", '"3600"'),
        ("02:00:00:00:00:11", '"02:00:00:00:00:11"'),
        ("yes", '"yes"'),
        ("", '""'),
        ("a: b", "'a: b'"),
        ("it's", "it's"),
        ("#x", "'#x'"),
        ("-c", "-c"),
        ("- c", "'- c'"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
    ],
)
def test_scalars(value: object, text: str) -> None:
    assert scalar(value) == text


def test_up_and_down(host: DockerHost) -> None:
    """Six containers on one network and on none, in the order of their dependencies, and away again."""
    host.files["/root/two/two.yaml"] = (DATA / "two.yaml").read_text()
    compose = "cd /root/two; docker-compose -f two.yaml"
    result = host.sh(f"{compose} up -d")
    assert result.code == 0
    lines = result.stderr.splitlines()
    assert lines[:2] == [" Network two_front  Creating", " Network two_front  Created"]
    assert lines.index(" Container two-db-1  Started") < lines.index(" Container two-web-1  Starting")
    assert sorted(line.split()[1] for line in lines if line.endswith("Started")) == [
        *("two-db-1", "two-hosty-1", "two-many-1", "two-many-2", "two-side-1", "two-web-1"),
    ]
    db = host.docker.find("two-db-1")
    assert (db.ip, db.hostname) == ("172.16.70.9", "dbhost")
    assert host.docker.find("two-side-1").ns is db.ns
    assert "1 packets received" in host.sh("docker exec two-web-1 ping -c 1 database").stdout
    assert host.sh(f"{compose} logs web").stdout == "\x1b[2Kweb-1  | hello\n"
    assert host.sh(f"{compose} exec db hostname").stdout == "dbhost\n"
    assert host.sh(f"{compose} up -d").stderr.splitlines() == [
        f" Container two-{name}  Running" for name in ("many-1", "many-2", "hosty-1", "db-1", "web-1", "side-1")
    ]
    host.sh(f"{compose} up -d --scale many=1")
    assert "two-many-2" not in host.docker.containers
    rows = host.sh(f"{compose} ps").stdout.splitlines()
    assert [row.split()[0] for row in rows] == [
        "NAME",
        "two-db-1",
        "two-hosty-1",
        "two-many-1",
        "two-side-1",
        "two-web-1",
    ]
    result = host.sh(f"{compose} down -t 0")
    assert result.stderr.splitlines()[-2:] == [" Network two_front  Removing", " Network two_front  Removed"]
    assert host.docker.containers == {}
    assert "enp0s8.7" not in host.ns.devices
    assert host.sh(f"{compose} down").stderr == ""


def test_labels_find_containers_again(host: DockerHost) -> None:
    host.files["/root/lab/compose.yaml"] = "services: {x: {image: busybox, command: sleep 1000, labels: {a: b}}}\n"
    host.sh("cd /root/lab; docker compose up -d")
    (document,) = json.loads(host.sh("docker inspect lab-x-1").stdout)
    labels = document["Config"]["Labels"]
    assert labels["a"] == "b"
    assert labels["com.docker.compose.project.config_files"] == "/root/lab/compose.yaml"
    assert document["NetworkSettings"]["Networks"]["lab_default"]["Aliases"] == ["lab-x-1", "x"]
    assert document["HostConfig"]["Dns"] is None
    assert host.sh("docker compose ls").stdout.splitlines()[1].split() == [
        "lab",
        "running(1)",
        "/root/lab/compose.yaml",
    ]
    host.files["/root/lab/compose.yaml"] = "services: {x: {image: busybox, command: sleep 2000}}\n"
    assert host.sh("cd /root/lab; docker compose up -d -t 0").stderr.splitlines() == [
        *(" Container lab-x-1  Recreate", " Container lab-x-1  Recreated"),
        *(" Container lab-x-1  Starting", " Container lab-x-1  Started"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ("up -x", 16, "unknown shorthand flag: 'x' in -x\n"),
        ("exec d1", 1, "requires at least 2 arg(s), only received 1\n"),
        ("config x", 1, "no such service: x\n"),
        ("up -d nosuch", 1, "no such service: nosuch\n"),
        ("up --scale x", 1, 'invalid --scale option "x". Should be SERVICE=NUM\n'),
        (
            "up -t x",
            16,
            'invalid argument "x" for "-t, --timeout" flag: strconv.ParseInt: parsing "x": invalid syntax\n',
        ),
        ("ls x", 1, 'unknown command "x" for "docker compose ls"\n'),
        ("frob", 16, 'unknown docker command: "compose frob"\n'),
        ("-f nosuch.yaml ps", 14, "open /root/lab/nosuch.yaml: no such file or directory\n"),
        ("exec nosuch ls", 1, 'service "nosuch" is not running\n'),
        ("up --no-recreate --force-recreate", 1, "--force-recreate and --no-recreate are incompatible\n"),
    ],
)
def test_errors(host: DockerHost, words: str, code: int, text: str) -> None:
    host.files["/root/lab/compose.yaml"] = "services: {d1: {image: busybox}}\n"
    result = host.sh(f"cd /root/lab; docker-compose {words}")
    assert (result.code, result.stderr) == (code, text)
    assert host.docker.containers == {}


def test_no_file(host: DockerHost) -> None:
    result = host.sh("docker-compose up -d")
    assert (result.code, result.stderr) == (14, "no configuration file provided: not found\n")
    assert host.sh("docker-compose version").stdout == "Docker Compose version 2.26.1-4\n"
    assert host.sh("docker-compose up --help").stdout.startswith("\nUsage:  docker compose up [OPTIONS] [SERVICE...]\n")


def test_limits_of_resources_are_notes(host: DockerHost) -> None:
    host.files["/root/compose.yaml"] = (
        "services:\n  web:\n    image: busybox\n    command: sleep 1000\n    mem_limit: 64m\n"
        "    deploy: {resources: {limits: {cpus: '0.5'}}}\n"
    )
    result = host.sh("cd /root && docker compose up -d")
    assert (result.code, result.after) == (0, ())
    assert result.stderr.splitlines()[:2] == [
        "note: docker compose: mem_limit of the service web has no effect here",
        "note: docker compose: deploy.resources of the service web has no effect here",
    ]
    shown = host.sh("cd /root && docker compose config")
    assert (shown.code, shown.stderr) == (95, "not simulated: docker compose: mem_limit of the service web\n")
    assert shown.after == ()
