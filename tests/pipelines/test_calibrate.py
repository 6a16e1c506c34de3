from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.calibration_cases import EVERY, LEVELS, Cases, no_face_boxes
from facial_keypoints.confidence import Calibration
from facial_keypoints.detection import overlaps
from facial_keypoints.errors import DataError
from facial_keypoints.evaluated_boxes import boxes_of_labels
from facial_keypoints.faces import VALIDATION
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.looking import Seen
from facial_keypoints.pipelines.calibrate.nodes import NOT_TRAINED, calibrate, warn_of_useless
from tests.faces import spot_faces
from tests.networks import face_checkpoint
from tests.options import predict_options

CROP = Crop(scale=2.25, shift_down=0.08, size=96)
FACES = spot_faces(36, size=(96, 96), scheme=IBUG_68, crop=CROP)


@pytest.mark.parametrize("head", ["linear", "two_looks"])
def test_a_network_is_calibrated_on_validation_faces_made_harder(head):
    fit, figure = calibrate(face_checkpoint(head), FACES, predict_options(rounds=2, flip_average=True))
    assert isinstance(fit, Calibration)
    assert (fit.training_id, fit.rounds, fit.flip_average) == ("0123", 2, True)
    assert set(fit.signals) == {"mirrored", "moved", "shape"} | ({"spread"} if head == "two_looks" else set())
    validation = int((FACES.table["split"] == VALIDATION).sum())
    count = validation + sum(map(len, LEVELS.values())) * validation // EVERY  # six faces
    assert f"{count} looks at validation faces" in figure.get_suptitle().replace("\n", " ")


def cases_with_errors(nme: float) -> Cases:
    points = np.zeros((50, 68, 2))
    return Cases(Seen(points, *[np.ones((50, 68))] * 3), np.full((50, 68), nme), points, np.arange(50))


@pytest.mark.parametrize(("kept", "warns"), [(0, True), (4, True), (5, False), (50, False)])
def test_a_calibration_by_which_hardly_any_face_is_kept_is_warned_of(caplog, kept, warns):
    chances = np.where(np.arange(50) < kept, 0.5, 0.49)
    warn_of_useless(face_checkpoint(), chances, cases_with_errors(17), least_confidence=0.5)
    assert ("predict will leave out nearly everything" in caplog.text) is warns
    assert (f"of 50 looks at validation faces, some made harder, only {kept} come out" in caplog.text) is warns
    assert ("errors are above 17.0 %; a face below 8 % is found well" in caplog.text) is warns


def test_a_network_that_has_not_learnt_is_warned_of(caplog):
    calibrate(face_checkpoint(), FACES, predict_options(rounds=2, least_confidence=0.5))
    assert "predict will leave out nearly everything" in caplog.text


def test_who_keeps_everything_is_not_warned(caplog):
    calibrate(face_checkpoint(), FACES, predict_options(rounds=2, least_confidence=0))
    assert "predict will" not in caplog.text


def test_a_network_that_gives_nothing_to_doubt_by_is_calibrated_all_the_same():
    fit, _ = calibrate(face_checkpoint("linear"), FACES, predict_options(rounds=1, flip_average=False))
    assert (fit.signals, fit.point_signals) == (("shape",), ())
    assert np.isfinite(fit.point_error.values).all()


def test_what_is_not_trained_is_not_calibrated():
    fit, figure = calibrate(None, FACES, predict_options())
    assert fit == NOT_TRAINED
    assert figure.texts


def test_without_validation_faces_nothing_is_calibrated():
    with pytest.raises(DataError, match="validation"):
        calibrate(face_checkpoint(), FACES.split("train"), predict_options())


def test_places_without_a_face_lie_within_what_was_cut_and_beside_the_face():
    own = boxes_of_labels(FACES)
    middle = own + own[:, [2, 2, 2, 2]] * np.array([0.25, 0.25, -0.5, -0.5])
    boxes = no_face_boxes(FACES)
    assert (boxes[:, 2] < 0.51 * own[:, 2]).all()
    assert max(overlaps(boxes[[row]], middle[row])[0] for row in range(len(FACES))) < 0.01


def test_faces_of_another_scheme_are_left_out(caplog):
    other = spot_faces(12, size=(96, 96), crop=CROP)
    assert calibrate(face_checkpoint(), replace(other, data_set="ibug"), predict_options())[0] == NOT_TRAINED
    assert "predicts the points of ibug_68" in caplog.text
