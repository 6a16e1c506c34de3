import logging

from facial_keypoints import progress
from facial_keypoints.progress import progress_of_bytes


def test_bytes_pass_through_as_they_come():
    blocks = [b"abc", b"d", b""]
    assert list(progress_of_bytes(blocks, "mirror", done=0, total=None)) == blocks


def test_a_long_download_logs_a_line_now_and_then(monkeypatch, caplog):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with caplog.at_level(logging.INFO):
        list(progress_of_bytes([bytes(500_000), bytes(500_000)], "mirror", done=1_000_000, total=4_000_000))
    assert caplog.messages == ["mirror: 1.5 of 4.0 MB", "mirror: 2.0 of 4.0 MB"]


def test_a_short_download_logs_nothing(caplog):
    with caplog.at_level(logging.INFO):
        list(progress_of_bytes([bytes(1000)], "mirror", done=0, total=None))
    assert not caplog.messages
