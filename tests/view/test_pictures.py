"""The pictures of README and docs: as they are drawn now, byte by byte."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
sys.path.insert(0, str(PICTURES))

import draw  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", draw.PICTURES)
def test_committed_picture_is_what_is_drawn(name: str) -> None:
    committed = (PICTURES / name).read_bytes()
    assert draw.PICTURES[name]().encode() == committed, "make pictures draws them anew"


@pytest.mark.parametrize("name", draw.PICTURES)
def test_picture_is_accessible_and_needs_nothing(name: str) -> None:
    root = ElementTree.parse(PICTURES / name).getroot()
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert all(child.text for child in root[:2])
    assert root.get("role") == "img"
    assert not [element.tag for element in root.iter() if element.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}use")]
    assert "http" not in (PICTURES / name).read_text().replace("http://www.w3.org/2000/svg", "")


def test_no_other_pictures_are_committed() -> None:
    assert {path.name for path in PICTURES.glob("*.svg")} == set(draw.PICTURES)
