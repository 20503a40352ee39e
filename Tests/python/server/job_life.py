"""List, look, cancel, delete; names that lead elsewhere.

job_life.py URL TOKEN STORAGE
"""

import os
import sys

from calls import Server, check, finish
from uploads import entries, simple

url, token, storage = sys.argv[1:]
server = Server(url)


def call(method, path):
    return server.call(method, path, token=token)


check(call("GET", "/api/v1/jobs").json == {"jobs": [], "total": 0, "page": 1, "per_page": 10}, "an empty list")
ids = [simple(server, token, f"video {number}".encode()).json["id"] for number in range(7)]
newest = ids[::-1]
for query, expected, page, per_page in [
    ("", newest, 1, 10), ("?per_page=3", newest[:3], 1, 3), ("?page=2&per_page=3", newest[3:6], 2, 3),
    ("?page=3&per_page=3", newest[6:], 3, 3), ("?page=4&per_page=3", [], 4, 3), ("?per_page=100", newest, 1, 100),
    ("?status_filter=pending", newest, 1, 10), ("?status_filter=running", [], 1, 10),
    ("?page=9223372036854775807&per_page=100", [], 9223372036854775807, 100),
]:
    value = call("GET", "/api/v1/jobs" + query).json
    check([job["id"] for job in value["jobs"]] == expected, query, "gave", [job["id"] for job in value["jobs"]])
    check(value["page"] == page and value["per_page"] == per_page, query, value["page"], value["per_page"])
    check(value["total"] == (0 if "running" in query else 7), query, "total", value["total"])
for query in ("page=0", "page=-1", "page=x", "page=", "per_page=0", "per_page=101", "per_page=1.5", "status_filter=done",
              "page=99999999999999999999"):
    answer = call("GET", f"/api/v1/jobs?{query}")
    check(answer.status == 422 and answer.json["error"]["field"] == query.split("=")[0], query, answer)
check([call("GET", f"/api/v1/jobs/{job}").json["queue_position"] for job in ids] == list(range(1, 8)), "queue")

# Cancelled is cancelled, as often as one asks.
answer = call("POST", f"/api/v1/jobs/{ids[0]}/cancel")
check(answer.status == 200 and answer.json["status"] == "cancelled" and answer.json["cancelled_at"], answer)
check(answer.json["completed_at"] is None and answer.json["queue_position"] is None, answer)
check(call("POST", f"/api/v1/jobs/{ids[0]}/cancel").json == answer.json, "cancelled twice differs")
check(call("GET", f"/api/v1/jobs/{ids[0]}").json == answer.json, "GET differs")
check([call("GET", f"/api/v1/jobs/{job}").json["queue_position"] for job in ids[1:]] == list(range(1, 7)), "queue")

# Deleted is gone, with its files; also one that waits, and one whose files are gone already.
os.remove(os.path.join(storage, call("GET", f"/api/v1/jobs/{ids[1]}").json["video_path"]))
for job in ids[:3]:
    check(call("DELETE", f"/api/v1/jobs/{job}").status == 204, "delete", job)
    check(call("GET", f"/api/v1/jobs/{job}").json["error"]["code"] == "JOB_NOT_FOUND", "still there", job)
    check(call("DELETE", f"/api/v1/jobs/{job}").status == 404, "deleted twice", job)
    check(job not in entries(storage, "uploads"), "its files are there", job)
check(call("GET", "/api/v1/jobs").json["total"] == 4, "total")

# Names of no job.
outside = os.path.join(storage, "kept")
os.mkdir(outside)
before = sorted(os.listdir(storage))
for name in ("0123456789ab", "x", "..", "%2e%2e", "..%2f..", "%2e%2e%2fkept", "..%5ckept", "%252e%252e", "....//", "kept",
             "../kept", "%00", "0123456789ab%00", "0123456789AB", "0123456789ab/", "0123456789ab%2f..", ";", "~", "*",
             "%c0%ae%c0%ae", "%ff", "%E2%80%AE", "a" * 5000, ids[3] + "%20", ids[3].upper() + "x"):
    for method, path in [("GET", name), ("DELETE", name), ("POST", name + "/cancel"), ("GET", name + "/results"),
                         ("GET", name + "/artifacts"), ("GET", name + "/results/files/scene_detection")]:
        answer = call(method, f"/api/v1/jobs/{path}")
        check(answer.status in (400, 404, 405), method, path[:80], "gave", answer)
check(sorted(os.listdir(storage)) == before and call("GET", "/api/v1/jobs").json["total"] == 4, "something went")
finish()
