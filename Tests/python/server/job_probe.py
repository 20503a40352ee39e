"""What the prober says of a video decides.

job_probe.py URL TOKEN STORAGE
"""

import sys

from calls import Server, check, finish
from uploads import entries, simple

url, token, storage = sys.argv[1:]
server = Server(url)
for content, duration in [("good", 12.5), ("endless", None), ("slow", None)]:
    answer = simple(server, token, content.encode())
    check(answer.status == 201 and answer.json["video_duration_seconds"] == duration, content, answer)
answer = simple(server, token, b"bad", headers={"Idempotency-Key": "a"})
error = answer.json["error"]
check(answer.status == 415 and error["code"] == "UNSUPPORTED_MEDIA" and error["field"] == "video", answer)
check("no video stream" in error["message"] and storage not in str(error), answer)
check(len(entries(storage, "uploads")) == 3 and entries(storage, "temp") == [], "something is left")
check(simple(server, token, b"good", headers={"Idempotency-Key": "a"}).status == 201, "the key is spent")
finish()
