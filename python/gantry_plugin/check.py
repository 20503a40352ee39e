"""Whether a plugin's interpreter has what the plugin's manifest names: `python -m gantry_plugin.check JSON`.

The argument is an object: `modules`, a list of module names, and `cuda`, true to ask torch whether CUDA works. The
answer is one line of JSON on standard output:

    {"python": "3.11.7", "missing": [{"module": "cv2", "package": "opencv-python-headless"}],
     "cuda": false, "cuda_reason": "torch.cuda.is_available() is False"}

`cuda` is null where it was not asked. Nothing is imported, but for torch when CUDA is asked for: a broken package is
the loader's business, and importing it would take seconds.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import platform
import sys
from typing import Any, Dict, List, Optional, Tuple

from .loading import PACKAGE_OF_MODULE


def is_there(module: str) -> bool:
    """Whether the module could be imported. `find_spec` of a dotted name imports its parents; this does not."""
    path: Optional[List[str]] = None
    parts = module.split(".")
    for depth in range(len(parts)):
        name = ".".join(parts[: depth + 1])
        if not parts[depth].isidentifier():
            return False
        spec = _spec(name, path)
        if spec is None:
            return False
        path = list(spec.submodule_search_locations or [])
    return True


def _spec(name: str, path: Optional[List[str]]) -> Optional[importlib.machinery.ModuleSpec]:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: Optional[importlib.machinery.ModuleSpec] = find(name, path) if find else None
        if spec is not None:
            return spec
    return None


def cuda() -> Tuple[bool, str]:
    """What torch says about CUDA, and why when it says no."""
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]

        if torch.cuda.is_available():
            return True, ""
        return False, "torch.cuda.is_available() is False"
    except BaseException as error:  # a broken torch may raise anything
        return False, f"torch cannot be imported: {type(error).__name__}: {error}"


def checked(request: Dict[str, Any]) -> Dict[str, Any]:
    missing = [
        {"module": module, "package": PACKAGE_OF_MODULE.get(module.partition(".")[0], module.partition(".")[0])}
        for module in request.get("modules") or []
        if not is_there(str(module))
    ]
    works, reason = cuda() if request.get("cuda") else (None, None)
    return {"python": platform.python_version(), "missing": missing, "cuda": works, "cuda_reason": reason}


def main(arguments: List[str]) -> int:
    # `-m` puts the working directory first, where any folder would pass for a package of its name.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    try:
        request = json.loads(arguments[0]) if len(arguments) == 1 else None
    except ValueError:
        request = None
    if not isinstance(request, dict):
        print('usage: python -m gantry_plugin.check \'{"modules": ["torch"], "cuda": false}\'', file=sys.stderr)
        return 64
    # What is imported may print; the answer stays the only line of standard output.
    answer_descriptor = os.dup(1)
    os.dup2(2, 1)
    answer = json.dumps(checked(request)) + "\n"
    os.write(answer_descriptor, answer.encode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
