import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from facial_keypoints.landmarks import IMM_58
from facial_keypoints.options import AugmentOptions
from facial_keypoints.pipelines.augment import create_pipeline
from facial_keypoints.pipelines.augment.nodes import make_views
from tests.faces import spot_faces
from tests.options import LIVELY
from tests.running import run_pipeline
from tests.test_augmentation import spot_centre

FACES = spot_faces(36, size=(96, 144))
OPTIONS = AugmentOptions(height=32, width=48, views=5, augmentation=LIVELY, seed=0)


@pytest.fixture(scope="module")
def saved():
    return run_pipeline(create_pipeline(), {"danes_faces": FACES, "params:augment": OPTIONS})


def test_each_training_face_has_its_views_and_each_validation_face_is_plain(saved):
    table = saved["danes_augmented"].table
    views = table.groupby("split")["view"].value_counts().unstack(fill_value=0)
    assert views.loc["train"].to_dict() == {0: 0, 1: 24, 2: 24, 3: 24, 4: 24, 5: 24}
    assert views.loc["validation", 0] == 6


def test_test_faces_are_not_among_the_views(saved):
    assert "test" not in set(saved["danes_augmented"].table["split"])


def test_points_lie_on_what_they_mark_in_every_view(saved):
    views = saved["danes_augmented"]
    assert views.images.shape[1:] == (32, 48)
    nose = views.keypoints[:, IMM_58.nose_tip]
    inside = ((nose > 5) & (nose < (43, 27))).all(axis=1)
    assert inside.mean() > 0.8
    found = np.stack([spot_centre(picture.astype(float)) for picture in views.images[inside]])
    assert_allclose(found, nose[inside], atol=0.6)


def test_views_remember_where_they_come_from(saved):
    views = saved["danes_augmented"].split("train")
    plain = ~views.table["mirrored"].to_numpy()
    names = list(FACES.table["name"])
    originals = np.stack([FACES.keypoints[names.index(name)] for name in views.table["name"]])
    assert_allclose(views.source_keypoints[plain], originals[plain], atol=0.01)
    mirrored = originals[~plain][:, list(IMM_58.mirror)]
    assert_allclose(views.source_keypoints[~plain], mirrored, atol=0.01)


def test_without_views_the_training_faces_are_plain():
    plain = make_views(FACES, AugmentOptions(height=32, width=48, views=0, augmentation=LIVELY, seed=0))
    assert (plain.table["view"] == 0).all()
    assert len(plain) == 30
    assert_allclose(plain.keypoints * 3, FACES.keypoints[:30], rtol=1e-4)


def test_the_seed_decides_the_views(saved):
    again = make_views(FACES, OPTIONS)
    other = make_views(FACES, AugmentOptions(height=32, width=48, views=5, augmentation=LIVELY, seed=1))
    assert (again.images == saved["danes_augmented"].images).all()
    assert (other.keypoints != again.keypoints).any()


def test_a_contact_sheet_is_drawn(saved):
    assert isinstance(saved["danes_augmented_drawn"], Figure)
    assert len(saved["danes_augmented_drawn"].axes) >= 4 * 5
