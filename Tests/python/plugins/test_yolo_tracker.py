"""forgesyte-yolo-tracker without torch: what happens around the models, with models that are made up."""

import base64
import datetime
import io
import json
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
from gantry_plugin.testing import run_tool
from gantry_plugin.tools import tools_of

FOLDER = Path(__file__).resolve().parents[3] / "plugins/forgesyte-yolo-tracker"
sys.path.insert(0, str(FOLDER))
import yolo  # noqa: E402
from player_tracks import LONGEST_ABSENCE, PlayerTracks, overlap  # noqa: E402
from video_tracker import VideoTracker, described  # noqa: E402
from yolo import Found, YoloModel, load_models  # noqa: E402

WHEN = datetime.datetime(2026, 11, 21, 12, 30, tzinfo=datetime.timezone.utc)


class MadeUpModel:
    def __init__(self, class_names, found):
        self.class_names, self.found, self.asked = class_names, found, []

    def find(self, picture, confidence, device, image_size=None):
        self.asked.append((picture.shape, confidence, device, image_size))
        return self.found


def found(*rows, keypoints=None):
    table = np.array(rows, float).reshape(-1, 6)
    return Found(table[:, :4], table[:, 4], table[:, 5].astype(int), keypoints)


class Tools(unittest.TestCase):
    frame = np.full((72, 128, 3), 90, np.uint8)

    def tracker(self, answer):
        self.model = MadeUpModel(yolo.CLASS_NAMES["player"], answer)
        return VideoTracker({"player": self.model, "ball": MadeUpModel({0: "ball"}, answer),
                             "pitch": MadeUpModel({0: "pitch"}, answer)}, now=lambda: WHEN)

    def test_detections_are_as_the_contract_has_them(self):
        tracker = self.tracker(found([1, 2, 3, 4, np.float32(0.5), 2], [5, 6, 7, 8, 0.75, 0]))
        for tool in ("detect_players", "player_detection"):
            self.assertEqual(run_tool(tracker, tool, frame=self.frame), {
                "detections": [
                    {"xyxy": [5.0, 6.0, 7.0, 8.0], "confidence": 0.75, "class_id": 0, "class_name": "player"},
                    {"xyxy": [1.0, 2.0, 3.0, 4.0], "confidence": 0.5, "class_id": 2, "class_name": "referee"}],
                "count": 2, "classes": {"player": 1, "goalkeeper": 0, "referee": 1},
                "timestamp": "2026-11-21T12:30:00.000Z"})
        self.assertEqual(self.model.asked[-1], ((72, 128, 3), 0.25, "cuda", None))

    def test_what_is_below_the_confidence_or_no_number_is_left_out(self):
        answer = found([1, 2, 3, 4, 0.3, 0], [np.nan, 2, 3, 4, 0.9, 0], [1, 2, 3, 4, np.nan, 0], [1, 2, 3, 4, 0.1, 7])
        result = run_tool(self.tracker(answer), "detect_players", frame=self.frame, confidence=0.1)
        self.assertEqual([item["class_name"] for item in result["detections"]], ["player", "class_7"])
        self.assertEqual(described(answer, {}, 0.5), [])

    def test_an_empty_picture_of_the_world_is_a_result(self):
        result = run_tool(self.tracker(found()), "detect_ball", frame=self.frame)
        self.assertEqual((result["detections"], result["count"], result["classes"]), ([], 0, {"ball": 0}))

    def test_the_annotated_frame_is_a_jpeg_of_the_same_size_with_something_on_it(self):
        from PIL import Image
        tracker = self.tracker(found([20, 20, 60, 60, 0.9, 1], [-1e9, 5, 1e9, 8, 0.9, 0]))
        result = run_tool(tracker, "detect_players", frame=self.frame, annotated=True)
        with Image.open(io.BytesIO(base64.b64decode(result["frame_annotated"]))) as image:
            self.assertEqual((image.format, image.size), ("JPEG", (128, 72)))
            drawn = np.asarray(image.convert("RGB")).astype(int)
        self.assertGreater(np.abs(drawn - 90).max(), 60)
        red, _, blue = drawn[60, 20]
        self.assertGreater(red, blue + 50)  # the goalkeeper's colour, not its blue for red

    def test_the_surest_pitch_gives_the_keypoints(self):
        points = np.zeros((2, 3, 3))
        points[1] = [[10, 20, 0.9], [30, 40, 0.1], [50, 60, 0.4]]
        answer = found([0, 0, 9, 9, 0.5, 0], [0, 0, 9, 9, 0.8, 0], keypoints=points)
        result = run_tool(self.tracker(answer), "detect_pitch", frame=self.frame, annotated=True)
        self.assertEqual(result["keypoints"], [
            {"index": 0, "x": 10.0, "y": 20.0, "confidence": 0.9},
            {"index": 2, "x": 50.0, "y": 60.0, "confidence": 0.4}])

    def test_bad_arguments_are_value_errors(self):
        tracker = self.tracker(found())
        for arguments in ({"confidence": 1.5}, {"confidence": "high"}, {"confidence": True}, {"annotated": 1}):
            with self.subTest(arguments=arguments), self.assertRaises(ValueError):
                run_tool(tracker, "detect_players", frame=self.frame, **arguments)
        for frame in (None, "picture", np.zeros((2, 2)), np.zeros((2, 2, 3)), np.zeros((0, 2, 3), np.uint8)):
            with self.assertRaisesRegex(ValueError, "frame is"):
                tracker.detect_players(frame)

    def test_ids_stay_while_players_move_and_streams_do_not_mix(self):
        tracker = self.tracker(found())
        for step in range(10):
            self.model.found = found(
                [10 + 3 * step, 10, 30 + 3 * step, 50, 0.9, 0], [100 - 3 * step, 10, 120 - 3 * step, 50, 0.8, 0])
            result = run_tool(tracker, "track_players", frame=self.frame)
            self.assertEqual([item["tracking_id"] for item in result["detections"]], [1, 2])
        self.assertEqual(self.model.asked[-1][1], 0.1)
        result = run_tool(tracker, "track_players", frame=self.frame, stream="other")
        self.assertEqual([item["tracking_id"] for item in result["detections"]], [1, 2])
        for number in range(100):
            run_tool(tracker, "track_players", frame=self.frame, stream=str(number))
        self.assertEqual(len(tracker.streams), 32)

    def test_validate_tries_every_model(self):
        tracker = self.tracker(found())
        self.assertTrue(tracker.validate())
        self.assertEqual(len(self.model.asked), 1)

    def test_both_manifests_declare_what_the_tools_take(self):
        for name in ("manifest.json", "manifest.cpu.json"):
            manifest = json.loads((FOLDER / name).read_text())
            for tool in tools_of(self.tracker(found()), manifest["tools"]):
                self.assertEqual(list(tool.input_schema["properties"]), tool.arguments)
                self.assertEqual(tool.takes, ["frame"])


class Tracks(unittest.TestCase):
    box = np.array([[10.0, 10.0, 30.0, 50.0]])

    def follow(self, tracks, boxes, *confidences):
        return tracks.followed(np.array(boxes, float).reshape(-1, 4), np.array(confidences, float), 0.25)

    def test_a_weak_box_continues_a_track_and_begins_none(self):
        tracks = PlayerTracks()
        self.assertEqual(self.follow(tracks, self.box, 0.1), [None])
        self.assertEqual(self.follow(tracks, self.box, 0.9), [1])
        self.assertEqual(self.follow(tracks, self.box, 0.1), [1])

    def test_a_player_out_of_sight_keeps_the_number_for_a_while_and_then_not(self):
        tracks = PlayerTracks()
        self.follow(tracks, self.box, 0.9)
        for _ in range(LONGEST_ABSENCE - 1):
            self.follow(tracks, [])
        self.assertEqual(self.follow(tracks, self.box, 0.9), [1])
        for _ in range(LONGEST_ABSENCE + 1):
            self.follow(tracks, [])
        self.assertEqual(self.follow(tracks, self.box, 0.9), [2])
        self.assertEqual(len(tracks.tracks), 1)

    def test_a_moving_player_is_found_again_where_the_velocity_leads(self):
        tracks = PlayerTracks()
        for step in range(15):
            self.follow(tracks, self.box + [8.0 * step, 0, 8.0 * step, 0], 0.9)
        for step in range(15, 20):
            self.follow(tracks, [])
        self.assertEqual(self.follow(tracks, self.box + [160.0, 0, 160.0, 0], 0.9), [1])

    def test_overlaps(self):
        boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 5, 5]], float)
        np.testing.assert_allclose(overlap(boxes, boxes), [[1, 1 / 7, 0], [1 / 7, 1, 0], [0, 0, 0]])


class Network:
    """What ultralytics.YOLO offers, as far as it is used."""

    names = {0: "person", 32: "sports ball"}

    def __init__(self, file):
        if "broken" in Path(file).read_text("latin-1"):
            raise EOFError("ran out of input")
        self.asked = None

    def predict(self, **asked):
        self.asked = asked

        class Tensor(np.ndarray):
            def detach(self):
                return self

            cpu = detach

            def numpy(self):
                return np.asarray(self)

        def tensor(values):
            return np.array(values, float).view(Tensor)

        class Boxes(types.SimpleNamespace):
            def __len__(self):
                return len(self.conf)

        boxes = Boxes(xyxy=tensor([[1, 2, 3, 4]]), conf=tensor([0.5]), cls=tensor([32]))
        return [types.SimpleNamespace(boxes=boxes, keypoints=None)]


class Models(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "models").mkdir()
        for file in yolo.WEIGHTS.values():
            (self.folder / file).write_bytes(b"PK\x03\x04" + bytes(100))

    def load(self, gpu=True, **environment):
        modules = {
            "torch": types.SimpleNamespace(cuda=types.SimpleNamespace(is_available=lambda: gpu)),
            "ultralytics": types.SimpleNamespace(YOLO=Network)}
        with mock.patch.dict(sys.modules, modules), mock.patch.dict("os.environ"):
            return load_models(str(self.folder), environment)

    def test_the_three_models_have_the_contracts_class_names(self):
        models = self.load()
        self.assertEqual({key: model.class_names for key, model in models.items()}, yolo.CLASS_NAMES)

    def test_no_gpu_no_file_and_a_damaged_file_are_said_in_the_contracts_words(self):
        with self.assertRaises(RuntimeError) as caught:
            self.load(gpu=False)
        self.assertEqual(
            str(caught.exception), "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi.")
        file = yolo.WEIGHTS["ball"]
        for content in (b"PK\x03\x04", b"<html>no such file</html>", b"PK\x03\x04 broken inside"):
            (self.folder / file).write_bytes(content)
            with self.assertRaises(RuntimeError) as caught:
                self.load()
            self.assertEqual(str(caught.exception), f"Model file truncated or corrupted: {file}. Re-download.")
        (self.folder / file).unlink()
        with self.assertRaises(RuntimeError) as caught:
            self.load()
        self.assertEqual(str(caught.exception), f"Model file not found: {file}. Download it and place it there.")

    def test_weights_and_device_can_be_overridden(self):
        (self.folder / "own.pt").write_bytes(b"PK\x03\x04" + bytes(100))
        models = self.load(gpu=False, YOLO_TRACKER_WEIGHTS="own.pt", YOLO_TRACKER_DEVICE="cpu",
                           YOLO_TRACKER_IMAGE_SIZE="320")
        model = models["ball"]
        self.assertIs(model._network, models["player"]._network)
        picture = np.zeros((4, 6, 3), np.uint8)
        picture[..., 0] = 200
        answer = model.find(picture, 0.2, "cuda")
        self.assertEqual((answer.boxes.tolist(), answer.confidences.tolist(), answer.class_ids.tolist()), (
            [[1, 2, 3, 4]], [0.5], [32]))
        asked = model._network.asked
        self.assertEqual((asked["imgsz"], asked["conf"], asked["iou"], asked["device"]), (320, 0.2, 0.45, "cpu"))
        self.assertEqual(asked["source"][0, 0].tolist(), [0, 0, 200])
        self.assertEqual(model.class_names[32], "sports ball")

    def test_devices(self):
        model = YoloModel(None, {}, 640, None)
        self.assertEqual([model.device_for(name) for name in ("cuda", "cuda:1", "cpu")], ["cuda", "cuda:1", "cpu"])
        for name in ("tpu", "cuda:", "cuda:0,1", 3, None):
            with self.assertRaisesRegex(ValueError, "device is cuda, cuda:N or cpu, not"):
                model.device_for(name)


if __name__ == "__main__":
    unittest.main()
