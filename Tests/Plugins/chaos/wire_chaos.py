#!/usr/bin/env python3
"""A worker that breaks the protocol itself: what gantry_plugin would never send. Standard library only.

Run as an `executable` plugin with CHAOS_WIRE=MODE and CHAOS_AT=handshake|load|validate|call (when to misbehave; before
and after that it behaves, as a plugin with one tool, `echo`). MODES lists the modes; those of the handshake are
HANDSHAKES.
"""

import json
import os
import signal
import struct
import sys
import time

CONTROL = 3
MODE = os.environ.get("CHAOS_WIRE", "")
AT = os.environ.get("CHAOS_AT", "call")
SECONDS = float(os.environ.get("CHAOS_SECONDS", "3600"))

HANDSHAKES = {
    "wrong_version": b"GANTRY-PLUGIN 99 chaos/1.0\n",
    "not_a_version": b"GANTRY-PLUGIN one chaos/1.0\n",
    "wrong_word": b"HELLO 1 chaos/1.0\n",
    "not_ascii": b"GANTRY-PLUGIN 1 \xff\xfe\x00\n",
    "no_line_feed": b"GANTRY-PLUGIN 1 chaos/1.0",
    "long_line": b"GANTRY-PLUGIN 1 " + b"x" * 100000 + b"\n",
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "garbage": os.urandom(65536),
    "empty_line": b"\n",
}


def header(text, blob=0):
    return struct.pack("<QQ", text, blob)


def framed(text):
    return header(len(text)) + text


def write(data):
    view = memoryview(data)
    while view:
        view = view[os.write(CONTROL, view):]


MODES = {
    "garbage": os.urandom(65536),
    "partial_header": header(10)[:7],
    "partial_text": header(1000) + b'{"type":',
    "terabyte": header(1 << 40) + b"{}",
    "terabyte_blob": header(2, 1 << 40) + b"{}",
    "largest_length": header(2**64 - 1, 2**64 - 1),
    "empty": header(0),
    "not_json": framed(b"hello"),
    "not_object": framed(b"[1,2]"),
    "no_type": framed(b'{"id":1}'),
    "type_is_number": framed(b'{"type":1}'),
    "nan": framed(b'{"type":"result","id":1,"value":NaN}'),
    "infinity": framed(b'{"type":"result","id":1,"value":-Infinity}'),
    "not_utf8": framed(b'{"type":"result","id":1,"value":"\xff\xfe"}'),
    "deep": framed(b'{"type":"result","id":1,"value":' + b"[" * 100000 + b"]" * 100000 + b"}"),
    "two_roots": framed(b'{"type":"result","id":1,"value":1} {}'),
    "wrong_id": framed(b'{"type":"result","id":424242,"value":1}'),
    "id_is_text": framed(b'{"type":"result","id":"1","value":1}'),
    "no_value": framed(b'{"type":"result"}'),
    "handshake_again": b"GANTRY-PLUGIN 1 chaos/1.0\n",
    "loaded_again": framed(b'{"type":"loaded","tools":[]}'),
    "validated_again": framed(b'{"type":"validated","ok":true}'),
    "validated_is_text": framed(b'{"type":"validated","ok":"yes"}'),
    "tools_is_text": framed(b'{"type":"loaded","tools":"all"}'),
    "tool_name_is_path": framed(b'{"type":"loaded","tools":[{"name":"../../etc/passwd","takes":[]}]}'),
    "many_tools": framed(json.dumps({"type": "loaded", "tools": [
        {"name": f"tool{number}", "takes": []} for number in range(100000)]}).encode()),
    "silence": b"",
}


def receive():
    size, blob = struct.unpack("<QQ", exactly(16))
    text = exactly(size)
    exactly(blob)
    return json.loads(text)


def exactly(count):
    data = b""
    while len(data) < count:
        part = os.read(CONTROL, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def answer(message):
    write(framed(json.dumps(message).encode()))


def misbehave():
    signal.alarm(60)  # even if nobody ends it
    if MODE == "exit":
        os._exit(11)
    if MODE == "flood":
        while True:
            write(framed(b'{"type":"progress","id":1,"fraction":0.5}'))
    if MODE == "twice":
        write(framed(b'{"type":"result","id":1,"value":1}') * 2)
    elif MODE == "close":
        os.close(CONTROL)
    else:
        write(MODES[MODE])
    time.sleep(SECONDS)


def main():
    if AT == "handshake":
        signal.alarm(60)
        if MODE == "slow":
            time.sleep(SECONDS)
            write(b"GANTRY-PLUGIN 1 chaos/1.0\n")
        elif MODE in HANDSHAKES:
            write(HANDSHAKES[MODE])
            if MODE != "wrong_version":
                time.sleep(SECONDS)
        else:
            misbehave()
    else:
        write(b"GANTRY-PLUGIN 1 chaos/1.0\n")
    while True:
        message = receive()
        kind = message["type"]
        if kind == "shutdown":
            return 0
        if kind == AT:
            misbehave()
        if kind == "load":
            answer({"type": "loaded", "tools": [{
                "name": "echo", "description": "Gives back what it was given.", "input_schema": None,
                "output_schema": None, "takes": []}]})
        elif kind == "validate":
            answer({"type": "validated", "ok": True})
        elif kind == "call":
            answer({"type": "result", "id": message["id"], "value": message["arguments"]})


if __name__ == "__main__":
    sys.exit(main())
