"""Collectors' outputs, real and put together from recordings, and the labs they come to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from macvsim import Lab
from macvsim.exchange.document import Imported
from macvsim.exchange.machine import read_machine
from macvsim.exchange.sections import read_output
from macvsim.labfile.build import build
from macvsim.labfile.document import read_markdown
from macvsim.labfile.frontmatter import FrontMatter

SECTIONS = {
    "link": "ip -j -d link", "addr": "ip -j addr", "route": "ip -j route", "neigh": "ip -j neigh",
    "fdb": "bridge -j fdb", "vlan": "bridge -j vlan",
}  # fmt: skip
EMPTY_HOST = {
    "link": [{"ifindex": 1, "ifname": "lo", "flags": ["LOOPBACK", "UP"], "link_type": "loopback"}],
    "addr": [{"ifname": "lo", "addr_info": []}],
}


def output(state: Mapping[str, Mapping[str, Any]], sysctls: Mapping[str, str] | None = None) -> str:
    """What the collector prints on a machine with the named namespaces of a recorded state."""
    lines = ["===== macvsim collector 1", "===== machine: hostname", "recorded"]
    for name, tables in {"host": EMPTY_HOST, **state}.items():
        place = name if name == "host" else f"netns {name}"
        for table, what in SECTIONS.items():
            if table in tables:
                lines += [f"===== {place}: {what}", json.dumps(tables[table])]
        if sysctls and name in sysctls:
            lines += [f"===== {place}: sysctl", sysctls[name]]
    return "\n".join([*lines, "===== end", ""])


def imported(*outputs: str, **options: Any) -> tuple[Lab, Imported]:
    """The lab that the document of some machines describes, built from its text."""
    machines = [read_machine(read_output(text, f"host{n}.txt")) for n, text in enumerate(outputs, 1)]
    found = Imported(machines, **options)
    document = read_markdown(found.text, "lab.md")
    return build(FrontMatter(document.front, "lab.md", document.front_line)), found
