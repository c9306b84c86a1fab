"""The words of an iptables command, read as iptables reads them (do_parse in xshared.c)."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.tools.iptables.complaint import Program
from macvsim.tools.iptables.extension import Extension, MatchReader, Option, Rest
from macvsim.tools.iptables.known import MATCHES, OTHER_MATCHES, OTHER_TARGETS, PROTO_MATCHES, TARGETS
from macvsim.tools.iptables.names import check_chain_name, check_length, check_target_name, rule_number
from macvsim.tools.iptables.request import Request
from macvsim.tools.iptables.values import interface, number, protocol

_LONG = {
    "append": "A", "delete": "D", "check": "C", "insert": "I", "replace": "R", "list": "L", "list-rules": "S",
    "flush": "F", "zero": "Z", "new-chain": "N", "delete-chain": "X", "rename-chain": "E", "policy": "P",
    "source": "s", "destination": "d", "src": "s", "dst": "d", "protocol": "p", "in-interface": "i", "jump": "j",
    "table": "t", "match": "m", "numeric": "n", "out-interface": "o", "verbose": "v", "wait": "w",
    "wait-interval": "W", "exact": "x", "fragments": "f", "version": "V", "help": "h", "line-numbers": "0",
    "modprobe": "M", "set-counters": "c", "goto": "g", "ipv4": "4", "ipv6": "6",
}  # fmt: skip
_SPELLINGS = {letter: [f"--{name}" for name, known in _LONG.items() if known == letter] for letter in _LONG.values()}
OPTIONS = "".join(
    f"  {', '.join([*([] if letter == '0' else [f'-{letter}']), *names])}\n" for letter, names in _SPELLINGS.items()
)
"""Its options, as a usage text lists them."""
_WITH_VALUE = "ACDEIMNPRSLXZFcdijopstgmWwh"
_OPTIONAL = "LSFZXwWh"
_COMMANDS = "ACDEIRLSFZNXP"
_NAMES = {
    "n": "numeric", "s": "source", "d": "destination", "p": "protocol", "j": "jump", "v": "verbose", "x": "exact",
    "i": "in-interface", "o": "out-interface", "0": "line-numbers", "c": "set-counters", "f": "fragments", "g": "goto",
    "m": "match", "t": "table", "M": "modprobe", "w": "wait", "W": "wait-interval", "4": "ipv4", "6": "ipv6",
}  # fmt: skip
_INVERTIBLE = "spdiofVh"
_RULE = "sdpjgviofc"
_ALLOWED = {"A": _RULE, "I": _RULE, "R": _RULE, "D": _RULE.replace("c", ""), "C": _RULE.replace("c", ""),
            "L": "nvx0", "P": "vc"}  # fmt: skip


class Reader:
    """Reads words into a `Request`; `extensions`: the matches and targets that the kernel has, None: all;
    line : of the file that it reads."""

    def __init__(
        self,
        words: list[str],
        program: Program,
        request: Request | None = None,
        extensions: Collection[str] | None = None,
        line: int = 0,
    ) -> None:
        self.program = program
        self.line = line
        self.rest = Rest(words, 0)
        self.request = request or Request()
        self._also_zero = False
        self._extensions = extensions

    def read(self) -> Request:
        """All words; `UsageError` where they make no sense, `NotSimulated` for what is not simulated."""
        request, words = self.request, self.rest.words
        negated = False
        while self.rest.at < len(words):
            word = words[self.rest.at]
            self.rest.at += 1
            if word == "--":
                if self.rest.at < len(words):
                    raise UsageError("unknown arguments found on commandline")
                break
            if word == "!":
                if negated:
                    raise UsageError("multiple consecutive ! not allowed")
                negated = True
                continue
            if word.startswith("--"):
                self._long(word[2:], negated)
            elif word.startswith("-") and len(word) > 1:
                self._cluster(word[1:], negated)
            else:
                raise self.program.misuse(f"Bad argument `{word}'", self.line, bare=True)
            negated = False
            if request.help or request.version:
                return request
        self._finish(negated)
        return request

    # -- options -------------------------------------------------------------------------------------------------------

    def _cluster(self, letters: str, negated: bool) -> None:
        """``-nvL CHAIN``."""
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter not in _LONG.values() or letter == "0":
                raise UsageError(f'unknown option "-{letter}"')
            if letter not in _WITH_VALUE:
                self._global(letter, "", negated)
                continue
            if letters or letter in _OPTIONAL:
                self._global(letter, letters, negated)
            else:
                self._global(letter, self._value(f"-{letter}"), negated)
            return

    def _value(self, option: str) -> str:
        rest = self.rest
        if rest.at >= len(rest.words):
            raise UsageError(f'option "{option}" requires an argument')
        rest.at += 1
        return rest.words[rest.at - 1]

    def _long(self, text: str, negated: bool) -> None:
        """``--name``, or the beginning of a name that no other option has; of the program or of an extension."""
        name, equals, value = text.partition("=")
        found = self._lookup(name)
        reader = self._implied()
        if found is None and reader is not None:
            self.request.matches.append(reader)
            found = self._lookup(name)
        if found is None:
            raise UsageError(f'unknown option "--{name}"')
        owner, option = found
        if isinstance(option, str):
            takes = option in _WITH_VALUE and option not in _OPTIONAL
            self._global(option, value if equals else self._value(f"--{name}") if takes else "", negated)
            return
        assert owner is not None
        if not option.flag:
            value = value if equals else self._value(f"--{name}")
        self._tell(owner)
        owner.read(option, value, negated, self.rest)

    def _lookup(self, name: str) -> tuple[Extension | None, Option | str] | None:
        """Whose option it is, the newest extension first."""
        request = self.request
        owners: list[Extension] = [*([request.target] if request.target else []), *reversed(request.matches)]
        for owner in owners:
            option = owner.find(name)
            if option is not None:
                return owner, option
        if name in _LONG:
            return None, _LONG[name]
        near: list[tuple[Extension | None, Option | str]] = [
            (owner, option) for owner in owners for option in owner.options if option.name.startswith(name)
        ]
        near += [(None, letter) for full, letter in _LONG.items() if full.startswith(name)]
        if not name or not near:
            return None
        same = all(entry[1] == near[0][1] for entry in near)
        return near[0] if len(near) == 1 or same else None

    def _implied(self) -> MatchReader | None:
        """The match of the rule's protocol, which need not be named."""
        request = self.request
        name = PROTO_MATCHES.get(request.proto)
        if name is None or request.not_proto or any(reader.name == name for reader in request.matches):
            return None
        return MATCHES[name]()

    def _tell(self, owner: Extension) -> None:
        owner.proto, owner.not_proto = self.request.proto, self.request.not_proto

    def _global(self, letter: str, value: str, negated: bool) -> None:
        request = self.request
        if letter in _COMMANDS:
            self._command(letter, value, negated)
            return
        if negated and letter not in _INVERTIBLE:
            text = "cannot have ! before" if letter in "jgnvx0c" else "unexpected ! flag before"
            raise UsageError(f"{text} --{_NAMES[letter]}")
        if letter in request.given and letter not in "vmwW":
            raise UsageError(f"multiple --{_NAMES[letter]} options not allowed")
        request.given.append(letter)
        match letter:
            case "s" | "d":
                setattr(request, "source" if letter == "s" else "destination", (value, negated))
            case "i" | "o":
                found = interface(value, negated=negated)
                if any(c in "/ " for c in value):
                    note = "('/' and ' ' are not allowed by the kernel)"
                    request.warnings.append(f"Warning: weird character in interface `{value}' {note}.\n")
                setattr(request, "in_dev" if letter == "i" else "out_dev", found)
            case "p":
                request.proto, request.not_proto = protocol(value), negated
                if negated and not request.proto:
                    raise UsageError("rule would never match protocol")
            case "f":
                request.fragment = not negated
            case "j" | "g":
                self._jump(value, goto=letter == "g")
            case "m":
                self._match(value)
            case "t":
                request.table, request.table_given = value, True
            case "c":
                self._counters(value)
            case "v":
                request.verbose += 1
            case "n":
                request.numeric = True
            case "x":
                request.exact = True
            case "0":
                request.line_numbers = True
            case "h":
                request.help = True
            case "V":
                request.version = True
            case "w" | "W":
                if not value and self.rest.at < len(self.rest.words) and self.rest.words[self.rest.at].isdecimal():
                    self.rest.at += 1
            case "6":
                raise NotSimulated("iptables IPv6 tables", Effect.CHANGES)

    def _counters(self, value: str) -> None:
        """``-c PACKETS BYTES`` or ``-c PACKETS,BYTES``."""
        first, comma, second = value.partition(",")
        last = second if comma else self.rest.take()
        if last is None:
            raise UsageError("--set-counters requires packet and byte counter")
        packets, size = number(first, high=(1 << 64) - 1), number(last, high=(1 << 64) - 1)
        if packets is None:
            raise UsageError("--set-counters packet counter not numeric")
        if size is None:
            raise UsageError("--set-counters byte counter not numeric")
        self.request.counters = (packets, size)

    def _need(self, name: str) -> None:
        """`ToolError` if the kernel lacks it, and whatever else the rest of the rule names that it lacks."""
        if self._extensions is None or name in self._extensions:
            return
        words = self.rest.words
        names = [word for before, word in pairwise(words) if before in ("-m", "--match", "-j", "--jump")]
        known = MATCHES.keys() | TARGETS.keys() | OTHER_MATCHES | OTHER_TARGETS
        absent = [other for other in names if other in known and other not in self._extensions]
        raise self.program.absent(absent or [name], self.request.command, self.request.chain)

    def _match(self, name: str) -> None:
        if name in MATCHES or name in OTHER_MATCHES:
            self._need(name)
        if name in OTHER_MATCHES:
            raise NotSimulated(f"iptables -m {name}", Effect.CHANGES)
        reader = MATCHES.get(name)
        if reader is None:
            raise UsageError(f"Couldn't load match `{name}':No such file or directory\n")
        self.request.matches.append(reader())

    def _jump(self, name: str, *, goto: bool) -> None:
        check_target_name(name)
        self.request.jump, self.request.goto = name, goto
        if goto:
            return
        if name in TARGETS or name in OTHER_TARGETS:
            self._need(name)
        if name in OTHER_TARGETS:
            raise NotSimulated(f"iptables -j {name}", Effect.CHANGES)
        reader = TARGETS.get(name)
        self.request.target = None if reader is None else reader()

    # -- commands ------------------------------------------------------------------------------------------------------

    def _command(self, letter: str, value: str, negated: bool) -> None:
        request, rest = self.request, self.rest
        if negated:
            raise UsageError(f"unexpected '!' flag before -{letter}")
        if request.command:
            if {request.command, letter} in ({"L", "Z"}, {"S", "Z"}):
                request.command = request.command if letter == "Z" else letter
                self._also_zero = True
                request.given.append("Z")
                if letter == "Z":
                    return
            else:
                raise UsageError(f"Cannot use -{letter} with -{request.command}")
        request.command = letter
        if letter in "LSFZX":
            request.chain = value or rest.take() or request.chain
        elif letter == "N":
            check_chain_name(value)
            request.chain = value
        else:
            request.chain = value
        if letter in "DLSZ" and (text := rest.take() if request.chain else None) is not None:
            request.number = rule_number(text)
        elif letter == "I":
            text = rest.take()
            request.number = 1 if text is None else rule_number(text)
        elif letter == "R":
            text = rest.take()
            if text is None:
                raise UsageError("-R requires a rule number")
            request.number = rule_number(text)
        elif letter == "E":
            new = rest.take()
            if new is None:
                raise UsageError("-E requires old-chain-name and new-chain-name")
            request.new_name = new
        elif letter == "P":
            policy = rest.take()
            if policy is None:
                raise UsageError("-P requires a chain and a policy")
            request.policy = policy

    def _finish(self, negated: bool) -> None:
        """What is checked when all words are read."""
        request = self.request
        if request.table == "nat" and "DROP" in (request.policy, request.jump):
            raise UsageError(
                '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n'
            )
        for reader in [*request.matches, *([request.target] if request.target else [])]:
            self._tell(reader)
            reader.finish()
        if not request.command:
            raise UsageError("no command specified")
        if negated:
            raise UsageError("nothing appropriate following !")
        allowed = _ALLOWED.get(request.command, "v")
        for letter in request.given:
            if letter in "nsdpjvxio0cf" and letter not in allowed:
                raise UsageError(f"Illegal option `--{_NAMES[letter]}' with this command")
        check_length(request.chain)
        if request.command in "ADICR":
            if request.chain in ("PREROUTING", "INPUT") and request.out_dev.name:
                raise UsageError(f"Can't use --out-interface with {request.chain}")
            if request.chain in ("POSTROUTING", "OUTPUT") and request.in_dev.name:
                raise UsageError(f"Can't use --in-interface with {request.chain}")
