"""Many uploads at the same time: all are taken, and the server's memory does not grow with them.

job_many_uploads.py URL TOKEN COUNT BYTES LIMIT_MB PID VIDEO    (as many BYTES of VIDEO, or zeros after it, are sent)
"""

import os
import socket
import sys
import threading
import time

from calls import Server, check, finish
from uploads import multipart

url, token, count, size, limit, pid, video = sys.argv[1:]
count, size, limit = int(count), int(size), int(limit)
server = Server(url)


def resident():
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def upload(content):
    body, media_type = multipart(("selected_pipelines", None, "scene"), ("video", "a.mp4", b"@@"))
    before, after = body.split(b"@@")
    head = (f"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n"
            f"Content-Length: {len(before) + size + len(after)}\r\nConnection: close\r\n\r\n").encode()
    with socket.create_connection((server.host, server.port), timeout=300) as link:
        link.sendall(head + before)
        started.wait()  # All are in the middle of it at the same time.
        sent = 0
        while sent < size:
            piece = content[sent:min(sent + 65536, size)]
            link.sendall(piece)
            sent += len(piece)
        link.sendall(after)
        answers.append(int(link.recv(1000).split()[1]))


answers, started = [], threading.Barrier(1)
with open(video, "rb") as file:
    content = file.read(size)
content += bytes(size - len(content))
for _ in range(8):  # What any upload needs once is not counted.
    upload(content)
answers.clear()
started = threading.Barrier(count)
before, peak, done = resident(), 0, threading.Event()


def watch():
    global peak
    while not done.is_set():
        peak = max(peak, resident())
        time.sleep(0.01)


watcher = threading.Thread(target=watch)
watcher.start()
threads = [threading.Thread(target=upload, args=(content,)) for _ in range(count)]
begin = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
seconds = time.monotonic() - begin
done.set()
watcher.join()
grown = (peak - before) / 2**20
check(answers == [201] * count, "answers", {status: answers.count(status) for status in set(answers)})
check(grown <= limit, "grew by", grown, "MB")
print(f"{count} uploads of {size >> 20} MB in {seconds:.1f} s: RSS {before / 2**20:.0f} MB, at most {grown:.0f} MB more",
      file=sys.stderr)
finish()
