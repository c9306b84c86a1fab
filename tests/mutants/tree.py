"""The checkout that mutants are made of: its version, and copies of it to break."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Tree:
    """A git checkout with everything in it that is not ignored, committed or not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True, text=True).stdout

    def files(self, *folders: str) -> list[str]:
        """Files of these folders, or all, that are not ignored, committed or not."""
        listed = self._git("ls-files", "-z", "-c", "-o", "--exclude-standard", "--", *folders).split("\0")
        return sorted({name for name in listed if (self.root / name).is_file()})

    @property
    def version(self) -> str:
        """A digest of macvsim and its tests: commits that change neither share one."""
        digest = hashlib.sha256()
        for name in self.files("macvsim", "tests"):
            if not name.startswith("tests/mutants/"):
                digest.update(name.encode() + b"\0" + hashlib.sha256((self.root / name).read_bytes()).digest())
        return digest.hexdigest()[:16]

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """A copy in a new folder, compiled, removed at the end."""
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            root = Path(folder).resolve()
            for name in self.files():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / name, root / name)
            # by hash: a mutant may have the size, and within a second the time, of what it replaces
            compile_all = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "macvsim", "tests"]
            subprocess.run([sys.executable, *compile_all], cwd=root, check=True)
            yield root
