"""The check of a plugin's modules, run as Gantry runs it."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from worker_process import PYTHON_FOLDER


class Check(unittest.TestCase):
    def run_check(self, argument, folder=None):
        return subprocess.run(
            [sys.executable, "-m", "gantry_plugin.check", argument], cwd=folder, capture_output=True, text=True,
            env={"PYTHONPATH": os.pathsep.join([str(PYTHON_FOLDER), folder or ""]), "PYTHONDONTWRITEBYTECODE": "1"})

    def check(self, request, folder=None):
        result = self.run_check(json.dumps(request), folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_missing_modules_are_named_with_their_package(self):
        answer = self.check({"modules": ["json", "numpy", "os.path", "xml.dom", "no_such.part", "sklearn_no", "../x"]})
        self.assertEqual(answer["missing"], [
            {"module": "no_such.part", "package": "no_such"}, {"module": "sklearn_no", "package": "sklearn_no"},
            {"module": "../x", "package": ""}])
        self.assertIsNone(answer["cuda"])

    def test_nothing_is_imported_but_torch_when_cuda_is_asked_and_its_printing_does_no_harm(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "explosive.py").write_text("raise RuntimeError('imported')")
            (Path(folder) / "explosive2").mkdir()
            (Path(folder) / "explosive2/__init__.py").write_text("raise RuntimeError('imported')")
            (Path(folder) / "explosive2/inner.py").write_text("")
            (Path(folder) / "torch.py").write_text(
                "print('noise')\nclass cuda:\n    def is_available(): return False\n")
            answer = self.check({"modules": ["explosive", "explosive2.inner", "explosive2.other"], "cuda": True}, folder)
        self.assertEqual([item["module"] for item in answer["missing"]], ["explosive2.other"])
        self.assertEqual((answer["cuda"], answer["cuda_reason"]), (False, "torch.cuda.is_available() is False"))

    def test_a_wrong_argument_is_a_usage_error(self):
        for argument in ("", "[]", "{"):
            self.assertEqual(self.run_check(argument).returncode, 64)


if __name__ == "__main__":
    unittest.main()
