"""Fixtures that several tests share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# The networks of tests are so small that a second thread only waits, for long where other processes are busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# As in tests/project.py, for runs in the tests' own process.
os.environ["FACIAL_KEYPOINTS_OFFLINE"] = "1"

from facial_keypoints.datasets.archive import Archive, ArchiveDataset
from facial_keypoints.sample.danes import draw_danes
from facial_keypoints.sample.ibug import draw_ibug
from tests.project import PROJECT, Project
from tests.tracked_runs import put_empty_store


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--demo", action="store_true", help="tests/browser looks at what `make demo` has left")


@pytest.fixture(scope="session")
def raw_folder() -> Path:
    """The folder of the real raw data sets; tests that ask for it are skipped without it."""
    folder = os.environ.get("FACIAL_KEYPOINTS_RAW")
    if not folder:
        pytest.skip("no real photographs: FACIAL_KEYPOINTS_RAW is not set")
    path = PROJECT / folder
    if not path.is_dir():
        pytest.fail(f"FACIAL_KEYPOINTS_RAW is {folder}, but {path} is no folder")
    return path


def _existing(folder: Path) -> Path:
    if not folder.exists():
        pytest.skip(f"not among the real data: {folder.name}")
    return folder


@pytest.fixture(scope="session")
def danes_folder(raw_folder: Path) -> Path:
    return _existing(raw_folder / "imm_face_db")


@pytest.fixture(scope="session")
def ibug_folder(raw_folder: Path) -> Path:
    return _existing(raw_folder / "ibug_300W_large_face_landmark_dataset")


@pytest.fixture(scope="session")
def samples_folder(raw_folder: Path) -> Path:
    """Other people's label files and pictures, beside the raw sets."""
    return _existing(raw_folder.parent / "samples")


@pytest.fixture(scope="session")
def golden_folder(raw_folder: Path) -> Path:
    """True and predicted landmarks of 300-W's test faces and the metrics published for them, beside the raw sets."""
    return _existing(raw_folder.parent / "golden" / "300w_test")


@pytest.fixture(scope="session")
def weights_file(raw_folder: Path) -> Path:
    """A part of torchvision's ResNet-18 weights, beside the raw sets."""
    return _existing(raw_folder.parent / "weights" / "resnet18_imagenet_partial.pth")


@pytest.fixture(scope="session")
def peers_folder(raw_folder: Path) -> Path:
    """Other people's networks for 68 points, beside the raw sets."""
    return _existing(raw_folder.parent / "peers")


@pytest.fixture(scope="session")
def yunet_file(raw_folder: Path) -> Path:
    """The detector YuNet, beside the raw sets."""
    return _existing(raw_folder.parent / "detectors" / "yunet_n_dynamic.onnx")


def _drawn(folder: Path, files: Iterator[tuple[str, bytes]]) -> Archive:
    dataset = ArchiveDataset(filepath=str(folder), contents="drawn faces", writable=True)
    dataset.save(files)
    return dataset.load()


@pytest.fixture(scope="session")
def drawn_danes(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three drawn people, six pictures each. Not to be changed: copy it."""
    return _drawn(tmp_path_factory.mktemp("drawn") / "imm_face_db", draw_danes(people=3, seed=0))


@pytest.fixture(scope="session")
def drawn_ibug(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Some two dozen drawn faces in the layout of iBUG 300-W. Not to be changed: copy it."""
    return _drawn(tmp_path_factory.mktemp("drawn") / "ibug", draw_ibug(train=20, test=8, seed=0))


@pytest.fixture(scope="session")
def ingested_project(tmp_path_factory: pytest.TempPathFactory, drawn_danes: Archive, drawn_ibug: Archive) -> Project:
    """A project whose two data sets are drawn and small, ingested and augmented, with options to match."""
    folder = tmp_path_factory.mktemp("ingested")
    raw = folder / "raw"
    raw.mkdir()
    (raw / "imm_face_db").symlink_to(drawn_danes.folder)
    (raw / "ibug_300W_large_face_landmark_dataset").symlink_to(drawn_ibug.folder)
    project = Project(folder / "project", raw)
    (project.root / "conf" / "local" / "parameters.yml").write_text(
        "ingest_danes: {split: {train: '1', validation: '2', test: '3'}}\n"
        "ingest_ibug: {validation_fraction: 0.2, crop: {size: 96}}\n"
        "augment: {views: 2, height: 60, width: 80}\n"
        "train_nose: {epochs: 2}\n"
        "train_face: {epochs: 2}\n"
        "finetune_resnet: {weights: none, epochs: 2, batch_size: 8, input_size: 64}\n"
        "evaluate: {pictures: 4}\n"
    )
    result = project.kedro("run", "--pipelines", "ingest_danes,ingest_ibug,augment")
    assert result.returncode == 0, result.stderr
    return project


@pytest.fixture(scope="session")
def whole_project(ingested_project: Project) -> Project:
    """The ingested project once all seven pipelines have run. Tests that change it put it back."""
    result = ingested_project.kedro("run")
    assert result.returncode == 0, result.stderr
    return ingested_project


@pytest.fixture(scope="session")
def looking_project(tmp_path_factory: pytest.TempPathFactory, ingested_project: Project) -> Project:
    """A project with drawn faces and a network that has learnt from them for an epoch."""
    project = Project(tmp_path_factory.mktemp("looking") / "project", ingested_project.root.parent / "raw")
    shutil.copytree(ingested_project.root / "data", project.root / "data")
    shutil.copy(ingested_project.root / "conf" / "local" / "parameters.yml", project.root / "conf" / "local")
    result = project.kedro("run", "--namespaces", "finetune_resnet.lr_1e-4", "--params", "finetune_resnet.epochs=1")
    assert result.returncode == 0, result.stderr
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def danes_project(tmp_path: Path, drawn_danes: Archive) -> Project:
    """A project whose Danes are three drawn people; there is no iBUG."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "imm_face_db").symlink_to(drawn_danes.folder)
    project = Project(tmp_path / "project", raw)
    (project.root / "conf" / "local" / "parameters.yml").write_text(
        "ingest_danes: {split: {train: '1', validation: '2', test: '3'}}\n"
        "augment: {views: 1, height: 32, width: 48}\n"
        "train_nose: {epochs: 1}\n"
        "train_face: {epochs: 1}\n"
    )
    return project


@pytest.fixture
def tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds an empty MLflow store, where a project's would be."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    put_empty_store(tmp_path)
    return tmp_path
