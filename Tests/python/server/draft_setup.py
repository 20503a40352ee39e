"""A wrong value in every field of a setup, and bodies that are none: always 400 with the field, never a fault.

draft_setup.py URL TOKEN
"""

import json
import random
import sys

from calls import check, finish
from drafts import Drafts

url, token = sys.argv[1:]
drafts = Drafts(url, token)
job = drafts.create()
path = f"/jobs/{job}/setup"
fields = drafts.call("GET", path).json
good = drafts.set_up(job, player_number=17, jersey_color="#203524").json["setup"]
check(set(good) == set(fields) and good["player_number"] == 17, good)
wrong = {
    "player_number": [-1, 100, 1.5, "x", "1 7", [], {}, True, 1e300, "१७", "9" * 400],
    "jersey_color": ["red", "#12", 5, [], {}, True, "#gggggg", "\u0000", "#20352" + "4" * 5000],
    "opponent_color": ["#1234567", 0, {"r": 1}, False],
    "camera_mode": ["drone", 1, [], {}, True, "tacticall"],
    "clicks": [5, "x", {}, [5], [[]], [{}], [{"t": 1, "x": 0.5}], [{"t": -1, "x": 0, "y": 0}],
               [{"t": 0, "x": 1.01, "y": 0}], [{"t": 0, "x": 0, "y": "0"}], [{"t": None, "x": 0, "y": 0}],
               [{"t": 0, "x": 0, "y": 0}] * 1001, True],
    **{name: ["x", [], {}, True] for name in (
        "detect_stride", "ocr_min_conf", "min_track_seconds", "gap_merge_seconds", "lock_seconds_after_confirm",
        "jersey_color_tolerance", "lost_timeout_seconds", "pre_roll", "post_roll", "extend_sec")},
    **{name: ["true", 1, [], {}] for name in ("verify_mode", "enable_combined", "debug_overlay")},
}
check(set(wrong) == set(fields) | {"extend_sec"}, "fields without a wrong value:", set(fields) - set(wrong))
for field, values in wrong.items():
    for value in values:
        answer = drafts.call("PUT", path, {field: value})
        shown = str(value)[:60]
        check(answer.status == 400, field, shown, "gave", answer)
        error = answer.json["error"]
        check(error["code"] == "INVALID_CONFIG" and error["field"].startswith(field), field, shown, answer)
        errors = error["detail"]["errors"]
        check(errors and all({"field", "message", "code", "hint"} == set(issue) for issue in errors), field, errors)
everything = drafts.call("PUT", path, {field: values[-1] for field, values in wrong.items()})
named = {issue["field"].split("[")[0] for issue in everything.json["error"]["detail"]["errors"]}
check(named == set(wrong), "not named:", set(wrong) - named)

for body in (b"", b"{", b"null x", b"[]", b"5", b'"text"', b"true", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b"{" * 5000,
             b"[" * 100_000, b'{"player_number": 17,}', b'{"player_number": "\\ud800"}', b'{"a": 1, "a": 2}', b"\0",
             "{\"player_number\": 17}".encode("utf-16")):
    answer = drafts.call("PUT", path, body)
    check(answer.status == 400, body[:40], "gave", answer)
check(drafts.call("PUT", path, b"{}", {"Content-Type": "text/plain"}).status == 415, "a text")
check(drafts.call("PUT", path, b" " * (2 << 20) + b"{}").status == 413, "two megabytes")
check(drafts.call("POST", path, {}).status == 405 and drafts.call("PATCH", path, {}).status == 405, "methods")
check(drafts.call("GET", path).json == good, "a refused setup changed it")

# What is odd and harmless is taken.
for given, expected in [
    ({}, {"camera_mode": "broadcast", "ocr_min_conf": 0.28}), ({"player_number": "07"}, {"player_number": 7}),
    ({"player_number": None, "jersey_color": ""}, {"player_number": None, "jersey_color": None}),
    ({"detect_stride": -5, "pre_roll": 1e9, "ocr_min_conf": -1}, {"detect_stride": 1, "pre_roll": 60, "ocr_min_conf": 0}),
    ({"camera_mode": "tactical"}, {"detect_stride": 3, "jersey_color_tolerance": 70}),
    ({"post_roll": 4, "extend_sec": 9}, {"post_roll": 4}), ({"verify_mode": True}, {"verify_mode": True}),
    (None, {"camera_mode": "broadcast"}),
]:
    answer = drafts.call("PUT", path, json.dumps(given))
    check(answer.status == 200, given, "gave", answer)
    setup = answer.json["setup"]
    check(all(setup[name] == value for name, value in expected.items()), given, "became", setup)
    check(drafts.call("PUT", path, setup).json["setup"] == setup, "not the same again", setup)
answer = drafts.set_up(job, player_numbr=17)
check([issue["field"] for issue in answer.json["warnings"]] == ["player_numbr"], answer)

# Anything at all: taken or refused, never a fault.
chance = random.Random(5)
atoms = [None, True, False, 0, -1, 17, 1.5, 1e308, "", "17", "#203524", "tactical", "x" * 300, [], {}, [[]], {"t": 0}]
for _ in range(400):
    given = {chance.choice(sorted(wrong)): chance.choice(atoms + [[chance.choice(atoms)], {"x": chance.choice(atoms)}])
             for _ in range(chance.randrange(6))}
    answer = drafts.call("PUT", path, given)
    check(answer.status in (200, 400), given, "gave", answer)
finish()
