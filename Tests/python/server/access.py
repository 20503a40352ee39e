"""Every documented route without a token, with a wrong, an expired and a weak one; CORS on good answers and bad.

access.py URL ADMIN READ SUBMIT EXPIRED
"""

import sys

from calls import Server, check, finish, real_path

url, admin, read, submit, expired = sys.argv[1:]
server = Server(url)
document = server.call("GET", "/openapi.json").json
scopes = {"read": {admin, read}, "submit": {admin, submit}, "admin": {admin}, "worker": {admin}}
seen = 0
for path, operations in document["paths"].items():
    for method, operation in operations.items():
        method, seen = method.upper(), seen + 1
        real = real_path(path)
        what = f"{method} {path}"
        body = {} if "requestBody" in operation else None
        if not operation["security"]:
            check(server.call(method, real).status == 200, what, "is not open")
            continue
        scope = operation["x-scope"]
        for name, token in {"none": None, "wrong": "gty_" + "a" * 52, "expired": expired, "empty": ""}.items():
            # Each from an address of its own: wrong tokens are counted by address.
            answer = server.call(method, real, body, token=token, source=f"127.0.0.{1 + seen}")
            check(answer.status == 401, what, "with", name, "token:", answer)
            check("Bearer" in (answer.headers.get("WWW-Authenticate") or ""), what, "does not ask for a token")
        check(server.call(method, real, body, headers={"Authorization": "Basic QTpC"}).status == 401, what, "basic")
        for token in (admin, read, submit):
            answer = server.call(method, real, body, token=token)
            check((answer.status == 403) == (token not in scopes[scope]), what, "scope", scope, "gave", answer)
            check(answer.status != 401, what, answer)
        answer = server.call(method, real, body, headers={"X-API-Key": admin})
        check(answer.status not in (401, 403), what, "with X-API-Key:", answer)
check(seen >= 17, "only", seen, "routes")

page = "http://localhost:19011"
for path, token in (("/v1/plugins", read), ("/v1/plugins", None), ("/nowhere", None), ("/v1/plugins/x/health", read)):
    answer = server.call("GET", path, token=token, headers={"Origin": page})
    check(answer.headers.get("Access-Control-Allow-Origin") == page, path, answer.status, "lacks CORS")
    answer = server.call("GET", path, token=token, headers={"Origin": "https://evil.example"})
    check(answer.headers.get("Access-Control-Allow-Origin") is None, path, answer.status, "lets strangers read")
asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
answer = server.call("OPTIONS", "/v1/jobs", headers={"Origin": page, **asks})
check(answer.status == 204 and "Authorization" in answer.headers["Access-Control-Allow-Headers"], "preflight", answer)
answer = server.call("OPTIONS", "/v1/jobs", headers={"Origin": "https://evil.example", **asks})
check(answer.headers.get("Access-Control-Allow-Methods") is None, "a stranger's preflight", answer)

check(server.call("GET", "/health", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1", "own id")
check(server.call("GET", "/health", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b", "a bad id")
answer = server.call("DELETE", "/v1/plugins", token=admin)
check(answer.status == 405 and "GET" in answer.headers["Allow"], "405", answer)
check(server.call("HEAD", "/v1/plugins", token=read).body == b"", "HEAD has a body")

wrong, other = "gty_" + "b" * 52, "127.0.1.1"
statuses = [server.call("GET", "/v1/plugins", token=wrong, source=other).status for _ in range(12)]
check(statuses[:10] == [401] * 10 and statuses[11] == 429, "wrong tokens gave", statuses)
answer = server.call("GET", "/v1/plugins", token=wrong, source=other)
check(answer.json["error"]["code"] == "RATE_LIMITED" and 1 <= int(answer.headers["Retry-After"]) <= 6, answer)
check(server.call("GET", "/v1/plugins", token=read, source=other).status == 200, "a good token was slowed")
check(server.call("GET", "/v1/plugins", token=wrong).status == 401, "another address was slowed")
finish()
