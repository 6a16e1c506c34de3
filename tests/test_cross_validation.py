"""How benchmarks/cross_validate.py deals faces to folds and shares."""

import runpy
import subprocess
import sys

import numpy as np
import pytest

from facial_keypoints.faces import TEST, TRAIN, VALIDATION
from tests.faces import spot_faces
from tests.project import PROJECT

SCRIPT = PROJECT / "benchmarks" / "cross_validate.py"
BENCHMARK = runpy.run_path(str(SCRIPT))
refolded, some_groups, changed_options = (BENCHMARK[name] for name in ("refolded", "some_groups", "changed_options"))
FACES = spot_faces(36)


def groups(faces, split):
    return set(faces.table.loc[faces.table["split"] == split, "group"])


def test_every_group_but_those_of_the_test_validates_in_exactly_one_fold():
    dealt = [refolded(FACES, fold, 4) for fold in range(4)]
    learnt_from = groups(FACES, TRAIN) | groups(FACES, VALIDATION)
    validating = [group for faces in dealt for group in groups(faces, VALIDATION)]
    assert sorted(validating) == sorted(learnt_from)
    for faces in dealt:
        assert groups(faces, TRAIN) == learnt_from - groups(faces, VALIDATION)
        assert not groups(faces, TEST)


def test_one_fold_is_the_projects_own_split():
    faces = refolded(FACES, 0, 1)
    assert groups(faces, VALIDATION) == groups(FACES, VALIDATION)
    assert groups(faces, TRAIN) == groups(FACES, TRAIN)


def test_a_share_keeps_whole_groups_all_that_validate_and_the_number_of_steps():
    some, epochs = some_groups(FACES, 0.5, epochs=10)
    kept = groups(some, TRAIN)
    assert kept < groups(FACES, TRAIN)
    assert groups(some, VALIDATION) == groups(FACES, VALIDATION)
    before, after = (int((faces.table["split"] == TRAIN).sum()) for faces in (FACES, some))
    assert after == sum(FACES.table["group"].isin(kept))
    assert np.isclose(epochs * after, 10 * before, rtol=0.1)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        ("loss=l1,two_looks.looks=1", {"loss": "l1", "two_looks": {"looks": 1}}),
        ("channels=[4,8],epochs=3", {"channels": [4, 8], "epochs": 3}),
        ("two_looks.looks=1,two_looks.cut_size=64", {"two_looks": {"looks": 1, "cut_size": 64}}),
    ],
)
def test_options_are_told_as_after_params(text, options):
    assert changed_options(text) == options


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train_face"], "found 'train_face', expected a pipeline and a variant of it"),
        (["augment.best"], "found 'augment.best'"),
        (["train_face.best", "--folds", "2", "--only", "3"], "--only: found 3, expected 1 to 2"),
        (["train_face.best", "--only", "0"], "--only: found 0, expected 1 to 4"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    run = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert message in run.stderr
