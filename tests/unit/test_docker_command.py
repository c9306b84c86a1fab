"""The docker command against recorded sessions (dockerd and docker 26.1.5), and what it refuses by itself."""

from __future__ import annotations

from typing import Any

import pytest

from macvsim.docker.host import DockerHost
from macvsim.docker.images import BUSYBOX_ROOT
from macvsim.engine.sim import SECOND
from macvsim.machine.host import Result
from macvsim.shell.interp import Shell
from tests.unit.docker_lab import hosts, normal, play


@pytest.fixture(scope="module")
def shell() -> Shell:
    return Shell()


@pytest.fixture
def machines(shell: Shell) -> list[DockerHost]:
    return hosts("host1", "host2", cards=2, shell=shell)


@pytest.fixture
def host(machines: list[DockerHost]) -> DockerHost:
    return machines[0]


CREATE_MAC1 = "docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1"
MAC1 = """
root@host1:~# docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1
6588949918db8b687e7bfad0f8d5b582a3585ca2c5a0358bc445c72a8e1a772f
"""

SECTION_2 = """
root@host1:~# docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1
6588949918db8b687e7bfad0f8d5b582a3585ca2c5a0358bc445c72a8e1a772f

root@host2:~# docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1
75de4fdc0b03dfc0d817b76bcb13c12a3742900e3a6ac5ae13d8997cc20421ea

root@host1:~# docker network ls
NETWORK ID     NAME      DRIVER    SCOPE
842bfe732411   bridge    bridge    local
16255c5567d9   host      host      local
6588949918db   mac1      macvlan   local
baf2e11f41e8   none      null      local

root@host1:~# docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox
85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591

root@host2:~# docker run -itd --name c2 --ip=172.16.10.3 --network mac1 busybox
b8ec0b61f8be119be82d7034b19ddd646fc76c2dfabce79957bd0df2fa90c760

root@host1:~# docker exec c1 ping -c 2 172.16.10.3
PING 172.16.10.3 (172.16.10.3): 56 data bytes
64 bytes from 172.16.10.3: seq=0 ttl=64 time=0.390 ms
64 bytes from 172.16.10.3: seq=1 ttl=64 time=0.222 ms

--- 172.16.10.3 ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.222/0.306/0.390 ms

root@host1:~# docker exec c1 ping -c 1 c2
2> ping: bad address 'c2'
[rc=1]

root@host1:~# docker exec c1 ping -c 1 c1
PING c1 (172.16.10.2): 56 data bytes
64 bytes from 172.16.10.2: seq=0 ttl=64 time=0.129 ms

--- c1 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
round-trip min/avg/max = 0.129/0.129/0.129 ms

root@host1:~# docker network inspect mac1
[
    {
        "Name": "mac1",
        "Id": "6588949918db8b687e7bfad0f8d5b582a3585ca2c5a0358bc445c72a8e1a772f",
        "Created": "2026-11-23T21:12:36.298480071Z",
        "Scope": "local",
        "Driver": "macvlan",
        "EnableIPv6": false,
        "IPAM": {
            "Driver": "default",
            "Options": {},
            "Config": [
                {
                    "Subnet": "172.16.10.0/24",
                    "Gateway": "172.16.10.1"
                }
            ]
        },
        "Internal": false,
        "Attachable": false,
        "Ingress": false,
        "ConfigFrom": {
            "Network": ""
        },
        "ConfigOnly": false,
        "Containers": {
            "85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591": {
                "Name": "c1",
                "EndpointID": "02c970863c80d274ae0b7ca4ec032da8cba4ce12286b807f50645e419a47f6f0",
                "MacAddress": "02:42:ac:10:0a:02",
                "IPv4Address": "172.16.10.2/24",
                "IPv6Address": ""
            }
        },
        "Options": {
            "parent": "enp0s8"
        },
        "Labels": {}
    }
]
"""

ADDRESS_ERRORS = """
root@host1:~# docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox
85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591

root@host1:~# docker run -itd --name c1 --ip=172.16.10.9 --network mac1 busybox
2> docker: Error response from daemon: Conflict. The container name "/c1" is already in use by container "85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591". You have to remove (or rename) that container to be able to reuse that name.
2> See 'docker run --help'.
[rc=125]

root@host1:~# docker run -itd --name c3 --ip=172.16.10.2 --network mac1 busybox
27df489dcf16b8a5ec276656659bb40607d08e0cb7a37dc0bead34f5e35b1f4f
2> docker: Error response from daemon: Address already in use.
[rc=125]

root@host1:~# docker rm -f c3
c3

root@host1:~# docker run -itd --name c4 --ip=172.16.11.2 --network mac1 busybox
2> docker: Error response from daemon: invalid config for network mac1: invalid endpoint settings:
2> no configured subnet or ip-range contain the IP address 172.16.11.2.
2> See 'docker run --help'.
[rc=125]

root@host1:~# docker run -itd --name c4 --ip=999.1.1.1 --network mac1 busybox
2> docker: Error response from daemon: invalid config for network mac1: invalid endpoint settings:
2> * invalid IPv4 address: 999.1.1.1
2> * no configured subnet or ip-range contain the IP address 999.1.1.1.
2> See 'docker run --help'.
[rc=125]

root@host1:~# docker run -itd --name c4 --network nosuch busybox
b9f3b719f24f7542b02e60e521c775a0a24688cdd513d6a76f5e3f01f1276b27
2> docker: Error response from daemon: network nosuch not found.
[rc=125]

root@host1:~# docker rm -f c4
c4

root@host1:~# docker run -itd --name c4 --ip 172.17.0.9 busybox
2> docker: Error response from daemon: invalid config for network bridge: invalid endpoint settings:
2> * user specified IP address is supported on user defined networks only
2> * user specified IP address is supported only when connecting to networks with user configured subnets.
2> See 'docker run --help'.
[rc=125]

root@host1:~# docker run -itd --name c5 --network mac1 busybox
84fabfc9947245f7091d16632573b5c0f666c062dd6132116d572007bb942969

root@host1:~# docker run -itd --name c6 --network mac1 busybox
6fe660346452c3bd71c5f774b70a5c0c94c6151da50444514f0c8c9904e0378f

root@host1:~# docker inspect -f '{{.Name}} {{(index .NetworkSettings.Networks "mac1").IPAddress}} {{(index .NetworkSettings.Networks "mac1").MacAddress}}' c5 c6
/c5 172.16.10.3 02:42:ac:10:0a:03
/c6 172.16.10.4 02:42:ac:10:0a:04

root@host1:~# docker run -itd --name t1 --network mac1 --mac-address zz busybox
2> docker: zz is not a valid mac address.
2> See 'docker run --help'.
[rc=125]

root@host1:~# docker run -itd --name t2 --network mac1 --mac-address 02:42:ac:10:0a:03 busybox
85d6a911ea35308e043f3b3717000b27fbfd6af49e999df3879425b5944985f2
2> docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: failed to add interface veth628f92c to sandbox: error setting interface "veth628f92c" MAC to "02:42:ac:10:0a:03": address already in use: unknown.
[rc=125]
"""  # noqa: E501

LIFE = """
root@host1:~# docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox
85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591

root@host1:~# docker run -itd --name c6 --network mac1 busybox
6fe660346452c3bd71c5f774b70a5c0c94c6151da50444514f0c8c9904e0378f

root@host1:~# docker run -itd --name c7 --network mac1 busybox
3af05d83bcc4a375738f50271a8a12aa6ccc79d2eba9a7014513cbd237cc4023

root@host1:~# docker network rm mac1
2> Error response from daemon: error while removing network: network mac1 id 6588949918db8b687e7bfad0f8d5b582a3585ca2c5a0358bc445c72a8e1a772f has active endpoints
[rc=1]

root@host1:~# docker stop c6
c6

root@host1:~# docker restart c7
c7

root@host1:~# docker ps -a
CONTAINER ID   IMAGE     COMMAND   CREATED              STATUS                        PORTS     NAMES
3af05d83bcc4   busybox   "sh"      30 seconds ago       Up Less than a second                   c7
6fe660346452   busybox   "sh"      34 seconds ago       Exited (137) 15 seconds ago             c6
85b071d84539   busybox   "sh"      About a minute ago   Up About a minute                       c1

root@host1:~# docker rm c7
2> Error response from daemon: cannot remove container "/c7": container is running: stop the container before removing or force remove
[rc=1]

root@host1:~# docker rm nosuch
2> Error response from daemon: No such container: nosuch
[rc=1]

root@host1:~# docker rm -f nosuch
2> Error response from daemon: No such container: nosuch

root@host1:~# docker exec nosuch ls
2> Error response from daemon: No such container: nosuch
[rc=1]

root@host1:~# docker exec c6 ls
2> Error response from daemon: container 6fe660346452c3bd71c5f774b70a5c0c94c6151da50444514f0c8c9904e0378f is not running
[rc=1]

root@host1:~# docker network connect mac1 c7
2> Error response from daemon: endpoint with name c7 already exists in network mac1
[rc=1]

root@host1:~# docker network connect bridge c7

root@host1:~# docker network disconnect mac1 c7

root@host1:~# docker network disconnect mac1 c7
2> Error response from daemon: container 3af05d83bcc4a375738f50271a8a12aa6ccc79d2eba9a7014513cbd237cc4023 is not connected to network mac1
[rc=1]

root@host1:~# docker network connect nosuch c7
2> Error response from daemon: network nosuch not found
[rc=1]

root@host1:~# docker network connect host c7
2> Error response from daemon: container cannot be disconnected from host network or connected to host network
[rc=1]

root@host1:~# docker network connect none c7
2> Error response from daemon: container cannot be connected to multiple networks with one of the networks in private (none) mode
[rc=1]

root@host1:~# docker network prune -f

root@host1:~# docker rm -f c1 c6 c7
c1
c6
c7

root@host1:~# docker network prune -f
Deleted Networks:
mac1


root@host1:~# docker network prune -f
"""  # noqa: E501

NETWORK_ERRORS = """
root@host1:~# docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1
2> Error response from daemon: network with name mac1 already exists
[rc=1]

root@host1:~# docker network create -d macvlan --subnet=172.16.20.0/24 --gateway=172.16.20.1 -o parent=enp0s8 mac2
2> Error response from daemon: network dm-5ee00858723d is already using parent interface enp0s8
[rc=1]

root@host1:~# docker network create -d macvlan --subnet=172.16.22.0/24 --gateway=10.0.0.1 -o parent=enp0s9 mac3
2> no matching subnet for gateway 10.0.0.1
[rc=1]

root@host1:~# docker network create -d macvlan --gateway=10.0.0.1 -o parent=enp0s9 mac3
2> every ip-range or gateway must have a corresponding subnet
[rc=1]

root@host1:~# docker network create -d macvlan --subnet=172.16.22.0/24 --ip-range=172.16.22.0/16 -o parent=enp0s9 mac3
2> Error response from daemon: invalid network config:
2> * invalid ip-range 172.16.22.0/16: CIDR block is bigger than its parent subnet 172.16.22.0/24
2> * invalid ip-range 172.16.22.0/16: it should be 172.16.0.0/16
[rc=1]

root@host1:~# docker network create
2> "docker network create" requires exactly 1 argument.
2> See 'docker network create --help'.
2> 
2> Usage:  docker network create [OPTIONS] NETWORK
2> 
2> Create a network
[rc=1]

root@host1:~# docker network create -d macvlan --nosuchflag x
2> unknown flag: --nosuchflag
2> See 'docker network create --help'.
[rc=125]

root@host1:~# docker network rm nosuch
2> Error response from daemon: network nosuch not found
[rc=1]

root@host1:~# docker network rm none host
2> Error response from daemon: none is a pre-defined network and cannot be removed
2> Error response from daemon: host is a pre-defined network and cannot be removed
[rc=1]

root@host1:~# docker network inspect nosuch
[]
2> Error response from daemon: network nosuch not found
[rc=1]

root@host1:~# docker network inspect -f '{{json .IPAM}}' nosuch

2> Error response from daemon: network nosuch not found
[rc=1]

root@host1:~# docker network create -d macvlan --ipv6 --subnet=172.16.98.0/24 --subnet=fd00:98::/64 -o parent=enp0s9 mac98
71b3a3ab1c17ffc42a5c1e9313ab4a427a21a0ff06f0a03174f5e29206482555

root@host1:~# docker network inspect -f '{{json .IPAM}}' mac98
{"Driver":"default","Options":{},"Config":[{"Subnet":"172.16.98.0/24"},{"Subnet":"fd00:98::/64"}]}

root@host1:~# docker network rm mac98 mac99
mac98
2> Error response from daemon: network mac99 not found
[rc=1]

root@host1:~# docker network create -d overlay ov
2> Error response from daemon: This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.
[rc=1]

root@host1:~# docker network ls --filter driver=macvlan
NETWORK ID     NAME      DRIVER    SCOPE
5ee00858723d   mac1      macvlan   local

root@host1:~# docker network ls --filter driver=nosuch
NETWORK ID   NAME      DRIVER    SCOPE
"""  # noqa: E501, W291

STATIC_AND_RANGES = """
root@host1:~# docker network create -d macvlan --subnet=172.16.33.0/24 --ip-range=172.16.33.128/25 --gateway=172.16.33.1 --aux-address router=172.16.33.129 --aux-address nas=172.16.33.7 -o parent=enp0s8 rng
475f70132cce01499018c186e7b63d35f6aaff4cd8dcad8d2f0330e3f76e4b4a

root@host1:~# docker run -itd --name g1 --network rng busybox
11b0339e779c9adc1003e9bbbacd93a70d6d0d489843532bb1a990312d3967a9

root@host1:~# docker run -itd --name g2 --network rng busybox
f50924f9ead61599eb5bf8064290dcd31937a23dfe17709d5349d6c442778e08

root@host1:~# docker inspect -f '{{.Name}} {{.NetworkSettings.Networks.rng.IPAddress}} {{.NetworkSettings.Networks.rng.MacAddress}}' g1 g2
/g1 172.16.33.128 02:42:ac:10:21:80
/g2 172.16.33.130 02:42:ac:10:21:82

root@host1:~# docker run -itd --name g5 --network rng --ip 172.16.33.7 busybox
dfce689c7cb398aba1f2f0db0a6bb7153ebba6cd174b9ed879a2aa5943aa881d
2> docker: Error response from daemon: Address already in use.
[rc=125]

root@host1:~# docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' g5


root@host1:~# docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}' g5
created 128 Address already in use

root@host1:~# docker run -itd --name g6 --network name=rng,ip=172.16.33.77,mac-address=02:00:00:00:00:bb,alias=foo busybox
eff3a2a3452ba307708d3b0db4ccfc852b4b7b39103f9c787b1af665a7079c84

root@host1:~# docker exec g1 ping -c 1 foo
PING foo (172.16.33.77): 56 data bytes
64 bytes from 172.16.33.77: seq=0 ttl=64 time=0.220 ms

--- foo ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
round-trip min/avg/max = 0.220/0.220/0.220 ms

root@host1:~# docker run -itd -p 8080:80 --name g7 --network rng busybox
9284e564f4723ff5ce84aba86a93f5fbe944acf560395821596b0c16870c5831

root@host1:~# docker ps
CONTAINER ID   IMAGE     COMMAND   CREATED          STATUS                  PORTS     NAMES
9284e564f472   busybox   "sh"      2 seconds ago    Up Less than a second             g7
eff3a2a3452b   busybox   "sh"      19 seconds ago   Up 17 seconds                     g6
f50924f9ead6   busybox   "sh"      28 seconds ago   Up 3 seconds                      g2
11b0339e779c   busybox   "sh"      28 seconds ago   Up 3 seconds                      g1

root@host1:~# docker port g7

root@host1:~# docker start nosuch
2> Error response from daemon: No such container: nosuch
2> Error: failed to start containers: nosuch
[rc=1]
"""  # noqa: E501


@pytest.mark.parametrize(
    "transcript",
    [SECTION_2, MAC1 + ADDRESS_ERRORS, MAC1 + LIFE, MAC1 + NETWORK_ERRORS, STATIC_AND_RANGES],
    ids=["section 2", "addresses", "life", "network errors", "static addresses and ranges"],
)
def test_recorded_session(machines: list[DockerHost], transcript: str) -> None:
    play(machines, transcript)


def test_identifiers_lead_to_the_same_objects(host: DockerHost) -> None:
    network = host.sh(CREATE_MAC1).stdout.strip()
    container = host.sh("docker run -itd --name c1 --network mac1 busybox").stdout.strip()
    assert len(network) == len(container) == 64
    assert host.sh("docker ps -q --no-trunc").stdout.strip() == container
    assert host.sh(f"docker inspect -f '{{{{.Name}}}}' {container[:6]}").stdout == "/c1\n"
    assert host.sh(f"docker network inspect -f '{{{{.Name}}}}' {network[:6]}").stdout == "mac1\n"
    assert host.sh(f"docker rm -f {container[:12]}").stdout == f"{container[:12]}\n"


def test_wide_columns_before_20_10(shell: Shell) -> None:
    (host,) = hosts("host1", profile="19.03", shell=shell)
    host.sh(CREATE_MAC1)
    assert normal("docker network ls", host.sh("docker network ls").stdout) == (
        "NETWORK ID          NAME                DRIVER              SCOPE\n"
        "ID12        bridge              bridge              local\n"
        "ID12        host                host                local\n"
        "ID12        mac1                macvlan             local\n"
        "ID12        none                null                local\n"
    )
    assert host.sh("docker network rm nosuch").stderr == "Error: No such network: nosuch\n"


def test_containers_see_what_docker_wrote(host: DockerHost) -> None:
    host.sh(CREATE_MAC1)
    host.sh("docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox")
    short = host.docker.find("c1").short_id
    assert host.sh("docker exec c1 cat /etc/hosts").stdout.splitlines()[-1] == f"172.16.10.2\t{short}"
    assert host.sh("docker exec c1 hostname").stdout == f"{short}\n"
    assert host.sh("docker exec c1 ip route").stdout == (
        "default via 172.16.10.1 dev eth0 \n172.16.10.0/24 dev eth0 scope link  src 172.16.10.2 \n"
    )


def test_stop_takes_all_containers_at_once(host: DockerHost) -> None:
    host.sh(CREATE_MAC1)
    for name in ("c1", "c2"):
        host.sh(f"docker run -itd --name {name} --network mac1 busybox")
    begin = host.sim.now
    result = host.sh("docker stop c1 nosuch c2")
    assert host.sim.now - begin == 10 * SECOND
    assert (result.stdout, result.stderr, result.code) == (
        "c1\nc2\n",
        "Error response from daemon: No such container: nosuch\n",
        1,
    )
    assert host.sh("docker stop -t x c1").code == 125


def test_a_program_as_main_process(host: DockerHost) -> None:
    result = host.sh("docker run --rm --name p1 busybox ping -c 1 172.17.0.1")
    assert result.code == 0
    assert "1 packets transmitted, 1 packets received, 0% packet loss" in result.stdout
    assert host.docker.containers == {}
    host.sh("docker run -d --name p2 busybox ping -c 3 172.17.0.1")
    assert host.docker.find("p2").running
    host.sim.run(until=host.sim.now + 10 * SECOND)
    assert (host.docker.find("p2").status, host.docker.find("p2").exit_code) == ("exited", 0)
    result = host.sh("docker run --name p3 busybox nosuchprogram")
    assert result.code == 127
    assert result.stderr.endswith('exec: "nosuchprogram": executable file not found in $PATH: unknown.\n')
    assert host.docker.find("p3").status == "created"


def test_exec_ends_with_the_container(host: DockerHost) -> None:
    host.sh(CREATE_MAC1)
    host.sh("docker run -itd --name c1 --network mac1 busybox")
    host.sh("docker exec -d c1 ping 172.16.10.2")
    container = host.docker.find("c1")
    assert len(container.execs) == 1
    job: Any = container.execs[0]
    host.docker.kill("c1")
    host.sim.run(until=host.sim.now + SECOND)
    assert job.code == 137
    host.sh("docker start c1")
    assert "ping" not in host.sh("docker top c1").stdout, "the next run knows nothing of it"


def test_privileged_exec(host: DockerHost) -> None:
    """Its programs may configure the network, and others still may not; /proc/sys stays mounted read-only, and what the
    container's filter of system calls refuses is refused.
    """
    host.sh(CREATE_MAC1)
    host.sh("docker run -itd --name c1 --network mac1 busybox")
    assert host.sh("docker exec --privileged c1 ip route add 10.0.0.0/8 via 172.16.10.254").code == 0
    assert "10.0.0.0/8 via 172.16.10.254" in host.sh("docker exec c1 ip route").stdout
    assert host.sh("docker exec --privileged c1 sh -c 'echo 1; ifconfig eth0 down'").code == 0
    result = host.sh("docker exec c1 ifconfig eth0 up")
    assert result.stderr == "ifconfig: SIOCSIFFLAGS: Operation not permitted\n"
    result = host.sh("docker exec --privileged c1 hostname new")
    assert (result.stderr, result.code) == ("hostname: sethostname: Operation not permitted\n", 1)
    result = host.sh("docker exec --privileged c1 sysctl -w net.ipv4.ip_forward=1")
    assert (result.code, "Read-only file system" in result.stderr) == (1, True)


def _outcome(result: Result) -> tuple[str, str, int]:
    return result.stdout, result.stderr, result.code


def test_killing(host: DockerHost) -> None:
    """Who is not there is told as what could not be killed; a signal's text is for the shell that sees it."""
    assert _outcome(host.sh("docker kill nosuch")) == (
        "",
        "Error response from daemon: cannot kill container: nosuch: No such container: nosuch\n",
        1,
    )
    host.sh("docker run -itd --name c1 busybox")
    assert _outcome(host.sh("docker exec c1 sh -c 'kill -9 $$'")) == ("", "", 137)


def test_bridges_have_one_subnet(host: DockerHost) -> None:
    result = host.sh("docker network create --subnet 10.1.0.0/24 --subnet 10.2.0.0/24 x")
    said = "Error response from daemon: bridge driver doesn't support multiple subnets\n"
    assert (result.stdout, result.stderr, result.code) == ("", said, 1)
    assert host.sh("docker network create --subnet 10.1.0.0/24 x").code == 0


def test_exec_of_what_is_not_there(host: DockerHost) -> None:
    host.sh(CREATE_MAC1)
    host.sh("docker run -itd --name c1 --network mac1 busybox")
    result = host.sh("docker exec c1 nosuch")
    assert (result.stdout, result.code) == (
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not '
        "found in $PATH: unknown\n",
        126,
    )


@pytest.mark.parametrize(
    "line",
    [
        "docker pull busybox",
        "docker swarm init",
        "docker stats --no-stream",
        "docker run -it busybox",
        "docker run -itd alpine",
        "docker run -itd -v /a:/b busybox",
        "docker run -itd -p 8080:80/sctp busybox",
        "docker run -itd --log-driver none busybox",
        "docker run -itd -m 64m --log-driver none busybox",
        "docker run --rm busybox vi",
        "docker events",
        "docker inspect -f '{{.NetworkSettings.Networks}}' c1",
    ],
)
def test_what_is_left_out_says_so_and_changes_nothing(host: DockerHost, line: str) -> None:
    host.sh(CREATE_MAC1)
    host.sh("docker run -itd --name c1 --network mac1 busybox")
    names = [network.name for network in host.docker.network_ls()]
    devices = list(host.ns.devices)
    result = host.sh(line)
    assert result.code == 95
    assert result.stderr.startswith("not simulated: ")
    assert [network.name for network in host.docker.network_ls()] == names
    assert list(host.docker.containers) == ["c1"]
    assert list(host.ns.devices) == devices


def test_limits_of_resources_are_notes(host: DockerHost) -> None:
    result = host.sh("docker run -itd --name c1 -m 64m --cpus 1 --cpus 2 --ulimit nofile=9 busybox")
    assert result.stdout == f"{host.docker.find('c1').id}\n"
    assert result.stderr.splitlines() == [
        f"note: docker run --{name} has no effect here" for name in ("memory", "cpus", "ulimit")
    ]
    assert (result.code, result.after) == (0, ())
    assert (
        host.sh("docker create --shm-size 1m busybox").stderr == "note: docker create --shm-size has no effect here\n"
    )
    assert host.sh("docker run --memory 1 nosuch").after != ()


def test_usage_errors(host: DockerHost) -> None:
    result = host.sh("docker nosuch")
    assert (result.stderr, result.code) == ("docker: 'nosuch' is not a docker command.\nSee 'docker --help'\n", 1)
    result = host.sh("docker network connect mac1")
    assert result.stderr.startswith('"docker network connect" requires exactly 2 arguments.\n')
    result = host.sh("docker run -itd")
    assert result.stderr.startswith('"docker run" requires at least 1 argument.\n')
    result = host.sh("docker network ls x")
    assert result.stderr.startswith('"docker network ls" accepts no arguments.\n')
    assert host.sh("docker run -Z busybox").stderr == ("unknown shorthand flag: 'Z' in -Z\nSee 'docker run --help'.\n")
    assert not host.has_docker


def test_conflicting_options(host: DockerHost) -> None:
    host.sh(CREATE_MAC1)
    result = host.sh("docker run -itd --ip 172.16.10.9 --network name=mac1,ip=172.16.10.8 busybox")
    assert (result.stderr, result.code) == (
        "docker: conflicting options: cannot specify both --ip and per-network IPv4 address.\n"
        "See 'docker run --help'.\n",
        125,
    )
    assert host.sh("docker run -itd --network mac1 --network host busybox").stderr.startswith(
        "docker: conflicting options: cannot attach both user-defined and non-user-defined network-modes."
    )


def test_images(host: DockerHost) -> None:
    assert normal("docker images", host.sh("docker images").stdout) == (
        "REPOSITORY   TAG       IMAGE ID       CREATED                  SIZE\n"
        "busybox      latest    ID12   AGE   2.03MB\n"
    )
    result = host.sh("docker import /root/fs.tar bb:1")
    assert (result.stderr, result.code) == ("open /root/fs.tar: no such file or directory\n", 1)
    host.files["/root/fs.tar"] = BUSYBOX_ROOT
    result = host.sh("docker import --change 'CMD [\"sh\"]' /root/fs.tar bb:1")
    assert result.stdout.startswith("sha256:") and result.code == 0
    assert host.sh("docker run -itd --name c1 bb:1").code == 0
    assert host.sh("docker ps --format '{{.Names}}: {{.Image}}'").stdout == "c1: bb:1\n"


def test_formats_of_lists(host: DockerHost) -> None:
    host.sh(CREATE_MAC1)
    host.sh("docker run -itd --name c1 --network mac1 busybox")
    assert host.sh("docker network ls --format '{{.Name}} {{.Driver}}'").stdout == (
        "bridge bridge\nhost host\nmac1 macvlan\nnone null\n"
    )
    assert host.sh(r"docker ps --format 'table {{.Names}}\t{{.Networks}}'").stdout == (
        "NAMES     NETWORKS\nc1        mac1\n"
    )
    assert host.sh("docker version --format '{{.Server.Version}}'").stdout == "26.1.5+dfsg1\n"
    assert host.sh("docker --version").stdout == "Docker version 26.1.5+dfsg1, build a72d7cd\n"
    assert host.sh("docker inspect -f '{{.Nosuch}}' c1").stderr == (
        'template parsing error: template: :1:2: executing "" at <.Nosuch>: map has no entry for key "Nosuch"\n'
    )
    assert host.sh("docker inspect nosuch").stderr == "Error: No such object: nosuch\n"
