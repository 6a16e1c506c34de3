"""How long `kedro run --pipelines train_nose` takes to show the first progress, against the libraries' import alone.

python benchmarks/starting.py --turns 5      needs the views of `augment` in the workspace; leaves no runs in mlflow.db

Both in turns, each in a process of its own; medians. Progress is the bar of the first epoch, which a terminal shows
before its first step: the run is given one. The bare interpreter imports torch, torchvision, lightning (where it is
installed) and mlflow.
"""

import os
import pty
import re
import resource
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click

PROJECT = Path(__file__).parents[1]
LIBRARIES = [name for name in ("torch", "torchvision", "lightning", "mlflow") if find_spec(name)]
PROGRESS = re.compile(rb"train_nose\.\S+ 1/\d+: +\d+%")
SECONDS = 120


@click.command()
@click.option("--turns", default=5, show_default=True)
def main(turns: int) -> None:
    """Measure, and print the medians."""
    if "lightning" not in LIBRARIES:
        click.echo("lightning is not installed: the bare interpreter imports the others, which is less")
    click.echo(f"torch's threads: {os.environ.get('OMP_NUM_THREADS', 'all')}")
    run(), bare()  # once for the disk's cache
    runs, imports = [], []
    for turn in range(turns):
        imports.append(bare())
        runs.append(run())
        click.echo(f"turn {turn + 1}: import {imports[-1].told}, first progress {runs[-1].told}")
    click.echo(f"medians of {turns}, of importing {', '.join(LIBRARIES)} and of the first progress:")
    for kind in ("wall", "cpu"):
        alone, whole = (median(getattr(took, kind) for took in those) for those in (imports, runs))
        click.echo(f"{kind}: {alone:.2f} s and {whole:.2f} s, {whole / alone:.2f} times that")


class Took(NamedTuple):
    """Seconds, and those of the processor, which other programs disturb less."""

    wall: float
    cpu: float

    @property
    def told(self) -> str:
        return f"{self.wall:.1f} s (processor {self.cpu:.1f} s)"

    @classmethod
    def by(cls, work: Callable[[], object]) -> "Took":
        """What work in processes of its own took."""
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(time.perf_counter() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def bare() -> Took:
    """To import the libraries."""
    command = [sys.executable, "-c", f"import {', '.join(LIBRARIES)}"]
    return Took.by(lambda: subprocess.run(command, check=True))


def run() -> Took:
    """From the command to the first bar of progress; then the run is stopped."""
    with tempfile.TemporaryDirectory() as folder:
        copy_store(Path(folder) / "mlflow.db")
        return Took.by(lambda: run_to_first_progress(f"sqlite:///{folder}/mlflow.db"))


def run_to_first_progress(store: str) -> None:
    """Run Kedro on a terminal until it shows progress."""
    master, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (40, 160))
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--pipelines", "train_nose"],
        cwd=PROJECT,
        env=os.environ | {"MLFLOW_TRACKING_URI": store},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        seen = read_until(master, PROGRESS, time.perf_counter() + SECONDS)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)
    if not PROGRESS.search(seen):
        raise click.ClickException(f"no progress was shown: {seen[-2000:].decode(errors='replace')}")


def copy_store(path: Path, made: list[bytes] = []) -> None:  # noqa: B006
    """A store that is there already, as after the first run: making one takes MLflow seconds."""
    if not made:
        from mlflow import MlflowClient

        with tempfile.TemporaryDirectory() as folder:
            MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()
            made.append((Path(folder) / "mlflow.db").read_bytes())
    path.write_bytes(made[0])


def read_until(terminal: int, pattern: re.Pattern[bytes], deadline: float) -> bytes:
    """What a terminal shows, up to the pattern or the end."""
    seen = b""
    while time.perf_counter() < deadline and not pattern.search(seen):
        try:
            block = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        seen += block
    return seen


if __name__ == "__main__":
    main()
