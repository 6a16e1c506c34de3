import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from PIL import Image
from skimage import data

from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError, ShapeError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.geometry import Crop, crop_matrix, cut, transform_points
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import IBUG_68, load_pts
from facial_keypoints.metrics import nme, point_errors
from facial_keypoints.norms import interocular
from facial_keypoints.peers import OnnxNetwork, OpenvinoNetwork, PeerNetwork, load_network, resized
from tests.faces import spot_faces

RUNTIMES = {"pfld.onnx": "onnxruntime", "mobilefacenet.xml": "openvino"}
ASTRONAUT = np.array([178.0, 65.0, 91.0, 111.0])  # the box of her face
FEATURES = {"left_eye": (247, 104), "right_eye": (203, 104), "nose_tip": (224, 128), "mouth": (223, 146)}
CROP = Crop(scale=1.1, shift_down=0.13, size=224)


@pytest.fixture(scope="module", params=RUNTIMES)
def peer(request, peers_folder) -> PeerNetwork:
    pytest.importorskip(RUNTIMES[request.param])
    return load_network(peers_folder / request.param, colour="bgr")


@pytest.fixture(scope="module")
def pfld(peers_folder) -> Path:
    pytest.importorskip("onnxruntime")
    return peers_folder / "pfld.onnx"


def cut_face(picture: np.ndarray, box: np.ndarray, crop: Crop = CROP) -> tuple[torch.Tensor, np.ndarray]:
    """The picture (1, 3, H, H) that a network sees, and the map from its unit square to the photograph."""
    matrix = crop_matrix(box, crop)
    pixels = cut(Image.fromarray(picture), matrix, (crop.size, crop.size))
    unit = matrix * [crop.size, crop.size, 1]
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255, unit


def astronaut(crop: Crop = CROP) -> torch.Tensor:
    return cut_face(data.astronaut(), ASTRONAUT, crop)[0]


def many_pictures(count: int) -> torch.Tensor:
    pictures = [astronaut(Crop(1.0 + 0.05 * row, 0.13, 112)) for row in range(count)]
    return torch.cat(pictures)


@pytest.mark.real
def test_a_peer_finds_the_features_of_a_face(peer):
    picture, matrix = cut_face(data.astronaut(), ASTRONAUT)
    points = transform_points(matrix, peer(picture)[0].numpy())
    found = {part: points[list(IBUG_68.parts[part])].mean(axis=0) for part in ("left_eye", "right_eye", "mouth")}
    found["nose_tip"] = points[IBUG_68.nose_tip]
    for feature, place in FEATURES.items():
        assert np.linalg.norm(found[feature] - place) < 5, feature


@pytest.mark.real
def test_a_peer_misses_real_faces_by_less_than_four_percent(peer, ibug_folder):
    files = sorted((ibug_folder / "helen" / "trainset").glob("*.pts"))[:24]
    assert files
    truth, predicted = [], []
    for file in files:
        points = load_pts(file)
        low, high = points.min(axis=0), points.max(axis=0)
        picture = np.asarray(Image.open(file.with_suffix(".jpg")).convert("RGB"))
        face, matrix = cut_face(picture, np.concatenate([low, high - low]), Crop(1.2, 0.0, 224))
        predicted.append(transform_points(matrix, peer(face)[0].numpy()))
        truth.append(points)
    errors = point_errors(np.stack(predicted), np.stack(truth))
    assert nme(errors, interocular(np.stack(truth), IBUG_68)).mean() < 4


@pytest.mark.real
def test_a_batch_is_its_pictures_one_by_one(peer):
    pictures = many_pictures(7)
    alone = torch.cat([peer(picture[None]) for picture in pictures])
    assert alone.shape == (7, 68, 2)
    assert len(torch.unique(alone[:, 0], dim=0)) == 7
    assert_allclose(peer(pictures), alone, atol=1e-5)


@pytest.mark.real
def test_no_pictures_have_no_points(peer):
    assert peer(torch.empty(0, 3, 224, 224)).shape == (0, 68, 2)


@pytest.mark.real
def test_pictures_of_other_sizes_are_shrunk_to_the_networks_input(peer):
    assert peer.input_size == 112
    large, small = astronaut(Crop(1.1, 0.13, 336)), astronaut(Crop(1.1, 0.13, 112))
    assert_allclose(peer(large), peer(small), atol=0.02)


@pytest.mark.real
def test_pictures_may_lie_in_memory_as_training_has_them(peer):
    pictures = many_pictures(2)
    assert_allclose(peer(pictures.contiguous(memory_format=torch.channels_last)), peer(pictures), atol=1e-6)


@pytest.mark.real
def test_peers_predict_the_way_our_networks_do(peer):
    faces = spot_faces(6, size=(90, 90), scheme=IBUG_68, crop=Crop(2.25, 0.08, 90))
    examples = Examples(faces, InputFrame(224, 224, 3, Crop(1.2, 0.1, 224)), torch.device("cpu"))
    points = predict_unit_points(peer, examples, batch_size=4)
    assert points.shape == (6, 68, 2)
    assert points.dtype == np.float32


@pytest.mark.real
def test_the_order_of_the_channels_is_the_files(pfld):
    rgb, bgr = load_network(pfld, colour="rgb"), load_network(pfld, colour="bgr")
    picture = astronaut()
    assert_allclose(bgr(picture.flip(1)), rgb(picture), atol=1e-6)
    assert not np.allclose(bgr(picture), rgb(picture), atol=1e-3)


@pytest.mark.real
def test_an_offset_is_taken_off_in_pixels_of_the_input(pfld):
    picture = astronaut()
    assert_allclose(112 * (load_network(pfld)(picture) - load_network(pfld, offset=0.5)(picture)), 0.5, atol=1e-4)


@pytest.mark.real
@pytest.mark.parametrize("shape", [(3, 112, 112), (1, 1, 112, 112), (1, 3, 112, 100)], ids=str)
def test_pictures_that_are_not_square_rgb_are_refused(pfld, shape):
    with pytest.raises(ShapeError, match=r"pfld\.onnx.*expected \(B, 3, H, H\)"):
        load_network(pfld)(torch.zeros(shape))


@pytest.mark.parametrize("size", [56, 112, 224, 336])
def test_resizing_leaves_things_where_they_are(size):
    ramp = ((torch.arange(size) + 0.5) / size).expand(1, 3, size, size)
    expected = (torch.arange(112) + 0.5) / 112
    assert_allclose(resized(ramp, 112)[0, 0, 50, 4:-4], expected[4:-4], atol=1e-3)


def test_resizing_keeps_within_the_range_of_pictures():
    noise = (torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    small = resized(noise, 112)
    assert small.min() >= 0
    assert small.max() <= 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.onnx: there is no such file"):
        load_network(tmp_path / "none.onnx")


@pytest.mark.real
def test_openvinos_weights_have_to_lie_beside_its_network(peers_folder, tmp_path):
    pytest.importorskip("openvino")
    path = tmp_path / "mobilefacenet.xml"
    path.write_bytes((peers_folder / "mobilefacenet.xml").read_bytes())
    with pytest.raises(MissingInputError, match=r"mobilefacenet\.bin: there is no such file"):
        load_network(path)


def test_a_file_of_another_suffix_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"found suffix '\.pth', expected \.onnx or \.xml"):
        load_network(tmp_path / "net.pth")


def test_a_colour_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="found colour 'grey', expected 'rgb' or 'bgr'"):
        load_network(tmp_path / "net.onnx", colour="grey")


@pytest.mark.parametrize(
    ("kind", "runtime", "ending"), [(OnnxNetwork, "onnxruntime", "onnx"), (OpenvinoNetwork, "openvino", "xml")]
)
def test_a_file_that_holds_no_network_is_named(kind, runtime, ending, tmp_path):
    pytest.importorskip(runtime)
    path = tmp_path / f"broken.{ending}"
    path.write_bytes(b"no network")
    path.with_suffix(".bin").write_bytes(b"")
    with pytest.raises(DataError, match=rf"broken\.{ending}: this is no network"):
        kind(path)


@pytest.mark.real
def test_a_detector_is_no_peer(yunet_file):
    pytest.importorskip("onnxruntime")
    with pytest.raises(DataError, match=r"found inputs \('any', 3, 'any', 'any'\) and 12 output\(s\), expected one"):
        load_network(yunet_file)


def built(folder: Path, shape: list[int], numbers: list[int]) -> Path:
    """An OpenVINO file that answers every picture of this shape with zeros of that shape."""
    openvino = pytest.importorskip("openvino")
    opset = pytest.importorskip("openvino.opset13")
    pictures = opset.parameter(shape, np.float32)
    mean = opset.reduce_mean(pictures, np.array([1, 2, 3]), keep_dims=False)
    answer = opset.broadcast(opset.reduce_mean(mean, np.array([0]), keep_dims=False), np.array(numbers))
    path = folder / "built.xml"
    openvino.save_model(openvino.Model([answer], [pictures]), path)
    return path


@pytest.mark.parametrize("numbers", [[1, 10], [1, 5, 2]], ids=str)
def test_the_number_of_points_is_that_of_the_output(tmp_path, numbers):
    peer = load_network(built(tmp_path, [1, 3, 32, 32], numbers))
    assert (peer.points, peer.input_size) == (5, 32)
    assert_allclose(peer(torch.full((3, 3, 32, 32), 0.25)), np.full((3, 5, 2), 0.25), atol=1e-4)


@pytest.mark.parametrize("numbers", [[1, 7], [1, 2, 5], [1, 5, 2, 1], [2, 10]], ids=str)
def test_an_output_that_is_no_points_is_refused(tmp_path, numbers):
    with pytest.raises(DataError, match=r"built\.xml: one picture becomes .*expected \(1, 2K\) or \(1, K, 2\)"):
        load_network(built(tmp_path, [1, 3, 32, 32], numbers))


@pytest.mark.parametrize("shape", [[4, 3, 32, 32], [1, 1, 32, 32], [1, 3, 32, 40]], ids=str)
def test_an_input_that_is_no_square_rgb_picture_is_refused(tmp_path, shape):
    with pytest.raises(DataError, match=r"expected one input \(N, 3, S, S\)"):
        load_network(built(tmp_path, shape, [1, 10]))


@pytest.mark.real
@pytest.mark.parametrize("name", RUNTIMES)
def test_a_missing_runtime_says_how_to_install_it(peers_folder, name):
    runtime = RUNTIMES[name]
    code = (
        f"import sys; sys.modules[{runtime!r}] = None\n"
        "from facial_keypoints.errors import MissingInputError\n"
        "from facial_keypoints.peers import load_network\n"
        "try: load_network(sys.argv[1])\n"
        "except MissingInputError as error: sys.exit(str(error))"
    )
    run = subprocess.run([sys.executable, "-c", code, str(peers_folder / name)], capture_output=True, text=True)
    assert f"needs {runtime}" in run.stderr
    assert "pip install 'facial-keypoints[peers]'" in run.stderr
