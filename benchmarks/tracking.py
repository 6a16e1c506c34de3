"""What MLflow costs a training of the nose: with tracking and without, in turns; medians.

python benchmarks/tracking.py --turns 3 [--epochs 100]      needs the views of `augment` in the workspace

Each training is a `kedro run` of its own in a workspace of its own, recorded in a store of its own that is there
already; without tracking, the project's tracking hook is left out. The aim: at most 3 %.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
from mlflow import MlflowClient

PROJECT = Path(__file__).parents[1]
KEDRO = """
import sys
from facial_keypoints import settings
from facial_keypoints.tracking import TrackingHooks
if sys.argv.pop(1) == "off":
    settings.HOOKS = tuple(hook for hook in settings.HOOKS if not isinstance(hook, TrackingHooks))
from kedro.framework.cli import main
main()
"""
VIEWS = Path("05_model_input") / "danes_augmented"


class Took(NamedTuple):
    """Seconds, and those of the processor, which other programs disturb less."""

    wall: float
    cpu: float


@click.command()
@click.option("--turns", default=3, show_default=True)
@click.option("--epochs", default=100, show_default=True)
def main(turns: int, epochs: int) -> None:
    """Measure, and print the medians."""
    views = PROJECT / (os.environ.get("FACIAL_KEYPOINTS_WORKSPACE") or "data") / VIEWS
    if not views.is_dir():
        raise click.ClickException(f"{views} is missing: kedro run --pipelines ingest_danes,augment")
    took: dict[str, list[Took]] = {"off": [], "on": []}
    with tempfile.TemporaryDirectory() as folder:
        MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()
        for turn in range(turns):
            for tracking in took:
                workspace = Path(folder) / f"{turn}-{tracking}"
                (workspace / VIEWS).parent.mkdir(parents=True)
                (workspace / VIEWS).symlink_to(views)
                took[tracking].append(train(tracking, epochs, workspace, Path(folder) / "mlflow.db"))
                wall, cpu = took[tracking][-1]
                click.echo(f"turn {turn + 1}, tracking {tracking}: {wall:.1f} s (processor {cpu:.1f} s)")
    click.echo(f"medians of {turns} runs of {epochs} epochs:")
    for kind in Took._fields:
        off, on = (median(getattr(each, kind) for each in took[tracking]) for tracking in ("off", "on"))
        click.echo(f"{kind}: without {off:.1f} s, with {on:.1f} s: {on - off:+.1f} s, {100 * (on / off - 1):+.1f} %")


def train(tracking: str, epochs: int, workspace: Path, store: Path) -> Took:
    """One training in a process of its own.  tracking: "on" or "off"."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    variant = "train_nose.lr_1e-3"
    subprocess.run(
        [
            sys.executable,
            "-c",
            KEDRO,
            tracking,
            "run",
            "--namespaces",
            variant,
            "--params",
            f"{variant}.epochs={epochs}",
        ],
        cwd=PROJECT,
        env=os.environ | {"FACIAL_KEYPOINTS_WORKSPACE": str(workspace), "MLFLOW_TRACKING_URI": f"sqlite:///{store}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - started, cpu)


if __name__ == "__main__":
    main()
