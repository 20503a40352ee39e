"""Submissions, good and bad: what is kept, what is answered, and that nothing is left of what was refused.

job_submit.py URL TOKEN STORAGE    (a server that takes videos of 1 MiB)
"""

import concurrent.futures
import hashlib
import http.client
import json
import os
import socket
import sys

from calls import Server, check, finish, judge_envelope
from uploads import entries, eventually, multipart, simple, submit

url, token, storage = sys.argv[1:]
server = Server(url)
video = os.urandom(300_000)
scene = ("selected_pipelines", None, "scene_detection")
film = ("video", "game.mp4", video)


def nothing_left(what, jobs):
    eventually(lambda: entries(storage, "temp") == [], what, "left", entries(storage, "temp"))
    check(len(entries(storage, "uploads")) == jobs, what, "left an upload:", entries(storage, "uploads"))


def total():
    return server.call("GET", "/api/v1/jobs?per_page=1", token=token).json["total"]


# What is answered, and what lies on the disk.
fields = {
    "id", "status", "video_path", "video_filename", "video_size_bytes", "video_duration_seconds", "config",
    "selected_pipelines", "created_at", "queued_at", "started_at", "completed_at", "cancelled_at", "error_message",
    "result_path", "storage_path", "queue_position", "progress",
}
for path in ("/api/v1/jobs", "/api/v1/jobs/"):
    answer = submit(server, token, ("config", None, '{"scene": {"threshold": 20}}'), scene, film, path=path)
    check(answer.status == 201, path, answer)
    job = answer.json
    check(fields <= set(job), path, "lacks", fields - set(job))
    check(answer.headers["Location"] == f"/api/v1/jobs/{job['id']}", "Location", answer.headers["Location"])
    check(job["status"] == "pending" and job["progress"] == 0, job)
    check(job["video_filename"] == "game.mp4" and job["video_size_bytes"] == len(video), job)
    check(job["config"] == {"scene": {"threshold": 20}} and job["selected_pipelines"] == ["scene_detection"], job)
    check(not job["video_path"].startswith("/"), "shows where the storage lies:", job["video_path"])
    with open(os.path.join(storage, job["video_path"]), "rb") as file:
        check(hashlib.sha256(file.read()).digest() == hashlib.sha256(video).digest(), "another video")
    check(server.call("GET", f"/api/v1/jobs/{job['id']}", token=token).json == job, "GET differs")
check(server.call("GET", "/api/v1/jobs", token=token).json["jobs"][1]["queue_position"] == 1, "queue position")
nothing_left("two jobs", 2)
jobs = 2

# Fields in any order, and without those that may be left out.
for parts in ([film, scene, ("config", None, "{}")], [scene, film, ("config", None, "")], [film, ("config", None, "null"), scene]):
    answer = submit(server, token, *parts)
    check(answer.status == 201, [part[0] for part in parts], answer)
    jobs += 1

# Whatever the file is called, it lies in its job's folder.
names = ["Спiel 日本.mkv", "../../../etc/passwd", "..\\..\\boot.ini", "..", ".", "/", "a/../../b.mp4", ".gantry-server",
         "%2e%2e%2fx.mp4", "x" * 400 + ".mp4", "con.mp4", "a;b'c\"d.mp4", "", "\t.mp4", "~root", "-rf.mp4", "$(id).mp4"]
for name in names:
    answer = simple(server, token, name=name)
    if name in ("\t.mp4",) and answer.status == 400:
        continue
    check(answer.status == 201, repr(name), answer)
    jobs += 1
    parts = answer.json["video_path"].split("/")
    check(len(parts) == 3 and parts[:2] == ["uploads", answer.json["id"]], name, "went to", parts)
    check(entries(storage, f"uploads/{answer.json['id']}") == [parts[2]], name, "is called", parts)
    check(parts[2] not in (".", "..") and not parts[2].startswith("."), name, "is hidden as", parts[2])
nothing_left("names", jobs)

# What is refused: the status, the code, the field to blame.
huge = ("video", "huge.mp4", bytes(2 << 20))
refused = {
    "no video": ([scene], 422, "VALIDATION_ERROR", "video"),
    "a path instead of a file": ([scene, ("video", None, "game.mp4")], 422, "VALIDATION_ERROR", "video"),
    "an empty video": ([scene, ("video", "a.mp4", b"")], 415, "UNSUPPORTED_MEDIA", "video"),
    "two videos": ([scene, film, film], 400, "INVALID_REQUEST", "video"),
    "two configs": ([("config", None, "{}"), ("config", None, "{}"), film], 400, "INVALID_REQUEST", "config"),
    "a misspelt field": ([("selected_pipeline", None, "scene"), film], 422, "VALIDATION_ERROR", "selected_pipeline"),
    "config that is no JSON": ([("config", None, "{"), film], 400, "INVALID_CONFIG", "config"),
    "config that is no object": ([("config", None, "[1]"), film], 400, "INVALID_CONFIG", "config"),
    "config that is no text": ([("config", None, b"\xff\xfe"), film], 400, "INVALID_CONFIG", "config"),
    "config of a stranger": ([scene, ("config", None, '{"sceen": {}}'), film], 400, "INVALID_CONFIG", "sceen"),
    "a value out of range": (
        [film, ("config", None, '{"scene_detection": {"threshold": -5}}'), scene], 400, "INVALID_CONFIG",
        "scene_detection.threshold"),
    "a value of another type": (
        [scene, ("config", None, '{"scene": {"threshold": "high"}}'), film], 400, "INVALID_CONFIG", "scene.threshold"),
    "an unknown pipeline": ([("selected_pipelines", None, "scene,persn"), film], 400, "INVALID_CONFIG", None),
    "an unknown pipeline after the video": ([film, ("selected_pipelines", None, "x")], 400, "INVALID_CONFIG", None),
    "a pipeline of a later version": ([("selected_pipelines", None, "face"), film], 400, "INVALID_CONFIG", None),
    "a video that is too large": ([scene, huge], 413, "PAYLOAD_TOO_LARGE", None),
    "a config that is too large": ([scene, ("config", None, b"[" * (3 << 20)), film], 413, "PAYLOAD_TOO_LARGE", None),
    "10,000 fields": ([scene] + [(f"f{n}", None, "x") for n in range(10_000)] + [film], 422, "VALIDATION_ERROR", "f0"),
    "10,000 pipelines": ([("selected_pipelines", None, "scene," * 10_000), film], 400, "INVALID_CONFIG", None),
}
for what, (parts, status, code, field) in refused.items():
    before = total()
    answer = submit(server, token, *parts)
    error = answer.json["error"] if answer.status >= 400 else {}
    check(answer.status == status and error.get("code") == code, what, "gave", answer)
    check(field is None or error.get("field") == field, what, "blames", error.get("field"))
    check(total() == before, what, "made a job")
    nothing_left(what, jobs)
answer = submit(server, token, ("selected_pipelines", None, "scene,persn"), film)
check("person" in answer.json["error"]["hint"], "no suggestion:", answer)
check(answer.json["error"]["detail"]["errors"][0]["code"] == "PIPELINE_NOT_FOUND", "not all errors:", answer)

# Bodies that are no form.
body, media_type = multipart(scene, film)
raw = {
    "no multipart": (body, "application/octet-stream", 415), "JSON": (b"{}", "application/json", 415),
    "no boundary": (body, "multipart/form-data", 400),
    "another boundary": (body, "multipart/form-data; boundary=other", 400),
    "cut off": (body[:-40], media_type, 400), "nothing": (b"", media_type, 400),
    "a name that is no UTF-8": (
        body.replace(b"game.mp4", b"g\xe4me.mp4"), media_type, 400),
    "a part without a name": (body.replace(b'; name="video"', b""), media_type, 400),
}
for what, (content, media, status) in raw.items():
    answer = server.call("POST", "/api/v1/jobs", content, token, {"Content-Type": media})
    check(answer.status == status, what, "gave", answer)
    nothing_left(what, jobs)

# Said before the video is sent, where it can be.
host, port = server.host, server.port


def early(head_fields, length, *, expect, token=token):
    """Sends the head and the first fields only, and reads the answer."""
    boundary = "b"
    body, media = multipart(*head_fields, boundary=boundary)
    body = body[: -len(f"--{boundary}--\r\n")]
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'.encode()
    with socket.create_connection((host, port), timeout=20) as link:
        link.sendall(
            f"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {media}\r\n"
            f"Content-Length: {length}\r\n\r\n".encode() + body)
        answer = http.client.HTTPResponse(link)
        answer.begin()
        text = answer.read()
        check(answer.status == expect, "early answer", answer.status, text[:200])
        judge_envelope("early", answer.status, answer.headers["Content-Type"], text)
        check(json.loads(text)["error"].get("hint"), "early answer", answer.status, "has no hint", text[:300])


early([("selected_pipelines", None, "persn")], 900_000, expect=400)
early([scene, ("config", None, '{"scene": {"threshold": "x"}}')], 900_000, expect=400)
early([scene], 1 << 40, expect=413)
early([scene], 1 << 40, expect=413, token="")
nothing_left("early refusals", jobs)

# A client that goes away in the middle.
for count in (100, 200_000):
    with socket.create_connection((host, port), timeout=20) as link:
        link.sendall(
            f"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body[:count])
        if count > 1000:
            eventually(lambda: entries(storage, "temp") != [], "no upload in progress")
    nothing_left(f"gone after {count} bytes", jobs)

# Chunked, without a length.
connection = http.client.HTTPConnection(host, port, timeout=20)
connection.request(
    "POST", "/api/v1/jobs", iter([body[:1000], body[1000:]]),
    {"Authorization": f"Bearer {token}", "Content-Type": media_type}, encode_chunked=True)
answer = connection.getresponse()
check(answer.status == 201, "chunked", answer.status, answer.read())
connection.close()
jobs += 1

# The same key: the same job, whoever is first; another request under it is a conflict.
key = {"Idempotency-Key": "lab-1"}
first = simple(server, token, headers=key)
jobs += 1
again = simple(server, token, headers=key)
check(again.status == 201 and again.json["id"] == first.json["id"], "a repeated submission", again)
check(again.headers["Idempotent-Replayed"] == "true" and first.headers["Idempotent-Replayed"] is None, "replayed")
answer = simple(server, token, content=b"another video", headers=key)
check(answer.status == 409 and answer.json["error"]["code"] == "CONFLICT", "another request", answer)
answer = simple(server, token, headers={"Idempotency-Key": "k" * 300})
check(answer.status == 400 and answer.json["error"]["field"] == "Idempotency-Key", "a long key", answer)
nothing_left("repeated", jobs)
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda _: simple(server, token, video, headers={"Idempotency-Key": "lab-2"}), range(8)))
jobs += 1
check({answer.status for answer in answers} == {201}, "eight at once", answers)
check(len({answer.json["id"] for answer in answers}) == 1, "eight at once made several jobs")
check(sum(answer.headers["Idempotent-Replayed"] is None for answer in answers) == 1, "several were first")
nothing_left("eight at once", jobs)
check(total() == jobs, "jobs", total(), jobs)

# A setting that nobody reads is taken, and named.
answer = submit(server, token, ("config", None, '{"scene_detection": {"treshold": 5}}'), ("selected_pipelines", None, "scene"),
                ("video", "game.mp4", b"odd"))
warning = answer.json["warnings"][0]
check(answer.status == 201 and warning["field"] == "scene_detection.treshold" and warning["code"] == "UNKNOWN_FIELD", answer)
check("warnings" not in simple(server, token, b"plain").json, "warnings about nothing")
finish()
