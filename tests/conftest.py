"""Fixtures that several tests share."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


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
def weights_file(raw_folder: Path) -> Path:
    """A part of torchvision's ResNet-18 weights, beside the raw sets."""
    return _existing(raw_folder.parent / "weights" / "resnet18_imagenet_partial.pth")
