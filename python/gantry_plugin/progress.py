"""How a tool says how far it is, and learns that nobody waits for it any more."""

from __future__ import annotations

import math
import time
from typing import Callable, Optional


class Cancelled(BaseException):
    """Raised by `progress()` when the caller has given up.

    Let it pass: the call ends, the plugin stays. Not an `Exception`, so that an `except Exception` around one frame
    of many does not swallow it.
    """


class Progress:
    """What a tool with a keyword `progress` is given: `progress(0.25, "second half")`.

    Calling it costs a few microseconds; call it as often as the work has steps.
    """

    # Gantry passes on ten a second; more would only cost both sides time.
    _SHORTEST_INTERVAL = 0.05

    def __init__(
        self,
        report: Callable[[Optional[float], Optional[str]], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._report = report
        self._is_cancelled = is_cancelled
        self._last_report = -math.inf

    def __call__(self, fraction: Optional[float] = None, message: Optional[str] = None) -> None:
        """Reports; `fraction` is 0…1, or None where it is not known.

        Raises `Cancelled` when the call was cancelled.
        """
        if self._is_cancelled():
            raise Cancelled("the call was cancelled")
        if fraction is not None:
            fraction = float(fraction)
            if math.isnan(fraction):
                raise ValueError("progress: the fraction is NaN")
            fraction = min(max(fraction, 0.0), 1.0)
        now = time.monotonic()
        if fraction == 1.0 or now - self._last_report >= self._SHORTEST_INTERVAL:
            self._last_report = now
            self._report(fraction, None if message is None else str(message)[:1000])

    @property
    def cancelled(self) -> bool:
        """Whether the caller has given up, for a tool that wants to tidy up instead of being interrupted."""
        return self._is_cancelled()
