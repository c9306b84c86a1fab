"""``ip netns``: named network namespaces, and running commands in them (ipnetns.c of iproute2)."""

from __future__ import annotations

from macvsim.errors import NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.kernel import Kernel
from macvsim.machine.tool import UsageError
from macvsim.net.namespace import Namespace
from macvsim.shell.interp import box_for, run_in
from macvsim.tools.iproute2.tool import Options, Tool
from macvsim.tools.iproute2.words import Words, complaint, effect_of, matches

COMMANDS = ("list", "show", "lst", "list-id", "add", "delete", "identify", "pids", "exec")
LEFT_OUT = ("attach", "monitor", "set")
_EEXIST, _ENOENT = "File exists", "No such file or directory"


def work(words: Words, tool: Tool) -> int | Waiting:
    """``ip netns list|add NAME|delete NAME|exec NAME COMMAND…|identify|pids NAME|list-id``."""
    word, rest = words.take() if words else "list", words.rest()
    call, options, kernel = tool.call, tool.options, tool.kernel
    if matches(word, "list") or word in ("show", "lst"):
        return _list(tool)
    if word == "list-id":
        return _list_ids(tool)
    if matches(word, "help"):
        raise UsageError(topic="ip netns")
    if matches(word, "add"):
        return _add(call, rest)
    if matches(word, "delete"):
        return _delete(call, options, rest)
    if matches(word, "identify"):
        return _identify(call, rest)
    if matches(word, "pids"):
        ns = kernel.netns.get(_name(rest))
        if ns is None:
            raise complaint(f"Cannot open network namespace: {_ENOENT}\n", 1)
        call.out("".join(f"{pid}\n" for pid, job in kernel.processes.items() if job.box.ns is ns))
        return 0
    if matches(word, "exec"):
        return _exec(call, options, rest)
    if any(matches(word, name) for name in LEFT_OUT):
        raise NotSimulated(f"ip netns {word}", effect_of(word))
    raise complaint(f'Command "{word}" is unknown, try "ip netns help".\n')


def _name(args: list[str]) -> str:
    if not args:
        raise complaint("No netns name specified\n", 1)
    return args[0]


def _list(tool: Tool) -> int:
    """The newest first, as a directory of /run has them, with the numbers this namespace has for them."""
    with tool.printer() as out:
        for name, ns in reversed(tool.kernel.netns.items()):
            number = tool.ns.known_nsid(ns)
            with out.object():
                out.both("name", name, name)
                if number is not None:
                    out.both("id", f" (id: {number})", number)
                out.end()
    return 0


def _list_ids(tool: Tool) -> int:
    names = {ns: name for name, ns in tool.kernel.netns.items()}
    known = ((tool.ns.known_nsid(ns), name) for ns, name in names.items())
    with tool.printer() as out:
        for number, name in sorted((number, name) for number, name in known if number is not None):
            with out.object():
                out.both("nsid", f"nsid {number} ", number)
                out.both("name", f"(iproute2 netns name: {name})", name)
                out.end()
    return 0


def _add(call: Call, args: list[str]) -> int:
    kernel, name = call.box.kernel, _name(args)
    if "/" in name or name in (".", ".."):
        raise complaint(f'Invalid netns name "{name}"\n')
    if not call.box.net_admin:
        raise complaint("mkdir /run/netns failed: Permission denied\n", 1)
    if name in kernel.netns:
        raise complaint(f'Cannot create namespace file "/run/netns/{name}": {_EEXIST}\n', 1)
    kernel.netns[name] = kernel.new_namespace(name)
    return 0


def _delete(call: Call, options: Options, args: list[str]) -> int:
    kernel = call.box.kernel
    if not options.every:
        names = [_name(args)]
    elif args:
        raise UsageError(topic="ip netns")
    else:
        names = list(kernel.netns)
    for name in names:
        if name not in kernel.netns:
            raise complaint(f'Cannot remove namespace file "/run/netns/{name}": {_ENOENT}\n', 1)
        if not call.box.net_admin:
            raise complaint(f'Cannot remove namespace file "/run/netns/{name}": Permission denied\n', 1)
        kernel.delete_namespace(name)
    return 0


def _identify(call: Call, args: list[str]) -> int:
    """The name of the namespace of a process, or of this one."""
    kernel = call.box.kernel
    ns: Namespace | None = call.box.ns
    if args and args[0] != "self":
        if not args[0].isdecimal():
            raise complaint(f"Invalid process number: {args[0]}\n", 1)
        job = kernel.processes.get(int(args[0]))
        if job is None:
            raise complaint(f"Could not read process {args[0]} net namespace: {_ENOENT}\n", 1)
        ns = job.box.ns
    call.out(next((name for name, other in kernel.netns.items() if other is ns), "") + "\n")
    return 0


def _exec(call: Call, options: Options, args: list[str]) -> int | Waiting:
    kernel = call.box.kernel
    if options.every:
        if not args:
            raise complaint("No command specified\n", 1)
        return _exec_everywhere(call, kernel, args)
    name = _name(args)
    if len(args) < 2:
        raise complaint("No command specified\n", 1)
    if name not in kernel.netns:
        raise complaint(f'Cannot open network namespace "{name}": {_ENOENT}\n')
    return run_in(call, box_for(kernel, kernel.netns[name]), args[1:])


def _exec_everywhere(call: Call, kernel: Kernel, argv: list[str]) -> Waiting:
    """``ip -all netns exec``: once in each."""
    for name, ns in reversed(list(kernel.netns.items())):
        call.out(f"\nnetns: {name}\n")
        yield from run_in(call, box_for(kernel, ns), argv)
    return 0
