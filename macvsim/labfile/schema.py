"""What may stand in the front matter of a lab document: containerlab's words for nodes and links, and ours for the
rest.

`LabSpec` is the whole; errors are pydantic's, which `macvsim.labfile.frontmatter` turns into lines of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from macvsim.docker import DEFAULT_PROFILE
from macvsim.docker.profile import PROFILES
from macvsim.engine.budget import Budget
from macvsim.errors import MacvsimError
from macvsim.labfile.units import AddressText, Duration, MacText, Name, Probability, Rate, VariableName
from macvsim.switch.policy import POLICIES

Vid = Annotated[int, Field(ge=1, le=4094)]
Mtu = Annotated[int, Field(ge=68, le=65535)]


class _Model(BaseModel):
    """A mapping in which an unknown key is a mistake; `without_effect` are keys of containerlab's that mean nothing
    here: those of its images, files and management network.
    """

    model_config = ConfigDict(frozen=True)
    without_effect: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _know_keys(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        for key in data:
            if key not in cls.model_fields and key not in cls.without_effect:
                raise PydanticCustomError("unknown_key", "{text}", {"key": key, "text": _unknown(key, cls)})
        return {key: value for key, value in data.items() if key not in cls.without_effect}


def _unknown(key: object, model: type[BaseModel]) -> str:
    from difflib import get_close_matches

    known = list(model.model_fields)
    close = get_close_matches(str(key), known, 1)
    hint = f"did you mean {close[0]!r}?" if close else "what may stand here: " + ", ".join(known)
    return f"{str(key)!r} is not known here; {hint}"


def _chosen(what: str, names: Mapping[str, Any]) -> BeforeValidator:
    def check(value: Any) -> str:
        text = str(value)
        if text not in names:
            raise ValueError(f"there is no {what} {text!r}: choose one of {', '.join(names)}")
        return text

    return BeforeValidator(check)


Policy = Annotated[str, _chosen("policy", POLICIES)]


class Card(_Model):
    """A network card of a machine; see `macvsim.dev.nic.Nic`.

    promiscuous : set by ``ip link set NAME promisc on`` before the lab begins; addresses : with prefix length
    """

    mac: MacText | None = None
    promiscuous: bool = False
    unicast_filter: bool = True
    filter_slots: int = Field(14, ge=0)
    vlan_filter: bool = False
    mtu: Mtu = 1500
    addresses: tuple[AddressText, ...] = ()


class LinuxNode(_Model):
    """A machine.

    image : containerlab's; one of Red Hat's family stands for flavour ``centos``, all others for ``debian``
    sysctls : kernel parameters set, and exec : command lines run on it before the lab begins
    ipv6, wakeup_delay : see `macvsim.lab.Lab.host`
    """

    without_effect = frozenset(
        ("aliases", "auto-remove", "binds", "cap-add", "certificate", "cmd", "config", "cpu", "cpu-set", "devices",
         "dns", "enforce-startup-config", "entrypoint", "env", "env-files", "group", "healthcheck", "image-pull-policy",
         "labels", "license", "memory", "mgmt-ipv4", "mgmt-ipv6", "ports", "position", "restart-policy", "runtime",
         "shm-size", "stages", "startup-config", "startup-delay", "suppress-startup-config", "type", "user")
    )  # fmt: skip
    kind: Literal["linux"] = "linux"
    image: Name = ""
    flavour: Literal["debian", "centos"] | None = None
    hostname: Name = ""
    ipv6: bool = False
    wakeup_delay: Duration | None = None
    nics: dict[Name, Card] = {}
    sysctls: dict[Name, Annotated[str, BeforeValidator(str)]] = {}
    exec: tuple[str, ...] = ()

    @property
    def tools(self) -> str:
        """The flavour that was named, or that of the image."""
        red_hat = any(name in self.image for name in ("centos", "rhel", "fedora", "rocky", "alma"))
        return self.flavour or ("centos" if red_hat else "debian")


class Port(_Model):
    """A port of a switch; see `macvsim.switch.SwitchPort`.

    mode, vlan, vlans, native : ``access`` carries `vlan` untagged; ``trunk`` carries `vlans` (all if left out) tagged
        and `native` (1 if left out) untagged, ``native: none`` tags everything
    """

    mode: Literal["access", "trunk"] = "trunk"
    vlan: Vid | None = None
    vlans: tuple[Vid, ...] | None = None
    native: Vid | Literal["none"] = 1
    policy: Policy | None = None
    hairpin: bool = False
    isolated: bool = False
    mtu: Mtu | None = None

    @model_validator(mode="after")
    def _fit(self) -> Port:
        given = self.model_fields_set
        if self.mode == "access":
            if self.vlan is None:
                raise ValueError("an access port carries one VLAN: add vlan: 100, or whichever it is")
            if given & {"vlans", "native"}:
                raise ValueError("an access port has no tagged VLANs: write vlan: 100 only, or mode: trunk")
        elif self.vlan is not None:
            raise ValueError("a trunk carries vlans: [100, 200]; for one untagged VLAN write mode: access")
        return self

    @property
    def has_vlans(self) -> bool:
        """Something was said about VLANs."""
        return bool(self.model_fields_set & {"mode", "vlan", "vlans", "native"})


class SwitchNode(_Model):
    """A switch; see `macvsim.switch.Switch`.  `policy` and `mtu` are those of ports that have no others.
    Containerlab's ``bridge``, one of the machine it runs on, is a switch to the nodes.
    """

    without_effect = frozenset(("group", "labels"))
    kind: Literal["switch", "bridge"]
    policy: Policy = "bare-metal"
    ageing: float = Field(300.0, ge=0)
    mtu: Mtu = 1500
    vlan_aware: bool | None = None
    ports: dict[Name, Port] = {}


class Endpoint(_Model):
    """One end of a link: a card of a machine or a port of a switch; ``host1:enp0s8`` for short."""

    node: Name
    interface: Name
    mac: MacText | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        node, colon, interface = data.partition(":")
        if not (node and colon and interface) or ":" in interface:
            raise ValueError(f'{data!r} names no end: write "NODE:INTERFACE", such as "host1:enp0s8" or "sw1:1"')
        return {"node": node, "interface": interface}

    @property
    def text(self) -> str:
        return f"{self.node}:{self.interface}"


class Link(_Model):
    """A cable between two ends; see `macvsim.dev.cable.Cable`.  `mtu` is that of both."""

    without_effect = frozenset(("labels", "vars"))
    type: Literal["veth"] = "veth"
    endpoints: tuple[Endpoint, ...]
    delay: Duration | None = None
    rate: Rate | None = None
    loss: Probability = 0.0
    mtu: Mtu | None = None

    @field_validator("endpoints")
    @classmethod
    def _two(cls, ends: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        if len(ends) != 2:
            raise ValueError(f'a link has two ends, not {len(ends)}: write ["host1:enp0s8", "sw1:1"]')
        return ends


Node = Annotated[LinuxNode | SwitchNode, Field(discriminator="kind")]


class Topology(_Model):
    """Nodes and the links between them; `defaults`, `kinds` by kind and `groups` by group are settings of nodes that
    have no others.

    Of `defaults` a node takes what its kind has.
    """

    defaults: dict[str, Any] = {}
    kinds: dict[str, dict[str, Any]] = {}
    groups: dict[str, dict[str, Any]] = {}
    nodes: dict[Name, Node]
    links: tuple[Link, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("nodes"), Mapping):
            return data
        defaults, kinds, groups = (data.get(key) or {} for key in ("defaults", "kinds", "groups"))
        if not all(isinstance(settings, Mapping) for settings in (defaults, kinds, groups)):
            return data
        nodes: dict[Any, Any] = {}
        for name, node in data["nodes"].items():
            if str(name) in map(str, nodes):
                raise ValueError(f"there are two nodes {name}: give each another name")
            if node is None or isinstance(node, Mapping):
                own = dict(node or {})
                group = _named(groups, own.get("group", defaults.get("group")))
                kind = own.get("kind", group.get("kind", defaults.get("kind", "linux")))
                node = {**_fitting(defaults, kind), **_named(kinds, kind), **group, "kind": kind, **own}
            nodes[name] = node
        return {**data, "nodes": nodes}


def _named(settings: Mapping[Any, Any], name: object) -> Mapping[Any, Any]:
    """The settings under a name, or none."""
    found = settings.get(name) if isinstance(name, str) else None
    return found if isinstance(found, Mapping) else {}


def _fitting(defaults: Mapping[Any, Any], kind: object) -> dict[Any, Any]:
    """The settings for all nodes that one of this kind has; what none has stays, and is a mistake."""
    models: dict[str, type[_Model]] = {"linux": LinuxNode, "switch": SwitchNode, "bridge": SwitchNode}
    known = {name: {*model.model_fields, *model.without_effect} for name, model in models.items()}
    own = known.get(kind, set()) if isinstance(kind, str) else set()
    others = {key for keys in known.values() for key in keys}
    return {key: value for key, value in defaults.items() if key in own or key not in others}


def _limits(limits: dict[str, int]) -> dict[str, int]:
    try:
        Budget().with_limits(limits)
    except MacvsimError as error:
        raise ValueError(str(error)) from None
    return limits


class LabSpec(_Model):
    """The front matter of a lab document.

    vars : variables that every shell of the lab begins with, to be set otherwise by ``macvsim sweep``
    budget : the limits of a run that differ from `macvsim.Budget`
    seed, allow_unsimulated : see `macvsim.lab.Lab`; docker : version of the Docker daemons
    """

    without_effect = frozenset(("debug", "mgmt", "prefix", "settings"))
    name: Name
    description: str = ""
    vars: dict[VariableName, Name] = {}
    budget: Annotated[dict[Name, int], AfterValidator(_limits)] = {}
    seed: int = 0
    allow_unsimulated: bool = False
    docker: Annotated[Name, _chosen("Docker version", {profile.name: profile for profile in PROFILES})] = (
        DEFAULT_PROFILE
    )
    topology: Topology
