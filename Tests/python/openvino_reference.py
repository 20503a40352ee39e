"""Runs a detector with OpenVINO's own Python interface: the picture (planar RGB bytes) and the model from arguments,
rows of class, score, x1, y1, x2, y2 as JSON."""
import json
import sys

import numpy as np
import openvino as ov

model_path, picture, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
planes = np.fromfile(picture, np.uint8).reshape(3, height, width).astype(np.float32)
mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
tensor = ((planes / 255 - mean[:, None, None]) / deviation[:, None, None]).astype(np.float32)[None]
core = ov.Core()
model = core.read_model(model_path)
model.reshape({"image": [1, 3, height, width], "scale_factor": [1, 2]})
settings = {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}
result = core.compile_model(model, "CPU", settings)(
    {"image": tensor, "scale_factor": np.ones([1, 2], np.float32)})
print(json.dumps(np.asarray(result[0]).tolist()))
