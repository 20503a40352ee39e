"""Try a tool of a plugin without Gantry: `python -m gantry_plugin.run FOLDER TOOL --frame picture.png threshold=30`.

Arguments are `name=value`; a value is read as JSON, and as text where it is none. The result is printed as JSON.
In this process and without the sandbox: `gantry plugins run` is how Gantry itself would do it.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, List

from .pictures import read_picture
from .testing import load


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m gantry_plugin.run", description="Try a tool of a plugin.")
    parser.add_argument("folder", help="the plugin's folder, with its manifest.json")
    parser.add_argument("tool", nargs="?", help="the tool; without it, the plugin's tools are listed")
    parser.add_argument("arguments", nargs="*", metavar="name=value", help="the tool's arguments")
    parser.add_argument("--frame", metavar="FILE", help="the picture for it")
    options = parser.parse_intermixed_args(arguments)
    plugin = load(options.folder)
    if options.tool is None:
        print(json.dumps([tool.declaration() for tool in plugin.tools.values()], indent=2, ensure_ascii=False))
        return 0
    frame = read_picture(options.frame) if options.frame else None
    result = plugin.run(options.tool, frame=frame, on_progress=_show, **dict(map(_argument, options.arguments)))
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0


def _argument(text: str) -> "tuple[str, Any]":
    name, equals, value = text.partition("=")
    if not equals:
        raise SystemExit(f"{text!r} is not name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _show(fraction: "float | None", message: "str | None") -> None:
    share = "" if fraction is None else f"{fraction:4.0%} "
    print(f"{share}{message or ''}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
