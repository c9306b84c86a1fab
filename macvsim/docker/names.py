"""Names of containers: which are allowed, and those Docker thinks up itself (moby ``daemon/names``,
``pkg/namesgenerator``).
"""

from __future__ import annotations

import random
import re
from collections.abc import Container

_ALLOWED = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_LEFT = (
    "admiring", "adoring", "agitated", "amazing", "blissful", "bold", "boring", "brave", "busy", "charming", "clever",
    "cool", "crazy", "dazzling", "determined", "dreamy", "eager", "ecstatic", "elegant", "eloquent", "epic", "festive",
    "focused", "friendly", "gallant", "gifted", "goofy", "gracious", "happy", "hopeful", "hungry", "inspiring", "jolly",
    "keen", "kind", "laughing", "loving", "lucid", "magical", "modest", "mystifying", "nervous", "nice", "nifty",
    "nostalgic", "optimistic", "peaceful", "pensive", "practical", "quirky", "relaxed", "serene", "sharp", "silly",
    "sleepy", "stoic", "suspicious", "sweet", "tender", "thirsty", "trusting", "upbeat", "vibrant", "vigilant",
    "wizardly", "wonderful", "youthful", "zealous", "zen",
)  # fmt: skip
_RIGHT = (
    "albattani", "archimedes", "babbage", "bardeen", "bartik", "bell", "bohr", "boyd", "cannon", "carson",
    "cerf", "chandrasekhar", "cori", "cray", "curie", "darwin", "dijkstra", "easley", "einstein", "elion", "engelbart",
    "euclid", "euler", "fermat", "fermi", "feynman", "franklin", "galileo", "gates", "goldberg", "goodall", "hamilton",
    "hawking", "heisenberg", "hodgkin", "hopper", "hypatia", "jackson", "jang", "jepsen", "johnson", "kalam", "keller",
    "kepler", "khorana", "kilby", "knuth", "lamarr", "leakey", "leavitt", "liskov", "lovelace", "lumiere", "mayer",
    "mcclintock", "meitner", "mendel", "minsky", "morse", "newton", "nobel", "noether", "panini", "pasteur", "payne",
    "perlman", "pike", "poincare", "ptolemy", "raman", "ramanujan", "ritchie", "rosalind", "saha", "shannon",
    "sinoussi", "stonebraker", "swartz", "tesla", "thompson", "torvalds", "turing", "varahamihira", "visvesvaraya",
    "wescoff", "wiles", "williams", "wilson", "wing", "wozniak", "wright", "yalow", "yonath",
)  # fmt: skip


def is_allowed(name: str) -> bool:
    """Whether a container may have that name."""
    return _ALLOWED.fullmatch(name) is not None


def invent(rng: random.Random, taken: Container[str]) -> str:
    """An adjective and a scientist, not taken yet; a number is put after them when that goes on failing."""
    for attempt in range(1000):
        name = f"{rng.choice(_LEFT)}_{rng.choice(_RIGHT)}"
        if name == "boring_wozniak":  # Steve Wozniak is not boring
            continue
        name += str(rng.randrange(10)) if attempt >= 6 else ""
        if name not in taken:
            return name
    raise AssertionError("a daemon with this many containers")
