"""Edits of a front matter: what nobody can type on a node, such as a cable between two machines."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML

from macvsim.dev.nic import is_nic
from macvsim.lab import Lab
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.load import LabFile
from macvsim.repair.edit import Edit

FRONT = "front matter"
"""Where such edits are made: `Edit.node`; the command is ``PATH = VALUE``, the value in JSON."""
_EDIT = re.compile(r"topology\.links\[(\d+)\](?:\.(\w+))? = (.*)")


def applied(lab_file: LabFile, edits: tuple[Edit, ...]) -> LabFile:
    """The file with what is to be set in its front matter."""
    wanted = [match for edit in edits if edit.node == FRONT and (match := _EDIT.fullmatch(edit.command))]
    if not wanted:
        return lab_file
    data = copy.deepcopy(lab_file.front.data)
    links: list[Any] = data["topology"].setdefault("links", [])
    for match in wanted:
        number, key, value = int(match[1]), match[2], json.loads(match[3])
        if key is not None:
            links[number][key] = value
        else:
            links.append(value)
    text = io.StringIO()
    YAML(typ="rt", pure=True).dump(data, text)
    front = FrontMatter(text.getvalue(), lab_file.document.file, lab_file.front.first)
    return replace(lab_file, front=front)


def front_edits(lab_file: LabFile, lab: Lab) -> Iterator[tuple[int, tuple[Edit, ...]]]:
    """Cables between machines that lose everything, or that are not there, with ranks."""
    links = lab_file.front.spec.topology.links
    for number, link in enumerate(links):
        if link.loss and not any(end.node in lab.switches for end in link.endpoints):
            yield 1, (Edit(FRONT, f"topology.links[{number}].loss = 0"),)
    bare = [
        f"{name}:{dev.name}"
        for name, host in lab.hosts.items()
        for dev in host.ns.devices.values()
        if is_nic(dev) and dev.cable is None
    ]
    for at, one in enumerate(bare):
        for other in bare[at + 1 :]:
            if one.partition(":")[0] != other.partition(":")[0]:
                yield 5, (Edit(FRONT, f"topology.links[{len(links)}] = {json.dumps({'endpoints': [one, other]})}"),)


__all__ = ["FRONT", "applied", "front_edits"]
