import logging

import pytest

from facial_keypoints.errors import MissingInputError
from facial_keypoints.pipelines.chosen_network import Network, choose_network
from tests.networks import calibration, face_checkpoint
from tests.options import predict_options

CHECKPOINT = face_checkpoint()


def test_the_first_network_that_is_there_is_chosen():
    other = face_checkpoint(variant="lr_1e-4")
    assert choose_network(predict_options(), None, None, other, None).checkpoint is other
    assert choose_network(predict_options(), CHECKPOINT, None, other, None).checkpoint is CHECKPOINT
    with pytest.raises(MissingInputError, match="no trained network"):
        choose_network(predict_options(), None, None)


@pytest.mark.parametrize("changed", [{"training_id": "other"}, {"rounds": 2}, {"flip_average": True}])
def test_a_calibration_of_another_training_or_other_looks_is_not_used(changed, caplog):
    with caplog.at_level(logging.WARNING):
        network = choose_network(predict_options(), CHECKPOINT, calibration(**changed))
    assert network == Network(CHECKPOINT, None)
    assert "kedro run --pipelines calibrate" in caplog.text
