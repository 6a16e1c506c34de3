"""A sweep from start to end: what is left to train is trained, a rate at a time; then all rates are compared.

Each rate is a Kedro run of its own, so that one that diverges does not end the others.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Node, Pipeline

from facial_keypoints.fingerprint import fingerprint
from facial_keypoints.hooks import RunFailed, every_pipeline
from facial_keypoints.inputs import require_inputs
from facial_keypoints.options import TrainingOptions
from facial_keypoints.run_locks import LOCKS
from facial_keypoints.sweep.completeness import what_is_left
from facial_keypoints.sweep.outcome import COMPLETE, TRAINED, Outcome, as_markdown
from facial_keypoints.sweep.plan import Sweep
from facial_keypoints.tracking.quiet import be_quiet

logger = logging.getLogger(__name__)

FIGURES = "figures"  # where the tracking hook puts them among a run's artifacts


def run_sweep(sweep: Sweep) -> Outcome:
    """Train what is left of a sweep and draw all its learning curves in one figure.

    Raises ProjectError if data are missing or MLflow's store cannot be reached, before anything is trained.
    """
    be_quiet()
    with one_at_a_time(sweep):
        return _run_sweep(sweep)


@contextmanager
def one_at_a_time(sweep: Sweep) -> Iterator[None]:
    """Wait while another process sweeps the same pipeline: it may train what this one would."""
    folder = sweep.workspace / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"sweep.{sweep.pipeline}")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("another sweep of %s goes on: waiting for it to end", sweep.pipeline)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _run_sweep(sweep: Sweep) -> Outcome:
    from facial_keypoints.sweep.parent_run import parent_run, sweep_key

    pipelines.set_requested([sweep.pipeline])
    catalog = sweep.catalog()
    trained = pipelines[sweep.pipeline].filter(node_namespaces=sweep.variants)
    require_inputs(trained, catalog, every_pipeline, sweep.env)
    options: dict[str, TrainingOptions] = {name: catalog.load(f"params:{name}") for name in sweep.variants}
    faces = fingerprints(trained, catalog)
    key = sweep_key(options.values(), faces.values())
    with parent_run(sweep.project, sweep.env, sweep.workspace, sweep.pipeline, key) as parent:
        left = {name: what_is_left(catalog, options[name], faces[name]) for name in sweep.variants}
        for name in [name for name, why in left.items() if not why]:
            left[name] = parent.what_is_left(catalog.load(f"{name}.checkpoint").training.id)
        announce(sweep, left)
        states = {}
        for name, why in left.items():
            states[name] = train(sweep, name) if why else COMPLETE
            parent.end_open_children(name)
        failed = [name for name, state in states.items() if state not in (COMPLETE, TRAINED)]
        compared = sweep.without(failed)
        overlay = draw(compared, trained, catalog)
        histories = {name: catalog.load(f"{name}.history") for name in compared.variants}
        outcome = Outcome(sweep, states, histories, overlay)
        figure = f"{FIGURES}/{sweep.pipeline}/{overlay.name}" if overlay else None
        parent.describe(as_markdown(outcome), figure)
        return outcome


def fingerprints(pipeline: Pipeline, catalog: CatalogProtocol) -> dict[str, str]:
    """What each variant of the pipeline learns from, by its full name."""
    known: dict[str, str] = {}
    found = {}
    for node in pipeline.nodes:
        if f"{node.namespace}.checkpoint" in node.outputs:
            dataset = next(name for name in node.inputs if not name.startswith("params:"))
            known[dataset] = known.get(dataset) or fingerprint(catalog.load(dataset))
            found[str(node.namespace)] = known[dataset]
    return found


def announce(sweep: Sweep, left: Mapping[str, str]) -> None:
    """Log lines: how many are complete, and of the others why they are trained."""
    to_train = {name: why for name, why in left.items() if why}
    logger.info(
        "sweep of %s: %d learning rates, %d complete, %d to train",
        *(sweep.pipeline, len(left), len(left) - len(to_train), len(to_train)),
    )
    for name, why in to_train.items():
        logger.info("%s: %s", name, why)


def train(sweep: Sweep, variant: str) -> str:
    """Train one variant; how that ended."""
    try:
        sweep.run(namespaces=[variant])
    except RunFailed as error:
        logger.warning("%s is left out: %s", variant, error.message)
        return error.message
    return TRAINED


def draw(sweep: Sweep, trained: Pipeline, catalog: CatalogProtocol) -> Path | None:
    """Draw the overlay of all variants, and what an interruption has left out of single ones; the overlay's file."""
    own = [node for node in trained.nodes if node.namespace in sweep.variants]
    left = [node.name for node in own if not is_drawn(node, catalog)]
    overlay = [f"{sweep.pipeline}.compare_variants"] if len(sweep.variants) > 1 else []
    if left or overlay:
        sweep.run(node_names=[*left, *overlay])
    return saved_file(f"{sweep.pipeline}.comparison", catalog) if overlay else None


def is_drawn(node: Node, catalog: CatalogProtocol) -> bool:
    """Whether a node's outputs are there, and those that are made of a checkpoint are not older than it."""
    outputs = [saved_at(name, catalog) for name in node.outputs]
    sources = [saved_at(name, catalog) for name in node.inputs if name.endswith(".checkpoint")]
    return all(output > 0 and output >= source for output in outputs for source in (0, *sources))


def saved_at(dataset: str, catalog: CatalogProtocol) -> float:
    """When a dataset's file was written, in seconds since 1970; 0 if it is not there."""
    file = saved_file(dataset, catalog)
    return file.stat().st_mtime if file and file.exists() else 0


def saved_file(dataset: str, catalog: CatalogProtocol) -> Path | None:
    """The file that holds a dataset, if one does."""
    file = getattr(catalog.get(dataset), "_filepath", None)
    return Path(str(file)) if file else None
