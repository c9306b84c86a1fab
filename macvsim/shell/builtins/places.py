"""Builtins about directories and limits: cd, pwd, pushd, popd, dirs, umask, ulimit."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileError
from macvsim.shell.builtins.invocation import Invocation

_LIMITS = {"c": "0", "d": "unlimited", "f": "unlimited", "m": "unlimited", "n": "1024", "s": "8192", "t": "unlimited",
           "v": "unlimited", "x": "unlimited"}  # fmt: skip
"""The limits that ``ulimit`` prints on Debian; nothing is limited."""


def cd(run: Invocation) -> int:
    """``cd [-LP] [DIRECTORY | -]``."""
    state = run.state
    _, words = run.options("LPe@" if run.bash else "LP")
    if run.bash and len(words) > 1:
        return run.complain("too many arguments", 1)
    target = words[0] if words else state.variables.get("HOME")
    if target is None:
        return run.complain("HOME not set", 1)
    shows = target == "-"
    if shows:
        old = state.variables.get("OLDPWD")
        if old is None and run.bash:
            return run.complain("OLDPWD not set", 1)
        target = old or state.cwd
    if not words or shows or target.startswith(("/", "./", "../")) or target in (".", ".."):
        return _go(run, target, shows=shows)
    for folder in (state.variables.get("CDPATH") or "").split(":"):
        found = f"{folder}{'' if folder.endswith('/') and run.bash else '/'}{target}" if folder else target
        if folder and run.files.is_directory(found):
            return _go(run, found, shows=True)
    return _go(run, target)


def _go(run: Invocation, target: str, *, shows: bool = False) -> int:
    state = run.state
    files = run.files
    if not files.is_directory(target):
        error = FileError("ENOTDIR" if files.exists(target) else "ENOENT", target)
        run.streams.err(state.dialect.cannot_change_directory(run.shell.line, target, error))
        return 1 if run.bash else 2
    old, state.cwd = state.cwd, files.absolute(target)
    slashes = "/" if not run.bash and target.startswith("//") else ""
    state.set("OLDPWD", old)
    state.set("PWD", slashes + state.cwd)
    if shows:
        run.out(f"{slashes}{state.cwd}\n")
    return 0


def pwd(run: Invocation) -> int:
    run.options("LP")
    shown = run.state.variables.get("PWD") or ""
    run.out(f"{shown if shown.startswith('//') else run.state.cwd}\n")
    return 0


def _shown(run: Invocation, path: str) -> str:
    home = run.state.variables.get("HOME") or ""
    return "~" + path.removeprefix(home) if home and (path == home or path.startswith(home + "/")) else path


def _stack(run: Invocation) -> list[str]:
    return [run.state.cwd, *run.state.directories]


def pushd(run: Invocation) -> int:
    """``pushd [DIRECTORY | ±N]``."""
    state = run.state
    words = [word for word in run.args if word != "--"]
    if not words or words[0][0] in "+-":
        if len(_stack(run)) < 2:
            return run.complain("no other directory" if not words else "directory stack empty", 1)
        at = _place(run, words[0]) if words else 1
        if at is None:
            return 1
        stack = _stack(run)
        turned = [*stack[at:], *stack[:at]] if words else [stack[1], stack[0], *stack[2:]]
        return _arrive(run, turned)
    status = _go(run, words[0])
    if not status:
        state.directories.insert(0, state.variables.get("OLDPWD") or "")
        return dirs(Invocation(run.shell, ["dirs"], run.streams))
    return status


def popd(run: Invocation) -> int:
    """``popd [±N]``."""
    stack = _stack(run)
    words = [word for word in run.args if word != "--"]
    if len(stack) < 2:
        return run.complain("directory stack empty", 1)
    at = _place(run, words[0]) if words else 0
    if at is None:
        return 1
    del stack[at]
    return _arrive(run, stack)


def _arrive(run: Invocation, stack: list[str]) -> int:
    if stack[0] != run.state.cwd and (status := _go(run, stack[0])):
        return status
    run.state.directories = stack[1:]
    return dirs(Invocation(run.shell, ["dirs"], run.streams))


def _place(run: Invocation, word: str) -> int | None:
    """The place in the stack that ``+N`` or ``-N`` is."""
    stack = _stack(run)
    if not word[1:].isdecimal():
        raise run.misuse(f"{word}: invalid number")
    at = int(word[1:]) if word[0] == "+" else len(stack) - 1 - int(word[1:])
    if not 0 <= at < len(stack):
        run.complain(f"{word}: directory stack index out of range", 1)
        return None
    return at


def dirs(run: Invocation) -> int:
    """``dirs [-clpv]``."""
    words, letters = [], ""
    for word in run.args:
        if word[:1] == "-" and set(word[1:]) <= set("clpv"):
            letters += word[1:]
        else:
            words.append(word)
    if "c" in letters:
        run.state.directories.clear()
        return 0
    shown = _stack(run) if "l" in letters else [_shown(run, path) for path in _stack(run)]
    if words:
        at = _place(run, words[0])
        if at is None:
            return 1
        run.out(f"{shown[at]}\n")
    elif "v" in letters:
        run.out("".join(f"{number:2d}  {path}\n" for number, path in enumerate(shown)))
    else:
        run.out(("\n" if "p" in letters else " ").join(shown) + "\n")
    return 0


def umask(run: Invocation) -> int:
    given, words = run.options("pS" if run.bash else "S")
    if words and words[0].lstrip("0") != "22":
        raise NotSimulated("umask: files have no permissions", Effect.NONE)
    if not words:
        prefix = f"umask {'-S ' if 'S' in given else ''}" if "p" in given else ""
        run.out(prefix + ("u=rwx,g=rx,o=rx\n" if "S" in given else "0022\n"))
    return 0


def ulimit(run: Invocation) -> int:
    """``ulimit [-HS] [-LETTER] [LIMIT]``."""
    given, words = run.options("SHabcdefiklmnpqrstuvxPRT" if run.bash else "SHtfdscmlpnva")
    letters = [letter for letter in given if letter not in "HS"] or ["f"]
    if letters[0] not in _LIMITS or len(letters) > 1:
        raise NotSimulated(f"ulimit -{''.join(letters)}", Effect.NONE)
    letter = letters[0]
    if not words:
        run.out(f"{run.state.limits.get(letter, _LIMITS[letter])}\n")
        return 0
    if not words[0].isdecimal() and words[0] not in ("unlimited", "hard", "soft"):
        return run.complain(f"{words[0]}: invalid number" if run.bash else f"bad number: {words[0]}", 1)
    run.state.limits[letter] = words[0]
    return 0
