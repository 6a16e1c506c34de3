import pytest
import torch
from torch import nn

from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.losses import Objective, point_loss
from facial_keypoints.losses.maps import maps_loss
from facial_keypoints.models import build_model, seeded_model
from facial_keypoints.models.dilated import DilatedTrunk
from facial_keypoints.models.spatial import SpatialNet
from facial_keypoints.options import AugmentationOptions
from tests.faces import spot_faces
from tests.models.test_two_looks import SMALL
from tests.options import LIVELY

SIZE = (32, 48)
ROWS = torch.tensor([0, 3, 5, 8])
NOSE = {"name": "nose", "input_size": [*SIZE], "channels": [4, 4, 8, 8], "hidden": [16, 8], "points": 58}
TWO_LOOKS = {**SMALL, "looks": 1}


def examples() -> Examples:
    return Examples(spot_faces(12, SIZE), InputFrame(*SIZE, 1), torch.device("cpu"))


def spatial() -> SpatialNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return SpatialNet(DilatedTrunk([4, 8], [1]), 8, 58)


def objective(augmentation: AugmentationOptions | None = None, precision: str = "fp32") -> Objective:
    return Objective("radial", precision, augmentation, torch.Generator().manual_seed(1))


def test_a_plain_network_learns_the_points_of_faces_as_they_are():
    model = seeded_model(NOSE, seed=0)
    pictures, truth = examples().plain(ROWS)
    expected = point_loss("radial", model(pictures), truth, SIZE)
    assert torch.allclose(objective().of(model, examples(), ROWS), expected)


def test_with_augmentation_it_learns_the_points_of_random_views():
    model = seeded_model(NOSE, seed=0)
    pictures, truth = examples().augmented(ROWS, LIVELY, torch.Generator().manual_seed(1))
    expected = point_loss("radial", model(pictures), truth, SIZE)
    assert torch.allclose(objective(LIVELY).of(model, examples(), ROWS), expected)


def test_a_spatial_network_learns_its_maps_too():
    model = spatial()
    pictures, truth = examples().plain(ROWS)
    expected = maps_loss("radial", model.maps(pictures), truth, SIZE)
    assert torch.allclose(objective().of(model, examples(), ROWS), expected)


@pytest.mark.parametrize("augmentation", [None, LIVELY], ids=["as they are", "augmented"])
def test_of_two_looks_every_weight_learns(augmentation):
    model = build_model(TWO_LOOKS)
    objective(augmentation).of(model, examples(), ROWS).backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


@pytest.mark.parametrize(
    "model", [seeded_model(NOSE, 0), spatial(), seeded_model(TWO_LOOKS, 0)], ids=["plain", "spatial", "two looks"]
)
def test_bf16_changes_the_loss_by_little(model: nn.Module):
    exact, rounded = (
        objective(LIVELY, precision).of(model, examples(), ROWS).detach() for precision in ("fp32", "bf16")
    )
    assert rounded.dtype == torch.float32
    assert float(rounded) == pytest.approx(float(exact), rel=0.02)
    assert float(rounded) != float(exact)
