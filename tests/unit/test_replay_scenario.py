"""Scenarios: reading, and expansion into the recorder's commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.errors import ScenarioError
from macvsim.fidelity.replay import directives as d
from macvsim.fidelity.replay.expand import Command, expand, recorded_order
from macvsim.fidelity.replay.records import load
from macvsim.fidelity.replay.scenario import parse, parse_file

RECORDS = Path(__file__).parents[1] / "data" / "oracle"


def commands(text: str) -> list[tuple[str | None, str]]:
    """``(ns, cmd)`` of everything a scenario runs."""
    return [(command.ns, command.cmd) for step in expand(parse(text)) for command in step.commands]


@pytest.mark.parametrize("folder", sorted(RECORDS.glob("*.tar.xz")), ids=lambda p: p.name.partition(".")[0])
def test_expansion_is_the_recorders(folder: Path) -> None:
    record = load(folder)
    steps = expand(parse(record.scenario_text, record.name))
    assert recorded_order(steps) == [(entry.ns, entry.cmd, entry.setup) for entry in record.commands]


def test_namespace() -> None:
    loop = "for i in all default lo; do echo {} > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done; ip link set lo up"
    assert commands("ns a") == [(None, "ip netns add a"), ("a", loop.format(1))]
    assert commands("ns a\nipv6") == [(None, "ip netns add a"), ("a", loop.format(0))]


def test_wire_counts_up_the_macs_that_were_not_given() -> None:
    assert commands("wire a/x/02:00:00:00:00:01 b/y\nwire a/z b/w") == [
        (
            None,
            "ip link add x address 02:00:00:00:00:01 netns a type veth peer name y address 0e:00:00:00:00:01 netns b",
        ),
        ("a", "ethtool -K x tx off >/dev/null 2>&1; ip link set x up"),
        ("b", "ethtool -K y tx off >/dev/null 2>&1; ip link set y up"),
        (
            None,
            "ip link add z address 0e:00:00:00:00:02 netns a type veth peer name w address 0e:00:00:00:00:03 netns b",
        ),
        ("a", "ethtool -K z tx off >/dev/null 2>&1; ip link set z up"),
        ("b", "ethtool -K w tx off >/dev/null 2>&1; ip link set w up"),
    ]


def test_txcsum_leaves_the_offload_on() -> None:
    assert commands("wire a/x b/y\ntxcsum")[1:] == [("a", "ip link set x up"), ("b", "ip link set y up")]


def test_switch() -> None:
    fixed = "type bridge forward_delay 0 stp_state 0 mcast_snooping 0"
    assert commands("wire a/x sw/p1\nswitch sw br0 p1 vlan_filtering=1 p2 vlan_default_pvid=1")[3:] == [
        ("sw", f"ip link add br0 address 0e:00:00:00:00:03 {fixed} vlan_filtering 1 vlan_default_pvid 1"),
        ("sw", "ip link set p1 master br0"),
        ("sw", "ip link set p2 master br0"),
        ("sw", "ip link set br0 up"),
    ]
    assert commands("switch sw br0")[0] == ("sw", f"ip link add br0 address 0e:00:00:00:00:01 {fixed} ")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "ctr c h eth7 vepa 02:42:ac:10:0a:02 10.0.0.2/24 10.0.0.1",
            [
                ("h", "ip link add link eth7 name tmp-c address 02:42:ac:10:0a:02 type macvlan mode vepa"),
                ("h", "ip link set tmp-c netns c name eth0"),
                ("c", "ip addr add 10.0.0.2/24 dev eth0"),
                ("c", "ip link set eth0 up"),
                ("c", "ip route add default via 10.0.0.1 dev eth0"),
            ],
        ),
        (
            "ctr c h eth7 passthru -",
            [
                ("h", "ip link add link eth7 name tmp-c  type macvlan mode passthru"),
                ("h", "ip link set tmp-c netns c name eth0"),
                ("c", "ip link set eth0 up"),
            ],
        ),
        (
            "ctr c h eth7 ipvlan:l3:private - 10.0.0.2/24 dev",
            [
                ("h", "ip link add link eth7 name tmp-c  type ipvlan mode l3 private"),
                ("h", "ip link set tmp-c netns c name eth0"),
                ("c", "ip addr add 10.0.0.2/24 dev eth0"),
                ("c", "ip link set eth0 up"),
                ("c", "ip route add default dev eth0"),
            ],
        ),
    ],
)
def test_container_in_a_namespace_that_exists(line: str, expected: list[tuple[str, str]]) -> None:
    assert commands(f"ns c\n{line}")[2:] == expected


def test_container_makes_its_namespace_and_ipvlan_is_bridge_by_default() -> None:
    assert commands("ctr c h e ipvlan:l2 -")[0] == (None, "ip netns add c")
    assert commands("ctr c h e ipvlan:l2 -")[2][1].endswith("type ipvlan mode l2 bridge")


def test_background_commands_are_recorded_where_they_are_waited_for() -> None:
    text = "&@a sleep 1\n@a first\n&@b sleep 2\nwait\n@a second\n&@a last\nhost outside"
    assert recorded_order(expand(parse(text))) == [
        ("a", "first", False),
        ("a", "sleep 1   # background", False),
        ("b", "sleep 2   # background", False),
        ("a", "second", False),
        (None, "outside", False),
        ("a", "last   # background", False),
    ]
    assert expand(parse(text))[0].commands == (Command("a", "sleep 1", setup=False, background=True),)


def test_directives_without_commands_know_the_namespaces() -> None:
    text = (
        "ns a b\ncap\nctr c a eth0 bridge -\ndns d a\nflush\nstate now\nsleep 0.5\nkill\nmark two  words\ndockerd a -D"
    )
    steps = expand(parse(text))
    assert [(type(step.directive), len(step.commands)) for step in steps] == [
        (d.Namespaces, 4),
        (d.Capture, 0),
        (d.Container, 5),
        (d.DockerNamespace, 0),
        (d.Flush, 0),
        (d.State, 0),
        (d.Sleep, 0),
        (d.Kill, 0),
        (d.Mark, 0),
        (d.DockerDaemon, 0),
    ]
    assert steps[1].namespaces == ("a", "b")
    assert steps[4].namespaces == ("a", "b", "c", "d")
    assert steps[6].directive == d.Sleep(d.Place("scenario.txt", 7), 0.5)
    assert steps[8].directive == d.Mark(d.Place("scenario.txt", 9), "two words")
    assert steps[9].directive == d.DockerDaemon(d.Place("scenario.txt", 10), "a", ("-D",))


def test_commands_keep_their_blanks_and_comments_are_left_out() -> None:
    scenario = parse("title: a  title\n# comment\n\n  @a echo  'x  y' # no comment\n", name="n")
    assert scenario.title == "a  title"
    assert scenario.directives[1] == d.Run(d.Place("scenario.txt", 4), "a", "echo  'x  y' # no comment", False)
    assert len(scenario.directives) == 2
    assert parse("cap", name="n").title == "n"


def test_loops_nest() -> None:
    text = "for A in 1 2 {\nfor B in x y {\n@h%A% ip link show %B%%A%\n}\n@h%A% end\n}\n@h0 done"
    assert commands(text) == [
        ("h1", "ip link show x1"),
        ("h1", "ip link show y1"),
        ("h1", "end"),
        ("h2", "ip link show x2"),
        ("h2", "ip link show y2"),
        ("h2", "end"),
        ("h0", "done"),
    ]


def test_includes_look_beside_the_file_and_then_in_folders(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "deep.inc").write_text("@deep in lib\n")
    (tmp_path / "lib" / "both.inc").write_text("include deep.inc\n@both in lib")
    (tmp_path / "both.inc").write_text("@both beside\ninclude deep.inc")
    (tmp_path / "main.txt").write_text("for X in 1 2 {\ninclude both.inc\n}\n")
    scenario = parse_file(tmp_path / "main.txt", [tmp_path / "lib"])
    assert scenario.name == "main"
    runs = [item for item in scenario.directives if isinstance(item, d.Run)]
    assert [(run.ns, run.command) for run in runs] == [("both", "beside"), ("deep", "in lib")] * 2
    assert runs[1].place == d.Place(str(tmp_path / "lib" / "deep.inc"), 1)
    text = parse("include both.inc", folders=[tmp_path / "lib"])
    assert [item.ns for item in text.directives if isinstance(item, d.Run)] == ["deep", "both"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("wrie a/b c/d", "unknown directive 'wrie'; did you mean 'wire NS/IF[/MAC] NS/IF[/MAC]'?"),
        ("}", "unknown directive '}'; a line begins with @NS, title:, ns, wire"),
        ("ns", "'ns': write ns NAME…"),
        ("wire a/b", "'wire a/b': write wire NS/IF[/MAC] NS/IF[/MAC]"),
        ("wire a/b c", "'wire a/b c' ('c' is not an end of a wire): write wire"),
        ("switch sw br0 a=b=c", "('a=b=c' is not KEY=VALUE): write switch"),
        ("ctr c h e", "write ctr NAME HOST PARENT KIND MAC"),
        ("ctr c h e ipvlan -", "('ipvlan' is not ipvlan:MODE[:FLAG]): write ctr"),
        ("sleep soon", "('soon' is not a number of seconds): write sleep SECONDS"),
        ("sleep nan", "('nan' is not a number of seconds)"),
        ("cap all", "'cap all': write cap"),
        ("state", "'state': write state LABEL"),
        ("dns c", "'dns c': write dns NAME HOST"),
        ("dockerd", "'dockerd': write dockerd NS"),
        ("host", "'host': write host COMMAND"),
        ("@c1", "'@c1': write @NS COMMAND"),
        ("include", "'include': write include FILE"),
        ("include gone.inc", "include gone.inc: no such file"),
        ("for X in a b {", '"for X in a b {" is not closed: write a line }'),
    ],
)
def test_mistakes_name_the_line_and_what_to_write(line: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(f"ns a\n{line}\n", source="my.txt")
    assert str(caught.value).startswith("my.txt:2: ")
    assert says in str(caught.value)


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("include b.inc")
    (tmp_path / "b.inc").write_text("ns x\ninclude a.txt")
    with pytest.raises(ScenarioError, match=r"b\.inc:2: include a\.txt: the file would include itself"):
        parse_file(tmp_path / "a.txt")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        parse_file(tmp_path / "gone.txt")
