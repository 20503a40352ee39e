"""The motion plugin: regions against a slow reference, and what its tools answer."""

import json
import sys
import unittest
from pathlib import Path

import numpy as np
from gantry_plugin.regions import Regions, run_lengths
from gantry_plugin.testing import load

FOLDER = Path(__file__).resolve().parents[3] / "plugins/motion"
plugin = load(FOLDER)


def reference_regions(mask):
    """Flood fill, pixel by pixel: sorted (area, box)."""
    left = {tuple(place) for place in np.argwhere(mask)}
    found = []
    while left:
        todo, region = [left.pop()], []
        while todo:
            row, column = todo.pop()
            region.append((row, column))
            for neighbour in [(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)]:
                if neighbour in left:
                    left.remove(neighbour)
                    todo.append(neighbour)
        rows, columns = zip(*region)
        found.append((len(region), [min(columns), min(rows), max(columns) + 1, max(rows) + 1]))
    return sorted(found)


class RegionTests(unittest.TestCase):
    def test_regions_are_those_of_a_flood_fill(self):
        generator = np.random.default_rng(20)
        masks = [generator.random((height, width)) < share for height, width in ((1, 1), (1, 9), (9, 1), (24, 31))
                 for share in (0.0, 0.1, 0.3, 0.5, 0.7, 1.0)]
        spiral = np.zeros((41, 41), bool)
        for ring in range(0, 20, 2):
            spiral[ring, ring:41 - ring] = spiral[40 - ring, ring:41 - ring] = True
            spiral[ring:41 - ring, 40 - ring] = spiral[ring + 2:41 - ring, ring] = True
            spiral[ring + 2, ring:ring + 3] = True
        for mask in [*masks, spiral, np.eye(30, dtype=bool), np.eye(30, dtype=bool)[::-1]]:
            kept = Regions(mask).of_at_least(1)
            self.assertEqual(sorted(zip(kept.areas.tolist(), kept.boxes.tolist())), reference_regions(mask))
            np.testing.assert_array_equal(Regions(mask).mask_of(kept), mask)

    def test_small_regions_are_left_out_of_boxes_and_mask(self):
        mask = np.zeros((10, 10), bool)
        mask[1, 1] = mask[5:8, 5:9] = True
        kept = Regions(mask).of_at_least(2)
        self.assertEqual(kept.boxes.tolist(), [[5, 5, 9, 8]])
        self.assertEqual(Regions(mask).mask_of(kept).sum(), 12)

    def test_run_lengths_are_those_of_pycocotools(self):
        from pycocotools import mask as coco
        generator = np.random.default_rng(4)
        for share in (0, 0.3, 1):
            mask = generator.random((13, 17)) < share
            encoded = coco.frPyObjects(run_lengths(mask), *mask.shape)
            np.testing.assert_array_equal(coco.decode(encoded), mask)


class DetectTests(unittest.TestCase):
    def setUp(self):
        for stream in ("default", "other"):
            plugin.run("forget", stream=stream)
        self.frame = np.full((90, 160, 3), 40, np.uint8)
        self.moved = self.frame.copy()
        self.moved[30:50, 60:90] = 200

    def detect(self, frame, **arguments):
        return plugin.run("detect", frame=frame, **arguments)

    def test_the_first_frame_has_nothing_to_compare_with(self):
        self.assertEqual(self.detect(self.frame, mask=True), {
            "moving": False, "area_share": 0, "boxes": [], "compared": False,
            "mask": {"size": [90, 160], "counts": [14400]}})

    def test_what_appears_is_found_and_what_stays_is_not(self):
        self.detect(self.frame)
        result = self.detect(self.moved, blur=0, mask=True)
        self.assertEqual(result["boxes"], [{"xyxy": [60, 30, 90, 50], "area": 600}])
        self.assertEqual((result["moving"], result["area_share"]), (True, 600 / 14400))
        self.assertEqual(sum(result["mask"]["counts"][1::2]), 600)
        self.assertFalse(self.detect(self.moved)["moving"])

    def test_streams_do_not_mix(self):
        self.detect(self.frame)
        self.assertFalse(self.detect(self.moved, stream="other")["compared"])
        self.assertTrue(self.detect(self.moved)["moving"])

    def test_another_size_starts_afresh(self):
        self.detect(self.frame)
        self.assertFalse(self.detect(self.frame[:50])["compared"])

    def test_noise_below_the_threshold_and_specks_below_the_area_are_left_out(self):
        generator = np.random.default_rng(7)
        self.detect(np.clip(self.frame + generator.integers(0, 20, self.frame.shape), 0, 255).astype(np.uint8))
        noisy = np.clip(self.moved + generator.integers(0, 20, self.frame.shape), 0, 255).astype(np.uint8)
        noisy[5, 5] = 255
        self.assertEqual(len(self.detect(noisy)["boxes"]), 1)

    def test_blur_is_the_mean_of_the_neighbourhood(self):
        module = sys.modules[type(plugin.plugin).__module__]
        values = np.random.default_rng(5).integers(-255, 256, (20, 30), np.int32)
        for radius in (0, 1, 3, 25):
            padded = np.pad(values, radius, mode="edge")
            size = 2 * radius + 1
            expected = [[padded[y:y + size, x:x + size].sum() for x in range(30)] for y in range(20)]
            np.testing.assert_array_equal(module.box_sums(values, radius), expected)

    def test_impossible_arguments_are_refused(self):
        for arguments in ({"threshold": 0}, {"threshold": 2.5}, {"blur": -1}, {"minimum_area": True}, {"blur": "2"}):
            with self.subTest(arguments=arguments), self.assertRaisesRegex(ValueError, next(iter(arguments))):
                self.detect(self.frame, **arguments)

    def test_only_so_many_streams_are_kept(self):
        for number in range(200):
            self.detect(self.frame[:4, :4], stream=str(number))
        self.assertEqual(len(plugin.plugin.previous), 64)

    def test_the_manifest_declares_what_the_tools_take(self):
        for tool in json.loads((FOLDER / "manifest.json").read_text())["tools"]:
            self.assertEqual(list(tool["input_schema"]["properties"]), plugin.tools[tool["name"]].arguments)


if __name__ == "__main__":
    unittest.main()
