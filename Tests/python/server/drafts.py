"""Calls to `/jobs`, for the scripts beside this one.

The server's worker is the test's own: player 11 is found, 12 is not and fails, 13 runs until it is cancelled.
"""

import time

from calls import Server, check
from uploads import submit

STATUS_KEYS = {"job_id", "rq_state", "status", "stage", "progress", "message", "error", "updated_at", "proxy_ready",
               "proxy_url"}
PAIRS = {None: {"created", "uploading", "uploaded", "ready", "cancelled"}, "queued": {"queued"},
         "started": {"processing"}, "finished": {"done"}, "failed": {"failed"}, "canceled": {"cancelled"}}
STAGES = ["created", "ready", "queued", "proxy", "tracking", "identifying", "exporting", "done"]


class Drafts:
    def __init__(self, url, token):
        self.server, self.token = Server(url), token

    def call(self, method, path, body=None, headers=None, token=None):
        return self.server.call(method, path, body, token or self.token, headers)

    def create(self, body=None, **options):
        answer = self.call("POST", "/jobs", body, **options)
        check(answer.status == 200 and set(answer.json) == {"job_id"}, "create", answer)
        job = answer.json["job_id"]
        check(len(job) == 12 and set(job) <= set("0123456789abcdef"), "no id", answer)
        return job

    def upload(self, job, content=b"some bytes of a video", name="game.mp4", field="file"):
        return submit(self.server, self.token, (field, name, content), path=f"/jobs/{job}/upload")

    def set_up(self, job, **setup):
        return self.call("PUT", f"/jobs/{job}/setup", setup)

    def ready(self, player):
        """A job with video and setup."""
        job = self.create()
        check(self.upload(job).status == 200, "upload")
        check(self.set_up(job, player_number=player).status == 200, "setup")
        return job

    def status(self, job):
        answer = self.call("GET", f"/jobs/{job}/status")
        check(answer.status == 200 and set(answer.json) == STATUS_KEYS, "status", answer)
        value = answer.json
        check(value["job_id"] == job and value["status"] in PAIRS[value["rq_state"]], "status", value)
        check(value["stage"] in STAGES and 0 <= value["progress"] <= 100, "status", value)
        check(value["proxy_ready"] == (value["proxy_url"] is not None), "proxy", value)
        check((value["error"] is not None) == (value["status"] == "failed"), "error", value)
        return value

    def follow(self, job, *ends, seconds=60):
        """Asks without pause until it is one of `ends`; everything that was seen."""
        end, seen = time.monotonic() + seconds, []
        while True:
            value = self.status(job)
            if not seen or {**value, "message": None} != {**seen[-1], "message": None}:
                seen.append(value)
            if value["status"] in ends:
                return seen
            if time.monotonic() > end:
                check(False, job, "is", value, "and never", ends)
                return seen
