"""What an `azf.graph/1` document may be made of: its two forms, its keys, its names, its limits.

Here values are looked at, never evaluated: a text is a name or it is refused, a number counts or it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from azuraforge_learner.errors import GraphInvalid
from azuraforge_learner.layers.blocks import Add, Branches, Concat, Residual
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.sequential import Sequential
from azuraforge_learner.layers.spec import LayerSpec, Shape

GRAPH_FORMAT: Final = "azf.graph/1"
GRAPH_TYPE: Final = "Graph"
GRAPH_VERSION: Final = 1
MAX_NODES: Final = 512
"""Over the whole document, every repetition of a block counted."""
MAX_DEPTH: Final = 8
"""Blocks within blocks, documents within documents."""
MAX_PARAMETERS: Final = 100_000_000
"""Together over the whole document: 400 MB of float32."""
MAX_ANSWER: Final = 100_000_000
"""Numbers in what one layer answers to one sample; a transposed convolution can ask for far more."""
MAX_PORTS: Final = 64
MAX_AXES: Final = 8

BLOCKS: Final[Mapping[str, type[Layer]]] = MappingProxyType({kind.spec.type: kind for kind in (Sequential, Residual)})
"""Types of node that hold a chain under `graph`."""
JOINS: Final[Mapping[str, type[Branches]]] = MappingProxyType({kind.spec.type: kind for kind in (Add, Concat)})
"""Types of node that join what several edges bring, or the chains that they hold under `branches`."""

CHAIN_KEYS: Final = frozenset({"format", "nodes", "edges"})
NETWORK_KEYS: Final = CHAIN_KEYS | {"inputs", "outputs"}
NETWORK_OPTIONS: Final = frozenset({"blocks", "shapes"})
BODY_KEYS: Final = frozenset({"inputs", "outputs", "nodes", "edges"})
_LAYER_KEYS: Final = frozenset({"id", "type", "version", "parameters"})
_BLOCK_KEYS: Final = frozenset({"id", "type", "version", "graph"})
_BRANCH_KEYS: Final = frozenset({"id", "type", "version", "branches"})
_USE_KEYS: Final = frozenset({"id", "block"})
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


def is_chain(document: object) -> bool:
    """Whether a document is of the short form, in which every node feeds the next one."""
    return not isinstance(document, Mapping) or not document.keys() & (NETWORK_KEYS - CHAIN_KEYS | NETWORK_OPTIONS)


def is_join(node: Mapping[str, Any]) -> bool:
    """Whether a node joins what edges bring to it."""
    return "parameters" in node and node["type"] in JOINS


def expect_object(
    value: object, *, keys: frozenset[str], where: str, options: frozenset[str] = frozenset()
) -> Mapping[str, Any]:
    """An object that has all `keys` and nothing else but `options`."""
    if not isinstance(value, Mapping) or not keys <= value.keys() <= keys | options:
        free = f"; {', '.join(sorted(options))} may be left out" if options else ""
        raise GraphInvalid(f"must be an object with exactly {', '.join(sorted(keys | options))}{free}", where=where)
    return value


def expect_format(document: Mapping[str, Any], *, where: str) -> None:
    """The one format that this version reads."""
    if document["format"] != GRAPH_FORMAT:
        raise GraphInvalid(f"the format must be {GRAPH_FORMAT!r}", where=f"{where}/format")


def expect_nodes(value: object, *, where: str) -> list[Any]:
    """A list of nodes that is not empty and not endless."""
    if not isinstance(value, list) or not value:
        raise GraphInvalid("there must be a list of at least one layer", where=where)
    if len(value) > MAX_NODES:
        raise GraphInvalid(f"more than {MAX_NODES} layers", where=where)
    return value


def expect_name(value: object, *, what: str, where: str) -> str:
    """A name that can be neither a path nor markup nor a port's address."""
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        given = quoted(value) if isinstance(value, str) else type(value).__name__
        raise GraphInvalid(
            f"{what} is a text of 1 to 64 letters a-z, digits, _ and -, and does not start with -; not {given}",
            where=where,
        )
    return value


def expect_names(value: object, *, what: str, where: str) -> tuple[str, ...]:
    """A list of different names."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PORTS:
        raise GraphInvalid(f"there must be a list of 1 to {MAX_PORTS} names", where=where)
    names = tuple(expect_name(name, what=what, where=f"{where}/{i}") for i, name in enumerate(value))
    if len(set(names)) != len(names):
        raise GraphInvalid("two of them have the same name", where=where)
    return names


def expect_shape(value: object, *, where: str) -> Shape:
    """One sample's shape: lengths from 1 on, -1 for an axis of any length."""
    if not isinstance(value, list | tuple) or len(value) > MAX_AXES or not all(_is_length(axis) for axis in value):
        raise GraphInvalid(
            f"a shape is a list of at most {MAX_AXES} lengths from 1 to {MAX_ANSWER:,}, or -1 for any", where=where
        )
    return tuple(value)


def expect_node(given: object, *, where: str, is_wired: bool) -> Mapping[str, Any]:
    """A node whose keys, name, type and version are as they must be; what it holds is looked at elsewhere.

    `is_wired`: in a document of the full form, where a node may also be a join or the use of a block.
    """
    if is_wired and isinstance(given, Mapping) and "block" in given:
        return _expect_use(given, where=where)
    node = expect_object(given, keys=_keys_of(given, is_wired=is_wired), where=where)
    expect_name(node["id"], what="an id", where=f"{where}/id")
    version = node["version"]
    known = _find_version(node, where=where)
    if version != known or not isinstance(version, int) or isinstance(version, bool):
        raise GraphInvalid(f"{node['type']} of this version is {known}", where=f"{where}/version")
    if "parameters" in node and not isinstance(node["parameters"], Mapping):
        raise GraphInvalid("parameters must be an object", where=f"{where}/parameters")
    if is_join(node) and node["parameters"]:
        raise GraphInvalid(f"{node['type']} has no parameters", where=f"{where}/parameters")
    return node


def spec_of(node: Mapping[str, Any]) -> LayerSpec | None:
    """How the type of a checked node is described; None for a document within and for the use of a block."""
    kind = LAYERS.get(node["type"]) or JOINS.get(node["type"]) if "parameters" in node else None
    return None if kind is None else kind.spec


def kind_of(node: Mapping[str, Any]) -> str:
    """What a checked node is called beside its id."""
    return f"block {node['block']}" if "block" in node else str(node["type"])


def quoted(text: str) -> str:
    """A stranger's text for a message: short, and with nothing in it that a terminal would obey."""
    return ascii(text[:60])


def _is_length(axis: object) -> bool:
    return isinstance(axis, int) and not isinstance(axis, bool) and (1 <= axis <= MAX_ANSWER or axis == -1)


def _expect_use(given: Mapping[str, Any], *, where: str) -> Mapping[str, Any]:
    node = expect_object(given, keys=_USE_KEYS, options=frozenset({"repeat"}), where=where)
    expect_name(node["id"], what="an id", where=f"{where}/id")
    expect_name(node["block"], what="a block's name", where=f"{where}/block")
    repeat = node.get("repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= MAX_NODES:
        raise GraphInvalid(f"repeat must be an integer from 1 to {MAX_NODES}", where=f"{where}/repeat")
    return node


def _keys_of(given: object, *, is_wired: bool) -> frozenset[str]:
    name = given.get("type") if isinstance(given, Mapping) else None
    if not isinstance(name, str):
        return _LAYER_KEYS
    if name in BLOCKS or name == GRAPH_TYPE:
        return _BLOCK_KEYS
    is_joined = is_wired and isinstance(given, Mapping) and "branches" not in given
    return _BRANCH_KEYS if name in JOINS and not is_joined else _LAYER_KEYS


def _find_version(node: Mapping[str, Any], *, where: str) -> int:
    name = node["type"]
    if name == GRAPH_TYPE:
        return GRAPH_VERSION
    kind = None
    if isinstance(name, str):
        kind = LAYERS.get(name) or BLOCKS.get(name) or JOINS.get(name)
    if kind is None:
        raise GraphInvalid(f"unknown layer; this version has {', '.join(LAYERS)}", where=f"{where}/type")
    return kind.spec.version
