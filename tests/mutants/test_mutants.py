"""The runner of mutants: what it changes, which tests it asks, and what it makes of their answers."""

from __future__ import annotations

import ast
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.__main__ import EQUIVALENT, ROOMS, ROOT, files, known_equivalents, report, sample
from tests.mutants.measure import Measurement, collected, covering, earlier, is_named_after, measure
from tests.mutants.mutation import Mutant, mutants
from tests.mutants.tree import Tree
from tests.mutants.trial import Fate, Outcome, choose, run
from tests.mutants.warm import Patch, play


def changes(tmp_path: Path, text: str) -> list[tuple[str, str, str]]:
    """Kind, changed line and what it becomes, of every mutant of a program."""
    file = tmp_path / "program.py"
    file.write_text(text, "utf-8")
    source = file.read_bytes()
    return [(mutant.kind, *mutant.changed(source)) for mutant in mutants(file, tmp_path) if mutant.compiles(source)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a - b", [("operator", "x = a + b")]),
        ("x = a << 3", [("operator", "x = a >> 3"), ("constant", "x = a << 2"), ("constant", "x = a << 4")]),
        ("x = 'a' + b", []),
        ("x = a < b", [("comparison", "x = a <= b"), ("comparison", "x = a >= b")]),
        ("x = a is b", [("comparison", "x = a is not b")]),
        ("x = a and b", [("boolean", "x = a or b")]),
        ("x = not a", [("negation", "x = a")]),
        ("x = 0", [("constant", "x = 1")]),
        ("x = True", [("constant", "x = False")]),
        ("x: int = 5", [("constant", "x: int = 4"), ("constant", "x: int = 6")]),
        ("f(a)", [("statement", "pass")]),
        ("a.b = c", [("statement", "pass")]),
        ("a += b", [("operator", "a -= b"), ("statement", "pass")]),
        ("x = a if b else c", [("branches", "x = c if b else a"), ("branches", "x = a if (not b) else c")]),
        ("x = f'{a + 1}'", []),
        ("x = 'ü', a == b  # after characters of two bytes", [("comparison", "x = 'ü', (a != b)")]),
        ("assert a < 1", []),
        ("__slots__ = (1,)", []),
    ],
)
def test_changes_of_a_line(tmp_path: Path, line: str, expected: list[tuple[str, str]]) -> None:
    found = [(kind, new.partition("  #")[0]) for kind, _, new in changes(tmp_path, f"{line}\n")]
    assert sorted(found) == sorted(expected)


def test_changes_of_blocks(tmp_path: Path) -> None:
    text = "def f(a: int = 2) -> bool:\n    while a:\n        if a:\n            break\n    raise a\n    return a\n"
    assert sorted(changes(tmp_path, text)) == [
        ("constant", "def f(a: int = 2) -> bool:", "def f(a: int = 1) -> bool:"),
        ("constant", "def f(a: int = 2) -> bool:", "def f(a: int = 3) -> bool:"),
        ("negation", "if a:", "if not a:"),
        ("negation", "while a:", "while not a:"),
        ("result", "return a", "return not a"),
        ("statement", "break", "continue"),
        ("statement", "raise a", "pass"),
    ]


def test_a_nested_part_keeps_its_place_in_the_expression(tmp_path: Path) -> None:
    """Text is put in where the node was; brackets keep it together."""
    found = {new for _, _, new in changes(tmp_path, "x = a * (b - c) + f(a and b)\n")}
    assert found == {
        "x = a * (b - c) - f(a and b)",
        "x = (a // (b - c)) + f(a and b)",
        "x = a * ((b + c)) + f(a and b)",
        "x = a * (b - c) + f(a or b)",
    }


def test_lines_that_execute_a_mutant(tmp_path: Path) -> None:
    """The statement's own; the whole function's for its defaults; none for what the import executes."""
    file = tmp_path / "program.py"
    file.write_text("A = 1\ndef f(a=2):\n    b = (3,\n         4)\n    if a < 5:\n        return a\n", "utf-8")
    lines = {mutant.text: mutant.lines for mutant in mutants(file, tmp_path)}
    assert lines["0"] == () and lines["a <= 5"] == (5,)
    assert (lines["7"] if "7" in lines else lines["5"]) == (3, 4)
    assert next(mutant.lines for mutant in mutants(file, tmp_path) if mutant.line == 2) == (3, 4, 5, 6)


def test_mutants_of_the_tree_compile_and_depend_on_the_seed_only() -> None:
    paths = files(ROOT, ROOMS, ["net/tcp/*"])[::20]
    chosen = sample(ROOT, paths, 40, 7)
    assert chosen == sample(ROOT, paths, 40, 7) != sample(ROOT, paths, 40, 8)
    assert len({(mutant.path, mutant.line) for mutant in chosen}) == 40
    for mutant in chosen:
        source = (ROOT / mutant.path).read_bytes()
        assert ast.dump(ast.parse(mutant.apply(source))) != ast.dump(ast.parse(source))


def test_entries_of_equivalents_are_of_this_tree(tmp_path: Path) -> None:
    known_equivalents(ROOT)
    assert all(entry["reason"] for entry in json.loads(EQUIVALENT.read_text("utf-8")))
    stale = tmp_path / "stale.json"
    stale.write_text('[{"file": "macvsim/lab.py", "function": "", "old": "nothing = 1", "new": "", "reason": "x"}]')
    with pytest.raises(ValueError, match="take the entry out"):
        known_equivalents(ROOT, stale)


# -- a tree of its own -------------------------------------------------------------------------------------------------

PROGRAM = """\
LEAST = 3

def larger(a, b):
    if a > b:
        return a
    return b

def endless(n):
    while n > 0:
        n -= 1
    return n

def unseen(n):
    return n + 1
"""
TESTS = """\
from macvsim.dev.program import endless, larger

def test_larger():
    assert larger(2, 1) == 2

def test_endless():
    assert endless(3) == 0
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A small checkout with the runner in it."""
    root = tmp_path_factory.mktemp("tree")
    for name, text in {
        "macvsim/__init__.py": "",
        "macvsim/dev/__init__.py": "",
        "macvsim/testing/__init__.py": "",
        "macvsim/testing/plugin.py": "",  # the plugin of the installed pytest-macvsim is loaded from here
        "macvsim/dev/program.py": PROGRAM,
        "tests/test_program.py": TESTS,
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--import-mode=importlib']\npythonpath = ['.']\n",
        **{
            path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
            for path in Path(__file__).parent.glob("*.py")
            if not path.name.startswith("test_")
        },
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return Tree(root)


@pytest.fixture(scope="module")
def measurement(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Measurement:
    return measure(tree, ["dev"], ["tests"], tmp_path_factory.mktemp("build"))


def mutant_of(tree: Tree, text: str) -> Mutant:
    (found,) = (m for m in mutants(tree.root / "macvsim/dev/program.py", tree.root) if m.text == text)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "fate", "by"),
    [
        ("a <= b", Fate.KILLED, "tests/test_program.py::test_larger"),
        ("a >= b", Fate.SURVIVED, ""),
        ("n += 1", Fate.TIMEOUT, ""),
        ("n - 1", Fate.UNCOVERED, ""),
    ],
)
def test_what_becomes_of_a_mutant(tree: Tree, measurement: Measurement, text: str, fate: Fate, by: str) -> None:
    mutant = mutant_of(tree, text)
    tests = covering([measurement], mutant, tree.root)
    assert [name for name, _ in tests] == {
        "larger": ["tests/test_program.py::test_larger"],
        "endless": ["tests/test_program.py::test_endless"],
        "unseen": [],
    }[mutant.function]
    with tree.copy() as root:
        outcome = run(mutant, tests, root, 5 if fate is Fate.TIMEOUT else 120)
        assert (outcome.fate, outcome.by) == (fate, by)
        assert (root / mutant.path).read_text("utf-8") == PROGRAM, "the copy is whole again"


@pytest.mark.slow
def test_forks_play_changes_of_functions(tree: Tree, measurement: Measurement, tmp_path: Path) -> None:
    """As one trial each would end; what no test executes, and what acts at the import, is left to the other way."""
    chosen = [mutant_of(tree, text) for text in ("a <= b", "a >= b", "n += 1", "n - 1", "4")]
    trials = [(mutant, covering([measurement], mutant, tree.root)) for mutant in chosen]
    found = dict(play(tree, trials, 2, 20, tmp_path / "log"))
    assert {number: (outcome.fate, outcome.by, outcome.ran) for number, outcome in found.items()} == {
        0: (Fate.KILLED, "tests/test_program.py::test_larger", 0),
        1: (Fate.SURVIVED, "", 1),
        2: (Fate.TIMEOUT, "signal 24", 0),
    }


def test_changes_of_functions_are_told_apart() -> None:
    source = b"A = 1\ndef f(x=2):\n    return [y + 3 for y in x]\n"
    changes = {old: Patch(source, source.replace(old, b"5"), "p").is_of_functions for old in (b"1", b"2", b"3")}
    assert changes == {b"1": False, b"2": False, b"3": True}


@pytest.mark.slow
def test_a_measurement_is_taken_once_for_a_version(tree: Tree, tmp_path: Path) -> None:
    (folder,) = {measured(tree, tmp_path) for _ in range(2)}
    time = (folder / "done").stat().st_mtime_ns
    measured(tree, tmp_path)
    assert (folder / "done").stat().st_mtime_ns == time
    (tree.root / "tests" / "test_more.py").write_text("", "utf-8")
    assert measured(tree, tmp_path, count=2) != folder
    (tree.root / "tests" / "test_more.py").unlink()


def measured(tree: Tree, build: Path, count: int = 1) -> Path:
    measure(tree, ["dev"], ["tests"], build)
    found = sorted(build.iterdir(), key=lambda path: path.stat().st_ctime_ns)
    assert len(found) == count
    return found[-1]


def test_fast_tests_first_as_many_as_fit() -> None:
    assert choose([("slow", 90.0), ("b", 1.0)], 60) == ["slow"]
    assert choose([("a", 1.0), ("b", 59.0), ("c", 1.0)], 60) == ["a", "b"]


@pytest.mark.slow
def test_tests_that_take_too_long_together_are_no_timeout(tree: Tree, measurement: Measurement) -> None:
    """After a time no further test is started; a mutant that the first ones do not notice has survived."""
    mutant = mutant_of(tree, "a >= b")
    text = "import time, pytest\n\n@pytest.mark.parametrize('n', range(9))\ndef test_slow(n):\n    time.sleep(1)\n"
    with tree.copy() as root:
        (root / "tests" / "test_slow.py").write_text(text, "utf-8")
        outcome = run(mutant, [(f"tests/test_slow.py::test_slow[{n}]", 0.1) for n in range(9)], root, 120, 2)
    assert outcome.fate is Fate.SURVIVED and 1 <= outcome.ran < 9 == outcome.covering


def test_ranking_prefers_tests_of_the_file(tmp_path: Path) -> None:
    """Of two tests with the same duration the one that executes less of other files comes first."""
    database = sqlite3.connect(tmp_path / "coverage")
    database.executescript(
        "create table file (id, path); create table context (id, context);"
        "create table line_bits (file_id, context_id, numbits);"
        "insert into file values (1, '/tree/macvsim/dev/a.py'), (2, '/tree/macvsim/dev/b.py');"
        "insert into context values (0, ''), (1, 'wide'), (2, 'narrow'), (3, 'failed'), (4, 'quick');"
    )
    rows = [(1, 0, 0xFF), (1, 1, 0b10), (2, 1, 0xFF), (1, 2, 0b10), (1, 3, 0b10), (1, 4, 0b110), (2, 4, 1)]
    database.executemany("insert into line_bits values (?, ?, ?)", [(f, c, bytes([bits])) for f, c, bits in rows])
    database.commit()
    (tmp_path / "seconds.json").write_text('{"wide": 1.0, "narrow": 1.0, "quick": 0.01}')
    (tmp_path / "done").write_text("/tree", "utf-8")
    found = [Measurement(tmp_path)] * 2
    mutant = Mutant("macvsim/dev/a.py", "", "", 1, (1,), 0, 0, "")
    assert [name for name, _ in covering(found, mutant, tmp_path)] == ["quick", "narrow", "wide"]
    assert covering(found, Mutant("macvsim/dev/c.py", "", "", 1, (), 0, 0, ""), tmp_path) == []


@pytest.mark.parametrize(
    ("line", "expected"), [(1, (1,)), (2, (1,)), (3, (2,)), (4, (3, 4)), (5, (3, 4)), (6, (5,)), (7, (5,))]
)
def test_lines_are_found_again_in_a_later_version(line: int, expected: tuple[int, ...]) -> None:
    """One line was added after the first and one at the end, and two replaced two."""
    assert earlier([line], ["a", "b", "c", "d", "e"], ["a", "new", "b", "C", "D", "e", "end"]) == expected


@pytest.mark.slow
def test_a_measurement_serves_a_later_version(tree: Tree, measurement: Measurement, tmp_path: Path) -> None:
    """Lines that were added before a function leave its tests its tests."""
    later = tmp_path / "macvsim" / "dev" / "program.py"
    later.parent.mkdir(parents=True)
    later.write_text("def more():\n    return 1 - 2\n\n" + PROGRAM, "utf-8")
    (mutant,) = (m for m in mutants(later, tmp_path) if m.text == "a <= b")
    assert [name for name, _ in covering([measurement], mutant, tmp_path)] == ["tests/test_program.py::test_larger"]


def test_names_of_the_tests_of_a_tree(tree: Tree) -> None:
    assert collected(tree.root) == {f"tests/test_program.py::test_{name}" for name in ("larger", "endless")}


@pytest.mark.parametrize(
    ("test", "stem", "named"),
    [
        ("tests/unit/test_sysctl_command.py::test_x", "sysctlvalue", True),
        ("tests/unit/test_docker_ipam.py::test_x[a]", "ipam_config", True),
        ("tests/lab/test_replay.py::test_equal[974-sysctl-ranges]", "sysctlvalue", True),
        ("tests/unit/test_ip_link.py::test_is", "ipam_config", False),
        ("tests/dev/test_bridge.py::test_x", "broadcast", False),
    ],
)
def test_tests_named_after_a_module(test: str, stem: str, named: bool) -> None:
    assert is_named_after(test, stem) is named


def test_report(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    survivor, other = mutant_of(tree, "a >= b"), mutant_of(tree, "n - 1")
    fates = (Fate.UNCOVERED, Fate.KILLED, Fate.KILLED, Fate.TIMEOUT)
    found = [Outcome(survivor, Fate.SURVIVED, "", 1, 1), *(Outcome(other, fate) for fate in fates)]
    known = {(survivor.path, "larger", "if a > b:", "if a >= b:"): "equal values are the same"}
    assert report(tree.root, found, known) == 1
    shown = capsys.readouterr().out
    assert "-    if a > b:\n+    if a >= b:\n  equal values are the same\n" in shown
    assert shown.endswith(
        "2 killed, 1 timeout, 0 survived, 1 not covered, 1 equivalent; killed: 50.0 %, out of time: 25.0 %\n"
    )


def test_command_line() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.mutants", "--list", "--count", "3", "--rooms", "switch"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.count("@@ -") == 3
