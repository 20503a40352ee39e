"""Clients that are broken, rude or many, against a running server: one response to each request, none to what is no
request, nothing left behind.

hostile.py URL TOKEN PROCESS [CONNECTIONS [SEED]]
"""

import os
import random
import resource
import socket
import struct
import sys
import time

from calls import Server, check, finish

url, token, process = sys.argv[1:4]
connections = int(sys.argv[4]) if len(sys.argv) > 4 else 400
seed = int(sys.argv[5]) if len(sys.argv) > 5 else int.from_bytes(os.urandom(4), "big")
print("seed", seed)
chance = random.Random(seed)
resource.setrlimit(resource.RLIMIT_NOFILE, (2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
server = Server(url)
auth = f"Host: x\r\nAuthorization: Bearer {token}\r\n".encode()


def descriptors():
    return len(os.listdir(f"/proc/{process}/fd"))


def memory():
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def connect(timeout=30):
    return socket.create_connection((server.host, server.port), timeout=timeout)


def answers(connection):
    """All responses until the server closes: pairs of status and X-Request-ID. None for what is no response."""
    data = b""
    try:
        while piece := connection.recv(1 << 16):
            data += piece
    except (ConnectionResetError, BrokenPipeError):
        pass
    except socket.timeout:
        return None
    found = []
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        if not separator or not lines[0].startswith(b"HTTP/1.1 "):
            return None
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        status = int(lines[0][9:12])
        if status >= 200:
            found.append((status, fields.get(b"x-request-id", b"").decode()))
        if status not in (101, 204, 304) and status >= 200:
            data = data[int(fields[b"content-length"]):]
    return found


def send(connection, data, end=True):
    try:
        connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# What two implementations might read differently: one refusal, and the request behind it is not answered.
post = b"POST /v1/jobs HTTP/1.1\r\n" + auth
smuggled = b"GET /v1/health HTTP/1.1\r\nHost: smuggled\r\nX-Request-ID: smuggled\r\n\r\n"
for what in [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello", b"Content-Length: 5,5\r\n\r\nhello",
        b"Content-Length: 5 \r\n 6\r\n\r\nhello", b"Content-Length : 5\r\n\r\nhello", b"Content-Length:\x0b5\r\n\r\nhello",
        b"Content-Length: \xef\xbc\x95\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\n\n",
        b"Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        b"Transfer_Encoding: chunked\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Host: y\r\nContent-Length: 0\r\n\r\n",
        b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n", b"X: a\nContent-Length: 0\r\n\r\n", b"X\x00: a\r\nContent-Length: 0\r\n\r\n",
        b"X: \xff\r\n\r\n", b"\x00\r\n\r\n", b": a\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhellox\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\nb\r\n\r\n",
]:
    with connect() as connection:
        send(connection, post + what + smuggled)
        got = answers(connection)
        check(got is not None and len(got) == 1 and got[0][0] in (400, 413, 431, 501), what, "gave", got)
for what in (b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nhost: a\r\n", b"Host: a b\r\n", b"Host: \r\n", b"Host: a/b\r\n"):
    with connect() as connection:
        send(connection, b"GET /v1/health HTTP/1.1\r\n" + what + b"\r\n" + smuggled)
        got = answers(connection)
        check(got is not None and [status for status, _ in got] == [400], "Host", what, "gave", got)

# Many sound requests in one packet, each answered once, in order, under its own name.
names = [f"n-{number}" for number in range(500)]
with connect() as connection:
    bodies = [b'{"plugin_id": "x", "tool_name": "%d"}' % number for number in range(len(names))]
    send(connection, b"".join(
        post + (
            f"X-Request-ID: {name}\r\nConnection: {'close' if name == names[-1] else 'keep-alive'}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        for name, body in zip(names, bodies)), end=False)
    check(answers(connection) == [(200, name) for name in names], "500 requests in one packet were not answered in order")

# Warm up, then count what is left behind.
server.call("GET", "/health")
time.sleep(0.5)
before = descriptors(), memory()
sound = [
    b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v1/plugins HTTP/1.1\r\n" + auth + b"\r\n",
    post + b"Content-Type: application/json\r\nContent-Length: 35\r\n\r\n" + b'{"plugin_id": "x","tool_name": "y"}',
    post + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n" + b'23\r\n{"plugin_id": "x","tool_name": "y"}\r\n0\r\n\r\n',
    b"POST /v1/plugins/x/tools/y/run HTTP/1.1\r\n" + auth + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 66\r\n\r\n"
    + b'--b\r\nContent-Disposition: form-data; name="args"\r\n\r\n{}\r\n--b--\r\n...',
    b"GET /v1/stream?plugin=x HTTP/1.1\r\n" + auth + b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81\x85abcdhello", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /docs HTTP/1.0\r\nHost: x\r\n\r\n",
]


def mutated(data):
    data = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data))
        match chance.randrange(6):
            case 0: data[place] = chance.randrange(256)
            case 1: del data[place:place + chance.randint(1, 8)]
            case 2: data[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
            case 3: data[place:place] = data[:place]
            case 4: data[place:place] = chance.choice([b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"\r\n\r\n", b"\xff", b"0\r\n\r\n"])
            case 5: data[place:place] = chance.choice(sound)
        data = data or bytearray(b"x")
    return bytes(data)


for number in range(connections):
    data = chance.randbytes(chance.randint(1, 3000)) if number % 8 == 0 else mutated(
        b"".join(chance.choice(sound) for _ in range(chance.randint(1, 3))))
    connection = connect()
    match number % 3:
        case 0:
            send(connection, data, end=False)
            reset(connection)
        case 1:
            for start in range(0, len(data), max(1, len(data) // 5)):
                send(connection, data[start:start + max(1, len(data) // 5)], end=False)
            send(connection, b"")
            check(answers(connection) is not None, "no responses, or none in time:", data)
        case 2:
            send(connection, data)
            check(answers(connection) is not None, "no responses, or none in time:", data)
    connection.close()
    if number % 100 == 0:
        check(server.call("GET", "/health").status == 200, "health after", number)

# As many at once as the server takes, and more: all of them answered, with 200 or 503.
crowd = [connect() for _ in range(1000)]
for connection in crowd:
    connection.sendall(sound[0])
statuses = []
for connection in crowd:
    piece = connection.recv(1 << 16)
    statuses.append(piece[9:12])
check(statuses == [b"200"] * 1000, "1000 at once gave", {status: statuses.count(status) for status in set(statuses)})
for connection in crowd:
    reset(connection)

deadline = time.monotonic() + 30
while descriptors() > before[0] + 2 and time.monotonic() < deadline:
    time.sleep(0.1)
after = descriptors(), memory()
print(f"descriptors {before[0]} -> {after[0]}, memory {before[1]:.1f} -> {after[1]:.1f} MB")
check(after[0] <= before[0] + 2, "descriptors:", before[0], "before,", after[0], "after")
check(after[1] <= before[1] + 40, "MB:", before[1], "before,", after[1], "after")
finish()
