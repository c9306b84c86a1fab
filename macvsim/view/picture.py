"""A finished picture: SVG as text, and files in the formats people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from macvsim.errors import MacvsimError
from macvsim.output import write_file
from macvsim.view.scene import Scene
from macvsim.view.svg import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".svg", ".png", ".pdf")


@dataclass(frozen=True, repr=False)
class Picture:
    """A scene, with what only SVG can show.

    motion : elements that move, drawn on top; styles : shapes and types that these use
    """

    scene: Scene
    motion: Sequence[str] = ()
    styles: Sequence[str] = ()

    def __str__(self) -> str:
        return svg(self.scene, self.motion, self.styles)

    def __repr__(self) -> str:
        return f"<Picture {self.scene.title!r}, {self.scene.width:.0f} x {self.scene.height:.0f}>"

    def _repr_svg_(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Drawn by matplotlib, into `ax` or a new figure; what moves is left out."""
        from macvsim.view.mpl import plot

        return plot(self.scene, ax)

    def save(self, path: str | Path) -> None:
        """Write ``NAME.svg`` as it is, ``NAME.png`` or ``NAME.pdf`` by matplotlib.

        Raises
        ------
        MacvsimError : another file name, or matplotlib is not installed
        """
        path = Path(path)
        check_name(path)
        if path.suffix.lower() == ".svg":
            write_file(path, str(self))
        else:
            from macvsim.view.mpl import save

            save(self.scene, path)


def check_name(path: Path) -> None:
    """`MacvsimError` unless a picture can be written to a file of that name."""
    if path.suffix.lower() not in FORMATS:
        raise MacvsimError(f"{path}: pictures are written as NAME.svg, NAME.png or NAME.pdf")


__all__ = ["FORMATS", "Picture", "check_name"]
