"""Writes small ONNX detectors into the folder given: they find squares of pure colour, so what they must say is known.

Each looks at a picture in cells of 32 x 32 pixels. A cell's box is the cell, its class scores are the means of the
red, green (and so on) planes. Graphs compute this from the pixels and work for any size and batch unless fixed.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
CELL = 32
NAMES = "{0: 'red', 1: 'green', 2: \"it's blue\"}"


def constant(name, values, kind=np.float32):
    return numpy_helper.from_array(np.array(values, kind), name)


def grid(image):
    """Nodes that give cx, cy, w, h (in pixels) and the plane means, each [batch, k, rows, columns]."""
    pool = dict(kernel_shape=[CELL, CELL], strides=[CELL, CELL])
    return [
        helper.make_node("AveragePool", [image], ["means"], **pool),
        helper.make_node("Slice", [image, "zero", "one", "axis1"], ["plane"]),
        helper.make_node("Mul", ["plane", "zero_f"], ["zeros"]),
        helper.make_node("Add", ["zeros", "one_f"], ["ones"]),
        helper.make_node("CumSum", ["ones", "axis3"], ["xs"]),
        helper.make_node("CumSum", ["ones", "axis2"], ["ys"]),
        helper.make_node("AveragePool", ["xs"], ["mean_x"], **pool),
        helper.make_node("AveragePool", ["ys"], ["mean_y"], **pool),
        helper.make_node("Sub", ["mean_x", "half_f"], ["cx"]),
        helper.make_node("Sub", ["mean_y", "half_f"], ["cy"]),
        helper.make_node("AveragePool", ["ones"], ["unit"], **pool),
        helper.make_node("Mul", ["unit", "cell_f"], ["side"]),
    ]


CONSTANTS = [
    constant("zero", [0], np.int64), constant("one", [1], np.int64), constant("axis1", [1], np.int64),
    constant("axis2", 2, np.int64), constant("axis3", 3, np.int64), constant("zero_f", 0), constant("one_f", 1),
    constant("half_f", 0.5), constant("cell_f", CELL), constant("half_cell_f", CELL / 2),
]


def save(name, nodes, inputs, outputs, initializers=(), metadata=None):
    replaced = {tensor.name for tensor in initializers}
    constants = [tensor for tensor in CONSTANTS if tensor.name not in replaced]
    graph = helper.make_graph(nodes, name, inputs, outputs, constants + list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if metadata:
        helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def flatten(channels):
    return (
        [helper.make_node("Reshape", ["map", "flat"], ["output0"])],
        [constant("flat", [0, channels, -1], np.int64)],
    )


def anchor_free(name, shape, classes=3, metadata=None, kind=TensorProto.FLOAT, replaced=()):
    """YOLOv8 and 11: [batch, 4 + classes, anchors]."""
    nodes, extra, image = [], list(replaced), "images"
    if kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", ["images"], ["wide"], to=TensorProto.FLOAT))
        image = "wide"
    nodes += grid(image)
    parts = ["cx", "cy", "side", "side", "means"]
    if classes > 3:
        extra.append(constant("more", np.zeros([1, classes - 3, 1, 1])))
        nodes.append(helper.make_node("Mul", ["unit", "more"], ["padding"]))
        parts.append("padding")
    nodes.append(helper.make_node("Concat", parts, ["map"], axis=1))
    end, flat = flatten(4 + classes)
    if kind != TensorProto.FLOAT:
        end[0].output[0] = "wide_output"
        end.append(helper.make_node("Cast", ["wide_output"], ["output0"], to=kind))
    save(name, nodes + end, [value("images", shape, kind)],
         [value("output0", [None, 4 + classes, None], kind)], extra + flat, metadata)


def objectness(name, shape, metadata):
    """YOLOv5: [batch, anchors, 5 + classes]; the objectness is 0.5 everywhere."""
    nodes = grid("images") + [
        helper.make_node("Mul", ["unit", "half_f"], ["object"]),
        helper.make_node("Concat", ["cx", "cy", "side", "side", "object", "means"], ["map"], axis=1),
        helper.make_node("Reshape", ["map", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["output0"], perm=[0, 2, 1]),
    ]
    save(name, nodes, [value("images", shape)], [value("output0", [None, None, 8])],
         [constant("flat", [0, 8, -1], np.int64)], metadata)


def end_to_end(name, shape, metadata):
    """[batch, rows, 6]: x1, y1, x2, y2, score, class."""
    nodes = grid("images") + [
        helper.make_node("Sub", ["cx", "half_cell_f"], ["x1"]), helper.make_node("Sub", ["cy", "half_cell_f"], ["y1"]),
        helper.make_node("Add", ["cx", "half_cell_f"], ["x2"]), helper.make_node("Add", ["cy", "half_cell_f"], ["y2"]),
        helper.make_node("ReduceMax", ["means"], ["score"], axes=[1], keepdims=1),
        helper.make_node("ArgMax", ["means"], ["class"], axis=1, keepdims=1),
        helper.make_node("Cast", ["class"], ["class_f"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["x1", "y1", "x2", "y2", "score", "class_f"], ["map"], axis=1),
        helper.make_node("Reshape", ["map", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["output0"], perm=[0, 2, 1]),
    ]
    save(name, nodes, [value("images", shape)], [value("output0", [None, None, 6])],
         [constant("flat", [0, 6, -1], np.int64)], metadata)


def garbage(name, number):
    """Right shape, wrong numbers: every value is 0 * pixel + `number`."""
    nodes = grid("images") + [
        helper.make_node("Concat", ["cx", "cy", "side", "side", "means"], ["map"], axis=1),
        helper.make_node("Mul", ["map", "zero_f"], ["blank"]),
        helper.make_node("Add", ["blank", "number"], ["bad"]),
        helper.make_node("Reshape", ["bad", "flat"], ["output0"]),
    ]
    save(name, nodes, [value("images", [1, 3, 64, 96])], [value("output0", [1, 7, 6])],
         [constant("flat", [0, 7, -1], np.int64), constant("number", number)], {"names": NAMES})


OPEN = ["batch", 3, "height", "width"]
FIXED = [1, 3, 64, 96]
named = {"names": NAMES, "task": "detect", "imgsz": "[64, 96]", "stride": "32"}
anchor_free("v8-open", OPEN, metadata=named)
anchor_free("v8-fixed", FIXED, metadata=named)
anchor_free("v8-unnamed", [1, 3, 128, 192])
anchor_free("v8-coco", [1, 3, 320, 320], classes=80)
anchor_free("v8-batch4", [4, 3, 64, 96], metadata=named)
anchor_free("v8-f16", FIXED, metadata=named, kind=TensorProto.FLOAT16)
objectness("v5", FIXED, named)
end_to_end("end2end", FIXED, named)
for label, number in [("nan", np.nan), ("inf", np.inf), ("huge", 3e38), ("minus", -1.0)]:
    garbage(f"garbage-{label}", number)

# Loads, and fails when it runs: there is no such axis.
anchor_free("wrong-axis", FIXED, metadata=named, replaced=[constant("axis3", 259, np.int64)])

# Sound ONNX that is no detector Gantry knows.
save("classifier", [helper.make_node("ReduceMean", ["images"], ["output0"], axes=[2, 3], keepdims=0)],
     [value("images", FIXED)], [value("output0", [1, 3])])
save("two-pictures", [helper.make_node("Add", ["a", "b"], ["output0"])],
     [value("a", FIXED), value("b", FIXED)], [value("output0", FIXED)])
save("grey-picture", [helper.make_node("Reshape", ["images", "flat"], ["output0"])],
     [value("images", [1, 1, 64, 96])], [value("output0", [1, 7, None])], [constant("flat", [1, 64, -1], np.int64)])
save("extra-input", [helper.make_node("Mul", ["images", "gain"], ["x"]),
                     helper.make_node("Reshape", ["x", "flat"], ["output0"])],
     [value("images", FIXED), value("gain", [1])], [value("output0", [1, 96, None])],
     [constant("flat", [1, 96, -1], np.int64)])
anchor_free("segmenter", FIXED, metadata={**named, "task": "segment"})
anchor_free("wrong-names", [1, 3, 128, 192], metadata={**named, "names": "{0: 'red', 1: 'green'}"})
