"""Pages about the code name only files, functions and commands that exist, and the map has every room in its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.docs.names import unknown

MAP = ROOT / "docs" / "pages" / "architecture.md"
FASTPATH = ROOT / "macvsim" / "fastpath"
PAGES = (MAP, ROOT / "docs" / "pages" / "follow-a-frame.md", ROOT / "CONTRIBUTING.md")


@pytest.mark.skipif(not FASTPATH.exists(), reason="the pages name files of the fast path, which was deleted")
@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_everything_that_a_page_names_exists(page: Path) -> None:
    assert not list(unknown(page.read_text("utf-8")))


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`dev/base.py`, `tests/uml/`, `python -m tests.words`, `NetDevice.xmit`, `Sim.recorder`, ip_rcv()", []),
        ("`flow_of`, `Lab(fastpath=False)`, `make check`, `macvsim check --plain`, `debian`", []),
        ("`net/trip.py` and `net/nothing/`", ["net/trip.py", "net/nothing/"]),
        ("`NetDevice.learn`, `Hops`, `settle_all`", ["NetDevice.learn", "Hops", "settle_all"]),
        ("ip_nothing() and `make nothing`", ["make nothing", "ip_nothing"]),
        ("`macvsim nothing`, `python -m tests.nothing`", ["macvsim nothing", "python -m tests.nothing"]),
        ("```\n`net/trip.py`\n```\n", []),
    ],
)
def test_names_that_do_not_exist_are_found(text: str, missing: list[str]) -> None:
    assert list(unknown(text)) == missing


def test_the_map_has_every_room_in_the_order_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    rooms = [room.strip("()") for layer in layers for room in layer.split(" : ")]
    table = MAP.read_text("utf-8").partition("| room |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)(?:/|\.py)`", table, re.MULTILINE) == rooms
