"""What is handed to the figures of predictions."""

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor, nn

from facial_keypoints.contenders import Contender
from facial_keypoints.evaluated_boxes import boxes_table
from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.landmarks import IMM_58
from facial_keypoints.pipelines.evaluate import pictures
from facial_keypoints.predictions import Predictor
from tests.faces import oval, spot_faces
from tests.options import evaluate_options

OPTIONS = evaluate_options()
TASK = {"pipeline": "train_face", "data_set": "danes"}
DANES = spot_faces(36)
TEST = DANES.split("test")


class SameFace(nn.Module):
    """One face in the middle, whatever the picture."""

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.from_numpy(0.5 + 0.1 * oval(IMM_58)).float().expand(len(pictures), -1, -1)


@pytest.fixture(scope="module")
def predictions() -> pd.DataFrame:
    predictor = Predictor("train_face", "same", "", "nothing", "none")
    return Contender(predictor, SameFace(), InputFrame(32, 48, 1)).predict(DANES, None, OPTIONS)


def point_errors_in_percent() -> np.ndarray:
    """(N, 58), of the test faces, in percent of the distance of their outer eye corners."""
    points = (0.5 + 0.1 * oval(IMM_58)) * (48, 32)
    first, second = IMM_58.outer_eye_corners
    eyes = np.linalg.norm(TEST.keypoints[:, first] - TEST.keypoints[:, second], axis=-1)
    return 100 * np.linalg.norm(points - TEST.keypoints, axis=-1) / eyes[:, None]


def test_each_of_the_worst_faces_has_the_reason_that_is_its_own(predictions, monkeypatch):
    def named(faces: FaceSet, boxes: object, rows: np.ndarray) -> list[str]:
        return [f"because of {name}" for name in faces.table["name"].iloc[rows]]

    monkeypatch.setattr(pictures, "failure_reasons", named)
    figure = pictures.draw_failed(predictions, DANES, boxes_table(DANES, OPTIONS), OPTIONS)
    titles = [axes.get_title().split("\n") for axes in figure.axes if axes.get_title()]
    worst = TEST.table["name"].to_numpy()[np.argsort(-point_errors_in_percent().mean(axis=1))][: OPTIONS.pictures]
    assert [(title[0], title[-1]) for title in titles] == [(name, f"because of {name}") for name in worst]


@pytest.fixture
def of_landmarks(predictions, monkeypatch) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The errors and the mean face that the figure of landmarks is given."""
    given = []

    def keep(errors: dict[str, np.ndarray], mean_face: np.ndarray, *_: object, **__: object) -> Figure:
        given.append((errors, mean_face))
        return Figure()

    monkeypatch.setattr(pictures.landmark_figure, "landmark_errors", keep)
    pictures.draw_landmark_errors(DANES, predictions, **TASK)
    return given[0]


def test_errors_of_landmarks_are_means_over_the_test_faces(of_landmarks):
    errors, _ = of_landmarks
    assert_allclose(errors["same"], point_errors_in_percent().mean(axis=0), rtol=1e-4)


def test_the_mean_face_is_as_large_as_the_norm_that_errors_are_relative_to(of_landmarks):
    _, mean_face = of_landmarks
    first, second = IMM_58.outer_eye_corners
    assert_allclose(np.linalg.norm(mean_face[first] - mean_face[second]), 1, rtol=1e-5)


def test_errors_by_turn_come_with_the_groups_that_their_intervals_draw(predictions, monkeypatch):
    given = {}
    monkeypatch.setattr(pictures.errors_by_turn, "errors_by_turn", lambda tables, title: given.update(tables))
    pictures.draw_errors_by_turn(predictions, **TASK)
    turn, errors, groups = given["same"]
    test = predictions[predictions["split"] == "test"]
    assert_array_equal(groups, test["group"])
    assert_array_equal(turn, test["turn"].to_numpy(dtype=float))
    assert_array_equal(errors, test["nme"])
