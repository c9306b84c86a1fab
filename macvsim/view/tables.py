"""What machines, switches, captures and explanations show as tables."""

from __future__ import annotations

from macvsim.explain.explanation import Explanation
from macvsim.machine.capture import Capture
from macvsim.machine.host import Box
from macvsim.switch import Switch
from macvsim.view.html import Table
from macvsim.view.topology import carried
from macvsim.wire.addr import ip_text, mac_text
from macvsim.wire.canon import frame_text


def frames(capture: Capture) -> Table:
    """The frames of a capture, with the reasons why packets ended."""
    said = capture.reasons()
    rows = []
    for number, record in enumerate(capture.records):
        clock = f"{record.time_ns / 1e6:.6f}"
        rows.append(
            (str(number + 1), clock, record.interface, record.direction, frame_text(record.data), said.get(number, ""))
        )
    heads = ("", "ms", "interface", "", "frame", "")
    return Table(f"{len(rows)} frames of {len(capture.interfaces)} interfaces", heads, list(rows), list(said))


def hops(explanation: Explanation) -> Table:
    """A packet's way, the place where it ended marked."""
    fatal = explanation.reason.name if explanation.reason is not None else ""
    rows, marked = [], []
    for number, step in enumerate(explanation.path):
        rows.append((f"{step.time / 1e6:.6f}", step.where, step.action, step.what))
        if fatal and step.action == fatal and step.where == explanation.where:
            marked.append(number)
    return Table("The packet, and what it caused", ("ms", "place", "what", "frame"), list(rows), marked)


def devices(box: Box) -> Table:
    """``ip address`` as a table."""
    rows = []
    for dev in box.ns.devices.values():
        six = dev.inet.inet6.addresses if dev.inet.inet6 is not None else ()
        addresses = ", ".join(address.text for address in (*dev.inet.addresses, *six))
        below = "" if dev.lower is None else dev.lower.label
        rows.append((dev.name, dev.kind, "up" if dev.up else "down", mac_text(dev.mac), str(dev.mtu), addresses, below))
    heads = ("device", "kind", "state", "MAC", "MTU", "addresses", "on")
    return Table(f"{box.name}: devices", heads, list(rows))


def routes(box: Box) -> Table:
    """``ip route`` as a table."""
    rows = [
        (
            route.prefix if route.type.name == "UNICAST" else f"{route.type.name.lower()} {route.prefix}",
            ip_text(route.gateway) if route.gateway else "",
            "" if route.dev is None else route.dev.name,
            ip_text(route.src) if route.src else "",
            str(route.metric or ""),
        )
        for route in box.ns.fib.routes()
    ]
    return Table(f"{box.name}: routes", ("to", "via", "device", "source", "metric"), list(rows))


def neighbours(box: Box) -> Table:
    """``ip neigh`` as a table."""
    rows = [
        (ip_text(entry.ip), entry.dev.name, mac_text(entry.ha) if entry.ha else "", (entry.state.name or "").lower())
        for entry in box.ns.neigh.listing()
    ]
    return Table(f"{box.name}: neighbours", ("address", "device", "MAC", "state"), list(rows))


def ports(switch: Switch) -> Table:
    """The ports of a switch, and what is at the other end of their cables."""
    rows = []
    for port in switch.ports.values():
        far = port.cable.other(port).label if port.cable is not None else ""
        vlans = carried(port)[0] or "trunk, all VLANs"
        rows.append((port.name, "up" if port.link else "down", far, vlans, port.policy.name))
    return Table(f"{switch.name}: ports", ("port", "link", "cable to", "VLANs", "policy"), list(rows))


def macs(switch: Switch) -> Table:
    """What a switch has learnt."""
    entries = sorted(switch.fdb.entries.values(), key=lambda entry: (entry.vid, entry.mac))
    rows = [
        (mac_text(entry.mac), str(entry.vid), entry.port.name if entry.port is not None else "") for entry in entries
    ]
    return Table(f"{switch.name}: learnt MACs", ("MAC", "VLAN", "port"), list(rows))
