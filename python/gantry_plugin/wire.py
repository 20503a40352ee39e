"""Messages on the control socket: docs/plugin-protocol.md from the worker's side."""

from __future__ import annotations

import collections
import fcntl
import json
import os
import socket
import struct
import threading
from typing import Any, Deque, Dict, Optional, Tuple

LARGEST_JSON = 16 * 1024 * 1024
LARGEST_BLOB = 128 * 1024 * 1024
DEEPEST_NESTING = 64

Message = Dict[str, Any]
_HEADER = struct.Struct("<QQ")


class ProtocolError(Exception):
    """The other side, or the plugin's own meddling, broke the conversation: the worker cannot go on."""


class Closed(Exception):
    """The control socket ended: Gantry is gone."""


def encoded(message: Message) -> bytes:
    """JSON text of a message made of the worker's own plain values; what is not Unicode becomes `?`."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


class ControlSocket:
    """The control socket, moved away from descriptor 3 so that a plugin does not meet it by accident.

    A plugin that closes it, or puts something else in its place, ends its worker with a clear message: nothing is
    ever written to a descriptor that is not the socket that Gantry gave.
    """

    def __init__(self, descriptor: int) -> None:
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 200)
        os.close(descriptor)
        self._socket = socket.socket(fileno=moved)
        self._descriptor = moved
        self._identity = self._identify()
        self._buffer = bytearray(1 << 16)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._received: Deque[Tuple[Message, bytes]] = collections.deque()
        self._receiving = threading.RLock()
        self._sending = threading.Lock()
        # A child that a plugin forks must not speak for the worker.
        os.register_at_fork(after_in_child=self._close_in_child)

    def fileno(self) -> int:
        return self._descriptor

    def send_handshake(self, line: bytes) -> None:
        self._socket.sendall(line)

    def send(self, message: Message) -> None:
        self.send_encoded(encoded(message))

    def send_encoded(self, text: bytes) -> None:
        self._expect_own_socket()
        with self._sending:
            try:
                self._socket.sendall(_HEADER.pack(len(text), 0) + text)
            except (BrokenPipeError, ConnectionError):
                raise Closed() from None

    def receive(self) -> Tuple[Message, bytes]:
        """The next message and its blob; waits for it."""
        with self._receiving:
            if self._received:
                return self._received.popleft()
            return self._read()

    def poll(self) -> Optional[Message]:
        """A `cancel` that has arrived, without waiting. Other messages are kept for `receive`."""
        with self._receiving:
            while len(self._received) < 64 and self._has_input():
                message, blob = self._read()
                if message.get("type") == "cancel":
                    return message
                self._received.append((message, blob))
        return None

    def _has_input(self) -> bool:
        if self._end > self._start:
            return True
        try:
            return len(self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)) > 0
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            raise ProtocolError(f"the control socket failed: {error}") from None

    def _read(self) -> Tuple[Message, bytes]:
        if self._end - self._start < _HEADER.size:
            self._fill(_HEADER.size)
        text_length, blob_length = _HEADER.unpack_from(self._buffer, self._start)
        self._start += _HEADER.size
        if text_length > LARGEST_JSON or blob_length > LARGEST_BLOB:
            raise ProtocolError(f"a message of {text_length} and {blob_length} bytes is beyond the limits")
        text = self._take(text_length)
        blob = self._take(blob_length) if blob_length else b""
        try:
            message = json.loads(text)
        except ValueError as error:
            raise ProtocolError(f"a message is not JSON: {error}") from None
        if not isinstance(message, dict):
            raise ProtocolError("a message is not an object")
        return message, blob

    def _fill(self, wanted: int) -> None:
        """Receives until `wanted` bytes (a header, at most) lie in the buffer."""
        held = self._end - self._start
        self._buffer[:held] = self._buffer[self._start : self._end]
        self._start, self._end = 0, held
        while self._end < wanted:
            self._end += self._receive_into(self._view[self._end :])

    def _take(self, count: int) -> bytes:
        held = self._end - self._start
        if count <= held:
            taken = bytes(self._view[self._start : self._start + count])
            self._start += count
            return taken
        if count <= len(self._buffer):
            self._fill(count)
            return self._take(count)
        whole = bytearray(count)
        whole[:held] = self._view[self._start : self._end]
        self._start = self._end = 0
        view = memoryview(whole)
        while held < count:
            held += self._receive_into(view[held:])
        return bytes(whole)

    def _receive_into(self, room: memoryview) -> int:
        self._expect_own_socket()
        try:
            count = self._socket.recv_into(room)
        except ConnectionError:
            raise Closed() from None
        if count == 0:
            raise Closed()
        return count

    def _expect_own_socket(self) -> None:
        if self._identify() != self._identity:
            raise ProtocolError("the plugin closed or replaced Gantry's control socket")

    def _identify(self) -> Optional[Tuple[int, int]]:
        try:
            status = os.fstat(self._descriptor)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _close_in_child(self) -> None:
        if self._identify() == self._identity:
            os.close(self._socket.detach())
