"""The browser page: what it asks of Python, its labs on Pyodide under node, and the page itself in Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from macvsim.browser import Desk

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
ARTEFACTS = ROOT / "build" / "artefacts"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


class Asked:
    """A desk with a lab on it."""

    def __init__(self, name: str = "exp3_router.md") -> None:
        self.desk = Desk()
        self.opened = self.ask("open", name, (SCENARIOS / name).read_text("utf-8"))

    def ask(self, question: str, *arguments: Any) -> Any:
        reply = json.loads(self.desk.ask(question, json.dumps(arguments)))
        assert list(reply) == ["answer"], reply
        return reply["answer"]

    def mistake(self, question: str, *arguments: Any) -> str:
        reply = json.loads(self.desk.ask(question, json.dumps(arguments)))
        assert list(reply) == ["mistake"], reply
        return str(reply["mistake"])

    def type(self, line: str) -> str:
        state = self.ask("begin", line)
        output = state["output"]
        while state["running"]:
            state = self.ask("advance")
            output += state["output"]
        return str(output)


def test_the_guides_commands_run_on_their_nodes() -> None:
    asked = Asked()
    outputs = [asked.ask("play", step["number"])["output"] for step in asked.opened["steps"]]
    assert any("ttl=63" in output for output in outputs)
    assert outputs[0] == "root@host1:~# vconfig add enp0s8 100\n" + outputs[0].partition("\n")[2]
    assert "".join(outputs).count("172.16.20.10: seq=0 ttl=63") == 1
    assert asked.ask("advance")["node"] == "host1"
    assert "docker exec d1 ping" in asked.ask("document")


def test_lines_run_where_one_is() -> None:
    asked = Asked()
    assert asked.type("hostname") == "root@host1:~# hostname\nhost1\n"
    assert asked.ask("go_to", "host3")["prompt"] == "[root@localhost ~]#"
    assert "localhost" in asked.type("hostname")
    assert asked.ask("complete", "hostn") == ["hostname"]


def test_a_command_without_end_is_interrupted() -> None:
    asked = Asked()
    state = asked.ask("begin", "ping 127.0.0.1")
    for _ in range(3):
        assert state["running"]
        state = asked.ask("advance")
    asked.ask("interrupt")
    output = ""
    while state["running"]:
        state = asked.ask("advance")
        output += state["output"]
    assert output.splitlines()[0].endswith("^C")
    assert "0% packet loss" in output


def test_mistakes_are_one_line() -> None:
    assert Asked().mistake("go_to", "nobody").startswith("the lab has no node 'nobody'")
    assert "choose one first" in json.loads(Desk().ask("state", "[]"))["mistake"]
    text = "---\nname: x\ntopology: {nodes: {h1: {kind: toaster}}}\n---\n"
    assert "x.md:3" in json.loads(Desk().ask("open", json.dumps(["x.md", text])))["mistake"]


# -- the page as it is built -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a folder, which is all that it needs."""
    if shutil.which("npm") is None:
        pytest.skip("this machine has no npm, which brings Pyodide")
    folder = tmp_path_factory.mktemp("page")
    subprocess.run([sys.executable, ROOT / "docs" / "browser" / "build.py", folder], check=True, timeout=120)
    return folder


@pytest.mark.slow
@pytest.mark.browser
def test_every_lab_plays_alike_on_pyodide(built: Path) -> None:
    done = subprocess.run(
        ["node", Path(__file__).with_name("node.mjs"), built, SCENARIOS], check=True, capture_output=True, timeout=300
    )
    found = json.loads(done.stdout)
    assert found["modules"] == ""
    assert found["ipv6"].startswith("IPv6 / ICMPv6 Echo Request")
    for path in sorted(SCENARIOS.glob("*.md")):
        asked = Asked(path.name)
        here = [asked.opened, *(asked.ask("play", step["number"]) for step in asked.opened["steps"])]
        assert [reply["answer"] for reply in found["played"][path.name]] == here


@pytest.fixture
def served(built: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="this machine has no Chromium")
def test_a_person_plays_experiment_3_in_the_browser(served: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    picture = ARTEFACTS / "page.png"
    environment = {**os.environ, "CHROMIUM": str(BROWSER), "NODE_MODULES_AT": str(ROOT / "docs" / "browser" / "x.js")}
    done = subprocess.run(
        ["node", Path(__file__).with_name("chromium.mjs"), served, picture],
        check=False,
        capture_output=True,
        timeout=240,
        env=environment,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["troubles"] == []
    assert "64 bytes from 172.16.20.10: seq=0 ttl=63" in found["output"]
    assert "172.16.10.1" in found["topology"]
    assert "answered" in found["answered"]
    assert "FORWARDING_OFF" in found["lost"]
    assert "sysctl -w net.ipv4.ip_forward=1" in found["lost"]
    assert "FORWARDING_OFF" in found["animation"]
    assert "^C" in found["stopped"]
    assert "packets transmitted" in found["stopped"]
    assert "broken" not in found["mistake"] and "toaster" in found["mistake"]
    assert picture.stat().st_size > 20_000
