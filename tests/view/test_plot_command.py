"""``macvsim plot``."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from macvsim.cli import main

SCENARIOS = Path(__file__).parents[2] / "scenarios"
EXP3 = str(SCENARIOS / "exp3_router.md")


def macvsim(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return int(str(ended.value.code)), out, err


def test_svg_goes_to_standard_output_or_into_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = macvsim(capsys, "plot", EXP3)
    assert (code, err) == (0, "")
    assert ElementTree.fromstring(out)[0].text == "exp3-router"
    file = tmp_path / "x.svg"
    code, said, _ = macvsim(capsys, "plot", EXP3, "-o", str(file))
    assert (code, said) == (0, f"exp3-router: written to {file}\n")
    assert file.read_text() == out


def test_png_and_pdf(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, magic in (("x.png", b"\x89PNG"), ("x.pdf", b"%PDF")):
        code, _, _ = macvsim(capsys, "plot", EXP3, "-o", str(tmp_path / name))
        assert code == 0
        assert (tmp_path / name).read_bytes().startswith(magic)


def test_why_ladder_and_animation_are_of_the_first_ping_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    _, why, _ = macvsim(capsys, "plot", EXP3, "--why")
    assert "✕ FORWARDING_OFF" in why
    _, ladder, _ = macvsim(capsys, "plot", EXP3, "--ladder")
    assert "FORWARDING_OFF" in ladder
    _, animated, _ = macvsim(capsys, "plot", EXP3, "--animate")
    assert "<animateMotion" in animated
    assert "FORWARDING_OFF" in animated


def test_another_ping_is_named_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    _, first, _ = macvsim(capsys, "plot", EXP3, "--ping", "1")
    assert "172.16.20.10: every request was answered" in first
    _, ladder, _ = macvsim(capsys, "plot", EXP3, "--ladder", "--by", "node", "--ping", "2")
    assert "echo reply 1, ttl 63" in ladder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{broken}"], "kind"),
        (["{broken}", "--why"], "kind"),
        (["nosuch.md"], "No such file"),
        ([EXP3, "-o", "x.gif"], "NAME.svg, NAME.png or NAME.pdf"),
        ([EXP3, "--animate", "-o", "x.png"], "animations are written as NAME.svg"),
        ([EXP3, "--why", "--ping", "7"], "there is no ping 7: choose 1 to 3"),
        (["{silent}", "--ladder"], "nothing in it pings"),
        ([EXP3, "-o", "{folder}/none/x.svg"], "there is no folder"),
    ],
)
def test_mistakes_are_one_clear_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], said: str
) -> None:
    broken, silent = tmp_path / "broken.md", tmp_path / "silent.md"
    broken.write_text("---\nname: x\ntopology: {nodes: {a: {kind: swich}}}\n---\n")
    silent.write_text("---\nname: x\ntopology: {nodes: {a: {}}}\n---\n")
    words = [word.format(broken=broken, silent=silent, folder=tmp_path) for word in arguments]
    code, out, err = macvsim(capsys, "plot", *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("macvsim: ")
    assert said in err


def test_missing_matplotlib_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = macvsim(capsys, "plot", EXP3, "-o", str(tmp_path / "x.png"))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "pip install matplotlib" in err
    assert macvsim(capsys, "plot", EXP3, "-o", str(tmp_path / "x.svg"))[0] == 0
