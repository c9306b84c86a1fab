"""tcpdump: what its command line asks for, checked in the program's order."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import Manner, Texts, ToolError, tool
from macvsim.tools.socketstreams import to_bytes
from macvsim.tools.tcpdump.interfaces import ANY, interfaces, listing
from macvsim.tools.tcpdump.live import Live
from macvsim.tools.tcpdump.naming import BoxNames, BoxResolver
from macvsim.tools.tcpdump.savefile import Savefile, read
from macvsim.tools.tcpdump.settings import Settings, settings
from macvsim.tools.tcpdump.sink import PacketSink
from macvsim.wire.pcapfilter import COOKED, ETHERNET, Filter, FilterError, LinkType, View, compile_filter

VERSION = """\
tcpdump version 4.99.5
libpcap version 1.10.5 (with TPACKET_V3)
OpenSSL 3.5.1 1 Jul 2025
64-bit build, 64-bit time_t
"""
_LINK_TYPES = {
    ETHERNET.name: "  EN10MB (Ethernet)\n  DOCSIS (DOCSIS) (printing not supported)\n",
    COOKED.name: "  LINUX_SLL (Linux cooked v1)\n  LINUX_SLL2 (Linux cooked v2)\n",
}


_LONG = """
  -S, --absolute-tcp-sequence-numbers
  -B, --buffer-size=ARG
  --count
  -K, --dont-verify-checksums
  -Q, --direction=ARG
  -h, --help
  -l, --immediate-mode
  -i, --interface=ARG
  -L, --list-data-link-types
  -y, --linktype=ARG
  -D, --list-interfaces
  --list-remote-interfaces=ARG
  -J, --list-time-stamp-types
  --micro
  -I, --monitor-mode
  --nano
  -O, --no-optimize
  -p, --no-promiscuous-mode
  -#, --number
  -U, --packet-buffered
  --print
  -Z, --relinquish-privileges=ARG
  -s, --snapshot-length=ARG
  --time-stamp-precision=ARG
  -j, --time-stamp-type=ARG
"""
"""The long options, most of which the usage text leaves out."""


@tool(
    "tcpdump",
    flavour="debian",
    usage=Texts(__package__),
    version=VERSION,
    letters="aAbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#",
    more=_LONG,
    left_out=dict.fromkeys(
        ("-C", "-d", "-E", "-G", "-J", "-j", "-m", "-M", "-T", "-V", "-W", "-Y", "-z", "--list-remote-interfaces"), ""
    ),
    manner=Manner(help_options=("-h", "--help")),
    effect=Effect.READS,
)
def tcpdump(call: Call) -> int | Waiting:
    """``tcpdump [OPTION…] [EXPRESSION]``."""
    wanted = settings(call.given)
    if wanted.lists == "D":
        call.out(listing(call.box.ns))
        return 0
    wanted.options.names = BoxNames(call.box)
    return _from_file(call, wanted) if wanted.read else _from_device(call, wanted)


# -- from a device -----------------------------------------------------------------------------------------------------


def _from_device(call: Call, wanted: Settings) -> int | Waiting:
    dev = _device(call, wanted.interface)
    link = COOKED if dev is None else ETHERNET
    if dev is not None and not dev.up:
        raise ToolError(f"{dev.name}: That device is not up")
    if wanted.monitor:
        raise ToolError(f"{wanted.interface or ANY}: That device doesn't support monitor mode")
    if dev is None and wanted.promiscuous:
        call.err(
            "tcpdump: WARNING: any: That device doesn't support promiscuous mode\n"
            '(Promiscuous mode not supported on the "any" device)\n'
        )
    name = "any" if dev is None else dev.name
    if wanted.lists == "L":
        call.out(f"Data link types for {name} (use option -y to set):\n{_LINK_TYPES[link.name]}")
        return 0
    _check_link(call, wanted, link)
    keep = _filter(call, wanted, link, live=True)
    sink = PacketSink(call, wanted, link)
    sink.open()
    return Live(call, wanted, dev, link, keep, sink).run()


def _device(call: Call, name: str) -> NetDevice | None:
    """The device of that name or number, the best one for no name; None for all."""
    found = interfaces(call.box.ns)
    if not name:
        return found[0]
    if name == ANY:
        return None
    if name in call.box.ns.devices:
        return call.box.ns.dev(name)
    if name.isdecimal():
        if not 0 < int(name) <= len(found):
            raise ToolError("Invalid adapter index")
        return found[int(name) - 1]
    raise ToolError(f"{name}: No such device exists\n(No such device exists)")


def _check_link(call: Call, wanted: Settings, link: LinkType) -> None:
    """``-y``"""
    if not wanted.link:
        return
    chosen = wanted.link.upper().removeprefix("DLT_")
    if chosen in ("DOCSIS", "LINUX_SLL"):
        raise NotSimulated(f"tcpdump -y {wanted.link}", Effect.READS)
    if chosen not in (ETHERNET.name, COOKED.name):
        raise ToolError(f"invalid data link type {wanted.link}")
    if chosen != link.name:
        raise ToolError(f"{wanted.interface}: {chosen} is not one of the DLTs supported by this device")
    call.err(f"tcpdump: data link type {chosen}\n")


def _filter(call: Call, wanted: Settings, link: LinkType, *, live: bool) -> Filter:
    expression = wanted.expression
    if wanted.expression_file:
        try:
            expression = call.files.read(wanted.expression_file)
        except FileError as error:
            raise ToolError(f"can't open {wanted.expression_file}: {error.strerror}") from None
    try:
        return compile_filter(expression, link=link, live=live, resolver=BoxResolver(call.box))
    except FilterError as error:
        raise ToolError(str(error)) from None


# -- from a file -------------------------------------------------------------------------------------------------------


def _from_file(call: Call, wanted: Settings) -> Waiting:
    try:
        data = to_bytes((yield from call.read_all()) if wanted.read == "-" else call.files.read(wanted.read))
        saved = read(data)
    except FileError as error:
        raise ToolError(f"{wanted.read}: {error.strerror}") from None
    call.err(
        f"reading from file {wanted.read}, link-type {saved.link.name} ({saved.link.description}), "
        f"snapshot length {saved.snaplen}\n"
    )
    keep = _filter(call, wanted, saved.link, live=False)
    wanted.snaplen = saved.snaplen
    sink = PacketSink(call, wanted, saved.link)
    sink.open()
    status = _play(call, wanted, saved, keep, sink)
    sink.flush()
    if wanted.only_count:
        call.out(f"{sink.captured} packet{'' if sink.captured == 1 else 's'}\n")
    return status


def _play(call: Call, wanted: Settings, saved: Savefile, keep: Filter, sink: PacketSink) -> int:
    by_index = {dev.ifindex: dev.name for dev in call.box.ns.devices.values()}
    records = iter(saved.records)
    while not sink.full:
        try:
            record = next(records, None)
        except ToolError as error:
            call.err(f"tcpdump: pcap_loop: {error}\n")
            return 1
        if record is None:
            break
        if keep(View(record.data, record.length)):
            index = int.from_bytes(record.data[4:8], "big")
            sink.put(record, by_index.get(index, "?"))
    return 0
