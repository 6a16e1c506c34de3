"""The model that MLflow serves: from pictures to points in their pixels."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from PIL import Image

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.geometry import Crop, crop_boxes
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.models import build_model
from facial_keypoints.served_model import BOX, PICTURE, ServedModel
from facial_keypoints.tracking.bundled_code import PACKAGE, needed_files
from tests.faces import spot_faces
from tests.tracked_runs import NAMES, kedro_run, put_empty_store, recorded_runs, tiny_catalog, training

ELSEWHERE = """
import sys
import mlflow.pyfunc
model = mlflow.pyfunc.load_model(sys.argv[1])
import facial_keypoints
print(facial_keypoints.__file__)
assert "kedro" not in sys.modules, "Kedro was imported"
print(model.predict(model.input_example).to_json())
"""


def checkpoint_of(architecture: dict[str, object], frame: InputFrame, scheme, indices: list[int]) -> Checkpoint:
    torch.manual_seed(0)
    model = build_model(architecture)
    training = Training("0" * 32, "train_nose", "lr_1e-3", "danes", 1, 1, 1)
    return Checkpoint(architecture, model.state_dict(), scheme, indices, frame, training)


NOSE = checkpoint_of(
    {"name": "nose", "input_size": [32, 48], "channels": [4, 4, 8, 8], "hidden": [16, 8]},
    InputFrame(32, 48, 1),
    IMM_58,
    [IMM_58.nose_tip],
)
CROP = Crop(1.5, 0.08, 64)
RESNET = checkpoint_of(
    {"name": "resnet18", "colour": "rgb", "points": 68}, InputFrame(64, 64, 3, CROP), IBUG_68, list(range(68))
)


def served(checkpoint: Checkpoint, folder: Path) -> ServedModel:
    file = folder / "checkpoint.pt"
    torch.save(checkpoint.to_plain(), file)
    model = ServedModel()
    model.load_context(SimpleNamespace(artifacts={"checkpoint": str(file)}))
    return model


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def table(pictures: list, boxes: np.ndarray | None = None) -> pd.DataFrame:
    given = {} if boxes is None else dict(zip(BOX, boxes.T, strict=True))
    return pd.DataFrame({PICTURE: pictures, **given})


def test_points_of_whole_photographs_are_those_that_the_project_predicts(tmp_path: Path) -> None:
    faces = spot_faces(count=6)
    examples = Examples(faces, NOSE.frame, torch.device("cpu"), NOSE.indices)
    expected = examples.to_source_points(predict_unit_points(NOSE.model(), examples))
    found = served(NOSE, tmp_path).predict(None, table([png(image) for image in faces.images]))
    assert list(found.columns) == [f"x{IMM_58.nose_tip:02d}", f"y{IMM_58.nose_tip:02d}"]
    assert found.to_numpy() == pytest.approx(expected.reshape(6, 2), abs=0.01)


def test_a_photograph_of_twice_the_size_has_points_twice_as_far(tmp_path: Path) -> None:
    model, (image, *_) = served(NOSE, tmp_path), spot_faces().images
    once = model.predict(None, table([png(image)]))
    twice = model.predict(None, table([png(image.repeat(2, axis=0).repeat(2, axis=1))]))
    assert twice.to_numpy() == pytest.approx(2 * once.to_numpy(), abs=0.3)


def test_arrays_are_pictures_too(tmp_path: Path) -> None:
    model, (image, *_) = served(NOSE, tmp_path), spot_faces().images
    pd.testing.assert_frame_equal(model.predict(None, table([image])), model.predict(None, table([png(image)])))


def test_points_of_faces_in_boxes_are_those_that_the_project_predicts(tmp_path: Path) -> None:
    faces = spot_faces(count=6, size=(96, 96), scheme=IBUG_68, crop=Crop(1.5, 0.08, 96))
    examples = Examples(faces, RESNET.frame, torch.device("cpu"))
    expected = examples.to_source_points(predict_unit_points(RESNET.model(), examples))
    boxes = crop_boxes(faces.to_source, faces.crop)
    model = served(RESNET, tmp_path)
    found = model.predict(None, table([png(image) for image in faces.images], boxes))
    assert found.to_numpy().reshape(6, 68, 2) == pytest.approx(expected, abs=0.5)  # resampled by another filter
    without = model.predict(None, table([png(image) for image in faces.images]))
    assert without.to_numpy() == pytest.approx(found.to_numpy(), abs=1e-6)  # the pictures are the crops


def test_no_pictures_have_no_points(tmp_path: Path) -> None:
    assert served(NOSE, tmp_path).predict(None, table([])).shape == (0, 2)


def test_what_is_no_picture_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MlflowException, match="row 1: found 5 bytes that are no picture"):
        served(NOSE, tmp_path).predict(None, table([png(np.zeros((64, 64), np.uint8)), b"hello"]))


def test_files_that_would_start_another_program_are_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(MlflowException, match="that are no picture"):
        served(NOSE, tmp_path).predict(
            None, table([b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"])
        )


@pytest.mark.parametrize("box", [[1, 2, np.nan, np.nan], [1, 2, 0, 5], [1, 2, 5, -3]], ids=str)
def test_half_a_box_and_one_without_a_size_are_refused(tmp_path: Path, box: list[float]) -> None:
    with pytest.raises(MlflowException, match=r"found the box .* expected all of left, top, width, height"):
        served(RESNET, tmp_path).predict(None, table([png(np.zeros((64, 64), np.uint8))], np.array([box])))


def test_the_code_that_a_model_carries_is_what_it_needs_and_no_more() -> None:
    names = {file.relative_to(PACKAGE).as_posix() for file in needed_files("facial_keypoints.served_model")}
    assert {"__init__.py", "served_model.py", "checkpoints.py", "models/two_looks.py", "landmarks/schemes.py"} <= names
    assert not [name for name in names if name.startswith(("tracking/", "pipelines/", "datasets/", "sample/"))]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A training recorded in a store."""
    project = tmp_path_factory.mktemp("project")
    put_empty_store(project)
    catalog = tiny_catalog(project, NAMES[:1])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        kedro_run(project, training(NAMES[:1]), catalog)
    return SimpleNamespace(
        project=project,
        uri=f"sqlite:///{project}/mlflow.db",
        child=recorded_runs(project)[1],
        checkpoint=catalog.load(f"{NAMES[0]}.checkpoint"),
    )


def test_the_logged_model_predicts_as_the_checkpoint_and_its_network_can_be_trained_on(
    recorded: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", recorded.uri)
    loaded = mlflow.pyfunc.load_model(f"runs:/{recorded.child.info.run_id}/model")
    pictures = table([png(image) for image in spot_faces(count=6).images])
    expected = served(recorded.checkpoint, tmp_path).predict(None, pictures)
    pd.testing.assert_frame_equal(loaded.predict(pictures), expected)
    network = loaded.unwrap_python_model().checkpoint.model()
    network.train()(torch.rand(3, 1, 32, 48)).sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_the_logged_model_states_what_it_takes_gives_and_needs(
    recorded: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", recorded.uri)
    loaded = mlflow.pyfunc.load_model(f"runs:/{recorded.child.info.run_id}/model")
    assert loaded.metadata.get_input_schema().input_names() == [PICTURE, *BOX]
    assert loaded.metadata.get_output_schema().input_names() == list(loaded.predict(loaded.input_example).columns)
    requirements = Path(mlflow.pyfunc.get_model_dependencies(f"runs:/{recorded.child.info.run_id}/model")).read_text()
    assert {"torch", "pillow", "mlflow"} <= {line.split("==")[0] for line in requirements.split()}
    assert "kedro" not in requirements


def test_the_logged_model_runs_by_its_own_code_and_without_kedro(recorded: SimpleNamespace, tmp_path: Path) -> None:
    environment = {"PATH": "", "MLFLOW_TRACKING_URI": recorded.uri, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", ELSEWHERE, f"runs:/{recorded.child.info.run_id}/model"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    package, predicted = ran.stdout.splitlines()
    assert Path(package).parent != PACKAGE
    assert "code/facial_keypoints" in package
    assert "x" in predicted
