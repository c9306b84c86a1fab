"""``python -m tests.uml.escape [--mutants]``: every lab as root and as an ordinary user, in a guest for each.

Prints a line for each lab; the exit status is 1 if one was not contained, 2 if there can be no guest. With --mutants
the sandbox is first broken on purpose, once for each of `MUTANTS`, and the exit status is 1 if a mutant is not noticed.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.uml.escape.image import Guest, build
from tests.uml.escape.mutants import MUTANTS
from tests.uml.machine import Impossible

USERS = ("root", "user")
STARTS = 4
"""Guests that a user's labs may take."""


def contained(guest: Guest, folder: Path) -> bool:
    """Play every lab as both users, in a guest for each."""
    with ThreadPoolExecutor(len(USERS)) as pool:
        runs = pool.map(lambda user: _played(guest, folder, user), USERS)
        told = [_told(user, results) for user, results in zip(USERS, runs, strict=True)]
    return all(told)


def _played(guest: Guest, folder: Path, user: str) -> list[dict[str, Any]]:
    """Results of all labs; a guest whose own kernel panics is started again with the lab at which it did, and says so.

    User-mode Linux 6.12 dies when a process is killed in the middle of fork(2), which fork bombs bring about. A lab
    that makes the kernel panic by itself does so every time, and is reported then.
    """
    results: list[dict[str, Any]] = []
    for attempt in range(STARTS):
        found = guest.run(folder / f"{user}-{attempt}", user, start=len(results))
        results += [result for result in found if result["name"] != "the guest"]
        ending = [result for result in found if result["name"] == "the guest"]
        if not ending or "Kernel panic" not in ending[0]["escapes"][0] or attempt == STARTS - 1:
            break
        print(f"as {user}: the guest's kernel panicked at lab {len(results)}: it is started again there", flush=True)
    return results + ending


def _told(user: str, results: list[dict[str, Any]]) -> bool:
    for result in results:
        verdict = "ESCAPED  " if result["escapes"] else "contained"
        print(f"{verdict} as {user}: {result.get('kind', '')}: {result['name']} ({result.get('seconds')} s)")
        for escape in result["escapes"]:
            print(f"    {escape}")
        if "--verbose" in sys.argv:
            print(result.get("output", ""))
    good = sum(not result["escapes"] for result in results)
    print(f"as {user}: {good} of {len(results)} contained", flush=True)
    return good == len(results)


def noticed(guest: Guest, folder: Path) -> bool:
    """Play the attack of every mutant."""
    with ThreadPoolExecutor(len(USERS)) as pool:
        numbers = range(len(MUTANTS))
        runs = pool.map(lambda number: guest.run(folder / str(number), MUTANTS[number].user, number), numbers)
        seen = []
        for mutant, results in zip(MUTANTS, runs, strict=True):
            escapes = [escape for result in results for escape in result["escapes"]]
            real = [escape for escape in escapes if escape != "the lab was not played"]
            print(
                f"{'noticed  ' if real else 'UNNOTICED'} {mutant.name}: {(real or escapes or ['nothing'])[0][:150]}",
                flush=True,
            )
            if "--verbose" in sys.argv:
                print(escapes, *(result.get("output", "") for result in results), sep="\n")
            seen.append(bool(real))
    return all(seen)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            guest = build(folder)
        except Impossible as reason:
            print(f"escape suite: not played: {reason}")
            return 2
        if "--mutants" in sys.argv and not noticed(guest, folder):
            return 1
        return int(not contained(guest, folder))


if __name__ == "__main__":
    sys.exit(main())
