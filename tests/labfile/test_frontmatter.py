"""Front matter: what it sets in the lab, and mistakes at their lines."""

from __future__ import annotations

import pytest

from macvsim.errors import ScenarioError
from macvsim.lab import Lab
from macvsim.labfile.build import build
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.wire.addr import mac_text

TEXT = """\
name: lab1
seed: 7
docker: 19.03
topology:
  defaults: {wakeup_delay: 10us}
  kinds: {switch: {policy: virtualbox-allow-all, vlan_aware: true}}
  nodes:
    host1:
      flavour: centos
      hostname: localhost
      nics:
        enp0s3: {mac: "12:42:10:10:00:02", addresses: [192.168.108.2/24]}
        enp0s8: {promiscuous: true, unicast_filter: false, filter_slots: 3, vlan_filter: true, mtu: 1400}
      exec:
        - ip route add default via 192.168.108.1
    host2:
    sw1:
      kind: switch
      ports:
        1: {mode: access, vlan: 100}
        2: {mode: trunk, vlans: [100, 200], native: none, policy: port-security, hairpin: true}
        3: {isolated: true, mtu: 9000}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
      delay: 1ms
      rate: 100mbit
      loss: 1.5%
    - type: veth
      endpoints: [{node: host2, interface: eth1, mac: 08:00:27:00:00:01}, {node: sw1, interface: 2}]
"""


@pytest.fixture(name="lab")
def _lab() -> Lab:
    return build(FrontMatter(TEXT, "lab.yaml"))


def test_machines(lab: Lab) -> None:
    host1, host2 = lab.hosts["host1"], lab.hosts["host2"]
    assert (lab.sim.seed, lab.options["docker"]) == (7, "19.03")
    assert (host1.flavour.name, host1.hostname, host1.kernel.wakeup_delay) == ("centos", "localhost", 10_000)
    assert (host2.flavour.name, host2.hostname, host2.kernel.wakeup_delay) == ("debian", "host2", 10_000)
    assert "default via 192.168.108.1 dev enp0s3" in str(host1.sh("ip route"))
    assert list(host1.ns.devices) == ["lo", "enp0s3", "enp0s8"]


def test_cards(lab: Lab) -> None:
    first, card = lab.hosts["host1"].dev("enp0s3"), lab.hosts["host1"].dev("enp0s8")
    assert mac_text(first.mac) == "12:42:10:10:00:02"
    assert mac_text(lab.hosts["host2"].dev("eth1").mac) == "08:00:27:00:00:01"
    assert mac_text(card.mac) == "08:00:27:00:00:02"  # the first free one: 01 was given to host2
    assert card.promiscuity == 1 and card.mtu == 1400
    assert [getattr(card, name) for name in ("unicast_filter", "filter_slots", "vlan_filter")] == [False, 3, True]


def test_ports_and_cables(lab: Lab) -> None:
    one, two = (lab.switches["sw1"].port(name) for name in ("1", "2"))
    assert (one.policy.name, two.policy.name) == ("virtualbox-allow-all", "port-security 1")
    three = lab.switches["sw1"].port("3")
    assert (two.hairpin, two.isolated, two.mtu) == (True, False, 1500)
    assert (three.hairpin, three.isolated, three.mtu) == (False, True, 9000)
    assert (one.vlans.pvid, two.vlans.pvid) == (100, 0)
    cable, other = lab.cables
    assert (cable.delay, cable.rate, cable.loss) == (1_000_000, 100_000_000, 0.015)
    assert (other.delay, other.rate, other.loss) == (25_000, None, 0.0)


def test_images_choose_tools() -> None:
    nodes = "{a: {image: 'centos:7'}, b: {image: alpine}, c: {image: rocky, flavour: debian}}"
    text = f"name: x\ntopology: {{nodes: {nodes}}}\n"
    hosts = build(FrontMatter(text, "lab.yaml")).hosts.values()
    assert [host.flavour.name for host in hosts] == ["centos", "debian", "debian"]


CONTAINERLAB = """\
name: vlan
prefix: ""
mgmt: {network: mgmt, ipv4-subnet: 172.20.20.0/24}
topology:
  kinds:
    linux: {image: "alpine:3"}
  groups:
    servers: {sysctls: {net.ipv4.ip_forward: 1}}
  nodes:
    br-lan: {kind: bridge}
    client1:
      kind: linux
      env: {FOO: bar}
      exec:
        - ip addr add 10.1.0.1/24 dev eth1
        - ip link set eth1 up
    client2: {group: servers, mgmt-ipv4: 172.20.20.5, exec: [ip addr add 10.1.0.2/24 dev eth1]}
  links:
    - endpoints: ["client1:eth1", "br-lan:eth1"]
    - {endpoints: ["client2:eth1", "br-lan:eth2"], mtu: 1400}
"""


def test_files_of_containerlab() -> None:
    front = FrontMatter(CONTAINERLAB, "vlan.clab.yml")
    lab = build(front)
    client1, client2 = lab.hosts["client1"], lab.hosts["client2"]
    assert client1.ping("10.1.0.2", count=1)
    assert (client1.dev("eth1").mtu, client2.dev("eth1").mtu) == (1500, 1400)
    assert [port.mtu for port in lab.switches["br-lan"].ports.values()] == [1500, 1400]
    assert (client1.sysctl["net.ipv4.ip_forward"], client2.sysctl["net.ipv4.ip_forward"]) == (0, 1)
    assert front.notes() == [
        "vlan.clab.yml:2: note: prefix has no effect here",
        "vlan.clab.yml:3: note: mgmt has no effect here",
        "vlan.clab.yml:13: note: env has no effect here",
        "vlan.clab.yml:17: note: mgmt-ipv4 has no effect here",
    ]


HEAD = """\
name: x
topology:
  nodes:
    host1: {nics: {enp0s8: {}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
"""


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("name: x", "name: [x", "2: this is not YAML: expected ',' or ']', but got ':'"),
        ("name: x", "name: x\nname: y", '2: this is not YAML: found duplicate key "name"'),
        ("name: x", "name: x\n{a: [b]}: c", "1: this is not YAML: unhashable type"),
        ("name: x", "name: a\x00b", "1: the character '\\x00' cannot stand in YAML"),
        ("name: x", "", "2: name is missing: add name: lab1"),
        (HEAD, "just a text", "1: a lab is described by lines such as name: lab1 and topology: {"),
        (HEAD, "name: x", "1: topology is missing: add topology: {nodes: {host1: {}"),
        (
            HEAD,
            "name: x\ntopology:\n",
            "2: topology is a mapping: write lines of the form KEY: VALUE below it, not nothing",
        ),
        (HEAD, "name: x\ntopology: {nodes: [a]}", "2: nodes is a mapping"),
        ("name: x", "name: x\nsed: 3", "2: 'sed' is not known here; did you mean 'seed'?"),
        ("name: x", "name: x\nseed: many", "2: seed is a whole number, not 'many'"),
        ("name: x", "name: x\ndocker: 18.09", "2: there is no Docker version '18.09': choose one of 19.03, 26.1"),
        ("kind: switch", "kind: router", "5: there is no kind 'router': write kind: linux or kind: switch"),
        ("kind: switch", "kind: switch, policy: vbox", "5: there is no policy 'vbox': choose one of bare-metal, "),
        (
            "kind: switch",
            "kind: switch, ports: {1: {mode: access}}",
            "5: an access port carries one VLAN: add vlan: 100",
        ),
        ("kind: switch", "kind: switch, ports: {1: {vlan: 3}}", "5: a trunk carries vlans: [100, 200]"),
        ("kind: switch", "kind: switch, ports: {1: {vlans: [5000]}}", "5: vlans is at most 4094, not 5000"),
        (
            "kind: switch",
            "kind: switch, vlan_aware: false, ports: {1: {mode: access, vlan: 3}}",
            "5: sw1:1: the switch does not",
        ),
        (
            "{enp0s8: {}}",
            "{enp0s8: {mac: 1:2}}",
            "4: '1:2' is no MAC address: write six pairs such as 08:00:27:00:00:01",
        ),
        ("{enp0s8: {}}", "{enp0s8: {mac: 01:00:00:00:00:01}}", "4: 01:00:00:00:00:01 cannot be a card's address"),
        (
            "{enp0s8: {}}",
            "{enp0s8: {promiscous: true}}",
            "4: 'promiscous' is not known here; did you mean 'promiscuous'?",
        ),
        ("{enp0s8: {}}", "{enp0s8: {promiscuous: maybe}}", "4: promiscuous is true or false, not 'maybe'"),
        ("{enp0s8: {}}", "{enp0s8: {addresses: [10.0.0.1]}}", "4: '10.0.0.1' is no address with its prefix length"),
        ("enp0s8", "a-name-that-is-long", "4: 'a-name-that-is-long' is not a device name"),
        ("host1", "ho st1", "4: 'ho st1' is not a name for a host or switch"),
        (
            "{nics: {enp0s8: {}}}",
            "{exec: [ip link set up nope]}",
            "4: 'ip link set up nope' failed on host1 with status 1: ",
        ),
        ('"sw1:1"', '"sw1"', "7: 'sw1' names no end: write \"NODE:INTERFACE\""),
        (', "sw1:1"', "", '7: a link has two ends, not 1: write ["host1:enp0s8", "sw1:1"]'),
        ('"sw1:1"', '"sw9:1"', "7: sw9:1: there is no node 'sw9'; the nodes are host1, sw1"),
        ('"sw1:1"]', '"sw1:1"]\n      delay: 25', "8: '25' is not a time with its unit, such as 25us, 1ms or 0.5s"),
        ('"sw1:1"]', '"sw1:1"]\n      rate: 0mbit', "8: a rate is above 0: write one such as 100mbit"),
        ('"sw1:1"]', '"sw1:1"]\n      loss: 120%', "8: 120% is more than all: write a share of frames from 0% to 100%"),
        (
            '"sw1:1"]',
            '"sw1:1"]\n    - endpoints: ["host1:enp0s8", "sw1:2"]',
            "8: host1:enp0s8 already has a cable (to sw1:1)",
        ),
    ],
)
def test_mistakes_are_told_with_their_line(old: str, new: str, error: str) -> None:
    assert old in HEAD
    with pytest.raises(ScenarioError) as caught:
        build(FrontMatter(HEAD.replace(old, new), "lab.md", 1))
    assert str(caught.value).startswith(f"lab.md:{error}")
    assert "\n" not in str(caught.value)
