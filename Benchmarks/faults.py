"""Disks that fail and attempts that are killed, again and again: what was acknowledged stays, and all goes on afterwards.

    Benchmarks/run faults [--minutes 60] [--seed 1]
    Benchmarks/run faults --each-call

A server keeps its storage on a volume of its own of 96 MB (root mounts it). Clients submit small videos under
Idempotency-Keys that are repeated until they are acknowledged, and cancel some jobs. Meanwhile, by chance, one at a time:

- the volume runs full to its last byte, and is given back after a moment (every write of every kind fails meanwhile);
- the volume runs full while the server is killed and started again;
- attempts are killed, at any moment;
- the server is killed.

Between the faults the server has to answer, to take in a job and to run one to its end within a minute. At the end all
jobs have ended, none that was acknowledged is missing or doubled, no cancelled one has changed, the database is sound.

With `--each-call` one submission after the other meets a disk that refuses one call: of the first submission the first that
changes the storage (creating, writing, synchronising, renaming), of the second the second, and so on, until a submission
makes fewer; then the same with all calls after it refused too. Each has to be taken, or answered 507 with a hint and leave
nothing; and to be taken, once, when it is repeated.

Exit status 1 where a promise was broken. Needs Python's own library, ffmpeg and root; `--each-call` a C compiler instead of
root.
"""

import argparse
import collections
import mmap
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from job_server import ENDS, Server, make_video
from kills import Book, Client, check, check_database, settle, tell

VOLUME_MEGABYTES = 96


class Faults:
    """Each is over when its function returns."""

    def __init__(self, server, book, chance):
        self.server, self.book, self.chance = server, book, chance
        self.filler = os.path.join(server.storage, "filler")

    def fill(self):
        """Takes the volume to its last byte."""
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    pass

    def full(self):
        self.fill()
        end = time.monotonic() + self.chance.random() * 3
        while time.monotonic() < end:
            # What others give back meanwhile is taken too: some writes go through, at random.
            time.sleep(self.chance.random() * 0.2)
            self.fill()
        os.remove(self.filler)

    def full_and_killed(self):
        self.fill()
        time.sleep(self.chance.random())
        self.server.kill()
        # It may refuse to start without room, but harms nothing.
        self.server.start()
        time.sleep(self.chance.random())
        os.remove(self.filler)
        self.revive()

    def attempt_killed(self):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            time.sleep(self.chance.random() * 0.1)
            found = self.server.attempts()
            if found:
                job = self.chance.choice(sorted(found))
                self.book.deaths[job] += 1
                try:
                    os.kill(found[job], signal.SIGKILL)
                except ProcessLookupError:
                    pass
                return

    def server_killed(self):
        time.sleep(self.chance.random())
        self.server.kill()
        self.revive()

    def revive(self):
        """Starts it where it does not run."""
        if self.server.process.poll() is not None:
            assert self.server.start(), "the server does not start; see its log"

    @property
    def all(self):
        return [self.full, self.full_and_killed, self.attempt_killed, self.server_killed]


def goes_on(server, book, number, video):
    """A job of its own from its submission to its end, and no fault meanwhile."""
    deadline, job = time.monotonic() + 60, None
    key = f"between-{number}"
    book.attempted(key)
    while time.monotonic() < deadline:
        try:
            status, answer = (server.ask("GET", f"/api/v1/jobs/{job}") if job
                              else server.submit(f"{key}.mp4", video, headers={"Idempotency-Key": key}))
        except OSError as error:
            return book.broken(f"after fault {number} the server does not answer: {error}")
        if status == 201:
            job = answer["id"]
            book.acknowledged(key, job)
        elif status == 200 and answer["status"] in ENDS:
            return None
        time.sleep(0.05)
    return book.broken(f"after fault {number} no job came to its end within a minute; last: {status} {answer}")


def tidy(server, book):
    """Deletes what has ended, so that the volume holds however long it goes on; what it was is checked before."""
    told, jobs = book.told(), server.jobs()
    if len(jobs) < 300:
        return
    check(server, book, jobs, told)
    for job, value in jobs.items():
        if value["status"] in ENDS and server.ask("DELETE", f"/api/v1/jobs/{job}")[0] == 204:
            book.forget(job)


class FailingDisk:
    """The calls of a server that change its storage, one of which can be made to fail (failing_disk.c)."""

    def __init__(self, folder, storage):
        library, counter = os.path.join(folder, "failing_disk.so"), os.path.join(folder, "counter")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "failing_disk.c")
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        with open(counter, "wb") as file:
            file.write(bytes(16))
        with open(counter, "r+b") as file:
            self.numbers = memoryview(mmap.mmap(file.fileno(), 16)).cast("q")
        self.environment = {"LD_PRELOAD": library, "FAILING_FOLDER": storage, "FAILING_COUNTER": counter}

    def arm(self, call, lasts):
        """Call number `call` from now on fails, and where it lasts all after it."""
        self.numbers[0], self.numbers[1] = call, lasts

    def disarm(self):
        """Whether the call that was to fail has come."""
        came = self.numbers[0] <= 0
        self.numbers[1], self.numbers[0] = 0, 0
        return came


def each_call(folder):
    video = make_video(os.path.join(folder, "video.mp4"), seconds=2, size="640x360", rate=25, bits=4_000_000)
    storage = os.path.join(folder, "storage")
    disk = FailingDisk(folder, storage)
    server, book, statuses = Server(folder, {"MAX_CONCURRENT_JOBS": "1", **disk.environment}, storage=storage), Book(0), {}
    server.start()
    # It takes the one slot, so that no other job runs meanwhile.
    _, first = server.submit("first.mp4", make_video(os.path.join(folder, "long.mp4"), 10, "640x360", 25, loops=60))
    while first["id"] not in server.attempts():
        time.sleep(0.05)
    os.kill(server.attempts()[first["id"]], signal.SIGSTOP)
    keys, counts = {}, {}
    for lasts in (0, 1):
        call, came = 0, True
        while came and call < 1000:
            call += 1
            key = f"{'from' if lasts else 'at'}-{call}"
            disk.arm(call, lasts)
            try:
                status, answer = server.submit(f"{key}.mp4", video, headers={"Idempotency-Key": key})
            finally:
                came = disk.disarm()
            statuses[status] = statuses.get(status, 0) + 1
            if status not in (201, 507) or status == 507 and not answer["error"].get("hint"):
                book.broken(f"{key}: status {status}: {answer}")
            deadline = time.monotonic() + 10
            while status != 201 and time.monotonic() < deadline:
                time.sleep(0.02)
                status, answer = server.submit(f"{key}.mp4", video, headers={"Idempotency-Key": key})
            if status != 201:
                book.broken(f"{key}: not taken once the disk works again: {status}: {answer}")
                break
            keys[key] = answer["id"]
        counts[lasts] = call - 1
    jobs = server.jobs()
    known = set(keys.values()) | {first["id"]}
    if set(jobs) != known or len(keys) + 1 != len(jobs):
        book.broken(f"{len(jobs)} jobs of {len(keys) + 1} submissions")
    uploads = set(os.listdir(os.path.join(storage, "uploads")))
    if uploads != known:
        book.broken(f"uploads that are no job's: {sorted(uploads - known)}; missing: {sorted(known - uploads)}")
    # The job that holds the slot has a folder of its own there.
    left = [name for name in os.listdir(os.path.join(storage, "temp"))
            if "health" not in name and not name.startswith("attempt-")]
    if left:
        book.broken(f"left in temp: {left}")
    server.kill()
    check_database(server, book.faults)
    tell([("calls that failed alone", counts[0]), ("calls with all after them", counts[1]),
          *((f"answered {status}", count) for status, count in sorted(statuses.items())),
          ("broken promises", len(book.faults))], book)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=2)
    options.add_argument("--clients", type=int, default=2)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--each-call", action="store_true", help="each call of a submission fails once")
    options = options.parse_args()
    if options.each_call:
        with tempfile.TemporaryDirectory(prefix="gantry-faults-", ignore_cleanup_errors=True) as folder:
            try:
                each_call(folder)
            finally:
                Server.kill_all()
    if os.geteuid() != 0:
        sys.exit("Benchmarks/run faults mounts a small volume, which only root may")
    chance, done = random.Random(options.seed), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="gantry-faults-", ignore_cleanup_errors=True) as folder:
        video = make_video(os.path.join(folder, "video.mp4"))
        storage = os.path.join(folder, "storage")
        os.mkdir(storage)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME_MEGABYTES}m", "tmpfs", storage], check=True)
        # Faults that may pass are no end here: a killed attempt is tried again often enough.
        server = Server(folder, {"MAX_JOB_RETRIES": "100", "RETRY_MAX_DELAY": "1"}, storage=storage)
        try:
            server.start()
            book, stop = Book(pause=2), threading.Event()
            clients = [Client(number, server, video, book, stop, chance.random()) for number in range(options.clients)]
            for client in clients:
                client.start()
            faults, end, count = Faults(server, book, chance), time.monotonic() + 60 * options.minutes, 0
            while time.monotonic() < end and not book.faults:
                fault = chance.choice(faults.all)
                fault()
                faults.revive()
                count += 1
                done[fault.__name__] += 1
                goes_on(server, book, count, video)
                tidy(server, book)
            settle(server, clients, book, stop, 180)
        finally:
            Server.kill_all()
            subprocess.run(["umount", "-l", storage])
    names = [(name.replace("_", " "), count) for name, count in sorted(done.items())]
    tell([*names, ("jobs acknowledged", book.acknowledgements), ("broken promises", len(book.faults))], book)


if __name__ == "__main__":
    main()
