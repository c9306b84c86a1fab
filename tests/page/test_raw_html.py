"""Raw HTML in a lab document, and in everything that a lab names or prints, does nothing in a page or a notebook."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab, MacvsimError
from macvsim.browser import Desk
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.view.html import Table
from macvsim.view.html import table as table_of

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</text></svg><iframe src=javascript:alert(1)>",
    "</title><a href='javascript:alert(1)'>x</a>",
    "]]><!--<base href=//evil.example>-->",
    "\x1b]0;x\x07<b>",
)
MARKDOWN = """
<script>alert(1)</script>

<img src=x onerror=alert(1)> and <b onclick=alert(1)>words</b>

<style>body{display:none}</style>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](&#106;avascript:alert(1)) [d](vbscript:x) <javascript:alert(1)>
[e](data:text/html;base64,PHNjcmlwdD4=) ![f](javascript:alert(1)) [g]( java\tscript:alert(1))
[h](https://example.org "t\\" onmouseover=\\"alert(1)")

[i]: javascript:alert(1)

| <script>alert(1)</script> | [x](javascript:alert(1)) |
|---|---|
| <img src=x onerror=alert(1)> | `<script>` |

<div data-block="0" onclick="alert(1)"></div>

```html
<script>alert(1)</script>
```

    <script>alert(1)</script>
"""
DOCUMENT = """---
name: "<script>alert(1)</script>"
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [10.0.0.1/24]}}}
    host2: {nics: {enp0s8: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
---
# A lab <img src=x onerror=alert(1)>
%s
```console
root@host1:~# ping -c 1 10.0.0.2
root@host1:~# ip link add '<i>&"x' type dummy; hostname '<script>alert(1)</script>'
root@host1:~# echo '<script>alert(1)</script>'
root@host1:~# ping -c 1 -W 1 10.0.0.9
```
"""
PROSE = frozenset(
    ("h1", "h2", "h3", "p", "a", "code", "pre", "em", "strong", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th",
     "td", "div", "blockquote", "hr", "br", "img", "details", "summary", "caption")
)  # fmt: skip
DRAWN = frozenset(
    ("svg", "title", "desc", "style", "rect", "text", "tspan", "path", "g", "circle", "line", "polygon", "set",
     "animate", "animatemotion", "animatetransform", "mpath", "defs", "clippath", "use")
)  # fmt: skip


class Reader(HTMLParser):
    """Reads markup as a browser does, and keeps what may do something."""

    def __init__(self, allowed: frozenset[str]) -> None:
        super().__init__()
        self.allowed = allowed
        self.found: list[str] = []
        self.styles: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag not in self.allowed:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on") or name in ("srcdoc", "formaction", "ping"):
                self.found.append(f"{tag} {name}={value}")
            if name in ("href", "src", "xlink:href", "action") and not address.startswith(("#", "https://")):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.styles.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}")


def harmful(markup: str, allowed: frozenset[str] = PROSE | DRAWN) -> list[str]:
    """Elements, attributes and addresses that could do something."""
    reader = Reader(allowed)
    reader.feed(markup)
    reader.close()
    return [*reader.found, *(style for style in reader.styles if "display" in style or "url(" in style)]


def builder() -> Any:
    """docs/browser/build.py, which is no package."""
    spec = importlib.util.spec_from_file_location("browser_build", ROOT / "docs" / "browser" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["browser_build"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "lab.md"
    path.write_text(DOCUMENT % MARKDOWN)
    return path


@pytest.mark.parametrize(
    "text", [*HOSTILE[:7], "<a href='java\nscript:x'>", "<p style='x' onfocus=y>", "<style>a{display:none}</style>"]
)
def test_the_check_finds_harm(text: str) -> None:
    shown = f'<p title="{text}">' if text.startswith('"') else f"<p title='{text}'>" if text.startswith("'") else text
    assert harmful(shown)


def test_prose_of_a_document_on_the_page(document: Path, tmp_path: Path) -> None:
    (tmp_path / "labs").mkdir()
    made = builder().lab(document, tmp_path / "labs")
    assert harmful(made["html"], PROSE) == []
    assert made["html"].count("&lt;script&gt;") >= 4  # it is shown
    assert made["html"].count("data-block") == 2 and made["html"].count("<div data-block") == 1


def test_what_the_page_gets_from_a_lab(document: Path) -> None:
    desk = Desk()

    def ask(question: str, *arguments: Any) -> Any:
        return json.loads(desk.ask(question, json.dumps(arguments)))["answer"]

    steps = ask("open", "lab.md", document.read_text())["steps"]
    seen = []
    for step in steps:
        assert "output" in ask("play", step["number"])
        seen += [ask(view)["svg"] for view in ("topology", "animation", "ladder") if "svg" in ask(view)]
    assert len(seen) >= 6 and any("&lt;" in one for one in seen)
    assert [harmful(one, DRAWN) for one in seen if harmful(one, DRAWN)] == []


def shown(value: object) -> Iterator[str]:
    """All markup that a notebook asks a value for."""
    for name in ("_repr_html_", "_repr_svg_"):
        if hasattr(value, name):
            yield getattr(value, name)()


def test_what_notebooks_show(document: Path) -> None:
    player = Player(load(document))
    outcomes = list(player.play())
    lab = player.lab
    with lab.capture() as capture:
        result = lab["host1"].sh(f"echo '{HOSTILE[0]}'; nosuch '{HOSTILE[1]}'")
        ping = lab["host1"].ping("10.0.0.9", timeout=1)
    values = [lab, result, capture, ping, ping.explain(), *lab.boxes().values(), *lab.switches.values()]
    values += [one for outcome in outcomes for one in outcome.pings]
    markup = [text for value in values for text in shown(value)]
    markup += [str(lab.picture(title=HOSTILE[0])), str(lab.animate(ping, title=HOSTILE[3])), str(capture.ladder())]
    assert len(markup) >= 12 and sum("&lt;script&gt;" in text for text in markup) >= 2
    assert [found for text in markup if (found := harmful(text))] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_titles(text: str) -> None:
    """Wherever a name may have such characters at all."""
    lab = Lab()
    for make in (lambda: lab.host(text, switch=lab.switch("sw1")), lambda: lab.switch(text)):
        try:
            make()
        except MacvsimError as error:
            assert str(error)
    host = lab.host("h", switch=lab.switch("sw2"))
    host.hostname = text
    markup = [str(lab.picture(title=text)), *shown(lab), *shown(host), table_of(Table(text, [text], [[text]]))]
    assert [found for one in markup if (found := harmful(one))] == []
