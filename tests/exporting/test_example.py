"""The example beside an exported network: nothing of this project, and the same points."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.examples import Examples
from facial_keypoints.exporting import example
from facial_keypoints.exporting.description import described
from facial_keypoints.exporting.onnx_file import onnx_of
from facial_keypoints.exporting.program import exported_program
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.served_model import one_face
from tests.exported import checkpoint_of

BOXES = {"inside": [60.0, 50.0, 80.0, 90.0], "beyond the border": [-20.0, -10.0, 90.0, 90.0]}


def exported(checkpoint: Checkpoint, folder: Path) -> Path:
    (folder / "model.onnx").write_bytes(onnx_of(exported_program(checkpoint)))
    (folder / "model.json").write_text(json.dumps(described(checkpoint)))
    script = folder / "example.py"
    script.write_bytes(Path(example.__file__).read_bytes())
    return script


def scene(width: int, height: int) -> Image.Image:
    """A smooth picture, so that no two filters see it very differently."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    waves = [127 + 120 * np.sin(x / (9 + 3 * k) + k) * np.cos(y / (11 - 2 * k)) for k in range(3)]
    return Image.fromarray(np.stack(waves, axis=-1).astype(np.uint8))


def started(script: Path, *given: object) -> subprocess.CompletedProcess[str]:
    """The example, run where neither this project nor its folder can be imported from."""
    blocked = "import sys, runpy; sys.modules['facial_keypoints'] = sys.modules['torch'] = None; "
    blocked += "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-I", "-c", blocked, str(script), *map(str, given)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(script: Path, picture: Path, box: list[float]) -> np.ndarray:
    """The points that the example prints, (K, 2) in pixels of the picture."""
    result = started(script, picture, *(["--box", *box] if box else []))
    assert result.returncode == 0, result.stderr
    return np.array([line.split() for line in result.stdout.splitlines()], float)


def examples_of(checkpoint: Checkpoint, picture: Image.Image, box: list[float] | None) -> Examples:
    faces = one_face(picture, None if box is None else np.array(box), checkpoint)
    return Examples(faces, checkpoint.frame, torch.device("cpu"), checkpoint.indices)


def own_points(checkpoint: Checkpoint, picture: Image.Image, box: list[float] | None) -> np.ndarray:
    examples = examples_of(checkpoint, picture, box)
    return examples.to_source_points(predict_unit_points(checkpoint.model(), examples))[0]


class Recorder:
    """In a session's place: keeps what it is given, and answers the middle of it."""

    def run(self, names: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.pictures = given["pictures"]
        return [np.full((1, 68, 2), 0.5, np.float32)]


@pytest.mark.parametrize(("box", "at_most"), [*zip(BOXES.values(), (5e-4, 0.03), strict=True)], ids=BOXES)
def test_the_network_is_shown_what_the_project_shows_it(box, at_most):
    checkpoint, picture, session = checkpoint_of("resnet18"), scene(240, 200), Recorder()
    points = example.find_points(session, described(checkpoint), np.asarray(picture), box)
    side = (box[2] * box[3]) ** 0.5
    middle = [box[0] + box[2] / 2, box[1] + box[3] / 2 + 0.08 * side]
    assert points == pytest.approx(np.tile(middle, (68, 1)))
    expected, _ = examples_of(checkpoint, picture, box).plain(torch.arange(1))
    # Of pixels that the border cuts in two, each takes another one's colour.
    assert np.abs(session.pictures - expected.numpy()).mean() < at_most
    assert session.pictures.dtype == np.float32


@pytest.mark.parametrize("kind", ["resnet18", "resnet18_two_looks"])
def test_the_example_finds_the_points_of_a_face_in_a_box(tmp_path, kind):
    checkpoint, picture, box = checkpoint_of(kind), scene(240, 200), BOXES["inside"]
    picture.save(tmp_path / "face.png")
    found = run(exported(checkpoint, tmp_path), tmp_path / "face.png", box)
    assert found == pytest.approx(own_points(checkpoint, picture, box), abs=0.2)


def test_the_example_finds_the_point_of_a_whole_photograph(tmp_path):
    checkpoint, picture = checkpoint_of("nose"), scene(96, 64)
    picture.save(tmp_path / "face.png")
    found = run(exported(checkpoint, tmp_path), tmp_path / "face.png", [])
    assert found == pytest.approx(own_points(checkpoint, picture, None), abs=0.2)


def test_the_example_turns_pictures_upright(tmp_path):
    checkpoint, picture = checkpoint_of("nose"), scene(96, 64)
    script = exported(checkpoint, tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "upright.png")
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "lying.png", exif=exif)
    np.testing.assert_allclose(run(script, tmp_path / "lying.png", []), run(script, tmp_path / "upright.png", []))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([], "the following arguments are required: picture"),
        (["gone.jpg"], "No such file or directory: 'gone.jpg'; expected a picture"),
        (["model.json"], "cannot identify image file 'model.json'; expected a picture"),
        (["face.png", "--box", 1, 2], "argument --box: expected 4 arguments"),
        (["face.png", "--box", 1, 2, -3, 4], "the box is [1.0, 2.0, -3.0, 4.0], expected a width and a height above 0"),
    ],
)
def test_the_example_says_what_it_lacks_and_how_it_is_used(tmp_path, monkeypatch, given, error):
    monkeypatch.chdir(tmp_path)
    scene(96, 64).save("face.png")
    Path("model.json").write_text("{}")
    shutil.copy(example.__file__, "example.py")
    result = started(Path("example.py"), *given)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: example.py [-h] [--box LEFT TOP WIDTH HEIGHT] picture\n")
    assert error in result.stderr
    assert "Traceback" not in result.stderr


def test_the_description_holds_all_that_the_project_knows_of_the_crop():
    about = described(checkpoint_of("resnet18"))
    assert about["input"]["shape"] == ["N", 3, 64, 64]
    assert about["crop"] == {"scale": 1.5, "shift_down": 0.08}
    assert len(about["scheme"]["names"]) == 68
    assert described(checkpoint_of("nose"))["crop"] is None
    assert described(checkpoint_of("nose"))["indices"] == [checkpoint_of("nose").scheme.nose_tip]
    json.dumps(about)
