"""The server killed at random moments under load: what it acknowledged is neither lost nor doubled.

    Benchmarks/run kills [--rounds 200] [--clients 8] [--failpoint NAME] [--alive 1.5] [--seed 1]

Clients submit a small video again and again, each submission under an Idempotency-Key that is repeated until it is
acknowledged, and cancel some jobs. Meanwhile the server is killed (SIGKILL) and started again, `rounds` times. Then
every job is waited for, and the promises are checked: no acknowledged job is missing, no key has two jobs, a cancelled
job stays cancelled, each job has ended once, the database is sound, and nothing of the server is left running.

Prints a table; exit status 1 where a promise was broken. Needs nothing but Python's own library and ffmpeg.
"""

import argparse
import collections
import http.client
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GANTRY = os.environ.get("GANTRY_PROGRAM", os.path.join(ROOT, ".build/release/gantry"))
ENDS = ("completed", "failed", "cancelled")


class Server:
    """One storage folder, and the server that happens to run on it."""

    def __init__(self, folder, environment):
        self.storage = os.path.join(folder, "storage")
        self.log = open(os.path.join(folder, "log"), "ab")
        self.environment = {**os.environ, **environment, "GANTRY_STORAGE_DIR": self.storage,
                            "GANTRY_REQUIRE_AUTH": "false", "MAX_CONCURRENT_JOBS": "2", "RETRY_BASE_DELAY": "0.05"}
        self.process, self.port = None, None

    def start(self, failpoint=None):
        environment = {**self.environment, **({"GANTRY_FAILPOINT": failpoint} if failpoint else {})}
        self.process = subprocess.Popen([GANTRY, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment)
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://[^:]+:(\d+)", line)
        self.port = int(found[1]) if found else None
        # Nobody reads the rest; it must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return found is not None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None, headers=None):
        """Status and parsed answer; OSError or HTTPException where the server is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port or 1, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data else None
        finally:
            connection.close()


class Client(threading.Thread):
    """Submits until told to stop; a submission in doubt is repeated under its key until it is acknowledged."""

    def __init__(self, number, server, video, book, stop, seed):
        super().__init__(daemon=True)
        self.number, self.server, self.video, self.book, self.stop = number, server, video, book, stop
        self.random = random.Random(seed)

    def run(self):
        count = 0
        while not self.stop.is_set():
            count += 1
            key = f"client-{self.number}-{count}"
            job = self.submit(key)
            if job and self.random.random() < 0.2:
                self.cancel(job)
            # As much load as makes trouble, without a queue that takes hours to end.
            self.stop.wait(self.random.random() * self.book.pause)

    def submit(self, key):
        boundary = "gantry-kills"
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="selected_pipelines"\r\n\r\nscene_detection\r\n',
                 f'--{boundary}\r\nContent-Disposition: form-data; name="video"; filename="{key}.mp4"\r\n'
                 "Content-Type: video/mp4\r\n\r\n"]
        body = "".join(parts).encode() + self.video + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": key}
        while True:
            self.book.attempted(key)
            try:
                status, answer = self.server.ask("POST", "/api/v1/jobs", body, headers)
            except (OSError, http.client.HTTPException, ValueError):
                if self.stop.wait(0.02) and self.book.closing.is_set():
                    return None
                continue
            if status == 201:
                self.book.acknowledged(key, answer["id"])
                return answer["id"]
            if status in (429, 503, 507):
                time.sleep(0.05)
                continue
            self.book.broken(f"submission {key}: status {status}: {answer}")
            return None

    def cancel(self, job):
        try:
            status, answer = self.server.ask("POST", f"/api/v1/jobs/{job}/cancel")
        except (OSError, http.client.HTTPException, ValueError):
            return
        if status == 200 and answer["status"] == "cancelled":
            self.book.cancelled(job)
        elif status not in (409, 503):
            self.book.broken(f"cancel {job}: status {status}: {answer}")


class Book:
    """What clients were told."""

    def __init__(self, pause):
        self.lock, self.pause, self.closing = threading.Lock(), pause, threading.Event()
        self.jobs, self.keys, self.cancelled_jobs, self.faults = {}, set(), set(), []

    def attempted(self, key):
        with self.lock:
            self.keys.add(key)

    def acknowledged(self, key, job):
        with self.lock:
            if self.jobs.setdefault(key, job) != job:
                self.faults.append(f"key {key} has two jobs: {self.jobs[key]} and {job}")

    def cancelled(self, job):
        with self.lock:
            self.cancelled_jobs.add(job)

    def broken(self, text):
        with self.lock:
            self.faults.append(text)


def all_jobs(server):
    jobs, page = {}, 1
    while True:
        status, answer = server.ask("GET", f"/api/v1/jobs?page={page}&per_page=100")
        assert status == 200, answer
        jobs.update({job["id"]: job for job in answer["jobs"]})
        if page * 100 >= answer["total"]:
            return jobs
        page += 1


def wait_for_ends(server, seconds):
    """All jobs when they have ended; None where one has not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        jobs = all_jobs(server)
        if all(job["status"] in ENDS for job in jobs.values()):
            return jobs
        time.sleep(0.2)
    return None


def check(server, book, jobs):
    faults = book.faults
    for key, job in book.jobs.items():
        if job not in jobs:
            faults.append(f"job {job} of {key} was acknowledged and is lost")
    names = collections.Counter(job["video_filename"] for job in jobs.values())
    faults += [f"{name} was taken {count} times" for name, count in names.items() if count > 1]
    strangers = set(names) - {f"{key}.mp4" for key in book.keys}
    faults += [f"{name} was never submitted" for name in strangers]
    for job in book.cancelled_jobs:
        if job in jobs and jobs[job]["status"] != "cancelled":
            faults.append(f"job {job} was cancelled and is {jobs[job]['status']}")
    for job in jobs.values():
        if job["status"] == "failed":
            faults.append(f"job {job['id']} failed: {job['error_message']}")
        if job["status"] == "completed" and not os.path.exists(
                os.path.join(server.storage, "results", job["id"], "results.json")):
            faults.append(f"job {job['id']} completed without results")


def leftovers(server):
    """Processes that still name the storage folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
            with open(f"/proc/{pid}/environ", "rb") as file:
                words += file.read()
        except OSError:
            continue
        if server.storage.encode() in words and b"gantry" in words and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def check_database(server, faults):
    with sqlite3.connect(os.path.join(server.storage, "gantry.db")) as database:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    if answer != "ok":
        faults.append(f"the database is damaged: {answer}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--failpoint", metavar="store.NAME", help="kill at this named point instead of at random moments")
    options.add_argument("--alive", type=float, default=1.5, help="seconds that the server lives at most")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="gantry-kills-") as folder:
        video = os.path.join(folder, "video.mp4")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1",
                        "-pix_fmt", "yuv420p", video], check=True)
        with open(video, "rb") as file:
            content = file.read()
        server, book, stop = Server(folder, {}), Book(pause=0.5), threading.Event()
        assert server.start(options.failpoint and f"{options.failpoint}:9"), "the server does not start; see its log"
        clients = [Client(number, server, content, book, stop, chance.random()) for number in range(options.clients)]
        for client in clients:
            client.start()
        kills, began, slowest = 0, time.monotonic(), 0.0
        while kills < options.rounds:
            if options.failpoint:
                try:
                    server.process.wait(30)
                except subprocess.TimeoutExpired:
                    book.broken(f"nobody came to {options.failpoint} within 30 s")
                    break
            else:
                time.sleep(chance.random() * options.alive)
                server.kill()
            kills += 1
            start = time.monotonic()
            last = kills == options.rounds
            # The how-maniest passage of the point, drawn anew each time.
            point = options.failpoint and f"{options.failpoint}:{chance.randrange(1, 12)}"
            if not server.start(None if last else point):
                # At a point of the start itself it ends before it listens.
                if options.failpoint:
                    continue
                book.broken(f"the server did not come up after kill {kills}")
                break
            slowest = max(slowest, time.monotonic() - start)
            if sys.stderr.isatty():
                rate = kills / (time.monotonic() - began)
                print(f"\r{kills} of {options.rounds} kills, {len(book.jobs)} jobs acknowledged, "
                      f"{(options.rounds - kills) / rate:.0f} s left ", end="", file=sys.stderr)
        stop.set()
        book.closing.set()
        for client in clients:
            client.join(30)
        jobs = wait_for_ends(server, 120 + len(book.jobs))
        if jobs is None:
            book.broken("jobs did not come to their end: the queue is stuck")
            jobs = all_jobs(server)
        check(server, book, jobs)
        server.process.send_signal(signal.SIGTERM)
        if server.process.wait(30) != 0:
            book.broken("the server's orderly end failed")
        check_database(server, book.faults)
        left = leftovers(server)
        if left:
            book.broken(f"processes are left: {left}")
        states = collections.Counter(job["status"] for job in jobs.values())
        rows = [("kills", kills), ("at", options.failpoint or "random moments"), ("jobs acknowledged", len(book.jobs)),
                ("jobs found", len(jobs)), *((name, states[name]) for name in ENDS),
                ("cancels acknowledged", len(book.cancelled_jobs)), ("slowest restart", f"{slowest * 1000:.0f} ms"),
                ("broken promises", len(book.faults))]
        if book.faults and os.environ.get("GANTRY_KEEP"):
            shutil.copytree(folder, os.environ["GANTRY_KEEP"], dirs_exist_ok=True)
    for name, value in rows:
        print(f"| {name:20} | {value} |")
    for fault in book.faults[:20]:
        print(fault, file=sys.stderr)
    sys.exit(1 if book.faults else 0)


if __name__ == "__main__":
    main()
