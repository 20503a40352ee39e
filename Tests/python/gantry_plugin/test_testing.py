"""The harness for plugin authors, and the skeleton that `gantry plugins new` fills in."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from gantry_plugin import Cancelled, rgb_to_bgr, run, to_gray
from gantry_plugin.pictures import png_bytes, read_picture
from gantry_plugin.testing import LoadedPlugin, run_tool
from worker_process import PYTHON_FOLDER


class Plugin:
    def mean(self, frame):
        return {"mean": frame.mean(axis=(0, 1)), "writeable": frame.flags.writeable}

    def sizes(self, image_bytes, frame_base64):
        return {"start": image_bytes[1:4].decode(), "base64": frame_base64[:4]}

    def steps(self, progress, count: int = 3):
        for step in range(count):
            progress(step / count, str(step))
        return count

    def nan(self):
        return [np.float32("nan")]

    def default(self, value=1):
        return value


class Refusing:
    def validate(self):
        return False

    def tool(self):
        pass


class Harness(unittest.TestCase):
    frame = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)

    def test_the_result_is_what_a_client_would_get(self):
        self.assertEqual(run_tool(Plugin, "mean", frame=self.frame), {"mean": [16.5, 17.5, 18.5], "writeable": False})
        self.assertTrue(self.frame.flags.writeable)

    def test_encoded_pictures_are_made_from_the_frame(self):
        self.assertEqual(run_tool(Plugin, "sizes", frame=self.frame), {"start": "PNG", "base64": "iVBO"})

    def test_progress_and_cancellation(self):
        seen = []
        self.assertEqual(run_tool(Plugin(), "steps", on_progress=lambda *report: seen.append(report)), 3)
        self.assertEqual(seen[0], (0.0, "0"))
        with self.assertRaises(Cancelled):
            run_tool(Plugin, "steps", cancel_after=2)

    def test_errors_are_those_of_the_worker(self):
        with self.assertRaisesRegex(ValueError, r"result\[0\] is NaN"):
            run_tool(Plugin, "nan")
        with self.assertRaisesRegex(TypeError, "default has no argument 'valeu'; did you mean 'value'"):
            run_tool(Plugin, "default", valeu=3)
        with self.assertRaisesRegex(ValueError, "mean needs a picture"):
            run_tool(Plugin, "mean")
        with self.assertRaisesRegex(RuntimeError, "validate"):
            LoadedPlugin(Refusing)
        with self.assertRaisesRegex(ValueError, "a frame is uint8"):
            run_tool(Plugin, "mean", frame=np.zeros((2, 2, 3)))


class Conversions(unittest.TestCase):
    def test_colours(self):
        frame = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
        self.assertEqual(to_gray(frame).tolist(), [[77, 149, 29, 255]])
        self.assertEqual(rgb_to_bgr(frame)[0, 0].tolist(), [0, 0, 255])
        self.assertTrue(rgb_to_bgr(frame).flags.c_contiguous)

    def test_pictures_are_written_and_read(self):
        frame = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.png").write_bytes(png_bytes(frame))
            (Path(folder) / "a.ppm").write_bytes(b"P6\n# a comment\n7 5\n255\n" + frame.tobytes())
            np.save(Path(folder) / "a.npy", frame)
            for name in ("a.png", "a.ppm", "a.npy"):
                with self.subTest(name=name):
                    np.testing.assert_array_equal(read_picture(Path(folder) / name), frame)


class Skeleton(unittest.TestCase):
    def test_it_passes_its_own_test_and_runs_by_hand(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "bright"
            shutil.copytree(PYTHON_FOLDER / "skeleton", folder)
            for file in folder.rglob("*"):
                if file.is_file():
                    file.write_text(file.read_text().replace("{{name}}", "bright"))
                    self.assertNotIn("{{", file.read_text())
            self.assertEqual(json.loads((folder / "manifest.json").read_text())["name"], "bright")
            tests = subprocess.run(
                [sys.executable, "-m", "unittest", "discover", "--start-directory", "tests"], cwd=folder,
                env={**os.environ, "PYTHONPATH": str(PYTHON_FOLDER), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True, text=True)
            self.assertEqual(tests.returncode, 0, tests.stderr)
            self.assertRegex(tests.stderr, r"Ran [1-9]\d* tests")
            (folder / "a.ppm").write_bytes(b"P6 2 1 255 " + bytes([0, 0, 0, 200, 200, 200]))
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                run.main([str(folder), "brightness", "threshold=100", "--frame", str(folder / "a.ppm")])
            self.assertEqual(json.loads(printed.getvalue())["bright_box"], [1, 0, 2, 1])


if __name__ == "__main__":
    unittest.main()
