"""Fetching in processes of their own: killed halfway, two at once, and as `kedro run` does it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from facial_keypoints.fetching.part import Part
from tests.fetching import server as servers
from tests.fetching.archives import below, contents, manifest_of, write_sha256, zip_of
from tests.project import PROJECT, Project, only_error

LOAD = """
import json, logging, sys
from facial_keypoints.datasets.archive import ArchiveDataset
logging.basicConfig(level=logging.INFO)
ArchiveDataset(**json.loads(sys.argv[1])).load()
"""
SLOW_S = 0.02  # between blocks of 16 KB


@pytest.fixture
def packed(danes_files) -> bytes:
    return zip_of(below("imm_face_db", danes_files))


@pytest.fixture
def entry(tmp_path, server, drawn_danes) -> dict[str, Any]:
    """A catalog entry of the drawn Danes, whose mirror the server has yet to be given."""
    write_sha256(manifest_of(drawn_danes), tmp_path / "drawn.sha256")
    return {
        "filepath": str(tmp_path / "raw" / "imm_face_db"),
        "contents": "drawn faces",
        "mirrors": [server.url("/faces.zip")],
        "archives": ["zip"],
        "manifest": {"sha256": str(tmp_path / "drawn.sha256")},
        "licence": "none",
        "citation": "none",
        "download_bytes": 50_000_000,
        "unpacked_bytes": 50_000_000,
    }


def start(entry: dict[str, Any]) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "FACIAL_KEYPOINTS_OFFLINE"}
    command = [sys.executable, "-c", LOAD, json.dumps(entry)]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, text=True, stderr=subprocess.PIPE)


def part_of(entry: dict[str, Any]) -> Part:
    return Part(Path(entry["filepath"]).with_name(".imm_face_db.download"), entry["mirrors"][0])


def wait_for_bytes(part: Part, size: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while part.size < size and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    assert part.size >= size, process.communicate()[1] if process.poll() is not None else "too slow"


def test_a_killed_download_goes_on_in_the_next_process(entry, server, packed, danes_files):
    folder = Path(entry["filepath"])
    part = part_of(entry)
    server.files.behaviours["/faces.zip"] = servers.ranges(packed, pause_s=SLOW_S)
    process = start(entry)
    wait_for_bytes(part, len(packed) // 3, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    arrived = part.size
    assert len(packed) // 3 <= arrived < len(packed)
    assert not folder.exists()

    server.files.behaviours["/faces.zip"] = servers.ranges(packed)
    process = start(entry)
    assert process.wait(60) == 0, process.communicate()[1]
    process.communicate()
    assert server.files.asked[-1].first == arrived
    assert server.files.asked[-1].sent == len(packed) - arrived
    assert contents(folder) == danes_files


def test_two_processes_download_once(entry, server, packed, danes_files):
    go_on = threading.Event()
    server.files.behaviours["/faces.zip"] = servers.held(packed, go_on)
    first = start(entry)
    wait_for_bytes(part_of(entry), 1, first)
    second = start(entry)
    assert second.stderr is not None
    assert any("another process is fetching" in line for line in second.stderr)
    go_on.set()
    errors = [process.communicate(timeout=60)[1] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], errors
    assert len(server.files.asked) == 1
    assert contents(Path(entry["filepath"])) == danes_files


@pytest.fixture
def bare_project(tmp_path, server, drawn_danes, entry) -> Project:
    """A project without any data, whose Danes are to be had from the server."""
    project = Project(tmp_path / "project")
    del project.environment["FACIAL_KEYPOINTS_OFFLINE"]
    project.environment["NO_PROXY"] = "127.0.0.1"
    local = project.root / "conf" / "local"
    write_sha256(manifest_of(drawn_danes), local / "drawn.sha256")
    danes_raw = entry | {
        "type": "facial_keypoints.datasets.archive.ArchiveDataset",
        "filepath": "${globals:raw}/imm_face_db",
        "manifest": {"sha256": "conf/local/drawn.sha256"},
    }
    (local / "catalog_raw.yml").write_text(yaml.safe_dump({"danes_raw": danes_raw}))
    (local / "parameters.yml").write_text("ingest_danes: {split: {train: '1', validation: '2', test: '3'}}\n")
    return project


def test_a_kedro_run_fetches_what_it_needs(bare_project, server, packed, danes_files):
    server.files.behaviours["/faces.zip"] = servers.ranges(packed)
    (bare_project.root / "docs").mkdir()
    result = bare_project.kedro("run", "--pipelines", "ingest_danes", folder="docs")
    assert result.returncode == 0, result.stderr
    assert "to be cited" in result.stdout  # where Kedro logs to from a folder below the root
    assert contents(bare_project.root / "data/01_raw/imm_face_db") == danes_files
    assert (bare_project.root / "data/02_intermediate").is_dir()
    assert len(server.files.asked) == 1


def test_a_kedro_run_without_any_mirror_says_each_fault_and_what_to_do(bare_project, server):
    server.files.behaviours["/faces.zip"] = servers.status(404)
    error = only_error(bare_project.kedro("run", "--pipelines", "ingest_danes"))
    lines = error.strip().splitlines()
    assert lines[0].endswith("data/01_raw/imm_face_db is missing, and no mirror gave it:")
    assert lines[1] == f"  {server.url('/faces.zip')}: HTTP 404"
    assert lines[2].startswith("Try again later, or put drawn faces into ")
    assert lines[2].endswith("make demo")


def test_an_offline_run_asks_nobody(bare_project, server):
    bare_project.environment["FACIAL_KEYPOINTS_OFFLINE"] = "1"
    error = only_error(bare_project.kedro("run", "--pipelines", "ingest_danes"))
    assert error.startswith("danes_raw is missing: put drawn faces into ")
    assert len(error.strip().splitlines()) == 1
    assert not server.files.asked
