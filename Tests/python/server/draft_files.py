"""The files of a job: its own, parts of them, and no others, however they are asked for.

draft_files.py URL TOKEN STORAGE
"""

import http.client
import os
import sys

from calls import check, finish
from drafts import Drafts

url, token, storage = sys.argv[1:]
drafts = Drafts(url, token)
job, other = drafts.ready(11), drafts.ready(11)
for each in (job, other):
    drafts.call("POST", f"/jobs/{each}/run")
    drafts.follow(each, "done")
results = os.path.join(storage, "results", job, "player_shifts")


def get(path, **headers):
    return drafts.call("GET", f"/data/jobs/{job}/{path}", headers={k.replace("_", "-"): v for k, v in headers.items()})


content = open(os.path.join(results, "clips", "clip_001.mp4"), "rb").read()
answer = get("clips/clip_001.mp4")
check(answer.status == 200 and answer.body == content and answer.headers["Content-Type"] == "video/mp4", answer)
check(answer.headers["Accept-Ranges"] == "bytes", answer.headers)
tag = answer.headers["ETag"]
check(get("clips/clip_001.mp4", If_None_Match=tag).status == 304, "If-None-Match")
for asked, expected in (("bytes=2-9", content[2:10]), ("bytes=-5", content[-5:]), ("bytes=10-", content[10:])):
    part = get("clips/clip_001.mp4", Range=asked)
    check(part.status == 206 and part.body == expected, asked, part)
check(get("clips/clip_001.mp4", Range=f"bytes={len(content)}-").status == 416, "beyond the end")
check(get("clips%2Fclip_001.mp4").status == 404, "an encoded slash is none")
check(get("%63lips/clip_001%2Emp4").body == content, "encoded letters")
check(drafts.call("HEAD", f"/data/jobs/{job}/clips/clip_001.mp4").body == b"", "HEAD")
value = get("results.json").json
check(value == drafts.call("GET", f"/jobs/{job}/results").json, "results.json is not the results")
for file in value["clips"] + value["artifacts"]:
    check(drafts.call("GET", file["url"]).status == 200, file)
check("/clips/%C3%BC%20clip.mp4" in [file["url"][-24:] for file in value["clips"]], value["clips"])

# What is not the job's to show.
os.symlink(os.path.join(storage, "tokens.json"), os.path.join(results, "link.json"))
os.symlink(storage, os.path.join(results, "folder"))
os.symlink("/etc", os.path.join(results, "clips", "etc"))
os.mkfifo(os.path.join(results, "pipe"))
secret = open(os.path.join(storage, "tokens.json"), "rb").read()
up = ["..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "..%2f", "%2e%2e%2f", "..%5c", "%252e%252e", "..;", "..%00", "....",
      "%c0%ae%c0%ae", "%e0%80%ae", "..%ff", "%u002e%u002e", "..%c0%af", "．．", "%EF%BC%8E%EF%BC%8E"]
paths = ["link.json", "folder", "folder/tokens.json", "clips/etc/passwd", "pipe", ".gantry", ".gantry/secret", ".", "",
         "clips", "clips/", "/", "//", "clips//clip_001.mp4", "./clips/clip_001.mp4", "clips/.", "clips/..", "/etc/passwd",
         "%2fetc%2fpasswd", "//etc/passwd", "C:%5cwindows", "clips/clip_001.mp4/", "clips/clip_001.mp4/x", "nothing",
         "proxy.mp4", "input", "input/other.mp4", "input/..", "input/../game.mp4", "clips/clip_001.mp4%00.txt", "~", "%0a",
         "clips%5cclip_001.mp4", "a" * 300, "/".join("a" * 200), "a/" * 5000, "%", "%zz", "?", "#", "player_shifts/../.gantry"]
paths += [f"{dots}/{rest}" for dots in up for rest in (
    "tokens.json", f"{other}/clips/clip_001.mp4", f"{dots}/tokens.json", f"{dots}/{dots}/{dots}/{dots}/etc/passwd")]
paths += [f"clips/{dots}/{dots}/{dots}/tokens.json" for dots in up]
for path in paths:
    # Sent as it stands: clients tidy paths up.
    link = http.client.HTTPConnection(drafts.server.host, drafts.server.port, timeout=30)
    link.putrequest("GET", "/", skip_host=False)
    raw = f"GET /data/jobs/{job}/{path} HTTP/1.1".encode("utf-8")
    link._buffer[0] = raw
    link.putheader("Authorization", f"Bearer {token}")
    link.endheaders()
    answer = link.getresponse()
    body = answer.read()
    link.close()
    check(answer.status in (400, 404, 414, 431), repr(path[:80]), "gave", answer.status, body[:100])
    check(secret not in body and b"root:" not in body, repr(path[:80]), "shows what it must not")
for name in ("0123456789ab", "..", "%2e%2e", job.upper() + "x", job + "%00", "x" * 2000):
    answer = drafts.call("GET", f"/data/jobs/{name}/clips/clip_001.mp4")
    check(answer.status in (400, 404), name[:50], answer)
for method in ("POST", "PUT", "DELETE"):
    check(drafts.call(method, f"/data/jobs/{job}/clips/clip_001.mp4").status == 405, method)
check(drafts.server.call("GET", f"/data/jobs/{job}/clips/clip_001.mp4").status == 401, "without a token")
finish()
