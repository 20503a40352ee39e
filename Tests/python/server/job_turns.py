"""Two uploads are taken in at a time, three may wait: who waits is not read from, more are refused, all end well.

job_turns.py URL TOKEN STORAGE
"""

import http.client
import json
import socket
import sys

from calls import Server, check, finish, judge_envelope
from uploads import entries, eventually, multipart

url, token, storage = sys.argv[1:]
server = Server(url)
body, media_type = multipart(("selected_pipelines", None, "scene"), ("video", "a.mp4", bytes(8 << 20)))


class Upload:
    """Sends the first half; the rest follows when it is asked to."""

    def __init__(self):
        self.link = socket.create_connection((server.host, server.port), timeout=30)
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        self.link.sendall(
            f"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body[:1000])
        self.sent = 1000

    def send_what_goes(self):
        """As much as is taken at once: how much lies between here and the server."""
        self.link.settimeout(0.2)
        try:
            while self.sent < len(body):
                self.sent += self.link.send(body[self.sent:self.sent + 65536])
        except TimeoutError:
            pass
        self.link.settimeout(30)
        return self.sent

    def finish(self):
        self.link.sendall(body[self.sent:])
        return self.answer()

    def answer(self):
        answer = http.client.HTTPResponse(self.link)
        answer.begin()
        value = answer.read()
        self.link.close()
        return answer.status, answer.headers, value


def is_up(count):
    return lambda: len(entries(storage, "temp")) == count


taken = [Upload(), Upload()]
eventually(is_up(2), "two uploads are not both taken in", entries(storage, "temp"))
waiting = []
for _ in range(3):
    waiting.append(Upload())
sent = [upload.send_what_goes() for upload in waiting]
# What the system's own buffers hold; the server reads none of it.
check(max(sent) < 6 << 20, "somebody who waits was read from:", sent)
check(len(entries(storage, "temp")) == 2, "more than two at a time", entries(storage, "temp"))
status, headers, value = Upload().answer()
judge_envelope("one too many", status, headers["Content-Type"], value)
error = json.loads(value)["error"]
check(status == 503 and error["hint"] and int(headers["Retry-After"]) >= 1, "one too many", status, value)
# Who goes away while waiting is no longer waited for.
waiting.pop(0).link.close()
for upload in taken + waiting:
    status, _, value = upload.finish()
    check(status == 201, "an upload", status, value[:300])
eventually(is_up(0), "left", entries(storage, "temp"))
check(server.call("GET", "/api/v1/jobs", token=token).json["total"] == 4, "jobs")
finish()
