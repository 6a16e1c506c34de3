from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.errors import ShapeError
from facial_keypoints.geometry import scaling
from tests.faces import spot_faces


def test_a_split_holds_its_faces_only():
    faces = spot_faces(12)
    test = faces.split("test")
    assert list(test.table["split"].unique()) == ["test"]
    assert (test.images == faces.images[-2:]).all()


def test_faces_can_be_selected_by_indices_in_their_order():
    faces = spot_faces(12)
    assert list(faces.select(np.array([3, 1])).table["name"]) == ["face003", "face001"]


def test_source_keypoints_are_in_pixels_of_the_photograph():
    faces = spot_faces(6)
    doubled = replace(faces, to_source=np.tile(scaling(2, 2), (6, 1, 1)))
    assert_allclose(doubled.source_keypoints, 2 * faces.keypoints)


def test_a_group_in_two_splits_is_refused():
    faces = spot_faces(12)
    with pytest.raises(ShapeError, match="group0"):
        replace(faces, table=faces.table.assign(group="group0"))


@pytest.mark.parametrize("field", ["keypoints", "to_source"])
def test_arrays_of_another_length_are_refused(field):
    faces = spot_faces(6)
    with pytest.raises(ShapeError, match=field):
        replace(faces, **{field: getattr(faces, field)[:-1]})


def test_a_table_without_groups_is_refused():
    faces = spot_faces(6)
    with pytest.raises(ShapeError, match="group"):
        replace(faces, table=faces.table.drop(columns="group"))


def test_a_groups_faces_without_landmarks_may_lie_beside_labelled_ones():
    faces = spot_faces(12)
    split = faces.table["split"].mask(np.arange(12) == 0, "unlabelled")
    assert set(replace(faces, table=faces.table.assign(split=split)).table["split"]) > {"unlabelled", "train"}
