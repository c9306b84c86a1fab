"""Which matches and targets there are, and which are left out."""

from __future__ import annotations

from macvsim.tools.iptables import countmatches, fieldmatches, fieldtargets, matches, owner, statematches, targets
from macvsim.tools.iptables.extension import MatchReader, TargetReader

PROTO_MATCHES = {6: "tcp", 17: "udp", 1: "icmp"}

MATCHES: dict[str, type[MatchReader]] = {
    reader.name: reader
    for reader in (
        matches.Tcp, matches.Udp, matches.Icmp, matches.Multiport, matches.Comment, matches.Mark, matches.PacketType,
        matches.Ttl, matches.Length, matches.IpRange, statematches.State, statematches.Conntrack,
        statematches.AddrType, statematches.Limit, statematches.SourceMac, statematches.PhysDev,
        fieldmatches.Tos, fieldmatches.Dscp, fieldmatches.TcpMss, fieldmatches.ConnMark, fieldmatches.String,
        countmatches.Statistic, countmatches.Quota, countmatches.Recent, countmatches.HashLimit,
        countmatches.ConnLimit, owner.Owner,
    )
}  # fmt: skip
TARGETS: dict[str, type[TargetReader]] = {
    reader.name: reader
    for reader in (
        targets.Reject, targets.Log, targets.Mark, targets.Ct, targets.NoTrack, targets.Snat,
        targets.Dnat, targets.Masquerade, targets.Redirect, fieldtargets.Ttl, fieldtargets.Tos, fieldtargets.Dscp,
        fieldtargets.TcpMss, fieldtargets.ConnMark, fieldtargets.NetMap,
    )
}  # fmt: skip
STANDARD = ("ACCEPT", "DROP", "RETURN")
OTHER_MATCHES = frozenset(
    ("ah", "bpf", "cgroup", "cluster", "connbytes", "connlabel", "cpu", "dccp", "devgroup",
     "ecn", "esp", "helper", "ipvs", "nfacct", "osf", "policy",
     "rateest", "realm", "rpfilter", "sctp", "set", "socket", "time",
     "u32")
)  # fmt: skip
OTHER_TARGETS = frozenset(
    ("AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNSECMARK", "ECN", "HMARK", "IDLETIMER",
     "LED", "NFLOG", "NFQUEUE", "QUEUE", "RATEEST", "SECMARK", "SET", "SYNPROXY", "TCPOPTSTRIP",
     "TEE", "TPROXY", "TRACE", "ULOG")
)  # fmt: skip
