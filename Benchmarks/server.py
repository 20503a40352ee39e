"""The server under load: a thousand requests at once while a plugin misbehaves, the start, the memory at rest.

    Benchmarks/run server

Prints the table of docs/benchmarks.md; needs nothing but Python's own library.
"""

import json
import multiprocessing
import os
import re
import resource
import select
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GANTRY = os.environ.get("GANTRY_PROGRAM", os.path.join(ROOT, ".build/release/gantry"))
# Bounded each: none of them can hurt the machine that measures.
CHAOS = ("segfault", "spin", "os_exit", "raises", "allocate", "garbage", "flood_stdout", "sleep")
AT_ONCE, ROUNDS = 1000, 5


class Server:
    def __init__(self, folder, plugins=None):
        share = os.path.join(folder, "share")
        os.makedirs(share, exist_ok=True)
        if not os.path.exists(os.path.join(share, "python")):
            os.symlink(os.path.join(ROOT, "python"), os.path.join(share, "python"))
        start = time.monotonic()
        self.process = subprocess.Popen(
            [GANTRY, "serve", "--port", "0", "--log-file", os.path.join(folder, "log")]
            + (["--plugins", plugins] if plugins else []),
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "GANTRY_STORAGE_DIR": os.path.join(folder, "storage"), "GANTRY_SHARE": share})
        self.url = re.search(r"http://\S+", self.process.stdout.readline())[0]
        assert urllib.request.urlopen(self.url + "/v1/health").status == 200
        self.first_answer = time.monotonic() - start
        self.token = ""
        while not self.token.startswith("gty_"):
            self.token = self.process.stdout.readline().strip()

    @property
    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024

    @property
    def cpu(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return sum(map(int, stat.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        assert self.process.wait(30) == 0
        return time.monotonic() - start

    def request(self, method, path, body=b""):
        host = self.url.split("//")[1]
        return (f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body

    def connect(self):
        host, port = self.url.split("//")[1].split(":")
        return socket.create_connection((host, int(port)), timeout=30)

    def ask_together(self, count):
        """Statuses and seconds of `count` requests that are under way at the same time, each on its own connection."""
        request = self.request("GET", "/v1/plugins")
        connections = [self.connect() for _ in range(count)]
        waiting, started, results = select.epoll(), {}, []
        for connection in connections:
            waiting.register(connection, select.EPOLLIN)
        by_number = {connection.fileno(): connection for connection in connections}
        for connection in connections:
            started[connection.fileno()] = time.monotonic()
            connection.send(request)
        answers = dict.fromkeys(by_number, b"")
        while by_number:
            for number, _ in waiting.poll(30):
                piece = by_number[number].recv(1 << 16)
                answers[number] += piece
                head, _, body = answers[number].partition(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head)
                if piece and not (length and len(body) >= int(length[1])):
                    continue
                results.append((int(head.split(b" ", 2)[1]) if head else 0, time.monotonic() - started[number]))
                waiting.unregister(number)
                by_number.pop(number).close()
        return results


    def cost_of_connections(self, count):
        """Microseconds of the server's processor time for a connection with one request, one after the other."""
        request, before = self.request("GET", "/v1/health"), self.cpu
        for _ in range(count):
            with self.connect() as connection:
                connection.sendall(request)
                connection.recv(1 << 16)
        return (self.cpu - before) / count * 1e6


def misbehave(server, tool, calls):
    """One caller, a process of its own, until it is killed."""
    body = json.dumps({"plugin_id": "chaos", "tool_name": tool}).encode()
    while True:
        try:
            with server.connect() as connection:
                connection.sendall(server.request("POST", "/v1/jobs", body))
                connection.recv(1 << 16)
        except OSError:
            pass
        with calls.get_lock():
            calls.value += 1
        time.sleep(0.02)


def load(server, misbehaves):
    calls = multiprocessing.Value("i", 0)
    callers = [multiprocessing.Process(target=misbehave, args=(server, tool, calls), daemon=True)
               for tool in (CHAOS if misbehaves else ())]
    for caller in callers:
        caller.start()
    time.sleep(2)
    times, wrong = [], 0
    for _ in range(ROUNDS):
        for status, seconds in server.ask_together(AT_ONCE):
            times.append(seconds * 1000)
            wrong += status != 200
        time.sleep(0.5)
    for caller in callers:
        caller.kill()
        caller.join()
    return times, wrong, calls.value


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, max(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        starts = []
        for number in range(10):
            server = Server(os.path.join(folder, f"start-{number}"))
            starts.append(server.first_answer * 1000)
            if number == 9:
                time.sleep(2)
                rows.append(("memory at rest, no plugins", f"{server.memory:.1f} MB"))
            server.stop()
        rows.insert(0, ("start to first healthy answer, median of 10", f"{statistics.median(starts):.0f} ms"))
        rows.insert(1, ("the slowest of them", f"{max(starts):.0f} ms"))
        plugins = os.path.join(folder, "plugins")
        shutil.copytree(os.path.join(ROOT, "Tests/Plugins/chaos"), os.path.join(plugins, "chaos"))
        with open(os.path.join(plugins, "chaos/manifest.json"), "w") as manifest:
            json.dump({"name": "chaos", "version": "1", "timeout_seconds": 2, "memory_limit_mb": 256}, manifest)
        server = Server(os.path.join(folder, "load"), plugins)
        time.sleep(5)
        for name, misbehaves in (("quiet", False), ("while its plugin misbehaves", True)):
            times, wrong, calls = load(server, misbehaves)
            times.sort()
            rows += [(f"{AT_ONCE} at once, {name}: p50", f"{times[len(times) // 2]:.0f} ms"),
                     (f"{AT_ONCE} at once, {name}: p99", f"{times[len(times) * 99 // 100]:.0f} ms"),
                     (f"{AT_ONCE} at once, {name}: answers that are not 200", f"{wrong} of {len(times)}")]
            if misbehaves:
                rows.append(("misbehaving calls meanwhile", str(calls)))
        server.cost_of_connections(1000)
        costs = [server.cost_of_connections(5000) for _ in range(8)]
        rows += [("a connection and its request, CPU", f"{costs[0]:.0f} µs"),
                 ("the same after 35,000 others", f"{costs[-1]:.0f} µs"),
                 ("memory after all that", f"{server.memory:.1f} MB"), ("SIGTERM to the end", f"{server.stop() * 1000:.0f} ms")]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"| {name:{width}} | {value} |")


if __name__ == "__main__":
    main()
