"""Gantry's side of the protocol, as small as it can be: starts a worker on a plugin folder and talks to it."""

import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PYTHON_FOLDER = Path(__file__).resolve().parents[3] / "python"
DEADLINE = 60


class WorkerProcess:
    def __init__(self, folder, manifest=None, frame_bytes=1 << 20, program=None):
        self.folder = Path(folder)
        self.manifest = manifest or {}
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(DEADLINE)
        self.memory = os.memfd_create("frames")
        os.truncate(self.memory, frame_bytes)
        self.log = tempfile.TemporaryFile()
        environment = {
            "PYTHONPATH": str(PYTHON_FOLDER), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"],
            "GANTRY_PLUGIN_PROTOCOL": "1", "GANTRY_PLUGIN_NAME": "test", **self.manifest.get("environment", {})}
        # A shell puts the descriptors where the protocol has them; exec keeps the process id.
        given = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 20) for descriptor in (theirs.fileno(), self.memory)]
        command = f"exec 3<&{given[0]} 4<&{given[1]} {given[0]}<&- {given[1]}<&-; exec \"$@\""
        self.process = subprocess.Popen(
            ["bash", "-c", command, "bash", *(program or [sys.executable, "-m", "gantry_plugin.worker"])],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            pass_fds=given, start_new_session=True)
        theirs.close()
        for descriptor in given:
            os.close(descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.memory)
        self.log.close()

    def handshake(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise EOFError("no handshake: " + self.printed())
            line += byte
        return line

    def send(self, message, blob=b""):
        text = json.dumps(message).encode()
        self.socket.sendall(struct.pack("<QQ", len(text), len(blob)) + text + blob)

    def receive(self):
        text, blob = struct.unpack("<QQ", self._exactly(16))
        message = json.loads(self._exactly(text))
        self._exactly(blob)
        return message

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("the worker closed the socket: " + self.printed())
            data += part
        return data

    def load(self, entrypoint=None):
        self.handshake()
        self.send({"type": "load", "plugin": {
            "name": "test", "directory": str(self.folder), "entrypoint": entrypoint, "manifest": self.manifest}})
        return self.receive()

    def validate(self):
        self.send({"type": "validate"})
        return self.receive()

    def start_call(self, tool, identifier=1, blob=b"", frame=None, **arguments):
        message = {"type": "call", "id": identifier, "tool": tool, "arguments": arguments}
        if frame is not None:
            os.pwrite(self.memory, np.ascontiguousarray(frame).tobytes(), 0)
            height, width = frame.shape[:2]
            message["frame"] = {"offset": 0, "width": width, "height": height, "stride": width * 3, "format": "rgb8"}
        self.send(message, blob)

    def call(self, tool, **rest):
        """The answer's message, progress left out."""
        self.start_call(tool, **rest)
        while True:
            message = self.receive()
            if message["type"] != "progress":
                return message

    def exit_status(self):
        return self.process.wait(DEADLINE)

    def hung_up(self):
        """Waits until the worker's end of the socket is closed."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        return bool(poll.poll(DEADLINE * 1000))

    def printed(self):
        self.log.flush()
        return os.pread(self.log.fileno(), 1 << 20, 0).decode("utf-8", "replace")

    def wait_for_print(self, text):
        end = time.monotonic() + DEADLINE
        while text not in self.printed():
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} was not printed; printed: {self.printed()}")
            time.sleep(0.01)
