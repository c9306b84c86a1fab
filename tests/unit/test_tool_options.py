"""Every option in a usage text works, or says that it is not simulated; the texts are the real ones."""

from __future__ import annotations

import inspect
import sys

import pytest

from macvsim import Lab
from macvsim.machine.host import BUSYBOX, CENTOS, Box
from macvsim.machine.programs import Programs
from macvsim.machine.tool import Tool
from tests.usage_texts import differing

DECLARED = [one for one in Programs().all() if not one.manner.own]
LANGUAGES = {
    "awk": "a program, and variables behind it",
    "brctl": "commands; --help and --version before them are declared",
    "bridge": "objects and commands",
    "docker": "commands, each with options of its own (docker's manual)",
    "docker-compose": "commands, each with options of its own",
    "find": "an expression",
    "ifconfig": "a device, then keywords",
    "ip": "objects and commands",
    "iptables": "options that a match or a target brings along",
    "nc": "busybox: -e PROGRAM ends the options, and the words behind it are the program's",
    "nslookup": "busybox: -type=X, and nothing else begins with a dash",
    "route": "keywords; -net and -host stand among them",
    "vconfig": "a command that the first word names",
}
"""Programs that read their words by themselves, and what these words are."""


def _run(one: Tool, words: list[str]) -> tuple[str, str, int]:
    lab = Lab()
    host: Box = lab.host("host1", nic="enp0s8", switch=lab.switch("sw1"))
    if one.flavour in ("busybox", "centos"):
        host = Box(host.kernel, host.ns, "host1", BUSYBOX if one.flavour == "busybox" else CENTOS)
        host.interpreter = lab.shell
    result = host.sh(f"timeout 1 {one.name} {' '.join(words)} < /dev/null")
    return result.stdout, result.stderr, result.code


def test_only_languages_read_their_words() -> None:
    own = {
        one.name.partition("-")[0] if "iptables" in one.name else one.name for one in Programs().all() if one.manner.own
    }
    assert own == set(LANGUAGES)
    for one in DECLARED:
        module = sys.modules[getattr(one.run, "__wrapped__", one.run).__module__]
        if one.name not in LANGUAGES:
            assert "call.args" not in inspect.getsource(module), f"{one} reads words that its usage text declares"


@pytest.mark.parametrize("one", DECLARED, ids=[f"{one.name}-{one.flavour}" for one in DECLARED])
def test_every_option_is_known(one: Tool) -> None:
    unknown = set(one.left_out) - set(one.options) - set(one.manner.version_options)
    assert not unknown, f"{one}: the usage text does not name {sorted(unknown)}"
    for option in dict.fromkeys(one.options.values()):
        words = [option.name, *(["1"] if option.argument and not option.optional else [])]
        joined = one.manner.reader is None or f"{option.name}=" in one.text()
        if option.name.startswith("--") and option.argument and joined:
            words = [f"{option.name}=1"]
        out, err, code = _run(one, words)
        assert f"invalid option -- '{option.name[1:]}'" not in err, (one, option)
        assert "unrecognized option" not in err, (one, option)
        if option.is_any(one.manner.help_options):
            assert (err if one.manner.help_on_stderr else out).endswith(one.text()), (one, option)
        elif one.left_out_text(option) is not None:
            assert (code, err.startswith(f"not simulated: {one.name} {option.name}")) == (95, True), (one, option, err)


@pytest.mark.kernel
def test_the_texts_are_those_of_the_real_programs() -> None:
    assert [f"{topic} ({one.package})" for one, _, topic, _ in differing([])] == []
