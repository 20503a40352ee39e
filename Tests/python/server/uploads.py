"""Multipart bodies and jobs, for the scripts beside this one."""

import os
import time
import uuid

from calls import check


def multipart(*fields, boundary=None):
    """(name, file name or None, content) …; the body and its Content-Type."""
    boundary = boundary or uuid.uuid4().hex
    body = b""
    for name, file_name, content in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if file_name is not None:
            quoted = file_name.replace("\\", "\\\\").replace('"', '\\"')
            head += f'; filename="{quoted}"\r\nContent-Type: video/mp4'
        body += head.encode() + b"\r\n\r\n" + (content if isinstance(content, bytes) else content.encode()) + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def submit(server, token, *fields, path="/api/v1/jobs", headers=None, **options):
    body, media_type = multipart(*fields)
    return server.call("POST", path, body, token, {"Content-Type": media_type, **(headers or {})}, **options)


def simple(server, token, content=b"some bytes of a video", name="game.mp4", headers=None):
    return submit(server, token, ("selected_pipelines", None, "scene"), ("video", name, content), headers=headers)


def entries(storage, folder):
    return sorted(os.listdir(os.path.join(storage, folder)))


def eventually(condition, *what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return check(False, *what)
        time.sleep(0.02)
