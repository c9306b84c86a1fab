"""The public names: the reference has all of them, completion shows no others, and every one exists."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path
from typing import Any

import pytest

import macvsim
from macvsim import Lab
from macvsim.engine.display import Listed

REFERENCE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "reference.py"))
CLASSES = {name: getattr(macvsim, name) for name in macvsim.__all__} | REFERENCE["RETURNED"]


def test_names_of_the_package() -> None:
    assert dir(macvsim) == macvsim.__all__ == sorted(macvsim.__all__, key=lambda name: (name.islower(), name))
    for name in macvsim.__all__:
        assert getattr(macvsim, name).__doc__


def issubclass_of_listed(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Listed)


def is_documented(kind: type, attribute: str) -> bool:
    found = inspect.getattr_static(kind, attribute, None)
    return isinstance(found, property | classmethod) or inspect.isfunction(found)


@pytest.fixture(scope="module")
def page() -> str:
    return "\n".join(REFERENCE["api"]())


@pytest.fixture(scope="module")
def things() -> dict[str, Any]:
    lab = Lab()
    sw1 = lab.switch("sw1")
    host1 = lab.host("host1", nic="eth0", switch=sw1)
    host1.docker.network_create("mac1", driver="macvlan", subnet="10.0.0.0/24", parent="eth0")
    c1 = host1.docker.run("c1", network="mac1")
    with lab.capture() as capture:
        ping = c1.ping("10.0.0.9", count=1, timeout=1)
    (network,) = [network for network in host1.docker.network_ls() if network.name == "mac1"]
    return {
        "Lab": lab, "DockerHost": host1, "Container": c1, "Engine": host1.docker, "Network": network, "Switch": sw1,
        "SwitchPort": sw1.port("host1"), "Cable": lab.cables[0], "NetDevice": host1.dev("eth0"), "PingResult": ping,
        "Result": c1.sh("true"), "Capture": capture, "Explanation": ping.explain(),
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, kind in CLASSES.items() if issubclass_of_listed(kind)])
def test_completion_shows_what_the_reference_has(things: dict[str, Any], page: str, name: str) -> None:
    thing, kind = things[name], CLASSES[name]
    assert isinstance(thing, kind)
    assert dir(thing) == REFERENCE["public_names"](kind)
    section = page.split(f"\n## {name}\n\n")[1].split("\n## ")[0]
    for attribute in dir(thing):
        getattr(thing, attribute)
        if is_documented(kind, attribute):
            assert f"### {name}.{attribute}\n" in section
