#!/usr/bin/env python3
"""How long `gantry version` takes from start to exit, and the memory it needs.

    startup.py [--repeat 50]
"""

import argparse

from measuring import GANTRY, median, publish, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=50)
    arguments = parser.parse_args()
    runs = [run([GANTRY, "version"]) for _ in range(arguments.repeat)]
    result = {
        "median_ms": 1000 * median(each.wall for each in runs), "worst_ms": 1000 * max(each.wall for each in runs),
        "peak_memory_mb": median(each.peak_memory for each in runs) / 1e6,
    }
    publish(
        "startup", result,
        [["gantry version", f"{result['median_ms']:.1f}", f"{result['worst_ms']:.1f}", f"{result['peak_memory_mb']:.0f}"]],
        ["command", "median ms", "worst ms", "peak MB"])


if __name__ == "__main__":
    main()
