"""The server killed at random moments under load: what it acknowledged is neither lost nor doubled.

    Benchmarks/run kills [--rounds 200] [--clients 4] [--failpoint NAME] [--alive 1.5] [--pause 0.5] [--seed 1]
    Benchmarks/run kills --one-job [--rounds 20] [--seed 1]

Clients submit a small video again and again, each submission under an Idempotency-Key that is repeated until it is
acknowledged, and cancel some jobs. Meanwhile the server is killed (SIGKILL) and started again, `rounds` times. Then
every job is waited for, and the promises are checked: no acknowledged job is missing, no key has two jobs, a cancelled
job stays cancelled, each job has ended once, the database is sound, and nothing of the server is left running.

With `--one-job` the server is killed at random moments of one long job instead. Its result files have to be the same bytes
as those of an undisturbed run; no chunk that was finished may be done again, so that a kill costs at most those that were
worked on, one for each processor.

Prints a table; exit status 1 where a promise was broken. Needs nothing but Python's own library and ffmpeg.
"""

import argparse
import collections
import http.client
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from job_server import ENDS, MEDIA_TYPE, Server, make_video, submission


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
        before, after = submission(f"{key}.mp4")
        body = before + self.video + after
        headers = {"Content-Type": MEDIA_TYPE, "Idempotency-Key": key}
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
        elif status not in (409, 503, 507):
            self.book.broken(f"cancel {job}: status {status}: {answer}")


class Book:
    """What clients were told."""

    def __init__(self, pause):
        self.lock, self.pause, self.closing = threading.Lock(), pause, threading.Event()
        self.jobs, self.keys, self.cancelled_jobs, self.faults = {}, set(), set(), []
        self.acknowledgements, self.deaths = 0, collections.Counter()

    def attempted(self, key):
        with self.lock:
            self.keys.add(key)

    def acknowledged(self, key, job):
        with self.lock:
            self.acknowledgements += key not in self.jobs
            if self.jobs.setdefault(key, job) != job:
                self.faults.append(f"key {key} has two jobs: {self.jobs[key]} and {job}")

    def told(self):
        """What clients were told up to now: jobs by key, and jobs that are cancelled."""
        with self.lock:
            return dict(self.jobs), set(self.cancelled_jobs)

    def forget(self, job):
        """It was deleted, as it was asked to be."""
        with self.lock:
            self.jobs = {key: other for key, other in self.jobs.items() if other != job}
            self.cancelled_jobs.discard(job)

    def cancelled(self, job):
        with self.lock:
            self.cancelled_jobs.add(job)

    def broken(self, text):
        with self.lock:
            self.faults.append(text)


def check(server, book, jobs, told=None):
    """Whether the jobs are as clients were told; `told` is what they had been told before the jobs were looked up."""
    faults = book.faults
    keys, cancelled = told or book.told()
    for key, job in keys.items():
        if job not in jobs:
            faults.append(f"job {job} of {key} was acknowledged and is lost")
    names = collections.Counter(job["video_filename"] for job in jobs.values())
    faults += [f"{name} was taken {count} times" for name, count in names.items() if count > 1]
    strangers = set(names) - {f"{key}.mp4" for key in book.keys}
    faults += [f"{name} was never submitted" for name in strangers]
    for job in cancelled:
        if job in jobs and jobs[job]["status"] != "cancelled":
            faults.append(f"job {job} was cancelled and is {jobs[job]['status']}")
    for job in jobs.values():
        # A job whose process was killed twice in one chunk is ended with that chunk named.
        if job["status"] == "failed" and book.deaths[job["id"]] < 2:
            faults.append(f"job {job['id']} failed: {job['error_message']}")
        if job["status"] == "completed" and not os.path.exists(
                os.path.join(server.storage, "results", job["id"], "results.json")):
            faults.append(f"job {job['id']} completed without results")


def check_database(server, faults):
    with sqlite3.connect(os.path.join(server.storage, "gantry.db")) as database:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    if answer != "ok":
        faults.append(f"the database is damaged: {answer}")


def settle(server, clients, book, stop, seconds):
    """Lets everything come to its end and checks all promises. The jobs, as they ended."""
    stop.set()
    book.closing.set()
    for client in clients:
        client.join(30)
    jobs = server.wait_for_ends(seconds)
    if jobs is None:
        book.broken("jobs did not come to their end: the queue is stuck")
        jobs = server.jobs()
    check(server, book, jobs)
    if server.stop() != 0:
        book.broken("the server's orderly end failed")
    check_database(server, book.faults)
    left = server.leftovers()
    if left:
        book.broken(f"processes are left: {left}")
    return jobs


def tell(rows, book):
    """Prints the table and what was broken, and ends the program."""
    for name, value in rows:
        print(f"| {name:26} | {value} |")
    for fault in book.faults[:20]:
        print(fault, file=sys.stderr)
    sys.exit(1 if book.faults else 0)


def results_of(server, job):
    """The job's files by name, but the one that says when what ran."""
    folder, found = os.path.join(server.storage, "results", job), {}
    for name in os.listdir(folder):
        if not name.startswith(".") and name != "results.json":
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
    return found


def chunks_of(server, job):
    """When each checkpoint was written, by its path."""
    found = {}
    for folder, _, names in os.walk(os.path.join(server.storage, "results", job, ".gantry")):
        for name in names:
            if name.startswith("chunk-"):
                path = os.path.join(folder, name)
                try:
                    found[path] = os.stat(path).st_mtime_ns
                except OSError:
                    pass
    return found


def kill_one_job(folder, rounds, chance):
    """The server killed so many times during one job."""
    video = make_video(os.path.join(folder, "long.mp4"), 10, "640x360", 25, loops=6)
    server, book = Server(folder, {"MAX_CONCURRENT_JOBS": "1"}), Book(pause=0)
    server.start()

    def submit(name):
        status, job = server.submit(f"{name}.mp4", video, "person_tracking,scene_detection",
                                    config='{"person_tracking": {"pps": 25}}')
        assert status == 201, job
        return job["id"], time.monotonic()

    def wait(job, begin):
        jobs = server.wait_for_ends(1800)
        if not jobs or jobs[job]["status"] != "completed" or jobs[job]["error_message"]:
            book.broken(f"job {job} did not complete: {jobs and jobs[job]}")
        return time.monotonic() - begin

    job, begin = submit("game")
    seconds = wait(job, begin)
    undisturbed, whole = results_of(server, job), len(chunks_of(server, job))
    job, begin = submit("game")
    kills, redone, written = 0, 0, {}
    while kills < rounds:
        # Evenly over the job, however long each start takes; not before there is something to lose.
        share = (kills + chance.random()) / rounds * 0.95
        while len(chunks_of(server, job)) < share * whole and server.jobs()[job]["status"] in ("pending", "running"):
            time.sleep(0.02)
        time.sleep(chance.random() * seconds / max(1, whole))
        server.kill()
        kills += 1
        now = chunks_of(server, job)
        redone += sum(1 for path, at in written.items() if now.get(path) != at)
        written = now
        if not server.start():
            book.broken(f"the server did not come up after kill {kills}")
            break
    if server.jobs()[job]["status"] not in ("pending", "running"):
        book.broken("the job ended before the last kill: take a longer video")
    disturbed = wait(job, begin)
    now = chunks_of(server, job)
    redone += sum(1 for path, at in written.items() if now.get(path) != at)
    if redone:
        book.broken(f"{redone} finished chunks were done again or are gone")
    found = results_of(server, job)
    same = sum(found.get(name) == content for name, content in undisturbed.items())
    if found.keys() != undisturbed.keys() or same != len(undisturbed) or not undisturbed:
        book.broken(f"result files differ: {sorted(undisturbed)}, {sorted(found)}, {same} are the same")
    attempt = server.ask("GET", f"/api/v1/jobs/{job}")[1]["attempt"]
    server.stop()
    check_database(server, book.faults)
    tell([("kills", kills), ("chunks", whole), ("result files, all the same", same), ("finished chunks done again", redone),
          ("attempts that it took", attempt), ("seconds, undisturbed", f"{seconds:.0f}"),
          ("seconds, with kills", f"{disturbed:.0f}"), ("broken promises", len(book.faults))], book)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int)
    options.add_argument("--one-job", action="store_true", help="kill at random moments of one long job")
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--failpoint", metavar="store.NAME", help="kill at this named point instead of at random moments")
    options.add_argument("--alive", type=float, default=1.5, help="seconds that the server lives at most")
    options.add_argument("--pause", type=float, default=0.5, help="seconds between a client's submissions at most")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    options.rounds = options.rounds or (20 if options.one_job else 200)
    chance = random.Random(options.seed)
    if options.one_job:
        with tempfile.TemporaryDirectory(prefix="gantry-kills-", ignore_cleanup_errors=True) as folder:
            try:
                kill_one_job(folder, options.rounds, chance)
            finally:
                Server.kill_all()
    with tempfile.TemporaryDirectory(prefix="gantry-kills-") as folder:
        content = make_video(os.path.join(folder, "video.mp4"))
        server, book, stop = Server(folder), Book(options.pause), threading.Event()
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
        jobs = settle(server, clients, book, stop, 120 + len(book.jobs))
        states = collections.Counter(job["status"] for job in jobs.values())
        rows = [("kills", kills), ("at", options.failpoint or "random moments"), ("jobs acknowledged", len(book.jobs)),
                ("jobs found", len(jobs)), *((name, states[name]) for name in ENDS),
                ("cancels acknowledged", len(book.cancelled_jobs)), ("slowest restart", f"{slowest * 1000:.0f} ms"),
                ("broken promises", len(book.faults))]
        if book.faults and os.environ.get("GANTRY_KEEP"):
            shutil.copytree(folder, os.environ["GANTRY_KEEP"], dirs_exist_ok=True)
    tell(rows, book)


if __name__ == "__main__":
    main()
