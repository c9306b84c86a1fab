"""What ``--set KEY=VALUE`` sets in the front matter of a lab.

=================== ==========================================================================
``NAME``            one of the lab's ``vars``, or ``docker``, ``description``, …
``links.KEY``       ``delay``, ``rate`` or ``loss`` of every link; ``links.2.KEY`` of the third
``NODE:END.KEY``    of the link that has this end, as ``host1:enp0s8.loss``
``NODE.KEY``        a setting of a node, as ``sw1.policy`` or ``host1.nics.enp0s8.promiscuous``
``nodes.KEY``       of every node that has it: of the machines, or of the switches
``topology.…``      the way through the file, key by key
=================== ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, MutableSequence
from difflib import get_close_matches
from functools import partial
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from macvsim.errors import MacvsimError, ScenarioError
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.schema import LabSpec, Link, LinuxNode, SwitchNode

LINK_KEYS = tuple(name for name in Link.model_fields if name not in ("type", "endpoints"))


def read_settings(texts: list[str]) -> dict[str, list[Any]]:
    """``KEY=V1,V2`` as typed, several times; each value is read as YAML.

    Raises
    ------
    MacvsimError : what is not of this form
    """
    found: dict[str, list[Any]] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        if not equals or not key or not values or values.endswith(","):
            raise MacvsimError(f"--set {text}: write KEY=VALUE,VALUE such as links.loss=0,1%,5%")
        if key in found:
            raise MacvsimError(f"--set {key} stands twice: write all its values behind one, KEY=VALUE,VALUE")
        try:
            read = YAML(typ="safe", pure=True).load(f"[{values}]")
        except YAMLError:
            raise MacvsimError(f"--set {text}: {values!r} is no list of values: write VALUE,VALUE") from None
        if not all(isinstance(value, str | int | float | bool) for value in read):
            raise MacvsimError(f"--set {text}: a value is a word or a number, and none is empty")
        found[key] = list(read)
    return found


def with_settings(front: FrontMatter, settings: dict[str, Any], seed: int) -> FrontMatter:
    """The front matter with some things set.

    Raises
    ------
    MacvsimError : a key that nothing in the lab has, or a value that cannot be; names both
    """
    front = front.changed(lambda data: data.update(seed=seed))
    for key, value in settings.items():
        try:
            front = front.changed(partial(_set, front.spec, key, value))
        except ScenarioError as error:
            raise MacvsimError(f"{key}={value}: {str(error).split(': ', 1)[1]}") from None
    return front


def _set(spec: LabSpec, key: str, value: Any, data: Any) -> None:
    for holder, name in list(_places(spec, data, key)):
        holder[name] = value


def _places(spec: LabSpec, data: Any, key: str) -> Iterator[tuple[Any, Any]]:
    """What holds the things that a key names, and by which key or index."""
    topology = data["topology"]
    first, _, rest = key.partition(".")
    if key == "seed":
        raise MacvsimError("seed: seeds are given beside the settings, as --seeds 10 or seeds=range(10)")
    if key in spec.vars:
        yield data["vars"], key
    elif first == "topology" and rest:
        yield _way(topology, rest, key)
    elif first == "links" and rest in LINK_KEYS and topology.get("links"):
        yield from ((link, rest) for link in topology["links"])
    elif first == "links" and rest[:1].isdecimal():
        yield _way(topology, key, key)
    elif ":" in key:
        end, _, name = key.rpartition(".")
        ends = [[one.text for one in link.endpoints] for link in spec.topology.links]
        number = next((number for number, texts in enumerate(ends) if end in texts), None)
        if number is None or name not in LINK_KEYS:
            raise MacvsimError(
                f"{key}: {end!r} is no end of a link, or {name!r} none of {', '.join(LINK_KEYS)}; "
                f"the ends are {', '.join(text for texts in ends for text in texts) or 'none'}"
            )
        yield topology["links"][number], name
    elif first == "nodes" and rest:
        models: dict[str, type[BaseModel]] = {"linux": LinuxNode, "switch": SwitchNode}
        own = rest.partition(".")[0]
        named = [name for name, node in spec.topology.nodes.items() if own in models[node.kind].model_fields]
        if not named:
            raise MacvsimError(f"{key}: no node of the lab has {own!r}")
        yield from (_way(topology["nodes"], f"{name}.{rest}", key) for name in named)
    elif first in spec.topology.nodes and rest:
        yield _way(topology["nodes"], key, key)
    elif not rest and key in LabSpec.model_fields and key not in ("topology", "vars"):
        yield data, key
    else:
        known = [*spec.vars, *(f"links.{name}" for name in LINK_KEYS), *(f"{n}." for n in spec.topology.nodes)]
        near = get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"
        raise MacvsimError(f"{key}: nothing in the lab has this name; {hint}")


def _way(at: Any, path: str, key: str) -> tuple[Any, Any]:
    """Down the keys of a path, making mappings where there are none yet."""
    names = path.split(".")
    for depth, name in enumerate(names):
        place: Any = name
        if isinstance(at, MutableSequence):
            if not name.isdecimal() or int(name) >= len(at):
                raise MacvsimError(f"{key}: {name!r} is no index: a number from 0 to {len(at) - 1} stands here")
            place = int(name)
        elif isinstance(at, MutableMapping):
            place = next((one for one in at if str(one) == name), name)
        else:
            raise MacvsimError(f"{key}: there is nothing below {'.'.join(names[:depth])}")
        if depth == len(names) - 1:
            return at, place
        if isinstance(at, MutableMapping) and at.get(place) is None:
            at[place] = {}
        at = at[place]
    raise AssertionError("a path has a name")
