"""Progress on terminals, which are real ones here, and elsewhere."""

import logging
import os
import pty
import re
import subprocess
import sys
import termios

from facial_keypoints import progress as module
from facial_keypoints.progress import progress, progress_of_bytes


def test_bytes_pass_through_as_they_come():
    blocks = [b"abc", b"d", b""]
    assert list(progress_of_bytes(blocks, "mirror", done=0, total=None)) == blocks


def test_a_long_download_logs_a_line_now_and_then(monkeypatch, caplog):
    monkeypatch.setattr(module, "LINE_EVERY_S", 0.0)
    with caplog.at_level(logging.INFO):
        list(progress_of_bytes([bytes(500_000), bytes(500_000)], "mirror", done=1_000_000, total=4_000_000))
    assert caplog.messages == ["mirror: 1.5 of 4.0 MB", "mirror: 2.0 of 4.0 MB"]


def test_a_short_download_logs_nothing(caplog):
    with caplog.at_level(logging.INFO):
        list(progress_of_bytes([bytes(1000)], "mirror", done=0, total=None))
    assert not caplog.messages


def test_items_pass_through_as_they_come_and_need_no_length():
    assert list(progress(iter("abc"), "letters")) == ["a", "b", "c"]
    assert list(progress("abc", "letters")) == ["a", "b", "c"]


def test_long_work_logs_a_line_now_and_then(monkeypatch, caplog):
    monkeypatch.setattr(module, "LINE_EVERY_S", 0.0)
    with caplog.at_level(logging.INFO):
        list(progress([1, 2], "writing faces"))
    assert caplog.messages == ["writing faces: 1 of 2", "writing faces: 2 of 2"]


WORK = """
import logging, time
from facial_keypoints.progress import progress
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
for number in progress(range(20), "drawing views"):
    time.sleep(0.02)
    if number == 10:
        logging.info("a line meanwhile")
logging.info("done")
"""


def on_a_terminal(program: str) -> str:
    """What a terminal is sent by a program of Python."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 100))
    with subprocess.Popen([sys.executable, "-c", program], stdout=theirs, stderr=theirs):
        os.close(theirs)
        sent = b""
        while block := read(ours):
            sent += block
    os.close(ours)
    return sent.decode()


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # how Linux says that nobody is at the other end
        return b""


def screen(sent: str) -> list[str]:
    """What is left on the screen: carriage returns go back to the start of a line."""
    lines = []
    for line in sent.replace("\r\n", "\n").split("\n"):
        shown = ""
        for piece in re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line).split("\r"):
            shown = piece + shown[len(piece) :]
        lines.append(shown.rstrip())
    return [line for line in lines if line]


def test_on_a_terminal_there_is_a_bar_which_is_gone_when_the_work_is_done():
    sent = on_a_terminal(WORK)
    assert re.search(r"drawing views: +\d+%\|", sent)
    assert screen(sent) == ["INFO a line meanwhile", "INFO done"]


def test_elsewhere_there_is_no_bar():
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == "INFO a line meanwhile\nINFO done\n"
