"""Variables of awk, those of the function that runs, and the special ones (POSIX.1-2017, awk, Variables)."""

from __future__ import annotations

from collections.abc import Mapping

from macvsim.engine.budget import FIELD
from macvsim.errors import Effect, NotSimulated
from macvsim.tools.mawk.record import Record, field_number
from macvsim.tools.mawk.values import Array, AwkError, Input, Value, number, text


class Variables:
    """All variables of a run; environment : ENVIRON; frames : parameters of the functions that run."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.record = Record()
        self.reading = False
        """Records are being read."""
        self._globals: dict[str, Value | Array] = {
            "FS": " ", "OFS": " ", "ORS": "\n", "RS": "\n", "NR": 0.0, "FNR": 0.0, "SUBSEP": "\x1c", "CONVFMT": "%.6g",
            "OFMT": "%.6g", "RSTART": 0.0, "RLENGTH": -1.0, "FILENAME": "",
            "ENVIRON": {name: Input(value) for name, value in environment.items()},
        }  # fmt: skip
        self.frames: list[dict[str, Value | Array]] = []

    def scope(self, name: str) -> dict[str, Value | Array]:
        """Where a variable is kept."""
        return self.frames[-1] if self.frames and name in self.frames[-1] else self._globals

    def get(self, name: str) -> Value:
        """A variable that is no array."""
        if name == "NF":
            return float(self.record.count)
        found = self.scope(name).get(name)
        if isinstance(found, dict):
            raise AwkError(f"can't use array {name} in scalar context")
        return found

    def set(self, name: str, value: Value) -> None:
        """Assign a variable."""
        if name == "RS" and self.reading:
            raise NotSimulated("awk's RS changing between records", Effect.NONE)
        if name == "NF":
            if number(value) < 0:
                raise AwkError("negative value assigned to NF", "NF set to negative value")
            count = field_number(value)
            self.build_fields(count)
            self.record.resize(count, self.string(self.get("OFS")))
        else:
            self.scope(name)[name] = value

    def build_fields(self, count: int) -> None:
        """The record is about to have so many fields."""
        self.build(FIELD * count * (count > self.record.count))

    def build(self, size: int) -> None:
        """A text of so many characters is about to be built."""
        raise NotImplementedError

    def array(self, name: str) -> Array:
        """An array, which begins to exist with its first use."""
        scope = self.scope(name)
        found = scope.get(name)
        if found is None:
            found = scope[name] = {}
        if not isinstance(found, dict):
            raise AwkError(f"can't use scalar {name} as array")
        return found

    def is_array(self, name: str) -> bool:
        """It has been used as an array."""
        return isinstance(self.scope(name).get(name), dict)

    def string(self, value: Value) -> str:
        """A value as text, as concatenation makes it."""
        return text(value, text(self.get("CONVFMT"))) if isinstance(value, float) else value or ""
