"""From a plugin's folder to its class."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import Optional, Tuple

#: Modules whose pip package has another name, for the hint in an error.
PACKAGE_OF_MODULE = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}


def plugin_class(directory: str, entrypoint: Optional[str]) -> type:
    """Imports the plugin's module and finds its class.

    - `entrypoint`: `module:Class`, `file.py:Class`, or either half; by default `plugin.py` and `Plugin`.
    """
    module_name, class_name = parsed(entrypoint)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    if module_name.endswith(".py"):
        module = _module_of_file(directory, module_name)
    else:
        module = importlib.import_module(module_name)
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        place = getattr(module, "__file__", None) or module_name
        raise ImportError(f"{os.path.basename(place)} has no class {class_name}; name yours in the manifest's entrypoint")
    return found


def parsed(entrypoint: Optional[str]) -> Tuple[str, str]:
    module, _, name = (entrypoint or "").partition(":")
    return module or "plugin.py", name or "Plugin"


def install_hint(error: ImportError) -> str:
    """` Install with: pip install X` for a package that is missing, else nothing."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    top = error.name.partition(".")[0]
    return f". Install with: pip install {PACKAGE_OF_MODULE.get(top, top)}"


def _module_of_file(directory: str, file: str) -> ModuleType:
    path = os.path.join(directory, file)
    name = os.path.splitext(os.path.basename(file))[0]
    if not os.path.isfile(path):
        raise ImportError(f"{file} is not there in {directory}")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Found by its name too, as pickle, dataclasses and the plugin's own modules expect.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
