"""Docker's sentences as format templates, one table per version (see `macvsim.docker.profile`).

Keys starting with ``cli.`` are said by the command line; all others come from the daemon, and the prefix
``Error response from daemon:`` is put before them where they are printed, so that one can be part of another.

The table of 26.1 holds what dockerd 26.1.5 and its command line were recorded printing; sentences that no recording
shows (marked "source") are from the sources of that version.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_RUNC = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
)
_INIT = _RUNC + "unable to start container process: error during container init: "
_OCI = _INIT + "error running hook #0: error running hook: exit status 1, stdout: , stderr: {error}: unknown"

TEXTS_26_1: Mapping[str, str] = MappingProxyType(
    {
        # the frame around errors
        "daemon.error": "Error response from daemon: {error}",
        "run.help": "\nSee 'docker run --help'.",
        "cli.no_daemon": (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
        ),
        "cli.arguments": (
            "\"{command}\" {requirement}.\nSee '{command} --help'.\n\nUsage:  {command} {usage}\n\n{summary}"
        ),
        "cli.flag": "{error}\nSee '{command} --help'.",
        "cli.no_command": "docker: '{command}' is not a docker command.\nSee 'docker --help'",
        "cli.bad_mac": "{mac} is not a valid mac address",
        "cli.conflict": "conflicting options: {what}",
        "cli.network_field": "invalid field {field}",  # source
        "cli.network_twice": 'network "{network}" is specified multiple times',
        "cli.port": "Invalid {which}: {port}",
        "cli.no_object": "Error: No such object: {name}",  # source
        "cli.no_port": "Error: No public port '{port}' published for {name}",  # source
        "cli.no_file": "open {path}: no such file or directory",  # source
        # docker network create, rm, prune
        "network.exists": "network with name {name} already exists",
        "network.predefined": "operation is not permitted on predefined {name} network",
        "network.not_found": "network {name} not found",  # said to network rm and inspect
        "network.not_found_by_daemon": "network {name} not found",  # to run, start, network connect and disconnect
        "network.remove_predefined": "{name} is a pre-defined network and cannot be removed",
        "network.busy": "error while removing network: network {name} id {id} has active endpoints",
        "network.config_in_use": 'error while removing network: configuration network "{name}" is in use',
        "network.ingress": "Ingress network can only be global scope network",
        "config.chained": "a configuration network cannot depend on another configuration network",
        "config.operator_fields": (
            "configuration network can only contain network specific fields. Network operator fields like [ ingress | "
            "internal | attachable | scope ] are not supported."
        ),
        "config.own_settings": (
            "user specified configurations are not supported if the network depends on a configuration network"
        ),
        "config.own_options": (
            "network driver options are not supported if the network depends on a configuration network"
        ),
        "config.missing": 'configuration network "{name}" does not exist',
        "config.endpoint": "cannot create endpoint on configuration-only network",
        "network.ambiguous": "network {name} is ambiguous ({count} matches found based on ID prefix)",  # source
        "network.one_at_create": "Container cannot be connected to network endpoints: {names}",  # source
        "network.no_swarm": "cannot create a swarm scoped network when swarm is not active",
        "network.overlay": (
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node '
            "to swarm and try again."
        ),
        "network.prune_question": (
            "WARNING! This will remove all custom networks not used by at least one container.\n"
            "Are you sure you want to continue? [y/N] "
        ),
        # docker network connect, disconnect
        "endpoint.exists": "endpoint with name {container} already exists in network {network}",
        "endpoint.not_connected": "container {id} is not connected to network {network}",
        "endpoint.not_connected_stopped": "container {id} is not connected to the network {network}",
        "endpoint.host": "container cannot be disconnected from host network or connected to host network",
        "endpoint.shared": (  # source
            "container sharing network namespace with another container or host cannot be connected to any other "
            "network"
        ),
        "endpoint.none": (
            "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        ),
        "endpoint.route_conflict": (
            "cannot program address {address} in sandbox interface because it conflicts with existing route "
            "{{Ifindex: {ifindex} Dst: {dst} Src: {src} Gw: <nil> Flags: [] Table: 254 Realm: 0}}"
        ),
        # address settings of an endpoint
        "endpoint.invalid": "invalid endpoint settings:\n{errors}",
        "endpoint.invalid_at_create": "invalid config for network {network}: {error}",
        "endpoint.missing": "endpoint {name} not found",
        "endpoint.bad_link_local": "invalid link-local IP address: {address}",
        "endpoint.bad_ipv4": "invalid IPv4 address: {address}",
        "endpoint.bad_ipv6": "invalid IPv6 address: {address}",
        "endpoint.bad_mac": "invalid MAC address {mac}",  # source
        "endpoint.outside": "no configured subnet or ip-range contain the IP address {address}",
        "endpoint.ip_on_predefined": "user specified IP address is supported on user defined networks only",
        "endpoint.ip_on_auto_subnet": (
            "user specified IP address is supported only when connecting to networks with user configured subnets"
        ),
        "endpoint.alias_on_predefined": (  # source
            "network-scoped alias is supported only for containers in user defined networks"
        ),
        # IPAM, on the command line
        "cli.no_subnet": "every ip-range or gateway must have a corresponding subnet",
        "cli.subnets_overlap": "multiple overlapping subnet configuration is not supported",
        "cli.range_unmatched": "no matching subnet for range {range}",
        "cli.gateway_unmatched": "no matching subnet for gateway {gateway}",
        "cli.aux_unmatched": "no matching subnet for aux-address {address}",
        "cli.ranges": "cannot configure multiple ranges ({new}, {old}) on the same subnet ({subnet})",  # source
        "cli.gateways": "cannot configure multiple gateways ({new}, {old}) for the same subnet ({subnet})",  # source
        "cli.bad_subnet": "invalid subnet: invalid CIDR address: {subnet}",  # source
        "cli.bad_cidr": "invalid CIDR address: {cidr}",  # source
        # IPAM, in the daemon
        "ipam.invalid": "invalid network config:\n{errors}",
        "ipam.subnet_syntax": "invalid subnet {subnet}: invalid CIDR block notation",
        "ipam.subnet_host_bits": "invalid subnet {subnet}: it should be {masked}",
        "ipam.range_syntax": "invalid ip-range {range}: invalid CIDR block notation",  # source
        "ipam.range_family": "invalid ip-range {range}: parent subnet is an IPv{family} block",  # source
        "ipam.range_bigger": "invalid ip-range {range}: CIDR block is bigger than its parent subnet {subnet}",
        "ipam.range_host_bits": "invalid ip-range {range}: it should be {masked}",
        "ipam.range_outside": "invalid ip-range {range}: parent subnet {subnet} doesn't contain ip-range",  # source
        "ipam.gateway": "invalid gateway {gateway}: {error}",  # source
        "ipam.aux": "invalid auxiliary address {name}: {error}",  # source
        "ipam.address_syntax": "invalid address",  # source
        "ipam.address_family": "parent subnet is an IPv{family} block",  # source
        "ipam.address_outside": "parent subnet {subnet} doesn't contain this address",  # source
        "ipam.overlap": "Pool overlaps with other one on this address space",
        "ipam.no_default_pool": (  # source
            "could not find an available, non-overlapping IPv{family} address pool among the defaults to assign "
            "to the network"
        ),
        "ipam.gateway_taken": "failed to allocate gateway ({gateway}): {error}",
        "ipam.aux_taken": "failed to allocate secondary ip address ({name}:{address}): {error}",
        "ipam.taken": "Address already in use",
        "ipam.out_of_range": "requested address is out of range",  # source
        "ipam.exhausted": "no available addresses on this pool",  # source
        "ipam.no_address": ("no available IPv{family} addresses on this network's address pools: {network} ({id})"),
        "ipam.not_in_network": (  # source; dockerd 25 and later find it out earlier: endpoint.outside
            "invalid address {address}: It does not belong to any of this network's subnets"
        ),
        # drivers
        "driver.publish_failed": (
            "driver failed programming external connectivity on endpoint {container} ({id}): {error}"
        ),
        "driver.port_taken": "Bind for {host}:{port} failed: port is already allocated",
        "driver.ports_exhausted": "all ports are allocated",  # source
        "driver.proxy_failed": (  # source
            "Error starting userland proxy: listen {proto} {host}:{port}: bind: {errno}"
        ),
        "driver.unknown": 'plugin "{driver}" not found',
        "driver.single_instance": 'only one instance of "{driver}" network is allowed',  # source
        "driver.parent_taken": "network {device} is already using parent interface {parent}",
        "driver.no_dot": "invalid subinterface vlan name {parent}, example formatting is eth0.10",
        "driver.dots": (
            "required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {parent}"
        ),
        "driver.vid_syntax": "unable to parse a valid vlan id from: {vid} (ex. eth0.10 for vlan 10)",
        "driver.no_lower": "-o parent interface was not found on the host: {lower}",
        "driver.vid_range": "vlan id must be between 1-4094, received: {vid}",
        "driver.vlan_failed": "failed to create {parent} vlan link: {errno}",
        "driver.vlan_down": "failed to enable {parent} the {driver} parent link {errno}",  # source
        "driver.loopback": "loopback interface is not a valid {driver} parent link",
        "driver.macvlan_mode": (
            "requested macvlan mode '{mode}' is not valid, 'bridge' mode is the macvlan driver default"
        ),
        "driver.ipvlan_mode": "requested ipvlan mode '{mode}' is not valid, 'l2' mode is the ipvlan driver default",
        "driver.ipvlan_flag": "requested ipvlan flag '{flag}' is not valid, 'bridge' is the ipvlan driver default",
        "driver.no_pool": "ipv4 pool is empty",
        "driver.bridge_option": "failed to parse {option} value: {value} ({error})",  # source
        "driver.bridge_mtu": "invalid MTU number: {mtu}",  # source
        "driver.bridge_subnets": "bridge driver doesn't support multiple subnets",
        "driver.bridge_conflict": (  # source
            "cannot create network {id} ({bridge}): conflicts with network {other} ({bridge}): "
            "networks have same bridge name"
        ),
        "driver.bridge_failed": "failed to create bridge {bridge} via netlink: {errno}",  # source
        # start of an endpoint
        "driver.bridge_gone": "bridge {bridge} does not exist",  # source
        "driver.bridge_port": (  # source
            "adding interface {link} to bridge {bridge} failed: {errno}"
        ),
        "endpoint.up_failed": "failed to add interface {link} to sandbox: failed to set link up: {errno}",  # source
        "endpoint.gateway_failed": "failed to set gateway while updating gateway: {errno}",  # source
        "endpoint.ipvlan_mac": (
            "failed to create endpoint {container} on network {network}: ipvlan interfaces do not support custom mac "
            "address assignment"
        ),
        "endpoint.route_failed": (  # source
            'failed to add interface {link} to sandbox: error setting interface "{link}" routes to ["{route}"]: {errno}'
        ),
        "endpoint.address_failed": (  # source
            'failed to add interface {link} to sandbox: error setting interface "{link}" IP to {address}: {errno}'
        ),
        "driver.parent_gone": "the requested parent interface {parent} was not found on the Docker host",
        "driver.port_failed": "failed to create the {driver} port: {errno}",
        "driver.mac_failed": (
            'failed to add interface {link} to sandbox: error setting interface "{link}" MAC to "{mac}": {errno}'
        ),
        "runtime.failed": _OCI,
        "runtime.refused": _RUNC + "{error}: unknown",
        "runtime.init": _INIT + "{error}: unknown",
        # containers
        "container.not_found": "No such container: {name}",  # said to rm, exec and inspect
        "container.not_found_by_daemon": "No such container: {name}",  # to start, stop, restart, network connect
        "container.ambiguous": "multiple IDs found with provided prefix: {name}",  # source
        "container.bad_name": (  # source
            "Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        ),
        "container.join_stopped": "cannot join network of a non running container: {id}",  # source
        "container.join_missing": "No such container: {name}",
        "container.join_nobody": "Invalid network mode: invalid container format container:<name|id>",
        "container.kill_failed": "cannot kill container: {name}: {error}",
        "container.kill_stopped": "cannot kill container: {name}: container {id} is not running",
        "container.stop_signal": "cannot stop container: {name}: invalid signal: {signal}",
        "container.restart_signal": "Cannot restart container {name}: invalid signal: {signal}",  # source
        "container.no_file": "Could not find the file {path} in container {name}",
        "exec.no_folder": (
            'OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd ("{path}") set in '
            "config.json failed: no such file or directory: unknown"
        ),
        "swarm.no_manager": (
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to '
            "swarm and try again."
        ),
        "swarm.not_in": "This node is not part of a swarm",
        "container.user": "unable to find user {name}: no matching entries in passwd file",
        "container.group": "unable to find group {name}: no matching entries in group file",  # source
        "container.auto_removed": (  # source
            "Restart policy cannot be updated because AutoRemove is enabled for the container"
        ),
        "container.bad_signal": "cannot kill container: {name}: invalid signal: {signal}",
        "container.not_running": "container {id} is not running",
        "container.exec_paused": "Container {name} is paused, unpause the container before exec",
        "container.start_paused": "cannot start a paused container, try unpause instead",  # source
        "container.is_paused": "Container {id} is already paused",
        "container.not_paused": "Container {id} is not paused",
        "container.remove_paused": 'cannot remove container "/{name}": container is paused and must be unpaused first',
        "container.same_name": "Renaming a container with the same name as its current name",
        "container.rename_failed": "Error when allocating new name: {error}",
        "container.restart_policy": (
            "invalid restart policy: unknown policy '{policy}'; use one of 'no', 'always', 'on-failure', or "
            "'unless-stopped'"
        ),
        "container.restart_count": (  # source
            "invalid restart policy: maximum retry count can only be used with 'on-failure'"
        ),
        "cli.rename_failed": "Error: failed to rename container named {name}",
        "cli.rename_empty": "Error: Neither old nor new names may be empty",
        "cli.prune_containers": (  # source
            "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] "
        ),
        "cli.prune_system": (  # source
            "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one "
            "container\n  - all dangling images\n  - unused build cache\n\n"
            "Are you sure you want to continue? [y/N] "
        ),
        "cli.prune_all_system": (  # source
            "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one "
            "container\n  - all images without at least one container associated to them\n  - all build cache\n\n"
            "Are you sure you want to continue? [y/N] "
        ),
        "cli.prune_images": (  # source
            "WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] "
        ),
        "cli.prune_all_images": (  # source
            "WARNING! This will remove all images without at least one container associated to them.\n"
            "Are you sure you want to continue? [y/N] "
        ),
        "cli.bad_port": 'Error: invalid port ({port}): strconv.ParseUint: parsing "{port}": invalid syntax',
        "cli.bad_type": '"{type}" is not a valid value for --type',
        "cli.exposed": (
            'invalid range format for --expose: {port}, error: strconv.ParseUint: parsing "{port}": invalid syntax'
        ),
        "cli.pull": 'invalid pull option: \'{pull}\': must be one of "always", "missing" or "never"',
        "cli.proto": "Invalid proto: {protocol}",
        "cli.attach_several": "you cannot start and attach multiple containers at once",
        "cli.attach_stopped": "You cannot attach to a stopped container, start it first",
        "cli.attach_paused": "You cannot attach to a paused container, unpause it first",  # source
        "cli.attach_restarting": (  # source
            "You cannot attach to a restarting container, wait until it is running"
        ),
        "cli.update_nothing": "you must provide one or more flags when using this command",
        "cli.id_file": (  # source
            "container ID file found, make sure the other container isn't running or delete {path}"
        ),
        "cli.copy_between": "copying between containers is not supported",
        "cli.copy_neither": "must specify at least one container source",
        "cli.no_local_file": "lstat {path}: no such file or directory",
        "cli.copy_onto_file": "cannot copy directory",  # source
        "cli.not_a_folder": "not a directory",  # source
        "cli.no_folder": "no such directory",
        "cli.open": "open {path}: {error}",
        "cli.restart": "invalid restart policy format: {what}",  # source
        "cli.compose_network": "failed to create network {network}: {error}",
        "cli.driver_opt": "invalid key/value pair format in driver options",
        "cli.no_network_name": "no name set for network",
        "cli.restart_remove": "Conflicting options: --restart and --rm",
        "filter.unknown": "invalid filter '{name}'",
        "filter.bad_value": "invalid filter '{name}={value}'",
        "filter.exited": "invalid filter 'exited={value}': strconv.Atoi: parsing \"{value}\": invalid syntax",
        "filter.health": "unrecognized filter value for health: {value}",
        "filter.port": "error while looking up for {name} {value}: {error}",
        "filter.colon": "filter for '{name}' should not contain ':': {value}",  # source
        "filter.bad_network_value": "invalid filter: '{name}'='{value}'",
        "image.not_found": "No such image: {reference}",
        "image.in_use": (
            'conflict: unable to remove repository reference "{reference}" (must force) - container {id} is using its '
            "referenced image {image}"
        ),
        "image.running": (  # source
            "conflict: unable to delete {image} (cannot be forced) - image is being used by running container {id}"
        ),
        "image.stopped": (  # source
            "conflict: unable to delete {image} (must be forced) - image is being used by stopped container {id}"
        ),
        "image.named": (  # source
            "conflict: unable to delete {image} (must be forced) - image is referenced in multiple repositories"
        ),
        "image.pull": 'Get "{url}": {error}',
        "image.missing": "Unable to find image '{reference}' locally",
        "image.no_command": "no command specified",
        "image.filter": "invalid filter '{name}'",
        "image.reference": "invalid reference format",
        "image.uppercase": "invalid reference format: repository name ({name}) must be lowercase",
        "container.name_taken": (
            'Conflict. The container name "/{name}" is already in use by container "{id}". You have to remove '
            "(or rename) that container to be able to reuse that name."
        ),
        "container.remove_running": (
            'cannot remove container "/{name}": container is running: stop the container before removing or force '
            "remove"
        ),
        "cli.start_failed": "Error: failed to start containers: {names}",
        "container.no_program": _RUNC + "unable to start container process: {reason}",
        "exec.no_program": "OCI runtime exec failed: exec failed: unable to start container process: {reason}",
    }
)

# What the references state for 19.03 or for "20.10 and earlier", "24 and earlier".  Nobody recorded 19.03 itself:
# every key not in this table is inherited from 26.1.
TEXTS_19_03: Mapping[str, str] = MappingProxyType(
    {
        **TEXTS_26_1,
        "network.not_found": "Error: No such network: {name}",
        "container.not_found": "Error: No such container: {name}",
        "container.ambiguous": "multiple IDs found with provided prefix: {name}",  # source
        "container.not_running": "Container {id} is not running",
        "ipam.subnet_syntax": "Invalid subnet {subnet} : invalid CIDR address: {subnet}",  # source
        "ipam.not_in_network": "Invalid address {address}: It does not belong to any of this network's subnets",
    }
)

CLIENT_ERRORS_19_03 = frozenset({"network.not_found", "container.not_found"})
