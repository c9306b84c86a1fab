"""Builds the documentation: ``python docs/build.py``, into build/docs/site.

The pages are docs/pages; beside them go the pictures, the tables of fidelity and of shells and tools, and the
reference, which is made here from the docstrings, the command line's own help and the table of reasons.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from macvsim.output import write_file

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILT = ROOT / "build" / "docs"


def assemble() -> None:
    """Put together what the site is made of."""
    from reference import write_reference

    if BUILT.exists():
        shutil.rmtree(BUILT)
    shutil.copytree(HERE / "pages", BUILT / "pages")
    shutil.copytree(HERE / "pictures", BUILT / "pages" / "pictures", dirs_exist_ok=True)
    for table in ("fidelity.md", "spec.md"):
        shutil.copy(HERE / table, BUILT / "pages")
    for page in (BUILT / "pages").glob("*.md"):
        write_file(page, _in_site(page.read_text(encoding="utf-8")))
    shutil.copy(HERE / "mkdocs.yml", BUILT)
    write_reference(BUILT / "pages" / "reference")


def _in_site(text: str) -> str:
    """Links of a page as they lead in the site: what is beside the pages there, and no further than the repository."""
    text = re.sub(r"\]\(\.\./(pictures/|fidelity\.md|spec\.md)", r"](\1", text)
    return re.sub(r"\[([^\]]*)\]\(\.\./\.\./[^)]*\)", r"\1", text)


if __name__ == "__main__":
    assemble()
    subprocess.run([sys.executable, "-m", "zensical", "build", "--clean"], cwd=BUILT, check=True)
    if (HERE / "page").exists():
        shutil.copytree(HERE / "page", BUILT / "site" / "page")
