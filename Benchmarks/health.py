#!/usr/bin/env python3
"""Requests/s that one core answers: Gantry's /v1/health against FastAPI on uvicorn (uvloop, httptools), in turn.

    health.py [--requests 20000] [--repeat 3]

The servers are bound to one core, the client to another. What counts is the processor time of the server process, so that
neither the client nor a busy machine decides: requests divided by the seconds of CPU time that the server needed for
them. 16 connections that stay open, one request on each at
a time, no pipelining. Memory is the process's resident memory before the first request and after the last.
"""

import argparse
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time

from measuring import GANTRY, ROOT, median, note, publish

CONNECTIONS = 16
CORES = sorted(os.sched_getaffinity(0))
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server process on a port of its own."""

    def __init__(self, command: list, **options) -> None:
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, CORES[:1]), **options)

    def port(self, pattern: str) -> int:
        for _ in range(600):
            text = os.pread(self.log.fileno(), 65536, 0).decode(errors="replace")
            if found := re.search(pattern, text):
                return int(found[1])
            if self.process.poll() is not None:
                sys.exit(f"The server ended: {text[-2000:]}")
            time.sleep(0.05)
        sys.exit("The server did not say its port within 30 s")

    @property
    def cpu(self) -> float:
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> int:
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) * 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def load(port: int, requests: int) -> None:
    """Sends the requests and checks every answer."""
    request = f"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    selector = selectors.DefaultSelector()
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        connection.sendall(request)
    sent, answered, begun = CONNECTIONS, 0, {}
    while answered < requests:
        ready = selector.select(20)
        if not ready:
            sys.exit("The server has not answered for 20 s")
        for key, _ in ready:
            piece = key.fileobj.recv(65536)
            # Some send head and body apart.
            answer = begun.pop(key.fd, b"") + piece
            if not piece or not b"HTTP/1.1 200".startswith(answer[:12]):
                sys.exit(f"Not the expected answer: {answer!r}")
            if not answer.endswith(b"}"):
                begun[key.fd] = answer
                continue
            answered += 1
            if sent < requests:
                key.fileobj.sendall(request)
                sent += 1
    for key in list(selector.get_map().values()):
        key.fileobj.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, CORES[-1:])
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GANTRY_STORAGE_DIR": folder, "API_HOST": "127.0.0.1"}
        servers = {
            "gantry": (
                Server(
                    [GANTRY, "serve", "--port", "0", "--log-file", f"{folder}/log"], env=environment, cwd=folder),
                r"http://[\d.]+:(\d+)"),
            "FastAPI, uvicorn": (
                Server(
                    [sys.executable, "-m", "uvicorn", "--app-dir", ROOT / "Benchmarks", "peer_health:app", "--port", "0",
                     "--loop", "uvloop", "--http", "httptools", "--no-access-log"]),
                r"running on http://[\d.]+:(\d+)"),
        }
        try:
            ports = {name: server.port(pattern) for name, (server, pattern) in servers.items()}
            time.sleep(2)
            idle = {name: server.memory for name, (server, _) in servers.items()}
            rates: dict[str, list[float]] = {name: [] for name in servers}
            for repetition in range(arguments.repeat):
                for name, (server, _) in servers.items():
                    note(f"{name}, run {repetition + 1} of {arguments.repeat}")
                    load(ports[name], 500)
                    before = server.cpu
                    load(ports[name], arguments.requests)
                    rates[name].append(arguments.requests / (server.cpu - before))
            after = {name: server.memory for name, (server, _) in servers.items()}
        finally:
            for server, _ in servers.values():
                server.stop()
    result = {
        name: {
            "requests_per_core_second": median(rates[name]), "all": rates[name],
            "idle_mb": idle[name] / 1e6, "after_mb": after[name] / 1e6,
        } for name in rates
    }
    ours, peer = (median(each) for each in rates.values())
    publish(
        "health", {**result, "ratio": ours / peer},
        [[name, f"{median(rates[name]):.0f}", f"{1e6 / median(rates[name]):.0f}", f"{idle[name] / 1e6:.0f}",
          f"{after[name] / 1e6:.0f}", f"{ours / peer:.1f}x" if name == "gantry" else ""] for name in rates],
        ["server", "requests/s of one core", "CPU µs a request", "idle MB", "after MB", "Gantry against the peer"])


if __name__ == "__main__":
    main()
