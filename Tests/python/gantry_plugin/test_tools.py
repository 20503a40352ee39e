"""Which methods become tools, and the schemas that their signatures give."""

import enum
import unittest
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Tuple, Union

from gantry_plugin.schema import schema_of
from gantry_plugin.tools import Tool, UnusableTool, tools_of


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Base:
    def inherited(self):
        """From the base."""


class Plugin(Base):
    attribute = 3

    def validate(self):
        return True

    def _private(self):
        pass

    @property
    def state(self):
        raise RuntimeError("a property is not looked at")

    @staticmethod
    def static(a: int):
        pass

    def both(self, *, frame=None, progress=None, kind: Literal["a", "b"] = "a", boxes: Optional[List[float]] = None):
        """First line,
        and its second.

        The rest.
        """

    def anything(self, **options):
        return options


class Tools(unittest.TestCase):
    def tool(self, name):
        return {tool.name: tool for tool in tools_of(Plugin(), None)}[name]

    def test_public_methods_are_tools_in_their_order(self):
        self.assertEqual([tool.name for tool in tools_of(Plugin(), None)], ["inherited", "static", "both", "anything"])

    def test_supplied_parameters_are_not_arguments(self):
        both = self.tool("both")
        self.assertEqual((both.takes, both.needs, both.arguments), (["frame", "progress"], set(), ["kind", "boxes"]))
        self.assertEqual(both.description, "First line, and its second.")
        self.assertEqual(both.input_schema, {
            "type": "object", "additionalProperties": False, "properties": {
                "kind": {"enum": ["a", "b"], "default": "a"},
                "boxes": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}],
                          "default": None}}})

    def test_open_ended_arguments_are_accepted(self):
        tool = self.tool("anything")
        tool.check({"x": 1}, {})
        self.assertEqual(tool({"x": 1}, {}), {"x": 1})
        self.assertTrue(tool.input_schema["additionalProperties"])

    def test_a_picture_given_as_an_argument_is_refused(self):
        with self.assertRaisesRegex(TypeError, "both has no argument 'frame'. Known arguments: kind, boxes"):
            self.tool("both").check({"frame": []}, {})

    def test_a_tool_without_self_is_refused_with_what_to_write(self):
        class Forgetful:
            def detect(frame):
                pass

            def count():
                pass

            def fine(self, frame):
                pass

        for declared in ([{"name": "detect"}], ["detect"], None):
            with self.assertRaisesRegex(UnusableTool, r"tool detect: .* write def detect\(self, frame\)"):
                tools_of(Forgetful(), declared)
        with self.assertRaisesRegex(UnusableTool, r"write def count\(self\)"):
            tools_of(Forgetful(), ["count"])
        self.assertEqual([tool.name for tool in tools_of(Forgetful(), ["fine"])], ["fine"])

    def test_names_that_the_protocol_cannot_carry_are_refused(self):
        with self.assertRaises(UnusableTool):
            Tool("größe", lambda: None)

    def test_type_hints_as_json_schema(self):
        for hint, schema in (
                (int, {"type": "integer"}), (Any, {}), (Optional[int], {"type": ["integer", "null"]}),
                (Union[int, str], {"type": ["integer", "string"]}), (List[int], {"type": "array",
                                                                                 "items": {"type": "integer"}}),
                (list, {"type": "array"}), (Dict[str, float], {"type": "object",
                                                               "additionalProperties": {"type": "number"}}),
                (Tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
                (Tuple[int, str], {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}],
                                   "minItems": 2, "maxItems": 2}),
                (Size, {"enum": ["s", "l"]}), (Path, {"type": "string"}), (object, {}), ("unknown", {})):
            with self.subTest(hint=hint):
                self.assertEqual(schema_of(hint), schema)


if __name__ == "__main__":
    unittest.main()
