"""Builds the browser page: ``python docs/browser/build.py [FOLDER]``, by default docs/page.

Everything the page loads is put into one folder that any static web server can hold: Pyodide as npm has it, the wheels
of requirements.lock that macvsim needs there, macvsim's own wheel, and the lab documents with their prose as HTML.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from packaging.requirements import Requirement

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PYTHON = {"python_version": "3.14", "python_full_version": "3.14.2", "sys_platform": "emscripten"}
PLATFORM = "pyemscripten_2026_0_wasm32"
WHEELS = (
    "annotated-types",
    "networkx",
    "pydantic",
    "pydantic-core",
    "ruamel-yaml",
    "scapy",
    "simpy",
    "typing-extensions",
    "typing-inspection",
)
"""The dependencies that macvsim has without a terminal and without matplotlib."""
STATIC = ("index.html", "style.css", "app.js", "worker.js")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")


def build(folder: Path) -> None:
    """Make the page in `folder`, whose old content goes."""
    if folder.exists():
        shutil.rmtree(folder)
    for part in ("pyodide", "wheels", "labs"):
        (folder / part).mkdir(parents=True)
    for name in STATIC:
        shutil.copy(HERE / name, folder / name)
    pyodide(folder / "pyodide")
    dependencies(folder / "wheels")
    run("uv", "build", "-q", "--wheel", "--no-build-isolation", "-o", str(folder / "wheels"), str(ROOT))
    (folder / "wheels" / ".gitignore").unlink(missing_ok=True)
    manifest = {
        "wheels": sorted(wheel.name for wheel in (folder / "wheels").iterdir()),
        "labs": [lab(path, folder / "labs") for path in labs()],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


def pyodide(folder: Path) -> None:
    """Pyodide itself, in the version and with the checksum of package-lock.json."""
    subprocess.run(["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    for name in PYODIDE:
        shutil.copy(HERE / "node_modules" / "pyodide" / name, folder)


def dependencies(folder: Path) -> None:
    """The locked wheels, by their hashes; one of them is compiled, for Pyodide's platform."""
    target = ("--python-version", PYTHON["python_version"], "--implementation", "cp", "--abi", "cp314", "--abi", "none")
    options = ("--only-binary=:all:", "--no-deps", "--require-hashes", "--platform", PLATFORM, "--platform", "any")
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text("\n".join(locked(WHEELS)), encoding="utf-8")
        run("pip", "download", "-q", *options, *target, "-r", str(wanted), "-d", str(folder))


def locked(names: tuple[str, ...]) -> list[str]:
    """The entries of requirements.lock for these packages on Pyodide's Python, without their markers."""
    found = []
    for entry in re.findall(r"^[a-z].*(?:\n    --hash.*)*", (ROOT / "requirements.lock").read_text(), re.MULTILINE):
        requirement = Requirement(entry.split("\\", 1)[0])
        if requirement.name in names and (requirement.marker is None or requirement.marker.evaluate(dict(PYTHON))):
            hashes = re.findall(r"--hash=\S+", entry)
            found.append(" ".join([f"{requirement.name}{requirement.specifier}", *hashes]))
    return found


def labs() -> list[Path]:
    """The document's experiments first, then the failures, then the tools."""
    scenarios = ROOT / "scenarios"
    return [path for folder in ("", "failures", "tools") for path in sorted((scenarios / folder).glob("*.md"))]


def lab(path: Path, folder: Path) -> dict[str, str]:
    """Copy a lab; its title, and its prose as HTML, in which an empty element stands for each block of commands."""
    shutil.copy(path, folder)
    text = path.read_text(encoding="utf-8").split("\n---\n", 1)[1]
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    title = next(after.content for token, after in pairwise(tokens) if token.tag == "h1")
    block = 0
    for token in tokens:
        if token.type == "fence" and token.info.split()[:1] == ["console"]:
            token.type, token.content = "html_block", f'<div data-block="{block}"></div>\n'
            block += 1
    html = markdown.renderer.render(tokens, markdown.options, {})
    html = re.sub(r'<a href="(?:\.\./)?(?:failures/)?([\w.-]+\.md)">', r'<a href="#\1">', html)
    return {"name": path.name, "title": title, "html": html}


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "page")
