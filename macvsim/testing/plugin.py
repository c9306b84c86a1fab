"""The pytest plugin: labs as fixtures, and lost pings that say why.

::

    @pytest.mark.macvsim("labs/two_vlans.md")
    def test_vlans_are_apart(macvsim):
        assert macvsim.ping("d1", "172.16.10.11")
        assert macvsim.ping("d1", "172.16.20.10").lost("FORWARDING_OFF")

A test that only says that a ping is lost (``assert not macvsim.ping(…)``) fails: any other reason would do for it.
A test fails, too, and the run ends with status 95, if a command that would have changed the network is not simulated:
``--macvsim-allow-unsimulated`` and ``allow_unsimulated=True`` of the marker go on.
pytest imports this module at every start, so it imports nothing of macvsim before a test asks for a lab.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from macvsim.apps.ping_result import PingResult
    from macvsim.engine.drop import DropReason
    from macvsim.explain.explanation import Explanation
    from macvsim.lab import Lab
    from macvsim.labfile.load import LabFile


class CheckedPing:
    """A ping in a test: true if it was answered; one that was not must be explained by `lost`.

    result : what the program printed and measured; why : where the packet ended and why
    """

    def __init__(self, source: str, result: PingResult) -> None:
        self.source = source
        self.result = result
        self.why: Explanation = result.explain()
        self.is_open = False
        """The test was told of something that it has not named the reason of."""

    def __bool__(self) -> bool:
        self.is_open = not self.result
        return bool(self.result)

    def __repr__(self) -> str:
        return repr(self.result)

    @property
    def ttl(self) -> int | None:
        """Time to live of the first reply; None if there was none."""
        return self.result.ttl

    def lost(self, reason: DropReason | str, *, at: str | None = None) -> Loss:
        """True if no answer came for that reason; if not, its `repr` says what came instead.

        reason : a `macvsim.DropReason`, or its name; at : the place too, as explanations name it, such as ``sw1:2``

        Raises
        ------
        MacvsimError : there is no such reason
        """
        name = reason if isinstance(reason, str) else reason.name
        _check_reason(name)
        found = self.why.reason
        is_so = not self.result and found is not None and found.name == name and at in (None, self.why.where)
        self.is_open = not is_so
        return Loss(is_so, self.result, self.why)

    def report(self) -> str:
        """The explanation, and the way of the packet."""
        return f"{self.why}\n\n{self.why.trace()}\n"


class Loss:
    """Whether a ping was lost as a test says; its `repr` says where and why it was."""

    def __init__(self, is_so: bool, result: PingResult, why: Explanation) -> None:
        self._is_so = is_so
        self._result = result
        self._why = why

    def __bool__(self) -> bool:
        return self._is_so

    def __repr__(self) -> str:
        why = self._why
        if self._result or why.reason is None:
            return repr(self._result)
        others = "".join(f", also {end.reason.name} at {end.where}" for end in why.others)
        return f"<lost: {why.reason.name} at {why.where}{others}>"


def _check_reason(name: str) -> None:
    from macvsim.engine.drop import DropReason
    from macvsim.errors import MacvsimError

    if name not in DropReason.__members__:
        from difflib import get_close_matches

        near = ", ".join(get_close_matches(name.upper(), DropReason.__members__)) or "see macvsim.DropReason"
        raise MacvsimError(f"lost({name!r}): no packet is dropped for a reason of this name: {near}")


class CheckedLab:
    """The lab of a test; everything else is done with `lab`, or with a host or container: ``macvsim["d1"].sh(…)``."""

    def __init__(self, lab: Lab, *, allow_unsimulated: bool = False) -> None:
        self.lab = lab
        self.pings: list[CheckedPing] = []
        self._allows = allow_unsimulated

    def __getitem__(self, name: str) -> Any:
        return self.lab[name]

    def ping(self, source: str, target: str, *, count: int = 1, **options: Any) -> CheckedPing:
        """Ping from a host or container; `options` are those of `macvsim.machine.host.Box.ping`."""
        checked = CheckedPing(source, self.lab[source].ping(target, count=count, **options))
        self.pings.append(checked)
        return checked

    def after(self) -> str:
        """A line for each command that would have changed the network, and is not simulated."""
        return "".join(f"after: {one}: {one.command}\n" for one in self.lab.sim.unsimulated.since())

    @property
    def uncertain(self) -> str:
        """The first of these lines, unless the test goes on; empty without any."""
        allowed = self._allows or self.lab.allow_unsimulated
        return "" if allowed else self.after().partition("\n")[0]


_LAB = pytest.StashKey[CheckedLab]()
_UNCERTAIN = "macvsim: not simulated"
NOT_SIMULATED = 95
"""Status of a run with a test whose lab may differ from the real network."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("macvsim", "simulated networks")
    group.addoption(
        "--macvsim-pcap", metavar="DIR", type=Path, help="write a pcapng of every test's lab, drops commented, to DIR"
    )
    group.addoption(
        "--macvsim-budget",
        metavar="NAME=N,…",
        help="limits of what one command or call of a lab may use, such as events=5000000",
    )
    group.addoption("--macvsim-seed", metavar="N", type=int, help="seed of every lab, instead of its own")
    group.addoption(
        "--macvsim-allow-unsimulated",
        action="store_true",
        help="go on where a command that would have changed the network is not simulated; else exit status 95",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "macvsim(lab, play=True, budget={}, allow_unsimulated=False): the lab of the fixture macvsim: a file, from the "
        "folder of the test, or the text of one; play: run its commands first; budget: limits instead of the limits of "
        "the lab; allow_unsimulated: go on where a command that would have changed the network is not simulated",
    )
    config.pluginmanager.register(_Status(), "macvsim-status")


@pytest.fixture
def macvsim(request: pytest.FixtureRequest) -> Iterator[CheckedLab]:
    """A lab: of the file or text that the marker names, its commands played; empty without a marker."""
    from macvsim.engine.budget import limits_of
    from macvsim.lab import Lab
    from macvsim.labfile.load import with_budget
    from macvsim.labfile.play import Player

    config, node = request.config, request.node
    seed: int | None = config.getoption("--macvsim-seed")
    marker = node.get_closest_marker("macvsim")
    limits = limits_of(config.getoption("--macvsim-budget") or "")
    if marker is not None:
        limits.update(marker.kwargs.get("budget", {}))
    player = None
    if marker is None or not marker.args:
        lab = Lab(seed or 0, budget=limits)
    else:
        lab_file = with_budget(_lab_file(marker.args[0], node.path, node.nodeid), limits)
        if seed is not None:
            lab_file.front.spec = lab_file.front.spec.model_copy(update={"seed": seed})
        player = Player(lab_file)
        lab = player.lab
    allows: bool = config.getoption("--macvsim-allow-unsimulated")
    if marker is not None and marker.kwargs.get("allow_unsimulated"):
        allows = True
    checked = node.stash[_LAB] = CheckedLab(lab, allow_unsimulated=allows)
    with lab.capture() as capture:
        if player is not None and marker.kwargs.get("play", True):
            for _ in player.play():
                pass
        yield checked
    folder: Path | None = config.getoption("--macvsim-pcap")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        capture.save(folder / (re.sub(r"[^\w.-]+", "-", node.nodeid).strip("-") + ".pcapng"), reasons=True)


def _lab_file(source: str | Path, test: Path, name: str) -> LabFile:
    """A lab by its file, from the folder of the test, or by its text: a document, or the topology alone."""
    from macvsim.labfile.document import Document, read_markdown
    from macvsim.labfile.frontmatter import FrontMatter
    from macvsim.labfile.load import LabFile, load

    if isinstance(source, Path) or "\n" not in source:
        return load(test.parent / source)
    if source.lstrip().startswith("---"):
        document = read_markdown(source.lstrip(), name)
        return LabFile(test, document, FrontMatter(document.front, name, document.front_line))
    return LabFile(test, Document(name, source, 1), FrontMatter(source, name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passes has named why each ping was lost that it asked about."""
    result = yield
    checked = item.stash.get(_LAB, None)
    for ping in checked.pings if checked is not None else ():
        if ping.is_open and not ping.result:
            reason = f'.lost("{ping.why.reason.name}")' if ping.why.reason is not None else '.lost("REASON")'
            pytest.fail(
                f"{ping.source} -> {ping.result.target} was not answered, and the test does not say why: if that is "
                f"right, assert macvsim.ping(…){reason}",
                pytrace=False,
            )
    if checked is not None and checked.uncertain:
        pytest.fail(
            f"{checked.uncertain}: the real network may answer otherwise after it; --macvsim-allow-unsimulated goes on",
            pytrace=False,
        )
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add why pings were lost to the report of a test that failed."""
    report = yield
    checked = item.stash.get(_LAB, None)
    if report.when == "call" and report.failed and checked is not None:
        report.sections += [("macvsim: why", ping.report()) for ping in checked.pings if ping.is_open]
        if checked.after():
            report.sections.append(("macvsim: not simulated", checked.after()))
        if checked.uncertain:
            report.user_properties.append((_UNCERTAIN, checked.uncertain))
    return report


class _Status:
    """Ends the run with status 95 where a test failed that is not certain."""

    def __init__(self) -> None:
        self._is_certain = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if any(name == _UNCERTAIN for name, _ in report.user_properties):
            self._is_certain = False

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self._is_certain:
            session.exitstatus = NOT_SIMULATED
