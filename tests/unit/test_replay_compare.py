"""Comparison of a replay with its recording, and reading of records."""

from __future__ import annotations

import gzip
import json
import lzma
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from macvsim.errors import ScenarioError
from macvsim.fidelity.replay.align import align
from macvsim.fidelity.replay.compare import compare
from macvsim.fidelity.replay.entries import CommandEntry, FrameEntry, MarkEntry
from macvsim.fidelity.replay.normalize import is_randomly_timed
from macvsim.fidelity.replay.records import Record, load, pack, save

RECORDS = Path(__file__).parents[1] / "data" / "oracle"


def arp(target: int, ns: str = "c1", kind: str = "OUT") -> FrameEntry:
    """An ARP request for 172.16.10.`target`."""
    data = "ffffffffffff0242ac100a02080600010800060400010242ac100a02ac100a02000000000000ac100a"
    return FrameEntry(ns, "eth0", kind, f"{data}{target:02x}")


def answer(cmd: str, stdout: str = "", stderr: str = "", rc: int = 0, setup: bool = False) -> CommandEntry:
    """A command in c1 that ended."""
    return CommandEntry("c1", cmd, stdout, stderr, rc, setup=setup)


def record(*entries: FrameEntry | CommandEntry) -> Record:
    """A record of frames and commands."""
    return Record(
        "demo",
        "ns c1\n",
        tuple(entry for entry in entries if isinstance(entry, CommandEntry)),
        tuple(entry for entry in entries if isinstance(entry, FrameEntry)),
    )


def longest(left: list[int], right: list[int]) -> int:
    """Length of a longest common subsequence, by the textbook's table."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def test_alignment_is_a_longest_one() -> None:
    rng = random.Random(7)
    for _ in range(500):
        left, right = ([rng.choice((1, 2, 3, 4)) for _ in range(rng.choice(range(12)))] for _ in range(2))
        pairs = align(left, right)
        assert all(left[i] == right[j] for i, j in pairs)
        assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
        assert len(pairs) == longest(left, right)


@pytest.mark.parametrize("folder", sorted(RECORDS.glob("*.tar.xz"))[::5], ids=lambda p: p.name.partition(".")[0])
def test_a_record_equals_itself(folder: Path) -> None:
    recorded = load(folder)
    result = compare(recorded, recorded.frames, recorded.commands)
    assert result.is_equal
    assert result.diff() == ""
    assert result.commands_total == len(recorded.commands) > 0
    assert result.frames_total == sum(not is_randomly_timed(frame.data) for frame in recorded.frames)


def test_identities_and_times_do_not_matter_but_bytes_do() -> None:
    recorded = load(RECORDS / "010-seed-same-macvlan.tar.xz")
    frames = []
    for frame in recorded.frames:
        data = bytearray(frame.data)
        if data[12:14] == b"\x08\x00" and data[23] == 1:  # another IPv4 identification and checksum to go with it
            ident = int.from_bytes(data[18:20], "big")
            if ident > 1:
                check = int.from_bytes(data[24:26], "big")
                data[18:20] = (ident - 1).to_bytes(2, "big")
                data[24:26] = (check % 0xFFFF + 1).to_bytes(2, "big")
        frames.append(replace(frame, hex=data.hex(), t=frame.t + 1))
    assert [f.hex for f in frames] != [f.hex for f in recorded.frames]
    assert compare(recorded, frames, recorded.commands).is_equal
    position = next(i for i, f in enumerate(frames) if f.data[12:14] == b"\x08\x00")
    broken = bytearray(frames[position].data)
    broken[22] -= 1  # TTL
    frames[position] = replace(frames[position], hex=broken.hex())
    result = compare(recorded, frames, recorded.commands)
    assert result.frames_equal == result.frames_total - 1


@pytest.mark.parametrize(
    ("simulated", "equal", "total"),
    [
        ([1, 2, 3], 3, 3),
        ([1, 3], 2, 3),  # one missing
        ([1, 9, 2, 3], 3, 4),  # one too many
        ([1, 9, 3], 2, 3),  # another one
        ([2, 1, 3], 2, 3),  # another order
        ([], 0, 3),
    ],
)
def test_frames_are_aligned_in_order(simulated: list[int], equal: int, total: int) -> None:
    result = compare(record(arp(1), arp(2), arp(3)), [arp(i) for i in simulated], [])
    assert (result.frames_equal, result.frames_total) == (equal, total)
    assert result.is_equal is (equal == total)


def test_interfaces_are_compared_by_themselves() -> None:
    recorded = record(arp(1), arp(1, "c2"), arp(2), arp(2, "c2"))
    merged_otherwise = [arp(1, "c2"), arp(2, "c2"), arp(1), arp(2)]
    assert compare(recorded, merged_otherwise, []).is_equal
    elsewhere = compare(recorded, [*recorded.frames, arp(1, "c3")], [])
    assert (elsewhere.frames_equal, elsewhere.frames_total) == (4, 5)
    assert elsewhere.diff().startswith("c3/eth0: 0/1 frames equal (recorded 0, simulated 1)\n    + #1 OUT ")


def test_the_packet_type_counts() -> None:
    result = compare(record(arp(1)), [arp(1, kind="OTHER")], [])
    assert result.frames_equal == 0
    assert "(equal bytes, another packet type)" in result.diff()


def test_randomly_timed_frames_are_left_out() -> None:
    solicitation = "333300000002020000000001" + "86dd" + "6000000000083aff" + "fe80" + "00" * 13 + "01"
    solicitation += "ff02" + "00" * 13 + "02" + "85007d3700000000"
    frame = FrameEntry("c1", "eth0", "OUT", solicitation)
    result = compare(record(arp(1), frame), [arp(1)], [])
    assert (result.frames_equal, result.frames_total) == (1, 1)


def test_commands_are_counted_by_outcome() -> None:
    recorded = record(
        answer("ip netns add c1", setup=True),
        answer("ping", "time=1 ms"),
        answer("ip link", "one\ntwo"),
        answer("tc"),
        answer("false", rc=1),
        answer("gone"),
    )
    simulated = [
        answer("ip netns add c1", setup=True),
        answer("ping", "time=2.5 ms"),
        answer("ip link", "one\nTWO"),
        answer("tc", stderr="not simulated: tc\n", rc=95),
        answer("false", rc=0),
    ]
    result = compare(recorded, [], simulated)
    assert result.to_dict() == {
        "scenario": "demo",
        "frames_equal": 0,
        "frames_total": 0,
        "commands_equal": 2,
        "commands_total": 6,
        "not_simulated": 1,
        "tables_equal": 0,
        "tables_total": 0,
    }
    assert str(result) == "demo frames 0/0 commands 2/6 not-simulated 1 tables 0/0"
    assert not result.is_equal
    assert result.diff(None).split("\n") == [
        "[c1] ip link",
        "    @@ -2,3 +2,3 @@",
        "     one",
        "    -two",
        "    +TWO",
        "     --- stderr",
        "[c1] tc",
        "    not simulated: tc",
        "[c1] false",
        "    @@ -1,2 +1,2 @@",
        "    -rc=1",
        "    +rc=0",
        "     ",
        "[c1] gone",
        "    not run",
    ]


@pytest.mark.parametrize(("rc", "stderr"), [(95, "error: x"), (1, "not simulated: x")])
def test_not_simulated_needs_status_and_text(rc: int, stderr: str) -> None:
    result = compare(record(answer("x")), [], [answer("x", stderr=stderr, rc=rc)])
    assert (result.commands_equal, result.not_simulated) == (0, 0)


def test_a_command_left_out_does_not_shift_the_others() -> None:
    recorded = record(answer("a", "1"), answer("b", "2"), answer("a", "3"))
    result = compare(recorded, [], [recorded.commands[0], recorded.commands[2]])
    assert [command.outcome for command in result.commands] == ["equal", "not run", "equal"]


def test_diff_shows_text_bytes_and_the_first_that_differs() -> None:
    result = compare(record(arp(1), replace(arp(2), text="as recorded"), arp(3)), [arp(1), arp(9), arp(3)], [])
    text = "02:42:ac:10:0a:02 > ff:ff:ff:ff:ff:ff ARP who-has 172.16.10.9 tell 172.16.10.2"
    assert result.diff().split("\n") == [
        "c1/eth0: 2/3 frames equal (recorded 3, simulated 3)",
        "    - #2 OUT as recorded",
        f"    -   {arp(2).hex}",
        f"    + #2 OUT {text} sha 02:42:ac:10:0a:02 tha 00:00:00:00:00:00",
        f"    +   {arp(9).hex}",
        "        (byte 41 is the first that differs)",
    ]


def test_diff_is_limited() -> None:
    result = compare(record(*map(arp, range(10))), [], [])
    assert sum(line.startswith("    - #") for line in result.diff(3).split("\n")) == 3
    assert result.diff(3).endswith("… 7 more")
    assert sum(line.startswith("    - #") for line in result.diff(None).split("\n")) == 10


def test_records_are_read_plain_and_compressed(tmp_path: Path) -> None:
    original = load(RECORDS / "020-seed-two-vlans-no-router.tar.xz")
    assert original.name == "020-seed-two-vlans-no-router"
    assert "08:00:27:00:00:01" in original.given_macs
    plain = tmp_path / original.name
    save(original, plain)
    states = [f"state-{label}.{kind}" for label in ("before", "final") for kind in ("json", "txt")]
    assert sorted(p.name for p in plain.iterdir()) == ["commands.json", "frames.jsonl", "scenario.txt", *states]
    assert load(plain) == original
    (plain / "frames.jsonl.xz").write_bytes(lzma.compress((plain / "frames.jsonl").read_bytes()))
    (plain / "commands.json.gz").write_bytes(gzip.compress((plain / "commands.json").read_bytes()))
    (plain / "frames.jsonl").unlink()
    (plain / "commands.json").unlink()
    assert load(plain) == original
    assert load(pack(original, tmp_path)) == original


def test_marks_are_not_frames(tmp_path: Path) -> None:
    timeline = (MarkEntry(0.0, "begin"), arp(1), MarkEntry(1.5, "end"))
    save(Record("r", "cap\n", (answer("ls"),), timeline), tmp_path / "r")
    loaded = load(tmp_path / "r")
    assert loaded.timeline == timeline
    assert loaded.frames == (arp(1),)


def spoil(folder: Path, name: str, text: str) -> Path:
    """A record with one file's text replaced."""
    save(record(arp(1), answer("ls")), folder)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("commands.json", "{}", "commands.json: expected a list"),
        ("commands.json", "[", "commands.json: not JSON"),
        ("commands.json", '[{"ns": null}]', "commands.json: command 1: no cmd, stdout, stderr, rc"),
        ("frames.jsonl", '{"t": 0, "mark": "x"}\n{"ns": "a"}', "frames.jsonl:2: no dev, type, hex"),
        ("frames.jsonl", json.dumps({"ns": "a", "dev": "b", "type": "OUT", "hex": "xy"}), "frames.jsonl:1: hex holds"),
        ("frames.jsonl", "[]", "frames.jsonl:1: no ns"),
    ],
)
def test_a_damaged_record_is_told_by_file_and_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(spoil(tmp_path / "r", name, text))
    assert says in str(caught.value)


def test_a_folder_that_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no scenario\.txt in it; name a folder with a record"):
        load(tmp_path)
    with pytest.raises(ScenarioError, match="no such folder"):
        load(tmp_path / "gone")
