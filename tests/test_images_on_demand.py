import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from facial_keypoints.images_on_demand import AHEAD, ImagesOnDemand


def squares(count: int = 6) -> ImagesOnDemand:
    return ImagesOnDemand((count, 2, 3), lambda row: np.full((2, 3), row, np.uint8), key="squares")


def test_they_read_like_an_array():
    images = squares()
    whole = np.asarray(images)
    assert whole.shape == images.shape
    assert_array_equal(images[4], whole[4])
    assert_array_equal(images[np.array([5, 1])], whole[[5, 1]])
    assert_array_equal(images[np.array([True, False] * 3)], whole[::2])
    assert images[np.array([], dtype=int)].shape == (0, 2, 3)


def test_they_come_in_order_however_long_each_takes():
    def slow_first(row: int) -> np.ndarray:
        time.sleep(0.02 if row % 3 == 0 else 0)
        return np.full((1, 1), row, np.uint8)

    assert [int(image[0, 0]) for image in ImagesOnDemand((40, 1, 1), slow_first, "")] == list(range(40))


def test_only_a_few_are_ahead_of_who_takes_them(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    made = []
    taking = iter(ImagesOnDemand((1000, 1, 1), lambda row: made.append(row) or np.zeros((1, 1), np.uint8), ""))
    next(taking)
    time.sleep(0.1)
    assert len(made) <= 2 * AHEAD + 1
    taking.close()


def test_an_image_that_cannot_be_made_ends_it_and_its_threads():
    def broken(row: int) -> np.ndarray:
        if row == 3:
            raise ValueError("row 3")
        return np.zeros((1, 1), np.uint8)

    before = threading.active_count()
    with pytest.raises(ValueError, match="row 3"):
        list(ImagesOnDemand((100, 1, 1), broken, ""))
    assert threading.active_count() == before
