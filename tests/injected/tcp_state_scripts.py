"""Scripts of TCP: handshakes, what is received, ends."""

from __future__ import annotations

from tests.injected.guest import Step
from tests.injected.tcp_scripts import MSS, ack, opened, seg, syn, sysctl, wait


def receiving() -> dict[str, list[Step]]:
    """RFC 1122, 2018, 2883, 5961, 7323, 9293."""
    s: dict[str, list[Step]] = {}
    for name, kind in (("", {}), (" with timestamps", {"ts": 1})):
        st = {"ts": 40} if kind else {}
        s[f"tcp data comes{name}"] = [
            *opened(**kind), seg(len=MSS, **st), seg(seq=1 + MSS, len=MSS, **st), seg(seq=1 + 2 * MSS, len=100,
            flags="PA", **st), ["read", 1000],
            wait(0.01), ["read", 100_000], wait(0.3), *[seg(seq=3021 + n * 10, len=10, flags="PA",
            **st) for n in range(6)], wait(0.1),
            ["read", 100], ["write", 50], seg(seq=3081, len=10, ack=51, **st), wait(0.1), seg(seq=3091, len=10,
            ack=51, **st), ["write", 50], wait(0.3),
            seg(seq=3101, len=0, ack=101, flags="FA", **st), ["read", 100], ["read", 100], ["write", 10],
            wait(0.1), ["close"], wait(1),
            seg(seq=3102, ack=112, **st), wait(1),
        ]  # fmt: skip
        s[f"tcp data out of order{name}"] = [
            *opened(**kind), seg(seq=1001, len=1000, **st), seg(seq=3001, len=1000, **st), seg(seq=5001,
            len=1000, **st), seg(seq=7001, len=1000, **st),
            seg(seq=9001, len=1000, **st), wait(0.01), seg(seq=3001, len=1000, **st), seg(seq=2001, len=500,
            **st), seg(seq=2501, len=500, **st), wait(0.01),
            seg(seq=1, len=1000, **st), ["read", 100_000], seg(seq=1, len=1000, **st), seg(seq=3501, len=1000,
            **st), seg(seq=4001, len=1000, **st),
            seg(seq=10_001, len=0, flags="FA", **st), seg(seq=6001, len=3000, **st), ["read", 100_000],
            wait(0.3), ["read", 10], ["close"], wait(0.1),
        ]  # fmt: skip
        s[f"tcp strange segments{name}"] = [
            *opened(**kind), seg(ack=20_000, **st), seg(ack=-80_000, **st), wait(1), seg(flags="S", **st),
            wait(1), seg(flags="SA", **st), wait(1),
            seg(seq=5, flags="R", ack=0, **st), wait(1), seg(seq=500_000, flags="R", ack=0, **st), wait(1),
            seg(seq=500_000, len=10, **st), wait(1), seg(seq=500_000, **st),
            seg(seq=-100, **st), wait(1), seg(seq=-100, len=50, **st), seg(seq=-10, len=30, **st), ["read",
            100], wait(1), seg(flags="", len=3, **st),
            seg(flags="P", len=3, **st), seg(seq=21, flags="", **st), wait(0.3), seg(seq=21, ack=1, flags="R",
            **st), ["read", 10], ["read", 10], seg(seq=21, **st),
        ]  # fmt: skip
    s["tcp old timestamps"] = [
        *opened(ts=5000), seg(len=10, ts=5000), seg(seq=11, len=10, ts=4000), seg(seq=11, len=0, ts=4999),
        wait(1), seg(seq=11, len=10, ts=4999),
        seg(seq=21, len=10, ts=4998), wait(1), seg(seq=21, len=0, ts=4000), wait(0.1), seg(seq=21, len=0,
        ts=4000), seg(seq=21, flags="R", ts=3), ["read", 100],
    ]  # fmt: skip
    s["tcp window fills"] = [
        sysctl("net.ipv4.tcp_rmem='4096 16384 16384'"), *opened(), *[seg(seq=1 + n * MSS,
        len=MSS) for n in range(12)], wait(0.3), seg(seq=1 + 8 * MSS, len=MSS),
        seg(seq=1 + 9 * MSS, len=1), wait(1), ["read", 1000], ["read", 3000], ["read", 100_000], wait(0.3),
        seg(seq=1 + 7 * MSS, len=MSS), seg(seq=1 + 30 * MSS, len=100), wait(0.1),
    ]  # fmt: skip
    s["tcp window grows"] = [
        *opened(), *[step for n in range(40) for step in (seg(seq=1 + n * MSS, len=MSS), *([wait(0.01), ["read",
        100_000]] if n % 8 == 7 else []))], wait(0.3),
    ]  # fmt: skip
    return s


def ends() -> dict[str, list[Step]]:
    """Closing from either side, in every order (RFC 9293, 3.6; RFC 1122, 4.2.2.13)."""
    s: dict[str, list[Step]] = {}
    s["tcp end: we first"] = [
        *opened(), ["write", 10], ["shutdown"], ["write", 10], wait(0.01), ack(11), wait(0.01), ack(12),
        wait(0.01), seg(ack=12, len=50), ["read", 100],
        seg(seq=51, ack=12, flags="FA"), ["read", 100], wait(1), seg(seq=51, ack=12, flags="FA"), wait(1),
        seg(seq=51, ack=12, len=10), seg(seq=52, ack=12, flags="R"),
        wait(0.1), seg(seq=52, ack=12),
    ]  # fmt: skip
    s["tcp end: we close"] = [
        *opened(), ["close"], wait(0.01), ack(2), wait(10), wait(30), seg(ack=2, flags="FA"), wait(0.1),
        seg(ack=2, flags="FA"), wait(0.1),
        syn(seq=100_000), wait(0.1), seg(seq=100_001),
    ]  # fmt: skip
    s["tcp end: nobody closes the other half"] = [
        *opened(),
        ["close"],
        wait(0.01),
        ack(2),
        wait(58),
        wait(4),
        seg(ack=2, flags="FA"),
        wait(0.1),
    ]
    s["tcp end: short patience"] = [
        sysctl("net.ipv4.tcp_fin_timeout=5"), *opened(), ["close"], wait(0.01), ack(2), wait(4), seg(ack=2),
        wait(2), seg(ack=2, flags="FA"), wait(1),
    ]  # fmt: skip
    s["tcp end: long patience"] = [
        sysctl("net.ipv4.tcp_fin_timeout=70"), *opened(), ["close"], wait(0.01), ack(2), wait(8), seg(ack=2),
        wait(5), wait(60), seg(ack=2, flags="FA"), wait(1),
    ]  # fmt: skip
    s["tcp end: both at once"] = [
        *opened(), ["shutdown"], seg(flags="FA"), wait(0.1), seg(seq=2, ack=2), wait(1), seg(seq=1, ack=2,
        flags="FA"), ["read", 10], ["close"], wait(1),
    ]  # fmt: skip
    s["tcp end: they first"] = [
        *opened(), seg(len=10, flags="FA"), ["read", 5], ["read", 50], ["read", 50], ["write", 100], seg(seq=12,
        ack=101), ["close"], wait(0.1), seg(seq=12, ack=101), wait(0.5),
        seg(seq=12, ack=102), wait(0.1), seg(seq=12, ack=102),
    ]  # fmt: skip
    s["tcp end: unread data"] = [*opened(), seg(len=10), ["close"], wait(0.1), seg(seq=11), wait(0.1)]
    s["tcp end: data for an orphan"] = [
        *opened(),
        ["write", 10],
        ["close"],
        wait(0.01),
        seg(ack=12, len=10),
        wait(0.1),
        seg(seq=11, ack=12),
        wait(0.1),
    ]
    s["tcp end: data after FIN-WAIT-2"] = [
        *opened(),
        ["close"],
        wait(0.01),
        ack(2),
        wait(1),
        seg(ack=2, len=10),
        wait(0.1),
        seg(seq=11, ack=2),
    ]
    s["tcp end: reset"] = [
        *opened(), ["write", 10], seg(flags="R"), ["write", 10], ["read", 10], ["read", 10], ["close"], seg(),
    ]  # fmt: skip
    s["tcp end: reset in CLOSE-WAIT"] = [
        *opened(),
        seg(flags="FA"),
        ["write", 10],
        wait(0.01),
        seg(seq=2, flags="R"),
        ["write", 10],
        ["read", 10],
        ["read", 10],
    ]
    s["tcp end: FIN again and again"] = [
        *opened(),
        ["shutdown"],
        wait(0.5),
        wait(1),
        wait(3),
        ack(2),
        wait(1),
        seg(ack=2, flags="FA"),
        wait(61),
        syn(seq=9),
        wait(0.1),
    ]
    s["tcp end: lingering"] = [
        *opened(ts=100), ["shutdown"], ack(2, ts=110), seg(ack=2, flags="FA", ts=110), wait(0.5), seg(seq=2,
        ack=2, ts=50), wait(0.1), seg(seq=2, ack=2, ts=120, len=1),
        wait(1), syn(seq=1, ts=90), wait(0.1), syn(seq=0, ts=130), wait(0.1), seg(seq=1, ts=131), ["accept"],
        ["write", 5], wait(0.1),
    ]  # fmt: skip
    s["tcp end: assassination"] = [
        sysctl("net.ipv4.tcp_rfc1337=1"), *opened(), ["shutdown"], ack(2), seg(ack=2, flags="FA"), wait(0.1),
        seg(seq=2, ack=2, flags="R"), wait(0.1), seg(seq=2, ack=2, flags="FA"), wait(0.1),
    ]  # fmt: skip
    s["tcp keepalive"] = [
        sysctl("net.ipv4.tcp_keepalive_time=5 net.ipv4.tcp_keepalive_intvl=2 net.ipv4.tcp_keepalive_probes=3"),
        *opened(), ["keepalive"], wait(3), seg(), wait(4), wait(1.5),
        seg(), wait(4), ["write", 10], wait(0.01), ack(11), wait(6), wait(3), wait(3), ["read", 10], wait(2),
    ]  # fmt: skip
    return s


def handshakes() -> dict[str, list[Step]]:
    s: dict[str, list[Step]] = {}
    listening: Step = ["listen", 5000]
    s["tcp answered again"] = [
        listening,
        syn(),
        wait(1.5),
        wait(2),
        syn(),
        wait(0.1),
        syn(),
        wait(1),
        seg(len=10),
        ["accept"],
        ["read", 100],
        wait(0.1),
    ]
    s["tcp answer given up"] = [
        sysctl("net.ipv4.tcp_synack_retries=2"),
        listening,
        syn(),
        wait(2),
        wait(5),
        wait(10),
        seg(),
        ["accept"],
    ]
    s["tcp wrong third segments"] = [
        listening, syn(), seg(ack=5), seg(ack=0), seg(seq=70_000), wait(0.6), seg(seq=70_000, len=4),
        seg(seq=-5), wait(0.6), seg(seq=-5, len=3), seg(flags="F"),
        ["seg", {"seq": 1, "flags": ""}], seg(flags="S", seq=3), wait(0.1), syn(), seg(flags="R"), seg(),
        wait(0.1), syn(), ["seg", {"seq": 1, "flags": "R"}], wait(0.1), ["accept"],
    ]  # fmt: skip
    s["tcp third segments with more"] = [
        listening, syn(), seg(len=100, flags="PA"), ["accept"], ["read", 1000], wait(0.1), syn(sport=40_001),
        ["seg", {"seq": 1, "ack": 1, "flags": "FA", "win": 512}], ["accept"], ["read", 10], ["close"], wait(0.1),
        syn(sport=40_002), ["seg", {"seq": 1, "ack": 1, "len": 2000, "flags": "FA", "win": 512}], wait(0.1),
        ["accept"], ["read", 4000], ["read", 1],
    ]  # fmt: skip
    s["tcp old timestamps in the handshake"] = [
        listening, syn(ts=1000), wait(0.01), seg(ts=900), wait(0.6), seg(ts=999), ["accept"], wait(0.1),
        syn(sport=40_001, ts=1000), syn(sport=40_001, ts=10), wait(0.6), syn(sport=40_001, ts=2000), wait(0.1),
    ]  # fmt: skip
    s["tcp queue full"] = [
        ["listen", 5000, 0], syn(), wait(0.01), seg(), syn(sport=40_001), wait(0.01), ["seg", {"seq": 1,
        "ack": 1, "sport": 40_001}], syn(sport=40_002), wait(0.1), wait(1.5), ["accept"],
        ["seg", {"seq": 1, "ack": 1, "sport": 40_001}], wait(0.1), ["accept"], ["close_listener"], wait(0.1),
        syn(sport=40_003),
    ]  # fmt: skip
    s["tcp listener goes"] = [
        listening,
        syn(),
        wait(0.01),
        seg(),
        syn(sport=40_001),
        wait(0.01),
        ["close_listener"],
        wait(0.1),
        seg(),
        ["seg", {"seq": 1, "ack": 1, "sport": 40_001}],
        syn(sport=40_002),
    ]
    s["tcp to a listener"] = [listening, seg(dport=5000), ["seg", {"flags": "R", "dport": 5000}], ["seg",
        {"flags": "F", "dport": 5000}], ["seg", {"flags": "SF", "dport": 5000}],
                              ["seg", {"flags": "SR", "dport": 5000}], ["seg", {"flags": "", "dport": 5000}],
                              ["seg", {"flags": "SPU", "dport": 5000}], wait(0.1)]  # fmt: skip
    s["tcp to nobody"] = [
        ["seg", {"flags": flags, "dport": 5001, "seq": 5, "len": size}]
        for flags in ("S", "F", "", "R", "P")
        for size in (0, 7)
    ]
    s["tcp to nobody"] += [
        ["seg", {"flags": flags, "dport": 5001, "seq": 5, "ack": 9, "len": size}]
        for flags in ("A", "SA", "FA", "RA")
        for size in (0, 7)
    ]
    for name, settings in (
        ("no sack", "tcp_sack=0"),
        ("no timestamps", "tcp_timestamps=0"),
        ("no scaling", "tcp_window_scaling=0"),
    ):
        s[f"tcp parameters: {name}"] = [
            sysctl(f"net.ipv4.{settings}"),
            *opened(ts=10),
            ["write", 3000],
            wait(0.01),
            ack(3001, ts=20),
            seg(seq=2000, ack=3001, len=10, ts=20),
            wait(0.1),
        ]
        s[f"tcp parameters of who asks: {name}"] = [
            sysctl(f"net.ipv4.{settings}"),
            ["connect", 6000, 33_333],
            wait(0.01),
            ["seg", {"flags": "SA", "ack": 1, "mss": 1460, "sack_ok": True, "ws": 7, "ts": 5, "win": 6000}],
            ["write", 10],
            wait(0.1),
        ]
    connect: Step = ["connect", 6000, 33_333]
    answer: Step = ["seg", {"flags": "SA", "ack": 1, "mss": 1460, "sack_ok": True, "ws": 7, "win": 6000}]
    s["tcp asks"] = [
        connect,
        wait(0.01),
        answer,
        ["write", 100],
        wait(0.01),
        ack(101),
        seg(ack=101, len=10),
        ["read", 10],
        wait(0.1),
        answer,
        wait(0.1),
    ]
    s["tcp asks again"] = [
        connect,
        wait(1.5),
        wait(1),
        wait(1),
        wait(1),
        wait(2),
        wait(4),
        answer,
        ["write", 10],
        wait(0.3),
    ]
    s["tcp asks in vain"] = [
        sysctl("net.ipv4.tcp_syn_retries=1 net.ipv4.tcp_syn_linear_timeouts=1"),
        connect,
        wait(2),
        wait(3),
        wait(5),
        ["write", 1],
        ["read", 1],
    ]
    s["tcp is refused"] = [connect, ["seg", {"flags": "R", "ack": 1}], ["seg", {"flags": "RA", "ack": 5}],
        ["seg", {"flags": "A", "ack": 5}], ["seg", {"flags": "SA", "ack": 2}], ["seg", {"flags": "A",
        "ack": 1}], ["seg", {"flags": "F", "ack": 1}],
                           ["seg", {"flags": "RA", "ack": 1}], ["write", 1], ["read", 1], wait(1)]  # fmt: skip
    s["tcp asks, and is told of errors"] = [
        connect,
        ["icmp", 3, 1, 0, 0],
        wait(0.1),
        ["icmp", 3, 3, 0, 5],
        wait(0.1),
        ["icmp", 3, 3, 0, 0],
        ["write", 1],
        ["read", 1],
        wait(1),
    ]
    s["tcp asks without options"] = [
        connect,
        ["seg", {"flags": "SA", "ack": 1, "win": 6000}],
        ["write", 2000],
        wait(0.01),
        ack(2001),
        seg(seq=100, ack=2001, len=10),
        wait(0.3),
    ]
    s["tcp both ask"] = [connect, ["seg", {"flags": "S", "mss": 1460, "sack_ok": True, "ws": 7, "sport": 6000,
        "dport": 33_333, "win": 5000}], wait(0.01),
                         ["seg", {"flags": "SA", "ack": 1, "mss": 1460, "sack_ok": True, "ws": 7, "win": 5000}],
                         wait(0.01), seg(win=512), ["write", 100], wait(0.1), ack(101), wait(0.1)]  # fmt: skip
    s["tcp answer with data"] = [
        connect,
        ["seg", {"flags": "SAP", "ack": 1, "mss": 1460, "len": 10, "win": 6000}],
        ["read", 100],
        wait(0.1),
        ["close"],
        wait(0.1),
    ]
    s["tcp keepalive from the beginning"] = [
        sysctl("net.ipv4.tcp_keepalive_time=3 net.ipv4.tcp_keepalive_intvl=1"),
        connect,
        answer,
        ["keepalive"],
        wait(4),
        wait(1),
    ]
    return s


def scripts() -> dict[str, list[Step]]:
    return {**receiving(), **ends(), **handshakes()}
