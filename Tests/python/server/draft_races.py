"""Many clients at the same job at the same time: one run, one end, nothing lost, nothing left.

draft_races.py URL TOKEN STORAGE
"""

import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

from calls import check, finish
from drafts import Drafts
from uploads import entries, eventually

url, token, storage = sys.argv[1:]
drafts = Drafts(url, token)
crowd = ThreadPoolExecutor(24)


def together(*works):
    return [future.result() for future in [crowd.submit(work) for work in works]]


# Two runs at once are one run, and so are twenty-four.
for _ in range(3):
    job = drafts.ready(13)
    before = drafts.call("GET", "/api/v1/jobs").json["total"]
    answers = together(*[lambda: drafts.call("POST", f"/jobs/{job}/run")] * 24)
    check({answer.status for answer in answers} == {200}, [answer.status for answer in answers])
    check({answer.json["rq_id"] for answer in answers} == {job}, {answer.json["rq_id"] for answer in answers})
    check(drafts.call("GET", "/api/v1/jobs").json["total"] == before + 1, "more than one run")
    answers = together(*[lambda: drafts.call("POST", f"/jobs/{job}/cancel")] * 12)
    check({answer.json.get("status") for answer in answers} == {"cancelled"}, answers)
    answers = together(*[lambda: drafts.call("POST", f"/jobs/{job}/retry")] * 12)
    taken = [answer for answer in answers if answer.status == 200]
    check(len(taken) == 1 and {answer.status for answer in answers} <= {200, 400}, [answer.status for answer in answers])
    check(drafts.call("DELETE", f"/jobs/{job}").status == 200, "delete")
    check(drafts.call("GET", "/api/v1/jobs").json["total"] == before, "runs are left")

# Uploads and setups at once: each is whole, none drops the other.
job = drafts.create()
answers = together(*[work for number in range(12) for work in (
    lambda number=number: drafts.upload(job, f"video {number}".encode(), f"{number}.mp4"),
    lambda number=number: drafts.set_up(job, player_number=number))])
check({answer.status for answer in answers} == {200}, [answer.status for answer in answers])
value = drafts.status(job)
check(value["status"] == "ready", value)
folder = os.path.join(storage, "uploads", job)
eventually(lambda: len(os.listdir(folder)) == 1, "videos are left", os.listdir(folder))
inner = os.path.join(folder, os.listdir(folder)[0])
name = os.listdir(inner)[0]
check(open(os.path.join(inner, name)).read() == f"video {name.split('.')[0]}", "a mixture", name)
check(drafts.call("GET", f"/data/jobs/{job}/input/{name}").status == 200, "the video that was kept is not the job's")

# Everything at once, at random: the answers are of those that are known, and the end is one of the ends.
chance = random.Random(11)
allowed = {"run": {200, 400, 404}, "retry": {200, 400, 404}, "cancel": {200, 404, 409}, "setup": {200, 404, 409},
           "upload": {200, 404, 409}, "status": {200, 404}, "delete": {200, 404}}


def act(job, what, player):
    if what == "upload":
        return what, drafts.upload(job, b"another")
    if what == "setup":
        return what, drafts.set_up(job, player_number=player)
    if what == "delete":
        return what, drafts.call("DELETE", f"/jobs/{job}")
    return what, drafts.call("GET" if what == "status" else "POST", f"/jobs/{job}/{what}")


jobs = []
for _ in range(12):
    job = drafts.ready(chance.choice([11, 12, 13]))
    names = chance.choices(["run", "retry", "cancel", "setup", "upload", "status"], k=30)
    if chance.random() < 0.6:
        names[chance.randrange(5, 30)] = "delete"
    else:
        jobs.append(job)
    works = [lambda what=what, player=chance.choice([11, 12, 13]): act(job, what, player) for what in names]
    for what, answer in together(*works):
        check(answer.status in allowed[what], what, "gave", answer)
    if job not in jobs:
        check(drafts.call("GET", f"/jobs/{job}/status").status == 404, "deleted and there", job)
for job in jobs:
    drafts.call("POST", f"/jobs/{job}/cancel")
    check(drafts.status(job)["status"] in ("done", "failed", "cancelled"), drafts.status(job))
    check(len(entries(storage, f"uploads/{job}")) <= 1, "videos are left", entries(storage, f"uploads/{job}"))
    value = drafts.status(job)
    check(drafts.status(job) == value, "an end that changed", value, drafts.status(job))
    check(drafts.call("DELETE", f"/jobs/{job}").status == 200, "delete", job)
left = {job["id"] for job in drafts.call("GET", "/api/v1/jobs").json["jobs"]}
check(not left, "runs are left", left)
eventually(lambda: entries(storage, "temp") == [], "temp holds", entries(storage, "temp"))
check(len(entries(storage, "uploads")) == 1, "uploads hold", entries(storage, "uploads"))
finish()
