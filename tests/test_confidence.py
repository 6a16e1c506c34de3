import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose

from facial_keypoints.confidence import (
    Calibration,
    aligned_to_first,
    face_signals,
    fitted,
    rising_curve,
    threshold_that_keeps,
)
from facial_keypoints.errors import DataError
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.looking import Seen
from tests.faces import oval

FACES, OTHERS = 400, 100
values = arrays.arrays(np.float64, 50, elements=st.floats(-1e3, 1e3))


def seen(rng: np.random.Generator, sizes: np.ndarray, *, maps: bool = True) -> Seen:
    """What was seen of faces whose errors are about so many percent."""
    noise = np.exp(rng.normal(0, 0.2, (3, len(sizes), 68))) * sizes[:, None] / 100
    points = oval(IBUG_68) + rng.normal(0, 0.3, (len(sizes), 68, 2)) * sizes[:, None, None] / 100
    return Seen(points, noise[0] if maps else np.full_like(noise[0], np.nan), noise[1], noise[2])


def calibration(**changed: Any) -> tuple[Calibration, Seen, np.ndarray, Seen]:
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.uniform(0, 3, FACES))  # 1 to 20 percent
    errors = sizes[:, None] * np.exp(rng.normal(0, 0.2, (FACES, 68)))
    faces, others = seen(rng, sizes, **changed), seen(rng, np.full(OTHERS, 60.0), **changed)
    fit = fitted(
        training_id="0123",
        data_set="ibug",
        rounds=2,
        flip_average=True,
        scheme=IBUG_68,
        faces=faces,
        errors=errors,
        truth=np.repeat(oval(IBUG_68)[None], FACES, axis=0),
        no_faces=others,
    )
    return fit, faces, errors, others


@pytest.mark.parametrize("maps", [True, False], ids=["maps", "no maps"])
def test_estimated_errors_are_those_of_the_faces_they_are_made_from(maps):
    fit, faces, errors, _ = calibration(maps=maps)
    nmes = errors.mean(axis=1)
    assert_allclose(fit.face_errors(faces).mean(), nmes.mean(), rtol=0.02)
    assert np.corrcoef(fit.face_errors(faces), nmes)[0, 1] > 0.95
    assert ("spread" in fit.signals) == maps


def test_the_chance_is_high_for_good_faces_and_low_for_bad_ones_and_for_none():
    fit, faces, errors, others = calibration()
    chances, nmes = fit.chances(faces), errors.mean(axis=1)
    assert chances[nmes < 4].mean() > 0.95
    assert chances[nmes > 14].mean() < 0.05
    assert fit.chances(others).max() < 0.05
    assert_allclose(chances.mean(), (nmes < 8).mean(), atol=0.03)


def test_points_have_estimates_of_their_own():
    fit, faces, errors, _ = calibration()
    estimates = fit.errors_of_points(faces)
    assert estimates.shape == errors.shape
    assert_allclose(estimates.mean(), errors.mean(), rtol=0.02)


def test_a_calibration_survives_json():
    fit, faces, *_ = calibration()
    again = Calibration.from_plain(json.loads(json.dumps(fit.to_plain())), "a.json")
    assert_allclose(again.chances(faces), fit.chances(faces))
    assert_allclose(again.errors_of_points(faces), fit.errors_of_points(faces))
    assert (again.training_id, again.signals, again.rounds) == ("0123", fit.signals, 2)


@pytest.mark.parametrize("content", [None, [], {}, {"format": 0}, {"format": 1, "error": 3}], ids=str)
def test_another_file_is_refused_by_name(content):
    with pytest.raises(DataError, match=r"a\.json: this is no calibration"):
        Calibration.from_plain(content, "a.json")


def test_nothing_is_calibrated_on_no_faces():
    none = seen(np.random.default_rng(0), np.empty(0))
    with pytest.raises(DataError, match="found no validation faces"):
        fitted(
            training_id="",
            data_set="ibug",
            rounds=1,
            flip_average=False,
            scheme=IBUG_68,
            faces=none,
            errors=np.empty((0, 68)),
            truth=np.empty((0, 68, 2)),
            no_faces=none,
        )


@given(values, values)
def test_a_curve_never_falls_and_keeps_the_mean(doubts, wanted):
    curve = rising_curve(doubts, wanted, bins=7)
    assert (np.diff(curve.values) >= -1e-9).all()
    parts = np.array_split(np.sort(doubts), 7)
    assert_allclose(np.average(curve.values, weights=[len(part) for part in parts]), wanted.mean(), atol=1e-6)


def test_a_shape_is_compared_whatever_its_place_size_and_turn():
    shape = oval(IBUG_68)
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    aligned, first = aligned_to_first(np.stack([shape, 7 * shape @ turn + [3, -5], 0 * shape]))
    assert_allclose(aligned[1], first, atol=1e-9)
    assert_allclose(aligned[2], 0, atol=1e-9)


def test_points_in_another_order_are_unlike_a_face():
    shape = oval(IBUG_68)
    nothing = np.full((2, 68), np.nan)
    signals = face_signals(Seen(np.stack([shape, shape[::-1]]), nothing, nothing, nothing), shape)
    assert signals["shape"][0] < 1e-6 < 0.5 < signals["shape"][1]


def test_a_threshold_keeps_the_share_that_was_asked_for():
    goodness, is_good = np.linspace(0, 1, 100), np.arange(100) >= 20
    threshold = threshold_that_keeps(goodness, is_good, 0.95)
    assert (goodness[is_good] >= threshold).mean() >= 0.95
    assert (goodness[is_good] > threshold).mean() <= 0.95
