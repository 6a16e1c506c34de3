"""What a variant's options are worth, by cross-validation over persons or photographs.

    python benchmarks/cross_validate.py train_face.best --folds 4 --seeds 0,1,2 --params loss=l1,epochs=60
    python benchmarks/cross_validate.py finetune_resnet.best --folds 1 --shares 0.1,0.25,0.5,1 --params epochs=20
    python benchmarks/cross_validate.py train_face.best --folds 1 --seeds 0,1,2 --test

Reads the ingested faces of the project. The groups of the splits train and validation are dealt to the folds in turn;
one fold validates, the others train. `--folds 1` keeps the project's own split. `--shares` trains on some of the
training groups only, with as many steps as all would have: a learning curve. Prints a line a training and their mean
and spread. The epoch is chosen on the faces that then measure it, as in the project's own training: that flatters a
little, every variant alike; last_nme is that of the last epoch, which nothing has chosen. Test faces are not touched,
but for `--test`: when everything is chosen, how much seeds differ on them.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pydantic import TypeAdapter

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.examples import Examples
from facial_keypoints.faces import TEST, TRAIN, VALIDATION, FaceSet
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.metrics import nme, point_errors
from facial_keypoints.options import TWO_LOOKS, VARIANT_OPTIONS, AugmentOptions, TrainingOptions
from facial_keypoints.pipelines.augment.nodes import make_views
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose

PROJECT = Path(__file__).parents[1]
TRAIN_NODES: dict[str, Callable[[FaceSet, Any], Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]]] = {
    "train_nose": train_nose,
    "train_face": train_face,
    "finetune_resnet": finetune,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", help="for example train_face.best")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--only", type=int, default=None, help="the first so many of the folds")
    parser.add_argument("--seeds", default="0", help="of networks and augmentation, separated by commas")
    parser.add_argument("--shares", default="1", help="of the training groups, separated by commas")
    parser.add_argument("--test", action="store_true", help="measure on the test faces instead of those that validate")
    parser.add_argument("--params", default="", help="options of the variant, as after kedro run --params")
    arguments = parser.parse_args()
    pipeline, _, name = arguments.variant.partition(".")
    if pipeline not in TRAIN_NODES or not name:
        parser.error(f"found {arguments.variant!r}, expected a pipeline and a variant of it, such as train_face.best")
    folds = arguments.folds if arguments.only is None else arguments.only
    if not 1 <= folds <= arguments.folds:
        parser.error(f"--only: found {folds}, expected 1 to {arguments.folds}, the number of folds")
    faces, options, views = project_inputs(pipeline, name, changed_options(arguments.params))
    test = faces.split(TEST) if arguments.test else None
    for share in map(float, arguments.shares.split(",")):
        rows = []
        for fold in range(folds):
            for seed in map(int, arguments.seeds.split(",")):
                chosen, epochs = some_groups(refolded(faces, fold, arguments.folds), share, options.epochs)
                if views is not None:
                    chosen = make_views(chosen, views)
                rows.append(trained(chosen, replace(options, seed=seed, epochs=epochs), test))
                say(f"share {share:g}, fold {fold}, seed {seed}", rows[-1])
        table = pd.DataFrame(rows)
        say(f"{arguments.variant} {arguments.params} share {share:g}: mean of {len(rows)}", table.mean().to_dict())
        if len(rows) > 1:
            say("their standard deviation", table.std().to_dict())


def project_inputs(
    pipeline: str, name: str, changed: dict[str, Any]
) -> tuple[FaceSet, TrainingOptions, AugmentOptions | None]:
    """The ingested faces that the variant learns from, its options, and those of the views if it learns from views."""
    bootstrap_project(PROJECT)
    nested = {pipeline: {name: changed}} if changed else {}
    with KedroSession.create(project_path=PROJECT, runtime_params=nested) as session:
        context = session.load_context()
        options = TypeAdapter(VARIANT_OPTIONS[pipeline]).validate_python(context.params[pipeline][name])
        if pipeline == "finetune_resnet":
            return context.catalog.load(f"{options.data_set}_faces"), options, None
        views = TypeAdapter(AugmentOptions).validate_python(context.params["augment"])
        return context.catalog.load("danes_faces"), options, None if options.network == TWO_LOOKS else views


def changed_options(text: str) -> dict[str, Any]:
    """{"loss": "l1", "two_looks": {"looks": 1}} of "loss=l1,two_looks.looks=1"."""
    changed: dict[str, Any] = {}
    for pair in filter(None, re.split(r",(?![^\[]*\])", text)):  # not at the commas of a list
        key, value = pair.split("=", 1)
        *outer, last = key.split(".")
        place = changed
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = yaml.safe_load(value)
    return changed


def refolded(faces: FaceSet, fold: int, folds: int) -> FaceSet:
    """The faces to learn from, every `folds`-th group of them validating."""
    kept = faces.select(faces.table["split"].isin([TRAIN, VALIDATION]).to_numpy())
    if folds == 1:
        return kept
    order = {group: place for place, group in enumerate(sorted(kept.table["group"].unique()))}
    validates = kept.table["group"].map(order) % folds == fold
    return replace(kept, table=kept.table.assign(split=np.where(validates, VALIDATION, TRAIN)))


def some_groups(faces: FaceSet, share: float, epochs: int) -> tuple[FaceSet, int]:
    """A share of the training groups and all that validate, and how many epochs make as many steps as all would."""
    train = faces.table["split"] == TRAIN
    groups = faces.table.loc[train, "group"].drop_duplicates().sample(frac=share, random_state=0)
    kept = faces.table["group"].isin(groups) | ~train
    return faces.select(kept.to_numpy()), max(1, round(epochs * train.sum() / (train & kept).sum()))


def trained(faces: FaceSet, options: TrainingOptions, test: FaceSet | None) -> dict[str, float]:
    """Errors on the validation faces after the last epoch; those of the checkpoint, flip-averaged; CPU minutes.

    The latter on the validation faces too, or on `test`.

    flip_nose_px: of the nose tip alone. flip_bias_px: how far right the predictions lie of the truth, in pixels: an
    average with the mirror image cannot lie right or left by itself, so the labels do.
    """
    began = time.process_time()
    *_, (checkpoint, history, _) = TRAIN_NODES[options.pipeline](faces, options)
    minutes = (time.process_time() - began) / 60
    measured = faces.split(VALIDATION) if test is None else test
    examples = Examples(measured, checkpoint.frame, torch.device("cpu"), checkpoint.indices)
    points = examples.to_source_points(predict_unit_points(checkpoint.model(), examples, flip_average=True))
    truth = examples.source_keypoints[:, examples.indices]
    errors = point_errors(points, truth)
    last = history.iloc[-1]
    result = {
        "last_nme": last["val/nme"],
        "last_px": last["val/px"],
        "flip_nme": nme(errors, examples.norm).mean(),
        "flip_px": errors.mean(),
        "flip_bias_px": (points - truth)[..., 0].mean(),
        "cpu_minutes": minutes,
    }
    if faces.scheme.nose_tip in examples.indices:
        result["flip_nose_px"] = errors[:, examples.indices.index(faces.scheme.nose_tip)].mean()
    return result


def say(what: str, row: dict[str, float]) -> None:
    click.echo(f"{what}: " + ", ".join(f"{key} {value:.2f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
