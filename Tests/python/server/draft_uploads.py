"""Uploads to a job: too large, no video, broken off, slow; what was there before stays, nothing of the others does.

draft_uploads.py URL TOKEN STORAGE    (a server that takes videos of 1 MiB, and none that holds "bad")
"""

import os
import socket
import sys

from calls import check, finish
from drafts import Drafts
from uploads import entries, eventually, multipart

url, token, storage = sys.argv[1:]
drafts = Drafts(url, token)
job = drafts.create()
folder = os.path.join(storage, "uploads", job)
check(drafts.set_up(job, player_number=17).status == 200, "setup")
setup = drafts.call("GET", f"/jobs/{job}/setup").json


def unchanged(what, content):
    """The job is as it was, and nothing is left of what was refused."""
    eventually(lambda: drafts.status(job)["status"] == "ready", what, "status", drafts.status(job))
    eventually(lambda: entries(storage, "temp") == [], what, "left", entries(storage, "temp"))
    kept = os.listdir(folder) if os.path.exists(folder) else []
    check(len(kept) == (content is not None), what, "left", kept)
    if content is not None:
        check(drafts.call("GET", f"/data/jobs/{job}/input/game.mp4").body == content, what, "changed the video")
    check(drafts.call("GET", f"/jobs/{job}/setup").json == setup, what, "changed the setup")


def begin(declared):
    """A connection on which the head and the first bytes of an upload have been sent."""
    body, media_type = multipart(("file", "slow.mp4", bytes(1000)))
    link = socket.create_connection((drafts.server.host, drafts.server.port), timeout=30)
    link.sendall((f"POST /jobs/{job}/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                  f"Content-Type: {media_type}\r\nContent-Length: {declared or len(body)}\r\n\r\n").encode() + body[:600])
    return link, body[600:]


for content in (None, b"the first"):
    if content is not None:
        check(drafts.upload(job, content).status == 200, "upload")
    for data, status, code in [(bytes(2 << 20), 413, "PAYLOAD_TOO_LARGE"), (b"bad", 415, "UNSUPPORTED_MEDIA"),
                               (b"", 415, "UNSUPPORTED_MEDIA")]:
        answer = drafts.upload(job, data)
        check(answer.status == status and answer.json["error"]["code"] == code, len(data), "gave", answer)
        check(answer.json["error"]["field"] == "file", answer)
        unchanged(f"{len(data)} bytes", content)
    # Seen while it comes; broken off by its client.
    link, rest = begin(0)
    eventually(lambda: drafts.status(job)["status"] == "uploading", "never uploading", drafts.status(job))
    link.close()
    unchanged("a connection that breaks", content)
    # Cancelled while it comes, it stays cancelled; and is taken up again by the next one.
    link, rest = begin(0)
    eventually(lambda: drafts.status(job)["status"] == "uploading", "never uploading", drafts.status(job))
    check(drafts.call("POST", f"/jobs/{job}/cancel").json["status"] == "cancelled", "cancel")
    check(drafts.status(job)["status"] == "cancelled", drafts.status(job))
    link.sendall(rest)
    check(b" 200 " in link.recv(4096)[:20], "the upload itself")
    link.close()
    check(drafts.status(job)["status"] == "cancelled", "an upload undid a cancellation", drafts.status(job))
    check(drafts.upload(job, b"back").status == 200 and drafts.status(job)["status"] == "ready", "not taken up again")
    if content is None:
        check(drafts.call("DELETE", f"/jobs/{job}").status == 200, "delete")
        check(not os.path.exists(folder), "its folder is there")
        job = drafts.create()
        folder = os.path.join(storage, "uploads", job)
        drafts.set_up(job, player_number=17)

# Deleted while its video comes: gone, the video too.
link, rest = begin(0)
eventually(lambda: drafts.status(job)["status"] == "uploading", "never uploading", drafts.status(job))
check(drafts.call("DELETE", f"/jobs/{job}").status == 200, "delete")
link.sendall(rest)
check(b" 404 " in link.recv(4096)[:20], "an upload to what is gone")
link.close()
eventually(lambda: not os.path.exists(folder) and entries(storage, "temp") == [], "left", entries(storage, "uploads"))
finish()
