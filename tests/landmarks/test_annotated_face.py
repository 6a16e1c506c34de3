import numpy as np
import pytest

from facial_keypoints.errors import ShapeError
from facial_keypoints.landmarks import AnnotatedFace


@pytest.mark.parametrize(
    ("points", "box", "fault", "message"),
    [
        (np.zeros(6), None, None, r"points are \(6,\), expected \(K, 2\)"),
        (None, np.zeros((2, 2)), None, r"box is \(2, 2\), expected \(4,\)"),
        (np.zeros((3, 2)), None, "ignored", "points beside the fault 'ignored'"),
    ],
)
def test_a_face_of_other_shapes_or_with_points_beside_a_fault_is_refused(points, box, fault, message):
    with pytest.raises(ShapeError, match=message):
        AnnotatedFace("a.jpg", points, box, "a.csv, line 2", fault)
