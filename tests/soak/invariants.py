"""Laws that hold in every lab, read from its journal: frames end, cables lose and make none, TTLs fall, VLANs stay.

Each function returns a line for every breach; the journal must be complete and the lab quiet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from macvsim import Lab
from macvsim.dev.cable import Cable
from macvsim.dev.nic import Nic
from macvsim.engine.sim import Record
from macvsim.machine.capture import Capture
from macvsim.switch import SwitchPort
from macvsim.wire.frame import ETH_HLEN, ETH_P_ARP, ETH_P_IP

ENDS = ("local", "drop", "fragment")
"""The last step of a packet: a program or protocol has it, it was dropped, or its fragments went on in its place."""
_TTL = ETH_HLEN + 8


def breaches(lab: Lab) -> list[str]:
    """Every breach of a law that the journal can tell."""
    packets: dict[int, list[Record]] = defaultdict(list)
    assert lab.sim.journal is not None
    for record in lab.sim.journal.records:
        packets[record.uid].append(record)
    return [line for uid, records in packets.items() for law in LAWS for line in law(uid, records)]


def ends(uid: int, records: list[Record]) -> Iterator[str]:
    """Each packet ends; an ARP packet that was heard changed the neighbour table, and has no further record."""
    last = records[-1]
    heard = last.step == "receive" and last.frame is not None and last.frame.ethertype == ETH_P_ARP
    if last.step not in ENDS and not heard:
        yield f"packet {uid} ends nowhere: its last record is {last.step} at {last.where.label}"


def conserved(uid: int, records: list[Record]) -> Iterator[str]:
    """As many copies of a packet arrive over cables, or are dropped, as are sent, and no more arrive than are sent."""
    steps: Counter[str] = Counter()
    for record in records:
        if isinstance(record.where, Nic | SwitchPort | Cable):
            steps[record.step] += 1
    sent, heard, dropped = steps["xmit"], steps["receive"], steps["drop"]
    if not heard <= sent <= heard + dropped:
        yield f"packet {uid}: {sent} copies were sent over cables, {heard} arrived, {dropped} were dropped"


def ttl_falls(uid: int, records: list[Record]) -> Iterator[str]:
    """No copy of an IPv4 packet has a higher TTL than the packet had when it was sent."""
    ttls = [r.frame.raw[_TTL] for r in records if r.frame is not None and r.frame.ethertype == ETH_P_IP]
    if ttls and max(ttls) > ttls[0]:
        yield f"packet {uid}: its TTL rose from {ttls[0]} to {max(ttls)}"


def stays_in_vlan(uid: int, records: list[Record]) -> Iterator[str]:
    """A VLAN-aware switch sends a frame out of no port that does not carry the VLAN in which the frame came."""
    vids: set[int] = set()
    for record in records:
        port, frame = record.where, record.frame
        if not isinstance(port, SwitchPort) or frame is None or not port.switch.vlan_aware:
            continue
        if record.step == "receive":
            vid = port.vlans.ingress(frame.tag)
            if isinstance(vid, int):
                vids.add(vid)
        elif record.step == "xmit" and all(port.vlans.egress(vid) is None for vid in vids):
            yield f"packet {uid}: {port.label} sent it, and carries none of the VLANs {sorted(vids)} that it came in"


LAWS = (ends, conserved, ttl_falls, stays_in_vlan)


def captured(lab: Lab, capture: Capture, before: dict[str, tuple[int, int]]) -> list[str]:
    """Cards count as many frames as a capture of all devices shows.

    before : packets received and sent by each card when the capture began
    """
    shown: Counter[tuple[str, str]] = Counter((r.interface, r.direction) for r in capture.records)
    found = []
    for label, (received, sent) in counters(lab).items():
        old = before.get(label)
        if old is None:
            continue
        counted = (received - old[0], sent - old[1])
        saw = (shown[label, "in"], shown[label, "out"])
        if counted != saw:
            found.append(f"{label} counted {counted} frames in and out, a capture has {saw}")
    return found


def counters(lab: Lab) -> dict[str, tuple[int, int]]:
    """Packets received and sent by each card, by its name in captures."""
    lab.sim.flush()
    return {
        f"{host.ns.name}/{dev.name}": (dev.counters.rx_packets, dev.counters.tx_packets)
        for host in lab.hosts.values()
        for dev in host.ns.devices.values()
        if isinstance(dev, Nic)
    }
