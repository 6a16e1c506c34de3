from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from kedro_datasets.pandas import ParquetDataset
from numpy.testing import assert_allclose
from torch import Tensor, nn

from facial_keypoints.box_fit import BOX, NO_BOXES
from facial_keypoints.contenders import Contender
from facial_keypoints.errors import MissingInputError
from facial_keypoints.evaluated_boxes import (
    BOXES_FROM,
    boxed,
    boxes_table,
    detector_in_words,
    like_those_of_labels,
)
from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, crop_matrix
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.options import DetectorOptions, EvaluateOptions
from facial_keypoints.predictions import Predictor
from facial_keypoints.protocol import Protocol
from tests.faces import spot_faces
from tests.options import evaluate_options
from tests.test_detection import FACE, astronauts

CUT = Crop(scale=2.25, shift_down=0.08, size=90)
LABELS = "boxes from the label files"


def squares(count: int = 12) -> np.ndarray:
    """Boxes as those of 300-W: squares of all sizes."""
    rng = np.random.default_rng(0)
    sides = rng.uniform(40, 300, (count, 1))
    return np.hstack([rng.uniform(-20, 200, (count, 2)), sides, sides])


def crops() -> FaceSet:
    """12 faces, 8 of them for training, cut around their boxes."""
    faces = spot_faces(12, (90, 90), IBUG_68, CUT)
    table = pd.concat([faces.table, pd.DataFrame(squares(), columns=BOX)], axis=1)
    return replace(faces, to_source=crop_matrix(squares(), CUT), table=table)


def rows_not_for_training(faces: FaceSet) -> np.ndarray:
    return np.flatnonzero(faces.table["split"] != "train")


def test_the_labels_boxes_are_those_that_the_faces_were_cut_around():
    faces = crops()
    table = boxes_table(faces, evaluate_options())
    rows = rows_not_for_training(faces)
    assert list(table["name"]) == list(faces.table["name"].iloc[rows])
    assert_allclose(table[BOX], squares()[rows])
    assert set(table[BOXES_FROM]) == {LABELS}


def test_boxes_that_were_made_from_landmarks_say_so():
    faces = crops()
    faces = replace(faces, table=faces.table.assign(box_from="landmarks"))
    assert set(boxes_table(faces, evaluate_options())[BOXES_FROM]) == {"boxes made from the landmarks"}


@pytest.mark.parametrize("boxes", ["labels", "detector"])
def test_whole_photographs_have_no_boxes(boxes):
    faces = spot_faces(12)
    table = boxes_table(faces, evaluate_options(boxes=boxes))
    assert len(table) == 4
    assert table[BOX].isna().all(axis=None)
    chosen, own = boxed(faces, table, evaluate_options(boxes=boxes))
    assert own is None
    assert set(chosen.table[BOXES_FROM]) == {NO_BOXES}
    assert list(chosen.table["name"]) == list(table["name"])


def test_each_face_gets_the_box_of_its_name(caplog):
    faces = crops()
    table = boxes_table(faces, evaluate_options()).sample(frac=1, random_state=1)
    chosen, own = boxed(faces, table, evaluate_options())
    rows = rows_not_for_training(faces)
    assert list(chosen.table["name"]) == list(faces.table["name"].iloc[rows])
    assert_allclose(own, squares()[rows])
    assert set(chosen.table[BOXES_FROM]) == {LABELS}
    assert not caplog.records


@pytest.fixture
def detecting(tmp_path) -> EvaluateOptions:
    """Options that ask for the boxes of a detector, whose file is none."""
    file = tmp_path / "yunet.onnx"
    file.write_bytes(b"a network")
    return evaluate_options(boxes="detector", detector=DetectorOptions(file=str(file), side=0.93, shift_down=0.07))


def missed(faces: FaceSet, options: EvaluateOptions, *names: str) -> pd.DataFrame:
    """The table of boxes of a detector that finds all faces but these."""
    words = f"{detector_in_words(options.detector)}, some found"
    table = boxes_table(faces, evaluate_options()).assign(**{BOXES_FROM: words})
    table.loc[table["name"].isin(names), BOX] = np.nan
    return table


def test_a_face_that_the_detector_missed_is_left_out(detecting):
    faces = crops()
    chosen, own = boxed(faces, missed(faces, detecting, "face009", "face010"), detecting)
    assert list(chosen.table["name"]) == ["face008", "face011"]
    assert_allclose(own, squares()[[8, 11]])


def test_other_boxes_than_were_asked_for_are_refused(detecting):
    faces = crops()
    with pytest.raises(MissingInputError, match=r"found '.*some found', expected those of the labels"):
        boxed(faces, missed(faces, detecting), evaluate_options())
    with pytest.raises(MissingInputError, match=rf"found '{LABELS}', expected yunet.onnx"):
        boxed(faces, boxes_table(faces, evaluate_options()), detecting)


def test_boxes_of_earlier_labels_are_refused():
    faces = crops()
    table = boxes_table(faces, evaluate_options())
    table[BOX[0]] += 3
    with pytest.raises(MissingInputError, match="labels as they are now"):
        boxed(faces, table, evaluate_options())


def test_each_split_says_where_its_own_boxes_come_from():
    faces = crops()
    made = np.where(faces.table["split"] == "test", "landmarks", "file")
    faces = replace(faces, table=faces.table.assign(box_from=made))
    chosen, _ = boxed(faces, boxes_table(faces, evaluate_options()), evaluate_options())
    words = chosen.table.groupby("split")[BOXES_FROM].unique().map(list).to_dict()
    assert words == {"test": ["boxes made from the landmarks"], "validation": [LABELS]}


class Middle(nn.Module):
    """All points in the middle of the picture."""

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.full((len(pictures), IBUG_68.size, 2), 0.5)


def test_the_protocol_counts_the_faces_that_were_found(detecting):
    faces = crops()
    predictor = Predictor("finetune_resnet", "middle", "", "the box", "none")
    contender = Contender(predictor, Middle(), InputFrame(60, 60, 3, Crop(1.5, 0.0, 60)))
    everywhere = contender.predict(*boxed(faces, missed(faces, detecting), detecting), detecting)
    found = contender.predict(*boxed(faces, missed(faces, detecting, "face010"), detecting), detecting)
    texts = [table.loc[table["split"] == "test", "protocol"].iloc[0] for table in (everywhere, found)]
    protocols = [Protocol.from_json(text) for text in texts]
    assert [protocol.faces for protocol in protocols] == [2, 1]
    assert len({protocol.manifest for protocol in protocols}) == 2
    assert {protocol.boxes for protocol in protocols} == {f"{detector_in_words(detecting.detector)}, some found"}


def test_the_table_of_boxes_survives_its_file_whatever_faces_are_called(tmp_path, detecting):
    faces = crops()
    names = faces.table["name"].replace({"face008": "001", "face009": "1e5", "face010": "NA", "face011": "-0"})
    faces = replace(faces, table=faces.table.assign(name=names))
    file = ParquetDataset(filepath=str(tmp_path / "boxes.parquet"))
    file.save(missed(faces, detecting, "NA"))
    chosen, own = boxed(faces, file.load(), detecting)
    assert list(chosen.table["name"]) == ["001", "1e5", "-0"]
    assert_allclose(own, squares()[[8, 9, 11]])


def test_a_detectors_box_becomes_a_square_by_hand():
    detector = DetectorOptions(file="yunet.onnx", side=0.5, shift_down=0.25)
    # Its centre is (130, 70) and its side 40; 0.25 x 40 lower there is a square of 0.5 x 40.
    assert_allclose(like_those_of_labels(np.array([[120.0, 30.0, 20.0, 80.0]]), detector), [[120, 70, 20, 20]])


@given(
    st.tuples(*[st.floats(-100, 100)] * 2, *[st.floats(1, 100)] * 2),
    st.floats(0.1, 10),
    st.floats(-100, 100),
)
def test_a_detectors_box_moves_and_grows_with_the_picture(box, times, shift):
    detector = DetectorOptions(file="yunet.onnx", side=0.93, shift_down=0.07)
    boxes = np.array([box])
    moved = np.hstack([times * boxes[:, :2] + shift, times * boxes[:, 2:]])
    (left, top, width, height), found = like_those_of_labels(np.vstack([boxes, moved]), detector)
    assert_allclose(found, [times * left + shift, times * top + shift, times * width, times * height], atol=1e-6)


def test_a_missed_face_stays_missed():
    detector = DetectorOptions(file="yunet.onnx", side=1, shift_down=0)
    assert np.isnan(like_those_of_labels(np.full((1, 4), np.nan), detector)).all()


def test_the_detector_is_named_by_its_files_digest(tmp_path):
    file = tmp_path / "yunet.onnx"
    file.write_bytes(b"a network")
    words = detector_in_words(DetectorOptions(file=str(file), side=0.93, shift_down=0.07))
    digest = sha256(b"a network").hexdigest()[:12]
    assert words == f"yunet.onnx (sha256 {digest}), times 0.93, 0.07 down, near the boxes of the labels"


@pytest.mark.real
def test_a_real_detector_finds_the_astronaut_and_misses_a_blank(yunet_file, caplog):
    cv2 = pytest.importorskip("cv2")
    if int(cv2.__version__.split(".")[0]) < 5:
        pytest.skip(f"OpenCV {cv2.__version__} does not read {yunet_file.name}, 5 does")
    faces = astronauts([FACE, FACE, FACE])
    faces.images[2] = 128
    faces = replace(faces, table=faces.table.assign(split=["train", "test", "test"], group=["a", "b", "b"]))
    detector = DetectorOptions(file=str(yunet_file), side=0.93, shift_down=0.07)
    options = evaluate_options(boxes="detector", detector=detector)
    table = boxes_table(faces, options)
    chosen, own = boxed(faces, table, options)
    (record,) = caplog.records
    assert "the detector missed 1 of 2 faces, such as face002" in record.getMessage()
    assert list(table["name"]) == ["face001", "face002"]
    assert list(chosen.table["name"]) == ["face001"]
    assert own is not None
    assert own[0, 2] == own[0, 3]
    centre = own[0, :2] + own[0, 2:] / 2
    assert_allclose(centre, FACE[:2] + FACE[2:] / 2, atol=12)
    assert_allclose(own[0, 2], 0.93 * np.sqrt(FACE[2] * FACE[3]), atol=8)
    assert chosen.table[BOXES_FROM].tolist() == [f"{detector_in_words(detector)}, 1 of 2 found"]
