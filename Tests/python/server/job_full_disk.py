"""A storage of 64 MB that runs full: refused early where the size is known, in the middle where it is not; nothing stays;
and it goes on when there is room again.

job_full_disk.py URL TOKEN STORAGE
"""

import http.client
import os
import socket
import sys

from calls import Answer, Server, check, finish, judge_envelope
from drafts import Drafts
from uploads import entries, eventually, multipart, simple

url, token, storage = sys.argv[1:]
server = Server(url)


def chunked(size):
    """An upload that does not say how large it is."""
    body, media_type = multipart(("selected_pipelines", None, "scene"), ("video", "a.mp4", bytes(size)))
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    pieces = (body[start:start + 65536] for start in range(0, len(body), 65536))
    try:
        connection.request("POST", "/api/v1/jobs", pieces, {
            "Authorization": f"Bearer {token}", "Content-Type": media_type}, encode_chunked=True)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the answer came before the end
    try:
        answer = connection.getresponse()
        answer = Answer(answer.status, answer.headers, answer.read())
        judge_envelope("chunked", answer.status, answer.headers["Content-Type"], answer.body) if answer.status > 399 else None
        return answer
    except (ConnectionResetError, BrokenPipeError):
        return None
    finally:
        connection.close()


def announced(size, path="/api/v1/jobs", fields=(("selected_pipelines", None, "scene"), ("video", "a.mp4", b"first bytes"))):
    """The answer to an upload of which only the head and the first bytes are sent."""
    body, media_type = multipart(*fields)
    with socket.create_connection((server.host, server.port), timeout=30) as link:
        link.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n"
            f"Content-Length: {size}\r\n\r\n".encode() + body[:-10])
        answer = http.client.HTTPResponse(link)
        answer.begin()
        answer = Answer(answer.status, answer.headers, answer.read())
    judge_envelope("announced", answer.status, answer.headers["Content-Type"], answer.body)
    return answer


def nothing_left(what, jobs):
    eventually(lambda: entries(storage, "temp") == [], what, "left", entries(storage, "temp"))
    check(len(entries(storage, "uploads")) == jobs, what, "left", entries(storage, "uploads"))


check(simple(server, token, bytes(10 << 20)).status == 201, "the first 10 MB")
# Known to be too large: refused at once.
answer = announced(61 << 20)
check(answer.status == 507 and answer.json["error"]["code"] == "STORAGE_FULL" and answer.json["error"]["hint"], answer)
check(answer.json["error"]["detail"]["needed_bytes"] > 60 << 20, answer)
nothing_left("60 MB", 1)
answer = chunked(60 << 20)
check(answer is None or answer.status == 507, "60 MB without a length", answer)
nothing_left("60 MB without a length", 1)
drafts = Drafts(url, token)
draft = drafts.create()
answer = announced(61 << 20, f"/jobs/{draft}/upload", [("file", "a.mp4", b"first bytes")])
check(answer.status == 507 and answer.json["error"]["code"] == "STORAGE_FULL", "60 MB to a draft", answer)
check(drafts.status(draft)["status"] == "created", drafts.status(draft))
nothing_left("60 MB to a draft", 1)
# Filled to the last byte by somebody else: even small things fail, and say so.
with open(os.path.join(storage, "filler"), "wb") as filler:
    try:
        while True:
            filler.write(bytes(1 << 20))
            filler.flush()
    except OSError:
        pass
for size in (1, 100, 1 << 20):
    answer = announced(size) if size > 100 else simple(server, token, bytes(size))
    check(answer.status == 507, size, "gave", answer)
    check(answer.json["error"]["code"] == "STORAGE_FULL", answer)
check(drafts.upload(draft, b"small").status == 507, "an upload to a draft")
check(drafts.status(draft)["status"] == "created", drafts.status(draft))
eventually(lambda: server.call("GET", "/api/v1/health").status == 503, "health says nothing")
check(server.call("GET", "/api/health").status == 503, "health of the queue and the store")
answer = server.call("GET", "/api/v1/system/health", token=token)
check(answer.status == 503 and answer.json["error"]["field"] == "storage", answer)
check(server.call("GET", "/health").status == 200, "the process is well")
check(server.call("GET", "/api/v1/jobs", token=token).json["total"] == 1, "reading needs no room")
nothing_left("full", 1)
os.remove(os.path.join(storage, "filler"))
eventually(lambda: server.call("GET", "/api/v1/health").status == 200, "health does not recover")
check(drafts.upload(draft, b"small").status == 200 and drafts.status(draft)["status"] == "uploaded", "a draft after the flood")
check(drafts.call("DELETE", f"/jobs/{draft}").status == 200, "delete of a draft")
for _ in range(3):
    check(simple(server, token, bytes(1 << 20)).status == 201, "after the flood")
nothing_left("after the flood", 4)
for job in server.call("GET", "/api/v1/jobs", token=token).json["jobs"]:
    check(server.call("DELETE", f"/api/v1/jobs/{job['id']}", token=token).status == 204, "delete")
nothing_left("deleted", 0)
check(simple(server, token, bytes(30 << 20)).status == 201, "room was given back")
finish()
