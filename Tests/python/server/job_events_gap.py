"""Streams whose part of the log is gone.

job_events_gap.py URL TOKEN JOB    (JOB has completed, and the log is trimmed)
"""

import http.client
import sys
import urllib.parse

from calls import check, finish

url, token, job = sys.argv[1:]


def first(query, last):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request(
        "GET", "/api/v1/events/stream" + query, headers={"Authorization": f"Bearer {token}", "Last-Event-ID": last})
    answer = connection.getresponse()
    lines = []
    while (line := answer.readline().decode().rstrip("\n")) or not lines:
        if line and not line.startswith(":"):
            lines.append(line)
    connection.close()
    return lines


lines = first(f"?job_id={job}", "1")
check("event: job" in lines and any('"type":"state"' in line and '"status":"completed"' in line for line in lines), lines)
lines = first("", "1")
check("event: gap" in lines, lines)
finish()
