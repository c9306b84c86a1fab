"""The picture of a lab: everything is there, nothing overlaps, nothing leaves the frame."""

from __future__ import annotations

from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macvsim import Lab
from macvsim.view.lab import lab_scene
from macvsim.view.scene import Area, Box, Scene, Wire, extent
from macvsim.view.style import SHAPES
from tests.view.labs import large, scrambled

pytestmark = pytest.mark.slow


def check(scene: Scene) -> None:
    """No two labels overlap, none is crossed by a wire or a border, nothing leaves the frame."""
    frame = Area(0, 0, scene.width, scene.height)
    for item in scene.items:
        assert frame.contains(extent(item)), item
    texts = sorted(scene.texts(), key=lambda text: text.area.y)
    for one, other in combinations(texts, 2):
        assert not one.area.overlaps(other.area, slack=0.5), (one, other)
    boxes = [item for item in scene.items if isinstance(item, Box) and SHAPES[item.style].stroke]
    for text in texts:
        for box in boxes:
            inside, outside = box.area.contains(text.area, slack=0.5), not box.area.overlaps(text.area, slack=0.5)
            assert inside or outside, (text, box)
    for wire in (item for item in scene.items if isinstance(item, Wire)):
        for (x0, y0), (x1, y1) in pairwise(wire.points):
            segment = Area(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
            for text in texts:
                assert not crosses(segment, text.area), (wire, text)


def crosses(segment: Area, label: Area) -> bool:
    """A line parallel to an axis runs through a label."""
    return (
        segment.x < label.right - 0.5
        and label.x + 0.5 < segment.right + 0.01
        and segment.y < label.bottom - 1
        and label.y + 1 < segment.bottom + 0.01
    )


def words(lab: Lab) -> list[str]:
    return [word.text for text in lab_scene(lab).texts() for word in text.words]


@pytest.mark.parametrize("hosts", [2, 3, 4, 5, 7, 12, 20])
def test_nothing_overlaps_from_2_to_20_hosts(hosts: int) -> None:
    lab = large(hosts, 5 * hosts)
    check(lab_scene(lab, title="A lab of any size"))
    said = words(lab)
    assert said.count("eth0") == 5 * hosts
    assert all(
        f"c{n + 1}" in said and f"172.16.{(n // hosts % 2 + 1) * 10}.{10 + n}/24" in said for n in range(5 * hosts)
    )


@pytest.mark.parametrize("containers", [1, 6, 40, 100])
def test_many_containers_on_two_hosts_are_wrapped(containers: int) -> None:
    scene = lab_scene(large(2, containers))
    check(scene)
    assert scene.width < 3 * scene.height + 1000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_random_labs_have_room_for_everything(seed: int) -> None:
    lab = scrambled(seed)
    scene = lab_scene(lab)
    check(scene)
    ElementTree.fromstring(lab._repr_svg_())
    said = words(lab)
    for name in (*lab.switches, *lab.hosts):
        assert name in said
    for box in lab.boxes().values():
        assert box.name in said
