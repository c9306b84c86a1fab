"""``python -m tests.spec [SECTION[/FILE]...] [--record] [--write]``: print what differs, and how.

--record : run the real programs first, and keep their answers
--write : write the table of docs/spec.md
"""

from __future__ import annotations

import argparse
from collections import Counter
from difflib import unified_diff

from tests.spec.play import play_live, play_simulated, verdict, why_not_live
from tests.spec.snippets import Answer, Spec, all_specs
from tests.spec.table import PAGE, render


def _record(spec: Spec) -> None:
    missing = why_not_live(spec.section)
    if missing:
        raise SystemExit(f"cannot record {spec.section}: {missing}")
    spec.record({name: play_live(spec, name) for name in spec.snippets})


def _lines(answer: Answer) -> list[str]:
    texts = (("stdout", answer.stdout), ("stderr", answer.stderr))
    return [f"status {answer.status}", *(f"{name}: {line}" for name, text in texts for line in text.splitlines())]


def difference(real: Answer | None, simulated: Answer) -> str:
    """Both answers line by line."""
    known = ["no recording"] if real is None else _lines(real)
    return "\n".join([*unified_diff(known, _lines(simulated), "recorded", "macvsim", n=99, lineterm="")][3:])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.spec", description=__doc__)
    parser.add_argument("which", nargs="*")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="only the names and the counts")
    args = parser.parse_args()
    found = Counter[str]()
    for spec in all_specs():
        if args.which and not {spec.section, f"{spec.section}/{spec.name}"} & {*args.which}:
            continue
        if args.record:
            _record(spec)
        recorded = spec.recorded()
        for name, text in spec.snippets.items():
            answer = play_simulated(spec, name)
            result = verdict(recorded.get(name), answer)
            found[result] += 1
            if result == "differs":
                print(f"#### {spec.section}/{spec.name}: {name}")
                if not args.quiet:
                    print(f"{text}----\n{difference(recorded.get(name), answer)}\n")
    print(", ".join(f"{number} {name}" for name, number in sorted(found.items())))
    if args.write:
        PAGE.write_text(render(), "utf-8")


if __name__ == "__main__":
    main()
