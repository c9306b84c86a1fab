"""Pings drawn: the way over a lab, the ladder, the animation."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macvsim import Lab, MacvsimError
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.view.animation import animation, stage
from macvsim.view.lab import lab_scene
from macvsim.view.scene import Area, Scene, Wire, extent
from macvsim.view.story import story
from tests.view.labs import scrambled

FAILURES = sorted((Path(__file__).parents[2] / "scenarios" / "failures").glob("*.md"))
SVG = "{http://www.w3.org/2000/svg}"


def legible(scene: Scene) -> None:
    """Nothing leaves the frame, and no two labels overlap."""
    frame = Area(0, 0, scene.width, scene.height)
    for item in scene.items:
        assert frame.contains(extent(item)), item
    for one, other in combinations(scene.texts(), 2):
        assert not one.area.overlaps(other.area, slack=0.5), (one, other)


def two_hosts(*, trunk: bool = True) -> Lab:
    """c1 and c2 in VLAN 100 on two hosts; without `trunk`, host2's port does not carry it."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number in (1, 2):
        host = lab.host(f"host{number}", switch=sw1)
        host.vlan("enp0s8", 100)
        host.docker.network_create("mac10", driver="macvlan", subnet="172.16.10.0/24", parent="enp0s8.100")
        host.docker.run(f"c{number}", network="mac10", ip=f"172.16.10.{number + 1}")
    if not trunk:
        sw1.port("host2").trunk([200])
    return lab


def said(scene: Scene) -> list[str]:
    return [word.text for text in scene.texts() for word in text.words]


# -- the way over a lab ------------------------------------------------------------------------------------------------


def test_way_of_an_answered_ping_goes_there_and_back() -> None:
    lab = two_hosts()
    ping = lab["c1"].ping("172.16.10.3", count=1)
    tale = story(lab.sim, ping.explain())
    places = [visit.place.label for visit in tale.chain if visit.step in ("xmit", "receive")]
    there = ["c1:eth0", "host1:enp0s8.100", "host1:enp0s8", "sw1:host1", "sw1:host2"]
    there += ["host2:enp0s8", "host2:enp0s8.100", "c2:eth0"]
    assert places == [*there, *reversed(there)]
    scene = lab_scene(lab, told=ping.explain())
    legible(scene)
    assert {item.style for item in scene.items if isinstance(item, Wire)} >= {"way", "way-back"}


def test_way_of_a_lost_ping_ends_where_the_reason_is_written() -> None:
    lab = two_hosts(trunk=False)
    ping = lab["c1"].ping("172.16.10.3", count=1, timeout=1)
    tale = story(lab.sim, ping.explain())
    assert tale.end is not None
    assert tale.end.place.label == "sw1:host2"
    scene = lab_scene(lab, told=ping.explain())
    legible(scene)
    assert "✕ PORT_VLAN" in said(scene)
    note = next(text for text in scene.texts() if text.text == "✕ PORT_VLAN")
    port = next(text for text in scene.texts() if text.text == "host2" and text.y > 200)
    assert abs(note.area.middle - port.area.middle) < 1
    assert "and not VLAN 100" in scene.description


@pytest.mark.parametrize("path", FAILURES, ids=lambda path: path.stem)
def test_every_reported_failure_can_be_drawn(path: Path) -> None:
    player = Player(load(path))
    for outcome in player.play():
        for ping in outcome.pings:
            if not ping.received:
                found = ping.explain()
                legible(lab_scene(player.lab, told=found))
                assert found.reason is not None
                assert f"✕ {found.reason.name}" in said(lab_scene(player.lab, told=found))
                animated = animation(player.lab, found)
                moves_in_order(str(animated))
                legible(animated.scene)
                legible(ping.ladder().scene)
                return
    assert any(outcome.status for outcome in Player(load(path)).play()), "nothing of it fails"


def test_a_packet_lost_on_a_cable_is_told_where_it_left() -> None:
    lab = Lab(seed=0)
    a, b = (lab.host(name, nic="eth0") for name in "ab")
    lab.cable(a.dev("eth0"), b.dev("eth0"), loss=1.0)
    a.addr_add("eth0", "10.0.0.1/24")
    lost = a.ping("10.0.0.2", count=1, timeout=1)
    scene = lab_scene(lab, told=lost.explain())
    legible(scene)
    assert "✕ CABLE_LOSS" in said(scene)
    moves_in_order(str(lab.animate(lost)))


def test_nothing_that_was_sent_is_told_too() -> None:
    lab = Lab(seed=0)
    lost = lab.host("a", nic="eth0").ping("10.0.0.2", count=1)
    scene = lab_scene(lab, told=lost.explain())
    legible(scene)
    assert "✕ IP_OUTNOROUTES" in said(scene)
    str(lab.animate(lost))
    legible(lost.ladder().scene)


def test_what_is_no_ping_is_refused() -> None:
    lab = two_hosts()
    with pytest.raises(MacvsimError, match="path='c1' is no ping"):
        lab.picture(path="c1")
    silent = Lab(journal=False)
    host = silent.host("a")
    with pytest.raises(MacvsimError, match="journal"):
        host.ping("10.0.0.1", count=1).ladder()


# -- ladders -----------------------------------------------------------------------------------------------------------


def test_ladder_has_a_column_for_each_interface_and_says_what_each_packet_is() -> None:
    scene = two_hosts()["c1"].ping("172.16.10.3", count=1).ladder().scene
    legible(scene)
    words = said(scene)
    heads = [text for text in scene.texts() if text.words[0].style == "column"]
    assert [text.text for text in sorted(heads, key=lambda text: text.x)] == [
        *("c1", "host1", "host1", "sw1", "host2", "host2", "c2")
    ]
    for what in ("ARP who has 172.16.10.3?", "ARP 172.16.10.3 is at 02:42:ac:10:0a:03", "echo request 0, ttl 64"):
        assert what in words
    assert "echo reply 0, ttl 64" in words
    assert words.count("VLAN 100") == 4
    rows = [text.text for text in sorted(scene.texts(), key=lambda text: text.y) if text.words[0].style == "clock"]
    assert rows == sorted(rows)


def test_ladder_marks_where_packets_end() -> None:
    scene = two_hosts(trunk=False)["c1"].ping("172.16.10.3", count=1, timeout=1).ladder(by="node").scene
    legible(scene)
    assert "PORT_VLAN" in said(scene)
    assert "PORT_VLAN at sw1" in scene.description


def test_columns_of_two_containers_with_one_name_are_told_apart() -> None:
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number in (1, 2):
        host = lab.host(f"host{number}", switch=sw1)
        host.docker.network_create("mac1", driver="macvlan", subnet="172.16.10.0/24", parent="enp0s8")
        host.docker.run("c1", network="mac1", ip=f"172.16.10.{number + 1}")
    scene = lab["c1"].ping("172.16.10.3", count=1).ladder(by="node").scene
    heads = [text.text for text in scene.texts() if text.words[0].style == "column"]
    assert heads == ["c1", "host1", "sw1", "host2", "host2/c1"]
    assert {"c1", "host2/c1"} <= set(lab.graph().nodes)


def test_ladder_of_a_capture_shows_the_interfaces_that_were_looked_at() -> None:
    lab = two_hosts()
    with lab["host1"].capture("enp0s8") as near, lab["c2"].capture("eth0") as far:
        lab["c1"].ping("172.16.10.3", count=1)
    assert {word for word in said(near.ladder().scene) if word.startswith("enp")} == {"enp0s8"}
    assert "eth0" in said(far.ladder().scene)
    with lab.capture() as everything:
        lab["c1"].ping("172.16.10.3", count=2)
    scene = everything.ladder().scene
    legible(scene)
    assert said(scene).count("echo request 1, ttl 64") == 1, "one run, over the switch at which nobody captured"
    assert "sw1" not in said(scene)
    with pytest.raises(MacvsimError, match="'interface' or for each 'node'"):
        everything.ladder(by="cable")


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_packets_of_random_labs_can_be_drawn(seed: int) -> None:
    lab = scrambled(seed)
    boxes = [box for box in lab.boxes().values() if box.name != "lonely"]
    targets = [a.text.partition("/")[0] for box in boxes for d in box.ns.devices.values() for a in d.inet.addresses]
    for number, target in enumerate(targets[:6]):
        ping = boxes[number % len(boxes)].ping(target, count=1, timeout=1)
        legible(lab_scene(lab, told=ping.explain()))
        legible(ping.ladder().scene)
        moves_in_order(str(lab.animate(ping)))


# -- animations --------------------------------------------------------------------------------------------------------


def moves_in_order(svg: str) -> None:
    """Each animation repeats, lasts as long as the others, and its times rise from 0 to at most 1."""
    root = ElementTree.fromstring(svg)
    moving = [element for element in root.iter() if element.tag in (f"{SVG}animate", f"{SVG}animateMotion")]
    assert len({element.get("dur") for element in moving}) <= 1
    for element in moving:
        times = [float(time) for time in (element.get("keyTimes") or "").split(";")]
        values = (element.get("keyPoints") or element.get("values") or "").split(";")
        assert element.get("repeatCount") == "indefinite"
        assert len(times) == len(values)
        assert times == sorted(times)
        assert times[0] == 0
        assert times[-1] <= 1
        if element.tag == f"{SVG}animateMotion":
            assert times[-1] == 1


def test_animation_moves_along_the_wires_and_stops_at_the_port() -> None:
    lab = two_hosts(trunk=False)
    ping = lab["c1"].ping("172.16.10.3", count=1, timeout=1)
    _, layout, _, times = stage(lab, ping.explain())
    token = next(token for token in times.tokens if token.end)
    assert (token.kind, token.end, token.minor) == ("ask", "PORT_VLAN", False)
    x, y = token.track[-1][1]
    socket = layout.areas["sw1:host2"]
    assert socket.x <= x <= socket.right
    assert socket.y <= y <= socket.bottom
    assert [vid for _, vid in token.tags] == [None, 100, 100, 100], "tagged below the sub-interface"
    assert [line.text for line in times.lines] == ["c1: ARP who has 172.16.10.3?"]
    svg = str(lab.animate(ping))
    moves_in_order(svg)
    assert re.search(r"<animateMotion[^>]*repeatCount=\"indefinite\"", svg)
    assert "<script" not in svg


def test_animation_waits_for_the_address_before_the_request_leaves() -> None:
    lab = two_hosts()
    ping = lab["c1"].ping("172.16.10.3", count=1)
    _, layout, _, times = stage(lab, ping.explain())
    assert [line.kind for line in times.lines] == ["ask", "answer", "echo", "reply"]
    answer = max(token.ends for token in times.tokens if token.kind == "answer")
    request = next(token for token in times.tokens if token.kind == "echo")
    assert request.track[1][0] >= answer
    frame = Area(0, 0, layout.width, layout.height)
    for token in times.tokens:
        assert all(frame.contains(Area(x, y, 0, 0)) for _, (x, y) in token.track)


def test_animation_waits_at_a_router_too() -> None:
    player = Player(load(FAILURES[0].parents[1] / "exp3_router.md"))
    ping = next(ping for outcome in player.play() for ping in outcome.pings)
    _, layout, _, times = stage(player.lab, ping.explain())
    assert [line.kind for line in times.lines] == ["ask", "answer", "echo", "ask", "answer", "reply"]
    gateway = layout.areas["host3:enp0s8.200"]
    request = next(token for token in times.tokens if token.kind == "echo")
    leaves = next(time for time, (x, y) in request.track if gateway.x <= x <= gateway.right and y <= gateway.y)
    answers = sorted(token.ends for token in times.tokens if token.kind == "answer")
    assert answers[-1] <= leaves


def test_the_end_that_decides_is_not_told_in_grey() -> None:
    """As are copies that nobody wanted: this frame came to a station that it was not meant for, and that was all."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1", policy="virtualbox-allow-all")
    one, two = (lab.host(name, nic="eth0", switch=sw1) for name in ("one", "two"))
    one.addr_add("eth0", "10.0.0.1/24")
    two.addr_add("eth0", "10.0.0.2/24")
    one.sh("ip neigh add 10.0.0.2 lladdr 08:00:27:00:00:99 dev eth0")
    two.link_set("eth0", promisc=True)
    lost = one.ping("10.0.0.2", count=1, timeout=1)
    reason = lost.explain().reason
    assert reason is not None
    tokens = [token for token in stage(lab, lost.explain())[3].tokens if token.end]
    assert [(token.end, token.minor) for token in tokens] == [(reason.name, False)]


def test_animations_are_made_with_svg_or_matplotlib() -> None:
    lab = two_hosts()
    with pytest.raises(MacvsimError, match="'svg' or 'matplotlib'"):
        lab.animate(lab["c1"].ping("172.16.10.3", count=1), backend="flash")
