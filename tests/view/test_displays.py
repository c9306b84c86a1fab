"""What notebooks show, and that looking changes nothing."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from macvsim import Lab, MacvsimError
from macvsim.dev.nic import Nic
from macvsim.view.html import MOST_ROWS, Table, table
from macvsim.view.scene import Scene, text
from macvsim.view.svg import svg
from macvsim.view.textwidth import cut, text_width
from tests.view.labs import large


def parse(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{html}</div>")


def content(html: str) -> str:
    return "".join(parse(html).itertext())


def test_each_thing_has_its_display() -> None:
    lab = large(2, 4)
    with lab.capture() as capture:
        ping = lab["c1"].ping("172.16.10.11", count=1)
    lost = lab["c1"].ping("172.16.10.99", count=1, timeout=1)
    assert lab._repr_svg_().startswith("<svg ")
    assert "64 bytes from 172.16.10.11" in content(ping._repr_html_())
    assert "every request was answered" in content(ping._repr_html_())
    assert "nobody answered the ARP request" in content(lost._repr_html_())
    assert "echo-request" in content(capture._repr_html_())
    assert "ARP_NOT_FOR_US" in content(capture._repr_html_())
    assert "172.16.10.10/24" in content(lab["c1"]._repr_html_())
    assert "reachable" in content(lab["c1"]._repr_html_())
    assert "trunk, all VLANs" in content(lab.switches["sw1"]._repr_html_())
    assert "inet 127.0.0.1" in content(lab["host1"].sh("ip addr")._repr_html_())
    assert "exit status 127" in content(lab["host1"].sh("nosuch")._repr_html_())


def test_explanation_is_a_table_with_the_end_marked() -> None:
    lab = large(2, 4)
    lab.switches["sw1"].port("host2").trunk([200])
    found = lab["c1"].ping("172.16.10.11", count=1, timeout=1).explain()
    rows = [row for row in parse(found._repr_html_()).iter("tr") if row.get("style")]
    assert ["PORT_VLAN" in "".join(row.itertext()) for row in rows] == [True] * len(rows)
    assert rows


def test_everything_is_escaped() -> None:
    nasty = '<script>alert("1 & 2")</script>\x00'
    assert content(table(Table(nasty, [nasty], [[nasty]]))).count("<script>") == 3
    scene = Scene(100, 100, nasty, nasty)
    scene.add(text(1, 10, nasty, "text"))
    assert "<script" not in svg(scene)
    assert ElementTree.fromstring(svg(scene))[0].text == nasty.replace("\x00", "�")
    lab = Lab()
    lab.host("<b>&", nic="eth0")
    assert "<b>" not in lab._repr_svg_()
    assert "<b>" not in lab["<b>&"]._repr_html_()
    assert "<b>" not in lab["<b>&"].sh("echo '<b>'")._repr_html_()


def test_long_tables_are_cut() -> None:
    rows = [[str(number)] for number in range(MOST_ROWS + 5)]
    assert "… 5 more" in content(table(Table("long", ["n"], list(rows))))


def test_looking_changes_nothing() -> None:
    def played(look: bool) -> tuple[Any, ...]:
        lab = large(2, 4)
        ping = lab["c1"].ping("172.16.10.11", count=1)
        if look:
            str(lab.picture(path=ping))
            str(lab.animate(ping))
            ping._repr_html_()
            lab.graph()
            lab["host1"]._repr_html_()
            lab.switches["sw1"]._repr_html_()
        again = lab["c3"].ping("172.16.20.13", count=2)
        assert lab.sim.journal is not None
        return lab.sim.generation, lab.now, str(again), len(lab.sim.journal.records)

    assert played(True) == played(False)


def test_svg_needs_no_other_library() -> None:
    code = (
        "import sys\n"
        "for name in ('matplotlib', 'numpy', 'networkx'): sys.modules[name] = None\n"
        "from macvsim import Lab\n"
        "lab = Lab(); sw = lab.switch('sw1')\n"
        "a, b = (lab.host(n, nic='eth0', switch=sw) for n in 'ab')\n"
        "a.addr_add('eth0', '10.0.0.1/24'); b.addr_add('eth0', '10.0.0.2/24')\n"
        "ping = a.ping('10.0.0.2', count=1)\n"
        "print(len(lab._repr_svg_()), len(str(lab.animate(ping))), len(ping._repr_html_()), len(str(ping.ladder())))\n"
        "try: lab.plot()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        "try: lab.graph()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sizes, plot, graph = ran.stdout.splitlines()
    assert all(int(size) > 1000 for size in sizes.split())
    assert plot.startswith("MacvsimError") and "pip install matplotlib" in plot
    assert graph.startswith("MacvsimError") and "pip install networkx" in graph


def test_graph_has_everything_and_its_joints() -> None:
    import networkx

    lab = large(2, 4)
    graph = lab.graph()
    assert networkx.shortest_path(graph, "c1:eth0", "c2:eth0") == [
        *("c1:eth0", "host1:enp0s8.100", "host1:enp0s8", "sw1:host1", "sw1"),
        *("sw1:host2", "host2:enp0s8", "host2:enp0s8.100", "c2:eth0"),
    ]
    assert graph.nodes["c1"] == graph.nodes["c1"] | {"kind": "container", "inside": "host1"}
    assert graph.nodes["host1:enp0s8.100"]["vlan"] == 100
    assert graph.nodes["c1:eth0"]["addresses"] == "172.16.10.10/24"
    assert graph.edges["host1:enp0s8", "sw1:host1"]["kind"] == "cable"
    assert graph.edges["c1:eth0", "host1:enp0s8.100"]["kind"] == "stacking"
    assert isinstance(lab["host1"].dev("enp0s8"), Nic)


@pytest.mark.slow
def test_matplotlib_draws_the_same_scene(tmp_path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lab = large(2, 4)
    ping = lab["c1"].ping("172.16.10.11", count=1)
    ax = lab.plot(path=ping, title="Two hosts")
    picture = lab.picture(path=ping, title="Two hosts")
    assert {label.get_text() for label in ax.texts} == {
        word.text for line in picture.scene.texts() for word in line.words
    }
    assert ax.get_xlim() == (0, picture.scene.width)
    pyplot.close("all")
    for name in ("a.png", "a.pdf", "a.svg"):
        picture.save(tmp_path / name)
        first = (tmp_path / name).read_bytes()
        picture.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == first
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(MacvsimError, match=r"NAME\.svg"):
        picture.save(tmp_path / "a.gif")


@pytest.mark.slow
def test_matplotlib_animates_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    monkeypatch.setattr("macvsim.view.mpl_animation.FRAMES", 10)  # a frame takes 0.1 s

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.animation import AbstractMovieWriter

    class Looking(AbstractMovieWriter):
        """Takes no pictures, but looks at the figure."""

        def setup(self, fig: Any, outfile: Any, dpi: Any = None) -> None:
            self.fig = fig
            self.crosses: list[int] = []
            self.moves: list[list[tuple[float, float]]] = []

        def grab_frame(self, **options: Any) -> None:
            (ax,) = self.fig.axes
            self.moves.append([p.center for p in ax.patches if hasattr(p, "center") and p.get_visible()])
            self.crosses.append(sum(line.get_visible() for line in ax.lines))

        def finish(self) -> None:
            pass

    lab = large(2, 4)
    lab.switches["sw1"].port("host2").trunk([200])
    writer = Looking()
    lab.animate(lab["c1"].ping("172.16.10.11", count=1, timeout=1), backend="matplotlib").save("film", writer=writer)
    pyplot.close("all")
    assert writer.crosses[-1] == writer.crosses[0] + 2, "the two arms of the cross at the port"
    assert not writer.moves[0]
    assert len({tuple(map(float, at)) for frame in writer.moves for at in frame}) > 20
    assert not writer.moves[-1]


def test_width_of_texts() -> None:
    assert text_width("", 10) == 0
    assert text_width("iii", 10) < text_width("mmm", 10) < text_width("mmm", 10, bold=True)
    assert text_width("172.16.10.10/24", 10, mono=True) == pytest.approx(15 * 6.1)
    assert text_width("中文", 10) == text_width("中文", 10, mono=True) == 20
    assert text_width("e\u0301", 10) == text_width("e", 10)
    short = cut("a machine with a long name", 60, 10)
    assert short.endswith("…")
    assert text_width(short, 10) <= 60
    assert cut("short", 60, 10) == "short"


@pytest.mark.parametrize("journal", [True, False])
def test_what_is_not_simulated_is_shown_with_later_results(journal: bool) -> None:
    lab = Lab(journal=journal)
    lab.switch("sw1")
    for number in (1, 2):
        lab.host(f"host{number}", switch="sw1").addr_add("enp0s8", f"10.0.0.{number}/24")
    before = lab["host1"].ping("10.0.0.2", count=1)
    lab["host1"].sh("tc qdisc add dev enp0s8 root netem loss 100%")
    after = "after: tc on host1 was not simulated"
    ping = lab["host2"].ping("10.0.0.1", count=1)
    for shown in (ping, lab["host2"].sh("ip addr"), *([ping.explain()] if journal else [])):
        assert content(shown._repr_html_()).count(after) == 1
    assert after not in content(before._repr_html_())


@pytest.mark.slow
@pytest.mark.parametrize(("hosts", "size"), [(2, None), (5, None), (20, None), (5, (3.0, 8.0)), (5, (9.0, 2.0))])
def test_labels_keep_apart_in_axes_of_any_size(hosts: int, size: tuple[float, float] | None) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lab = Lab()
    sw1 = lab.switch("sw1")
    for number in range(1, hosts + 1):
        lab.host(f"host{number}", nic="enp0s8", switch=sw1).addr_add("enp0s8", f"10.0.0.{number}/24")
    figure, ax = pyplot.subplots(figsize=size)
    assert lab.plot(ax=ax) is ax
    figure.canvas.draw()
    frame = ax.get_window_extent()
    labels = [label.get_window_extent() for label in ax.texts]
    assert len(labels) >= 4 * hosts + 2
    for label in labels:
        assert frame.x0 <= label.x0 and label.x1 <= frame.x1 and frame.y0 <= label.y0 and label.y1 <= frame.y1
    for one, other in combinations(labels, 2):
        apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
        assert apart, (one, other)
    pyplot.close("all")
