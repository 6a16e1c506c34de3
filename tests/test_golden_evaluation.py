"""Our metrics of another network's predictions are those that its authors published (SPIGA, BMVC 2022; 300-W test)."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import simpson, trapezoid

from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.metrics import auc, ced, error_percentiles, failure_rate, nme, point_errors
from facial_keypoints.norms import interocular

pytestmark = pytest.mark.real

SUBSETS = ["full", "helen", "lfpw", "common", "ibug"]
BINS = 10_000


class Golden(NamedTuple):
    """subset: of each face. points: (N, 68), errors in percent of the norm. published: the file, nested as it is."""

    subset: np.ndarray
    ids: list[str]
    points: np.ndarray
    published: dict

    def errors(self, subset: str) -> np.ndarray:
        """The NME of each face of a subset."""
        members = {"full": SUBSETS, "common": ["helen", "lfpw"]}.get(subset, [subset])
        return self.points[np.isin(self.subset, members)].mean(axis=1)

    @property
    def threshold(self) -> float:
        return float(self.published["landmarks"]["nme_thr"])

    def figures(self, subset: str) -> dict:
        landmarks = self.published["landmarks"]
        return landmarks if subset == "full" else landmarks["subset"][subset]


@pytest.fixture(scope="module")
def golden(golden_folder: Path) -> Golden:
    faces = json.loads((golden_folder / "annotations.json").read_text())
    guesses = json.loads((golden_folder / "predictions.json").read_text())
    assert [face["imgpath"] for face in faces] == [guess["imgpath"] for guess in guesses]
    ids = faces[0]["ids"]  # the 68 landmarks in the order of iBUG, by their names in SPIGA
    assert all(face["ids"] == ids for face in faces + guesses)
    truth, predicted = (np.array([face["landmarks"] for face in some]) for some in (faces, guesses))
    errors = 100 * point_errors(predicted, truth) / interocular(truth, IBUG_68)[:, None]
    subset = np.array([subset_of(Path(face["imgpath"]).name) for face in faces])
    published = parse((golden_folder / "published_metrics.txt").read_text())["Metrics"]
    return Golden(subset, [str(name) for name in ids], errors, published)


def subset_of(file: str) -> str:
    """The part of 300-W's test set that a picture is from: HELEN's names are numbers, LFPW's pictures PNG."""
    if not file.startswith("image_"):
        return "helen"
    return "lfpw" if file.endswith(".png") else "ibug"


def parse(text: str) -> dict:
    """Nested blocks `name {`, `}` and lines `name: value`, as a mapping of mappings; values stay text."""
    root: dict = {}
    open_blocks = [root]
    for line in text.splitlines():
        line = line.strip()
        if line.endswith("{"):
            open_blocks.append(open_blocks[-1].setdefault(line[:-1].strip(), {}))
        elif line == "}":
            open_blocks.pop()
        elif line:
            name, value = line.split(":", 1)
            open_blocks[-1][name] = value.strip()
    assert open_blocks == [root]
    return root


def auc_by_quadrature(errors: np.ndarray, threshold: float) -> float:
    """As published: the share of faces up to each of 10 000 bins, taken for that at its left edge; Simpson's rule."""
    counts, edges = np.histogram(errors, bins=BINS)
    left = edges[:BINS][edges[:BINS] < threshold]
    shares = np.cumsum(counts)[: len(left)] / len(errors)
    beyond = threshold - left[-1] if shares[-1] == 1 else 0.0
    return 100 * (simpson_of_then(shares, left) + beyond) / threshold


def simpson_of_then(y: np.ndarray, x: np.ndarray) -> float:
    """SciPy's rule until 1.11: of an even number of points, the mean of leaving out the last interval and the first,
    which is a trapezium.
    """
    if len(x) % 2:
        return simpson(y, x=x)
    but_last = simpson(y[:-1], x=x[:-1]) + trapezoid(y[-2:], x=x[-2:])
    but_first = trapezoid(y[:2], x=x[:2]) + simpson(y[1:], x=x[1:])
    return (but_last + but_first) / 2


def test_the_subsets_have_as_many_faces_as_the_protocol_says(golden):
    assert [len(golden.errors(subset)) for subset in SUBSETS] == [689, 330, 224, 554, 135]


@pytest.mark.parametrize("subset", SUBSETS)
def test_the_nme_its_percentiles_and_the_failure_rate_are_as_published(golden, subset):
    errors, figures = golden.errors(subset), golden.figures(subset)
    assert_published(errors.mean(), figures["nme"])
    assert_published(error_percentiles(errors), [figures[f"nme_p{percent}"] for percent in (90, 95, 99)])
    assert_published(failure_rate(errors, golden.threshold), figures["fr"])
    different, percent = ced(errors)
    assert_published(100 - percent[different <= golden.threshold][-1], figures["fr"])


@pytest.mark.parametrize("subset", SUBSETS)
def test_the_published_auc_is_the_exact_one_but_for_its_quadrature(golden, subset):
    errors, published = golden.errors(subset), golden.figures(subset)["auc"]
    assert_published(auc_by_quadrature(errors, golden.threshold), published)
    exact = auc(errors, golden.threshold)
    assert 0 < float(published) - exact < 0.01


def test_the_exact_auc_of_all_faces_is_62_7205(golden):
    assert round(auc(golden.errors("full"), golden.threshold), 4) == 62.7205


def test_the_errors_of_each_landmark_are_as_published(golden):
    published = golden.published["landmarks"]
    percentiles = np.array([error_percentiles(errors) for errors in golden.points.T])
    figures = {"nme_per_ldm": golden.points.mean(axis=0)}
    figures |= {f"npe{percent}_per_ldm": percentiles[:, i] for i, percent in enumerate((90, 95, 99))}
    for name, errors in figures.items():
        assert len(published[name]) == len(golden.ids) == 68
        assert_published(errors, [published[name][landmark] for landmark in golden.ids])


def test_the_nme_of_a_face_is_the_mean_of_its_landmarks(golden):
    assert_allclose(nme(golden.points, np.full(len(golden.points), 100.0)), golden.errors("full"))


def assert_published(ours: object, published: str | list[str]) -> None:
    """Equal to all the digits that arithmetic in another order leaves."""
    assert_allclose(ours, np.array(published, dtype=float), rtol=1e-10, atol=1e-10)
