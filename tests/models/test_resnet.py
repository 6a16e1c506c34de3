import pytest
import torch
from torchvision.models import resnet18

from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.models import build_model, seeded_model
from facial_keypoints.models.pretrained import load_head, load_pretrained, torchvision_state
from facial_keypoints.models.resnet import ResnetLandmarks
from facial_keypoints.pipelines.finetune_resnet.nodes import resnet18_of

ARCHITECTURE = {"name": "resnet18", "colour": "rgb", "points": 68}


def landmarks_model(colour: str = "rgb") -> ResnetLandmarks:
    return seeded_model({**ARCHITECTURE, "colour": colour}, seed=0)


@pytest.fixture
def state():
    torch.manual_seed(9)
    return resnet18(weights=None).state_dict()


def stored(path, content) -> str:
    torch.save(content, path)
    return str(path)


@pytest.mark.parametrize(("colour", "channels"), [("rgb", 3), ("grey", 1)])
def test_pictures_become_68_points(colour, channels):
    assert landmarks_model(colour)(torch.rand(2, channels, 64, 64)).shape == (2, 68, 2)


def test_a_whole_state_dict_fills_the_trunk(tmp_path, state):
    model = landmarks_model()
    load_pretrained(model.trunk, stored(tmp_path / "whole.pth", state), allow_partial=False)
    assert all(torch.equal(value, state[key]) for key, value in model.trunk.state_dict().items())


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_wrapped_state_dict_is_unwrapped(tmp_path, state, key):
    model = landmarks_model()
    load_pretrained(model.trunk, stored(tmp_path / "wrapped.pth", {key: state, "epoch": 3}), allow_partial=False)
    assert torch.equal(model.trunk.conv1.weight, state["conv1.weight"])


def test_grey_pictures_give_what_they_would_in_colour(tmp_path, state):
    weights = stored(tmp_path / "whole.pth", state)
    grey, colour = landmarks_model("grey").eval(), landmarks_model("rgb").eval()
    for model in (grey, colour):
        load_pretrained(model.trunk, weights, allow_partial=False)
    grey.last = colour.last
    # The same mean and spread for all colours, as the grey network has them.
    colour.normalise.mean[:], colour.normalise.std[:] = grey.normalise.mean, grey.normalise.std
    pictures = torch.rand(2, 1, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(grey(pictures), colour(pictures.expand(-1, 3, -1, -1)), atol=1e-4)


def checkpoint_of_ours(path, scheme) -> tuple[ResnetLandmarks, str]:
    architecture = {**ARCHITECTURE, "points": scheme.size}
    trained = seeded_model(architecture, seed=7)
    content = {"format": 2, "scheme": scheme.to_plain(), "architecture": architecture}
    return trained, stored(path, {**content, "state_dict": trained.state_dict()})


def test_a_checkpoint_of_this_project_fills_trunk_and_head(tmp_path):
    trained, weights = checkpoint_of_ours(tmp_path / "checkpoint.pt", IBUG_68)
    model = landmarks_model()
    load_pretrained(model.trunk, weights, allow_partial=False)
    assert load_head(model, ARCHITECTURE, weights, IBUG_68)
    assert all(torch.equal(value, trained.state_dict()[key]) for key, value in model.state_dict().items())


def test_a_grey_checkpoint_fills_a_network_for_colours(tmp_path):
    trained = seeded_model({"name": "resnet18", "colour": "grey", "points": 68}, seed=7)
    weights = stored(tmp_path / "checkpoint.pt", {"format": 2, "scheme": {}, "state_dict": trained.state_dict()})
    model = landmarks_model("rgb")
    load_pretrained(model.trunk, weights, allow_partial=False)
    assert torch.allclose(model.trunk.conv1.weight.sum(dim=1, keepdim=True), trained.trunk.conv1.weight, atol=1e-6)


def test_a_checkpoint_for_other_points_fills_the_trunk_only(tmp_path):
    trained, weights = checkpoint_of_ours(tmp_path / "checkpoint.pt", IMM_58)
    model = landmarks_model()
    head = model.last.weight.clone()
    load_pretrained(model.trunk, weights, allow_partial=False)
    assert not load_head(model, ARCHITECTURE, weights, IBUG_68)
    assert torch.equal(model.trunk.conv1.weight, trained.trunk.conv1.weight)
    assert torch.equal(model.last.weight, head)


TWO_LOOKS = {"name": "resnet18_two_looks", "colour": "rgb", "points": 68, "channels": 8, "cut_size": 64, "looks": 1}


@pytest.mark.parametrize(("channels", "goes_on"), [(8, True), (16, False)])
def test_the_head_of_two_looks_goes_on_learning_if_it_is_as_wide(tmp_path, channels, goes_on):
    trained = seeded_model(TWO_LOOKS, seed=7)
    content = {"format": 2, "scheme": IBUG_68.to_plain(), "architecture": TWO_LOOKS}
    weights = stored(tmp_path / "checkpoint.pt", {**content, "state_dict": trained.state_dict()})
    architecture = {**TWO_LOOKS, "channels": channels}
    model = seeded_model(architecture, seed=0)
    load_pretrained(resnet18_of(model), weights, allow_partial=False)
    assert torch.equal(resnet18_of(model).conv1.weight, resnet18_of(trained).conv1.weight)
    assert load_head(model, architecture, weights, IBUG_68) is goes_on
    assert torch.equal(model.reference, trained.reference) is goes_on
    if goes_on:
        assert all(torch.equal(value, trained.state_dict()[key]) for key, value in model.state_dict().items())


def test_the_head_of_another_kind_of_network_stays_where_it_is(tmp_path):
    _, weights = checkpoint_of_ours(tmp_path / "checkpoint.pt", IBUG_68)
    model = seeded_model(TWO_LOOKS, seed=0)
    load_pretrained(resnet18_of(model), weights, allow_partial=False)
    assert not load_head(model, TWO_LOOKS, weights, IBUG_68)


def test_missing_keys_are_refused_unless_allowed(tmp_path, state):
    partial = {key: value for key, value in state.items() if not key.startswith("layer4")}
    weights = stored(tmp_path / "partial.pth", partial)
    with pytest.raises(DataError, match=r"layer4\.0\.bn1.*allow_partial=true"):
        load_pretrained(landmarks_model().trunk, weights, allow_partial=False)


def test_allowed_missing_keys_are_logged_and_stay_random(tmp_path, state, caplog):
    partial = {key: value for key, value in state.items() if not key.startswith("layer4.1.conv2")}
    model = landmarks_model()
    before = model.trunk.layer4[1].conv2.weight.clone()
    load_pretrained(model.trunk, stored(tmp_path / "partial.pth", partial), allow_partial=True)
    assert "layer4.1.conv2.weight" in caplog.text
    assert torch.equal(model.trunk.layer4[1].conv2.weight, before)
    assert torch.equal(model.trunk.conv1.weight, state["conv1.weight"])


@pytest.mark.parametrize("allow_partial", [False, True])
def test_tensors_of_another_network_are_refused(tmp_path, allow_partial):
    weights = stored(tmp_path / "other.pth", {"encoder.weight": torch.zeros(3)})
    with pytest.raises(DataError, match="found 0 of the"):
        load_pretrained(landmarks_model().trunk, weights, allow_partial)


def test_another_shape_is_named_with_its_key(tmp_path, state):
    weights = stored(tmp_path / "wide.pth", state | {"conv1.weight": torch.zeros(128, 3, 7, 7)})
    with pytest.raises(DataError, match=r"conv1\.weight: found shape \(128, 3, 7, 7\), expected \(64, 3, 7, 7\)"):
        load_pretrained(landmarks_model().trunk, weights, allow_partial=True)


def test_a_missing_file_is_named_with_what_else_there_is(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.pth.*IMAGENET1K_V1.*none"):
        load_pretrained(landmarks_model().trunk, str(tmp_path / "none.pth"), allow_partial=False)


@pytest.mark.parametrize(
    "content", [b"", b"no tensors", b"cos\nsystem\n(S'true'\ntR."], ids=["empty", "text", "pickled code"]
)
def test_a_file_that_is_not_tensors_is_refused(tmp_path, content):
    path = tmp_path / "bad.pth"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.pth.*no file of tensors"):
        load_pretrained(landmarks_model().trunk, str(path), allow_partial=False)


def test_torchvisions_weights_come_from_its_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "resnet18-f37072fd.pth").write_bytes(b"cut short")
    with pytest.raises(DataError, match=r"resnet18-f37072fd\.pth"):
        torchvision_state("IMAGENET1K_V1")


@pytest.mark.real
def test_the_shared_part_of_imagenets_weights_lacks_layer4(weights_file, caplog):
    model = landmarks_model()
    load_pretrained(model.trunk, str(weights_file), allow_partial=True)
    assert "lacks 20 keys" in caplog.text


def test_an_unknown_network_is_named_with_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"'vgg'.*nose, face, resnet18"):
        build_model({"name": "vgg"})
