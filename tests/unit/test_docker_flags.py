"""Flags of the docker command, and its manual, against what docker 26.1.5 answered."""

from __future__ import annotations

import pytest

from macvsim.machine.tool import ToolError
from macvsim.tools.docker.flags import parse
from macvsim.tools.docker.manual import SWITCH, Option, manual

OPTIONS = {
    option.name: option
    for option in (
        Option("it", "", SWITCH),
        Option("detach", "d", SWITCH),
        Option("tty", "t", SWITCH),
        Option("help", "", SWITCH),
        Option("name", "", "string"),
        Option("opt", "o", "map"),
        Option("subnet", "", "strings"),
    )
}


def test_flags() -> None:
    words = ["-dt", "--name=a", "x", "-oparent=b", "-o", "c=d", "--it=false", "--subnet", "e,f", "--", "-d"]
    parsed = parse(OPTIONS, words)
    assert (parsed.on("detach"), parsed.on("tty"), parsed.on("it")) == (True, True, False)
    assert (parsed.last("name"), parsed.pairs("opt"), parsed.args) == ("a", {"parent": "b", "c": "d"}, ["x", "-d"])
    assert parsed.all("subnet") == ["e", "f"]
    stopped = parse(OPTIONS, ["-d", "image", "-t"], interspersed=False)
    assert (stopped.on("tty"), stopped.args) == (False, ["image", "-t"])
    assert parse(OPTIONS, ["-h"]).warned


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--name"], "flag needs an argument: --name"),
        (["-o"], "flag needs an argument: 'o' in -o"),
        (["-dx"], "unknown shorthand flag: 'x' in -x"),
        (["---"], "bad flag syntax: ---"),
        (
            ["--it=maybe"],
            'invalid argument "maybe" for "--it" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
    ],
)
def test_flag_errors(words: list[str], text: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(OPTIONS, words)
    assert str(caught.value) == text


RECORDED = """\
ps|--last 1.5|"1.5" for "-n, --last" flag: strconv.ParseInt: parsing "1.5": invalid syntax
ps|--last 99999999999999999999|"99999999999999999999" for "-n, --last" flag: strconv.ParseInt: parsing \
"99999999999999999999": value out of range
ps|-f foo|"foo" for "-f, --filter" flag: bad format of filter (expected name=value)
run|--cpus x|"x" for "--cpus" flag: failed to parse x as a rational number
run|--blkio-weight 70000|"70000" for "--blkio-weight" flag: strconv.ParseUint: parsing "70000": value out of range
run|--blkio-weight -1|"-1" for "--blkio-weight" flag: strconv.ParseUint: parsing "-1": invalid syntax
run|--health-interval 5|"5" for "--health-interval" flag: time: missing unit in duration "5"
run|--health-interval x|"x" for "--health-interval" flag: time: invalid duration "x"
run|-m -5x|"-5x" for "-m, --memory" flag: invalid size: '-5x'
run|-e =x|"=x" for "-e, --env" flag: invalid environment variable: =x
run|-l =a|"=a" for "-l, --label" flag: invalid label '=a': empty name
run|--add-host x|"x" for "--add-host" flag: bad format for add-host: "x"
run|--add-host x:y|"x:y" for "--add-host" flag: invalid IP address in add-host: "y"
run|--dns x|"x" for "--dns" flag: IP address is not correctly formatted: x
run|--sysctl x|"x" for "--sysctl" flag: sysctl 'x' is not allowed
run|--network a=b|"a=b" for "--network" flag: invalid field key a
run|--network ip=1.1.1.1|"ip=1.1.1.1" for "--network" flag: network name/id is not specified
run|-a x|"x" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR
run|--stop-timeout x|"x" for "--stop-timeout" flag: strconv.ParseInt: parsing "x": invalid syntax
network create|--label =x|"=x" for "--label" flag: invalid label '=x': empty name
stop|--time=|"" for "-t, --time" flag: strconv.ParseInt: parsing "": invalid syntax
exec|-e =|"=" for "-e, --env" flag: invalid environment variable: =
""".splitlines()


@pytest.mark.parametrize("line", RECORDED)
def test_values(line: str) -> None:
    path, words, text = line.split("|")
    with pytest.raises(ToolError) as caught:
        parse(manual().pages[f"docker {path}"].options, words.split())
    assert str(caught.value) == f"invalid argument {text}"


@pytest.mark.parametrize(
    ("words", "path", "rest"),
    [
        ("ps -a", "docker ps", "-a"),
        ("container list x", "docker container ls", "x"),
        ("network remove a", "docker network rm", "a"),
        ("image rmi", "docker image", "rmi"),
        ("frob x", "docker", "frob x"),
        ("trust key load", "docker trust key load", ""),
    ],
)
def test_commands_are_found(words: str, path: str, rest: str) -> None:
    page, left = manual().resolve(words.split())
    assert (page.path, left) == (path, rest.split())


def test_pages() -> None:
    book = manual()
    assert book.pages["docker container run"].usage == "[OPTIONS] IMAGE [COMMAND] [ARG...]"
    assert book.pages["docker container run"].text.startswith("\nUsage:  docker container run [OPTIONS] IMAGE")
    assert book.pages["docker network"].is_group
    assert not book.pages["docker network ls"].is_group
    options = book.pages["docker run"].options
    assert (options["gpus"].kind, options["detach"].kind, options["publish"].short) == ("gpu-request", SWITCH, "p")
