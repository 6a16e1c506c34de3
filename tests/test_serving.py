"""`mlflow models serve` as the README has it: the champion answers a real request with a picture."""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
import torch
from PIL import Image

from facial_keypoints.examples import Examples
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.served_model import PICTURE
from tests.faces import spot_faces
from tests.tracked_runs import NAMES, kedro_run, put_empty_store, tiny_catalog, training

SECONDS = 180  # to start: it imports torch and MLflow, on a machine that may do other work


def jpeg(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=95)
    return file.getvalue()


def ask(address: str, *pictures: bytes) -> list[dict[str, float]]:
    """What it says of each picture."""
    records = [{PICTURE: base64.b64encode(picture).decode()} for picture in pictures]
    body = json.dumps({"dataframe_records": records}).encode()
    with urlopen(Request(f"{address}/invocations", body, {"Content-Type": "application/json"}), timeout=60) as answer:
        found: list[dict[str, float]] = json.load(answer)["predictions"]
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one network was trained, which is the champion of its store."""
    folder = tmp_path_factory.mktemp("project")
    put_empty_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        kedro_run(folder, training(NAMES[:1]), tiny_catalog(folder, NAMES[:1]))
    return folder


@pytest.fixture(scope="module")
def served(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, log = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("serving") / "log"
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{project}/mlflow.db", "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # as in an activated one
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/train_nose-danes@champion"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--env-manager", "local", "-p", str(port)],
            cwd=log.parent,
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                with urlopen(f"{address}/ping", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_request_with_jpegs_is_answered_with_points(project, served):
    faces = spot_faces(count=6)
    answers = ask(served, *map(jpeg, faces.images))
    checkpoint = tiny_catalog(project, NAMES[:1]).load(f"{NAMES[0]}.checkpoint")
    examples = Examples(faces, checkpoint.frame, torch.device("cpu"), checkpoint.indices)
    expected = examples.to_source_points(predict_unit_points(checkpoint.model(), examples))[:, 0]
    found = np.array([list(answer.values()) for answer in answers])
    assert np.abs(found - expected).max() < 0.5  # a JPEG is not quite the picture
    assert np.abs(found - expected[::-1]).max() > 0.01


def test_what_is_no_picture_is_refused_and_the_next_request_answered(served):
    with pytest.raises(HTTPError) as refused:
        ask(served, b"no picture")
    assert refused.value.code == 400
    said = json.load(refused.value)
    assert "row 0: found 10 bytes that are no picture" in said["message"]
    assert "stack_trace" not in said
    assert len(ask(served, jpeg(spot_faces(count=6).images[0]))) == 1
