from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.calibration_cases import EVERY, LEVELS, no_face_boxes
from facial_keypoints.confidence import Calibration
from facial_keypoints.detection import overlaps
from facial_keypoints.errors import DataError
from facial_keypoints.evaluated_boxes import boxes_of_labels
from facial_keypoints.faces import VALIDATION
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.pipelines.calibrate.nodes import NOT_TRAINED, calibrate
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
    assert f"{count} validation faces" in figure.get_suptitle().replace("\n", " ")


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
