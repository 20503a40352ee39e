"""Scores MOTChallenge text with TrackEval (PyPI `trackeval`) and prints JSON: the reference for Gantry's own scores.

usage: trackeval_scores.py GT_FOLDER TRACKS_FOLDER [BENCHMARK]

GT_FOLDER holds NAME/gt/gt.txt, TRACKS_FOLDER holds NAME.txt. A sequence is as long as its last frame on either side.
"""
import contextlib
import io
import json
import os
import sys

import numpy

# TrackEval is older than NumPy 1.24, which removed these names.
for name, type_ in (("float", float), ("int", int), ("bool", bool)):
    if name not in numpy.__dict__:
        setattr(numpy, name, type_)

from trackeval.datasets import MotChallenge2DBox  # noqa: E402
from trackeval.eval import Evaluator  # noqa: E402
from trackeval.metrics import CLEAR, HOTA, Identity  # noqa: E402


def last_frame(path):
    with open(path) as lines:
        return max((int(float(line.split(",")[0])) for line in lines if line.strip()), default=0)


def main(gt, tracks, benchmark="MOT17"):
    names = sorted(name for name in os.listdir(gt) if os.path.isfile(f"{gt}/{name}/gt/gt.txt"))
    lengths = {n: max(last_frame(f"{gt}/{n}/gt/gt.txt"), last_frame(f"{tracks}/{n}.txt")) for n in names}
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = MotChallenge2DBox({
            "GT_FOLDER": gt, "TRACKERS_FOLDER": os.path.dirname(os.path.abspath(tracks)),
            "TRACKERS_TO_EVAL": [os.path.basename(os.path.abspath(tracks))], "TRACKER_SUB_FOLDER": "",
            "BENCHMARK": benchmark, "SKIP_SPLIT_FOL": True, "SEQ_INFO": lengths, "PRINT_CONFIG": False,
        })
        evaluator = Evaluator({
            "USE_PARALLEL": False, "PRINT_RESULTS": False, "PRINT_CONFIG": False, "TIME_PROGRESS": False,
            "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False, "PLOT_CURVES": False, "OUTPUT_EMPTY_CLASSES": False,
            "BREAK_ON_ERROR": True, "LOG_ON_ERROR": None,
        })
        results, _ = evaluator.evaluate(
            [dataset], [HOTA(), CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False})])
    (by_sequence,) = results["MotChallenge2DBox"].values()
    report = {}
    for name, classes in by_sequence.items():
        scores = classes["pedestrian"]
        row = {}
        for key in ("HOTA", "DetA", "AssA", "DetRe", "DetPr", "AssRe", "AssPr", "LocA"):
            row[key] = float(numpy.mean(scores["HOTA"][key]))
        row["HOTA(0)"] = float(scores["HOTA"]["HOTA(0)"])
        row["HOTA_alpha"] = [float(value) for value in scores["HOTA"]["HOTA"]]
        for key in ("MOTA", "MOTP", "IDSW", "Frag", "MT", "PT", "ML"):
            row[key] = float(scores["CLEAR"][key])
        for key in ("TP", "FP", "FN"):
            row[key] = float(scores["CLEAR"]["CLR_" + key])
        for key in ("IDF1", "IDP", "IDR", "IDTP", "IDFP", "IDFN"):
            row[key] = float(scores["Identity"][key])
        report["combined" if name == "COMBINED_SEQ" else name] = row
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
