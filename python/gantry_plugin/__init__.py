"""What a Gantry plugin written in Python may import, if it wants to: nothing here is required.

A plugin is an ordinary class; see docs/plugins.md. This package gives it type hints (`Frame`, `Progress`), the
exception of a cancelled call (`Cancelled`), frame conversions (`rgb_to_bgr`, `to_gray`), and
`gantry_plugin.testing` to test a plugin without Gantry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .progress import Cancelled, Progress

if TYPE_CHECKING:
    from .frames import Frame, rgb_to_bgr, to_gray

__version__ = "0.1.0"
__all__ = ["Cancelled", "Frame", "Progress", "rgb_to_bgr", "to_gray"]


def __getattr__(name: str) -> Any:
    # NumPy is imported when something needs it: gantry_plugin.check runs in interpreters that may not have it.
    if name in ("Frame", "rgb_to_bgr", "to_gray"):
        from . import frames

        return getattr(frames, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
