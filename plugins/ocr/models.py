"""The models: files out of the wheel of rapidocr (Apache-2.0), of which nothing is imported, on ONNX Runtime."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from typing import Dict

import numpy as np

SHA256 = {
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}
MOST_THREADS = 4


def model_folder() -> str:
    """Where the installed wheel keeps its models."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("Model file not found: the package rapidocr is not installed. gantry plugins install ocr")
    return os.path.join(spec.submodule_search_locations[0], "models")


class Model:
    """One network with one input and one output."""

    def __init__(self, folder: str, name: str) -> None:
        import onnxruntime

        content = checked_content(folder, name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(MOST_THREADS, len(os.sched_getaffinity(0)))
        # Threads that wait by spinning take the processor from everyone else on the machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input: batch})[0]

    @property
    def metadata(self) -> Dict[str, str]:
        return dict(self._session.get_modelmeta().custom_metadata_map)


def checked_content(folder: str, name: str) -> bytes:
    """The file, if it is the one that this plugin was written for."""
    try:
        with open(os.path.join(folder, name), "rb") as file:
            content = file.read()
    except OSError:
        raise RuntimeError(f"Model file not found: {name}. Install with: gantry plugins install ocr") from None
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise RuntimeError(f"Model file truncated or corrupted: {name}. Re-download with: gantry plugins install ocr")
    return content
