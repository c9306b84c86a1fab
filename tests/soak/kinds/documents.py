"""Lab documents with mistakes: one line that names the file, or a lab that plays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from macvsim.errors import BudgetExceeded, MacvsimError, message
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.labfile.report import describe
from macvsim.labfile.update import update
from tests.soak.kinds import sources
from tests.soak.mutate import encoded, mutated

COUNT, ITEMS, SAMPLE = 20_000, 1, 60
TEXT = """\
---
name: lab1
topology:
  defaults: {flavour: centos}
  nodes:
    host1:
      nics:
        enp0s8: {mac: 08:00:27:00:00:11, addresses: [10.0.0.1/24], promiscuous: true}
      exec: [ip link show]
    host2:
    sw1:
      kind: switch
      ports:
        1: {mode: access, vlan: 100}
        2: {mode: trunk, vlans: [100, 200], native: none}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
      delay: 1ms
    - type: veth
      endpoints: [{node: host2, interface: eth1}, {node: sw1, interface: 2}]
---
# Title

```console
root@host1:~# ip -br link show enp0s8
enp0s8           UP ...
[root@host2 ~]# ping -c 1 127.0.0.1
...
```
"""
_PROMPT = re.compile(r"(?=^(?:root@|\[root@|[\w.-]+# ))", re.MULTILINE)


def make(dice: Random) -> bytes:
    if dice.random() < 0.5:
        text = TEXT
    else:
        text = _shortened(dice.choice(sources.documents()), dice)
    return encoded(mutated(text, dice, sources.documents()[:20]))


def _shortened(text: str, dice: Random) -> str:
    """A document without many of its commands."""
    head, *rest = _PROMPT.split(text)
    end = "" if "```" in rest[-1:] else "```\n"
    begin = dice.randrange(len(rest)) if rest and dice.random() < 0.3 else 0
    return head + "".join(rest[begin : begin + dice.randrange(1, 8)]) + end


def play(data: bytes) -> Iterator[None]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "lab.md")
        path.write_bytes(data)
        outcomes = []
        try:
            lab_file = load(path, sources.LIMITS)
            for note in lab_file.front.notes():
                assert "\n" not in note
            player = Player(lab_file)
            yield
            for outcome in player.play():
                outcomes.append(outcome)
                describe(path.name, outcome)
                yield
            update(lab_file, outcomes)
        except BudgetExceeded:
            pass
        except MacvsimError as error:
            assert str(error).startswith(f"{path}:") and "\n" not in message(error), str(error)
    yield
