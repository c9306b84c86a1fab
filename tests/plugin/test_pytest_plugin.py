"""The pytest plugin, in runs of pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FRONT = """\
---
name: two-hosts
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [10.0.0.1/24]}}}
    host2: {nics: {enp0s8: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
---
```console
root@host1:~# ip addr add 10.0.1.1/24 dev enp0s8
```
"""


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, test: str, *options: str) -> pytest.RunResult:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.path.joinpath("two.md").write_text(FRONT)
    pytester.makepyfile(f"import pytest\nTEXT = {FRONT!r}\n\n{test}")
    return pytester.runpytest_subprocess("-p", "macvsim.testing.plugin", "--strict-markers", *options)


def test_labs_of_a_file_of_text_and_empty(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    test = """
@pytest.mark.macvsim("two.md")
def test_file(macvsim):
    assert macvsim.ping("host1", "10.0.0.2")
    assert macvsim.ping("host1", "10.0.1.1")

@pytest.mark.macvsim(TEXT, play=False)
def test_text(macvsim):
    assert macvsim.ping("host2", "10.0.0.1")
    assert "10.0.1.1" not in str(macvsim["host1"].sh("ip addr"))

@pytest.mark.macvsim(TEXT.split("---")[1])
def test_topology_alone(macvsim):
    assert macvsim.ping("host2", "10.0.0.1")

def test_empty(macvsim):
    assert macvsim.lab.boxes() == {}
"""
    run(pytester, monkeypatch, test).assert_outcomes(passed=4)


def test_a_lost_ping_says_why_in_its_report(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    test = """
@pytest.mark.macvsim("two.md")
def test_lost(macvsim):
    macvsim["host2"].sh("ip link set enp0s8 down")
    assert macvsim.ping("host1", "10.0.0.2", timeout=4)
"""
    result = run(pytester, monkeypatch, test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*- macvsim: why -*", "host1 -> 10.0.0.2: * ended at *", "* us  host1:enp0s8 * xmit *"]
    )


def test_negative_checks_name_their_reason(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    test = """
@pytest.mark.macvsim("two.md")
def test_named(macvsim):
    from macvsim import DropReason
    assert macvsim.ping("host1", "10.0.0.9", timeout=4).lost("NEIGH_FAILED")
    assert macvsim.ping("host1", "10.0.0.9", timeout=4).lost(DropReason.NEIGH_FAILED, at="host1:enp0s8")

@pytest.mark.macvsim("two.md")
def test_elsewhere(macvsim):
    assert macvsim.ping("host1", "10.0.0.9", timeout=4).lost("NEIGH_FAILED", at="sw1:host1")

@pytest.mark.macvsim("two.md")
def test_not_named(macvsim):
    assert not macvsim.ping("host1", "10.0.0.9", timeout=4)

@pytest.mark.macvsim("two.md")
def test_another_reason(macvsim):
    assert macvsim.ping("host1", "10.0.0.9", timeout=4).lost("VLAN_HOOK")

@pytest.mark.macvsim("two.md")
def test_answered(macvsim):
    assert macvsim.ping("host1", "10.0.0.2").lost("VLAN_HOOK")

@pytest.mark.macvsim("two.md")
def test_no_such_reason(macvsim):
    assert macvsim.ping("host1", "10.0.0.9", timeout=4).lost("VLAN_HOK")
"""
    result = run(pytester, monkeypatch, test)
    result.assert_outcomes(passed=1, failed=5)
    result.stdout.fnmatch_lines(["*where <lost: NEIGH_FAILED at host1:enp0s8*> = lost('NEIGH_FAILED', at='sw1:host1')"])
    result.stdout.fnmatch_lines(["*where <lost: NEIGH_FAILED at host1:enp0s8*> = lost('VLAN_HOOK')"])
    result.stdout.fnmatch_lines(
        [
            '*host1 -> 10.0.0.9 was not answered, and the test does not say why:*lost("NEIGH_FAILED")',
            "*host1 -> 10.0.0.2: every request was answered",
            "*lost('VLAN_HOK'): no packet is dropped for a reason of this name: VLAN_HOOK*",
        ]
    )


def test_options(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    test = """
@pytest.mark.macvsim("two.md")
def test_pcap(macvsim):
    assert macvsim.lab.sim.seed == 7
    assert macvsim.ping("host1", "10.0.0.9", timeout=4).lost("NEIGH_FAILED")
"""
    run(pytester, monkeypatch, test, "--macvsim-pcap=out", "--macvsim-seed=7").assert_outcomes(passed=1)
    written = list((pytester.path / "out").iterdir())
    assert [path.name for path in written] == ["test_options.py-test_pcap.pcapng"]
    assert b"DROP NEIGH_FAILED: " in written[0].read_bytes()


def test_nothing_heavy_is_imported_at_start() -> None:
    script = (
        "import sys, macvsim.testing.plugin; print(*(m for m in sys.modules if m.startswith(('macvsim', 'simpy'))))"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["macvsim", "macvsim.testing", "macvsim.testing.plugin"]


LOSSY = """
DOCUMENT = TEXT.replace("ip addr add", "tc qdisc add dev enp0s8 root netem loss 100%; ip addr add")

@pytest.mark.macvsim(DOCUMENT{more})
def test_played(macvsim):
    assert macvsim.ping("host1", "10.0.0.2")

@pytest.mark.macvsim("two.md"{more})
def test_typed(macvsim):
    macvsim["host1"].sh("wg-quick up wg0")
    assert macvsim.ping("host1", "10.0.0.2")

@pytest.mark.macvsim("two.md"{more})
def test_reads(macvsim):
    macvsim["host1"].sh("nstat; tc qdisc show")
    assert macvsim.ping("host1", "10.0.0.2")
"""


def test_a_command_that_is_not_simulated_fails_its_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(pytester, monkeypatch, LOSSY.format(more=""))
    result.assert_outcomes(passed=1, failed=2)
    assert result.ret == 95
    result.stdout.fnmatch_lines(
        [
            "after: tc on host1 was not simulated: tc qdisc add dev enp0s8 root netem loss 100%: the real network *",
            "*- macvsim: not simulated -*",
            "after: wg-quick on host1 was not simulated: wg-quick up wg0: the real network may answer *",
            "FAILED *test_played*",
            "FAILED *test_typed*",
        ]
    )


@pytest.mark.parametrize("options", [("--macvsim-allow-unsimulated",), ()])
def test_an_option_or_the_marker_goes_on(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    more = "" if options else ", allow_unsimulated=True"
    result = run(pytester, monkeypatch, LOSSY.format(more=more), *options)
    result.assert_outcomes(passed=3)
    assert result.ret == 0


def test_a_test_that_fails_says_what_was_not_simulated(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = """
@pytest.mark.macvsim("two.md")
def test_lost(macvsim):
    macvsim["host1"].sh("tc qdisc add dev enp0s8 root netem; ip link set enp0s8 down")
    assert macvsim.ping("host2", "10.0.0.1", timeout=4)
"""
    result = run(pytester, monkeypatch, test)
    result.assert_outcomes(failed=1)
    assert result.ret == 95
    result.stdout.fnmatch_lines(["*- macvsim: why -*", "  after: tc on host1 was not simulated"])


def test_pytest_compiles_one_module_of_macvsim(pytester: pytest.Pytester) -> None:
    """The installed plugin is found by its entry point, and pytest rewrites the assertions of no other module."""
    test = """
import sys

def test_rewritten(macvsim):
    macvsim.lab.host("a")
    ours = {name: module for name, module in sys.modules.items() if name.startswith(("macvsim", "pytest_macvsim"))}
    rewritten = [name for name, one in ours.items() if type(one.__loader__).__name__ == "AssertionRewritingHook"]
    assert rewritten == ["pytest_macvsim", "macvsim.testing.plugin"] and len(ours) > 50
"""
    pytester.makepyfile(test)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
