"""What a tool may return, and how it arrives."""

import dataclasses
import enum
import json
import unittest
from collections import OrderedDict, namedtuple
from pathlib import Path
from types import MappingProxyType

import numpy as np
from gantry_plugin.values import UnsuitableResult, checked, encoded_result


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: float
    children: list = dataclasses.field(default_factory=list)


class Values(unittest.TestCase):
    def arrives(self, value):
        text = encoded_result(value)
        self.assertEqual(json.loads(text), checked(value) if not isinstance(value, str) else value)
        return json.loads(text)

    def refused(self, value, message, kind="ValueError"):
        with self.assertRaises(UnsuitableResult) as caught:
            encoded_result(value)
        self.assertEqual((str(caught.exception), caught.exception.error_type), (message, kind))

    def test_what_is_converted(self):
        Pair = namedtuple("Pair", "a b")
        for value, expected in (
                (None, None), (True, True), ("ÄÖ", "ÄÖ"), (np.float32(0.5), 0.5), (np.int64(-3), -3),
                (np.bool_(True), True), (np.uint64(2**64 - 1), 2**64 - 1), (np.str_("a"), "a"), ((1, (2,)), [1, [2]]),
                (np.arange(4, dtype=np.uint8).reshape(2, 2), [[0, 1], [2, 3]]), (Pair(1, 2), [1, 2]),
                (np.array(3.5), 3.5), (Colour.RED, "red"), (Path("/a/b"), "/a/b"),
                (Point(1.5, [Point(2.5)]), {"x": 1.5, "children": [{"x": 2.5, "children": []}]}),
                (OrderedDict(a=1), {"a": 1}), ({1: "a", True: "b"}, {"1": "b"}), ({np.int32(7): 1}, {"7": 1}),
                ({Colour.RED: Colour.RED}, {"red": "red"}), ({None: 1}, {"null": 1}),
                (np.array(["a", "b"]), ["a", "b"]), (np.array([1, None], object), [1, None]),
                ([0.00012345678901234567, 1e300, -0.0], [0.00012345678901234567, 1e300, -0.0])):
            with self.subTest(value=value):
                self.assertEqual(self.arrives(value), expected)

    def test_what_is_refused_is_named_by_its_place(self):
        array = np.zeros((2, 3))
        array[1, 2] = np.nan
        self.refused({"scores": array}, "result.scores[1][2] is NaN")
        self.refused({"a b": [np.float32("inf")]}, "result['a b'][0] is infinite")
        self.refused(np.float64("nan"), "result is NaN")
        self.refused({"x": b""}, "result.x is bytes, which JSON cannot hold; return base64 text", "TypeError")
        self.refused([{1, 2}], "result[0] is a set, which has no order; return a list", "TypeError")
        self.refused((x for x in ()), "result is a generator, which has no order; return a list", "TypeError")
        self.refused(np.complex64(1j), "result is a complex64", "TypeError")
        self.refused(np.zeros(2, "M8[s]"), "result is an array of datetime64[s]", "TypeError")
        self.refused({"a": 2**64}, "result.a is an integer beyond 64 bits")
        self.refused([-(2**63) - 1], "result[0] is an integer beyond 64 bits")
        self.refused([10**5000], "result[0] is an integer beyond 64 bits")
        self.refused({(1, 2): 3}, "result has a key of type tuple; keys are text or integers", "TypeError")
        self.refused({"\udc00": 3}, "a key of result is text that is not valid Unicode (a lone surrogate)")
        for twice in ({np.int32(1): 0, "1": 0}, {1: 0, "1": 0}, MappingProxyType({1: 0, "1": 0})):
            self.refused(twice, "result has two keys that are both '1' as text")
        self.refused(Point([{1: 0, "1": 0}]), "result.x[0] has two keys that are both '1' as text")

    def test_recursion_through_a_dataclass_ends(self):
        point = Point(1.0)
        point.children.append(point)
        with self.assertRaisesRegex(UnsuitableResult, "contains itself|levels deep"):
            encoded_result(point)

    def test_63_levels_pass_and_64_do_not(self):
        def nested(levels):
            value = "]]]]"  # brackets in text are not nesting
            for _ in range(levels):
                value = [value]
            return value

        self.arrives(nested(63))
        self.refused(nested(64), f"result{'[0]' * 63} is nested more than 63 levels deep")
        self.arrives([["[[[[" * 100] for _ in range(100)])

    def test_too_large_is_refused_before_it_is_built(self):
        self.refused(np.broadcast_to(np.uint8(1), (1 << 40,)), "result is 2097152.0 MiB as JSON; at most 16 MiB can "
                     "be handed on")
        self.arrives("x" * (15 << 20))


if __name__ == "__main__":
    unittest.main()
