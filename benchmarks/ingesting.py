"""How long ingesting takes, and how its memory grows with the number of faces.

    FACIAL_KEYPOINTS_RAW=<folder> python benchmarks/ingesting.py [--repeats 3]

Each run is a `kedro run` in a process of its own, start-up included, into a new workspace; "again" is a second run with
nothing changed. The ten-fold set holds the faces of 300-W ten times, under new names. Medians, and the largest peak.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from facial_keypoints.landmarks import format_imglab, iter_imglab
from facial_keypoints.landmarks.imglab import ImglabImage

PROJECT = Path(__file__).parents[1]
DANES, IBUG = "imm_face_db", "ibug_300W_large_face_landmark_dataset"
LABELS = ("labels_ibug_300W_train.xml", "labels_ibug_300W_test.xml")
TIMES_FACES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    raw = PROJECT / os.environ["FACIAL_KEYPOINTS_RAW"]
    with tempfile.TemporaryDirectory() as folder:
        tenfold = repeated_faces(raw / IBUG, Path(folder) / "tenfold")
        cases = {
            "the Danes": ("ingest_danes", raw),
            "300-W": ("ingest_ibug", raw),
            "300-W x 10": ("ingest_ibug", tenfold),
        }
        rows = [row for _ in range(repeats) for row in measured(cases, Path(folder) / "workspace")]
    table = pd.DataFrame(rows).groupby(["data set", "run"], sort=False)
    summary = table.agg(faces=("faces", "first"), seconds=("seconds", statistics.median), peak_mb=("peak_mb", "max"))
    sys.stdout.write(summary.round(1).to_string() + "\n")
    ratio = summary.loc[("300-W x 10", "first"), "peak_mb"] / summary.loc[("300-W", "first"), "peak_mb"]
    sys.stdout.write(f"peak memory of ten times the faces: {ratio:.2f} times that of one\n")


def repeated_faces(original: Path, raw: Path) -> Path:
    """A raw folder in which 300-W's faces are there TIMES_FACES times, each time in a folder of another name."""
    folder = raw / IBUG
    folder.mkdir(parents=True)
    for number in range(TIMES_FACES):
        (folder / f"copy{number}").symlink_to(original.resolve())
    for labels in LABELS:
        images = list(iter_imglab(original / labels))
        copies = [
            ImglabImage(f"copy{number}/{image.file}", None, None, image.boxes)
            for number in range(TIMES_FACES)
            for image in images
        ]
        (folder / labels).write_text(format_imglab(copies, name="repeated", comment=""), encoding="utf-8")
    return raw


def measured(cases: dict[str, tuple[str, Path]], workspace: Path) -> list[dict[str, object]]:
    """A row for a first run and for one with nothing changed, of each case."""
    rows: list[dict[str, object]] = []
    for name, (pipeline, raw) in cases.items():
        for run in ("first", "again"):
            seconds, peak_mb = ingest(pipeline, raw, workspace)
            table = pd.read_parquet(
                next((workspace / "02_intermediate").glob("*_annotations.parquet")), columns=["name"]
            )
            rows.append({"data set": name, "run": run, "faces": len(table), "seconds": seconds, "peak_mb": peak_mb})
        shutil.rmtree(workspace)
    return rows


def ingest(pipeline: str, raw: Path, workspace: Path) -> tuple[float, float]:
    """Seconds and the peak of resident memory, in MB, of one `kedro run`."""
    environment = os.environ | {
        "FACIAL_KEYPOINTS_RAW": str(raw.resolve()),
        "FACIAL_KEYPOINTS_WORKSPACE": str(workspace),
    }
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--pipelines", pipeline],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    log = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(log.decode())
    return time.perf_counter() - started, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
