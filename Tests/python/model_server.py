"""An HTTP server on a free port that misbehaves in the way its path says. Prints its port; ends when its input does."""
import http.server
import json
import sys
import threading

SIZE = 300_000
RIGHT = bytes((i * 7 + i // 256) % 256 for i in range(SIZE))
WRONG = bytes(255 - b for b in RIGHT)
seen = {}  # path -> list of the Range headers of its requests
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        path = self.path
        if path == "/seen":
            return self.answer(200, json.dumps(seen).encode())
        with lock:
            seen.setdefault(path, []).append(self.headers.get("Range", ""))
            count = len(seen[path])
        kind = path.strip("/").split("-")[0]
        if kind == "missing" or (kind == "busy" and count <= 2) or kind == "down":
            return self.answer(404 if kind == "missing" else 503, b"no")
        if kind == "redirect":
            return self.answer(302, b"", {"Location": "/ok-redirected"})
        if kind == "norange":  # sends half the first time, and everything whenever it is asked to continue
            return self.send(RIGHT, 0, {}, SIZE // 2 if count == 1 else SIZE)
        if kind == "wrong":
            return self.send(WRONG, 0, {}, SIZE)
        if kind == "short":
            return self.answer(200, RIGHT[: SIZE // 2])
        if kind == "long":
            return self.answer(200, RIGHT * 20)
        if kind == "changed":  # another file after the first half
            content, tag = (WRONG, '"a"') if count == 1 else (RIGHT, '"b"')
            start = self.start() if self.headers.get("If-Range") == tag else 0
            return self.send(content, start, {"ETag": tag}, SIZE // 2 if count == 1 else SIZE)
        if kind == "untagged":  # the same without a tag: the parts do not fit together
            return self.send(WRONG if count == 1 else RIGHT, self.start(), {}, SIZE // 2 if count == 1 else SIZE)
        if kind == "rotten":
            return self.send(WRONG, self.start(), {}, 70_000)
        if kind == "drip":
            return self.send(RIGHT, self.start(), {"ETag": '"drip"'}, 70_000)
        return self.send(RIGHT, self.start(), {"ETag": '"ok"'}, SIZE)

    def start(self):
        requested = self.headers.get("Range", "")
        return int(requested[len("bytes="):].rstrip("-")) if requested else 0

    def answer(self, status, body, headers={}):
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send(self, content, start, headers, most):
        """Promises everything from `start`, sends at most `most` bytes, and then breaks the connection off."""
        if start >= len(content):
            return self.answer(416, b"")
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : start + most])
        self.wfile.flush()
        if start + most < len(content):
            self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
