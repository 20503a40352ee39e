"""Test a plugin without Gantry: the same loading, argument checks and conversions, in your own process.

    from gantry_plugin.testing import run_tool

    def test_it_finds_the_bright_half():
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[:, 32:] = 255
        assert run_tool(Plugin, "detect", frame=frame)["count"] == 1

What a client would get as an error is raised: the tool's own exception, TypeError for unknown and missing arguments,
ValueError or TypeError for a result that JSON cannot hold.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any, Callable, Dict, Mapping, Optional, Union

import numpy as np
from numpy.typing import NDArray

from .loading import plugin_class
from .pictures import png_bytes
from .progress import Progress
from .tools import Tool, tools_of
from .values import UnsuitableResult, encoded_result


class LoadedPlugin:
    """A plugin that went through the loader's steps: constructed, its tools found, `validate()` called."""

    def __init__(self, plugin: Any, declared_tools: Any = None) -> None:
        self.plugin = plugin() if isinstance(plugin, type) else plugin
        self.tools: Dict[str, Tool] = {tool.name: tool for tool in tools_of(self.plugin, declared_tools)}
        validate = getattr(self.plugin, "validate", None)
        if callable(validate) and isinstance(answer := validate(), (bool, np.bool_)) and not answer:
            raise RuntimeError("validate() returned False")

    def run(
        self,
        tool: str,
        *,
        frame: Optional[NDArray[Any]] = None,
        image: Optional[bytes] = None,
        on_progress: Optional[Callable[[Optional[float], Optional[str]], None]] = None,
        cancel_after: Optional[int] = None,
        **arguments: Any,
    ) -> Any:
        """Calls a tool and gives back what a client would get.

        - `frame`: the picture, height x width x 3, uint8, RGB; the tool sees it read-only.
        - `image`: an encoded picture, for tools that take bytes or base64; made from `frame` when not given.
        - `cancel_after`: how many times the tool may call `progress` before the call counts as cancelled.
        """
        if tool not in self.tools:
            raise TypeError(f"there is no tool {tool!r}; tools: {', '.join(self.tools)}")
        found = self.tools[tool]
        supplied: Dict[str, Any] = {}
        if image is None and frame is not None and {"image_bytes", "frame_base64"} & set(found.takes):
            image = png_bytes(frame)
        calls = iter(range(cancel_after)) if cancel_after is not None else None
        for name in found.takes:
            if name == "progress":
                supplied[name] = Progress(
                    on_progress or (lambda fraction, message: None),
                    lambda: calls is not None and next(calls, None) is None,
                )
            elif name == "frame" and frame is not None:
                supplied[name] = _read_only(frame)
            elif name == "image_bytes" and image is not None:
                supplied[name] = image
            elif name == "frame_base64" and image is not None:
                supplied[name] = base64.b64encode(image).decode("ascii")
        # Through JSON, as a client's arguments come.
        given: Mapping[str, Any] = json.loads(json.dumps(arguments))
        found.check(given, supplied)
        try:
            return json.loads(encoded_result(found(given, supplied)))
        except UnsuitableResult as error:
            raise (TypeError if error.error_type == "TypeError" else ValueError)(str(error)) from None


def load(folder: Union[str, "os.PathLike[str]"]) -> LoadedPlugin:
    """The plugin in a folder, as its manifest describes it."""
    directory = os.path.abspath(os.fspath(folder))
    with open(os.path.join(directory, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    return LoadedPlugin(plugin_class(directory, manifest.get("entrypoint")), manifest.get("tools"))


def run_tool(plugin: Any, tool: str, **rest: Any) -> Any:
    """`LoadedPlugin.run` on a class, an object of it, or a loaded plugin."""
    loaded = plugin if isinstance(plugin, LoadedPlugin) else LoadedPlugin(plugin)
    return loaded.run(tool, **rest)


def _read_only(frame: NDArray[Any]) -> NDArray[np.uint8]:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise ValueError(f"a frame is uint8 of shape (height, width, 3), not {frame.dtype} {frame.shape}")
    view = frame.view()
    view.flags.writeable = False
    return view
