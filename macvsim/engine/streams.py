"""Random numbers: one seeded stream for every named thing, so that adding another thing moves nobody else's numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hashlib import blake2b

T = TypeVar("T")

_MOST_DRAWN = 8
"""Draws after which a stream is kept."""


class RandomStreams:
    """Streams that all derive from one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}
        self._drawn: dict[str, int] = {}
        """How often was drawn from the streams of `draw`."""
        self.draws = 0
        """How often a stream was asked for."""
        self.drawn: dict[str, bytes] = {}
        """MACs that were drawn from another stream than the one of their device."""

    def rng(self, name: str) -> random.Random:
        """The random stream of one named thing; adding another thing moves nobody else's numbers."""
        self.draws += 1
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(f"{self.seed}/{name}")
        return stream

    def draw(self, name: str, how: Callable[[random.Random], T]) -> T:
        """``how(rng(name))`` for a stream that is drawn from seldom and only so: it is made anew each time."""
        self.draws += 1
        if name in self._streams:
            return how(self._streams[name])
        before = self._drawn.get(name, 0)
        stream = random.Random(f"{self.seed}/{name}")
        for _ in range(before):
            how(stream)
        if before == _MOST_DRAWN:
            self._streams[name] = stream
            del self._drawn[name]
        else:
            self._drawn[name] = before + 1
        return how(stream)

    @cached_property
    def _dice(self) -> blake2b:
        """The hash of the seed, with which the hash of each name begins."""
        from hashlib import blake2b  # a lab that draws no number does not load it

        return blake2b(f"{self.seed}/".encode(), digest_size=8)

    def number(self, name: str, below: int) -> int:
        """A random number from 0 on of one named thing that needs no other: the same whenever it is asked for."""
        dice = self._dice.copy()
        dice.update(name.encode())
        return int.from_bytes(dice.digest()) % below

    def set_rng(self, name: str, stream: random.Random) -> None:
        """Another stream for one named thing: what a running kernel drew, where the two are compared."""
        self._streams[name] = stream

    def told(self, name: str) -> random.Random | None:
        """The stream that `set_rng` gave a thing, if it did."""
        return self._streams.get(name)

    def stream_names(self, prefix: str) -> list[str]:
        """The streams in use whose names begin so, in the order of their first use."""
        return [name for name in (*self._streams, *self._drawn) if name.startswith(prefix)]
