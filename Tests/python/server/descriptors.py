"""More connections than a server has descriptors for: it waits without spinning and goes on when some have gone.

descriptors.py URL PROCESS
"""

import os
import socket
import sys
import time

from calls import Server, check, finish

url, process = sys.argv[1:]
server = Server(url)
ask = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def descriptors():
    return len(os.listdir(f"/proc/{process}/fd"))


def cpu():
    """Seconds of CPU time so far."""
    with open(f"/proc/{process}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answered(connections, seconds):
    count, end = 0, time.monotonic() + seconds
    for connection in connections:
        connection.settimeout(max(0.01, end - time.monotonic()))
        try:
            count += connection.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
    return count


server.call("GET", "/health")
before = descriptors()
crowd = [socket.create_connection((server.host, server.port), timeout=30) for _ in range(150)]
for connection in crowd:
    connection.sendall(ask)
check(0 < answered(crowd, 5) < 150, "all were answered: the limit of descriptors did not hold")
time.sleep(0.5)
start, used = time.monotonic(), cpu()
time.sleep(2)
share = (cpu() - used) / (time.monotonic() - start)
check(share < 0.1, f"out of descriptors it used {share:.2f} of a core")
for connection in crowd[:120]:
    connection.close()
check(answered(crowd[120:], 20) > 0, "nobody was answered after room came")
for connection in crowd[120:]:
    connection.close()
end = time.monotonic() + 20
while descriptors() > before + 2 and time.monotonic() < end:
    time.sleep(0.05)
check(descriptors() <= before + 2, "descriptors:", before, "before,", descriptors(), "after")
check(server.call("GET", "/health").status == 200, "health at the end")
finish()
