"""The `macvsim` command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from macvsim.errors import MacvsimError

app = typer.Typer(
    name="macvsim",
    help="A Linux container-network lab in pure Python: macvlan, 802.1Q and Docker networks on simulated packets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def common() -> None:
    """A Linux container-network lab in pure Python."""


@app.command()
def demo(
    pcap: Annotated[
        Path | None, typer.Option(help="Also write every frame of every interface to this pcapng file.")
    ] = None,
) -> None:
    """The document's three experiments as a guided tour: each fails first, says why, is mended, and works."""
    from macvsim.demo import tour

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    tour(write, pcap)


@app.command()
def replay(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="RECORD_DIR...", help="Folders with scenario.txt, commands.json and frames.jsonl."),
    ],
    diff: Annotated[
        bool, typer.Option("--diff", help="Show the first differences of each interface, and of each command.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list instead of lines.")] = False,
) -> None:
    """Play recordings of a real kernel again and compare frames and outputs; exit status 1 if anything differs."""
    from macvsim.replay.runner import replay_folder

    results = []
    for folder in folders:
        result = replay_folder(folder)
        results.append(result)
        if not as_json:
            typer.echo(str(result))
            if diff:
                text = result.diff()
                if text:
                    typer.echo(text)
    if as_json:
        typer.echo(json.dumps([result.to_dict() for result in results], indent=2))
    if not all(result.is_equal for result in results):
        raise typer.Exit(1)


def main() -> None:
    """Entry point: users' mistakes are one line on stderr and exit status 2, never a traceback."""
    try:
        app()
    except MacvsimError as error:
        typer.echo(f"macvsim: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        typer.echo(f"macvsim: {error.strerror}: {error.filename}", err=True)
        sys.exit(2)
