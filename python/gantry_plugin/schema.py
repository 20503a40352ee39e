"""JSON Schema for a tool's arguments, from its signature: what is written once in Python need not be repeated."""

from __future__ import annotations

import collections.abc
import enum
import inspect
import json
import os
import typing
from typing import Any, Callable, Dict, List, Mapping, Optional

Schema = Dict[str, Any]

_SIMPLE: Dict[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    type(None): {"type": "null"},
}


def input_schema(parameters: List[inspect.Parameter], hints: Mapping[str, Any], open_ended: bool) -> Schema:
    """The object that a tool's arguments form. A parameter without a usable type hint may be anything."""
    properties: Dict[str, Schema] = {}
    required: List[str] = []
    for parameter in parameters:
        schema = schema_of(hints.get(parameter.name, Any))
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
        else:
            _add_default(schema, parameter.default)
        properties[parameter.name] = schema
    whole: Schema = {"type": "object", "properties": properties, "additionalProperties": open_ended}
    if required:
        whole["required"] = required
    return whole


def hints_of(function: Callable[..., Any]) -> Dict[str, Any]:
    """A function's type hints; none where they name what cannot be found, for they must not stop a plugin."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:
        return {}


def schema_of(hint: Any) -> Schema:
    """JSON Schema of one type hint: the basics, Optional, Union, Literal, Annotated, lists, tuples and dicts."""
    if hint in (Any, inspect.Parameter.empty):
        return {}
    try:
        if hint in _SIMPLE:
            return dict(_SIMPLE[hint])
    except TypeError:  # a hint that cannot be hashed
        return {}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None and hasattr(hint, "__metadata__"):
        schema = schema_of(arguments[0])
        described = [note for note in hint.__metadata__ if isinstance(note, str)]
        return {**schema, "description": described[0]} if described else schema
    if _is_literal(origin):
        return {"enum": [value.value if isinstance(value, enum.Enum) else value for value in arguments]}
    if _is_union(origin):
        return _any_of([schema_of(argument) for argument in arguments])
    kind = origin or hint
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    if issubclass(kind, os.PathLike):
        return {"type": "string"}
    if issubclass(kind, tuple):
        return _tuple(arguments)
    if issubclass(kind, (list, set, frozenset, collections.abc.Sequence)):
        return {"type": "array", "items": schema_of(arguments[0])} if arguments else {"type": "array"}
    if issubclass(kind, collections.abc.Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1])} if arguments else {"type": "object"}
    return {}


def _is_literal(origin: Any) -> bool:
    return origin is typing.Literal


def _is_union(origin: Any) -> bool:
    # `int | None` (Python 3.10) has an origin of its own.
    return origin is typing.Union or getattr(origin, "__name__", "") == "UnionType"


def _any_of(schemas: List[Schema]) -> Schema:
    if any(not schema for schema in schemas):
        return {}
    if all(set(schema) == {"type"} and isinstance(schema["type"], str) for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


def _tuple(arguments: typing.Tuple[Any, ...]) -> Schema:
    if not arguments:
        return {"type": "array"}
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": schema_of(arguments[0])}
    count = len(arguments)
    return {"type": "array", "prefixItems": [schema_of(item) for item in arguments], "minItems": count, "maxItems": count}


def _add_default(schema: Schema, default: Any) -> None:
    value: Optional[Any] = default.value if isinstance(default, enum.Enum) else default
    try:
        schema["default"] = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        pass  # a default that only Python knows; the parameter is optional all the same
