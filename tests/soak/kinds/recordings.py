"""Recordings and transcripts with mistakes: they are replayed, or one line says what is wrong.

An input is the files of a recording, each behind a line ``===== NAME``; or a transcript, without such lines; or an
archive, as its bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from macvsim.errors import MacvsimError, message
from macvsim.fidelity.replay.records import load
from macvsim.fidelity.replay.runner import replay
from macvsim.fidelity.replay.transcript_play import replay_transcript
from tests.soak.kinds import sources
from tests.soak.mutate import decoded, encoded, mutated

COUNT, ITEMS, SAMPLE = 20_000, 1, 8
_PART = re.compile(r"^===== (?=[\w.-]+$)", re.MULTILINE)
TRANSCRIPT = """\
##### networks
root@host1:~# docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 lab
0123456789abcdef
root@host1:~# docker network ls
NETWORK ID     NAME      DRIVER    SCOPE
2> x
[rc=1]
root@host2:~# ip -br addr
lo               UNKNOWN        127.0.0.1/8
"""


@cache
def _archives() -> tuple[bytes, ...]:
    paths = sorted(sources.ORACLE.glob("*.tar.xz"), key=lambda path: (path.stat().st_size, path.name))
    return tuple(path.read_bytes() for path in paths[:5])


def make(dice: Random) -> bytes:
    which = dice.random()
    if which < 0.1:
        data = bytearray(dice.choice(_archives()))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data))
            data[at : at + dice.randrange(2)] = dice.randbytes(dice.randrange(2))
        return bytes(data[: dice.choice((len(data), dice.randrange(len(data)))) or 6])
    if which < 0.2:
        return encoded(mutated(TRANSCRIPT, dice))
    files = dict(dice.choice(sources.archives()[:30]))
    lines = files[sources.SCENARIO].split("\n")
    begin = next((number for number, line in enumerate(lines) if line.startswith("cap")), len(lines))
    files[sources.SCENARIO] = "\n".join(lines[: begin + dice.randrange(6)]) + "\n"
    files[sources.FRAMES] = "".join(files[sources.FRAMES].splitlines(keepends=True)[: dice.randrange(12)])
    name = dice.choice((sources.SCENARIO, dice.choice(list(files))))
    files[name] = mutated(files[name], dice, (files[sources.SCENARIO],))
    whole = {name: text if text.endswith("\n") or not text else f"{text}\n" for name, text in files.items()}
    return encoded("".join(f"===== {name}\n{text}" for name, text in whole.items()))


def play(data: bytes) -> Iterator[None]:
    with TemporaryDirectory() as folder:
        try:
            if data.startswith(b"\xfd7zXZ"):
                path = Path(folder, "x.tar.xz")
                path.write_bytes(data)
                load(path)
            elif not data.startswith(b"===== "):
                path = Path(folder, "x.txt")
                path.write_bytes(data)
                str(replay_transcript(path))
            else:
                path = Path(folder, "x")
                path.mkdir()
                for part in _PART.split(decoded(data))[1:]:
                    name, _, text = part.partition("\n")
                    Path(path, name).write_bytes(encoded(text))
                record = load(path)
                yield
                str(replay(record))
        except (MacvsimError, OSError) as error:
            assert "\n" not in message(error), str(error)
    yield
