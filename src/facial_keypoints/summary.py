"""What `kedro run` says when it is done: errors, where the results lie, and the commands to look at them.

On the command line only: in a notebook or a program nobody asked for it.
"""

import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from facial_keypoints.table_text import table_as_text
from facial_keypoints.tracking.hooks import is_tracked, trained_variants

COMMAND = "run"  # whose end it is; others say by themselves what they have done
LEADERBOARD, REPORT = "leaderboard", "evaluation_report"
OWN_FACES = "my_faces"
OWN_RESULTS = {
    "my_video_mp4": "faces in the video",
    "my_video_drawn": "faces in each frame",
    "my_video_course": "points over time",
    "my_video_points_csv": "points as a table",
    "my_pictures_sheet": "faces on one sheet",
    "my_pictures_drawn": "faces in each picture",
    "my_faces_csv": "faces as a table",
}
BY_ENDING = {  # of datasets' names, what a data set or a variant has one of
    "_samples": "faces that were read",
    ".confidence": "how far to trust faces",
    ".exported": "files for others",
    ".lr_find": "learning rates",
}
COLUMNS = ["pipeline", "variant", "faces", "nme", "nme_low", "nme_high", "auc_8", "fr_8", "px"]
NAMED = 3  # files of a folder; the others are counted
SQLITE = "sqlite:///"
MLFLOW_UI = "http://127.0.0.1:5000"  # opens on a page for language models; the list of training runs lies deeper


class SummaryHooks:
    """Shows the summary after a run that was started with `kedro run`."""

    def __init__(self) -> None:
        self._started = 0.0

    @hook_impl(trylast=True)  # after the hook that waits for another run
    def before_pipeline_run(self) -> None:
        self._started = time.time()

    @hook_impl(trylast=True)  # after the hook that ends the runs in MLflow
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        context = click.get_current_context(silent=True)
        if context is not None and context.info_name == COMMAND:
            project, env = Path(run_params["project_path"]), run_params["env"]
            click.echo(summary(pipeline, catalog, project, env, since=self._started))


def summary(pipeline: Pipeline, catalog: CatalogProtocol, project: Path, env: str | None, since: float) -> str:
    """What a run has made, in paragraphs.  since: when it started, in seconds since 1970."""
    made = made_files(pipeline, catalog, since)
    if not made:
        return "\nNothing was left to do: all results are there."
    parts = [
        errors(pipeline, catalog, made),
        own_faces(catalog, made),
        "Made by this run:\n" + "\n".join(folders(made)),
    ]
    return "\n" + "\n\n".join(part for part in [*parts, commands(pipeline, made, project, env)] if part)


def made_files(pipeline: Pipeline, catalog: CatalogProtocol, since: float) -> dict[str, Path]:
    """Files and folders that were written since then, by the dataset that they hold."""
    files = {name: getattr(catalog.get(name), "_filepath", None) for name in sorted(pipeline.all_outputs())}
    paths = {name: Path(str(file)) for name, file in files.items() if file}
    return {name: path for name, path in paths.items() if path.exists() and path.stat().st_mtime >= since - 1}


def errors(pipeline: Pipeline, catalog: CatalogProtocol, made: dict[str, Path]) -> str:
    """The leaderboard if faces were evaluated, else the validation errors of what was trained; "" if nothing was."""
    if LEADERBOARD in made:
        board = catalog.load(LEADERBOARD).query("split == 'test' and subset == 'full'")
        if board.empty:
            return "No test face has landmarks: there are no errors to show."
        return f"On test faces, NME in % with 95 % intervals:\n{as_text(board[COLUMNS])}"
    histories = {
        name: catalog.load(f"{name}.history") for name in trained_variants(pipeline) if f"{name}.history" in made
    }
    if not histories:
        return ""
    return f"By validation, the epoch that was kept:\n{as_text(kept_epochs(histories))}"


def own_faces(catalog: CatalogProtocol, made: dict[str, Path]) -> str:
    """What was found in somebody's own pictures; "" if nothing was looked for."""
    if OWN_FACES not in made:
        return ""
    from facial_keypoints import found_faces  # not on top: other runs need nothing of it

    return f"In your own pictures: {found_faces.summary(catalog.load(OWN_FACES))}"


def kept_epochs(histories: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row for each variant, the best first within its pipeline."""
    from facial_keypoints.figures.curves import best_epoch  # not on top: runs that do not train need no matplotlib

    rows = []
    for name, history in histories.items():
        kept = best_epoch(history)
        assert kept is not None  # training ends in an error where there is no number
        pipeline, variant = name.split(".")
        epoch = f"{kept['epoch']:.0f} of {len(history)}"
        rows.append([pipeline, variant, kept["val/nme"], kept["val/px"], epoch])
    table = pd.DataFrame(rows, columns=["pipeline", "variant", "NME, %", "px", "epoch"])
    return table.sort_values(["pipeline", "NME, %"], ignore_index=True)


def as_text(table: pd.DataFrame) -> str:
    """The table for a terminal."""
    return str(table_as_text(table).to_string(index=False))


def folders(made: dict[str, Path]) -> list[str]:
    """A line for each layer, `data/08_reporting   leaderboard.csv, evaluation.html and 20 more`."""
    layers: dict[Path, list[str]] = {}
    for path in sorted(set(made.values()), key=lambda path: (len(path.parts), path)):
        layer = layer_of(path)
        layers.setdefault(layer, []).append(str(path.relative_to(layer)))
    lines = []
    for layer, names in sorted(layers.items()):
        rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append((shown(layer), ", ".join(names[:NAMED]) + rest))
    return aligned(lines)


def layer_of(path: Path) -> Path:
    """The folder of Kedro's layer that a file lies in, `data/08_reporting`; its own folder where there is none."""
    layers = [parent for parent in path.parents if parent.name[:2].isdigit() and parent.name[2:3] == "_"]
    return layers[-1] if layers else path.parent


def commands(pipeline: Pipeline, made: dict[str, Path], project: Path, env: str | None) -> str:
    """How to look at what was made."""
    environment = f" --env {env}" if env else ""
    lines = {}
    if REPORT in made:
        lines["all on one page"] = shown(made[REPORT])
    lines |= {said: shown(made[name]) for name, said in OWN_RESULTS.items() if name in made}
    for ending, said in BY_ENDING.items():
        if names := [name for name in made if name.endswith(ending)]:
            lines[said] = ", ".join(shown(made[name]) for name in names)
    if is_tracked(pipeline):
        lines["curves and models"] = tracking_page(project, env)
    if trained_variants(pipeline) and LEADERBOARD not in made:
        lines["errors on test faces"] = f"{program('kedro')} run --pipelines evaluate{environment}"
    if importlib.util.find_spec("kedro_viz"):
        lines["graph and pictures"] = f"{program('kedro')} viz run{environment}"
    return "Look at it:\n" + "\n".join(aligned(list(lines.items())))


def aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each pair, the second one below that of the line before."""
    width = max((len(first) for first, _ in pairs), default=0)
    return [f"  {first:<{width}}  {second}" for first, second in pairs]


def tracking_page(project: Path, env: str | None) -> str:
    """Where MLflow shows the runs: the command that opens its page, or a server's address."""
    from facial_keypoints.tracking.store import experiment_in, experiment_name, without_password

    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if uri.startswith(("http://", "https://")):
        return f"{without_password(uri)}, experiment {experiment_name(env)}"
    store, runs = f" --backend-store-uri {without_password(uri)}", f", experiment {experiment_name(env)}"
    if not uri or uri.startswith(SQLITE):
        database = project / (uri.removeprefix(SQLITE) or "mlflow.db")
        is_found = database == Path.cwd() / "mlflow.db"
        store = "" if is_found else f" --backend-store-uri {SQLITE}{database}"
        number = experiment_in(database, experiment_name(env))
        runs = f"/#/experiments/{number}/runs?workflowType=machine_learning" if number else runs
    return f"{program('mlflow')} ui{store}, then {MLFLOW_UI}{runs}"


def program(name: str) -> str:
    """A command as it can be typed here: with its folder where the environment of this Python is not activated."""
    beside = Path(sys.executable).parent / name
    return name if shutil.which(name) == str(beside) or not beside.exists() else shown(beside)


def shown(path: Path) -> str:
    """A path as it is typed here: relative where it lies below the working folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
