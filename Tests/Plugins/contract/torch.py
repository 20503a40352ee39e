"""Stands in for torch: CONTRACT_TORCH in the manifest's environment is "cuda", "cpu" or "absent"."""

import os

if os.environ.get("CONTRACT_TORCH") == "absent":
    raise ImportError("No module named 'torch'")


class cuda:
    @staticmethod
    def is_available():
        return os.environ.get("CONTRACT_TORCH") == "cuda"
