"""Files: those written, and /proc and /sys as the recordings and a real kernel show them."""

from __future__ import annotations

import pytest

from macvsim.engine.sim import SECOND
from macvsim.errors import NotSimulated
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.host import Host
from macvsim.shell.interp import Shell
from macvsim.wire.addr import ip_int

from .shell_lab import make_box
from .two_hosts import make_pair


@pytest.fixture
def host() -> Host:
    return make_box()


def with_vlans() -> Host:
    one, _ = make_pair()
    one.ns.rename(one.dev("eth0"), "enp0s8")
    for vid in (100, 200):
        one.vlan("enp0s8", vid, ip=f"172.16.{vid // 10}.1/24")
    one.interpreter = Shell()
    one.sim.run(until=2 * SECOND)
    return one


# -- written files -----------------------------------------------------------------------------------------------------


def test_files_are_written_read_and_removed(host: Host) -> None:
    files = FileSystem(host, "/tmp")
    files.open_for_writing("a", truncate=True)
    files.write("a", "one\n")
    files.write("/tmp/a", "two\n")
    assert files.read("../tmp/./a") == "one\ntwo\n"
    files.make_directory("d")
    assert files.names("/tmp") == ["a", "d"]
    files.open_for_writing("a", truncate=True)
    assert files.read("a") == ""
    files.remove("a")
    files.remove_directory("d")
    assert files.names("/tmp") == []


@pytest.mark.parametrize(
    ("call", "errno"),
    [
        (lambda files: files.read("/nosuch"), "ENOENT"),
        (lambda files: files.read("/etc"), "EISDIR"),
        (lambda files: files.open_for_writing("/nosuch/a", truncate=True), "ENOENT"),
        (lambda files: files.open_for_writing("/etc", truncate=True), "EISDIR"),
        (lambda files: files.open_for_writing("/proc/new", truncate=True), "ENOENT"),
        (lambda files: files.open_for_writing("/proc/net/dev", truncate=True), "EACCES"),
        (lambda files: files.make_directory("/etc"), "EEXIST"),
        (lambda files: files.make_directory("/nosuch/d"), "ENOENT"),
        (lambda files: files.remove("/nosuch"), "ENOENT"),
        (lambda files: files.remove("/etc"), "EISDIR"),
        (lambda files: files.remove("/proc/net/dev"), "EPERM"),
        (lambda files: files.remove_directory("/etc"), "ENOTEMPTY"),
        (lambda files: files.names("/etc/hosts"), "ENOTDIR"),
        (lambda files: files.write("/dev/full", "x"), "ENOSPC"),
    ],
)
def test_what_system_calls_refuse(host: Host, call: object, errno: str) -> None:
    assert callable(call)
    with pytest.raises(FileError) as caught:
        call(FileSystem(host))
    assert caught.value.errno == errno


def test_hosts_file_is_what_names_are_looked_up_in(host: Host) -> None:
    files = FileSystem(host)
    assert files.read("/etc/hosts") == "127.0.0.1\tlocalhost\n"
    files.write("/etc/hosts", "10.0.0.7 seven lucky # comment\n")
    assert (host.resolve("lucky"), host.resolve("localhost")) == (ip_int("10.0.0.7"), ip_int("127.0.0.1"))
    assert files.read("/etc/hosts") == "127.0.0.1\tlocalhost\n10.0.0.7 seven lucky # comment\n"


def test_null_takes_everything_and_gives_nothing(host: Host) -> None:
    assert host.sh("echo x > /dev/null; cat /dev/null; echo $?").stdout == "0\n"


# -- parameters --------------------------------------------------------------------------------------------------------


def test_parameters_are_files(host: Host) -> None:
    files = FileSystem(host)
    assert files.read("/proc/sys/net/ipv4/ip_forward") == "0\n"
    files.open_for_writing("/proc/sys/net/ipv4/ip_forward", truncate=True)
    files.write("/proc/sys/net/ipv4/ip_forward", "1\n")
    assert host.sysctl["net.ipv4.conf.all.forwarding"] == 1
    assert files.names("/proc/sys/net/ipv4/conf") == ["all", "default", "lo"]
    assert "gc_thresh1" in files.names("/proc/sys/net/ipv4/neigh/default")
    assert "gc_thresh1" not in files.names("/proc/sys/net/ipv4/neigh/lo")
    assert files.read("/proc/sys/net/ipv4/ip_local_port_range") == "32768\t60999\n"


def test_parameters_of_a_device_with_a_dot() -> None:
    host = with_vlans()
    files = FileSystem(host)
    files.write("/proc/sys/net/ipv4/conf/enp0s8.100/forwarding", "1")
    assert host.sysctl["net.ipv4.conf.enp0s8/100.forwarding"] == 1


def test_shell_words_for_parameters_that_refuse(host: Host) -> None:
    result = host.sh("echo abc > /proc/sys/net/ipv4/ip_forward; echo $?; cat /proc/sys/net/ipv4/ip_forward")
    assert (result.stdout, result.stderr) == ("1\n0\n", "sh: 1: echo: echo: I/O error\n")
    result = host.sh("echo 1 > /proc/sys/net/ipv4/nosuch; echo $?")
    assert (result.stdout, result.stderr) == (
        "2\n",
        "sh: 1: cannot create /proc/sys/net/ipv4/nosuch: Directory nonexistent\n",
    )


def test_real_parameters_that_are_left_out_say_so(host: Host) -> None:
    for path in ("net/ipv4/tcp_syncookies", "net/core/rmem_max", "kernel/hostname", "net/ipv4/conf/lo/tag"):
        with pytest.raises(NotSimulated):
            FileSystem(host).lookup(f"/proc/sys/{path}")
    assert host.sh("echo 1 > /proc/sys/net/ipv4/tcp_syncookies").code == 95
    assert host.sh("cat /proc/cpuinfo").stderr == "not simulated: /proc/cpuinfo\n"
    assert host.sh("echo 0 > /proc/sys/net/ipv6/conf/all/seg6_require_hmac").code == 95


def test_neighbour_parameters_in_other_units() -> None:
    one, _ = make_pair()
    line = "for f in base_reachable_time retrans_time unres_qlen; do cat /proc/sys/net/ipv4/neigh/eth0/$f; done"
    one.interpreter = Shell()
    assert one.sh(line).stdout == "30\n100\n101\n"
    one.sh("echo 4 > /proc/sys/net/ipv4/neigh/eth0/base_reachable_time")
    assert one.sysctl["net.ipv4.neigh.eth0.base_reachable_time_ms"] == 4000


# -- tables ------------------------------------------------------------------------------------------------------------

SNMP = """\
Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers \
OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates \
OutTransmits
Ip: 2 64 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos \
InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal \
OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps \
OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps
Icmp: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs \
RetransSegs InErrs OutRsts InCsumErrors
Tcp: 1 200 120000 -1 0 0 0 0 0 0 0 0 0 0 0
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 0 0 0 0 0 0 0 0 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
UdpLite: 0 0 0 0 0 0 0 0 0
"""


def test_snmp_of_a_machine_at_rest(host: Host) -> None:
    assert FileSystem(host).read("/proc/net/snmp") == SNMP


def test_vlan_files() -> None:
    host = with_vlans()
    files = FileSystem(host)
    assert files.names("/proc/net/vlan") == ["config", "enp0s8.100", "enp0s8.200"]
    assert files.read("/proc/net/vlan/config") == (
        "VLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\n"
        "enp0s8.100     | 100  | enp0s8\nenp0s8.200     | 200  | enp0s8\n"
    )
    assert files.read("/proc/net/vlan/enp0s8.100") == (
        "enp0s8.100  VID: 100\t REORDER_HDR: 1  dev->priv_flags: 81021\n"
        "         total frames received            0\n"
        "          total bytes received            0\n"
        "      Broadcast/Multicast Rcvd            0\n"
        "\n"
        "      total frames transmitted            0\n"
        "       total bytes transmitted            0\n"
        "Device: enp0s8\n"
        "INGRESS priority mappings: 0:0  1:0  2:0  3:0  4:0  5:0  6:0 7:0\n"
        " EGRESS priority mappings: \n"
    )
    host.macvlan("enp0s8.100", "mac0")
    assert "priv_flags: 81121\n" in files.read("/proc/net/vlan/enp0s8.100")
    host.sh("busybox vconfig add enp0s8 300")
    assert "priv_flags: 81001\n" in files.read("/proc/net/vlan/enp0s8.300")


def test_device_counters() -> None:
    host = with_vlans()
    stats = host.dev("enp0s8.100").stats
    stats.rx_bytes, stats.rx_packets, stats.tx_bytes, stats.tx_packets = 3098, 49, 3394, 39
    lines = FileSystem(host).read("/proc/net/dev").splitlines()
    assert lines[:3] == [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
        "carrier compressed",
        "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       "
        "0          0",
    ]
    assert lines[4] == (
        "enp0s8.100:    3098      49    0    0    0     0          0         0     3394      39    0    0    0     0"
        "       0          0"
    )


def test_routes_as_the_kernel_prints_them() -> None:
    one, _ = make_pair()
    one.route_add("default", via="10.0.0.2")
    text = FileSystem(one).read("/proc/net/route")
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
    assert text == "".join(
        f"{line:<127}\n"
        for line in (
            head,
            "eth0\t00000000\t0200000A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        )
    )


def test_neighbours_as_the_kernel_prints_them() -> None:
    one, two = make_pair()
    assert one.ping("10.0.0.2", count=1)
    assert FileSystem(one).read("/proc/net/arp") == (
        "IP address       HW type     Flags       HW address            Mask     Device\n"
        "10.0.0.2         0x1         0x2         02:00:00:00:00:02     *        eth0\n"
    )
    assert two.dev("eth0").stats.rx_packets


def test_groups_as_the_kernel_prints_them() -> None:
    one, _ = make_pair()
    assert FileSystem(one).read("/proc/net/igmp") == (
        "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
        "1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n"
        "2\teth0      :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n"
    )


# -- devices -----------------------------------------------------------------------------------------------------------


def test_device_attributes() -> None:
    host = with_vlans()
    files = FileSystem(host)

    def read(name: str, dev: str = "enp0s8.100") -> str:
        return files.read(f"/sys/class/net/{dev}/{name}").rstrip("\n")

    assert [read(name) for name in ("address", "mtu", "operstate", "carrier", "type")] == [
        "02:00:00:00:00:01", "1500", "up", "1", "1",
    ]  # fmt: skip
    assert (read("iflink"), read("ifindex", "enp0s8")) == ("2", "2")
    assert [read(name, "lo") for name in ("flags", "operstate", "type", "mtu")] == ["0x9", "unknown", "772", "65536"]
    assert read("flags", "enp0s8") == "0x1003"
    host.macvlan("enp0s8", "mac0")
    assert read("statistics/rx_packets", "mac0") == "0"
    host.link_set("enp0s8", up=False)
    host.sim.run(until=4 * SECOND)
    assert read("operstate", "enp0s8") == "down"
    with pytest.raises(FileError) as caught:
        read("carrier", "enp0s8")
    assert caught.value.errno == "EINVAL"


def test_writing_device_attributes() -> None:
    host = with_vlans()
    files = FileSystem(host)
    files.write("/sys/class/net/enp0s8/mtu", "1400\n")
    assert host.dev("enp0s8").mtu == 1400
    with pytest.raises(FileError) as caught:
        files.write("/sys/class/net/enp0s8/mtu", "12\n")
    assert caught.value.errno == "EINVAL"
    with pytest.raises(FileError) as caught:
        files.write("/sys/class/net/enp0s8/address", "02:00:00:00:00:09\n")
    assert caught.value.errno == "EACCES"
    with pytest.raises(NotSimulated):
        files.read("/sys/class/net/enp0s8/queues")


def test_globs_over_generated_files() -> None:
    host = with_vlans()
    assert host.sh("echo /proc/net/vlan/*").stdout == (
        "/proc/net/vlan/config /proc/net/vlan/enp0s8.100 /proc/net/vlan/enp0s8.200\n"
    )
    assert host.sh("for f in /sys/class/net/enp0s8*; do echo ${f##*/}; done").stdout == (
        "enp0s8\nenp0s8.100\nenp0s8.200\n"
    )
    assert host.sh("echo /proc/sys/net/ipv4/conf/[al]*").stdout == (
        "/proc/sys/net/ipv4/conf/all /proc/sys/net/ipv4/conf/lo\n"
    )
