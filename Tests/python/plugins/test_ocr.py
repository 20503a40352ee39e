"""The ocr plugin: its geometry and decoding on made-up input, and the real models on text that is drawn here."""

import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from gantry_plugin.testing import load

FOLDER = Path(__file__).resolve().parents[3] / "plugins/ocr"
sys.path.insert(0, str(FOLDER))
from line_finder import smallest_rectangle, text_lines  # noqa: E402
from line_reader import LineReader, decoded  # noqa: E402
from models import checked_content  # noqa: E402
from sampling import bilinear, line_crop, shrunk_to  # noqa: E402

HAS_MODELS = importlib.util.find_spec("rapidocr") is not None
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


class Geometry(unittest.TestCase):
    def test_the_smallest_rectangle_is_found_at_any_angle(self):
        for degrees in range(-44, 45, 11):
            angle = np.radians(degrees)
            turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
            corners = np.array([[-30, -5], [30, -5], [30, 5], [-30, 5]]) @ turn + 100
            inside = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * 0.5
            np.testing.assert_allclose(smallest_rectangle(np.vstack((inside, corners[::-1]))), corners, atol=1e-9)

    def test_points_on_a_line_have_a_rectangle_too(self):
        flat = smallest_rectangle(np.array([[1.0, 2.0], [5.0, 2.0], [3.0, 2.0]]))
        self.assertEqual((flat.min(axis=0).tolist(), flat.max(axis=0).tolist()), ([1, 2], [5, 2]))

    def test_regions_become_lines_in_the_coordinates_of_the_picture_and_grow(self):
        probability = np.zeros((40, 80), np.float32)
        probability[10:14, 20:60] = 0.9
        probability[30:34, 20:60] = 0.4  # too uncertain
        probability[2, 2] = 0.9  # too small
        lines = text_lines(probability, 2.0, 3.0, (160, 120))
        self.assertEqual(len(lines), 1)
        offset = 1.6 * 80 * 12 / (2 * (80 + 12))
        np.testing.assert_allclose(lines[0].corners, [
            [40 - offset, 30 - offset], [120 + offset, 30 - offset], [120 + offset, 42 + offset],
            [40 - offset, 42 + offset]])
        self.assertEqual(text_lines(np.zeros((4, 4), np.float32), 1, 1, (4, 4)), [])

    def test_lines_stay_inside_the_picture(self):
        lines = text_lines(np.ones((8, 64), np.float32), 1, 1, (64, 8))
        self.assertEqual((lines[0].corners.min(), lines[0].corners.max(axis=0).tolist()), (0, [64, 8]))


class Sampling(unittest.TestCase):
    def test_shrinking_is_the_mean_of_what_is_covered(self):
        picture = np.random.default_rng(2).integers(0, 256, (12, 20, 3), np.uint8)
        expected = picture.reshape(4, 3, 5, 4, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(shrunk_to(picture, 4, 5), expected, atol=0.51)
        np.testing.assert_array_equal(shrunk_to(picture, 12, 20), picture)
        self.assertEqual(shrunk_to(picture, 32, 7).shape, (32, 7, 3))

    def test_an_upright_crop_of_the_right_height_is_the_picture_itself(self):
        picture = np.random.default_rng(2).integers(0, 256, (48, 100, 3), np.uint8)
        corners = np.array([[0, 0], [100, 0], [100, 48], [0, 48]], float)
        np.testing.assert_array_equal(line_crop(picture, corners), picture)
        # A line that climbs: the picture turned by a quarter against the clock.
        climbing = np.ascontiguousarray(np.rot90(picture))
        standing = np.array([[0, 0], [48, 0], [48, 100], [0, 100]], float)
        np.testing.assert_array_equal(line_crop(climbing, standing), picture)

    def test_beyond_the_edge_is_the_edge(self):
        picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
        np.testing.assert_allclose(bilinear(picture, np.array([-5.0, 0.5]), np.array([9.0, 0.5])), [
            [6, 7, 8], [4.5, 5.5, 6.5]])


class Decoding(unittest.TestCase):
    def test_repeats_are_merged_and_blanks_dropped(self):
        path = [0, 1, 1, 0, 1, 2, 2, 0, 3]
        steps = np.full((len(path), 4), 0.1, np.float32)
        steps[np.arange(len(path)), path] = 0.7
        text, certainty = decoded(steps, ["", "a", "b", " "])
        self.assertEqual(text, "aab ")
        self.assertAlmostEqual(certainty, 0.7, places=6)
        self.assertEqual(decoded(steps[:1], ["", "a", "b", " "]), ("", 0.0))

    def test_lines_of_all_widths_come_back_in_their_order(self):
        class Model:
            metadata = {"character": "a\nb\n"}

            def run(self, batch):
                # Says "a" as often as the line is bright: once for each 100 columns.
                steps = np.zeros((len(batch), batch.shape[3] // 50, 4), np.float32)
                for line, picture in zip(steps, batch):
                    line[:, 0] = 0.5
                    line[0: 2 * int((picture[0, 0] > 0).sum() // 100): 2, 1] = 1
                return steps

        reader = LineReader(Model())
        self.assertEqual(reader.characters, ["", "a", "b", " "])
        widths = [300, 100, 900, 200] * 5
        texts = [text for text, _ in reader.read([np.full((48, width, 3), 255, np.uint8) for width in widths])]
        self.assertEqual(texts, ["a" * (width // 100) for width in widths])
        self.assertEqual(reader.read([]), [])


class Models(unittest.TestCase):
    def test_a_model_that_is_missing_or_another_is_refused(self):
        name = "PP-OCRv6_det_small.onnx"
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(RuntimeError, f"Model file not found: {name}. "):
                checked_content(folder, name)
            (Path(folder) / name).write_bytes(b"half of it")
            with self.assertRaisesRegex(RuntimeError, f"Model file truncated or corrupted: {name}. "):
                checked_content(folder, name)


@unittest.skipUnless(HAS_MODELS, "the models are not here: gantry plugins install ocr, or make setup")
class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plugin = load(FOLDER)

    def picture(self):
        from PIL import Image, ImageDraw, ImageFont

        def font(size):
            return ImageFont.truetype(FONT, size)

        image = Image.new("RGB", (1000, 560), (240, 240, 235))
        draw = ImageDraw.Draw(image)
        draw.text((60, 40), "Gantry reads this line", font=font(44), fill=(20, 20, 20))
        draw.text((60, 130), "Score 2:1", font=font(24), fill=(200, 30, 30))
        draw.text((500, 130), "minute 87", font=font(24), fill=(200, 30, 30))
        draw.rectangle((560, 200, 960, 300), fill=(10, 60, 160))
        draw.text((580, 215), "NUMBER 17", font=font(60), fill=(255, 255, 255))
        turned = Image.new("RGB", (470, 70), (240, 240, 235))
        ImageDraw.Draw(turned).text((10, 8), "turned by 20 degrees", font=font(38), fill=(0, 0, 0))
        image.paste(turned.rotate(20, expand=True, fillcolor=(240, 240, 235)), (50, 250))
        return np.asarray(image)

    def test_drawn_text_is_read_where_it_was_drawn(self):
        result = self.plugin.run("analyze", frame=self.picture())
        self.assertEqual(result["text"].split("\n"), [
            "Gantry reads this line", "Score 2:1 minute 87", "NUMBER 17", "turned by 20 degrees"])
        self.assertEqual(result["count"], 5)
        self.assertGreater(result["confidence"], 0.9)
        number = result["blocks"][3]
        self.assertGreaterEqual(number["confidence"], 0.9)
        np.testing.assert_allclose(number["xyxy"], [580, 215, 940, 285], atol=30)
        first, second = np.array(result["blocks"][4]["corners"])[:2]
        angle = np.degrees(np.arctan2(*(second - first)[::-1]))
        self.assertAlmostEqual(angle, -20, delta=3)

    def test_no_text_is_a_result(self):
        frame = np.random.default_rng(1).integers(100, 120, (200, 300, 3), np.uint8)
        self.assertEqual(self.plugin.run("analyze", frame=frame), {
            "text": "", "blocks": [], "count": 0, "confidence": None})

    def test_pictures_of_any_size_and_form_are_taken(self):
        for height, width in ((1, 1), (3, 2000), (700, 5), (33, 31)):
            with self.subTest(height=height, width=width):
                self.plugin.run("analyze", frame=np.full((height, width, 3), 255, np.uint8))

    def test_impossible_arguments_are_refused(self):
        for arguments in ({"confidence": 2}, {"longest_side": 10}, {"longest_side": "large"}):
            with self.assertRaisesRegex(ValueError, next(iter(arguments))):
                self.plugin.run("analyze", frame=np.zeros((9, 9, 3), np.uint8), **arguments)

    def test_the_recogniser_knows_as_many_characters_as_it_answers(self):
        reader = self.plugin.plugin.reader
        steps = reader._model.run(np.zeros((1, 3, 48, 320), np.float32))
        self.assertEqual(steps.shape[2], len(reader.characters))
        self.assertAlmostEqual(float(steps[0, 0].sum()), 1, places=3)


if __name__ == "__main__":
    unittest.main()
