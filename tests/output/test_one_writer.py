"""No module but `macvsim.output` opens a file of the real machine for writing, makes one or replaces one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "macvsim/output.py": "the writer",
    "macvsim/browser.py: mkdtemp": "a folder of the page's own file system",
    "macvsim/record/sandbox/": "identity maps, and files of the root that a sandbox has to itself",
    "macvsim/fidelity/verify/": "files of namespaces that verify has made for itself",
    "macvsim/console/terminal.py: touch": "the history, to which prompt_toolkit adds lines",
    "macvsim/console/terminal.py: FileHistory": "likewise",
}
ALWAYS = {
    "write_text",
    "write_bytes",
    "touch",
    "FileHistory",
    "mkstemp",
    "mkdtemp",
    "NamedTemporaryFile",
    "TemporaryFile",
}
OF_MODULES = {
    "os": {"replace", "rename", "mkfifo", "mknod", "link", "truncate"},
    "shutil": {"copyfile", "copy", "copytree", "move"},
}
MODES = set("rwaxbt+:z")


def writers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and function of each call in a module that writes a file, or may."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            of = node.func.value if isinstance(node.func, ast.Attribute) else None
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            module = of.id if isinstance(of, ast.Name) else ""
            if name in ALWAYS | OF_MODULES.get(module, set()) or _opens(node, name, of, module):
                yield node.lineno, name


def _opens(node: ast.Call, name: str, of: ast.expr | None, module: str) -> bool:
    """True if a file is opened, or a figure saved, for more than reading."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if name == "savefig":
        return "format" not in named  # which is needed where it goes into memory only
    if name not in ("open", "fdopen") or (module == "tarfile" and "fileobj" in named):
        return False
    if module == "os" and name == "open":
        return not any("O_RDONLY" in ast.unparse(word) for word in node.args[1:])
    position = 1 if of is None or module in ("os", "io", "gzip", "lzma", "tarfile") else 0
    mode = named.get("mode", node.args[position] if len(node.args) > position else None)
    text = mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else "r"
    return set(text) <= MODES and bool(set(text.partition(":")[0]) & set("wax+"))


def test_the_search_finds_writers() -> None:
    source = """
open("a", "w"); open(path, mode="ab"); path.open("x"); Path("a").write_text(""); p.write_bytes(b"")
os.open(p, os.O_WRONLY); os.replace(a, b); shutil.copyfile(a, b); tempfile.mkstemp(); tarfile.open(path, "w:xz")
io.open("a", "r+"); figure.savefig(path); gzip.open(path, "wb"); os.fdopen(3, "w")
"""
    assert len(list(writers(ast.parse(source)))) == 14
    source = """
open("a"); open(path, "rb"); path.open(); self.taps.open(name, "w"); text.replace("a", "b"); os.open(p, os.O_RDONLY)
x.copy(); os.fdopen(3, "rb"); tarfile.open(fileobj=f, mode="w"); figure.savefig(file, format="png")
"""
    assert list(writers(ast.parse(source))) == []


def test_nothing_else_writes() -> None:
    found = []
    used = set()
    for path in sorted((ROOT / "macvsim").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        for line, name in writers(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{file}: {name}"
            allowed = next((one for one in ALLOWED if place.startswith(one)), None)
            used.add(allowed)
            if allowed is None:
                found.append(f"{file}:{line}: {name}")
    assert found == [], "write through macvsim.output, so that a full disk or a signal leaves whole files"
    assert used == set(ALLOWED)
