"""Counts the places where prose hides its subject: ``python -m tests.words [ROOM]`` prints them.

Prose is every docstring, comment and message of the Python files, and every Markdown page. A place is a sentence that
begins with one of `BEGINNINGS` (a question may), or has a phrase of `PHRASES`. The counts of each room stand in
tests/data/words.json and may only fall: tests/docs/test_words.py fails when one rises. After prose got better, or files
moved, ``python -m tests.words --write`` writes the present counts into the file, unless their sum has risen.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COUNTS = ROOT / "tests" / "data" / "words.json"
FOLDERS = ("macvsim", "tests", "docs", "notebooks", "scenarios", "benchmarks")
BEGINNINGS = ("who", "what", "whoever", "whatever", "somebody", "someone")
PHRASES = (
    r"(?:somebody|someone|whoever)",
    r"(?:by|for|to|of) whom",
    r"(?:was|were|is|are) (?:not )?told (?:of|with)",
    r"nobody (?:wants|wanted|waits for|looks|asks|asked)",
    r"those (?:that|which|who|of)",
    r"such as (?:is|are|has|have|do|does|was|were)",
    r"(?:and|or|of|with|for) such(?=[.,;:)])",
    r"for a start",
    r"as it came",
    r"there-and-back",
    r"storeys",
)
_BEGINS = re.compile(rf"[\W_]*(?:{'|'.join(BEGINNINGS)})\b(?!['’]s next)", re.IGNORECASE)
_PHRASE = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)
_COMMENT = re.compile(rf"# .*\b(?:{'|'.join((*BEGINNINGS, *PHRASES))})", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])[\"')*`_]*\s+")
_MEANT_FOR_PEOPLE = 3
"""Words that a string of the program has at least before it counts as a message."""


@dataclass(frozen=True)
class Place:
    """A sentence that begins with a word of `BEGINNINGS`, or has a phrase of `PHRASES`."""

    path: Path
    line: int
    sentence: str

    @property
    def room(self) -> str:
        """The folder in the package (``macvsim/net``), else the folder in the checkout, or the file there."""
        folders = self.path.parts[:-1]
        return "/".join(folders[: 2 if folders[:1] == ("macvsim",) else 1]) or self.path.name

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


def files() -> list[Path]:
    """The Python files and English pages, relative to the checkout; without what `make page` builds or installs."""
    found = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*"))]
    paths = (path.relative_to(ROOT) for path in found if path.suffix in (".py", ".md") and ".zh" not in path.name)
    return sorted(
        path
        for path in paths
        if path.parts[:2] != ("docs", "page") and not {".ipynb_checkpoints", "node_modules"} & {*path.parts}
    )


def places(path: Path) -> Iterator[Place]:
    """The places of one file."""
    text = (ROOT / path).read_text("utf-8")
    for line, prose in _python(text, path.parts[0] != "tests") if path.suffix == ".py" else _page(text):
        for sentence in sentences(prose):
            if is_place(sentence):
                yield Place(path, line, sentence)


def is_place(sentence: str) -> bool:
    """True for a sentence that hides its subject."""
    begins = _BEGINS.match(sentence) is not None and not sentence.rstrip("\"')*`_ ").endswith("?")
    return begins or _PHRASE.search(sentence) is not None


def sentences(prose: str) -> Iterator[str]:
    """The sentences of a text, whose paragraphs are parted by empty lines."""
    for paragraph in re.split(r"\n\s*\n", prose):
        yield from filter(None, _SENTENCE.split(" ".join(paragraph.split())))


def _python(text: str, has_messages: bool) -> Iterator[tuple[int, str]]:
    """Docstrings, comments, and messages if they are wanted, each with its line."""
    docstrings: set[ast.AST] = set()
    parts: set[ast.AST] = set()
    for node in ast.walk(ast.parse(text)):  # a node comes before its parts
        if isinstance(node, ast.Expr):
            docstrings.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            if has_messages:
                said = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
                yield from _message(node.lineno, "".join(said))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            if node in docstrings:
                yield node.lineno, node.value
            elif has_messages:
                yield from _message(node.lineno, node.value)
    if _COMMENT.search(text):  # reading tokens takes twice as long as everything else
        yield from _comments(text)


def _message(line: int, text: str) -> Iterator[tuple[int, str]]:
    if len(text.split()) >= _MEANT_FOR_PEOPLE:
        yield line, text


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Comments; lines of comment below each other are one."""
    start, last, lines = 0, -1, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if lines and (line != last + 1 or token.line.strip() != token.string):
            yield start, "\n".join(lines)
            lines = []
        start = start if lines else line
        last = line
        lines.append(token.string.lstrip("# "))
    if lines:
        yield start, "\n".join(lines)


def _page(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, items and cells of a Markdown page; code and front matter are left out."""
    text = re.sub(r"\A---\n.*?^---$", _blank, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^ *(`{3,}).*?^ *\1$", _blank, text, flags=re.MULTILINE | re.DOTALL)
    line = 1
    for block in re.split(r"(\n\s*\n|\n(?= *(?:[-*>|#]|\d+\.) )|(?<!^) \| )", text):
        yield line + len(block) - len(block.lstrip("\n")), re.sub(r"^[\s>*#|-]+", "", block)
        line += block.count("\n")


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def counted(found: Iterable[Place]) -> dict[str, int]:
    """How many places each room has."""
    return dict(sorted(Counter(place.room for place in found).items()))


def main(words: list[str]) -> int:
    """Print the places, of one room if it is named; or write the counts, unless their sum has risen."""
    found = [place for path in files() for place in places(path)]
    if words == ["--write"]:
        counts = counted(found)
        before = sum(json.loads(COUNTS.read_text("utf-8")).values()) if COUNTS.exists() else len(found)
        if len(found) > before:
            print(f"{len(found)} places, {before} before: write plain English instead", file=sys.stderr)
            return 1
        COUNTS.write_text(json.dumps(counts, indent=1) + "\n", "utf-8")
    else:
        for place in found:
            if not words or place.room in words:
                print(place)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
