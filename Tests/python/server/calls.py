"""Calls to a running server, and what must be true of every answer; for the scripts beside this one."""

import http.client
import json
import sys
import time
import urllib.parse

failures = []


def check(condition, *what):
    if not condition:
        failures.append(" ".join(str(part) for part in what))


def finish():
    for failure in failures:
        print("FAILED:", failure, file=sys.stderr)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


def real_path(path):
    """A described path with names of nothing in its braces; a stream of events ends at once."""
    for name, value in {"name": "no-such-plugin", "tool": "x", "id": "0123456789ab", "pipeline": "scene",
                        "path": "clips/clip_001.mp4"}.items():
        path = path.replace("{" + name + "}", value)
    return path + ("?job_id=0123456789ab" if path.endswith("/events/stream") else "")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    def __init__(self, url):
        self.host, self.port = urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).port

    def call(self, method, path, body=None, token=None, headers=None, timeout=30, source=None):
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(
            self.host, self.port, timeout=timeout, source_address=(source, 0) if source else None)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer = Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()
        self.judge(f"{method} {path}", answer)
        return answer

    def wait_until(self, plugin, token, *states, seconds=60):
        """Waits until the plugin is in one of these states; whether it came to that."""
        end = time.monotonic() + seconds
        while (state := self.call("GET", f"/v1/plugins/{plugin}/health", token=token).json.get("state")) not in states:
            if time.monotonic() > end:
                check(False, plugin, "is", state, "and never", states)
                return False
            time.sleep(0.05)
        return True

    @staticmethod
    def judge(what, answer):
        """What holds for every answer."""
        check(answer.headers.get("X-Request-ID"), what, "has no request id")
        check(answer.headers.get("X-Content-Type-Options") == "nosniff", what, "may be sniffed")
        check("Origin" in (answer.headers.get("Vary") or ""), what, "does not vary by origin")
        if answer.status >= 400:
            judge_envelope(what, answer.status, answer.headers.get("Content-Type"), answer.body)


def judge_envelope(what, status, media_type, body):
    try:
        value = json.loads(body)
        error = value["error"]
        check(media_type == "application/json", what, status, "is", media_type)
        check(set(value) == {"error", "detail"}, what, status, "has keys", list(value))
        check(value["detail"] == error["message"], what, status, "says two things", body)
        check(error["code"] == error["code"].upper(), what, status, "has code", error["code"])
        check(error["timestamp"].endswith("Z"), what, status, "has timestamp", error["timestamp"])
        check(set(error) <= {"code", "message", "detail", "hint", "field", "timestamp"}, what, status, list(error))
        check("Traceback" not in body.decode(), what, status, "shows a traceback")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        check(False, what, status, "is no envelope:", body[:200], repr(error))
