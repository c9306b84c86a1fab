"""ls, mkdir, rmdir, rm, cp, mv, touch, tee, basename, dirname."""

from __future__ import annotations

import posixpath

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.streams import OpenFile
from macvsim.machine.tool import UsageError
from macvsim.tools.coreutils.inputs import GNU_2, TEXTS
from macvsim.tools.toolkit import Wording, everywhere, letters_of


def _operands(manner: Wording, words: list[str], what: str = "operand") -> None:
    if not words:
        raise UsageError("" if manner.busybox else f"missing {what}")


@everywhere("ls", usage=TEXTS, works="-1 -a -d -A -C", gnu=GNU_2, effect=Effect.NONE)
def ls(call: Call, manner: Wording) -> int:
    """``ls [-1adA] [FILE…]``: one name a line, as into a pipe."""
    given, words = letters_of(call), call.given.operands
    code = 0
    files, directories = [], []
    for word in words or ["."]:
        if not call.files.exists(word):
            code = manner.file_error(call, word, "No such file or directory")
        elif call.files.is_directory(word) and "d" not in given:
            directories.append(word)
        else:
            files.append(word)
    blocks = ["".join(f"{name}\n" for name in sorted(files))] if files else []
    for word in sorted(directories):
        names = call.files.names(word)
        if "a" in given:
            names = [".", "..", *names]
        elif "A" not in given:
            names = [name for name in names if not name.startswith(".")]
        title = f"{word}:\n" if len(words) > 1 else ""
        blocks.append(title + "".join(f"{name}\n" for name in names))
    call.out("\n".join(blocks))
    return code


@everywhere("mkdir", usage=TEXTS, works="-p -m", effect=Effect.NONE)
def mkdir(call: Call, manner: Wording) -> int:
    """``mkdir [-p] DIR…``."""
    given, words = letters_of(call), call.given.operands
    _operands(manner, words)
    code = 0
    for word in words:
        try:
            if "p" in given:
                _make_parents(call, word)
            else:
                call.files.make_directory(word)
        except FileError as error:
            code = manner.file_error(call, word, error.strerror)
    return code


def _make_parents(call: Call, path: str) -> None:
    where = "/"
    for part in call.files.absolute(path).split("/")[1:]:
        where = posixpath.join(where, part)
        if not call.files.is_directory(where):
            call.files.make_directory(where)


@everywhere("rmdir", usage=TEXTS, works="", effect=Effect.NONE)
def rmdir(call: Call, manner: Wording) -> int:
    """``rmdir DIR…``."""
    words = call.given.operands
    _operands(manner, words)
    code = 0
    for word in words:
        try:
            call.files.remove_directory(word)
        except FileError as error:
            code = manner.file_error(call, word, error.strerror)
    return code


@everywhere("rm", usage=TEXTS, works="-f -r -R", effect=Effect.NONE)
def rm(call: Call, manner: Wording) -> int:
    """``rm [-fr] FILE…``."""
    given, words = letters_of(call), call.given.operands
    if "f" not in given:
        _operands(manner, words)
    code = 0
    for word in words:
        try:
            if ("r" in given or "R" in given) and call.files.is_directory(word):
                _remove_tree(call, call.files.absolute(word))
            else:
                call.files.remove(word)
        except FileError as error:
            if error.errno == "ENOENT" and "f" in given:
                continue
            if error.errno == "EISDIR" and manner.busybox:
                code = manner.error(call, f"'{word}' is a directory")
            else:
                code = manner.file_error(call, error.path if error.path.startswith(word) else word, error.strerror)
    return code


def _remove_tree(call: Call, where: str) -> None:
    for name in call.files.names(where):
        inside = posixpath.join(where, name)
        if call.files.is_directory(inside):
            _remove_tree(call, inside)
        else:
            call.files.remove(inside)
    call.files.remove_directory(where)


@everywhere("cp", usage=TEXTS, works="-a -f -p", effect=Effect.NONE)
def cp(call: Call, manner: Wording) -> int:
    """``cp [-afp] SOURCE… TARGET``: files; directories are not copied."""
    words = call.given.operands
    return _transferred(call, manner, words, keep=True)


@everywhere("mv", usage=TEXTS, works="-f", effect=Effect.NONE)
def mv(call: Call, manner: Wording) -> int:
    """``mv [-f] SOURCE… TARGET``."""
    words = call.given.operands
    return _transferred(call, manner, words, keep=False)


def _transferred(call: Call, manner: Wording, words: list[str], *, keep: bool) -> int:
    _operands(manner, words, "file operand")
    if len(words) < 2:
        raise UsageError("" if manner.busybox else f"missing destination file operand after '{words[0]}'")
    *sources, target = words
    into = call.files.is_directory(target)
    if len(sources) > 1 and not into:
        why = "Not a directory" if call.files.exists(target) else "No such file or directory"
        return manner.error(call, f"target '{target}'" + (" is not a directory" if manner.busybox else f": {why}"))
    code = 0
    for source in sources:
        place = posixpath.join(target, posixpath.basename(source)) if into else target
        if not call.files.exists(source):
            refusal = "cannot stat" if not manner.busybox else "can't stat" if keep else "can't rename"
            code = manner.error(call, f"{refusal} '{source}': No such file or directory")
        elif call.files.is_directory(source):
            if not keep:
                raise NotSimulated("mv of directories", Effect.NONE)
            why = "" if manner.busybox else "-r not specified; "
            code = manner.error(call, f"{why}omitting directory '{source}'")
        elif call.files.absolute(source) == call.files.absolute(place):
            code = manner.error(call, f"'{source}' and '{place}' are the same file")
        else:
            try:
                call.files.replace(place, call.files.read(source))
                if not keep:
                    call.files.remove(source)
            except FileError as error:
                verb = "can't create" if manner.busybox else "cannot create regular file" if keep else "cannot move to"
                code = manner.error(call, f"{verb} '{place}': {error.strerror}")
    return code


@everywhere("touch", usage=TEXTS, works="-c -a -m", effect=Effect.NONE)
def touch(call: Call, manner: Wording) -> int:
    """``touch [-c] FILE…``: files that are not there are made."""
    given, words = letters_of(call), call.given.operands
    _operands(manner, words, "file operand")
    code = 0
    for word in words:
        if call.files.exists(word) or "c" in given:
            continue
        try:
            call.files.open_for_writing(word, truncate=False)
        except FileError as error:
            code = manner.file_error(call, word, error.strerror)
    return code


@everywhere("tee", usage=TEXTS, works="-a -i", effect=Effect.NONE)
def tee(call: Call, manner: Wording) -> Waiting:
    """``tee [-a] [FILE…]``."""
    given, words = letters_of(call), call.given.operands
    code = 0
    files: list[tuple[str, OpenFile]] = []
    for word in words:
        try:
            files.append((word, call.create(word, appends="a" in given)))
        except FileError as error:
            code = manner.file_error(call, word, error.strerror)
    while text := (yield from call.read_piece()):
        yield from call.write(text)
        for word, file in list(files):
            try:
                yield from file.put(text)
            except FileError as error:
                files.remove((word, file))
                code = manner.error(call, f"{word}: {error.strerror}")
    for word, file in files:
        try:
            file.flush()
        except FileError as error:
            code = manner.file_error(call, word, error.strerror)
    return code


@everywhere("basename", usage=TEXTS, works="", effect=Effect.NONE)
def basename(call: Call, manner: Wording) -> int:
    """``basename PATH [SUFFIX]``."""
    words = call.given.operands
    _operands(manner, words)
    if len(words) > 2:
        raise UsageError("" if manner.busybox else f"extra operand '{words[2]}'")
    name = posixpath.basename(words[0].rstrip("/")) or words[0][:1]
    suffix = words[1] if len(words) > 1 else ""
    call.out((name.removesuffix(suffix) or name) + "\n")
    return 0


@everywhere("dirname", usage=TEXTS, works="", effect=Effect.NONE)
def dirname(call: Call, manner: Wording) -> int:
    """``dirname PATH…``."""
    words = call.given.operands
    _operands(manner, words)
    for word in words:
        parent = posixpath.dirname(word.rstrip("/")) if word.strip("/") else word[:1]
        call.out((parent.rstrip("/") or parent[:1] or ".") + "\n")
    return 0
