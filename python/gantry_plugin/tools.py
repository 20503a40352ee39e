"""A plugin object's tools: which methods they are, what they take, and calling one with a request's arguments."""

from __future__ import annotations

import asyncio
import difflib
import inspect
import re
import sys
from typing import Any, Callable, Dict, List, Mapping, Optional

from .schema import hints_of, input_schema

#: Parameters that the worker fills in itself when a tool's signature has them.
SUPPLIED = ("frame", "frame_base64", "image_bytes", "progress")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_Kind = inspect.Parameter


class UnusableTool(Exception):
    """A tool that cannot be offered, with the reason."""


class MissingSelf(UnusableTool):
    """A mistake that nobody means, so that it is said aloud: the plugin is not loaded."""


class Tool:
    """One method of the plugin, ready to be called."""

    def __init__(self, name: str, method: Callable[..., Any], declared: Optional[Mapping[str, Any]] = None) -> None:
        if not _NAME.fullmatch(name):
            raise UnusableTool(f"tool {name!r}: a name is 1 to 64 of A-Z a-z 0-9 _ -")
        self.name = name
        self.method = method
        parameters = list(_signature(name, method).parameters.values())
        self.accepts_any = any(parameter.kind is _Kind.VAR_KEYWORD for parameter in parameters)
        named = [item for item in parameters if item.kind in (_Kind.POSITIONAL_OR_KEYWORD, _Kind.KEYWORD_ONLY)]
        for parameter in parameters:
            if parameter.kind is _Kind.POSITIONAL_ONLY and parameter.default is _Kind.empty:
                raise UnusableTool(f"tool {name}: {parameter.name} is positional-only, but tools are called by keyword")
        self.takes = [item.name for item in named if item.name in SUPPLIED]
        self.needs = {item.name for item in named if item.name in SUPPLIED and item.default is _Kind.empty}
        self.arguments = [item.name for item in named if item.name not in SUPPLIED]
        self.required = [item.name for item in named if item.default is _Kind.empty and item.name not in SUPPLIED]
        declared = declared or {}
        given = [item for item in named if item.name not in SUPPLIED]
        self.description = declared.get("description") or _first_paragraph(method)
        self.input_schema = declared.get("input_schema") or input_schema(given, hints_of(method), self.accepts_any)
        self.output_schema = declared.get("output_schema")
        self._is_async = inspect.iscoroutinefunction(method)

    def declaration(self) -> Dict[str, Any]:
        """What the `loaded` message says of it."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
            "takes": self.takes,
        }

    def check(self, arguments: Mapping[str, Any], supplied: Mapping[str, Any]) -> None:
        """Refuses unknown and missing arguments in words that a caller of the API understands."""
        if not self.accepts_any:
            for name in arguments:
                if name not in self.arguments:
                    raise TypeError(f"{self.name} has no argument {name!r}{self._closest(name)}{self._known()}")
        missing = [name for name in self.required if name not in arguments]
        if missing:
            raise TypeError(f"{self.name} needs {_listed(missing)}.{self._known()}")
        for name in self.takes:
            if name in self.needs and name not in supplied:
                raise ValueError(f"{self.name} needs a picture (its parameter {name}), and the call brought none")

    def __call__(self, arguments: Mapping[str, Any], supplied: Mapping[str, Any]) -> Any:
        if self._is_async:
            return asyncio.run(self.method(**arguments, **supplied))
        return self.method(**arguments, **supplied)

    def _closest(self, name: str) -> str:
        close = difflib.get_close_matches(name, self.arguments, 1)
        return f"; did you mean {close[0]!r}?" if close else "."

    def _known(self) -> str:
        return f" Known arguments: {', '.join(self.arguments) or 'none'}"


def tools_of(plugin: Any, declared: Any) -> List[Tool]:
    """The tools that the manifest lists, or else every public method.

    Raises `UnusableTool` when the manifest lists what the plugin does not have, or when a method lacks its `self`.
    """
    if isinstance(declared, list) and declared:
        return [_declared_tool(plugin, item) for item in declared]
    found = []
    for name in _public_methods(type(plugin)):
        try:
            found.append(Tool(name, getattr(plugin, name)))
        except MissingSelf:
            raise
        except UnusableTool as problem:
            print(f"gantry_plugin: not offered as a tool: {problem}", file=sys.stderr)
    if not found:
        raise UnusableTool(f"class {type(plugin).__name__} has no public method, so the plugin has no tools")
    return found


def _declared_tool(plugin: Any, item: Any) -> Tool:
    name = item.get("name") if isinstance(item, Mapping) else item
    if not isinstance(name, str):
        raise UnusableTool(f"manifest.json: a tool without a name: {item!r:.100}")
    method = getattr(plugin, name, None)
    if not callable(method):
        raise UnusableTool(f"manifest.json lists the tool {name!r}, but class {type(plugin).__name__} has no such method")
    return Tool(name, method, item if isinstance(item, Mapping) else None)


def _public_methods(kind: type) -> List[str]:
    names: Dict[str, None] = {}
    for ancestor in reversed(kind.__mro__):
        if ancestor is object:
            continue
        for name, value in vars(ancestor).items():
            if not name.startswith("_") and name != "validate":
                if inspect.isfunction(value) or isinstance(value, (staticmethod, classmethod)):
                    names[name] = None
                else:
                    names.pop(name, None)
    return list(names)


def _signature(name: str, method: Callable[..., Any]) -> inspect.Signature:
    function = getattr(method, "__func__", None)
    if function is not None:
        _check_self(name, function)
    try:
        return inspect.signature(method)
    except (TypeError, ValueError) as error:
        raise UnusableTool(f"tool {name}: its signature cannot be read: {error}") from None


def _check_self(name: str, function: Callable[..., Any]) -> None:
    """Refuses a function of the class whose first parameter cannot be meant for the object itself.

    Python would put the plugin into it, and the picture would be missing from the signature.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return  # what cannot be read is refused by the caller
    first = parameters[0] if parameters else None
    if first is not None and first.name not in SUPPLIED:
        return
    if first is not None and first.kind not in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD):
        return
    rest = ", ".join(["self"] + [parameter.name for parameter in parameters])
    raise MissingSelf(
        f"tool {name}: its first parameter has to be self: write def {name}({rest}), or put @staticmethod above it")


def _first_paragraph(method: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(method) or "").split("\n\n")[0].split())


def _listed(names: List[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
