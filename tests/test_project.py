"""The project from the outside, as people use it: commands in a shell."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.project import only_error


def test_missing_faces_are_one_line_with_the_command_that_makes_them(danes_project):
    error = only_error(danes_project.kedro("run", "--pipelines", "train_nose"))
    assert error.strip() == (
        "danes_augmented is missing: kedro run --pipelines ingest_danes,augment,train_nose --only-missing-outputs"
    )


def test_the_old_spelling_of_pipelines_works_too(danes_project):
    result = danes_project.kedro("run", "--pipeline", "train_face")
    error = only_error(result)
    assert "deprecated" not in result.stderr + result.stdout
    assert error.startswith("danes_augmented is missing: kedro run --pipelines ingest_danes,augment,train_face")


def test_missing_raw_data_say_where_they_belong(project):
    error = only_error(project.kedro("run", "--pipeline", "finetune_resnet"))
    assert error.startswith("ibug_faces is missing: ")
    assert str(project.root / "data/01_raw/ibug_300W_large_face_landmark_dataset") in error
    assert "make demo" in error
    assert len(error.strip().splitlines()) == 1


def test_what_can_be_fetched_needs_no_hand_work(project):
    del project.environment["FACIAL_KEYPOINTS_OFFLINE"]  # it is refused before anything is fetched
    error = only_error(project.kedro("run", "--pipelines", "train_nose"))
    assert error.strip() == (
        "danes_augmented is missing: kedro run --pipelines ingest_danes,augment,train_nose --only-missing-outputs"
    )
    assert not (project.root / "data").exists()


def test_missing_sample_data_are_drawn_by_draw_sample(project):
    error = only_error(project.kedro("run", "--env", "sample", "--pipelines", "ingest_danes"))
    assert "kedro run --env sample --pipelines draw_sample,ingest_danes --only-missing-outputs" in error


def test_raw_data_are_never_drawn_over(danes_project, drawn_danes):
    before = {path.name: path.stat().st_mtime for path in drawn_danes.folder.iterdir()}
    error = only_error(
        danes_project.kedro("run", "--pipelines", "draw_sample", "--params", "draw_sample.danes_people=3")
    )
    assert "--env sample" in error
    assert {path.name: path.stat().st_mtime for path in drawn_danes.folder.iterdir()} == before


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("train_nose.lr_1e-3.learning_rate=0", "train_nose.lr_1e-3.learning_rate: found 0"),
        ("train_nose.lr_1e-3.learning_rate=fast", "found 'fast'"),
        ("train_nose.epoch=3", "did you mean epochs?"),
        ("nose.epochs=3", "nose: nothing knows this key"),
        ("epochs=3", "did you mean train_nose.epochs?"),
        ("picturs=holidays", "did you mean pictures?"),
        ("train_nose.learning_rate=3e-4", "which changes nothing: every variant has a learning_rate of its own"),
    ],
)
def test_an_impossible_parameter_stops_any_run_before_it_starts(danes_project, params, expected):
    result = danes_project.kedro("run", "--pipelines", "ingest_danes", "--params", params)
    assert expected in only_error(result)
    assert not (danes_project.root / "data").exists()


def test_kedro_viz_draws_the_variants_of_its_environment(project):
    (project.root / "conf" / "local" / "parameters.yml").write_text("finetune_resnet: {mine: {data_set: own}}\n")
    program = (
        "from pathlib import Path\n"
        "from kedro_viz.integrations.kedro.data_loader import load_data\n"
        "_, pipelines, *_ = load_data(Path.cwd(), env={env})\n"
        "print(sorted({{node.namespace for node in pipelines['finetune_resnet'].nodes}}))\n"
    )
    drawn = {}
    for env in (None, "sample"):
        (project.root / "draw.py").write_text(program.format(env=repr(env)))
        result = project.shell("python draw.py")
        assert result.returncode == 0, result.stderr
        drawn[env] = result.stdout.strip().splitlines()[-1]
    assert drawn["sample"] == "['finetune_resnet.best', 'finetune_resnet.lr_1e-4']"
    assert "finetune_resnet.mine" in drawn[None]


def test_a_broken_annotation_stops_the_run_without_output(danes_project, drawn_danes, tmp_path):
    (tmp_path / "raw" / "imm_face_db").unlink()
    broken = Path(shutil.copytree(drawn_danes.folder, tmp_path / "raw" / "imm_face_db"))
    path = sorted(broken.glob("*.asf"))[3]
    path.write_text(path.read_text()[:700])
    error = only_error(danes_project.kedro("run", "--pipelines", "ingest_danes"))
    assert path.name in error
    assert "line" in error
    assert [path.name for path in (danes_project.root / "data").iterdir()] == [".locks"]


def test_ingesting_imports_neither_torch_nor_mlflow_nor_what_fetches(danes_project):
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from kedro.framework.session import KedroSession\n"
        "from kedro.framework.startup import bootstrap_project\n"
        "bootstrap_project(Path.cwd())\n"
        "with KedroSession.create() as session:\n"
        "    session.run(pipeline_names=['ingest_danes'])\n"
        "heavy = {'torch', 'torchvision', 'mlflow', 'facial_keypoints.fetching.download'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=danes_project.root,
        env=danes_project.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_one_data_set_trains_and_evaluates_from_a_folder_below_the_project(danes_project):
    (danes_project.root / "docs").mkdir()
    result = danes_project.kedro("run", "--pipelines", "ingest_danes,augment,train_nose,evaluate", folder="docs")
    assert result.returncode == 0, result.stderr
    board = pd.read_csv(danes_project.root / "data" / "08_reporting" / "leaderboard.csv")
    assert set(board["variant"]) == {"lr_1e-3", "lr_1e-4", "lr_1e-5", "mean_shape"}
    assert set(board["pipeline"]) == {"train_nose"}
    made = {path.parent.name for path in (danes_project.root / "data").rglob("*predictions*")}
    assert made == {"lr_1e-3", "lr_1e-4", "lr_1e-5", "mean_shape", "peers"}  # nothing of what no network is there for
    assert not (danes_project.root / "data/07_model_output/finetune_resnet/lr_1e-4").exists()
    # Kedro finds conf/logging.yml from the root only: from here it writes to standard output, in columns.
    assert "left out of the" in " ".join(result.stdout.split())
    assert (danes_project.root / "mlflow.db").is_file()
    assert not (danes_project.root / "docs" / "mlflow.db").exists()


def test_one_learning_rate_can_be_trained_alone_and_another_added(danes_project):
    assert danes_project.kedro("run", "--pipelines", "ingest_danes,augment").returncode == 0
    given = ("run", "--namespaces", "train_nose.lr_1e-2", "--params", "train_nose.lr_1e-2.learning_rate=0.01")
    result = danes_project.kedro(*given)
    assert result.returncode == 0, result.stderr
    assert [path.name for path in (danes_project.root / "data/06_models/train_nose").iterdir()] == ["lr_1e-2"]


def test_the_registry_lists_the_pipelines(project):
    result = project.kedro("registry", "list")
    listed = set(re.findall(r"^- (\w+)", result.stdout, re.MULTILINE))
    assert listed == {
        "__default__",
        "ingest_danes",
        "ingest_ibug",
        "augment",
        "train_nose",
        "train_face",
        "finetune_resnet",
        "evaluate",
        "robustness",
        "lr_find",
        "draw_sample",
        "ingest_own",
        "predict",
        "calibrate",
        "export",
        "track",
    }


def test_a_misspelt_environment_is_one_line_with_the_right_name(project):
    error = only_error(project.kedro("run", "--env", "sampel"))
    assert error.strip() == "found no environment 'sampel', did you mean sample? There are: base, local, sample"


def test_a_misspelt_pipeline_is_one_line_with_the_right_name(project):
    error = only_error(project.kedro("run", "--pipelines", "finetune_resent"))
    assert error.strip() == "found no pipeline 'finetune_resent', did you mean finetune_resnet?"


def test_an_unknown_namespace_is_one_line_with_those_that_there_are(project):
    error = only_error(project.kedro("run", "--namespaces", "train_nose.lr_3e-4"))
    assert len(error.strip().splitlines()) == 1
    assert error.startswith("found no namespace 'train_nose.lr_3e-4', did you mean train_nose.lr_1e-4?")


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--tags", "picture", "found no tag 'picture', did you mean pictures? There are: pictures, steps"),
        ("--nodes", "train_nose.lr_1e-3.trian", "found no node 'train_nose.lr_1e-3.trian', did you mean train_nose."),
        ("--to-outputs", "leaderbord", "found no dataset 'leaderbord', did you mean leaderboard? To list them: kedro"),
    ],
)
def test_an_unknown_name_in_a_selection_is_one_line_with_the_nearest(project, option, name, said):
    error = only_error(project.kedro("run", option, name))
    assert error.startswith(said)
    assert len(error.strip().splitlines()) == 1


def test_the_commands_that_the_demo_ends_with_exist(project):
    # Kedro-Viz takes --env for `run` only: plain `kedro viz --env sample` fails.
    assert "--env" in project.kedro("viz", "run", "--help").stdout
