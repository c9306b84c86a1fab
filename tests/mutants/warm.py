"""Trials in forks of one process that has imported macvsim and collected the tests: a mutant costs no start of Python.

The functions of a fork get the changed code (`Patch`).  A change outside functions acts when its module is imported:
`trial` plays it, in a process of its own.  Limits count CPU time, so that a busy machine changes no outcome.  This file
is the pytest plugin of the process that forks, and `play` starts it.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn

import pytest

from tests.mutants.measure import PYTEST, tree_environment
from tests.mutants.mutation import Mutant
from tests.mutants.tree import Tree
from tests.mutants.trial import MEMORY_LIMIT, Fate, Outcome, choose

PLAN = "MUTANTS_PLAN"
_LEAST, _TIMES = 5, 10
"""CPU seconds that a test may take: so many, and so many times what it took without a mutant."""
_WAITING = 10
"""How many times its CPU time a trial may last, as other processes want the CPU, too."""


class Patch:
    """The code that a mutant gives to the functions of its file."""

    def __init__(self, source: bytes, changed: bytes, path: str) -> None:
        old, new = (_codes(compile(text, path, "exec", dont_inherit=True)) for text in (source, changed))
        self.codes = {old[key]: new[key] for key in old if key in new and old[key] != new[key]}
        own = [code for code, other in self.codes.items() if _own(code) != _own(other)]
        self.is_of_functions = bool(own) and all(code.co_flags & inspect.CO_OPTIMIZED for code in own)

    def apply(self, functions: Sequence[FunctionType]) -> None:
        for function in functions:
            function.__code__ = self.codes.get(function.__code__, function.__code__)


def _codes(code: CodeType) -> dict[tuple[str, int, int], CodeType]:
    """All code of a module by qualified name, line, and a number where name and line are the same."""
    found: dict[tuple[str, int, int], CodeType] = {}
    seen: Counter[tuple[str, int]] = Counter()

    def walk(one: CodeType) -> None:
        key = (one.co_qualname, one.co_firstlineno)
        found[*key, seen[key]] = one
        seen[key] += 1
        for constant in one.co_consts:
            if isinstance(constant, CodeType):
                walk(constant)

    walk(code)
    return found


def _own(code: CodeType) -> tuple[object, ...]:
    """Code, constants and names of a function, without the functions in it."""
    constants = [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames


# -- the process that starts the other ---------------------------------------------------------------------------------


def play(
    tree: Tree, trials: Sequence[tuple[Mutant, list[tuple[str, float]]]], jobs: int, seconds: float, log: Path
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes with the numbers of their trials, as they come; trials that need processes of their own are left out."""
    plan: list[dict[str, Any]] = []
    for number, (mutant, tests) in enumerate(trials):
        source = (tree.root / mutant.path).read_bytes()
        if tests and Patch(source, mutant.apply(source), mutant.path).is_of_functions:
            took = dict(tests)
            asked = [(name, took[name]) for name in choose(tests, seconds)]
            plan.append({"number": number, "mutant": asdict(mutant), "tests": asked})
    if not plan:
        return
    told, tell = os.pipe()
    with tree.copy() as root, log.open("w", encoding="utf-8") as output:
        modules = sorted({name.partition("::")[0] for one in plan for name, _ in one["tests"]})
        modules = [module for module in modules if (root / module).is_file()]
        (root / ".mutants-tests").write_text("\n".join(modules), "utf-8")
        (root / ".mutants-plan").write_text(
            json.dumps({"tell": tell, "jobs": jobs, "seconds": seconds, "trials": plan}), "utf-8"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *PYTEST, "-p", "tests.mutants.warm", "--tb=line", "@.mutants-tests"],
            cwd=root, env=tree_environment(root) | {PLAN: str(root / ".mutants-plan")},
            stdout=output, stderr=output, pass_fds=(tell,),
        )  # fmt: skip
        os.close(tell)
        with open(told, encoding="utf-8") as lines, process:
            for line in lines:
                number, fate, by, ran = json.loads(line)
                mutant, tests = trials[number]
                yield number, Outcome(mutant, Fate(fate), by, ran, len(tests))


# -- the process that forks --------------------------------------------------------------------------------------------


class Warm:
    """Plays the trials of a plan in place of the session's tests."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.seconds: float = plan["seconds"]
        self.items: dict[str, pytest.Item] = {}
        self.functions: dict[str, list[FunctionType]] = {}
        """By file."""
        self.failed = self.passed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed
        self.passed |= report.when == "call" and report.passed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        for path in sorted({trial["mutant"]["path"] for trial in self.plan["trials"]}):
            importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                self.functions.setdefault(found.__code__.co_filename, []).append(found)
        gc.freeze()
        children: dict[int, int] = {}
        for trial in self.plan["trials"]:
            if len(children) == self.plan["jobs"]:
                self._wait(children)
            if not (child := os.fork()):
                self._child(trial)
            children[child] = trial["number"]
        while children:
            self._wait(children)
        return True

    def _wait(self, children: dict[int, int]) -> None:
        """Until one has ended; what it started ends with it."""
        child, status = os.wait()
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        number = children.pop(child)
        if os.WIFSIGNALED(status):
            late = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM)
            self._tell(number, Fate.TIMEOUT if late else Fate.KILLED, f"signal {os.WTERMSIG(status)}", 0)

    def _tell(self, number: int, fate: Fate, by: str, ran: int) -> None:
        os.write(self.plan["tell"], json.dumps([number, fate.value, by, ran]).encode() + b"\n")

    def _child(self, trial: dict[str, Any]) -> NoReturn:
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
            signal.alarm(int(_WAITING * self.seconds))
            mutant = Mutant(**trial["mutant"])
            path = Path(mutant.path).absolute()
            source = path.read_bytes()
            Patch(source, mutant.apply(source), str(path)).apply(self.functions.get(str(path), []))
            self._tell(trial["number"], *self._run(trial["tests"]))
        except BaseException as error:
            self._tell(trial["number"], Fate.KILLED, repr(error), 0)
        finally:
            os._exit(0)

    def _run(self, tests: Sequence[tuple[str, float]]) -> tuple[Fate, str, int]:
        """Fate, the test that failed, and how many passed."""
        chosen = [(self.items[name], took) for name, took in tests if name in self.items]
        ran = 0
        for number, (item, took) in enumerate(chosen, 1):
            used = time.process_time()
            if used > self.seconds / 2:
                break
            most = int(used + _LEAST + _TIMES * took) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
            self.failed = self.passed = False
            after = chosen[number][0] if number < len(chosen) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            ran += self.passed
            if self.failed:
                return Fate.KILLED, item.nodeid, ran
        return Fate.SURVIVED, "", ran


def pytest_configure(config: pytest.Config) -> None:
    if PLAN in os.environ:
        config.pluginmanager.register(Warm(json.loads(Path(os.environ[PLAN]).read_text("utf-8"))))
