import io
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import Tensor, nn

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.landmarks import IMM_58
from facial_keypoints.models import build_model, seeded_model, start_at_mean_shape
from facial_keypoints.models.spatial import Maps, cell_centres
from facial_keypoints.models.two_looks import Look, TwoLooks, upright_reference
from facial_keypoints.options import AS_THEY_ARE, AugmentationOptions
from facial_keypoints.similarity import inverse_maps, moved_points
from tests.faces import spot_faces
from tests.options import LIVELY
from tests.shapes import rectangle
from tests.test_augmentation import spot_centre

HEIGHT, WIDTH = 120, 160  # of the pictures
CUT = 64
FACE = torch.from_numpy(rectangle(20, 26)).float()  # 40 pixels wide, 52 high
SMALL = {
    "name": "small_two_looks",
    "points": 58,
    "channels": [4, 8],
    "dilations": [1, 2],
    "first_size": [24, 32],
    "cut_size": 32,
    "looks": 2,
}
RESNET = {"name": "resnet18_two_looks", "points": 68, "colour": "rgb", "channels": 16, "cut_size": 64, "looks": 1}


class FindsDots(nn.Module):
    """Sees a dot in each channel and answers their places, beside them by `error`; knows what it has seen."""

    def __init__(self, error: tuple[float, float] = (0, 0)) -> None:
        super().__init__()
        self.error = torch.tensor(error)
        self.seen: list[Tensor] = []

    def maps(self, pictures: Tensor) -> Maps:
        self.seen.append(pictures)
        weights = pictures.square().flatten(2)
        points = (weights / weights.sum(dim=-1, keepdim=True)) @ cell_centres(pictures) + self.error
        return Maps(torch.zeros(*points.shape[:2], 2, 2), points, points)


def placed(turn: float = 0, scale: float = 1, x: float = 0, y: float = 0) -> Tensor:
    """The face (1, 5, 2) turned, scaled and moved from the middle of the picture, in pixels."""
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return moved_points(torch.tensor([[[cos, -sin, WIDTH / 2 + x], [sin, cos, HEIGHT / 2 + y]]]), FACE[None])


def dots(points: Tensor, scale: float = 1) -> Tensor:
    """Pictures (N, 5, 120, 160): in each channel a dot around one of the points (N, 5, 2), 3 pixels wide."""
    x, y = torch.arange(WIDTH) + 0.5, torch.arange(HEIGHT) + 0.5
    right, down = (points[..., axis, None, None] for axis in (0, 1))
    return torch.exp(-((x - right).square() + (y[:, None] - down).square()) / (2 * (3 * scale) ** 2))


def looking(first: FindsDots | None, second: FindsDots, looks: int = 1, answers: list[int] | None = None) -> TwoLooks:
    model = TwoLooks(first, second, 5, (60, 80), (CUT, CUT), looks, answers)
    model.reference.copy_(upright_reference(FACE))
    return model


def unit(points: Tensor) -> Tensor:
    return points / torch.tensor([WIDTH, HEIGHT])


turns, shifts, scales = st.floats(-3, 3), st.floats(-10, 10), st.floats(0.7, 1.15)


def test_a_reference_lies_in_the_middle_and_fills_four_fifths_by_its_longer_side():
    shape = torch.tensor([[-2.0, -1.0], [2.0, -1.0], [2.0, 1.0], [0.0, 0.0]]) * 7 + 100
    assert_allclose(upright_reference(shape), [[0.1, 0.3], [0.9, 0.3], [0.9, 0.7], [0.5, 0.5]], atol=1e-6)


@given(turns, scales, shifts, shifts)
def test_in_its_cut_a_face_lies_where_the_reference_does(turn, scale, x, y):
    points = placed(turn, scale, x, y)
    cut, matrices = looking(None, FindsDots()).cut(dots(points, scale), unit(points))
    assert cut.shape == (1, 5, CUT, CUT)
    assert_allclose(moved_points(inverse_maps(matrices), points)[0] / CUT, upright_reference(FACE), atol=1e-4)


def test_under_autocast_a_face_is_cut_out_from_the_same_place():
    model, points = looking(None, FindsDots()), placed(0.3, x=5.3)
    plain, _ = model.cut(dots(points), unit(points))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded, _ = model.cut(dots(points), unit(points))
    assert_allclose(rounded, plain)


@settings(max_examples=25, deadline=None)
@given(turns, scales, shifts, shifts)
def test_the_second_look_sees_the_same_whatever_turn_size_and_place_a_face_has(turn, scale, x, y):
    usual, moved = looking(FindsDots(), FindsDots()), looking(FindsDots(), FindsDots())
    usual(dots(placed()))
    moved(dots(placed(turn, scale, x, y), scale))
    assert_allclose(moved.second.seen[0], usual.second.seen[0], atol=0.08)


@settings(max_examples=25, deadline=None)
@given(turns, scales, shifts, shifts, st.integers(1, 2))
def test_the_second_look_mends_what_the_first_errs(turn, scale, x, y, looks):
    truth = placed(turn, scale, x, y)
    model = looking(FindsDots(error=(0.012, -0.012)), FindsDots(), looks)
    assert_allclose(model(dots(truth, scale)), unit(truth), atol=0.003)  # half a pixel
    assert len(model.second.seen) == looks


def test_of_two_networks_the_first_sees_the_whole_picture_and_the_second_cuts():
    model = looking(FindsDots(), FindsDots(), looks=2)
    model(dots(placed()))
    assert [pictures.shape for pictures in model.first.seen] == [(1, 5, 60, 80)]
    assert [pictures.shape for pictures in model.second.seen] == [(1, 5, CUT, CUT)] * 2


def test_one_network_alone_sees_both():
    model = looking(None, FindsDots(), looks=2)
    assert_allclose(model(dots(placed(0.3))), unit(placed(0.3)), atol=0.004)
    assert [pictures.shape[-2:] for pictures in model.second.seen] == [(60, 80), (CUT, CUT), (CUT, CUT)]


def test_only_the_answers_are_told():
    pictures = dots(torch.cat([placed(0.2), placed(x=8)]))
    every, some = (looking(FindsDots(), FindsDots(), answers=answers)(pictures) for answers in (None, [4, 2]))
    assert every.shape == (2, 5, 2)
    assert torch.equal(some, every[:, [4, 2]])


@pytest.mark.parametrize("size", [(48, 64), (64, 48), (37, 53)], ids=str)
def test_pictures_of_any_size_become_points(size):
    assert seeded_model(SMALL, 0)(torch.rand(2, 1, *size)).shape == (2, 58, 2)
    assert seeded_model({**SMALL, "answers": [13]}, 0)(torch.rand(2, 1, *size)).shape == (2, 1, 2)


@pytest.mark.parametrize(("colour", "channels"), [("rgb", 3), ("grey", 1)])
def test_a_resnet_looks_twice(colour, channels):
    model = seeded_model({**RESNET, "colour": colour}, 0)
    assert model.first_kernels.shape == (64, channels, 7, 7)
    assert model(torch.rand(2, channels, 80, 96)).shape == (2, 68, 2)


@pytest.mark.parametrize("architecture", [SMALL, {**SMALL, "answers": [13]}, RESNET], ids=["face", "nose", "resnet"])
def test_a_checkpoint_predicts_as_the_network_did(architecture):
    model = seeded_model(architecture, seed=3).eval()
    frame = InputFrame(48, 64, 1)
    training = Training("0", "train_face", "best", "danes", epoch=1, epochs_done=1, epochs_planned=1)
    file = io.BytesIO()
    torch.save(Checkpoint(architecture, model.state_dict(), IMM_58, [13], frame, training).to_plain(), file)
    file.seek(0)
    loaded = Checkpoint.from_plain(torch.load(file, weights_only=True), "file").model()
    picture = torch.rand(1, 3 if architecture is RESNET else 1, 48, 64)
    with torch.inference_mode():
        assert torch.equal(loaded(picture), model(picture))


def test_it_starts_with_the_mean_shape_as_it_lies_in_a_cut():
    model = build_model({**SMALL, "points": 5})
    faces = torch.cat([placed(0.3, 0.8, x=9), placed(-0.3, 1.1, y=-5)])  # upright on the average
    start_at_mean_shape(model, unit(faces).numpy(), (HEIGHT, WIDTH))
    assert_allclose(model.reference, upright_reference(FACE), atol=1e-4)


SPOTS = spot_faces(48, size=(64, 96))
NOSE = IMM_58.nose_tip


def practised(architecture: dict, options: AugmentationOptions) -> tuple[TwoLooks, list[Look]]:
    """A network that starts at the mean shape of faces with a spot at their nose, and what it learns from."""
    examples = Examples(SPOTS, InputFrame(64, 96, 1), torch.device("cpu"))
    model = build_model({**architecture, "points": IMM_58.size})
    start_at_mean_shape(model, examples.unit_keypoints, (64, 96))
    generator = torch.Generator().manual_seed(0)
    return model, model.practice(examples.views(torch.arange(48), options, generator), options, generator)


def noses_beside_their_spots(pictures: Tensor, truth: Tensor) -> tuple[Tensor, int]:
    """How far, in pixels, the true noses lie from the spots that mark them, and of how many that are well inside."""
    size = torch.tensor([pictures.shape[-1], pictures.shape[-2]])
    nose = truth[:, NOSE]
    inside = ((nose > 0.2) & (nose < 0.8)).all(dim=1)
    found = torch.stack([torch.from_numpy(spot_centre(255 * picture[0].numpy())) for picture in pictures[inside]])
    return (found - nose[inside] * size).norm(dim=1), int(inside.sum())


TWO_NETWORKS = {**SMALL, "first_size": [32, 48], "cut_size": 64}
ONE_NETWORK = {**RESNET, "colour": "grey"}


@pytest.mark.parametrize("architecture", [TWO_NETWORKS, ONE_NETWORK], ids=["two networks", "one network"])
@pytest.mark.parametrize("options", [AS_THEY_ARE, LIVELY], ids=["as they are", "augmented"])
def test_what_is_learnt_lies_on_what_it_marks(architecture, options):
    _, looks = practised(architecture, options)
    assert sum(len(pictures) for _, pictures, _ in looks) == 48 * len(looks)
    for _, pictures, truth in looks:
        distances, count = noses_beside_their_spots(pictures, truth)
        assert count > 30
        assert distances.median() < 0.3
        assert distances.quantile(0.9) < 1


def test_each_of_two_networks_learns_from_what_it_will_see():
    model, looks = practised(TWO_NETWORKS, LIVELY)
    assert [network for network, _, _ in looks] == [model.first, model.second]
    assert [pictures.shape for _, pictures, _ in looks] == [(48, 1, 32, 48), (48, 1, 64, 64)]


def test_one_network_learns_from_whole_views_and_from_cuts():
    model, ((network, pictures, truth),) = practised(ONE_NETWORK, AS_THEY_ARE)
    assert network is model.second
    assert pictures.shape == (48, 1, 64, 64)
    extent = (truth.amax(dim=1) - truth.amin(dim=1)).amax(dim=1)
    assert ((extent > 0.6) & (extent < 1.1)).sum() == 36  # of cuts, which a face fills: three quarters


@pytest.mark.parametrize("architecture", [TWO_NETWORKS, ONE_NETWORK], ids=["two networks", "one network"])
def test_what_hides_and_blurs_parts_of_views_does_so_in_what_is_learnt(architecture):
    _, plain = practised(architecture, AS_THEY_ARE)
    for changed in (replace(AS_THEY_ARE, occlude=1), replace(AS_THEY_ARE, blur=0.1)):
        _, disturbed = practised(architecture, changed)
        for (_, pictures, truth), (_, others, same) in zip(plain, disturbed, strict=True):
            assert torch.equal(truth, same)
            assert ((pictures - others).abs().amax(dim=(1, 2, 3)) > 0.01).float().mean() > 0.3


def test_cuts_lie_about_where_the_second_look_will_find_them_but_not_quite():
    model, (_, (_, _, truth)) = practised(TWO_NETWORKS, AS_THEY_ARE)
    beside = truth - model.reference
    assert_allclose(beside.mean(dim=0), torch.zeros(58, 2), atol=0.05)
    assert (beside.mean(dim=1).std(dim=0) > 0.01).all()
