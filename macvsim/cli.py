"""The `macvsim` command line.

Read with argparse: the libraries that make prettier ones cost more CPU to import than the first experiment to play.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

from macvsim import __version__
from macvsim.console.visible import visible
from macvsim.engine.budget import limits_of
from macvsim.errors import MacvsimError, message
from macvsim.output import check_writable

CPU = 600
"""Seconds of processor time after which one command of a lab is stopped, unless results are compared or kept."""


def demo(options: argparse.Namespace) -> int:
    """The document's three experiments as a guided tour."""
    from macvsim.console.tour import tour

    check_writable(options.pcap)
    tour(_write, options.pcap)
    return 0


def replay(options: argparse.Namespace) -> int:
    """Play recordings again and compare; 1 if anything differs."""
    from macvsim.engine.budget import Budget
    from macvsim.fidelity.replay.cases import replay_cases
    from macvsim.fidelity.replay.runner import replay_folder
    from macvsim.fidelity.replay.transcript_play import replay_transcript

    play = replay_transcript if options.transcript else replay_cases if options.cases else replay_folder
    results = []
    budget = Budget().with_limits(_budget(options, cpu=0))
    for recording in options.recordings:
        result = play(recording, budget=budget)
        results.append(result)
        if not options.json:
            print(result, flush=True)
            if options.diff and not result.is_equal:
                print(result.diff(), flush=True)
    if options.json:
        print(json.dumps([result.to_dict() for result in results], indent=2))
    return 0 if all(result.is_equal for result in results) else 1


def run(options: argparse.Namespace) -> int:
    """Play a lab file."""
    from macvsim.labfile.commands import certain, run_file
    from macvsim.machine.call import NOT_SIMULATED

    check_writable(options.pcap)
    player = run_file(options.file, _writer(options), options.pcap, _budget(options))
    is_certain = certain(player, _writer(options, to_errors=True), allowed=options.allow_unsimulated)
    return 0 if is_certain else NOT_SIMULATED


def save(options: argparse.Namespace) -> int:
    """Play a lab file and keep the lab."""
    from macvsim.labfile.commands import save_file

    check_writable(options.output)
    save_file(options.file, options.output, _write, _budget(options))
    return 0


def load(options: argparse.Namespace) -> int:
    """Go on with a saved lab."""
    from macvsim.console.terminal import sit_down

    sit_down(options.file, play=True, raw=options.raw, budget=_budget(options))
    return 0


def import_machines(options: argparse.Namespace) -> int:
    """Make a lab of what real machines' tools print."""
    from macvsim.exchange.command import collector, import_files

    if options.collector:
        _write(collector())
        return 0
    check_writable(options.output)
    pings = [(source, target) for source, target in options.ping]
    import_files(options.files, options.output, _write, pings=pings, all_neighbours=options.all_neighbours)
    return 0


def trace(options: argparse.Namespace) -> int:
    """Play a lab file and show every packet."""
    from macvsim.labfile.commands import trace_file

    trace_file(options.file, _writer(options), _budget(options))
    return 0


def check(options: argparse.Namespace) -> int:
    """Play lab files and compare; 1 if anything differs, 2 if one cannot be read, 95 if one is uncertain."""

    complain = _writer(options, to_errors=True)
    if options.plain:
        from macvsim.testing.plain import compare_files

        return compare_files(options.files, _writer(options), complain, _budget(options, cpu=0))
    from macvsim.labfile.commands import check_files

    return check_files(
        options.files,
        _writer(options),
        complain,
        rewrite=options.update,
        allow_unsimulated=options.allow_unsimulated,
        budget=_budget(options, cpu=0),
    )


def fidelity(options: argparse.Namespace) -> int:
    """Print the fidelity table; 1 if anything differs."""
    from macvsim.fidelity.table import as_markdown, as_text, rows

    every = rows()
    unknown = [name for name in options.rules if name not in [row.rule for row in every]]
    if unknown:
        raise MacvsimError(f"there is no rule {unknown[0]!r}: macvsim fidelity lists them, from {every[0].rule} on")
    table = [row for row in every if not options.rules or row.rule in options.rules]
    if options.json:
        print(json.dumps([row.to_dict() for row in table], indent=2))
    else:
        _write(as_markdown(table) if options.markdown else as_text(table))
    return 1 if any(row.verdict == "differ" for row in table) else 0


def verify(options: argparse.Namespace) -> int:
    """Compare with the running kernel; 1 if anything differs, 2 if something could not be played, 77 if all was
    skipped.
    """
    from macvsim.fidelity.verify import SKIPPED
    from macvsim.fidelity.verify.commands import of_all, verify_file, verify_random

    if options.random < 0:
        raise MacvsimError(f"--random {options.random}: write how many topologies to play, such as --random 300")
    count = options.random if options.random or options.files else 300
    codes = [verify_file(path, _write, _complain) for path in options.files]
    if count:
        codes.append(verify_random(count, options.seed, _write, _complain))
    code = of_all(codes)
    if code == SKIPPED:
        _complain(f"macvsim: nothing was compared: all of it was skipped (status {SKIPPED})\n")
    return code


def why(options: argparse.Namespace) -> int:
    """Say why a lab's ping fails."""
    from macvsim.why.command import why_file

    complain = _writer(options, to_errors=True)
    return why_file(
        options.file,
        _writer(options),
        options.step,
        as_json=options.json,
        complain=complain,
        allow_unsimulated=options.allow_unsimulated,
        budget=_budget(options),
    )


def sweep(options: argparse.Namespace) -> int:
    """Run a lab for every combination of some settings."""
    from macvsim.machine.call import NOT_SIMULATED
    from macvsim.sweeps.command import sweep_file

    check_writable(options.out)
    words = [options.file, *options.more]
    files = [word for word in words if "=" not in word or Path(word).exists()]
    settings = [*options.set, *(word for word in words if word not in files)]
    if len(files) != 1:
        raise MacvsimError(f"a sweep is of one lab: name one file, not {', '.join(files) or 'none'}")
    said = sweep_file(
        Path(files[0]),
        settings,
        options.seeds,
        on=options.on,
        jobs=options.jobs,
        out=options.out,
        write=_write,
        budget=_budget(options, cpu=0),
    )
    if not said or options.allow_unsimulated:
        return 0
    _complain(f"macvsim: {files[0]}: {said}; the real network may answer otherwise: --allow-unsimulated goes on\n")
    return NOT_SIMULATED


def plot(options: argparse.Namespace) -> int:
    """Draw a lab, or one of its pings."""
    from macvsim.labfile.plot import plot_file

    check_writable(options.output)
    plot_file(
        options.file,
        _write,
        out=options.output,
        kind=options.kind,
        ping=options.ping,
        by=options.by,
        complain=_complain,
        budget=_budget(options),
    )
    return 0


def shell(options: argparse.Namespace) -> int:
    """Sit down at a lab's terminals."""
    from macvsim.console.terminal import sit_down

    sit_down(options.file, play=options.play, raw=options.raw, budget=_budget(options))
    return 0


def _budget(options: argparse.Namespace, *, cpu: int = CPU) -> dict[str, int]:
    """The limits that the user gives, and of processor time as a last guard."""
    limits: dict[str, int] = {} if not cpu else {"cpu": cpu}
    for text in options.budget:
        limits.update(limits_of(text))
    return limits


def _write(text: str) -> None:
    print(text, end="", flush=True)  # which bears with a standard output that is closed


def _writer(options: argparse.Namespace, *, to_errors: bool = False) -> Callable[[str], None]:
    """Prints output of a lab: at a terminal control sequences are shown unless ``--raw`` is given."""

    def write(text: str) -> None:
        stream = sys.stderr if to_errors else sys.stdout
        if not options.raw and stream is not None and stream.isatty():
            text = visible(text)
        print(text, end="", flush=True, file=stream)

    return write


def _complain(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


class _Command(argparse.ArgumentParser):
    """Reads the words of one command, options before, between and after its files; what it does not know is told with
    its own usage.
    """

    _inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        if self._inside:  # parse_known_intermixed_args() reads the options first, and then the rest
            return super().parse_known_args(args, namespace)
        self._inside = True
        try:
            found, unknown = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._inside = False
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="macvsim",
        description="A Linux container-network lab in pure Python, on simulated packets.",
    )
    made.add_argument("--version", action="version", version=f"macvsim {__version__}")
    commands = made.add_subparsers(metavar="COMMAND", parser_class=_Command)
    text = "the document's three experiments as a guided tour: each first fails, shows the reason, then is fixed"
    one = commands.add_parser("demo", help=text, description=text)
    one.add_argument(
        "--pcap", type=Path, metavar="FILE", help="also write every frame of experiments 2 and 3 to this pcapng file"
    )
    one.set_defaults(run=demo)
    text = "play a lab: its commands on simulated hosts, and what they print"
    one = commands.add_parser("run", help=text, description=text)
    one.add_argument(
        "file", type=Path, metavar="FILE", help="a document LAB.md, LAB.yaml with LAB.sh beside it, or a saved LAB.json"
    )
    one.add_argument(
        "--pcap", type=Path, metavar="OUT.pcapng", help="also write every frame at every interface to this file"
    )
    one.set_defaults(run=run)
    text = "play a lab to its end and keep it as it then is, for load and every command that takes a lab"
    one = commands.add_parser("save", help=text, description=text)
    one.add_argument("file", type=Path, metavar="FILE", help="a lab, as for run")
    one.add_argument("-o", "--output", type=Path, metavar="OUT.json", help="where to (FILE with .json for its ending)")
    one.set_defaults(run=save)
    text = "go on with a lab where it was saved: log in to its machines, as with shell"
    one = commands.add_parser("load", help=text, description=text)
    one.add_argument("file", type=Path, metavar="FILE.json", help="what save has written")
    one.set_defaults(run=load)
    text = "make a lab of real machines: of what their own tools print about their networks"
    one = commands.add_parser("import", help=text, description=text)
    one.add_argument("files", nargs="*", type=Path, metavar="FILE", help="what the collector printed, one a machine")
    one.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="LAB.md",
        help="where to, or LAB.json for a saved lab; else the document is printed",
    )
    one.add_argument("--collector", action="store_true", help="print the collector: a script to run there, as root")
    one.add_argument(
        "--ping",
        nargs=2,
        action="append",
        default=[],
        metavar=("NODE", "TARGET"),
        help="add a ping to the document, about which macvsim why LAB.md is then asked; may be repeated",
    )
    one.add_argument("--all-neighbours", action="store_true", help="also neighbour entries that are not permanent")
    one.set_defaults(run=import_machines)
    text = "play a lab and print what happens to each packet, a line for each step, drops with their reason"
    one = commands.add_parser("trace", help=text, description=text)
    one.add_argument("file", type=Path, metavar="FILE", help="a lab, as for run")
    one.set_defaults(run=trace)
    text = "play labs and compare what their commands print with what they expect; exit status 1 if anything differs"
    one = commands.add_parser("check", help=text, description=text)
    one.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a document, as for run")
    form = one.add_mutually_exclusive_group()
    form.add_argument("--update", action="store_true", help="write what was printed into the files, where it differs")
    form.add_argument(
        "--plain",
        action="store_true",
        help="play each lab with the fast path and without it instead, and compare everything it shows",
    )
    one.set_defaults(run=check)
    text = "say why the first ping of a lab that fails does, and which edits, tried on the lab, make it work"
    one = commands.add_parser("why", help=text, description=text)
    one.add_argument("file", type=Path, metavar="FILE", help="a lab, as for run")
    one.add_argument(
        "step",
        nargs="?",
        default="",
        metavar="STEP",
        help='a line of the file, or "NODE: COMMAND", such as "c1: ping 10.0.0.2", which may stand in it or not',
    )
    one.add_argument("--json", action="store_true", help="print a JSON object instead of text")
    one.set_defaults(run=why)
    text = (
        "run a lab for every combination of some settings, and of each for several seeds; keep what the pings came to"
    )
    one = commands.add_parser("sweep", help=text, description=text)
    one.add_argument("file", metavar="FILE", help="a lab, as for run")
    one.add_argument("more", nargs="*", default=[], metavar="KEY=V1,V2", help="further values to set")
    one.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=V1,V2",
        help="values to set: of a variable of the lab, links.loss, NODE:END.delay, NODE.policy, …",
    )
    one.add_argument("--seeds", type=int, default=1, metavar="N", help="run each combination with seeds 0 to N-1")
    one.add_argument(
        "--out", type=Path, metavar="FILE", help="NAME.jsonl or NAME.csv; runs that are there are not made again"
    )
    one.add_argument(
        "--on",
        default="processes",
        metavar="WHERE",
        help="serial, processes, a backend of joblib, dask, or tcp://HOST:PORT of a scheduler of Dask",
    )
    one.add_argument("--jobs", type=int, metavar="N", help="processes at a time; by default all processors")
    one.set_defaults(run=sweep)
    _add_plot(commands)
    text = "log in to the machines of a lab: type commands, go from one to another, save the session as a document"
    one = commands.add_parser("shell", help=text, description=text)
    one.add_argument("file", type=Path, metavar="FILE", help="a lab, as for run; only its topology is used")
    one.add_argument("--play", action="store_true", help="run the file's commands first, and go on where they end")
    one.set_defaults(run=shell)
    text = "play recordings of a real kernel again and compare; exit status 1 if anything differs"
    one = commands.add_parser("replay", help=text, description=text)
    one.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="RECORD_DIR",
        help="a folder with scenario.txt, commands.json and frames.jsonl; with --transcript or --cases, a file",
    )
    form = one.add_mutually_exclusive_group()
    form.add_argument(
        "--cases",
        action="store_true",
        help="play tables of raw frames into topologies (JSON): who sees them, with which packet type",
    )
    form.add_argument(
        "--transcript",
        action="store_true",
        help="play texts of sessions at a prompt (root@HOST:~# COMMAND, what it printed): the lab follows from them",
    )
    one.add_argument("--diff", action="store_true", help="show the first differences of each interface and command")
    one.add_argument("--json", action="store_true", help="print a JSON list instead of lines")
    one.set_defaults(run=replay)
    text = (
        "print which rules of the kernel were checked, with what, and whether they agree; exit status 1 if one differs"
    )
    one = commands.add_parser("fidelity", help=text, description=text)
    one.add_argument("rules", nargs="*", metavar="RULE", help="2.4b or T03; all without")
    one.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    one.add_argument("--markdown", action="store_true", help="print the page that the documentation has")
    one.set_defaults(run=fidelity)
    text = (
        "play labs and random topologies on the running kernel too, and compare; exit status 1 if anything differs, "
        "77 if all was skipped"
    )
    one = commands.add_parser("verify", help=text, description=text)
    one.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="labs, as for run; each in a sandbox of its own"
    )
    one.add_argument("--random", type=int, default=0, metavar="N", help="random topologies to play (300 without FILE)")
    one.add_argument("--seed", type=int, default=0, metavar="S", help="the seed of the first topology (0)")
    one.set_defaults(run=verify)
    for name in ("run", "load", "trace", "check", "why", "shell"):
        commands.choices[name].add_argument(
            "--raw",
            action="store_true",
            help="let the terminal obey control sequences of the output; else they are shown",
        )
    for name in ("run", "check", "why", "sweep"):
        commands.choices[name].add_argument(
            "--allow-unsimulated",
            action="store_true",
            help="go on where a command that would have changed the network is not simulated; else exit status 95",
        )
    for name in ("run", "load", "trace", "check", "why", "shell", "save", "plot", "sweep", "replay"):
        commands.choices[name].add_argument(
            "--budget",
            action="append",
            default=[],
            metavar="NAME=N,…",
            help="limits of what one command of the lab may use, such as events=5000000; 0 is no limit",
        )
    return made


def _add_plot(commands: Any) -> None:
    text = "draw a lab, after its commands, or one of its pings: the way it took and why, its packets, an animation"
    one = commands.add_parser("plot", help=text, description=text)
    one.add_argument("file", type=Path, metavar="FILE", help="a lab, as for run")
    one.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="a file .svg, .png or .pdf; SVG to standard output without"
    )
    kind = one.add_mutually_exclusive_group()
    for name, help_text in (
        ("why", "draw the way of the first ping that fails over the lab, and where it ended"),
        ("ladder", "draw its packets: who sent what when"),
        ("animate", "draw an animation of it, SVG that moves by itself"),
    ):
        kind.add_argument(f"--{name}", dest="kind", action="store_const", const=name, help=help_text)
    one.add_argument("--ping", type=int, metavar="N", help="the N-th ping of the lab instead")
    one.add_argument(
        "--by", choices=("interface", "node"), default="interface", help="columns of the ladder (interface)"
    )
    one.set_defaults(run=plot, kind="topology")


class _Ended(BaseException):
    """The program is to end: SIGTERM or SIGHUP came."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.code = 128 + number


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP are exceptions, so that files are completed or given up."""

    def end(number: int, frame: FrameType | None) -> None:
        raise _Ended(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if current_thread() is not main_thread():
        numbers = []
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:  # nohup ignores SIGHUP
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: users' mistakes are one line on stderr and exit status 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # documents may be in Chinese where the terminal is not
            stream.reconfigure(errors="backslashreplace")
    warnings.filterwarnings(
        "ignore", r"\S+: internal error: ", RuntimeWarning
    )  # the program printed it (ProgramWarning)
    words = parser()
    options = words.parse_args(arguments)
    if "run" not in options:
        words.print_help(sys.stderr)
        sys.exit(2)
    sys.exit(_status(options))


def _status(options: argparse.Namespace) -> int:
    """Run a command; its exit status."""
    try:
        with _ending_in_order():
            code: int = options.run(options)
            sys.stdout.flush()
            return code
    except KeyboardInterrupt as error:
        said, code = "; ".join(["interrupted", *getattr(error, "__notes__", ())]), 128 + signal.SIGINT
    except _Ended as error:
        said, code = message(error), error.code
    except BrokenPipeError as error:
        if error.filename is None:
            sys.stderr.close()
            return 128 + 13
        said, code = message(error), 2
    except (MacvsimError, OSError) as error:
        said, code = message(error), 2
    print(f"macvsim: {visible(said)}", file=sys.stderr)
    return code
