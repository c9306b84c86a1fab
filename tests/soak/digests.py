"""A digest of each of some random labs: of its transcript, its captures as pcapng files, its journal and its tables.

``python -m tests.soak.digests COUNT`` prints them; they are the same on every interpreter, hash seed, locale, time zone
and in every folder.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from macvsim.testing.compare import everything
from tests.lab.random_labs import Play


def digest(seed: int) -> str:
    """The digest of one lab."""
    play = Play(seed, fastpath=bool(seed % 2)).run()
    found = hashlib.sha256()
    for text in play.texts:
        found.update(f"{text}\n".encode())
    for name, rows in everything(play.lab).items():
        found.update(f"{name}\n".encode())
        for row in rows:
            found.update(f"{row}\n".encode())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.pcapng"
        for capture in play.captures:
            capture.save(path, reasons=play.journal)
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


if __name__ == "__main__":
    for seed in range(int(sys.argv[1])):
        print(seed, digest(seed))
