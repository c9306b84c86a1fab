"""All there is to see of a lab, to compare two runs of it."""

from __future__ import annotations

from typing import Any

from macvsim import Lab


def state(lab: Lab) -> dict[str, Any]:
    """All there is to see."""
    seen: dict[str, Any] = {"now": lab.sim.now, "drops": {}, "ports": {}}
    for (where, reason), count in lab.sim.drops.items():
        seen["drops"][where.label, reason.name] = count
    for port in lab.switches["sw1"].ports.values():
        stats = port.stats
        seen["ports"][port.name] = [getattr(stats, name) for name in stats.__slots__]
    seen["fdb"] = [(e.vid, e.mac, e.port and e.port.name, e.updated) for e in lab.switches["sw1"].fdb]
    for name, box in lab.boxes().items():
        ns = box.ns
        seen[name] = [[getattr(dev.stats, field) for field in dev.stats.__slots__] for dev in ns.devices.values()]
        seen[f"{name} log"] = list(ns.log.lines)
        seen[f"{name} snmp"] = ns.snmp.text(forwarding=False, ttl=64)
        seen[f"{name} snmp6"] = ns.ipv6.snmp.text()
        seen[f"{name} neigh"] = [
            (e.dev.name, e.ip, e.ha, e.state, e.used, e.confirmed, e.updated, e.probes)
            for table in (ns.neigh, ns.ipv6.neigh)
            for e in table.listing()
        ]
    if lab.sim.journal is not None:
        seen["journal"] = [
            (r.time, r.uid, r.where.label, r.step, r.frame and (r.frame.raw, r.frame.tag, r.frame.wire), repr(r.detail))
            for r in lab.sim.journal.records
        ]
        seen["causes"] = lab.sim.journal.causes
    return seen
