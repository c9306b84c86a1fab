"""Which tests execute which lines: measured once for a version of the tree, and kept in build/mutants."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from coverage.numbits import register_sqlite_functions

from tests.mutants.mutation import Mutant
from tests.mutants.plugin import DATA, SECONDS, SOURCES
from tests.mutants.tree import Tree

_LEFT_OUT = ("docs", "mutants", "notebooks", "page", "scenarios", "sweep", "verify")
"""Folders of tests that run macvsim in processes of their own or on the machine's kernel, or test other things."""


Ranked = tuple[bool, float, str, float]
"""Whether a test is not named after the file, how much it costs for what it executes of it, its name, its seconds."""
SOURCES_KEPT = "sources"
"""In a measurement's folder: the measured files, by which lines are found again in a later version."""
_WORD = 3
"""Letters of the shortest word that says something of a test."""


class Measurement:
    """Tests by the lines they execute.

    folder : holds ``coverage`` (coverage.py's data), ``seconds.json``, the measured files in ``sources``, and in
      ``done`` where the measured tree stood
    """

    def __init__(self, folder: Path) -> None:
        self._sources = folder / SOURCES_KEPT
        root = Path((folder / "done").read_text("utf-8"))
        self._seconds: dict[str, float] = json.loads((folder / SECONDS).read_text("utf-8"))
        database = sqlite3.connect(f"file:{folder / 'coverage'}?mode=ro", uri=True)
        register_sqlite_functions(database)
        self._database = database
        self._files = {
            Path(path).relative_to(root).as_posix(): key for key, path in database.execute("select id, path from file")
        }
        self._contexts = dict(database.execute("select id, context from context"))
        self._executed: dict[int, int] = {}
        """Lines that a context executes in all files."""
        for context, numbits in database.execute("select context_id, numbits from line_bits"):
            self._executed[context] = self._executed.get(context, 0) + int.from_bytes(numbits, "little").bit_count()

    def ranked(self, mutant: Mutant, tree: Path) -> list[Ranked]:
        """Tests that execute the mutant of this tree; for a change made at the module's import: anything in the file.

        A line that was changed since the measurement counts as executed if one of the lines that it replaced was.
        """
        rows = self._database.execute(
            "select context_id, numbits from line_bits where file_id = ?", (self._files.get(mutant.path, -1),)
        )
        measured, now = self._sources / mutant.path, tree / mutant.path
        lines = mutant.lines
        if (
            lines
            and measured.is_file()
            and now.is_file()
            and (old := measured.read_text("utf-8")) != (new := now.read_text("utf-8"))
        ):
            lines = earlier(lines, old.splitlines(), new.splitlines())
        bits = sum(1 << line for line in lines) or -1
        ranked: list[Ranked] = []
        for context, numbits in rows:
            test = self._contexts[context]
            seconds = self._seconds.get(test)
            executed = int.from_bytes(numbits, "little")
            if seconds is not None and executed & bits:
                share = executed.bit_count() / self._executed[context]
                ranked.append(
                    (not is_named_after(test, Path(mutant.path).stem), (seconds + 0.01) / share, test, seconds)
                )
        return ranked


def earlier(lines: Iterable[int], old: Sequence[str], new: Sequence[str]) -> tuple[int, ...]:
    """Numbers (from 1) of the old lines that these new ones were or replaced; for an added line: the line before."""
    asked = {line - 1 for line in lines}
    found: set[int] = set()
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        here = asked.intersection(range(j1, j2))
        if tag == "equal":
            found.update(i1 + line - j1 + 1 for line in here)
        elif here:
            found.update(range(i1 + 1, i2 + 1) or (max(i1, 1),))
    return tuple(sorted(found))


def covering(measurements: Sequence[Measurement], mutant: Mutant, tree: Path) -> list[tuple[str, float]]:
    """Tests that execute the mutant of this tree, and their seconds: first tests whose names have a word of the file's,
    then fast tests that execute little but the file.
    """
    ranked = {one[2]: one for measurement in measurements for one in measurement.ranked(mutant, tree)}
    return [(test, seconds) for _, _, test, seconds in sorted(ranked.values())]


def is_named_after(test: str, stem: str) -> bool:
    """True if a module's name begins with a word of the test's: ``test_sysctl_command.py::…`` for ``sysctlvalue``."""
    return any(len(word) >= _WORD and stem.startswith(word) for word in re.split(r"[\W_]+", test.lower()))


def measure(tree: Tree, rooms: Sequence[str], tests: Sequence[str], build: Path) -> Measurement:
    """The measurement of the tree's version by these tests, taken now (some minutes) unless it is there already."""
    asked = hashlib.sha256("\0".join([*rooms, "", *tests]).encode()).hexdigest()[:8]
    folder = build / f"{tree.version}-{asked}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with tree.copy() as root:
            print(f"measuring which tests execute which lines: {folder.name}", file=sys.stderr)
            _run(root, folder, rooms, tests)
            for room in rooms:
                shutil.copytree(root / "macvsim" / room, folder / SOURCES_KEPT / "macvsim" / room, dirs_exist_ok=True)
            (folder / "done").write_text(str(root), "utf-8")
    return Measurement(folder)


def _run(root: Path, folder: Path, rooms: Sequence[str], tests: Sequence[str]) -> None:
    environment = tree_environment(root) | {
        DATA: str(folder / "coverage"),
        SOURCES: os.pathsep.join(str(root / "macvsim" / room) for room in rooms),
    }
    left_out = [f"--ignore=tests/{name}" for name in _LEFT_OUT]
    command = [sys.executable, "-m", "pytest", *PYTEST, *left_out, *tests]
    with (folder / "log").open("w", encoding="utf-8") as log:
        status = subprocess.run(command, cwd=root, env=environment, stdout=log, stderr=log, check=False).returncode
    if status not in (0, 1) or not (folder / SECONDS).exists():
        raise RuntimeError(f"the tests could not be measured (pytest: {status}), see {folder / 'log'}")


def collected(root: Path) -> frozenset[str]:
    """Names of all tests of a tree."""
    command = [sys.executable, "-m", "pytest", *PYTEST, "--collect-only", "tests"]
    left_out = [f"--ignore=tests/{name}" for name in _LEFT_OUT]
    ran = subprocess.run(
        [*command, *left_out], cwd=root, env=tree_environment(root), capture_output=True, text=True, check=False
    )
    return frozenset(line for line in ran.stdout.splitlines() if "::" in line)


PYTEST = ("-q", "-p", "tests.mutants.plugin", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0")


def tree_environment(root: Path) -> dict[str, str]:
    """The environment in which the tests of a copy import the copy's macvsim."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "MUTANTS"))}
    return kept | {
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(root / ".hypothesis"),
    }
