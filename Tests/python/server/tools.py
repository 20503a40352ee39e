"""Tools over HTTP: what they return, and every way that they can fail, as the contract says it.

tools.py URL TOKEN; the server has the plugins chaos (one second for a call) and gpu (UNAVAILABLE).
"""

import base64
import sys
import threading
import time

import numpy as np
from PIL import Image
from io import BytesIO

from calls import Server, check, finish

url, token = sys.argv[1:]
server = Server(url)


def health(name="chaos"):
    return server.call("GET", f"/v1/plugins/{name}/health", token=token).json


def ready():
    return server.wait_until("chaos", token, "INITIALIZED")


def run(tool, args=None, plugin="chaos"):
    return server.call("POST", f"/v1/plugins/{plugin}/tools/{tool}/run", {"args": args or {}}, token=token)


def job(tool, plugin="chaos", **fields):
    return server.call("POST", "/v1/jobs", {"plugin_id": plugin, "tool_name": tool, **fields}, token=token)


check(ready(), "chaos is never ready:", health())
server.wait_until("gpu", token, "UNAVAILABLE")

pixels = np.zeros((40, 60, 3), np.uint8)
pixels[:, :, 0] = 200
picture = BytesIO()
Image.fromarray(pixels).save(picture, "PNG")
text = base64.b64encode(picture.getvalue()).decode()

answer = run("echo", {"value": {"a": [1, None, "ä"]}})
check(answer.status == 200 and answer.json["tool_name"] == "echo" and answer.json["plugin_id"] == "chaos", answer)
check("a" in str(answer.json["result"]) and answer.json["processing_time_ms"] >= 0, answer)
answer = run("mean", {"frame_base64": text})
check(answer.status == 200, "mean", answer)
mean = answer.json["result"] if answer.status == 200 else None
parts = (b"--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
         + picture.getvalue() + b"\r\n--x--\r\n")
answer = server.call("POST", "/v1/plugins/chaos/tools/mean/run", parts, token=token,
                     headers={"Content-Type": "multipart/form-data; boundary=x"})
check(answer.status == 200 and answer.json["result"] == mean, "multipart", answer)
answer = job("mean", frame_base64=text, device="cuda", annotated=False)
check(answer.status == 200 and answer.json == {"ok": True, "result": mean}, "job", answer)

answer = run("raises")
check(answer.status == 422 and answer.json["error"]["code"] == "TOOL_ERROR", "a tool's error", answer)
check(health()["state"] == "INITIALIZED", "a tool's error broke the plugin", health())
answer = job("raises")
check(answer.json["ok"] is False and answer.json["error_type"] == "ValueError", "a job's error", answer)
check(run("mean", {"frame_base64": base64.b64encode(b"no picture").decode()}).status in (400, 422), "no picture")
check(run("none").status == 404 and run("none").json["error"]["code"] == "TOOL_NOT_FOUND", "no tool")
check(run("echo", plugin="none").json["detail"] == "Plugin 'none' not found", "no plugin")
check(job("echo", plugin="none").json["error"] == "Plugin not found: none", "a job without plugin")
check(job("none").json["error"] == "Tool not found: none", "a job without tool")

answer = run("x", plugin="gpu")
check(answer.status == 503 and answer.json["error"]["code"] == "PLUGIN_UNAVAILABLE", "unavailable", answer)
answer = job("x", plugin="gpu")
check(answer.json["error_type"] == "PluginUnavailable" and "UNAVAILABLE" in answer.json["error"], "job", answer)

# The server's own health does not wait while a tool hangs, and the call ends by itself.
slowest, hanging = 0.0, threading.Thread(target=lambda: check(
    (lambda a: a.status == 408 and "timed out after" in a.json["detail"])(run("spin")), "a call that hangs"))
hanging.start()
while hanging.is_alive():
    start = time.monotonic()
    check(server.call("GET", "/v1/health").status == 200, "health during a hang")
    slowest = max(slowest, time.monotonic() - start)
    time.sleep(0.01)
check(slowest < 1.0, "health took", slowest)
check(ready(), "not back after a timeout", health())
answer = run("segfault")
check(answer.status == 503 and "SIGSEGV" in answer.json["detail"], "a crash", answer)
check(ready(), "not back after a crash", health())
check(any("SIGSEGV" in entry["reason"] for entry in health()["history"]), "the crash left no trace", health()["history"])

counts = server.call("GET", "/v1/plugins/", token=token).json
check(counts["total"] == 2 and counts["unavailable"] == 1, "counts", counts["total"], counts["unavailable"])
answer = server.call("GET", "/v1/plugins", token=token)
check([plugin["name"] for plugin in answer.json] == ["chaos", "gpu"], "list", answer)
manifest = server.call("GET", "/v1/plugins/chaos/manifest", token=token).json
check(manifest["name"] == "chaos" and len(manifest["tools"]) > 10, "manifest")
lines = server.call("GET", "/v1/plugins/chaos/log?lines=50", token=token).json["lines"]
check(isinstance(lines, list) and len(lines) <= 50, "log", lines)
answer = server.call("POST", "/v1/plugins/chaos/reload", token=token)
check(answer.status == 200 and answer.json["name"] == "chaos", "reload", answer)
answer = server.call("POST", "/v1/plugins/reload-all", token=token)
check(answer.status == 200 and len(answer.json) == 2, "reload-all", answer)
finish()
