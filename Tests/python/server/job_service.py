"""Pipelines, validation, health and metrics.

job_service.py URL TOKEN STORAGE
"""

import sys
import time

from prometheus_client.parser import text_string_to_metric_families

from calls import Server, check, finish
from uploads import simple

url, token, storage = sys.argv[1:]
server = Server(url)


def get(path):
    return server.call("GET", path, token=token)


def post(path, body):
    return server.call("POST", path, body, token)


# Pipelines.
for path in ("/api/v1/pipelines", "/api/v1/pipelines/"):
    value = get(path).json
    check(value["total"] == len(value["pipelines"]) >= 2, path, value["total"])
by_name = {pipeline["name"]: pipeline for pipeline in value["pipelines"]}
check(by_name["scene_detection"]["available"] is True, by_name["scene_detection"])
check("threshold" in by_name["scene_detection"]["config_schema"], by_name["scene_detection"]["config_schema"])
face = by_name["face_analysis"]
check(face["available"] is False and face["reason"], face)
for name in ("scene_detection", "scene", "Scene", "scene%5Fdetection"):
    check(get(f"/api/v1/pipelines/{name}").json == by_name["scene_detection"], name)
for name in ("sceen", "..", "%2e%2e", "x" * 300, "plugin:nobody%2Fnothing", "%00"):
    answer = get(f"/api/v1/pipelines/{name}")
    check(answer.status in (400, 404), name, answer)
    check(answer.status == 400 or answer.json["error"]["code"] == "PIPELINE_NOT_FOUND", name, answer)
check("scene_detection" in get("/api/v1/pipelines/sceen").json["error"]["hint"], "no suggestion")

# The three spellings of validation.
good = {"config": {"scene_detection": {"threshold": 20}}, "pipelines": ["scene"]}
bad = {"config": {"scene_detection": {"threshold": "x", "min_scene_length": -1}}, "pipelines": ["scene", "nobody"]}
typo = {"config": {"scene_detection": {"treshold": 20}}, "pipelines": ["scene"]}
for path in ("/api/v1/pipelines/validate", "/api/v1/config/validate"):
    answer = post(path, good)
    check(answer.status == 200 and answer.json == {"valid": True, "errors": [], "warnings": []}, path, answer)
    answer = post(path, typo)
    check(answer.status == 200 and answer.json["warnings"][0]["code"] == "UNKNOWN_FIELD", path, answer)
    check("threshold" in answer.json["warnings"][0]["hint"], path, answer)
answer = post("/api/v1/pipelines/validate", bad)
check(answer.status == 400 and answer.json["error"]["code"] == "INVALID_CONFIG", answer)
report = answer.json["error"]["detail"]
check(report["valid"] is False and len(report["errors"]) == 3, report)
check({error["code"] for error in report["errors"]} == {"PIPELINE_NOT_FOUND", "INVALID_TYPE", "VALUE_OUT_OF_RANGE"}, report)
answer = post("/api/v1/config/validate", bad)
check(answer.status == 200 and answer.json == report, answer)
for body, valid in [({"config": {"threshold": 30}}, True), ({"config": {"threshold": None}}, False), ({}, True),
                    ({"config": [1]}, False), ({"config": {"threshold": 1e300}}, False)]:
    answer = post("/api/v1/pipelines/scene/validate", body)
    check(answer.status == 200 and answer.json["valid"] is valid, body, answer)
check(post("/api/v1/pipelines/nobody/validate", {}).status == 404, "validate nobody")
for path in ("/api/v1/pipelines/validate", "/api/v1/config/validate", "/api/v1/pipelines/scene/validate"):
    for body, status in [("[", 400), ("[]", 422), ('"x"', 422), ('{"confg": {}}', 422), ("", 400), (b"\xff", 400)]:
        check(post(path, body).status == status, path, body, "gave", post(path, body))
for path in ("/api/v1/pipelines/validate", "/api/v1/config/validate"):
    for pipelines in (5, "scene", [1], ["scene"] * 65, {"a": 1}):
        check(post(path, {"pipelines": pipelines}).status == 422, path, pipelines)
times = []
for _ in range(300):
    begin = time.perf_counter()
    post("/api/v1/config/validate", bad)
    times.append(time.perf_counter() - begin)
times.sort()
print(f"validate, client's own time and a connection each included: p50 {times[150] * 1000:.2f} ms, p99 {times[296] * 1000:.2f} ms", file=sys.stderr)

# Health.
simple(server, token)
time.sleep(1.2)  # health is at most a second old
value = server.call("GET", "/api/v1/health").json
check(value["status"] == "healthy" and "storage" not in value, "basic", value)
check(server.call("GET", "/api/v1/health?detailed=true").status == 401, "details without a token")
check(server.call("GET", "/api/v1/health?detailed=perhaps", token=token).status == 422, "detailed=perhaps")
for path in ("/api/v1/health?detailed=true", "/api/v1/system/health"):
    value = get(path).json
    check(value["status"] == "healthy" and value["storage"]["writable"] is True, path, value)
    check(value["storage"]["path"] == storage and value["storage"]["available_gb"] > 0, path, value["storage"])
    check(value["database"] == {"connected": True, "job_count": 1}, path, value["database"])
    check("scene_detection" in value["pipelines"]["available"], path, value["pipelines"])
    check(value["queue"]["pending"] == 1, path, value["queue"])
    check(set(value["gpu"]) == {"available", "devices"} and value["plugins"]["total"] == 1, path, value)

# Metrics, by Prometheus' own reader.
for path in ("/metrics", "/api/v1/metrics"):
    answer = get(path)
    check(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers["Content-Type"])
    families = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}

    def sample(name, **labels):
        family = families[name.removesuffix("_total").removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")]
        found = [s.value for s in family.samples if s.name == name and labels.items() <= s.labels.items()]
        check(found, "no sample", name, labels)
        return sum(found)

    check(sample("gantry_jobs", status="pending") == 1 and sample("gantry_job_queue_length") == 1, "jobs")
    check(sample("gantry_http_requests_total", route="/api/v1/pipelines/{name}", status="404") >= 3, "requests")
    check(sample("gantry_http_requests_total", route="/api/v1/jobs", method="POST", status="201") == 1, "submissions")
    route = "/api/v1/config/validate"
    count = sample("gantry_http_request_duration_seconds_count", route=route)
    check(count == sample("gantry_http_request_duration_seconds_bucket", route=route, le="+Inf") > 300, "histogram", count)
    buckets = [s for s in families["gantry_http_request_duration_seconds"].samples
               if s.name.endswith("_bucket") and s.labels["route"] == route]
    values = [s.value for s in sorted(buckets, key=lambda s: float(s.labels["le"]))]
    check(values == sorted(values) and len(values) == 16, "buckets", values)
    check(sample("gantry_plugins", state="INITIALIZED") == 1, "plugins")
    check(sample("process_resident_memory_bytes") > 1e6 and sample("process_open_fds") > 3, "process")
    check(sample("process_cpu_seconds_total") > 0, "processor time")
    check(abs(sample("process_start_time_seconds") - time.time()) < 3600, "start time")
    check(not any("game.mp4" in str(s) or "nobody" in str(s) for f in families.values() for s in f.samples), "paths as labels")
finish()
