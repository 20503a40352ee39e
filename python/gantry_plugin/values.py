"""What a tool returned, as JSON text: NumPy, dataclasses and the like converted, what JSON cannot hold refused.

The standard library's encoder does the work at C speed. Only when it refuses, or its text looks doubtful, is the value
walked in Python, to say where the trouble is.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import os
import re
from collections.abc import Generator, Mapping, Set
from typing import Any, List

import numpy as np

from .wire import DEEPEST_NESTING, LARGEST_JSON

# The message around a result is itself an object, and has a few bytes of its own.
_DEEPEST_VALUE = DEEPEST_NESTING - 1
_LARGEST_VALUE = LARGEST_JSON - 1024

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_LONG_INTEGER = re.compile(rb"(?<![\d.])\d{19}")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_CONTAINERS = {dict, list, tuple}
_OPEN = np.frombuffer(b"[{", np.uint8)


class UnsuitableResult(Exception):
    """A result that JSON cannot hold. `error_type` is what the caller is told that it is."""

    def __init__(self, message: str, error_type: str = "ValueError") -> None:
        super().__init__(message)
        self.error_type = error_type


def encoded_result(value: Any) -> bytes:
    """The JSON text of a tool's result.

    Raises `UnsuitableResult` with a message that names the place, such as `result.detections[3].confidence is NaN`.
    """
    try:
        _expect_text_keys(value)
        text = _ENCODER.encode(value).encode("utf-8")
    except (UnsuitableResult, ValueError, TypeError, RecursionError, AttributeError):
        text = _ENCODER.encode(checked(value)).encode("utf-8")
    if len(text) > _LARGEST_VALUE:
        raise _too_large(len(text))
    if not _is_plainly_sound(text):
        # Only to find the trouble: a false alarm (a float of many digits) passes.
        checked(value)
    return text


def checked(value: Any) -> Any:
    """The value made of plain dict, list, str, int, float, bool and None only."""
    return _plain(value, "result", [])


def _expect_text_keys(value: Any, depth: int = 0) -> None:
    """The encoder would write {1: "a", "1": "b"} as an object with two equal keys, which readers refuse."""
    if depth > _DEEPEST_VALUE:
        raise UnsuitableResult("result is nested too deeply")
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise UnsuitableResult("result has keys that are not text")
            if type(item) in _CONTAINERS:
                _expect_text_keys(item, depth + 1)
    elif kind in _CONTAINERS:
        for item in value:
            if type(item) in _CONTAINERS:
                _expect_text_keys(item, depth + 1)


def _too_large(size: int) -> UnsuitableResult:
    return UnsuitableResult(f"result is {size / 2**20:.1f} MiB as JSON; at most 16 MiB can be handed on")


def _is_plainly_sound(text: bytes) -> bool:
    if text.count(b"[") + text.count(b"{") > _DEEPEST_VALUE:
        brackets = _STRING.sub(b"", text).translate(None, _NOT_BRACKETS)
        steps = np.where(np.isin(np.frombuffer(brackets, np.uint8), _OPEN), 1, -1)
        if steps.size and int(np.cumsum(steps, dtype=np.int64).max()) > _DEEPEST_VALUE:
            return False
    return _LONG_INTEGER.search(text) is None


def _converted(value: Any) -> Any:
    """What the encoder does not know, one level down, in terms of what it knows."""
    if isinstance(value, np.ndarray):
        if value.size * 2 > _LARGEST_VALUE:
            raise _too_large(value.size * 2)
        if value.dtype.kind not in "biufUO":
            raise UnsuitableResult(f"result holds an array of {value.dtype}", "TypeError")
        return value.tolist()
    if isinstance(value, np.generic):
        if value.dtype.kind not in "biufU":
            raise UnsuitableResult(f"result holds a {value.dtype}", "TypeError")
        return value.item()
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str):
            return path
    if isinstance(value, Mapping):
        return dict(value)
    if _is_tensor(value):
        return _converted(value.detach().cpu().numpy())
    raise UnsuitableResult(f"result holds a {type(value).__name__}", "TypeError")


def _for_encoder(value: Any) -> Any:
    converted = _converted(value)
    if type(converted) is dict or (isinstance(value, np.ndarray) and value.dtype.kind == "O"):
        _expect_text_keys(converted)
    return converted


def _is_tensor(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("detach", "cpu", "numpy")) and not isinstance(value, type)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_for_encoder)


def _plain(value: Any, place: str, above: List[int]) -> Any:
    if value is None or isinstance(value, (bool, str)):
        if isinstance(value, str):
            _check_text(value, place)
            return str(value)
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value, place, above)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise UnsuitableResult(f"{place} is an integer beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnsuitableResult(f"{place} is {'NaN' if math.isnan(value) else 'infinite'}")
        return float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise UnsuitableResult(f"{place} is bytes, which JSON cannot hold; return base64 text", "TypeError")
    if isinstance(value, (Set, Generator)):
        raise UnsuitableResult(f"{place} is a {type(value).__name__}, which has no order; return a list", "TypeError")
    if id(value) in above:
        raise UnsuitableResult(f"{place} contains itself")
    if len(above) >= _DEEPEST_VALUE:
        raise UnsuitableResult(f"{place} is nested more than {_DEEPEST_VALUE} levels deep")
    if isinstance(value, (list, tuple)):
        inside = above + [id(value)]
        return [_plain(item, f"{place}[{index}]", inside) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return _plain_mapping(value, place, above + [id(value)])
    try:
        simpler = _converted(value)
    except UnsuitableResult as error:
        raise UnsuitableResult(str(error).replace("result holds", f"{place} is", 1), error.error_type) from None
    # Converting alone is not nesting, but an object that converts to itself for ever must end.
    return _plain(simpler, place, above + [id(value)] if not isinstance(simpler, (list, dict)) else above)


def _plain_mapping(value: Any, place: str, above: List[int]) -> Any:
    plain = {}
    for key, item in value.items():
        name = _key(key, place)
        _check_text(name, f"a key of {place}")
        if name in plain:
            raise UnsuitableResult(f"{place} has two keys that are both {name!r} as text")
        plain[name] = _plain(item, f"{place}.{name}" if name.isidentifier() else f"{place}[{name!r:.60}]", above)
    return plain


def _key(key: Any, place: str) -> str:
    if isinstance(key, enum.Enum):
        key = key.value
    if isinstance(key, str):
        return str(key)
    if isinstance(key, (np.integer, np.bool_)):
        key = key.item()
    if key is None or isinstance(key, (bool, int)):
        return json.dumps(key)  # as the standard encoder has it: "null", "true", "7"
    if isinstance(key, os.PathLike):
        return str(os.fspath(key))
    raise UnsuitableResult(f"{place} has a key of type {type(key).__name__}; keys are text or integers", "TypeError")


def _check_text(text: str, place: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UnsuitableResult(f"{place} is text that is not valid Unicode (a lone surrogate)") from None
