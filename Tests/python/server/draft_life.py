"""A job put together, run, watched, run again, cancelled and deleted, through `/jobs`.

draft_life.py URL TOKEN STORAGE
"""

import os
import sys

from calls import check, finish
from drafts import STAGES, Drafts
from uploads import entries, multipart, simple, submit

url, token, storage = sys.argv[1:]
drafts = Drafts(url, token)
call = drafts.call

# Created with whatever body means nothing, or a name.
for body, headers in [(None, None), (b"", {"Content-Type": "text/plain"}), ({}, None), (b" \n", None), (b"null", None),
                      ({"name": "Saturday"}, None), ({"name": None}, None), ({"name": "Ü" * 200, "other": 1}, None)]:
    job = drafts.create(body, headers=headers)
    value = drafts.status(job)
    check(value["status"] == "created" and value["stage"] == "created" and value["rq_state"] is None, body, value)
for body, headers, status in [
    (b"{", None, 400), ([1], None, 400), ({"name": 5}, None, 400), ({"name": "x" * 201}, None, 400), (b"\xff", None, 400),
    (b"name=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415), (b"{" * 100_000, None, 413),
]:
    answer = call("POST", "/jobs", body, headers)
    check(answer.status == status, body if len(str(body)) < 300 else "long", "gave", answer)
check(call("GET", "/jobs").status == 405, "GET /jobs")

# Nothing to run yet.
job = drafts.create()
answer = call("POST", f"/jobs/{job}/run")
check(answer.status == 400 and answer.json["detail"] == "Missing input video", answer)
answer = call("GET", f"/jobs/{job}/results")
check(answer.status == 404 and answer.json["detail"] == "No results yet", answer)
check(call("POST", f"/jobs/{job}/retry").status == 400, "retry of what was never run")
check(call("GET", f"/jobs/{job}/setup").json["detect_stride"] == 1, "the default setup")

# A setup before the video stays after it.
answer = drafts.set_up(job, player_number=11, camera_mode="tactical", detect_stride=99, extend_sec=3)
value = answer.json
check(answer.status == 200 and value["ok"] is True and value["status"] == "ready" and value["job_id"] == job, answer)
check(value["setup"]["detect_stride"] == 8 and value["setup"]["post_roll"] == 3 and value["setup"]["ocr_min_conf"] == 0.42,
      value)
check("warnings" not in value, value)
check(call("GET", f"/jobs/{job}/setup").json == value["setup"], "GET differs from PUT")
setup = value["setup"]
answer = drafts.upload(job, b"first", "../../Спiel 1.mp4")
check(answer.status == 200 and answer.json["ok"] is True, answer)
first = os.path.join(storage, answer.json["video_path"])
check(open(first, "rb").read() == b"first" and os.path.basename(first) == "Спiel 1.mp4", first)
check(set(answer.json) == {"ok", "job_id", "status", "video_path", "proxy_path"}, answer)
check(answer.json["status"] == "ready" and drafts.upload(drafts.create()).json["status"] == "uploaded", answer)
check(call("GET", f"/jobs/{job}/setup").json == setup, "the upload dropped the setup")
answer = drafts.upload(job, b"second")
second = os.path.join(storage, answer.json["video_path"])
check(open(second, "rb").read() == b"second" and not os.path.exists(first), "the first video is still there")
check(len(os.listdir(os.path.join(storage, "uploads", job))) == 1, os.listdir(os.path.join(storage, "uploads", job)))
check(drafts.status(job)["status"] == "ready", "not ready")
answer = call("GET", f"/data/jobs/{job}/input/game.mp4")
check(answer.status == 200 and answer.body == b"second" and answer.headers["Content-Type"] == "video/mp4", answer)

# Uploads that are none leave what was there.
for fields, status in [
    ([("file", "x.mp4", b"")], 415), ([("video", "x.mp4", b"x")], 422), ([], 422), ([("file", None, "text")], 422),
    ([("file", "a.mp4", b"a"), ("file", "b.mp4", b"b")], 400), ([("file", "a.mp4", b"a"), ("extra", None, "b")], 422),
]:
    answer = submit(drafts.server, token, *fields, path=f"/jobs/{job}/upload")
    check(answer.status == status, fields, "gave", answer)
for body, media_type, status in [
    (b"x", "video/mp4", 415), (b"{}", "application/json", 415), (b"x", "multipart/form-data", 400),
    (multipart(("file", "a.mp4", b"a"))[0][:-20], "multipart/form-data; boundary=x", 400),
    (b"", "multipart/form-data; boundary=x", 400),
]:
    answer = call("POST", f"/jobs/{job}/upload", body, {"Content-Type": media_type})
    check(answer.status == status, body, media_type, "gave", answer)
check(call("POST", f"/jobs/{job}/upload").status in (400, 415), "no body at all")
check(open(second, "rb").read() == b"second" and entries(storage, "temp") == [], "a refused upload left", entries(storage, "temp"))
check(len(os.listdir(os.path.join(storage, "uploads", job))) == 1, os.listdir(os.path.join(storage, "uploads", job)))
check(drafts.status(job)["status"] == "ready", "a refused upload changed the status")

# Run: seen queued, then started, then done, by a client that does not pause.
answer = call("POST", f"/jobs/{job}/run", b"", {"Content-Type": "application/json"})
check(answer.status == 200 and answer.json == {"rq_id": job, "job_id": job}, answer)
seen = drafts.follow(job, "done", "failed")
check([value["rq_state"] for value in seen if value][0] == "queued", "never queued", seen)
check("started" in [value["rq_state"] for value in seen] and seen[-1]["status"] == "done", seen)
progress, stages = [value["progress"] for value in seen], [value["stage"] for value in seen]
check(progress == sorted(progress) and progress[-1] == 100 and seen[-1]["stage"] == "done", progress, stages)
places = [STAGES.index(stage) for stage in stages]
check(places == sorted(places) and "queued" in stages and len(set(stages)) > 2, stages)
updated = [value["updated_at"] for value in seen]
check(updated == sorted(updated) and updated[-1] > updated[0], updated)
value = call("GET", f"/api/v1/jobs/{job}").json
check(value["status"] == "completed" and value["video_filename"] == "game.mp4", "the other surface says", value)
check(value["config"]["scene_detection"]["player_number"] == 11, value["config"])
answer = call("POST", f"/jobs/{job}/cancel")
check(answer.status == 409 and answer.json["error"]["code"] == "JOB_ALREADY_COMPLETED", answer)
check(drafts.status(job)["status"] == "done", "flipped")
check(call("POST", f"/jobs/{job}/retry").status == 400, "retry of what is done")
results = call("GET", f"/jobs/{job}/results").json
check(results["job_id"] == job and results["clips"][0]["url"] == f"/data/jobs/{job}/clips/clip_001.mp4", results)

# Set up anew it is ready again, its results stay, and it runs anew under another name in the queue.
check(drafts.set_up(job, player_number=12).status == 200, "setup of what is done")
check(drafts.status(job)["status"] == "ready" and call("GET", f"/jobs/{job}/results").json == results, "results went")
again = call("POST", f"/jobs/{job}/run").json
check(again["job_id"] == job and again["rq_id"] != job, again)
seen = drafts.follow(job, "done", "failed")
check(seen[-1]["status"] == "failed" and seen[-1]["error"] == "No clip of player 12", seen[-1])
check(seen[0]["progress"] == 0 and seen[0]["rq_state"] == "queued", seen[0])
check(call("GET", f"/jobs/{job}/results").status == 404, "results of what failed")
check(call("POST", f"/jobs/{job}/cancel").status == 409, "cancel of what failed")
check(drafts.status(again["rq_id"])["status"] == "failed", "the run by its own name")
answer = call("POST", f"/jobs/{job}/retry")
check(answer.status == 200 and answer.json["ok"] is True and answer.json["status"] == "queued", answer)
check(answer.json["rq_id"] not in (job, again["rq_id"]) and answer.json["job_id"] == job, answer)
drafts.follow(job, "failed")
total = call("GET", "/api/v1/jobs").json["total"]
check(total == 3, "runs:", total)

# Queued and running: not changed, cancelled for good, retried.
job = drafts.ready(13)
check(drafts.status(job)["status"] == "ready", "not ready")
run = call("POST", f"/jobs/{job}/run").json["rq_id"]
for _ in range(2):
    check(call("POST", f"/jobs/{job}/run").json["rq_id"] == run, "a second run")
    for answer in (drafts.upload(job), drafts.set_up(job, player_number=1)):
        check(answer.status == 409 and answer.json["error"]["code"] == "CONFLICT", answer)
    check(call("POST", f"/jobs/{job}/retry").status == 400, "retry of what runs")
    drafts.follow(job, "processing")
for _ in range(2):
    answer = call("POST", f"/jobs/{job}/cancel")
    check(answer.json == {"ok": True, "job_id": job, "status": "cancelled"}, answer)
    value = drafts.status(job)
    check(value["status"] == "cancelled" and value["rq_state"] == "canceled" and value["progress"] < 100, value)
check(call("GET", f"/api/v1/jobs/{job}").json["status"] == "cancelled", "the other surface")
answer = call("POST", f"/jobs/{job}/retry")
check(answer.status == 200, answer)
drafts.follow(job, "processing")
check(call("DELETE", f"/jobs/{job}").json == {"ok": True, "job_id": job, "deleted": True}, "delete of what runs")
for method, path in [("GET", "status"), ("GET", "setup"), ("GET", "results"), ("POST", "run"), ("POST", "retry"),
                     ("POST", "cancel"), ("POST", "upload"), ("PUT", "setup")]:
    answer = call(method, f"/jobs/{job}/{path}", {} if method == "PUT" else None)
    check(answer.status == 404 and answer.json["error"]["code"] == "JOB_NOT_FOUND", method, path, answer)
check(call("DELETE", f"/jobs/{job}").status == 404, "deleted twice")
for name in (job, answer.json.get("rq_id", job)):
    for folder in ("uploads", "results"):
        check(name not in entries(storage, folder), folder, "of", name, "is there")

# Cancelled without a run; then taken up again.
job = drafts.ready(11)
for _ in range(2):
    check(call("POST", f"/jobs/{job}/cancel").json["status"] == "cancelled", "cancel of what was never run")
check(drafts.status(job)["rq_state"] is None, "rq_state")
check(call("POST", f"/jobs/{job}/retry").json["rq_id"] == job, "retry of what was cancelled before it was run")
check(drafts.follow(job, "done", "failed")[-1]["status"] == "done", "never done")

# Deleted through the other surface: a later run alone, the first with everything.
drafts.set_up(job, player_number=11)
run = call("POST", f"/jobs/{job}/run").json["rq_id"]
drafts.follow(job, "done")
check(call("DELETE", f"/api/v1/jobs/{run}").status == 204, "delete of a run")
check(drafts.status(job)["status"] == "done" and call("GET", f"/jobs/{job}/results").status == 200, "the first run")
check(call("DELETE", f"/api/v1/jobs/{job}").status == 204, "delete of the first run")
check(call("GET", f"/jobs/{job}/status").status == 404 and job not in entries(storage, "uploads"), "the draft is there")

# A job that was submitted whole is seen here too, and left alone.
whole = simple(drafts.server, token).json["id"]
check(drafts.follow(whole, "done", "failed")[-1]["status"] == "done", "a job of the other surface")
check(call("GET", f"/jobs/{whole}/results").json["clips"] == [], "results")
for answer in (drafts.upload(whole), drafts.set_up(whole, player_number=1)):
    check(answer.status == 409, answer)
check(call("GET", f"/jobs/{whole}/setup").json["player_number"] is None, "its setup")
check(call("DELETE", f"/jobs/{whole}").json["deleted"] is True, "delete")
check(call("GET", f"/api/v1/jobs/{whole}").status == 404, "still there")

# Cleaning up: whatever is asked for, nothing that waits, runs or has just ended goes.
before = call("GET", "/api/v1/jobs").json["total"]
waiting = drafts.ready(11)
for query in ("", "?days=0", "?days=0&max_count=1", "?days=7&max_count=100"):
    answer = call("POST", f"/jobs/cleanup{query}")
    check(answer.status == 200 and answer.json["ok"] is True and answer.json["removed"] == 0, query, answer)
check(answer.json["kept"] > 5, answer)
for query in ("max_count=0", "max_count=-1", "max_count=x", "max_count=", "max_count=1.5", "days=-1", "days=x", "days=1e3",
              "days=99999999999999999999"):
    answer = call("POST", f"/jobs/cleanup?{query}")
    check(answer.status == 400 and answer.json["error"]["field"] == query.split("=")[0], query, answer)
check(call("GET", "/api/v1/jobs").json["total"] == before and drafts.status(waiting)["status"] == "ready", "something went")

value = call("GET", "/api/health").json
check(value["status"] == "healthy" and value["queue"]["ok"] and value["store"]["ok"], value)
finish()
