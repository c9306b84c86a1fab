"""Capture files with mistakes, and filter expressions: tcpdump prints something of them, or says what is wrong.

The first line of an input is the command line of tcpdump, the rest is the file.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from functools import cache
from random import Random
from struct import pack

from macvsim.errors import BudgetExceeded
from tests.soak.kinds import sources
from tests.soak.mutate import decoded, encoded, mutated
from tests.unit.shell_lab import make_box

COUNT, ITEMS, SAMPLE = 20_000, 1, 150
_DATA = sources.ROOT / "tests/data/tcpdump"
_OPTIONS = (
    "-e",
    "-n",
    "-nn",
    "-v",
    "-vv",
    "-vvv",
    "-x",
    "-X",
    "-XX",
    "-A",
    "-q",
    "-t",
    "-tt",
    "-tttt",
    "-S",
    "-K",
    "-#",
)
_MORE = (
    "-c 1",
    "-s 60",
    "-s 20",
    "--count",
    "-y LINUX_SLL2",
    "-y EN10MB",
    "-w /tmp/out",
    "-w -",
    "-l",
    "-U",
    "--print",
)


@cache
def frames() -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, lzma.decompress((_DATA / "frames.xz").read_bytes()).decode().split()))


@cache
def filters() -> tuple[str, ...]:
    return tuple(text for text, _ in json.loads(lzma.decompress((_DATA / "filters.xz").read_bytes())))


def make(dice: Random) -> bytes:
    words = [dice.choice((*_OPTIONS, dice.choice(_MORE))) for _ in range(dice.randrange(4))]
    if dice.random() < 0.4:
        expression = dice.choice(filters())
        if dice.random() < 0.6:
            expression = mutated(expression, dice, filters(), 2)
        words.append("'" + expression.replace("'", "").replace("\n", " ") + "'")
    order, magic = dice.choice("<>"), dice.choice((0xA1B2C3D4, 0xA1B23C4D))
    data = pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, dice.choice((1, 1, 276)))
    for number in range(dice.randrange(4)):
        frame = bytearray(dice.choice(frames()))
        for _ in range(dice.choice((0, 1, 2, 6))):
            if frame:
                frame[dice.randrange(min(len(frame), 90))] = dice.choice((0, 1, 255, 127, 128, dice.randrange(256)))
        frame = frame[: dice.choice((len(frame), len(frame), dice.randrange(len(frame) + 1)))]
        data += pack(f"{order}IIII", number, dice.randrange(1000), len(frame), len(frame)) + frame
    if dice.random() < 0.2:
        at = dice.randrange(len(data))
        data = data[:at] + bytes((dice.randrange(256),)) * dice.choice((0, 1, 3)) + data[at + dice.choice((0, 1)) :]
    return encoded(" ".join(words)) + b"\n" + data


def play(data: bytes) -> Iterator[None]:
    words, _, file = data.partition(b"\n")
    box = make_box(budget=sources.BUDGET)
    box.files["/tmp/x.pcap"] = decoded(file)
    try:
        result = box.sh(f"tcpdump -r /tmp/x.pcap {decoded(words)}")
    except BudgetExceeded:
        pass
    else:
        assert result.code == 0 or result.stderr, "tcpdump fails without a word"
    yield
