"""The plugin class of the contract, with nothing of Gantry in it, under each of the contract's four conditions."""

import base64
import json
import shutil
import signal
import tempfile
import unittest
from pathlib import Path

import numpy as np
from gantry_plugin.pictures import png_bytes
from test_worker import WorkerTestCase

FOLDER = Path(__file__).resolve().parents[2] / "Plugins/contract"
MODEL = "models/football-player-detection-v3.pt"


class TheContractsClass(WorkerTestCase):
    frame = np.full((4, 6, 3), 7, np.uint8)

    def tracker(self, torch="cuda", model=b"PK\x03\x04 weights"):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = Path(scratch.name) / "contract"
        shutil.copytree(FOLDER, folder)
        if model is not None:
            (folder / "models").mkdir()
            (folder / MODEL).write_bytes(model)
        return self.worker(folder=folder, manifest={"environment": {"CONTRACT_TORCH": torch}})

    def test_with_gpu_packages_and_models_its_tools_work(self):
        worker = self.tracker()
        tools = worker.load()["tools"]
        self.assertEqual([(tool["name"], tool["takes"]) for tool in tools], [
            ("detect_players", ["frame"]), ("player_detection", ["frame"]), ("from_base64", ["frame_base64"]),
            ("crash", [])])
        self.assertEqual(tools[0]["input_schema"]["properties"], {
            "device": {"default": "cuda"}, "annotated": {"default": False}, "confidence": {"default": 0.25}})
        self.assertEqual(worker.validate(), {"type": "validated", "ok": True})
        value = worker.call("detect_players", frame=self.frame, annotated=True, confidence=0.6)["value"]
        self.assertEqual(base64.b64decode(value.pop("frame_annotated")), self.frame.tobytes())
        self.assertEqual(value, {
            "detections": [
                {"xyxy": [1.0, 2.0, 3.0, 4.0], "confidence": 0.75, "class_id": 0, "class_name": "player"}],
            "count": 1, "classes": {"0": "player", "1": "goalkeeper", "2": "referee"},
            "timestamp": "2026-01-02T00:00:00"})
        self.assertEqual(worker.call("player_detection", frame=self.frame, device="cpu")["value"]["count"], 2)
        self.assertEqual(
            worker.call("from_base64", blob=png_bytes(self.frame))["value"], {"start": "PNG", "device": "cuda"})
        self.assertIn("ready\n", worker.printed())

    def test_without_gpu_package_or_model_the_constructors_own_words_arrive(self):
        for conditions, words in (
                ({"torch": "cpu"}, "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi."),
                ({"torch": "absent"}, "No module named 'torch'. Install with: pip install torch"),
                ({"model": None}, "Model file not found: ")):
            with self.subTest(conditions=conditions):
                worker = self.tracker(**conditions)
                answer = worker.load()
                self.assertEqual(
                    (answer["type"], answer["stage"], answer["error_type"]),
                    ("load_failed", "construct", "RuntimeError"))
                self.assertIn(words, answer["message"])
                self.assertEqual(worker.exit_status(), 1)

    def test_validate_finds_the_damaged_model(self):
        worker = self.tracker(model=b"PK")
        worker.load()
        self.assertEqual(worker.validate()["ok"], False)

    def test_a_bad_frame_is_that_calls_error_only(self):
        worker = self.tracker()
        worker.load()
        error = worker.call("detect_players", frame=np.zeros((1, 1, 3), np.uint8))
        self.assertEqual((error["error_type"], error["message"]), ("ValueError", "Invalid frame"))
        self.assertEqual(worker.call("detect_players", frame=self.frame)["value"]["count"], 2)

    def test_a_crash_ends_its_worker_and_nothing_else(self):
        first, second = self.tracker(), self.tracker()
        first.load()
        second.load()
        first.start_call("crash")
        self.assertEqual(first.exit_status(), -signal.SIGSEGV)
        self.assertEqual(second.call("detect_players", frame=self.frame)["value"]["count"], 2)


class TheShippedManifest(unittest.TestCase):
    def test_it_asks_for_what_the_contract_lists(self):
        file = Path(__file__).resolve().parents[3] / "plugins/forgesyte-yolo-tracker/manifest.json"
        manifest = json.loads(file.read_text())
        self.assertTrue(manifest["requires_gpu"])
        self.assertEqual(manifest["dependencies"], ["torch", "torchvision", "ultralytics", "numpy", "cv2"])
        self.assertEqual(sorted(manifest["models"].values()), [
            "models/football-ball-detection-v2.pt", "models/football-pitch-detection-v1.pt",
            "models/football-player-detection-v3.pt"])
        self.assertEqual(
            [tool["name"] for tool in manifest["tools"]],
            ["detect_players", "player_detection", "detect_ball", "detect_pitch", "track_players"])


if __name__ == "__main__":
    unittest.main()
