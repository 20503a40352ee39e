"""Bodies and requests that are wrong in every way: each gets an envelope, and the server goes on.

bodies.py URL TOKEN
"""

import socket
import sys

from calls import Server, check, finish, judge_envelope

url, token = sys.argv[1:]
server = Server(url)
server.wait_until("chaos", token, "INITIALIZED")
run, jobs = "/v1/plugins/chaos/tools/echo/run", "/v1/jobs"

wrong = {
    b"": 400, b"{": 400, b"nonsense": 400, b"\xff\xfe": 400, b'{"args": "\xc3("}': 400, b'{"args": {"a": NaN}}': 400,
    b'{"args": {}} x': 400, b"[" * 5000: 400, b'{"args": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}": 400,
    b"[]": 422, b"null": 422, b"3": 422, b'"x"': 422, b"{}": 422, b'{"args": 3}': 422, b'{"args": null}': 422,
    b'{"args": [], "x": 1}': 422,
}
for body, status in wrong.items():
    answer = server.call("POST", run, body, token=token)
    check(answer.status == status, "run", body[:40], "gave", answer, "not", status)
for body, status in {
        b"{": 400, b"[]": 422, b"{}": 422, b'{"plugin_id": 3, "tool_name": "x"}': 422, b'{"plugin_id": "x"}': 422,
}.items():
    answer = server.call("POST", jobs, body, token=token)
    check(answer.status == status, "jobs", body[:40], "gave", answer, "not", status)
answer = server.call("POST", run, b"{}", token=token, headers={"Content-Type": "text/plain"})
check(answer.status == 415, "text/plain", answer)
for body in (b"", b"--x", b"--x\r\n\r\nabc", b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--"):
    answer = server.call("POST", run, body, token=token, headers={"Content-Type": "multipart/form-data; boundary=x"})
    check(answer.status == 400, "multipart", body, answer)
answer = server.call("POST", run, b"x", token=token, headers={"Content-Type": "multipart/form-data"})
check(answer.status == 400, "no boundary", answer)
check(server.call("POST", "/v1/mcp", b"{", token=token).status == 400, "mcp")
check(server.call("GET", "/v1/plugins/chaos/log?lines=x", token=token).status == 422, "lines")
check(server.call("GET", "/v1/stream?plugin=chaos", token=token).status in (422, 426), "stream without upgrade")
check(server.call("GET", "/v1/plugins/%ff/health", token=token).status == 400, "a path that is no UTF-8")
check(server.call("GET", "/v1/plugins/..%2f..%2fetc/health", token=token).status == 404, "a path upwards")


def raw(request, what, *statuses):
    with socket.create_connection((server.host, server.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
            head, _, body = answer.partition(b"\r\n\r\n")
            length = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            if length and len(body) >= length[0]:
                break
    status = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    check(status in statuses, what, "gave", answer[:200])
    if status >= 400:
        judge_envelope(what, status, "application/json" if b"application/json" in answer else "", body)


auth = b"Host: x\r\nAuthorization: Bearer " + token.encode() + b"\r\n"
raw(b"GARBAGE\r\n\r\n", "garbage", 400)
raw(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 200 + b"\r\n", "200 headers", 431)
raw(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "a long target", 414)
raw(b"GET /health HTTP/3.7\r\nHost: x\r\n\r\n", "version 3.7", 400, 505)
raw(b"POST " + run.encode() + b" HTTP/1.1\r\n" + auth + b"Content-Length: 99999999999\r\n\r\n", "100 GB", 413)
raw(b"POST " + run.encode() + b" HTTP/1.1\r\n" + auth + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "2 lengths", 400)
raw(b"POST " + run.encode() + b" HTTP/1.1\r\n" + auth + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "a bad chunk", 400)
raw(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "a good one after all that", 200)
finish()
