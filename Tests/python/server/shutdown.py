"""SIGTERM while live streams, event streams and half-sent requests are open: streams are told, and everything ends.

shutdown.py URL TOKEN PROCESS; the server has the plugin chaos.
"""

import asyncio
import os
import signal
import socket
import sys

import websockets

from calls import Server, check, finish

url, token, process = sys.argv[1], sys.argv[2], int(sys.argv[3])
server = Server(url)
server.wait_until("chaos", token, "INITIALIZED")
address = url.replace("http", "ws", 1) + "/v1/stream?plugin=chaos&tool=mean"
auth = f"Host: x\r\nAuthorization: Bearer {token}\r\n".encode()


async def main():
    headers = {"Authorization": f"Bearer {token}"}
    polite = [await websockets.connect(address, additional_headers=headers) for _ in range(3)]
    rude = [socket.create_connection((server.host, server.port), timeout=30) for _ in range(40)]
    for number, connection in enumerate(rude):
        connection.sendall([
            b"", b"GET /health HT", b"POST /v1/jobs HTTP/1.1\r\n" + auth + b"Content-Length: 100\r\n\r\n{",
            # A WebSocket that never answers a close.
            b"GET /v1/stream?plugin=chaos&tool=mean HTTP/1.1\r\n" + auth + b"Connection: upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            # Events that never end.
            b"GET /api/v1/events/stream HTTP/1.1\r\n" + auth + b"\r\n",
        ][number % 5])
    for connection in rude[4::5]:
        check((await asyncio.to_thread(connection.recv, 65536)).startswith(b"HTTP/1.1 200 "), "an event stream's start")
    check((await asyncio.to_thread(server.call, "GET", "/health")).status == 200, "health")
    os.kill(process, signal.SIGTERM)
    for stream in polite:
        await asyncio.wait_for(stream.wait_closed(), 25)
        check(stream.close_code == 1001, "a stream ended with", stream.close_code)
    for connection in rude:
        connection.settimeout(25)
        try:
            while await asyncio.to_thread(connection.recv, 65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            check(False, "a connection was left open")


asyncio.run(main())
finish()
