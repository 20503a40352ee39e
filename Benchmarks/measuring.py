"""What all comparisons share: running a command and weighing it, medians, and the rows for docs/benchmarks.md."""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# GANTRY_PROGRAM measures another build than this checkout's.
GANTRY = Path(os.environ.get("GANTRY_PROGRAM") or ROOT / ".build/release/gantry")
RESULTS = ROOT / "gantry-out/benchmarks"


def cache_root() -> Path:
    environment = os.environ
    if environment.get("GANTRY_CACHE"):
        return Path(environment["GANTRY_CACHE"])
    if environment.get("XDG_CACHE_HOME"):
        return Path(environment["XDG_CACHE_HOME"]) / "gantry"
    return Path(environment.get("HOME", "/tmp")) / ".cache/gantry"


@dataclass
class Run:
    """One process from start to exit."""

    wall: float  # seconds
    cpu: float  # seconds of all its threads
    peak_memory: int  # bytes, the kernel's figure for this process
    output: str


def run(command: list, timeout: float = 900) -> Run:
    """Runs a command to success, or ends the benchmark with what it said."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        guard = threading.Timer(timeout, process.kill)
        guard.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        guard.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nfailed with status {process.returncode}: {errors.read()[-2000:]}")
        return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output.read())


def alternate(commands: dict[str, list], repetitions: int) -> dict[str, list[Run]]:
    """Each command in turn, again and again, so that a slow spell of the machine meets them all."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for repetition in range(repetitions):
        for name, command in commands.items():
            note(f"{name}, run {repetition + 1} of {repetitions}")
            runs[name].append(run(command))
    return runs


def median(values) -> float:
    return statistics.median(values)


def note(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def machine() -> dict:
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 2**30),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "load_before": round(os.getloadavg()[0], 2),
    }


def publish(name: str, result: dict, rows: list[list[str]], headings: list[str]) -> None:
    """The result as JSON in gantry-out/benchmarks, and as a Markdown table on the terminal."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine(), **result}, indent=1) + "\n")
    table = [headings, ["---"] * len(headings), *rows]
    text = "\n".join("| " + " | ".join(row) + " |" for row in table)
    (RESULTS / f"{name}.md").write_text(text + "\n")
    print(text)
