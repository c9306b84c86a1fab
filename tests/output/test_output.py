"""Files on the real machine: replaced in one step, with their mode, through links; pipes and devices written to."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from macvsim.errors import MacvsimError, message
from macvsim.output import Draft, append_file, check_writable, replacing, write_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and pipes of Unix")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    write_file(tmp_path / "a", "text\n")
    (tmp_path / "b").write_text("text\n")
    assert (tmp_path / "a").read_text() == "text\n"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    assert names(tmp_path) == ["a", "b"]


def test_an_old_file_keeps_its_mode_and_is_not_changed_but_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    with path.open() as old:
        write_file(path, b"new")
        assert old.read() == "old"
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_an_old_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    os.chown(path, 1234, 1235)
    write_file(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid, path.read_text()) == (1234, 1235, "new")


def test_links_stay(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "real").write_text("old")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("folder/real")
    (tmp_path / "three").symlink_to("folder/new")
    write_file(tmp_path / "one", "new")
    write_file(tmp_path / "three", "made")
    assert (tmp_path / "one").is_symlink() and (tmp_path / "two").is_symlink()
    assert (tmp_path / "folder" / "real").read_text() == "new"
    assert (tmp_path / "folder" / "new").read_text() == "made"
    assert names(tmp_path / "folder") == ["new", "real"]


def test_a_link_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.symlink_to("a")
    with pytest.raises(OSError, match="symbolic") as error:
        write_file(path, "x")
    assert (error.value.errno, error.value.filename) == (errno.ELOOP, str(path))


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as draft:
        draft.write(b"new")
        raise ZeroDivisionError
    assert (path.read_text(), names(tmp_path)) == ("old", ["a"])


def test_errors_name_the_file_and_say_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as error:
        write_file(tmp_path / "no" / "a", "x")
    assert message(error.value) == f"No such file or directory: {tmp_path}/no/a"
    with pytest.raises(OSError, match="No space") as error:
        write_file("/dev/full", "x")
    assert error.value.filename == "/dev/full"


@pytest.mark.parametrize("name", ["old", "new"])
def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Half of a piece was written: none of it stays."""
    (tmp_path / "old").write_text("old")
    real = os.write
    left = [5]

    def write(fd: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(fd, data[: left[0]])
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    path = tmp_path / name
    with pytest.raises(OSError, match="No space") as error:
        write_file(path, "a longer text")
    what = "the old file is as it was" if name == "old" else "no file was made"
    assert message(error.value) == f"No space left on device: {path}; {what}"
    left[0] = 5
    draft = Draft(path)
    draft.write(b"abc")
    with pytest.raises(OSError, match="No space"):
        draft.write(b"defghi")
    draft.commit()
    assert path.read_text() == "abc"
    left[0] = 5
    with pytest.raises(OSError, match="No space"):
        append_file(path, "jklmnopq")
    assert (path.read_text(), names(tmp_path)) == ("abc", sorted({"old", name}))


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    write_file(path, b"through the pipe")
    reader.join()
    assert got == [b"through the pipe"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("to", ["pipe", "file"])
def test_standard_output(tmp_path: Path, target: str, to: str) -> None:
    if not os.path.exists(target):
        pytest.skip("no such name here")
    code = f"from macvsim.output import write_file; write_file({target!r}, 'x\\n')"
    command = [sys.executable, "-c", code]
    if to == "pipe":
        assert subprocess.run(command, capture_output=True, check=True).stdout == b"x\n"
        return
    path = tmp_path / "out"
    with path.open("wb") as file:
        subprocess.run(command, stdout=file, check=True)
        assert os.fstat(file.fileno()).st_size == 2  # the open file, not another one of the same name
    assert path.read_text() == "x\n"


def test_names_are_checked_before_anything_is_made(tmp_path: Path) -> None:
    check_writable(None)
    check_writable(tmp_path / "new")
    check_writable(Path("/dev/null"))
    with pytest.raises(MacvsimError, match="this is a folder"):
        check_writable(tmp_path)
    with pytest.raises(MacvsimError, match="make it first"):
        check_writable(tmp_path / "no" / "a")
    (tmp_path / "link").symlink_to("no/a")
    with pytest.raises(MacvsimError, match=r"there is no folder .*/no: make it first"):
        check_writable(tmp_path / "link")


def test_files_that_must_not_be_written(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from macvsim.errors import MacvsimError
from macvsim.output import check_writable, write_file
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
for name in sys.argv[1:]:
    try:
        check_writable(Path(name))
    except MacvsimError as error:
        print(error)
    try:
        write_file(name, "new")
    except OSError as error:
        print(type(error).__name__, error.filename == name)
"""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o755)
    closed, opened = tmp_path / "closed", tmp_path / "opened"
    for folder in (closed, opened):
        folder.mkdir()
        (folder / "a").write_text("old")
    (closed / "a").chmod(0o666)
    (opened / "a").chmod(0o444)
    closed.chmod(0o555)
    opened.chmod(0o777)
    words = [sys.executable, "-c", code, str(closed / "a"), str(opened / "a")]
    printed = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path.cwd()).stdout
    assert printed.splitlines() == [
        f"{closed}/a: no file can be written in the folder {closed}: choose another name",
        "PermissionError True",
        f"{opened}/a: the file must not be written: choose another name",
        "PermissionError True",
    ]
    assert (closed / "a").read_text() == (opened / "a").read_text() == "old"
    closed.chmod(0o755)


def test_temporary_files_of_dead_processes_are_removed_and_no_others(tmp_path: Path) -> None:
    code = """
import os, sys
from macvsim.output import Draft
drafts = [Draft("a"), Draft("b")]
if sys.argv[1] == "die":
    os.kill(os.getpid(), 9)
print("ready", flush=True)
sys.stdin.read()
drafts[0].write(b"late")
drafts[0].commit()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code, "die"], cwd=tmp_path, check=False)
    left = names(tmp_path)
    assert len(left) == 2
    words = [sys.executable, "-c", code, "live"]
    with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        (tmp_path / ".macvsim-1-0.tmp").symlink_to("kept")
        (tmp_path / ".macvsim-1-x.tmp").write_text("kept")
        (tmp_path / "kept").write_text("kept")
        own = Draft(tmp_path / "c")
        write_file(tmp_path / "d", "d")
        own.commit()
        live = [name for name in names(tmp_path) if f"-{process.pid}-" in name]
        assert len(live) == 2
        assert names(tmp_path) == sorted([*live, ".macvsim-1-0.tmp", ".macvsim-1-x.tmp", "kept", "c", "d"])
        process.communicate(b"")
    assert (tmp_path / "a").read_text() == "late"
    write_file(tmp_path / "e", "e")
    assert names(tmp_path) == sorted([".macvsim-1-0.tmp", ".macvsim-1-x.tmp", "kept", "a", "c", "d", "e"])
