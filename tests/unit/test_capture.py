"""Capture files: read back by scapy, and by tshark where it is installed."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from macvsim.errors import MacvsimError
from macvsim.wire import _scapy
from macvsim.wire.capture import CaptureRecord, write_pcap, write_pcapng

ROOT = Path(__file__).parents[2]
C1, C2 = "02:42:ac:10:0a:02", "02:42:ac:10:0a:03"
INTERFACES = ("c1/eth0", "host1/enp0s8.100", "host1/enp0s8")
NAMES = {"172.16.10.3": "c2", "172.16.10.2": "c1", "fd00:10::2": "c1"}
DROP = "DROP vlan_filter: port sw1.p3 does not carry VLAN 100 → bridge vlan add dev p3 vid 100"


def frames() -> dict[str, bytes]:
    """One frame of each kind, with every field given."""
    s = _scapy.load()
    ip = s.IP(src="172.16.10.2", dst="172.16.10.3", id=7, ttl=64)
    arp = s.ARP(op=1, hwsrc=C1, psrc="172.16.10.2", hwdst="00:00:00:00:00:00", pdst="172.16.10.3")
    udp = ip / s.UDP(sport=40000, dport=40001) / s.Raw(b"macvsim")
    tcp = ip / s.TCP(sport=40000, dport=80, seq=1, ack=0, flags="S", window=64240)
    return {
        "arp": bytes(s.Ether(src=C1, dst="ff:ff:ff:ff:ff:ff", type=0x0806) / arp),
        "icmp": bytes(s.Ether(src=C1, dst=C2, type=0x0800) / ip / s.ICMP(id=1, seq=1) / s.Raw(bytes(range(56)))),
        "udp": bytes(s.Ether(src=C1, dst=C2, type=0x8100) / s.Dot1Q(vlan=100, prio=0, dei=0, type=0x0800) / udp),
        "tcp": bytes(
            s.Ether(src=C1, dst=C2, type=0x88A8)
            / s.Dot1AD(vlan=200, prio=3, dei=0, type=0x8100)
            / s.Dot1Q(vlan=100, prio=3, dei=0, type=0x0800)
            / tcp
        ),
    }


@pytest.fixture(scope="module")
def records() -> list[CaptureRecord]:
    frame = frames()
    return [
        CaptureRecord(641_123, "c1/eth0", "out", frame["arp"], "OUT"),
        CaptureRecord(641_123, "host1/enp0s8.100", "in", frame["arp"], "BCAST", "flooded"),
        CaptureRecord(1_000_000_001, "host1/enp0s8", "out", frame["udp"], "OUT"),
        CaptureRecord(1_000_000_002, "host1/enp0s8", "in", frame["tcp"], "OTHER", DROP),
        CaptureRecord(86_400_123_456_789, "c1/eth0", "in", frame["icmp"], "HOST"),
    ]


def pcapng(records: list[CaptureRecord], names: dict[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    assert write_pcapng(file, records, names=names, interfaces=INTERFACES) == len(records)
    return file.getvalue()


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    """``(type, body)`` of every pcapng block; asserts that both lengths of each agree and nothing is left over."""
    found = []
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, length - 4) == (length,)
        found.append((kind, data[8 : length - 4]))
        data = data[length:]
    return found


# --- read back by scapy -------------------------------------------------------------------------------------------


def test_pcapng_round_trip(tmp_path: Path, records: list[CaptureRecord]) -> None:
    from scapy.utils import rdpcap

    (tmp_path / "lab.pcapng").write_bytes(pcapng(records, NAMES))
    read = rdpcap(str(tmp_path / "lab.pcapng"))
    assert [bytes(packet) for packet in read] == [record.data for record in records]
    assert [packet.time * 10**9 for packet in read] == [record.time_ns for record in records]
    assert [packet.sniffed_on for packet in read] == [record.interface for record in records]
    assert [packet.direction for packet in read] == [2, 1, 2, 1, 1]
    assert [b"".join(packet.comments or []).decode() for packet in read] == [record.comment for record in records]


def test_pcap_round_trip(tmp_path: Path, records: list[CaptureRecord]) -> None:
    from scapy.utils import rdpcap

    file = io.BytesIO()
    assert write_pcap(file, records) == len(records)
    assert not file.closed
    assert file.getvalue()[:4] == struct.pack("<I", 0xA1B23C4D)
    assert struct.unpack_from("<I", file.getvalue(), 20) == (1,)
    (tmp_path / "lab.pcap").write_bytes(file.getvalue())
    read = rdpcap(str(tmp_path / "lab.pcap"))
    assert [bytes(packet) for packet in read] == [record.data for record in records]
    assert [packet.time * 10**9 for packet in read] == [record.time_ns for record in records]
    assert [packet.wirelen for packet in read] == [len(record.data) for record in records]


@pytest.mark.parametrize("convert", [str, Path], ids=["str", "Path"])
def test_a_path_gets_the_bytes_a_file_object_gets(
    tmp_path: Path, records: list[CaptureRecord], convert: Callable[[Path], str | Path]
) -> None:
    pcap = io.BytesIO()
    write_pcap(pcap, records)
    write_pcap(convert(tmp_path / "a.pcap"), records)
    write_pcapng(convert(tmp_path / "a.pcapng"), records, names=NAMES, interfaces=INTERFACES)
    assert (tmp_path / "a.pcap").read_bytes() == pcap.getvalue()
    assert (tmp_path / "a.pcapng").read_bytes() == pcapng(records, NAMES)


def test_frames_come_in_order_of_time_and_otherwise_as_given(records: list[CaptureRecord]) -> None:
    late, *rest = reversed(records)
    rest.reverse()
    assert pcapng([late, *rest]) == pcapng(records)
    assert pcapng([records[1], records[0]]) != pcapng([records[0], records[1]])  # same instant


# --- block by block -----------------------------------------------------------------------------------------------


def test_block_order(records: list[CaptureRecord]) -> None:
    assert [kind for kind, _ in blocks(pcapng(records, NAMES))] == [0x0A0D0D0A, 4, *[1] * 3, *[6] * 5]
    assert [kind for kind, _ in blocks(pcapng(records))] == [0x0A0D0D0A, *[1] * 3, *[6] * 5]
    assert [kind for kind, _ in blocks(pcapng([]))] == [0x0A0D0D0A, *[1] * 3]


def test_section_header_names_the_application_and_nothing_else() -> None:
    file = io.BytesIO()
    write_pcapng(file, [], names=None, interfaces=[], application="lab")
    [(_, body)] = blocks(file.getvalue())
    assert body == struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + b"\x04\0\x03\0lab\0" + bytes(4)


def test_name_resolution_block_is_ordered_by_address() -> None:
    body = blocks(pcapng([], NAMES))[1][1]
    assert body == (
        b"\x01\0\x07\0\xac\x10\x0a\x02c1\0\0"
        b"\x01\0\x07\0\xac\x10\x0a\x03c2\0\0"
        b"\x02\0\x13\0" + bytes.fromhex("fd000010000000000000000000000002") + b"c1\0\0" + bytes(4)
    )
    assert pcapng([], dict(reversed(NAMES.items()))) == pcapng([], NAMES)


def test_descriptions_can_be_given() -> None:
    file = io.BytesIO()
    write_pcapng(file, [], names=None, interfaces={"host1/enp0s8.100": "VLAN 100 of enp0s8", "host1/enp0s8": ""})
    first, second = (body for kind, body in blocks(file.getvalue()) if kind == 1)
    assert b"\x03\0\x12\0VLAN 100 of enp0s8\0\0" in first
    assert second == struct.pack("<HHI", 1, 0, 0) + b"\x02\0\x0c\0host1/enp0s8" + b"\x09\0\x01\0\x09\0\0\0" + bytes(4)


@pytest.mark.parametrize(
    ("direction", "packet_type", "flags"),
    [
        ("out", "OUT", 0b000_10),
        ("in", "HOST", 0b001_01),
        ("in", "MCAST", 0b010_01),
        ("in", "BCAST", 0b011_01),
        ("in", "OTHER", 0b100_01),
    ],
)
def test_flags(direction: str, packet_type: str, flags: int) -> None:
    body = blocks(pcapng([CaptureRecord(1, "c1/eth0", direction, bytes(60), packet_type)]))[-1][1]
    assert body[20 + 60 :] == struct.pack("<HHI", 2, 4, flags) + bytes(4)


# --- mistakes -----------------------------------------------------------------------------------------------------

GOOD = CaptureRecord(0, "c1/eth0", "in", bytes(60), "HOST")


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (GOOD._replace(interface="c3/eth0"), r"'c3/eth0'.*add it \(listed: c1/eth0, "),
        (GOOD._replace(time_ns=-1), "time -1 ns"),
        (GOOD._replace(time_ns=2**63), "time 9223372036854775808 ns"),
        (GOOD._replace(direction="rx"), "'rx': use 'in' or 'out'"),
        (GOOD._replace(packet_type="host"), "'host': use OUT, HOST, "),
        (GOOD._replace(comment="é" * 32768), "65536 bytes"),
    ],
)
def test_a_bad_record_leaves_no_file(tmp_path: Path, record: CaptureRecord, says: str) -> None:
    with pytest.raises(MacvsimError, match=says):
        write_pcapng(tmp_path / "a.pcapng", [GOOD, record], names=None, interfaces=INTERFACES)
    assert list(tmp_path.iterdir()) == []


def test_pcap_refuses_seconds_beyond_32_bits(tmp_path: Path) -> None:
    last = GOOD._replace(time_ns=2**32 * 10**9 - 1)
    assert write_pcap(tmp_path / "a.pcap", [last]) == 1
    with pytest.raises(MacvsimError, match="holds 0 to 4294967295999999999"):
        write_pcap(tmp_path / "b.pcap", [GOOD._replace(time_ns=2**32 * 10**9)])
    assert not (tmp_path / "b.pcap").exists()


@pytest.mark.parametrize(
    ("names", "interfaces", "says"),
    [
        ({"172.16.10.300": "c1"}, INTERFACES, "'172.16.10.300', named 'c1', is not an IP address"),
        ({"172.16.10.2": ""}, INTERFACES, "'' cannot be the name of 172.16.10.2"),
        ({}, ("c1/eth0", "c1/eth0"), "'c1/eth0' is listed twice"),
    ],
)
def test_bad_names_and_interfaces(names: dict[str, str], interfaces: tuple[str, ...], says: str) -> None:
    file = io.BytesIO()
    with pytest.raises(MacvsimError, match=says):
        write_pcapng(file, [], names=names, interfaces=interfaces)
    assert file.getvalue() == b""


# --- speed, determinism, what is imported -------------------------------------------------------------------------


def test_twenty_thousand_frames_take_less_than_a_second() -> None:
    many = [CaptureRecord(i, "c1/eth0", "in", bytes(98), "HOST", DROP) for i in range(20_000)]
    pcapng([])  # scapy's import is not what is measured
    start = time.process_time()
    pcapng(many, NAMES)
    write_pcap(io.BytesIO(), many)
    assert time.process_time() - start < 1


def run_python(program: str, **environment: str) -> str:
    """Standard output of a program under ``-W error``; asserts that it ended well and said nothing else."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | environment
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


WRITE_AND_HASH = """
import hashlib, io
from macvsim.wire.capture import CaptureRecord, write_pcap, write_pcapng
records = [CaptureRecord(i, f"c{i % 3}/eth0", "in", bytes(60), "HOST", f"frame {i}") for i in range(30)]
names = {f"172.16.10.{i}": f"c{i}" for i in {1, 2, 3}}
a, b = io.BytesIO(), io.BytesIO()
write_pcap(a, records)
write_pcapng(b, records, names=names, interfaces=["c2/eth0", "c0/eth0", "c1/eth0"])
print(hashlib.sha256(a.getvalue()).hexdigest(), hashlib.sha256(b.getvalue()).hexdigest())
"""


def test_same_bytes_under_other_hash_seeds_and_time_zones() -> None:
    outputs = [
        run_python(WRITE_AND_HASH, PYTHONHASHSEED="1", TZ="UTC"),
        run_python(WRITE_AND_HASH, PYTHONHASHSEED="2", TZ="Asia/Shanghai", HOSTNAME="elsewhere"),
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0].split()) == 2


def test_importing_the_module_loads_no_scapy_and_writing_opens_no_socket() -> None:
    assert not run_python(
        "import io, sys\n"
        "from macvsim.wire.capture import CaptureRecord, write_pcap, write_pcapng\n"
        "assert not [name for name in sys.modules if name.startswith('scapy')]\n"
        "sys.addaudithook(lambda event, args: event.startswith('socket.') and sys.exit(event))\n"
        "record = CaptureRecord(0, 'c1/eth0', 'in', bytes(60), 'HOST')\n"
        "write_pcap(io.BytesIO(), [record])\n"
        "write_pcapng(io.BytesIO(), [record], names={}, interfaces=['c1/eth0'])\n"
    )


def test_no_field_value_comes_from_this_machine() -> None:
    assert not run_python(
        "from macvsim.wire._scapy import load\n"
        "s = load()\n"
        "from scapy.config import conf\n"
        "assert conf.route.routes == []\n"
        "for address in ('172.16.10.3', '127.0.0.1', '224.0.0.1', '8.8.8.8'):\n"
        "    assert s.IP(dst=address).src == '0.0.0.0', address\n"
        "    assert s.ARP(pdst=address).psrc == '0.0.0.0', address\n"
        "    frame = s.Ether(dst='02:42:ac:10:0a:03') / s.IP(dst=address)\n"
        "    assert frame.src == '00:00:00:00:00:00', address\n"
    )


def test_the_converters_used_in_the_browser_know_ipv6() -> None:
    assert not run_python(
        "import socket\n"
        "from macvsim.wire import _scapy\n"
        "_scapy._use_scapys_address_converters()\n"
        "assert socket.has_ipv6 and not hasattr(socket, 'inet_pton') and not hasattr(socket, 'inet_ntop')\n"
        "_scapy.load()\n"
        "from scapy.pton_ntop import inet_ntop, inet_pton\n"
        "packed = inet_pton(socket.AF_INET6, 'fd00:10::2')\n"
        "assert packed == bytes.fromhex('fd000010000000000000000000000002')\n"
        "assert inet_ntop(socket.AF_INET6, packed) == 'fd00:10::2'\n"
    )


# --- read by tshark -----------------------------------------------------------------------------------------------

needs_tshark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is not installed: apt-get install tshark"
)
BAD = "_ws.malformed || _ws.expert.severity == error || " + " || ".join(
    f'{protocol}.checksum.status == "Bad"' for protocol in ("ip", "icmp", "udp", "tcp")
)


def tshark(file: Path, *arguments: str) -> list[list[str]]:
    """Lines of ``tshark -r file``, split at tabs; with checksums verified and no preferences of the user's."""
    checks = [f"-o{protocol}.check_checksum:TRUE" for protocol in ("ip", "udp", "tcp")]
    env = {"PATH": os.environ["PATH"], "HOME": str(file.parent), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["tshark", "-r", str(file), *checks, *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def fields(*names: str) -> list[str]:
    return ["-Tfields", *(f"-e{name}" for name in names)]


@pytest.fixture(scope="module")
def lab_file(tmp_path_factory: pytest.TempPathFactory, records: list[CaptureRecord]) -> Path:
    path = tmp_path_factory.mktemp("tshark") / "lab.pcapng"
    write_pcapng(path, records, names=NAMES, interfaces=INTERFACES)
    return path


@needs_tshark
def test_tshark_shows_interfaces_and_nanoseconds(lab_file: Path) -> None:
    shown = tshark(lab_file, *fields("frame.interface_name", "frame.interface_description", "frame.time_epoch"))
    assert shown == [
        ["c1/eth0", "eth0 on c1", "0.000641123"],
        ["host1/enp0s8.100", "enp0s8.100 on host1", "0.000641123"],
        ["host1/enp0s8", "enp0s8 on host1", "1.000000001"],
        ["host1/enp0s8", "enp0s8 on host1", "1.000000002"],
        ["c1/eth0", "eth0 on c1", "86400.123456789"],
    ]


@needs_tshark
def test_tshark_finds_drops_by_comment(lab_file: Path) -> None:
    found = tshark(lab_file, '-Yframe.comment contains "DROP"', *fields("frame.number", "frame.comment"))
    assert found == [["4", DROP]]


@needs_tshark
def test_tshark_shows_container_names(lab_file: Path) -> None:
    assert tshark(lab_file, "-Nn", "-Yicmp", *fields("ip.src_host", "ip.dst_host")) == [["c1", "c2"]]


@needs_tshark
def test_tshark_shows_direction_and_reception_type(lab_file: Path) -> None:
    shown = tshark(lab_file, *fields("frame.packet_flags_direction", "frame.packet_flags_reception_type"))
    assert [(int(direction, 0), int(reception)) for direction, reception in shown] == [
        (2, 0),
        (1, 3),
        (2, 0),
        (1, 4),
        (1, 1),
    ]


@needs_tshark
def test_tshark_dissects_every_frame_without_complaint(lab_file: Path) -> None:
    assert [row[0] for row in tshark(lab_file, *fields("frame.protocols"))] == [
        "eth:ethertype:arp",
        "eth:ethertype:arp",
        "eth:ethertype:vlan:ethertype:ip:udp:data",
        "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:tcp",
        "eth:ethertype:ip:icmp:data",
    ]
    assert tshark(lab_file, f"-Y{BAD}") == []


@needs_tshark
def test_tshark_would_complain(tmp_path: Path, records: list[CaptureRecord]) -> None:
    """The filter of the test above does find wrong checksums (in every protocol) and truncated frames."""
    arp, _, udp, tcp, icmp = (bytearray(record.data) for record in records)
    ip = bytearray(icmp)
    ip[14 + 8] ^= 1  # TTL
    for frame in (udp, tcp, icmp):
        frame[-1] ^= 1
    broken = [bytes(frame) for frame in (arp[:30], ip, udp, tcp, icmp)]
    path = tmp_path / "broken.pcap"
    write_pcap(path, [GOOD._replace(time_ns=i, data=data) for i, data in enumerate(broken)])
    assert [row[0] for row in tshark(path, f"-Y{BAD}", *fields("frame.number"))] == ["1", "2", "3", "4", "5"]


@needs_tshark
def test_tshark_reads_nanosecond_pcap(tmp_path: Path, records: list[CaptureRecord]) -> None:
    path = tmp_path / "lab.pcap"
    write_pcap(path, records)
    shown = [row[0] for row in tshark(path, *fields("frame.time_epoch"))]
    assert shown == ["0.000641123", "0.000641123", "1.000000001", "1.000000002", "86400.123456789"]
