"""Stepping through a packet: its hops as data, the widget in a browser, and what is shown where no widget runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("anywidget")

from macvsim import Lab, MacvsimError
from macvsim.notebook import Stepper

ROOT = Path(__file__).parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = """<!doctype html><style>%s</style><div id="el"></div><script type="module">
%s
const state = { svg: %s, hops: %s, at: 0 };
const seen = [];
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  save_changes: () => heard.forEach((fn) => fn()),
  on: (name, fn) => heard.push(fn),
};
const heard = [];
const el = document.getElementById("el");
widget.render({ model, el });
const look = () => seen.push(el.querySelector(".macvsim-said").textContent);
look();
const titles = ["One hop on", "One hop on", "Last hop", "One hop on", "One hop back", "First hop", "One hop back"];
for (const title of titles) {
  el.querySelector(`[title="${title}"]`).click();
  look();
}
el.querySelector('[title="Last hop"]').click();
el.append(Object.assign(document.createElement("pre"), { id: "seen", textContent: seen.join("\\n") }));
</script>"""


def lab() -> Lab:
    sys.path.insert(0, str(ROOT / "scenarios"))
    from exp2_two_vlans import build

    lab = Lab(seed=0)
    build(lab)
    return lab


def test_hops_have_places_and_fields() -> None:
    experiment = lab()
    stepper = Stepper(experiment, experiment["d1"].ping("172.16.10.11", count=1))
    where = [hop["where"] for hop in stepper.hops]
    assert where[:3] == ["d1", "d1:eth0", "host1:enp0s8.100"]
    assert where[-1] == "d1:eth0"
    tagged = next(hop for hop in stepper.hops if hop["where"] == "host1:enp0s8")
    assert [layer["name"] for layer in tagged["layers"]][:2] == ["Ethernet", "802.1Q"]
    assert ("vlan", "100") in tagged["layers"][1]["fields"]
    assert all(hop["area"] for hop in stepper.hops)
    json.dumps(stepper.hops)


def test_a_lost_packet_ends_at_its_reason() -> None:
    experiment = lab()
    stepper = Stepper(experiment, experiment["d1"].ping("172.16.20.10", count=1))
    assert any(hop["ended"] and "NEIGH_FAILED" in hop["what"] and hop["where"] == "d1:eth0" for hop in stepper.hops)
    assert any("ARP who has 172.16.10.1" in hop["packet"] for hop in stepper.hops)


def test_where_no_widget_runs_there_is_a_picture() -> None:
    experiment = lab()
    data, _ = Stepper(experiment, experiment["d1"].ping("172.16.10.11", count=1))._repr_mimebundle_()
    assert data["image/svg+xml"].startswith("<svg")
    assert data["text/plain"].startswith("Stepper: ")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_what_is_no_ping_is_refused() -> None:
    with pytest.raises(MacvsimError, match="no ping"):
        Stepper(lab(), "172.16.10.11")  # type: ignore[arg-type]


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="this machine has no Chromium")
def test_the_buttons_step(tmp_path: Path) -> None:
    experiment = lab()
    stepper = Stepper(experiment, experiment["d1"].ping("172.16.10.11", count=1))
    folder = ROOT / "macvsim" / "notebook"
    script = (folder / "stepper.js").read_text().replace("export default", "const widget =")
    parts = ((folder / "stepper.css").read_text(), script, json.dumps(stepper.svg), json.dumps(stepper.hops))
    page = tmp_path / "page.html"
    page.write_text(PAGE % parts)
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--virtual-time-budget=5000",
    ]
    picture = ROOT / "build" / "artefacts" / "stepper.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    shot = [f"--screenshot={picture}", "--window-size=1000,760"]
    for more in (["--dump-dom"], shot):
        command = [str(BROWSER), *flags, f"--user-data-dir={tmp_path / 'profile'}", *more, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        if more is not shot:
            seen = done.stdout.partition('<pre id="seen">')[2].partition("</pre>")[0].splitlines()
    count = len(stepper.hops)
    assert [line.partition(" of ")[0] for line in seen] == ["1", "2", "3", *map(str, (count, count, count - 1, 1, 1))]
    assert "d1:eth0 goes out" in seen[1]
