"""Live frames over a WebSocket.

stream.py URL TOKEN; the server has the plugin chaos.
"""

import asyncio
import json
import sys
from io import BytesIO

import numpy as np
import websockets
from PIL import Image

from calls import Server, check, finish

url, token = sys.argv[1:]
server = Server(url)
address = url.replace("http", "ws", 1) + "/v1/stream?plugin=chaos&tool=mean"
headers = {"Authorization": f"Bearer {token}"}
picture = BytesIO()
Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(picture, "JPEG")
picture = picture.getvalue()


async def refused(address, status, **options):
    try:
        async with websockets.connect(address, **options):
            check(False, address, "was let in")
    except websockets.InvalidStatus as error:
        check(error.response.status_code == status, address, "gave", error.response.status_code, "not", status)
        check(json.loads(error.response.body)["error"]["code"], address, "has no envelope")


async def talk():
    await refused(address, 401)
    # As pages do it, which cannot send the header.
    await refused(address, 400, subprotocols=[f"bearer.{token}"])
    await refused(address, 401, subprotocols=["gantry.stream", "bearer.gty_wrong"])
    async with websockets.connect(address, subprotocols=["gantry.stream", f"bearer.{token}"]) as socket:
        check(socket.subprotocol == "gantry.stream", "agreed on", socket.subprotocol)
        await socket.send(picture)
        check(json.loads(await socket.recv())["ok"], "a token among the subprotocols")
    await refused(address.replace("plugin=chaos", "plugin=x"), 404, additional_headers=headers)
    await refused(address, 403, additional_headers=headers, origin="https://evil.example")
    async with websockets.connect(address, additional_headers=headers) as socket:
        await socket.send(picture)
        answer = json.loads(await socket.recv())
        check(answer["ok"] and answer["frame"] == 1, answer)
        check(answer["frames"] == {"received": 1, "processed": 1, "dropped": 0}, answer)
        await socket.send("no picture")
        check(json.loads(await socket.recv())["ok"] is False, "a text")
        await socket.send(b"no picture")
        answer = json.loads(await socket.recv())
        check(answer["ok"] is False and answer["error"], "a broken picture", answer)
        # Far faster than any tool: the newest wins, and the numbers add up.
        for _ in range(300):
            await socket.send(picture)
        while answer["frame"] < 302:
            answer = json.loads(await asyncio.wait_for(socket.recv(), 30))
        counts = answer["frames"]
        check(counts["received"] == 302, counts)
        check(counts["processed"] + counts["dropped"] == 302, counts)
        check(await (await socket.ping()) is not None, "no pong")
    # So many and no more with a token; the place of one that ends is free again.
    many = [await websockets.connect(address, additional_headers=headers) for _ in range(16)]
    await refused(address, 429, additional_headers=headers)
    await many.pop().close()
    for attempt in range(1000):
        try:
            many.append(await websockets.connect(address, additional_headers=headers))
            break
        except websockets.InvalidStatus as error:
            # The client knows of the end a moment before the server has cleared up.
            check(error.response.status_code == 429 and attempt < 999, "a place that is not given back")
    await many[0].send(picture)
    check(json.loads(await many[0].recv())["ok"], "one of many")
    for socket in many:
        await socket.close()
    # A client that breaks the protocol, and one that sends too much, end alone.
    async with websockets.connect(address, additional_headers=headers, max_size=None) as socket:
        try:
            await socket.send(b"x" * (17 << 20))
            await asyncio.wait_for(socket.recv(), 30)
            check(False, "17 MB were taken")
        except websockets.ConnectionClosed:
            pass
    check(server.call("GET", "/health").status == 200, "health at the end")


server.wait_until("chaos", token, "INITIALIZED")
asyncio.run(asyncio.wait_for(talk(), 90))
finish()
