"""Ask Linux 6.12 what follows from the scripts: ``python -m tests.injected.record [NAME…]``, as root.

They are played in a guest (`tests.uml`), whose time moves only while everything sleeps; the answers are kept in
tests/data/injected.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.hostile.router import SETUP
from tests.injected.play import recorded, save
from tests.injected.scripts import SCRIPTS
from tests.uml.machine import prepare

GUEST = Path(__file__).with_name("guest.py")


def main(names: list[str]) -> None:
    """Record these scripts, or all."""
    chosen = {name: script for name, script in SCRIPTS.items() if not names or name in names}
    commands = [
        {"do": "command", "ns": None, "setup": False, "background": False, "suffix": "",
         "cmd": f"unshare --net --mount sh -c 'mkdir -p /run/netns; mount -t tmpfs none /run/netns; "
                f"exec python3 /run/job/injected.py /run/job/scripts.json \"{name}\"'"}
        for name in chosen
    ]  # fmt: skip
    plan = {"steps": commands, "texts": [], "values": {}, "namespaces": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(GUEST, folder / "injected.py")
        (folder / "scripts.json").write_text(json.dumps({"setup": SETUP, "scripts": chosen}))
        machine = prepare()
        played = machine.play(plan, folder)
        results = json.loads((played / "commands.json").read_text())
    answers = recorded() if names else {}
    for name, result in zip(chosen, results, strict=True):
        if result["rc"]:
            print(f"{name} not played: {result['stderr'][-2000:]}")
            continue
        answers[name] = {"script": chosen[name], "answers": json.loads(result["stdout"])}
    save(answers)
    print(f"{machine.version}: {len(chosen)} scripts")


if __name__ == "__main__":
    main(sys.argv[1:])
