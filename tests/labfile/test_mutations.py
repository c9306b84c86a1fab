"""Lab documents with random mistakes in them: one line that names the file, or a lab that plays; never a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from macvsim.labfile.commands import check_files

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
PIECES = [
    *":{}[]-&*!|>#'\"~%@`,",
    " ",
    "  ",
    "\n",
    "\t",
    "null",
    "true",
    "-1",
    "1e9",
    "```",
    "---",
    "root@",
    "é",
    "\0",
    "? ",
    "<<: ",
]


def mutated(number: int) -> str:
    """The text with a few characters or lines changed, the same ones for the same number."""
    dice = random.Random(number)
    text = TEXT
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text))
        match dice.randrange(4):
            case 0:
                text = text[:at] + dice.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[at + dice.randint(1, 8) :]
            case 2:
                lines = text.split("\n")
                at = dice.randrange(len(lines))
                lines[at : at + 1] = [] if dice.random() < 0.5 else [lines[at], lines[at]]
                text = "\n".join(lines)
            case _:
                end = text.find(" ", at + 1)
                text = text[:at] + dice.choice(PIECES) + text[max(end, at) :]
    return text


@pytest.mark.parametrize("part", range(4))
def test_mistakes_are_one_line(part: int, tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    statuses: dict[int, int] = {}
    for number in range(part * 100, part * 100 + 100):
        path.write_bytes(mutated(number).encode())
        errors: list[str] = []
        status = check_files([path], lambda text: None, errors.append)
        statuses[status] = statuses.get(status, 0) + 1
        assert len(errors) == (status == 2), (number, errors)
        for error in errors:
            assert error.startswith(f"macvsim: {path}:") and error.count("\n") == 1, (number, error)
    assert statuses[2] > 20 and statuses[0] + statuses.get(1, 0) > 5
