"""Results, files with ranges, and the archive of a completed job.

job_results.py URL TOKEN STORAGE JOB PENDING    (JOB has results of scene_detection, PENDING has none)
"""

import io
import json
import os
import socket
import sys
import urllib.parse
import zipfile

from calls import Server, check, finish


url, token, storage, job, pending = sys.argv[1:]
server = Server(url)


def get(path, **headers):
    return server.call("GET", f"/api/v1/jobs/{path}", token=token, headers={k.replace("_", "-"): v for k, v in headers.items()})


value = get(f"{job}/results").json
check(set(value) == {"job_id", "status", "pipeline_results", "created_at", "completed_at", "result_path", "error_message"},
      "results have keys", list(value))
check(value["status"] == "completed" and value["result_path"] == f"results/{job}", value)
scene = value["pipeline_results"]["scene_detection"]
check(scene["status"] == "completed" and scene["annotation_count"] == 3, scene)
check(scene["download_url"] == f"/api/v1/jobs/{job}/results/files/scene_detection", scene)
failed = value["pipeline_results"]["person_tracking"]
check(failed["status"] == "failed" and failed["download_url"] is None and failed["error_message"], failed)
check(value["error_message"] == "Completed with errors. Failed pipelines: person_tracking", value["error_message"])
value = get(f"{pending}/results").json
check(value["status"] == "pending" and value["completed_at"] is None, value)
check(value["pipeline_results"]["scene_detection"]["status"] == "pending", value)

with open(os.path.join(storage, "results", job, scene["output_file"]), "rb") as file:
    content = file.read()
for name in ("scene_detection", "scene", "SCENE", "scene%5Fdetection"):
    answer = get(f"{job}/results/files/{name}")
    check(answer.status == 200 and answer.body == content, name, answer)
check(answer.headers["Content-Type"] == "application/json", answer.headers["Content-Type"])
check("attachment" in answer.headers["Content-Disposition"], answer.headers["Content-Disposition"])
tag = answer.headers["ETag"]
check(get(f"{job}/results/files/scene", If_None_Match=tag).status == 304, "If-None-Match")
part = get(f"{job}/results/files/scene", Range="bytes=2-9")
check(part.status == 206 and part.body == content[2:10], "a range", part)
part = get(f"{job}/results/files/scene", Range="bytes=-5", If_Range=tag)
check(part.status == 206 and part.body == content[-5:], "the last bytes", part)
answer = get(f"{job}/results/files/scene", Range="bytes=999999999-")
check(answer.status == 416 and answer.json["error"]["code"] == "RANGE_NOT_SATISFIABLE", "a range beyond the end", answer)
for field, value in (("If-Match", '"another"'), ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")):
    answer = get(f"{job}/results/files/scene", **{field: value})
    check(answer.status == 412 and answer.json["error"]["code"] == "PRECONDITION_FAILED", field, answer)
    check(answer.json["error"]["hint"] and answer.headers["ETag"] == tag, field, answer)
check(get(f"{job}/results/files/scene", If_Match=tag).status == 200, "If-Match")
other = [name for name in scene["files"] if name != scene["output_file"]][0]
answer = get(f"{job}/results/files/scene?file={urllib.parse.quote(other)}")
check(answer.status == 200 and answer.body == b"second", "another file", answer)
for query in ("..%2f..%2ftokens.json", "results.json", "%2e%2e/gantry.db", ".gantry/finished.json", "/etc/passwd", "%00"):
    check(get(f"{job}/results/files/scene?file={query}").status in (400, 404), "file", query)
for name, code in [("person", "NOT_FOUND"), ("audio", "PIPELINE_NOT_FOUND"), ("sceen", "PIPELINE_NOT_FOUND"),
                   ("..%2f..%2ftokens.json", "PIPELINE_NOT_FOUND"), ("results.json", "PIPELINE_NOT_FOUND"),
                   ("%2e%2e", "PIPELINE_NOT_FOUND"), ("..", "PIPELINE_NOT_FOUND"), ("%252e%252e", "PIPELINE_NOT_FOUND")]:
    answer = get(f"{job}/results/files/{name}")
    check(answer.status == 404 and answer.json["error"]["code"] == code, name, answer)
check(get(f"{pending}/results/files/scene").json["error"]["code"] == "NOT_FOUND", "no result yet")

# The archive: by Python's own reader, every checksum compared.
answer = get(f"{job}/artifacts")
check(answer.status == 200 and answer.headers["Content-Type"] == "application/zip", answer.status, answer.headers)
archive = zipfile.ZipFile(io.BytesIO(answer.body))
check(archive.testzip() is None, "the archive is damaged")
names = archive.namelist()
check(len(names) == len(set(name.lower() for name in names)), "names twice", names)
check(not any(name.startswith(("/", ".")) or ".." in name.split("/") or "\\" in name for name in names), "names", names)
check(not any(".gantry" in name for name in names), "shows checkpoints", names)
check(json.loads(archive.read("job.json"))["id"] == job, "job.json")
video = [name for name in names if name.startswith("video/")]
check(video == ["video/Спiel 日本.mp4"], "the video", video)
with open(os.path.join(storage, "uploads", job, "Спiel 日本.mp4"), "rb") as file:
    check(archive.read(video[0]) == file.read(), "another video")
check(archive.getinfo(video[0]).compress_type == zipfile.ZIP_STORED, "the video is compressed")
check(archive.read(f"results/{scene['output_file']}") == content, "another result")
check("results/clips/one.mp4" in names and "results/results.json" in names, names)
check(zipfile.ZipFile(io.BytesIO(get(f"{pending}/artifacts").body)).testzip() is None, "archive of a pending job")

# One that goes away stops the work.
for _ in range(3):
    with socket.create_connection((server.host, server.port), timeout=20) as link:
        link.sendall(f"GET /api/v1/jobs/{job}/artifacts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        check(link.recv(1000).startswith(b"HTTP/1.1 200"), "no archive")
check(get(f"{job}/artifacts").status == 200, "after clients that went away")

# Gone with the job.
os.remove(os.path.join(storage, "results", job, scene["output_file"]))
check(get(f"{job}/results/files/scene").status == 404, "a file that is gone")
finish()
