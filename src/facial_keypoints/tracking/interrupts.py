"""SIGTERM as an exception, so that Python unwinds and exit handlers run."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType


def exit_on_sigterm() -> Callable[[], None]:
    """From now on SIGTERM raises SystemExit in the main thread; the function returned undoes that.

    Only where SIGTERM would have ended Python on the spot: whoever handles or ignores it already keeps doing so.
    Only the main thread may set handlers; elsewhere nothing changes.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return lambda: None
    signal.signal(signal.SIGTERM, _exit)
    return _restore


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # what a shell reports for a process that a signal ended


def _restore() -> None:
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is _exit:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
