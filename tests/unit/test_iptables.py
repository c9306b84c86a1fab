"""iptables, iptables-save and iptables-restore 1.8.11, as they answered on a real kernel, in both kinds."""

from __future__ import annotations

import pytest

from macvsim.engine.sim import Sim
from macvsim.machine.host import DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell

HEAD = "target     prot opt source               destination         \n"
TRY = "Try `iptables -h' or 'iptables --help' for more information.\n"
NFT = "iptables v1.8.11 (nf_tables): "


def make() -> Host:
    """A host without devices."""
    host = Host(Kernel(Sim(), "h", wakeup_delay=0), "h", DEBIAN)
    host.interpreter = Shell()
    return host


def rules(host: Host, line: str = "iptables -S FORWARD") -> list[str]:
    """The rules, without policies and new chains."""
    return [text for text in host.sh(line).stdout.splitlines() if text.startswith("-A")]


def test_an_empty_table_lists_its_chains() -> None:
    host = make()
    assert host.sh("iptables -L").stdout == "\n".join(
        f"Chain {name} (policy ACCEPT)\n{HEAD}" for name in ("INPUT", "FORWARD", "OUTPUT")
    )
    assert host.sh("iptables-save").stdout == ""
    assert host.sh("iptables -t nat -S").stdout == "".join(
        f"-P {name} ACCEPT\n" for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
    )


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("-oenp0s8.200 -j ACCEPT", "-o enp0s8.200 -j ACCEPT"),
        ("-s 10/8 -d 10.1/16", "-s 10.0.0.0/8 -d 10.1.0.0/16"),
        ("-s 10.0.0.0/255.0.255.0 -d 1.2.3.4/255.255.255.254", "-s 10.0.0.0/255.0.255.0 -d 1.2.3.4/31"),
        ("-s 0/0 -i + -p all", ""),
        (
            "! -i eth+ ! -o eth0 ! -s 10.0.0.0/8 ! -d 10.2.3.4/16 ! -p tcp -j ACCEPT",
            "! -s 10.0.0.0/8 ! -d 10.2.0.0/16 ! -i eth+ ! -o eth0 ! -p tcp -j ACCEPT",
        ),
        ("-p gre -j ACCEPT", "-p 47 -j ACCEPT"),
        ("-p igmp", "-p 2"),
        ("-p esp", "-p esp"),
        ("! -f", "! -f"),
        ("-m state --state established,related", "-m state --state RELATED,ESTABLISHED"),
        ("-m state ! --state NEW,NEW", "-m state ! --state NEW"),
        ("-m conntrack --ctstate DNAT,SNAT,NEW", "-m conntrack --ctstate NEW,SNAT,DNAT"),
        (
            "-m conntrack --ctproto tcp --ctorigsrc 1.2.3.4 --ctrepldst 1.0.0.0/8 --ctdir REPLY "
            "--ctstatus ASSURED,SEEN_REPLY",
            "-m conntrack --ctproto 6 --ctorigsrc 1.2.3.4 --ctrepldst 1.0.0.0/8 --ctstatus SEEN_REPLY,ASSURED "
            "--ctdir REPLY",
        ),
        ("-p icmp --icmp-type ping", "-p icmp -m icmp --icmp-type 8"),
        ("-p icmp ! --icmp-type host-unreachable", "-p icmp -m icmp ! --icmp-type 3/1"),
        ("-p icmp --icmp-type any", "-p icmp -m icmp --icmp-type any"),
        ("-p tcp --dport 80:90 --sport 1024:", "-p tcp -m tcp --sport 1024:65535 --dport 80:90"),
        ("-p 6 --dport ftp:ssh", "-p tcp -m tcp --dport 21:22"),
        ("-p udp --sport 5:6 --dport :7", "-p udp -m udp --sport 5:6 --dport 0:7"),
        ("-p tcp ! --dport http --tcp-flags SYN,ACK SYN", "-p tcp -m tcp ! --dport 80 --tcp-flags SYN,ACK SYN"),
        ("-p tcp ! --syn", "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN"),
        ("-p tcp --tcp-flags ALL NONE", "-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE"),
        ("-p udp -m multiport --dports 53,80:90,https", "-p udp -m multiport --dports 53,80:90,443"),
        ("-m addrtype ! --src-type UNICAST,BROADCAST --limit-iface-in",
         "-m addrtype ! --src-type UNICAST,BROADCAST --limit-iface-in"),
        ("-m limit --limit 3", "-m limit --limit 3/sec"),
        ("-m limit --limit 3/minute --limit-burst 7", "-m limit --limit 3/min --limit-burst 7"),
        ("-m limit", "-m limit --limit 3/hour"),
        ("-m mark --mark 0x10/0xf0", "-m mark --mark 0x10/0xf0"),
        ("-m comment --comment 'it\"s'", '-m comment --comment "it\\"s"'),
        ("-m comment --comment ab", "-m comment --comment ab"),
        ("-m ttl ! --ttl-eq 3", "-m ttl ! --ttl-eq 3"),
        ("-m pkttype ! --pkt-type unicast", "-m pkttype ! --pkt-type unicast"),
        ("-m physdev --physdev-is-bridged", "-m physdev --physdev-is-bridged"),
        ("-j REJECT", "-j REJECT --reject-with icmp-port-unreachable"),
        ("-p tcp -j REJECT --reject-with tcp-rst", "-p tcp -j REJECT --reject-with tcp-reset"),
        ("-j REJECT --reject-with net-unreach", "-j REJECT --reject-with icmp-net-unreachable"),
        ("-j LOG --log-level debug --log-prefix x --log-ip-options",
         "-j LOG --log-prefix x --log-level 7 --log-ip-options"),
        ("-j MARK --set-mark 1", "-j MARK --set-xmark 0x1/0xffffffff"),
        ("-m state --state NEW -p tcp --dport 22", "-p tcp -m state --state NEW -m tcp --dport 22"),
    ],
)  # fmt: skip
def test_rules_are_saved_in_one_form(typed: str, saved: str) -> None:
    host = make()
    result = host.sh(f"iptables -A FORWARD {typed}")
    assert str(result) == ""
    assert rules(host) == [f"-A FORWARD {saved}".rstrip()]
    assert host.sh(f"iptables -C FORWARD {typed}").code == 0
    again = make()
    again.files["/r"] = host.sh("iptables-save").stdout
    assert str(again.sh("iptables-restore /r")) == ""
    assert rules(again) == rules(host)
    assert host.sh(f"iptables -D FORWARD {typed}").code == 0
    assert rules(host) == []


@pytest.mark.parametrize(
    ("table", "typed", "saved"),
    [
        ("nat", "POSTROUTING -p udp -j SNAT --to-source 1.2.3.4:1000-2000 --random-fully --persistent",
         "POSTROUTING -p udp -j SNAT --to-source 1.2.3.4:1000-2000 --random-fully --persistent"),
        ("nat", "PREROUTING -p udp -j DNAT --to 1.2.3.4-1.2.3.9:53",
         "PREROUTING -p udp -j DNAT --to-destination 1.2.3.4-1.2.3.9:53"),
        ("nat", "PREROUTING -p tcp -m multiport --dports 80,81 -j REDIRECT --to-port 8080",
         "PREROUTING -p tcp -m multiport --dports 80,81 -j REDIRECT --to-ports 8080"),
        ("nat", "POSTROUTING -p tcp -j MASQUERADE --to-ports 1000-2000 --random",
         "POSTROUTING -p tcp -j MASQUERADE --to-ports 1000-2000 --random"),
        ("mangle", "PREROUTING -j TTL --ttl-set 5", "PREROUTING -j TTL --ttl-set 5"),
        ("raw", "PREROUTING -j NOTRACK", "PREROUTING -j NOTRACK"),
        ("raw", "PREROUTING -j CT --notrack", "PREROUTING -j CT --notrack"),
    ],
)  # fmt: skip
def test_targets_of_other_tables(table: str, typed: str, saved: str) -> None:
    host = make()
    assert str(host.sh(f"iptables -t {table} -A {typed}")) == ""
    assert rules(host, f"iptables -t {table} -S") == [f"-A {saved}"]


@pytest.mark.parametrize(
    ("line", "error", "code"),
    [
        ("iptables", f"{NFT}no command specified\n{TRY}", 2),
        ("iptables -t foo -L",
         f"{NFT}table 'foo' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n", 3),
        ("iptables -A NOSUCH -j ACCEPT", "iptables: No chain/target/match by that name.\n", 1),
        ("iptables -A FORWARD -j NOSUCH", f"{NFT}Chain 'NOSUCH' does not exist\n{TRY}", 2),
        ("iptables -A FORWARD --dport 80 -j ACCEPT", f'{NFT}unknown option "--dport"\n{TRY}', 2),
        ("iptables -A FORWARD x", f"Bad argument `x'\n{TRY}", 2),
        ("iptables -A FORWARD -m state --state RELATED, ESTABLISHED -j ACCEPT",
         f'{NFT}"--state" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED\n{TRY}', 2),
        ("iptables -A FORWARD -m state", f'{NFT}state: option "--state" must be specified\n\n{TRY}', 2),
        ("iptables -A FORWARD -m nosuch", f"{NFT}Couldn't load match `nosuch':No such file or directory\n\n{TRY}", 2),
        ("iptables -A FORWARD -s 300.1.1.1", f"{NFT}host/network `300.1.1.1' not found\n{TRY}", 2),
        ("iptables -A FORWARD -s 1.2.3.4/33", f"{NFT}invalid mask `33' specified\n{TRY}", 2),
        ("iptables -A FORWARD -i averyveryveryverylongifname",
         f"{NFT}interface name `averyveryveryverylongifname' must be shorter than 16 characters\n{TRY}", 2),
        ("iptables -A FORWARD -p nope", f'{NFT}unknown protocol "nope" specified\n{TRY}', 2),
        ("iptables -A FORWARD -p tcp -p udp", f"{NFT}multiple --protocol options not allowed\n{TRY}", 2),
        ("iptables -A FORWARD ! ! -p tcp", f"{NFT}multiple consecutive ! not allowed\n{TRY}", 2),
        ("iptables -A FORWARD ! -j ACCEPT", f"{NFT}cannot have ! before --jump\n{TRY}", 2),
        ("iptables -A FORWARD !", f"{NFT}nothing appropriate following !\n{TRY}", 2),
        ("iptables -A INPUT -o eth0", f"{NFT}Can't use --out-interface with INPUT\n{TRY}", 2),
        ("iptables -A INPUT -A OUTPUT", f"{NFT}Cannot use -A with -A\n{TRY}", 2),
        ("iptables -L -p tcp", f"{NFT}Illegal option `--protocol' with this command\n{TRY}", 2),
        ("iptables -P FORWARD FOO", "iptables: Bad policy name. Run `dmesg' for more information.\n", 1),
        ("iptables -P FOO DROP", "iptables: Bad built-in chain name.\n", 1),
        ("iptables -P FORWARD", f"{NFT}-P requires a chain and a policy\n{TRY}", 2),
        ("iptables -D FORWARD 9", "iptables: Index of deletion too big.\n", 1),
        ("iptables -I FORWARD 9 -j ACCEPT", "iptables: Index of insertion too big.\n", 1),
        ("iptables -R FORWARD 9 -j ACCEPT", "iptables: No chain/target/match by that name.\n", 1),
        ("iptables -R FORWARD -j ACCEPT", f"{NFT}-R requires a rule number\n{TRY}", 2),
        ("iptables -I FORWARD 0", f"{NFT}Invalid rule number `0'\n{TRY}", 2),
        ("iptables -D FORWARD -i eth9", "iptables: Bad rule (does a matching rule exist in that chain?).\n", 1),
        ("iptables -C NOPE -j DROP", "iptables: Bad rule (does a matching rule exist in that chain?).\n", 1),
        ("iptables -N FORWARD", "iptables: Chain already exists.\n", 1),
        ("iptables -N ACCEPT", f"{NFT}chain name may not clash with target name\n{TRY}", 2),
        ("iptables -X NOPE", "iptables: No chain/target/match by that name.\n", 1),
        ("iptables -E NOPE X", "iptables: No chain/target/match by that name.\n", 1),
        ("iptables -A FORWARD -j MASQUERADE",
         f"{NFT} RULE_APPEND failed (Invalid argument): rule in chain FORWARD\n", 4),
        ("iptables -t nat -A POSTROUTING -j DNAT --to 1.2.3.4",
         f"{NFT} RULE_APPEND failed (Invalid argument): rule in chain POSTROUTING\n", 4),
        ("iptables -t nat -A PREROUTING -j DNAT --to 1.2.3.4:80",
         f"{NFT}Need TCP, UDP, SCTP or DCCP with port specification\n{TRY}", 2),
        ("iptables -t nat -A PREROUTING -p tcp -j DNAT",
         f'{NFT}DNAT: option "--to-destination" must be specified\n\n{TRY}', 2),
        ("iptables -t nat -A POSTROUTING -j DROP",
         f'{NFT}\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n\n'
         f"{TRY}", 2),
        ("iptables -A FORWARD -j REJECT --reject-with tcp-reset",
         f"{NFT} RULE_APPEND failed (Invalid argument): rule in chain FORWARD\n", 4),
        ("iptables -A FORWARD -m tcp --dport 80", f"{NFT}TCP match requires '-p tcp'\n{TRY}", 2),
        ("iptables -A FORWARD -p tcp --dport 90:80", f"{NFT}invalid portrange (min > max)\n{TRY}", 2),
        ("iptables -A FORWARD -m addrtype --dst-type FOO", f'{NFT}addrtype: bad type "FOO"\n{TRY}', 2),
        ("iptables -A FORWARD -m cgroup --cgroup 0", "not simulated: iptables -m cgroup\n", 95),
        ("iptables-legacy -A FORWARD -j NOSUCH",
         f"iptables v1.8.11 (legacy): Couldn't load target `NOSUCH':No such file or directory\n\n{TRY}", 2),
        ("iptables-legacy -t foo -L",
         "iptables v1.8.11 (legacy): can't initialize iptables table `foo': Table does not exist (do you need to "
         "insmod?)\nPerhaps iptables or your kernel needs to be upgraded.\n", 3),
        ("iptables-legacy -A FORWARD -j MASQUERADE",
         "iptables: Invalid argument. Run `dmesg' for more information.\n", 1),
        ("iptables-legacy -N own; iptables-legacy -A own -j ACCEPT; iptables-legacy -X own",
         "iptables: Directory not empty.\n", 1),
        ("iptables-legacy -R FORWARD 9 -j ACCEPT", "iptables: Index of replacement too big.\n", 1),
    ],
)  # fmt: skip
def test_mistakes_change_nothing(line: str, error: str, code: int) -> None:
    host = make()
    result = host.sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", error, code)
    assert host.ns.ipv4.netfilter is None or line.startswith("iptables-legacy")
    assert host.sh("iptables-save").stdout == ""


def test_chains_of_ones_own() -> None:
    host = make()
    host.sh("iptables -N FOO; iptables -A FOO -p udp --dport 53 -m comment --comment 'a b' -j DROP")
    host.sh("iptables -A FORWARD -j FOO; iptables -A FOO -j RETURN")
    assert host.sh("iptables -L FOO --line-numbers").stdout == (
        "Chain FOO (1 references)\n"
        f"num  {HEAD}"
        "1    DROP       udp  --  anywhere             anywhere             udp dpt:domain /* a b */\n"
        "2    RETURN     all  --  anywhere             anywhere            \n"
    )
    busy = f"{NFT} CHAIN_DEL failed (Device or resource busy): chain FOO\n"
    assert host.sh("iptables -X FOO").stderr == busy
    host.sh("iptables -E FOO BAR")
    assert host.sh("iptables -S").stdout.splitlines()[3:] == [
        "-N BAR",
        "-A FORWARD -j BAR",
        '-A BAR -p udp -m udp --dport 53 -m comment --comment "a b" -j DROP',
        "-A BAR -j RETURN",
    ]
    host.sh("iptables -N BAZ; iptables -A BAR -j BAZ")
    assert "Too many links" in host.sh("iptables -A BAZ -j BAR").stderr
    host.sh("iptables -F; iptables -X")
    assert host.sh("iptables-save | grep ^:").stdout.split() == [
        ":INPUT", "ACCEPT", "[0:0]", ":FORWARD", "ACCEPT", "[0:0]", ":OUTPUT", "ACCEPT", "[0:0]",
    ]  # fmt: skip


def test_listing_with_counters_devices_and_negations() -> None:
    host = make()
    host.sh("iptables -A FORWARD ! -i eth+ ! -o eth0 ! -s 10.0.0.0/8 ! -p tcp -c 123456 7 -j ACCEPT")
    host.sh("iptables -A FORWARD -p tcp ! --dport http --tcp-flags SYN,ACK SYN")
    lines = host.sh("iptables -nvL FORWARD").stdout.splitlines()
    assert lines[1:] == [
        " pkts bytes target     prot opt in     out     source               destination         ",
        " 123K     7 ACCEPT    !tcp  --  !eth+  !eth0  !10.0.0.0/8           0.0.0.0/0           ",
        "    0     0            tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            "
        "tcp dpt:!80 flags:0x12/0x02",
    ]
    assert host.sh("iptables -xnvL FORWARD").stdout.splitlines()[2].startswith("  123456        7 ACCEPT ")
    assert host.sh("iptables -vS FORWARD").stdout.splitlines()[1].endswith("! -p tcp -c 123456 7 -j ACCEPT")
    assert host.sh("iptables -L FORWARD 2").stdout.endswith("tcp dpt:!http flags:SYN,ACK/SYN\n")
    host.sh("iptables -Z FORWARD 1")
    assert "[0:0] -A FORWARD ! -s" in host.sh("iptables-save -c").stdout
    assert host.sh("iptables -v -A INPUT -s 10.0.0.1 -j LOG --log-prefix 'hi '").stdout == (
        'LOG  all opt -- in * out *  10.0.0.1  -> 0.0.0.0/0   LOG flags 0 level 4 prefix "hi "\n'
    )


def test_save_and_restore_are_all_or_nothing() -> None:
    host = make()
    host.sh("iptables -P FORWARD DROP; iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE")
    saved = host.sh("iptables-save -c").stdout
    kept = [line for line in saved.splitlines() if not line.startswith("#")]
    assert kept[0] == "*filter"
    assert kept[5] == "*nat"
    host.files["/bad"] = "*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\n-A NOPE -j ACCEPT\nCOMMIT\n"
    result = host.sh("iptables-restore /bad")
    assert result.stderr == "iptables-restore: line 4 failed: No chain/target/match by that name.\n"
    assert result.code == 1
    after = [line for line in host.sh("iptables-save -c").stdout.splitlines() if not line.startswith("#")]
    assert after == kept
    host.files["/good"] = saved.replace("FORWARD DROP [0:0]", "FORWARD DROP [7:588]")
    host.sh("iptables -F; iptables -t nat -F; iptables -P FORWARD ACCEPT; iptables-restore -c /good")
    assert ":FORWARD DROP [7:588]" in host.sh("iptables-save").stdout
    assert rules(host, "iptables -t nat -S") == ["-A POSTROUTING -o eth0 -j MASQUERADE"]


def test_hosts_without_rules_have_no_hooks() -> None:
    host = make()
    host.sh("iptables -A INPUT -m state --state NEW -j ACCEPT; iptables -t nat -A PREROUTING -j REDIRECT")
    assert host.ns.ipv4.netfilter is not None
    host.sh("iptables -F; iptables -X; iptables -t nat -F; iptables -t nat -X")
    assert host.ns.ipv4.netfilter is None


def test_legacy_rules_are_others() -> None:
    host = make()
    host.sh("iptables-legacy -P FORWARD DROP; iptables -P INPUT DROP")
    assert host.sh("iptables -S").stdout == "-P INPUT DROP\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n"
    warning = "# Warning: iptables-legacy tables present, use iptables-legacy to see them\n"
    assert host.sh("iptables -S").stderr == warning
    host.kernel.iptables = "legacy"
    assert host.sh("iptables -S").stdout == "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
    assert host.sh("iptables -V").stdout == "iptables v1.8.11 (legacy)\n"


def test_names_of_hosts_and_networks() -> None:
    host = make()
    host.hosts["peer"] = 0x0A000001
    host.sh("iptables -A INPUT ! -d 127.0.0.0/8; iptables -A INPUT -s 127.0.0.1; iptables -A INPUT -s peer")
    host.sh("iptables -A INPUT -s 169.254.0.0/16 -d 0.0.0.0")
    assert host.sh("iptables -L INPUT").stdout.splitlines()[2:] == [
        "           all  --  anywhere            !loopback/8          ",
        "           all  --  localhost            anywhere            ",
        "           all  --  peer                 anywhere            ",
        "           all  --  link-local/16        default             ",
    ]
    assert rules(host, "iptables -S INPUT")[2] == "-A INPUT -s 10.0.0.1/32"


def test_several_addresses_are_several_rules_all_or_none() -> None:
    host = make()
    host.sh("iptables -A FORWARD -s 10.0.0.1,10.0.0.2 -d 1.1.1.1/24 -j DROP")
    made = ["-A FORWARD -s 10.0.0.1/32 -d 1.1.1.0/24 -j DROP", "-A FORWARD -s 10.0.0.2/32 -d 1.1.1.0/24 -j DROP"]
    assert rules(host) == made
    assert host.sh("iptables -D FORWARD -s 10.0.0.1,10.0.0.9 -d 1.1.1.1/24 -j DROP").code == 1
    assert rules(host) == made


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("iptables-restore --ver", "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"),
        ("iptables-restore --noflush=3", "option '--noflush' doesn't allow an argument"),
        ("iptables-save --bogus", "unrecognized option '--bogus'"),
        ("iptables-save --table", "option '--table' requires an argument"),
    ],
)
def test_long_options_of_save_and_restore(line: str, error: str) -> None:
    program = line.split()[0]
    tail = {
        "iptables-save": "Look at manual page `iptables-save.8' for more information.\n",
        "iptables-restore": "Try `iptables-restore -h' for more information.\n",
    }[program]
    result = make().sh(f"{line} < /dev/null")
    assert (result.stdout, result.stderr, result.code) == ("", f"{program}: {error}\n{tail}", 1)


def test_a_long_option_may_be_cut_short() -> None:
    host = make()
    host.sh("iptables -A FORWARD -s 10.0.0.1 -j DROP")
    assert "[0:0] -A FORWARD -s 10.0.0.1/32 -j DROP\n" in host.sh("iptables-save --co").stdout
    assert host.sh("iptables-save --co | iptables-restore --cou --no").code == 0
    assert rules(host).count("-A FORWARD -s 10.0.0.1/32 -j DROP") == 2


def test_a_match_that_the_kernel_lacks_before_the_command_is_not_simulated() -> None:
    host = make()
    host.ns.netfilter.modules.extensions = frozenset()
    result = host.sh("iptables -m limit -A FORWARD -j DROP")
    assert (result.code, rules(host)) == (95, rules(make()))


def test_options_and_features_that_are_left_out_are_data() -> None:
    one = make().kernel.programs.find("iptables", "debian")
    assert one is not None
    assert one.options["--source"].names == one.options["-s"].names == ("-s", "--source", "--src")
    for words in [name for name in one.left_out if name != "-6"]:
        assert make().sh(f"iptables -A INPUT {words}").code == 95, words
