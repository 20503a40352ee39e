"""A `gantry serve` over a storage folder of its own, as the measurements of jobs see it, and bodies to submit with."""

import http.client
import json
import os
import re
import select
import signal
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# GANTRY_PROGRAM measures another build than this checkout's.
GANTRY = os.environ.get("GANTRY_PROGRAM", os.path.join(ROOT, ".build/release/gantry"))
ENDS = ("completed", "failed", "cancelled")
BOUNDARY = "gantry-benchmarks"


class Server:
    """One storage folder, and the server that happens to run on it."""

    started = []

    def __init__(self, folder, environment=None, arguments=(), storage=None):
        self.storage = storage or os.path.join(folder, "storage")
        self.log = open(os.path.join(folder, "log"), "ab")
        self.environment = {**os.environ, "GANTRY_STORAGE_DIR": self.storage, "GANTRY_REQUIRE_AUTH": "false",
                            "MAX_CONCURRENT_JOBS": "2", "RETRY_BASE_DELAY": "0.05", **(environment or {})}
        self.arguments = list(arguments)
        self.process, self.port = None, None

    def start(self, failpoint=None):
        """Whether it listens; it may have been told to end before."""
        environment = {**self.environment, **({"GANTRY_FAILPOINT": failpoint} if failpoint else {})}
        self.process = subprocess.Popen([GANTRY, "serve", "--port", "0", *self.arguments], stdout=subprocess.PIPE,
                                        stderr=self.log, env=environment)
        Server.started.append(self.process)
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://[^:]+:(\d+)", line)
        self.port = int(found[1]) if found else None
        # Nobody reads the rest; it must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return found is not None

    def kill(self):
        self.process.kill()
        self.process.wait()

    @staticmethod
    def kill_all():
        """What a measurement that broke off left running."""
        for process in Server.started:
            if process.poll() is None:
                process.kill()
                process.wait()

    def stop(self):
        """Ends it in order; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def ask(self, method, path, body=None, headers=None):
        """Status and parsed answer; OSError or HTTPException where the server is gone."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data else None
        finally:
            connection.close()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port or 1, timeout=20)

    def submit(self, name, video, pipelines="scene_detection", headers=None, config="{}"):
        before, after = submission(name, pipelines, config)
        return self.ask("POST", "/api/v1/jobs", before + video + after, {"Content-Type": MEDIA_TYPE, **(headers or {})})

    def jobs(self):
        """All of them, by id."""
        jobs, page = {}, 1
        while True:
            status, answer = self.ask("GET", f"/api/v1/jobs?page={page}&per_page=100")
            assert status == 200, answer
            jobs.update({job["id"]: job for job in answer["jobs"]})
            if page * 100 >= answer["total"]:
                return jobs
            page += 1

    def wait_for_ends(self, seconds):
        """All jobs when they have ended; None where one has not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            jobs = self.jobs()
            if all(job["status"] in ENDS for job in jobs.values()):
                return jobs
            time.sleep(0.2)
        return None

    # What the kernel knows of it

    @property
    def memory(self):
        """Resident bytes of the server's own process."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def processes(self):
        """Its own pid and those of all that it has started, however far down."""
        found, new = [], [self.process.pid]
        while new:
            found += new
            new = [child for pid in new for child in children(pid)]
        return found

    def processor_seconds(self):
        """Of the server and everything that lives under it, by the scheduler's own clock."""
        total = 0
        for pid in self.processes():
            for thread in entries(f"/proc/{pid}/task"):
                total += int((read(f"/proc/{pid}/task/{thread}/schedstat") or "0").split()[0])
        return total / 1e9

    def attempts(self):
        """Pids of attempts that run, by their job's id."""
        found = {}
        for pid in children(self.process.pid):
            if "run-attempt" in (read(f"/proc/{pid}/cmdline") or ""):
                job = re.search(r"/attempt-([0-9a-f]{12})", read(f"/proc/{pid}/environ") or "")
                if job:
                    found[job[1]] = pid
        return found

    def leftovers(self):
        """Processes that still name the storage folder."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            words = (read(f"/proc/{pid}/cmdline") or "") + (read(f"/proc/{pid}/environ") or "")
            if self.storage in words and "gantry" in words and int(pid) != os.getpid():
                found.append(int(pid))
        return found


def submission(name, pipelines="scene_detection", config="{}"):
    """A submission's body before and after the video."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
             for field, value in (("selected_pipelines", pipelines), ("config", config))]
    parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="video"; filename="{name}"\r\n'
                 "Content-Type: video/mp4\r\n\r\n")
    return "".join(parts).encode(), f"\r\n--{BOUNDARY}--\r\n".encode()


MEDIA_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def make_video(path, seconds=1, size="64x48", rate=10, bits=None, loops=1):
    """An H.264 video; `bits` a second where its size matters, `loops` times over where its length does."""
    if os.path.exists(path):
        with open(path, "rb") as file:
            return file.read()
    if loops > 1:
        make_video(path + ".once.mp4", seconds, size, rate, bits)
        subprocess.run(["ffmpeg", "-v", "error", "-stream_loop", str(loops - 1), "-i", path + ".once.mp4", "-c", "copy",
                        path], check=True)
        return make_video(path)
    quality = ["-b:v", str(bits), "-minrate", str(bits), "-maxrate", str(bits), "-bufsize", str(bits),
               "-x264-params", "nal-hrd=cbr:force-cfr=1"] if bits else []
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}",
                    "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-g", str(rate), *quality, path], check=True)
    with open(path, "rb") as file:
        return file.read()


def wait_for_death(pidfd, seconds):
    """Whether the process of a `pidfd_open` has ended in time."""
    waiting = select.poll()
    waiting.register(pidfd, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))


def children(pid):
    return [int(child) for thread in entries(f"/proc/{pid}/task")
            for child in (read(f"/proc/{pid}/task/{thread}/children") or "").split()]


def entries(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []


def read(path):
    """A file of /proc as text; None where its process is gone."""
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return None
