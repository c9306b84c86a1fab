"""The filtering database: learning, moving, ageing, flushing."""

from __future__ import annotations

import pytest

from macvsim.dev.fdb import FdbEntry, FilteringDatabase

A, B = b"\x02\0\0\0\0\x0a", b"\x02\0\0\0\0\x0b"
Database = FilteringDatabase[str]


def started(ageing: int, *, max_learned: int = 0) -> Database:
    fdb: Database = FilteringDatabase(ageing, max_learned=max_learned)
    fdb.start(0, ageing)
    return fdb


def where(fdb: Database, mac: bytes, vid: int = 1, now: int = 0) -> str | None:
    entry = fdb.find(mac, vid, now)
    return None if entry is None else entry.port


@pytest.mark.rule("4.2")
def test_learns_per_vlan() -> None:
    fdb = started(300)
    assert fdb.learn(A, 1, "p1", 0)
    assert fdb.learn(A, 2, "p2", 0)
    assert (where(fdb, A, 1), where(fdb, A, 2), where(fdb, A, 3)) == ("p1", "p2", None)


@pytest.mark.rule("4.2a")
def test_a_mac_moves_at_once() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 0)
    fdb.learn(A, 1, "p2", 1)
    assert where(fdb, A, now=1) == "p2"
    assert len(fdb) == 1


@pytest.mark.rule("4.2a")
def test_local_entries_are_not_learnt_over() -> None:
    fdb = started(300)
    fdb.put(FdbEntry(A, 1, "p1", 0, local=True))
    assert not fdb.learn(A, 1, "p2", 5)
    entry = fdb.find(A, 1, 5)
    assert entry is not None and (entry.port, entry.updated, entry.state) == ("p1", 0, "permanent")


def test_static_entries_move_sticky_ones_stay() -> None:
    fdb = started(300)
    fdb.put(FdbEntry(A, 1, "p1", 0, static=True))
    sticky: FdbEntry[str] = FdbEntry(B, 1, "p1", 0, static=True)
    sticky.sticky = True
    fdb.put(sticky)
    fdb.learn(A, 1, "p2", 1)
    fdb.learn(B, 1, "p2", 1)
    assert (where(fdb, A), where(fdb, B)) == ("p2", "p1")
    assert where(fdb, A, now=10_000) == "p2", "a static entry does not expire, moved or not"


@pytest.mark.rule("4.2a")
def test_an_entry_expires_when_its_source_is_silent_for_the_ageing_time() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 10)
    fdb.learn(B, 1, "p1", 10)
    fdb.learn(B, 1, "p1", 200)
    assert where(fdb, A, now=309) == "p1"
    assert where(fdb, A, now=310) is None
    assert where(fdb, B, now=499) == "p1"
    assert where(fdb, B, now=500) is None


def test_being_a_destination_does_not_keep_an_entry() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 0)
    for now in range(0, 300, 50):
        entry = fdb.find(A, 1, now)
        assert entry is not None
        entry.used = now
    assert where(fdb, A, now=300) is None


def test_expired_entries_live_until_the_collector_runs() -> None:
    """As in the kernel, where a lookup does not ask for the age."""
    fdb: Database = FilteringDatabase(300, schedule=lambda now, delay: (now + delay) // 64 * 64 + 64)
    fdb.start(0, 300)
    fdb.learn(A, 1, "p1", 0)
    assert where(fdb, A, now=319) == "p1"
    assert where(fdb, A, now=320) is None


def test_the_collector_catches_up_with_all_its_runs() -> None:
    """The entry of time 100 has to be found by the run that the run at 300 asked for, not by one 300 after it."""
    fdb = started(300)
    fdb.learn(A, 1, "p1", 100)
    assert where(fdb, A, now=400) is None
    assert fdb.next_run == 700


def test_a_stopped_collector_forgets_nothing() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 0)
    fdb.stop()
    assert where(fdb, A, now=100_000) == "p1"
    fdb.start(100_000, 10)
    assert where(fdb, A, now=100_010) is None


def test_ageing_0_learns_nothing_and_forgets_what_was_learnt() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 0)
    fdb.set_ageing(0, 10)
    assert where(fdb, A, now=10) is None
    assert not fdb.learn(B, 1, "p1", 11)
    assert where(fdb, B, now=10**12) is None


def test_a_shorter_ageing_time_holds_for_old_entries_at_once() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 0)
    fdb.learn(B, 1, "p1", 80)
    fdb.set_ageing(50, 100)
    assert (where(fdb, A, now=100), where(fdb, B, now=100)) == (None, "p1")
    assert where(fdb, B, now=130) is None


def test_no_more_than_max_learned() -> None:
    fdb = started(300, max_learned=1)
    fdb.put(FdbEntry(A, 2, "p1", 0, static=True))
    assert fdb.learn(A, 1, "p1", 0)
    assert not fdb.learn(B, 1, "p1", 0)
    assert fdb.learn(A, 1, "p2", 1), "a known source may move"
    assert fdb.learned == 1


@pytest.mark.parametrize(("vid", "left"), [(None, [(B, 1)]), (1, [(A, 2), (B, 1)])])
def test_flush_port(vid: int | None, left: list[tuple[bytes, int]]) -> None:
    fdb = started(300)
    fdb.learn(B, 1, "p2", 0)
    fdb.learn(A, 1, "p1", 0)
    fdb.learn(A, 2, "p1", 0)
    fdb.flush_port("p1", vid)
    assert [(entry.mac, entry.vid) for entry in fdb] == left


def test_flush_keeps_static_entries() -> None:
    fdb = started(300)
    fdb.learn(A, 1, "p1", 0)
    fdb.put(FdbEntry(B, 1, "p1", 0, static=True))
    fdb.flush_port("p1")
    fdb.learn(A, 1, "p1", 0)
    fdb.flush_learned()
    assert [entry.mac for entry in fdb] == [B]


def test_newest_first() -> None:
    fdb = started(300)
    for number in range(3):
        fdb.learn(bytes((2, 0, 0, 0, 0, number)), 1, "p1", number)
    fdb.learn(bytes(5 * (0,) + (9,)), 1, "p2", 4)
    fdb.learn(bytes((2, 0, 0, 0, 0, 0)), 1, "p1", 5)
    assert [entry.mac[5] for entry in fdb] == [9, 2, 1, 0], "refreshing does not reorder"
    assert [entry.mac[5] for entry in fdb.learned_at("p1")] == [2, 1, 0]
