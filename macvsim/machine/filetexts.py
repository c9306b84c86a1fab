"""The texts of a box's files, by absolute path; a file that grows by small pieces is put together when it is read."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, ValuesView
from typing import Any, overload

from macvsim.engine.history import Settings, Simulated, recorded


class FileTexts(Settings[str, str]):
    """A mapping from path to text.  `append` costs what it adds, as a write to a real file does."""

    __slots__ = ("_added",)

    def __init__(self, owner: Simulated, name: str = "files") -> None:
        super().__init__(owner, name)
        self._added: dict[str, tuple[list[str], int]] = {}
        """Pieces that follow the text of a file, and the length of text and pieces."""

    @recorded
    def append(self, path: str, text: str) -> None:
        """Write at the end of a file; KeyError if there is none."""
        pieces, length = self._added.get(path) or ([], len(super().__getitem__(path)))
        pieces.append(text)
        self._added[path] = pieces, length + len(text)

    def length(self, path: str) -> int:
        """Characters in a file; KeyError if there is none."""
        added = self._added.get(path)
        return added[1] if added else len(super().__getitem__(path))

    def _join(self, *paths: str) -> None:
        """Put the pieces of these files, by default of all, behind their texts."""
        for path in paths or tuple(self._added):
            if path in self._added:
                pieces, _ = self._added.pop(path)
                dict.__setitem__(self, path, "".join([super().__getitem__(path), *pieces]))

    def __getitem__(self, path: str) -> str:
        self._join(path)
        return super().__getitem__(path)

    @overload  # type: ignore[override]
    def get(self, path: str, default: None = None) -> str | None: ...
    @overload
    def get(self, path: str, default: str) -> str: ...
    def get(self, path: str, default: str | None = None) -> str | None:
        self._join(path)
        return super().get(path, default)

    @recorded
    def __setitem__(self, path: str, text: str) -> None:
        self._added.pop(path, None)
        super().__setitem__(path, text)

    @recorded
    def __delitem__(self, path: str) -> None:
        self._added.pop(path, None)
        super().__delitem__(path)

    @recorded
    def pop(self, path: str, *default: Any) -> Any:
        self._join(path)
        return super().pop(path, *default)

    @recorded
    def setdefault(self, path: str, default: str) -> str:
        self._join()
        return super().setdefault(path, default)

    @recorded
    def update(self, *others: Any, **more: Any) -> None:
        self._join()
        super().update(*others, **more)

    @recorded
    def clear(self) -> None:
        self._added.clear()
        super().clear()

    def __iter__(self) -> Iterator[str]:
        self._join()
        return super().__iter__()

    def items(self) -> ItemsView[str, str]:  # type: ignore[override]
        self._join()
        return super().items()

    def values(self) -> ValuesView[str]:  # type: ignore[override]
        self._join()
        return super().values()

    def __eq__(self, other: object) -> bool:
        self._join()
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]
