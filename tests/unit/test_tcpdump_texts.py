"""What is printed of frames, and which frames filters take, as the real ones had it (tests/data/tcpdump)."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from macvsim.machine.options import read_options
from macvsim.net.services import service_port
from macvsim.tools.tcpdump.main import tcpdump
from macvsim.tools.tcpdump.settings import settings
from macvsim.wire.pcapfilter import Filter, FilterError, Resolver, View, compile_filter
from macvsim.wire.text import Printer

DATA = Path(__file__).parent.parent / "data" / "tcpdump"
SECOND = 1_000_000_000


def _frames(name: str) -> list[bytes]:
    return [bytes.fromhex(line) for line in lzma.decompress((DATA / name).read_bytes()).decode().splitlines()]


def _json(name: str) -> Any:
    return json.loads(lzma.decompress((DATA / name).read_bytes()))


TEXTS: dict[str, str] = _json("texts.xz")
FILTERS: list[tuple[str, list[int] | str]] = _json("filters.xz")
FRAMES = _frames("frames.xz")
CAPTURED = _frames("captured.xz")


@pytest.mark.parametrize("options", TEXTS)
def test_text_of_every_frame(options: str) -> None:
    wanted = settings(read_options(options.split(), tcpdump.options))
    printer = Printer(wanted.options)
    frames = CAPTURED if wanted.snaplen < 262144 else FRAMES
    printed = [
        printer.frame((1000 + number) * SECOND + 123_456_000, frame[: wanted.snaplen], len(frame))
        for number, frame in enumerate(frames)
    ]
    assert "".join(printed).split("\n") == TEXTS[options].split("\n")


class _Names(Resolver):
    def port(self, name: str, protocol: str) -> int | None:
        return service_port(name, protocol)


def _compiled(expression: str) -> Filter | str:
    try:
        return compile_filter(expression, resolver=_Names())
    except FilterError as error:
        return str(error)


@pytest.mark.parametrize("part", range(8))
def test_filters_take_the_same_frames(part: int) -> None:
    for expression, expected in FILTERS[part::8]:
        found = _compiled(expression)
        if isinstance(found, str):
            assert found == expected, expression
        else:
            assert [n for n, frame in enumerate(FRAMES) if found(View(frame))] == expected, expression


def test_every_cut_of_every_frame_is_printed() -> None:
    printer = Printer(settings(read_options(["-n", "-vvv", "-e", "-X"], tcpdump.options)).options)
    for frame in FRAMES[::7]:
        for size in range(len(frame)):
            assert printer.frame(0, frame[:size], len(frame)).endswith("\n")


def test_a_tag_in_metadata_is_no_part_of_the_headers() -> None:
    """As the kernel runs filters: ``vlan`` finds the tag, and what is behind it is where it would be without."""
    frame = bytes.fromhex("0800270000030242ac100a0a08004500001400000000400100000a0000010a000002")
    view = View(frame, tag=0x8100_0064)
    for expression, wanted in (
        ("icmp", True), ("vlan", True), ("vlan 100 and icmp", True), ("vlan 200", False), ("not vlan", False),
        ("icmp or vlan", True), ("vlan 100 and host 10.0.0.1", True),
    ):  # fmt: skip
        assert compile_filter(expression, live=True)(view) is wanted, expression
    untagged = View(frame)
    assert compile_filter("icmp or vlan", live=True)(untagged)
    # behind "vlan" headers are looked for behind a tag, whether it is there or not
    assert not compile_filter("vlan or icmp", live=True)(untagged)


def test_times() -> None:
    printer = Printer(settings(read_options(["-n", "-ttt", "--nano"], tcpdump.options)).options)
    arp = FRAMES[-1]
    assert printer.frame(5 * SECOND + 7, arp).startswith(" 00:00:00.000000000 ")
    assert printer.frame(66 * SECOND + 9, arp).startswith(" 00:01:01.000000002 ")
