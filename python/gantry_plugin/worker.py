"""The process that runs a Python plugin: `python -m gantry_plugin.worker`, started by Gantry only.

Descriptor 3 is the control socket, descriptor 4 the frame memory: docs/plugin-protocol.md. The handshake says that
Python and NumPy are up; then the worker waits for `load`, so that Gantry can keep one in reserve.

What a tool raises becomes an `error` and the worker lives. What ends the process (a signal, `os._exit`, `sys.exit`)
is a worker fault: Gantry sees it and starts another worker.
"""

from __future__ import annotations

import sys

# `-m` puts the working directory, which is the plugin's, first: its files must not stand in for the library's.
if sys.path and sys.path[0] in ("", __import__("os").getcwd()):
    del sys.path[0]

import base64
import faulthandler
import gc
import os
import select
import signal
import threading
import traceback
from typing import Any, Dict, List, Optional

try:
    import numpy
except ImportError as missing:
    sys.exit(f"gantry_plugin: {sys.executable} has no NumPy ({missing}). Install with: pip install numpy")

from . import __version__
from .frames import FrameMemory
from .loading import install_hint, plugin_class
from .progress import Cancelled, Progress
from .tools import Tool, UnusableTool, tools_of
from .values import UnsuitableResult, encoded_result
from .wire import Closed, ControlSocket, Message, ProtocolError, encoded

_CONTROL, _FRAMES = 3, 4
_LONGEST_MESSAGE, _LONGEST_TRACEBACK = 4096, 32768
_EXIT_PROTOCOL = 76  # EX_PROTOCOL of sysexits.h


class Worker:
    """One plugin in one process, one call at a time."""

    def __init__(self, control: ControlSocket, frame_descriptor: int) -> None:
        self.control = control
        self.frame_descriptor = frame_descriptor
        self.frame_memory: Optional[FrameMemory] = None
        self.plugin: Any = None
        self.tools: Dict[str, Tool] = {}
        self.current_call: Optional[int] = None
        self.cancelled_call: Optional[int] = None

    def serve(self) -> int:
        """Answers messages until Gantry says `shutdown` or is gone. Returns the exit status."""
        while True:
            message, blob = self.control.receive()
            kind = message.get("type")
            if kind == "call" and self.plugin is not None:
                self.call(message, blob)
            elif kind == "load" and self.plugin is None:
                if not self.load(message):
                    return 1
            elif kind == "validate" and self.plugin is not None:
                self.validate()
            elif kind == "shutdown":
                return 0
            elif kind in ("call", "load", "validate"):
                raise ProtocolError(f"{kind!r} came out of turn")
            # A cancel for a call already answered, or a type of a later version: nothing to do.

    # --- load and validate

    def load(self, message: Message) -> bool:
        described = message.get("plugin") or {}
        manifest = described.get("manifest") or {}
        stage = "import"
        try:
            kind = plugin_class(described.get("directory") or os.getcwd(), described.get("entrypoint"))
            stage = "construct"
            plugin = kind()
            tools = tools_of(plugin, manifest.get("tools"))
            loaded = encoded({"type": "loaded", "tools": [tool.declaration() for tool in tools]})
        except BaseException as error:
            self.control.send({"type": "load_failed", "stage": stage, **_described(error)})
            return False
        self.plugin = plugin
        self.tools = {tool.name: tool for tool in tools}
        # What is there now stays: the collector need not look at it again during calls.
        gc.collect()
        gc.freeze()
        self.control.send_encoded(loaded)
        return True

    def validate(self) -> None:
        answer: Message = {"type": "validated", "ok": True}
        check = getattr(self.plugin, "validate", None)
        try:
            if callable(check) and _is_false(check()):
                answer = {"type": "validated", "ok": False, "message": "validate() returned False"}
        except BaseException as error:
            answer = {"type": "validated", "ok": False, **_described(error)}
        self.control.send(answer)

    # --- calls

    def call(self, message: Message, blob: bytes) -> None:
        identifier = message["id"]
        self.current_call = identifier
        try:
            tool = self.tools.get(message.get("tool", ""))
            if tool is None:
                raise TypeError(f"there is no tool {message.get('tool')!r}; tools: {', '.join(self.tools)}")
            arguments = message.get("arguments") or {}
            supplied = self.supplied(tool, message, arguments, blob)
            tool.check(arguments, supplied)
            text = encoded_result(tool(arguments, supplied))
        except SystemExit as request:
            # The one exception that a tool can end its worker with: it asked for it.
            print(f"gantry_plugin: the tool {message.get('tool')} called sys.exit({request.code!r})", file=sys.stderr)
            raise
        except BaseException as error:
            self.current_call = None
            self.control.send({"type": "error", "id": identifier, **_described(error)})
            return
        self.current_call = None
        self.control.send_encoded(b'{"type":"result","id":%d,"value":%b}' % (identifier, text))

    def supplied(self, tool: Tool, message: Message, arguments: Dict[str, Any], blob: bytes) -> Dict[str, Any]:
        """What the tool wants besides its arguments, as far as the call brought it."""
        values: Dict[str, Any] = {}
        for name in tool.takes:
            if name == "progress":
                values[name] = self.progress(message["id"])
            elif name in arguments and name == "frame_base64":
                values[name] = arguments.pop(name)
            elif name == "frame" and message.get("frame"):
                if self.frame_memory is None:
                    self.frame_memory = FrameMemory(self.frame_descriptor)
                values[name] = self.frame_memory.frame(message["frame"])
            elif name == "image_bytes" and blob:
                values[name] = blob
            elif name == "frame_base64" and blob:
                values[name] = base64.b64encode(blob).decode("ascii")
        return values

    def progress(self, identifier: int) -> Progress:
        def report(fraction: Optional[float], text: Optional[str]) -> None:
            if self.current_call == identifier:
                self.control.send({"type": "progress", "id": identifier, "fraction": fraction, "message": text})

        def is_cancelled() -> bool:
            cancel = self.control.poll()
            while cancel is not None:
                self.cancelled_call = cancel.get("id")
                cancel = self.control.poll()
            return self.cancelled_call == identifier

        return Progress(report, is_cancelled)


def _is_false(answer: Any) -> bool:
    return answer is False or (isinstance(answer, numpy.bool_) and not answer)


def _described(error: BaseException) -> Message:
    """An exception as the protocol has it. Whatever the exception's own methods do, this returns."""
    kind = type(error).__name__
    try:
        text = str(error)
    except BaseException as problem:
        text = f"(its message cannot be read: {type(problem).__name__})"
    if isinstance(error, UnsuitableResult):
        kind = error.error_type
    elif isinstance(error, UnusableTool):
        kind = "ValueError"
    elif isinstance(error, SystemExit):
        text = f"the plugin called sys.exit({error.code!r})"
    elif isinstance(error, ModuleNotFoundError):
        kind, text = "ImportError", text + install_hint(error)
    elif isinstance(error, MemoryError):
        kind, text = "MemoryError", text or "not enough memory"
    return {
        "error_type": kind[:100],
        "message": _shortened(text or f"{kind} without a message", _LONGEST_MESSAGE),
        "traceback": _traceback(error),
    }


def _traceback(error: BaseException) -> str:
    if isinstance(error, (UnsuitableResult, UnusableTool, Cancelled)):
        return ""
    try:
        own = os.path.dirname(os.path.abspath(__file__)) + os.sep
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(own):
            trace = trace.tb_next
        return _shortened("".join(traceback.format_exception(type(error), error, trace)), _LONGEST_TRACEBACK)
    except BaseException as problem:
        return f"(the traceback cannot be written: {type(problem).__name__})"


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[: limit // 4]}\n… {len(text) - limit} characters left out …\n{text[-(limit - limit // 4) :]}"


def _leave_when_gantry_is_gone(descriptor: int) -> None:
    """Ends the process when the control socket hangs up, whatever the main thread is doing.

    Asleep in poll(2) until then, without the interpreter's lock: it costs the tools nothing.
    """
    ending = select.poll()
    ending.register(descriptor, select.POLLRDHUP)
    while not any(event & (select.POLLHUP | select.POLLRDHUP | select.POLLNVAL) for _, event in ending.poll()):
        pass
    os._exit(0)


def main(arguments: List[str]) -> int:
    if arguments:
        print("usage: python -m gantry_plugin.worker, started by Gantry with descriptors 3 and 4", file=sys.stderr)
        return 64
    faulthandler.enable()  # a crash leaves the Python lines it happened at in the plugin's log
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        control = ControlSocket(_CONTROL)
        os.set_inheritable(_FRAMES, False)
    except OSError as error:
        print(f"gantry_plugin: descriptors 3 and 4 are not what Gantry gives: {error}", file=sys.stderr)
        return _EXIT_PROTOCOL
    try:
        control.send_handshake(f"GANTRY-PLUGIN 1 python/{__version__}\n".encode("ascii"))
        threading.Thread(target=_leave_when_gantry_is_gone, args=(control.fileno(),), daemon=True).start()
        return Worker(control, _FRAMES).serve()
    except (Closed, BrokenPipeError, ConnectionError):
        return 0
    except ProtocolError as error:
        print(f"gantry_plugin: {error}", file=sys.stderr)
        return _EXIT_PROTOCOL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
