"""Two `kedro run`s at once, as two terminals would start them."""

import subprocess
import time

import pandas as pd
from filelock import FileLock
from kedro.pipeline import Node, Pipeline

from facial_keypoints.run_locks import locked_names
from tests.project import COMMAND, Project

INGEST = [*COMMAND, "run", "--pipelines", "ingest_danes"]


def started(project: Project) -> subprocess.Popen:
    return subprocess.Popen(
        INGEST, cwd=project.root, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def results(project: Project) -> tuple[int, int]:
    intermediate = project.root / "data" / "02_intermediate"
    faces = pd.read_parquet(intermediate / "danes_faces" / "table.parquet")
    return len(faces), len(pd.read_parquet(intermediate / "danes_annotations.parquet"))


def test_two_runs_of_one_pipeline_at_once_both_end_well(danes_project):
    runs = [started(danes_project), started(danes_project)]
    outputs = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert results(danes_project) == (18, 18)


def test_a_run_waits_for_the_one_before_and_says_so(danes_project):
    folder = danes_project.root / "data" / ".locks"
    folder.mkdir(parents=True)
    with FileLock(folder / "ingest_danes"):
        run = started(danes_project)
        assert run.stdout is not None
        seen = next(line for line in run.stdout if "waiting" in line)
        assert "another run is at ingest_danes" in seen
        time.sleep(0.5)
        assert run.poll() is None
    assert run.wait(timeout=300) == 0


def test_a_killed_run_leaves_no_lock_behind(danes_project):
    run = started(danes_project)
    assert run.stdout is not None
    next(line for line in run.stdout if "Running node" in line)
    run.kill()
    run.wait()
    again = danes_project.kedro("run", "--pipelines", "ingest_danes")
    assert again.returncode == 0, again.stderr
    assert results(danes_project) == (18, 18)


def test_variants_are_locked_one_by_one_and_other_pipelines_whole():
    def node(name: str, namespace: str) -> Node:
        return Node(lambda: 0, None, f"{namespace}.{name}", name=name, namespace=namespace)

    namespaces = ("train_nose.lr_1e-3", "train_nose.lr_1e-4", "evaluate.x", "evaluate", "lr_find.train_nose.lr_1e-3")
    assert locked_names(Pipeline([node("a", namespace) for namespace in namespaces])) == [
        "evaluate",
        "lr_find.train_nose.lr_1e-3",
        "train_nose.lr_1e-3",
        "train_nose.lr_1e-4",
    ]
