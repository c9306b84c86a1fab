"""Docker version profiles: rules, sentences, identifiers."""

from __future__ import annotations

import random
import string
from dataclasses import replace

import pytest

from macvsim.docker.ids import new_id, new_veth_name, short_id
from macvsim.docker.profile import (
    DOCKER_19_03,
    DOCKER_26_1,
    PROFILES,
    AutoGateway,
    DockerClientError,
    get_profile,
)
from macvsim.errors import DockerError, MacvsimError


def test_the_default_profile_is_the_recorded_version() -> None:
    assert get_profile() is DOCKER_26_1
    assert get_profile("19.03") is DOCKER_19_03


def test_an_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(MacvsimError, match=r"unknown Docker version '17\.06': choose one of 19\.03, 26\.1"):
        get_profile("17.06")


def test_every_sentence_is_a_well_formed_template_in_every_profile() -> None:
    keys = set(DOCKER_26_1.texts)
    for profile in PROFILES:
        assert set(profile.texts) == keys
        assert profile.client_errors <= keys
        for key, template in profile.texts.items():
            fields = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert profile.text(key, **dict.fromkeys(fields, "X")), key


def test_versions_agree_on_the_fields_of_a_sentence() -> None:
    for key, template in DOCKER_26_1.texts.items():
        wanted = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        older = {name for _, name, _, _ in string.Formatter().parse(DOCKER_19_03.texts[key]) if name}
        assert older == wanted, key


def test_daemon_errors_get_the_prefix_and_errors_of_the_command_line_do_not() -> None:
    daemon = DOCKER_26_1.error("network.exists", name="mac1")
    client = DOCKER_26_1.error("cli.no_subnet")
    assert DOCKER_26_1.stderr_line(daemon) == "Error response from daemon: network with name mac1 already exists"
    assert DOCKER_26_1.stderr_line(client) == "every ip-range or gateway must have a corresponding subnet"
    assert isinstance(client, DockerClientError)


def test_not_found_was_said_by_the_command_line_before() -> None:
    for profile, line in (
        (DOCKER_26_1, "Error response from daemon: network nosuch not found"),
        (DOCKER_19_03, "Error: No such network: nosuch"),
    ):
        assert profile.stderr_line(profile.error("network.not_found", name="nosuch")) == line
    assert DOCKER_19_03.stderr_line(DOCKER_19_03.error("container.not_found", name="c9")) == (
        "Error: No such container: c9"
    )


def test_run_errors_end_in_a_full_stop_and_point_to_the_help_only_at_create() -> None:
    taken = DOCKER_26_1.error("ipam.taken")
    assert DOCKER_26_1.run_error(taken, at_start=True) == "docker: Error response from daemon: Address already in use."
    mac = DOCKER_26_1.error("cli.bad_mac", mac="zz")
    assert DOCKER_26_1.run_error(mac, at_start=False) == (
        "docker: zz is not a valid mac address.\nSee 'docker run --help'."
    )
    conflict = DOCKER_26_1.run_error(DOCKER_26_1.error("container.name_taken", name="c1", id="85b0"), at_start=False)
    assert conflict == (
        'docker: Error response from daemon: Conflict. The container name "/c1" is already in use by container "85b0". '
        "You have to remove (or rename) that container to be able to reuse that name.\nSee 'docker run --help'."
    )


def test_recorded_sentences() -> None:
    text = DOCKER_26_1.text
    assert text("network.busy", name="mac1", id="6588949918db") == (
        "error while removing network: network mac1 id 6588949918db has active endpoints"
    )
    mac = text("driver.mac_failed", link="veth628f92c", mac="02:00:00:00:00:aa", errno="address already in use")
    assert text("runtime.failed", error=mac) == (
        "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create "
        "failed: unable to start container process: error during container init: error running hook #0: error running "
        "hook: exit status 1, stdout: , stderr: failed to add interface veth628f92c to sandbox: error setting "
        'interface "veth628f92c" MAC to "02:00:00:00:00:aa": address already in use: unknown'
    )
    assert text("endpoint.route_conflict", address="10.1.7.1/16", ifindex=8, dst="10.1.0.0/16", src="10.1.0.2") == (
        "cannot program address 10.1.7.1/16 in sandbox interface because it conflicts with existing route "
        "{Ifindex: 8 Dst: 10.1.0.0/16 Src: 10.1.0.2 Gw: <nil> Flags: [] Table: 254 Realm: 0}"
    )
    assert text(
        "cli.arguments",
        command="docker network create",
        requirement="requires exactly 1 argument",
        usage="[OPTIONS] NETWORK",
        summary="Create a network",
    ).splitlines() == [
        '"docker network create" requires exactly 1 argument.',
        "See 'docker network create --help'.",
        "",
        "Usage:  docker network create [OPTIONS] NETWORK",
        "",
        "Create a network",
    ]


def test_which_networks_get_a_gateway() -> None:
    newer = replace(DOCKER_26_1, auto_gateway=AutoGateway.NOT_INTERNAL)
    newest = replace(DOCKER_26_1, auto_gateway=AutoGateway.BRIDGE_ONLY)
    cases = [("macvlan", False), ("macvlan", True), ("bridge", False), ("bridge", True)]
    asked = [
        [profile.allocates_gateway(driver, internal=internal) for driver, internal in cases]
        for profile in (DOCKER_26_1, newer, newest)
    ]
    assert asked == [[True, True, True, True], [True, False, True, False], [False, False, True, False]]


def test_errors_survive_being_rebuilt_from_their_arguments() -> None:
    error = DOCKER_26_1.error("cli.no_subnet")
    again = type(error)(*error.args)
    assert str(again) == str(error) and isinstance(again, DockerError)


def test_identifiers_follow_from_the_stream() -> None:
    first, second = random.Random(7), random.Random(7)
    drawn = [new_id(first) for _ in range(50)]
    assert drawn == [new_id(second) for _ in range(50)]
    assert len(set(drawn)) == 50
    for full in drawn:
        assert len(full) == 64 and set(full) <= set("0123456789abcdef")
        assert short_id(full) == full[:12]
    assert len(new_veth_name(first)) == 11 and new_veth_name(first).startswith("veth")


def test_an_identifier_that_reads_as_a_number_is_drawn_again() -> None:
    class Numbers(random.Random):
        draws = iter([int("1" * 64, 16), int("a" * 64, 16)])

        def getrandbits(self, k: int, /) -> int:
            return next(self.draws)

    assert new_id(Numbers()) == "a" * 64
