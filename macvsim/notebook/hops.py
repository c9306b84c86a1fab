"""The hops of a packet as data: where it is on the picture, what happens there, and every field of the frame."""

from __future__ import annotations

from typing import Any

from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.view.animation import stage
from macvsim.view.packets import packet_text
from macvsim.view.page import Layout
from macvsim.view.picture import Picture
from macvsim.view.trail import Visit
from macvsim.wire.frame import Frame

DOES = {
    "send": "sends it",
    "route": "finds the next hop",
    "xmit": "goes out",
    "receive": "comes in",
    "forward": "is routed on",
    "local": "is for this host",
}


def stepped(lab: Lab, told: Explanation) -> tuple[str, list[dict[str, Any]]]:
    """The picture of the lab as SVG, and the visits of the packet that decided, and of its copies, in order.

    A visit has ``time`` (text), ``where``, ``what``, ``packet`` (short), ``area`` (x, y, width, height on the picture,
    or none), ``ended`` and ``layers``: of each its name, and its fields as pairs of texts.
    """
    scene, layout, tale, _ = stage(lab, told)
    scene.items = [item for item in scene.items if not _tells_the_end(item, tale.notes(layout.topology))]
    scene.height = max(scene.height, layout.height)
    shown = [visit for visit in tale.visits if visit in tale.chain or visit in tale.aside]
    visits = [visit for visit in shown if layout.topology.at(visit.place) is not None]
    frames: dict[int, Frame] = {}
    hops = []
    for visit in visits:
        if visit.frame is not None:
            frames[visit.uid] = visit.frame
        hops.append(_hop(visit, frames.get(visit.uid), layout))
    return str(Picture(scene)), hops


def _tells_the_end(item: Any, notes: dict[str, str]) -> bool:
    return any(word.text == f"✕ {note}" for note in notes.values() for word in getattr(item, "words", ()))


def _hop(visit: Visit, frame: Frame | None, layout: Layout) -> dict[str, Any]:
    """frame : as it was last seen"""
    node = layout.topology.at(visit.place)
    area = layout.areas.get(node.id) if node is not None else None
    reason = visit.reason
    return {
        "time": f"{visit.time / 1e6:.6f} ms",
        "where": visit.place.label,
        "what": DOES.get(visit.step, visit.step) if reason is None else f"{reason.name}: {reason.meaning}",
        "packet": packet_text(frame.wire).short if frame is not None else "",
        "area": [area.x, area.y, area.width, area.height] if area is not None else None,
        "ended": reason is not None,
        "layers": [] if frame is None else layers(frame),
    }


def layers(frame: Frame) -> list[dict[str, Any]]:
    """The headers of a frame with their fields, as scapy dissects and words them."""
    found = []
    packet: Any = frame.scapy()
    while packet:
        fields = [(field.name, _worded(packet, field)) for field in packet.fields_desc if field.name in packet.fields]
        found.append({"name": packet.name, "fields": fields})
        packet = packet.payload
    return found


def _worded(packet: Any, field: Any) -> str:
    value = packet.getfieldval(field.name)
    if isinstance(value, bytes):
        return value.hex(" ", 4)
    return str(field.i2repr(packet, value))
