"""The annotation API's figures: submissions, lists, cancels, the way from an answer to a running process, idleness, and
256 uploads at once, all against a real `gantry serve`.

    Benchmarks/run jobs [--only submit,validate,…] [--cancels 200] [--scratch FOLDER]

Prints the table of docs/benchmarks.md; exit status 1 where a promise (not a figure) was broken. Needs Python's own
library, ffmpeg, some 6 GB of disk in the scratch folder, and about five minutes.

What the figures mean:
- submit: 8 clients, each submitting 10 MB videos one after the other, with settings that are validated. From the last
  byte of the body handed to the system (whose buffer for it is 256 KB) to the first byte of the answer; and in all. The
  bytes alone: the same clients send the same to a program that receives them, forgets them and answers.
- cancel: at a random moment in the first seconds of a running job. From the request to the death of the attempt's
  process, as its pidfd tells it, and to the answer. After all of them the server is started again, and each job has to
  be cancelled still.
- dispatch: from the first byte of a submission's answer to the attempt's process running its own program; jobs wait for
  nothing else.
- idle: processor time of the server and the workers it keeps, by the scheduler's clock.
- uploads: each has sent its head and a first piece before any goes on; the growth is over what the server held after it
  had taken in a few, at most, looked at every 5 ms.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time

from job_server import MEDIA_TYPE, Server, make_video, submission, wait_for_death

JOBS_IN_STORE = 100_000
CLIENTS, SUBMISSIONS = 8, 25
UPLOADS, UPLOAD_BYTES = 256, 20 << 20


class Figures:
    def __init__(self):
        self.rows, self.faults = [], []

    def add(self, name, value, goal=""):
        self.rows.append((name, value, goal))
        print(f"  {name}: {value}", file=sys.stderr, flush=True)

    def quantiles(self, name, seconds, goal=""):
        seconds = sorted(seconds)
        half, late = (1000 * seconds[min(len(seconds) - 1, len(seconds) * share // 100)] for share in (50, 99))
        self.add(f"{name}: p50, p99, longest of {len(seconds)}",
                 f"{half:.1f}, {late:.1f}, {1000 * seconds[-1]:.1f} ms", goal)

    def check(self, holds, *what):
        if not holds:
            self.faults.append(" ".join(map(str, what)))


def request_head(server, length):
    return (f"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {length}\r\nConnection: close\r\n\r\n").encode()


def send_upload(server, name, video, started=None, pipelines="person_tracking", config="{}"):
    """One submission over a connection of its own: status, seconds from the last byte to the answer, and in all."""
    before, after = submission(name, pipelines, config)
    with socket.create_connection(("127.0.0.1", server.port), timeout=600) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 128 << 10)  # The kernel makes it twice that.
        # Else a short last segment waits for the acknowledgement of the one before, which may take 40 ms.
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.monotonic()
        link.sendall(request_head(server, len(before) + len(video) + len(after)) + before)
        if started:
            started.wait()
        link.sendall(video)
        link.sendall(after)
        sent = time.monotonic()
        answer = link.recv(1 << 16)
        end = time.monotonic()
        while piece := link.recv(1 << 16):
            answer += piece
        job = json.loads(answer.partition(b"\r\n\r\n")[2] or b"{}").get("id")
        return int(answer.split()[1]) if answer else 0, end - sent, end - begin, job


def together(count, work):
    """Runs `work(number)` on so many threads."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait_for_attempt(server, job, seconds=20):
    """Pid of the job's process as soon as it runs its program."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid = server.attempts().get(job)
        if pid:
            return pid
    return None


class BareReceiver:
    """A process that receives bodies and answers, and does nothing else."""

    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = listener.getsockname()[1]
        self.process = multiprocessing.Process(target=self.run, args=(listener,), daemon=True)
        self.process.start()
        listener.close()

    def run(self, listener):
        while True:
            threading.Thread(target=self.answer, args=(listener.accept()[0],), daemon=True).start()

    @staticmethod
    def answer(link):
        room = bytearray(256 << 10)
        with link:
            count = link.recv_into(room)
            head, _, body = bytes(room[:count]).partition(b"\r\n\r\n")
            left = int(head.lower().split(b"content-length:")[1].split()[0]) - len(body)
            while left > 0 and (count := link.recv_into(room)):
                left -= count
            link.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    def stop(self):
        self.process.terminate()
        self.process.join()


# Each measurement


def measure_submit(figures, folder):
    video = make_video(os.path.join(folder, "ten.mp4"), seconds=4, size="1280x720", rate=25, bits=20_000_000)
    long = make_video(os.path.join(folder, "long.mp4"), 10, "640x360", 25, loops=60)
    server = Server(folder, {"MAX_CONCURRENT_JOBS": "1"})
    server.start()
    config = json.dumps({"person_tracking": {"pps": 2, "conf_threshold": 0.5}})
    megabytes = f"{len(video) / 1e6:.0f} MB, {CLIENTS} clients"

    def measure(target, name, goal=""):
        beyond, whole, lock = [], [], threading.Lock()

        def client(number):
            for count in range(SUBMISSIONS):
                status, late, total, _ = send_upload(target, f"{number}-{count}.mp4", video, config=config)
                with lock:
                    figures.check(status == 201, "submit", status)
                    beyond.append(late)
                    whole.append(total)

        send_upload(target, "warm.mp4", video, config=config)
        together(CLIENTS, client)
        figures.quantiles(f"submit, {megabytes}, {name}, beyond the bytes", beyond, goal)
        figures.quantiles(f"submit, {megabytes}, {name}, in all", whole)

    for name, is_held in (("its one slot held by a job that sleeps", True), ("while a job runs", False)):
        # The slot is taken first, so that what runs is the same all the time.
        _, first = server.submit("first.mp4", long)
        pid = wait_for_attempt(server, first["id"])
        if is_held:
            os.kill(pid, signal.SIGSTOP)
        measure(server, name, "p99 < 50 ms" if is_held else "")
        server.kill()
        if is_held:
            receiver = BareReceiver()
            measure(receiver, "the bytes alone")
            receiver.stop()
            server = Server(os.path.join(folder, "again"), {"MAX_CONCURRENT_JOBS": "1"})
            server.start()


def fill(storage):
    """So many completed jobs, straight into the store's tables: through the API each would be a commit."""
    now = int(time.time() * 1000)
    result = os.path.join(storage, "results")
    with sqlite3.connect(os.path.join(storage, "gantry.db")) as database:
        numbers = range(1, JOBS_IN_STORE + 1)
        database.executemany(
            "INSERT INTO jobs (number, id, state, rank, needs_gpu, attempt, submitted_at, queued_at, started_at, ended_at)"
            " VALUES (?, ?, 'completed', ?, 0, 1, ?, ?, ?, ?)",
            ((n, f"{n:012x}", n, now - n, now - n, now - n, now) for n in numbers))
        database.executemany(
            "INSERT INTO requests VALUES (?, 'lab', NULL, 'x', ?, 'game.mp4', 1000000000, 3600.0, ?,"
            """ '["scene_detection","person_tracking"]', '{"person_tracking":{"pps":5}}', ?)""",
            ((n, f"{storage}/uploads/{n:012x}/game.mp4", "a" * 64, f"{result}/{n:012x}") for n in numbers))
        database.executemany(
            "INSERT INTO details (number, progress, result_path) VALUES (?, ?, ?)",
            ((n, '{"fraction":1,"framesPerSecond":40,"remainingSeconds":0,"stage":"export"}', f"{result}/{n:012x}")
             for n in numbers))
        database.execute("UPDATE counters SET number = ?, served_rank = ?", (JOBS_IN_STORE, JOBS_IN_STORE))


def measure_list(figures, folder):
    server = Server(folder)
    server.start()
    server.stop()
    fill(server.storage)
    server.start()
    connection, chance = server.connect(), random.Random(1)

    def timed(method, path, body=None, count=500):
        times = []
        for number in range(count):
            begin = time.monotonic()
            connection.request(method, path(number), body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            data = answer.read()
            times.append(time.monotonic() - begin)
            figures.check(answer.status == 200, path(number), answer.status)
        return times, json.loads(data)

    timed("GET", lambda _: "/api/v1/jobs?per_page=100", count=20)
    times, answer = timed("GET", lambda _: "/api/v1/jobs?per_page=100")
    figures.check(answer["total"] == JOBS_IN_STORE and len(answer["jobs"]) == 100, "the list holds", answer["total"])
    figures.quantiles("list, the newest 100 of 100,000", times, "< 10 ms")
    pages = JOBS_IN_STORE // 100
    times, _ = timed("GET", lambda _: f"/api/v1/jobs?per_page=100&page={chance.randint(1, pages)}")
    figures.quantiles("list, 100 of 100,000, any page", times, "< 10 ms")
    times, _ = timed("GET", lambda _: f"/api/v1/jobs?per_page=100&page={chance.randint(1, pages)}&status_filter=completed")
    figures.quantiles("list, 100 completed of 100,000, any page", times, "< 10 ms")
    body = json.dumps({"config": {"person_tracking": {"conf_treshold": 0.5, "pps": 2000}, "scene_detection": {"threshold": 27}},
                       "pipelines": ["person_tracking", "scene_detection"]})
    times, answer = timed("POST", lambda _: "/api/v1/config/validate", body, count=2000)
    figures.check(not answer["valid"] and answer["warnings"], "validate", answer)
    figures.quantiles("validate", times, "p99 < 5 ms")
    connection.close()
    server.stop()


def measure_cancel(figures, folder, count):
    server = Server(folder)
    server.start()
    video = make_video(os.path.join(folder, "long.mp4"), 10, "320x180", 25, loops=120)
    chance, lock = random.Random(1), threading.Lock()
    deaths, answers, jobs = [], [], []

    def client(number):
        for each in range(number, count, 2):
            status, job = server.submit(f"{each}.mp4", video, "person_tracking,scene_detection",
                                        config='{"person_tracking": {"pps": 25}}')
            pid = status == 201 and wait_for_attempt(server, job["id"])
            if not pid:
                figures.check(False, "no attempt of", job)
                continue
            process = os.pidfd_open(pid)
            time.sleep(chance.random() * 1.2)
            watched = {}
            begin = time.monotonic()
            watcher = threading.Thread(target=lambda: watched.update(
                died=wait_for_death(process, 20), at=time.monotonic()))
            watcher.start()
            status, answer = server.ask("POST", f"/api/v1/jobs/{job['id']}/cancel")
            answered = time.monotonic()
            # A dead process that nobody has waited for yet holds nothing any more.
            dead_by_then = not watcher.is_alive() or wait_for_death(process, 0)
            watcher.join()
            os.close(process)
            with lock:
                figures.check(status == 200 and answer["status"] == "cancelled", "cancel", status, answer)
                figures.check(watched["died"] and dead_by_then, "process", pid, "of", job["id"], "outlived the answer")
                deaths.append(watched["at"] - begin)
                answers.append(answered - begin)
                jobs.append(job["id"])

    together(2, client)
    figures.quantiles("cancel to the death of the process", deaths, "p99 < 1 s")
    figures.quantiles("cancel to the answer", answers)
    flips = {job: value["status"] for job, value in server.jobs().items() if value["status"] != "cancelled"}
    server.stop()
    server.start()
    flips |= {job: value["status"] for job, value in server.jobs().items() if value["status"] != "cancelled"}
    figures.check(not flips and len(jobs) == count, "not cancelled any more:", flips, len(jobs))
    figures.add("of these not cancelled at the end", f"{len(flips)}", "0")
    server.stop()


def measure_dispatch(figures, folder):
    server = Server(folder)
    server.start()
    video = make_video(os.path.join(folder, "long.mp4"), 10, "160x120", 25, loops=60)
    times = []
    for number in range(105):
        status, job = server.submit(f"{number}.mp4", video, "scene_detection")
        begin = time.monotonic()
        figures.check(status == 201 and wait_for_attempt(server, job["id"]), "no attempt of", job)
        # The first few wake what sleeps since the start.
        if number >= 5:
            times.append(time.monotonic() - begin)
        server.ask("POST", f"/api/v1/jobs/{job['id']}/cancel")
    figures.quantiles("dispatch, from the answer to the process running", times, "p99 <= 20 ms")
    server.stop()


def measure_idle(figures, folder):
    server = Server(folder)
    server.start()
    server.submit("one.mp4", make_video(os.path.join(folder, "one.mp4")))
    figures.check(server.wait_for_ends(60), "the job did not end")
    time.sleep(5)
    before, begin = server.processor_seconds(), time.monotonic()
    time.sleep(20)
    share = (server.processor_seconds() - before) / (time.monotonic() - begin)
    figures.add("idle, processor time over 20 s", f"{100 * share:.2f} %", "<= 0.5 %")
    figures.add("idle, memory of the server", f"{server.memory / 1e6:.0f} MB")
    server.stop()


def measure_uploads(figures, folder):
    video = make_video(os.path.join(folder, "twenty.mp4"), seconds=8, size="1280x720", rate=25, bits=20_000_000)
    video += bytes(max(0, UPLOAD_BYTES - len(video)))
    server = Server(folder, {"MAX_CONCURRENT_JOBS": "1"})
    server.start()
    _, first = server.submit("first.mp4", make_video(os.path.join(folder, "long.mp4"), 10, "640x360", 25, loops=60))
    os.kill(wait_for_attempt(server, first["id"]), signal.SIGSTOP)
    for number in range(4):
        send_upload(server, f"warm-{number}.mp4", video)
    started, statuses, lock = threading.Barrier(UPLOADS), [], threading.Lock()
    before, peak, done = server.memory, 0, threading.Event()

    def watch():
        nonlocal peak
        while not done.is_set():
            peak = max(peak, server.memory)
            time.sleep(0.005)

    def upload(number):
        try:
            status = send_upload(server, f"{number}.mp4", video, started)[0]
        except OSError as error:
            status = str(error)
        with lock:
            statuses.append(status)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.monotonic()
    together(UPLOADS, upload)
    seconds = time.monotonic() - begin
    done.set()
    watcher.join()
    taken = statuses.count(201)
    figures.check(taken == UPLOADS, "uploads:", {status: statuses.count(status) for status in set(statuses)})
    figures.add(f"{UPLOADS} uploads of {len(video) >> 20} MB at once: taken", f"{taken} in {seconds:.1f} s", f"{UPLOADS}")
    figures.add(f"{UPLOADS} uploads of {len(video) >> 20} MB at once: growth of memory",
                f"{(peak - before) / 2**20:.0f} MB over {before / 2**20:.0f}", "<= 64 MB")
    server.kill()


def main():
    measurements = {"submit": measure_submit, "list": measure_list, "cancel": measure_cancel, "dispatch": measure_dispatch,
                    "idle": measure_idle, "uploads": measure_uploads}
    options = argparse.ArgumentParser()
    options.add_argument("--only", default=",".join(measurements), help="which of: " + ", ".join(measurements))
    options.add_argument("--cancels", type=int, default=200)
    options.add_argument("--scratch", default=None, help="on the disk to be measured")
    options = options.parse_args()
    figures = Figures()
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory(
                prefix="gantry-jobs-", dir=options.scratch, ignore_cleanup_errors=True) as folder:
            os.makedirs(os.path.join(folder, "again"))
            arguments = (options.cancels,) if name == "cancel" else ()
            try:
                measurements[name](figures, folder, *arguments)
            finally:
                Server.kill_all()
    width = max(len(name) for name, _, _ in figures.rows)
    for name, value, goal in figures.rows:
        print(f"| {name:{width}} | {value} | {goal} |")
    for fault in figures.faults[:20]:
        print(fault, file=sys.stderr)
    sys.exit(1 if figures.faults else 0)


if __name__ == "__main__":
    main()
