"""What a real docker 26.1.5 answered when it was asked about its commands, asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.replay.runner import replay_folder

ASKED = Path(__file__).parents[1] / "data" / "docker" / "asked"
PUBLISHED = (" p1", " p2", " p3", " p4", "docker ps --format '{{.Names}} {{.Ports}}'", "docker ps -n 1")
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
            *("docker diff", "docker stats", "docker system df", "docker inspect busybox", "docker history"),
            *("docker update", "docker cp", "docker attach", "docker ps -s", "docker inspect -s", "--type image"),
            *("exec -w /etc c1 pwd", "exec -u nobody", "{{.State}}", "{{.NetworkSettings.Networks}}"),
        ),
        "commands are typed at terminals here": ("docker exec -it",),
        "part of an identifier": ("{{slice .Id 0 3}}",),
    },
    "running": {
        "published ports": PUBLISHED,
        "left out": ("pwd", "ps; id", "--link", "nosuchimage"),
        "real time: when a restart falls": ("r2", "r3"),
        "a shell without input, seen before it has ended": ("docker ps -a --filter name=k1",),
        "not as recorded": ("docker network disconnect -f mac2 nosuch",),
    },
}


@pytest.mark.parametrize(("name", "least"), [("networks", 89), ("containers", 102), ("running", 68), ("ipv6", 48)])
def test_answers(name: str, least: int) -> None:
    result = replay_folder(ASKED / name)
    accepted = [part for parts in ACCEPTED[name].values() for part in parts]
    different = [command for command in result.commands if command.outcome != "equal"]
    unexpected = [c for c in different if not any(part in c.entry.cmd for part in accepted)]
    assert not unexpected, "\n".join([unexpected[0].entry.cmd, *unexpected[0].differences()])
    assert result.commands_equal >= least
