"""Run in the plugin's folder: python3 -m unittest discover --start-directory tests"""

import unittest
from pathlib import Path

import numpy as np
from gantry_plugin.testing import load

FOLDER = Path(__file__).resolve().parents[1]


class Brightness(unittest.TestCase):
    def setUp(self):
        self.plugin = load(FOLDER)
        self.frame = np.zeros((48, 64, 3), np.uint8)

    def test_a_bright_box_is_found(self):
        self.frame[10:20, 30:50] = 255
        result = self.plugin.run("brightness", frame=self.frame)
        self.assertEqual(result["bright_box"], [30, 10, 50, 20])
        self.assertAlmostEqual(result["mean"], 255 * 200 / (48 * 64))
        self.assertEqual(result["frames_seen"], 1)

    def test_a_dark_picture_has_no_bright_box(self):
        self.assertIsNone(self.plugin.run("brightness", frame=self.frame)["bright_box"])

    def test_a_wrong_threshold_is_refused(self):
        with self.assertRaisesRegex(ValueError, "threshold is 0 to 255, not 300"):
            self.plugin.run("brightness", frame=self.frame, threshold=300)


if __name__ == "__main__":
    unittest.main()
