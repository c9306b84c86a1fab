"""What a real docker 26.1.5 answered when it was asked about its commands, asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.fidelity.replay.runner import replay_folder

ASKED = Path(__file__).parents[1] / "data" / "docker" / "asked"
ACCEPTED: dict[str, dict[str, tuple[str, ...]]] = {
    "networks": {
        "how far duplicate address detection has come": ("docker exec v6a ip a",),
        "prints nothing although there are addresses": ("ip -6 addr show type bridge",),
        "maps whose order Go draws": ("docker network ls --format '{{json .}}'",),
        "left out": ("docker network inspect -f '{{.}}' lab",),
    },
    "ipv6": {
        "anycast addresses of a router": ("ip -6 route",),
        "how far duplicate address detection has come": ("ip addr show type bridge", "docker exec ca ip -6 route"),
        "addresses made of random MACs": ("exec ci ip ", "exec cj ip ", "exec host6 ip -6"),
    },
    "containers": {
        "process identifiers of the recorder": ("docker top c1",),
        "left out": (
            *("docker stats", "docker system df", "docker cp c1:/etc/hostname -", "{{.State}}"),
            "{{.NetworkSettings.Networks}}",
        ),
        "commands are typed at terminals here": ("docker exec -it",),
        "part of an identifier": ("{{slice .Id 0 3}}",),
    },
    "running": {
        "left out": ("ps; id",),
        "real time: when a restart falls": ("r2", "r3"),
        "a shell without input, seen before it has ended": ("docker ps -a --filter name=k1",),
    },
    "images": {
        "left out": (
            *("--filter label", "-f label=x", "docker volume", "docker stats", "docker update", "docker system df"),
            *("docker events", "docker run --rm --network none -v", "docker top", "docker context", "docker swarm"),
            *("docker build", "docker search", "docker push", "docker log", "docker save", "docker load"),
            *(
                "docker export",
                "docker commit",
                "docker manifest",
                "docker trust",
                "docker checkpoint",
                "--type volume",
            ),
            "docker cp d1:/etc/new -",
        ),
        "an order that Go draws": ("docker images --digests",),
    },
    "more": {
        "left out": (
            *(
                "docker stats",
                "docker update",
                ".HostConfig.Memory",
                "docker system df",
                "docker events",
                "docker save",
            ),
            *("docker load", "docker export", "docker commit", "docker import /tmp/e.tar", "exp:1", "img:2"),
            *("docker cp d1:/etc/new -", "docker run --rm ", "docker exec -u 1000"),
        ),
        "images that commands made which are left out": ("docker images", "docker ps -a"),
        "a link on the default bridge": ("--link b1:zz", "b2"),
        "containers that were left out": ("since=c1", "isolation=default"),
        "files of the recorder's image": ("docker cp d1:/etc ", "docker cp n1:/etc/passwd"),
        "the order of a directory": ("docker diff d1",),
    },
}


@pytest.mark.parametrize(
    ("name", "least"),
    [("networks", 89), ("containers", 116), ("running", 84), ("ipv6", 48), ("images", 118), ("more", 93)],
)
def test_answers(name: str, least: int) -> None:
    result = replay_folder(ASKED / name)
    accepted = [part for parts in ACCEPTED[name].values() for part in parts]
    different = [command for command in result.commands if command.outcome != "equal"]
    unexpected = [c for c in different if not any(part in c.entry.cmd for part in accepted)]
    assert not unexpected, "\n".join([unexpected[0].entry.cmd, *unexpected[0].differences()])
    assert result.commands_equal >= least
