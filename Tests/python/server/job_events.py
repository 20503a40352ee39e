"""The stream of events: a job's history and what follows, resumption, gaps, ends.

job_events.py URL TOKEN JOB ENDED OTHER    (JOB waits and is cancelled here; ENDED has completed; OTHER waits)
"""

import http.client
import json
import sys
import threading

from calls import Server, check, finish

url, token, job, ended, other = sys.argv[1:]
server = Server(url)


class Stream:
    def __init__(self, query="", last=None):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.connection.request("GET", "/api/v1/events/stream" + query, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        """The next event as (id, name, data), comments skipped; None at the end."""
        fields = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if not line:
                if "data" in fields:
                    return int(fields["id"]) if "id" in fields else None, fields.get("event"), json.loads(fields["data"])
                fields = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value

    def rest(self):
        events = []
        while (event := self.next()) is not None:
            events.append(event)
        return events

    def close(self):
        self.connection.close()


# A job that has ended: its history, and the end of the stream.
stream = Stream(f"?job_id={ended}")
check(stream.status == 200 and stream.answer.headers["Content-Type"].startswith("text/event-stream"), stream.answer.headers)
events = stream.rest()
types = [data["type"] for _, _, data in events]
check(types == ["submitted", "started", "progress", "completed"], types)
check(all(name == "job" and data["job_id"] == ended for _, name, data in events), events)
ids = [number for number, _, _ in events]
check(ids == sorted(set(ids)), "ids", ids)
progress = events[2][2]
check(progress["stage"] == "detect" and progress["progress"] == 0.5 and progress["frames_per_second"] == 40, progress)
check(progress["remaining_seconds"] == 9 and progress["status"] == "running", progress)
check(events[3][2]["status"] == "completed" and events[3][2]["progress"] == 1, events[3])
# Back with what was seen last.
check([data["type"] for _, _, data in Stream(f"?job_id={ended}", ids[1]).rest()] == types[2:], "resumed")
check(Stream(f"?job_id={ended}", ids[-1]).status == 204, "a client that has seen the end")
check(Stream(f"?job_id={ended}", "abc").status == 422, "Last-Event-ID abc")
# A number that is no event's yet, from another server or from before a backup was brought back: how things stand.
events = Stream(f"?job_id={ended}", 10**12).rest()
check([(data["type"], data["status"]) for _, _, data in events] == [("state", "completed")], "ahead, ended", events)
stream = Stream(f"?job_id={job}", 10**12)
number, _, data = stream.next()
check(data["type"] == "state" and data["status"] == "pending" and number < 10**12, "ahead, waiting", number, data)
stream.close()
stream = Stream(last=10**12)
number, name, data = stream.next()
check(name == "gap" and number is not None and number < 10**12 and data["hint"], "ahead, all", number, name, data)
stream.close()
for name in ("0123456789ab", "..", "%2e%2e", "x" * 100):
    answer = server.call("GET", f"/api/v1/events/stream?job_id={name}", token=token)
    check(answer.status == 404 and answer.json["error"]["code"] == "JOB_NOT_FOUND", name, answer)

# What follows, to one stream of the job and one of all.
one, everything = Stream(f"?job_id={job}"), Stream()
check(one.next()[2]["type"] == "submitted", "history")
server.call("POST", f"/api/v1/jobs/{job}/cancel", token=token)
number, _, data = one.next()
check(data["type"] == "cancelled" and data["status"] == "cancelled", data)
check(one.next() is None, "the stream goes on after the end")
check(everything.next()[2] == data, "all jobs")
server.call("DELETE", f"/api/v1/jobs/{job}", token=token)
last, _, data = everything.next()
check(data["type"] == "deleted" and data["job_id"] == job, data)
everything.close()
# A client of all jobs that was away.
server.call("POST", f"/api/v1/jobs/{other}/cancel", token=token)
stream = Stream(last=last)
check(stream.next()[2]["type"] == "cancelled", "missed")
stream.close()

# Many at once, each told.
streams = [Stream() for _ in range(50)]
created = []


def submit():
    from uploads import simple
    created.append(simple(server, token).json["id"])


thread = threading.Thread(target=submit)
thread.start()
for stream in streams:
    data = stream.next()[2]
    check(data["type"] == "submitted", data)
thread.join()
for stream in streams:
    stream.close()
finish()
