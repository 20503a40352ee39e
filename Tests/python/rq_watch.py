"""Polls what the real rq says of one job until it has ended: each status once, in order, as JSON.

    rq_watch.py REDIS_URL JOB SECONDS
"""

import json
import sys
import time

from redis import Redis
from rq.exceptions import NoSuchJobError
from rq.job import Job

url, name, seconds = sys.argv[1:]
redis = Redis.from_url(url)
seen = []
deadline = time.monotonic() + float(seconds)
while time.monotonic() < deadline and (not seen or seen[-1] not in ("finished", "failed", "canceled")):
    try:
        status = Job.fetch(name, connection=redis).get_status(refresh=False).value
    except NoSuchJobError:
        continue
    if not seen or seen[-1] != status:
        seen.append(status)
json.dump(seen, sys.stdout)
