"""Every code block of README, CONTRIBUTING and the documentation runs, and prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks, run_page

pytestmark = pytest.mark.slow

PAGES = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / "pages").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_a_page_is_true(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^(`{3,}).*?^\1$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"(?:\]\(|src=\")([^)\"#\s]+)", text):
        if "://" in target or target.startswith(("mailto:", "reference/", "page/")):
            continue
        places = (page.parent / target, ROOT / "docs" / target)
        assert any(place.exists() for place in places), f"{page}: {target}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```python\nprint(1)\n```\n\n```\n2\n```\n", "prints"),
        ("```console\n$ echo a\nb\n```\n", "prints"),
        ("```console\n$ exit 3\n```\n", "page.md"),
        ("```\nalone\n```\n", "the output of nothing"),
        ("```rust\n```\n", "nothing runs blocks of 'rust'"),
        ("```console\necho a\n```\n", "a command stands behind"),
    ],
)
def test_a_page_that_is_not_true_is_found(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.docs.blocks.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(text)
    (tmp_path / "run").mkdir()
    with pytest.raises(AssertionError, match=said):
        run_page(page, tmp_path / "run")


def test_blocks_know_their_comments(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file: a.md -->\n\n````markdown\n```console\nx\n```\n````\n<!-- not run: why -->\n```\ny\n```\n"
    )
    found = [(block.language, block.note, block.said, block.text) for block in blocks(page)]
    assert found == [("markdown", "file", "a.md", "```console\nx\n```\n"), ("", "not run", "why", "y\n")]
