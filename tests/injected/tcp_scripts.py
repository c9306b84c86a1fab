"""Scripts of TCP: losses and how they are found, windows and how they grow, errors."""

from __future__ import annotations

from tests.injected.guest import Step

MSS = 1460
STAMPED = 1448


def sh(text: str) -> Step:
    return ["sh", text]


def sysctl(*settings: str) -> Step:
    return ["sh", f"sysctl -q -w {' '.join(settings)}"]


def wait(seconds: float) -> Step:
    return ["wait", seconds]


def seg(**told: object) -> Step:
    return ["seg", {"seq": 1, "ack": 1, "win": 512, **told}]


def ack(number: int, **told: object) -> Step:
    return seg(ack=number, **told)


def syn(**options: object) -> Step:
    told = {"mss": 1460, "sack_ok": True, "ws": 7, **options}
    return ["seg", {"flags": "S", "dport": 5000, **{key: value for key, value in told.items() if value is not None}}]


def opened(trip: float = 0.01, **options: object) -> list[Step]:
    """A connection that the host has accepted; it may have timestamps (``ts``)."""
    stamp = {"ts": int(str(options["ts"])) + 9} if "ts" in options else {}
    return [["listen", 5000], syn(**options), wait(trip), seg(**stamp), ["accept"]]


def acks(first: int, last: int, size: int = MSS, **told: object) -> list[Step]:
    """Acknowledgements of two segments each, a millisecond apart."""
    return [step for n in range(first, last + 1, 2) for step in (ack(1 + n * size, **told), wait(0.001))]


def sacked(*pairs: tuple[int, int], size: int = MSS) -> list[list[int]]:
    return [[1 + left * size, 1 + right * size] for left, right in pairs]


def losses() -> dict[str, list[Step]]:
    """RFC 6675, 6937, 8985, 5682, 3522."""
    s: dict[str, list[Step]] = {}
    for name, kind in (("", {}), (" with timestamps", {"ts": 1})):
        size = STAMPED if kind else MSS
        st = {"ts": 40} if kind else {}
        ten = [*opened(**kind), ["write", 10 * size], wait(0.01)]
        s[f"tcp fast retransmit{name}"] = [
            *ten, ack(1, sacks=sacked((1, 2), size=size), **st), ack(1, sacks=sacked((1, 3), size=size), **st),
            ack(1, sacks=sacked((1, 4), size=size), **st), ack(1, sacks=sacked((1, 6), size=size), **st), wait(0.01),
            ack(1 + 6 * size, **st), wait(0.02), ack(1 + 10 * size, **st), ["write", 3 * size], wait(0.5),
        ]  # fmt: skip
        s[f"tcp two holes{name}"] = [
            *ten, ack(1 + size, sacks=sacked((2, 4), size=size), **st), ack(1 + size, sacks=sacked((6, 7), (2,
            4), size=size), **st),
            ack(1 + size, sacks=sacked((6, 10), (2, 4), size=size), **st), wait(0.01),
            ack(1 + 4 * size, sacks=sacked((6, 10), size=size), **st), wait(0.01), ack(1 + 10 * size, **st), wait(0.3),
        ]  # fmt: skip
        s[f"tcp retransmission lost{name}"] = [
            *ten, ack(1, sacks=sacked((1, 5), size=size), **st), ["write", 5 * size], wait(0.012),
            ack(1, sacks=sacked((1, 10), size=size), **st), wait(0.01), ack(1, sacks=sacked((1, 12), size=size), **st),
            wait(0.02), ack(1, sacks=sacked((1, 13), size=size), **st), wait(0.4), ack(1 + 15 * size, **st), wait(0.3),
        ]  # fmt: skip
        s[f"tcp timeout{name}"] = [
            *ten, wait(0.1), wait(0.3), wait(0.5), wait(1), ack(1 + size, **st), wait(0.01), ack(1 + 3 * size,
            **st), wait(0.01),
            ack(1 + 7 * size, **st), wait(0.01), ack(1 + 10 * size, **st), wait(0.1), ["write", 20 * size], wait(0.01),
            ack(1 + 14 * size, **st), wait(0.4),
        ]  # fmt: skip
        s[f"tcp timeout too early{name}"] = [
            *ten, wait(0.4), ack(1 + 2 * size, **st), wait(0.001), ack(1 + 4 * size, **st), wait(0.001),
            ack(1 + 10 * size, **st),
            wait(0.01), ["write", 4 * size], wait(0.01), ack(1 + 14 * size, **st), wait(0.3),
        ]  # fmt: skip
        s[f"tcp told twice{name}"] = [
            *ten, ack(1, sacks=sacked((1, 5), size=size), **st), wait(0.01), ack(1 + 10 * size, **st),
            ack(1 + 10 * size, sacks=sacked((0, 1), size=size), **st), wait(0.01), ["write", 10 * size], wait(0.01),
            ack(1 + 10 * size, sacks=sacked((11, 14), size=size), **st), wait(0.02), ack(1 + 20 * size, **st),
            wait(0.3),
        ]  # fmt: skip
        s[f"tcp out of order{name}"] = [
            *ten, ack(1, sacks=sacked((3, 5), size=size), **st), wait(0.001), ack(1, sacks=sacked((1, 5),
            size=size), **st), wait(0.001),
            ack(1 + 6 * size, **st), wait(0.001), ack(1 + 10 * size, **st), ["write", 20 * size], wait(0.01),
            ack(1 + 10 * size, sacks=sacked((18, 19), size=size), **st), wait(0.001), ack(1 + 19 * size, **st),
            wait(0.02),
            ["write", 20 * size], wait(0.01), ack(1 + 30 * size, sacks=sacked((31, 35), size=size), **st),
            wait(0.005), wait(0.3),
        ]  # fmt: skip
        s[f"tcp tail lost{name}"] = [
            *opened(**kind), ["write", 5 * size], wait(0.01), ack(1 + 4 * size, **st), wait(0.3),
            ack(1 + 5 * size, **st), wait(0.01),
            ["write", 3 * size], wait(0.3), ack(1 + 8 * size, sacks=sacked((7, 8), size=size), **st), wait(0.1),
            ["write", 2 * size], ["write", 100], wait(0.3), ack(1 + 8 * size, sacks=sacked((9, 10), size=size),
            **st), wait(0.5),
            ack(101 + 10 * size, **st), wait(0.2),
        ]  # fmt: skip
        s[f"tcp without sack{name}"] = [
            *opened(sack_ok=None, **kind), ["write", 10 * size], wait(0.01), ack(1 + size, **st), ack(1 + size,
            **st), ack(1 + size, **st), ack(1 + size, **st),
            ack(1 + size, **st), wait(0.01), ack(1 + 3 * size, **st), wait(0.01), ack(1 + 10 * size, **st),
            wait(0.01), ["write", 10 * size], wait(0.01),
            ack(1 + 12 * size, **st), ack(1 + 12 * size, **st), wait(0.5), ack(1 + 12 * size, **st),
            ack(1 + 14 * size, **st), wait(0.01), ack(1 + 20 * size, **st), wait(0.3),
        ]  # fmt: skip
    s["tcp forgotten"] = [
        *opened(), ["write", 10 * MSS], wait(0.01), ack(1, sacks=sacked((1, 4))), wait(0.01), ack(1 + MSS),
        wait(0.1), wait(0.5),
        ack(1 + 10 * MSS), wait(0.3),
    ]  # fmt: skip
    s["tcp pieces told"] = [
        *opened(), ["write", 10 * MSS], wait(0.01), ack(1, sacks=[[1 + MSS, 1 + MSS + 700]]), ack(1,
        sacks=[[1 + MSS + 700, 1 + 3 * MSS]]),
        ack(1 + 100, sacks=[[1 + 3 * MSS - 5, 1 + 4 * MSS + 5]]), ack(1, sacks=[[1 + 20 * MSS, 1 + 21 * MSS]]),
        ack(1, sacks=[[1 + 3 * MSS, 1 + 2 * MSS]]),
        ack(1 + 4 * MSS, sacks=[[1, 1 + MSS]]), ack(1 + 3 * MSS), ack(1 + 8 * MSS, sacks=[[1 + MSS,
        1 + 2 * MSS], [1, 1 + 3 * MSS]]), wait(0.3),
    ]  # fmt: skip
    s["tcp nobody answers"] = [
        sysctl("net.ipv4.tcp_retries2=3"), *opened(), ["write", 100], wait(0.5), wait(1), wait(2), wait(3),
        ["read", 10], ["write", 1], wait(1),
    ]  # fmt: skip
    s["tcp nobody answers an orphan"] = [*opened(), ["write", 100], ["close"], wait(0.5), wait(1), wait(5), wait(30)]
    s["tcp orphans are given up"] = [
        sysctl("net.ipv4.tcp_orphan_retries=2"), *opened(), ["write", 100], ["close"], wait(1), wait(5),
        wait(30), seg(len=3),
    ]  # fmt: skip
    for name, setting in (
        ("early retransmit", "tcp_early_retrans=0"),
        ("forward RTO", "tcp_frto=0"),
        ("reno", "tcp_congestion_control=reno"),
    ):
        s[f"tcp parameters: {name}"] = [
            sysctl(f"net.ipv4.{setting}"), *opened(), ["write", 10 * MSS], wait(0.01), ack(1 + 4 * MSS),
            wait(0.4), ack(1 + 6 * MSS), wait(0.01),
            ack(1 + 10 * MSS), ["write", 20 * MSS], wait(0.01), ack(1 + 10 * MSS, sacks=sacked((11, 16))),
            wait(0.01), ack(1 + 30 * MSS), wait(0.01),
            ["write", 10 * MSS], wait(0.01), *acks(32, 40), wait(0.2),
        ]  # fmt: skip
    s["tcp reordering expected"] = [
        sysctl("net.ipv4.tcp_reordering=6"), *opened(), ["write", 10 * MSS], wait(0.01), ack(1, sacks=sacked((1,
        5))), wait(0.001),
        ack(1, sacks=sacked((1, 6))), wait(0.004), ack(1, sacks=sacked((1, 8))), wait(0.3),
    ]  # fmt: skip
    return s


def growth() -> dict[str, list[Step]]:
    """RFC 5681, RFC 9438; windows of the sender."""
    s: dict[str, list[Step]] = {}
    for name in ("cubic", "reno"):
        start = [sysctl(f"net.ipv4.tcp_congestion_control={name}"), *opened()]
        s[f"tcp growth, {name}"] = [
            *start, ["write", 60 * MSS], wait(0.01), *acks(2, 10, win=4000), wait(0.01), *acks(12, 30,
            win=4000), wait(0.01), *acks(32, 60, win=4000),
            ["write", 80 * MSS], wait(0.01), ack(1 + 60 * MSS, win=4000, sacks=sacked((61, 66))), wait(0.01),
            *acks(100, 140, win=4000), wait(0.2),
            *[step for n in range(12) for step in (["write", 20 * MSS], wait(0.02),
            ack(1 + (160 + 20 * n) * MSS, win=4000), wait(0.05))],
        ]  # fmt: skip
    s["tcp after a pause"] = [
        *opened(), ["write", 20 * MSS], wait(0.01), *acks(2, 20), wait(0.01), wait(3), ["write", 20 * MSS],
        wait(0.01), *acks(22, 40), wait(30),
        ["write", 20 * MSS], wait(0.02), sysctl("net.ipv4.tcp_slow_start_after_idle=0"), ack(1 + 60 * MSS),
        wait(30), ["write", 30 * MSS], wait(0.01),
    ]  # fmt: skip
    s["tcp window shut"] = [
        *opened(), ack(1, win=0), ["write", 3 * MSS], wait(0.3), wait(0.5), ack(1, win=0), wait(2), ack(1,
        win=1), wait(0.5), ack(129, win=4),
        wait(0.01), ack(641, win=100), wait(0.5), ack(1 + 3 * MSS, win=0), ["write", 100], ["shutdown"],
        wait(1), ack(1 + 3 * MSS, win=100), wait(0.3),
        ack(102 + 3 * MSS, win=100), wait(0.1),
    ]  # fmt: skip
    s["tcp window shut for ever"] = [
        sysctl("net.ipv4.tcp_retries2=3"), *opened(), ack(1, win=0), ["write", 3 * MSS], wait(1), wait(3),
        wait(5), wait(20), ["write", 1],
    ]  # fmt: skip
    s["tcp window withdrawn"] = [
        *opened(), ["write", 20 * MSS], wait(0.01), ack(1 + 2 * MSS, win=10), wait(0.01), ack(1 + 10 * MSS,
        win=0), wait(1), ack(1 + 10 * MSS, win=20),
        wait(0.3), ack(1 + 10 * MSS, win=0), seg(seq=0, ack=1 + 10 * MSS, win=500), wait(0.3), ack(1 + 11 * MSS,
        win=512), wait(0.2),
    ]  # fmt: skip
    s["tcp small writes"] = [
        *opened(), ["write", 10], ["write", 10], ["write", 10], wait(0.01), ack(11), wait(0.01), ack(31),
        ["more", 100], wait(0.1), wait(0.3), ack(131),
        ["more", 100], ["write", 100], wait(0.01), ack(331), ["nodelay"], ["write", 10], ["write", 10],
        wait(0.01), ack(351), ["write", 2000], wait(0.01),
        ack(351 + MSS), ["write", 100], wait(0.3), ack(2451), wait(0.1), ["write", 100_000], ["write", 100],
        wait(0.01), ack(2451 + 8 * MSS), wait(0.01),
    ]  # fmt: skip
    s["tcp sizes"] = []
    kinds: tuple[dict[str, int | None], ...] = (
        {"mss": 88}, {"mss": 20}, {"mss": None}, {"mss": 9000}, {"ws": 15}, {"ws": None}, {"ws": 0}, {"ts": 0},
    )  # fmt: skip
    for port, kind in enumerate(kinds, 4000):
        third = {"seq": 1, "ack": 1, "win": 300, "sport": port, **({"ts": 5} if "ts" in kind else {})}
        s["tcp sizes"] += [["listen", 5000], syn(sport=port, **kind), wait(0.01), ["seg", third], ["accept"],
                           ["write", 4000], wait(0.01), ["close_listener"]]  # fmt: skip
    for name, told in (
        ("too big", [["icmp", 3, 4, 1000, 1], wait(0.1), ["icmp", 3, 4, 1400, 1], ["icmp", 3, 4, 552, 1], wait(0.3)]),
        ("out of window", [["icmp", 3, 4, 1000, -5000], ["icmp", 3, 4, 1000, 90_000], wait(0.1)]),
        (
            "unreachable",
            [
                ["icmp", 3, 1, 0, 1],
                wait(0.3),
                ["icmp", 3, 3, 0, 1],
                ["icmp", 11, 0, 0, 1],
                ["icmp", 4, 0, 0, 1],
                wait(1),
            ],
        ),
    ):
        s[f"tcp told: {name}"] = [
            *opened(),
            ["write", 10 * MSS],
            wait(0.01),
            *told,
            ack(1 + 10 * MSS),
            ["write", 5 * MSS],
            wait(0.5),
        ]
    return s


def scripts() -> dict[str, list[Step]]:
    return {**losses(), **growth()}
