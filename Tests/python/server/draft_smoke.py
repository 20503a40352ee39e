"""A second of black, looked through for a player by a whole server: queued, started, and an end that says what was found.

draft_smoke.py URL TOKEN VIDEO [JOB]    (with JOB: only waits until that job has its small copy)
"""

import sys

from calls import check, finish
from drafts import Drafts
from uploads import eventually

url, token, video, *job = sys.argv[1:]
drafts = Drafts(url, token)
if not job:
    job = [drafts.create()]
    check(drafts.upload(job[0], open(video, "rb").read(), "black.mp4").status == 200, "upload")
    check(drafts.set_up(job[0], player_number=17, jersey_color="#203524").status == 200, "setup")
    check(drafts.call("POST", f"/jobs/{job[0]}/run").json["rq_id"] == job[0], "run")
    seen = drafts.follow(job[0], "done", "failed", "cancelled", seconds=300)
    states = [value["rq_state"] for value in seen]
    check(states[0] == "queued" and "started" in states and states[-1] == "failed", states)
    progress = [value["progress"] for value in seen]
    check(progress == sorted(progress), progress)
    check("debug_overlay.mp4" in seen[-1]["error"] and "debug.json" in seen[-1]["error"], seen[-1])
    results = drafts.call("GET", f"/jobs/{job[0]}/results").json
    files = {file["path"]: file["url"] for file in results["artifacts"]}
    check(results["clips"] == [] and {"debug.json", "debug_overlay.mp4"} <= set(files), results)
    for address in files.values():
        check(drafts.call("GET", address).status == 200, address)
    value = drafts.call("GET", f"/api/v1/jobs/{job[0]}").json
    check(value["status"] == "failed" and value["selected_pipelines"] == ["player_shifts"], value)
eventually(lambda: drafts.status(job[0])["proxy_ready"], "no small copy", seconds=120)
answer = drafts.call("GET", drafts.status(job[0])["proxy_url"])
check(answer.status == 200 and answer.body[4:8] == b"ftyp" and answer.headers["Content-Type"] == "video/mp4", answer)
finish()
