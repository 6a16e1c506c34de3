"""What runs say of themselves on their pages, in Markdown: the question, the answer, a picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from facial_keypoints.options import TrainingOptions
from facial_keypoints.tracking.losses import is_like_validation, training_loss_name
from facial_keypoints.tracking.records import this_run

DESCRIPTION = "mlflow.note.content"  # the tag that MLflow shows as the run's description
QUESTIONS = {
    "train_nose": "How well does a small network find the tip of the nose",
    "train_face": "How well does a small network find all points of a face",
    "finetune_resnet": "How well does a ResNet-18 that knows ImageNet find the points of a face",
}
LEADERS = ["pipeline", "variant", "data_set", "split", "subset", "faces", "nme", "px", "auc_8", "fr_8"]
SHOWN = [name for name in LEADERS if name not in ("split", "subset")]


def question(options: TrainingOptions) -> str:
    """What a training asks."""
    how = "with the options of `best`" if options.variant == "best" else f"at learning rate {options.learning_rate:g}"
    return f"{QUESTIONS[options.pipeline]}, {how}?"


def of_training(
    options: TrainingOptions, best: Mapping[str, float], counts: Mapping[str, int], run: str, picture: str
) -> str:
    """best: the row of the history whose network is kept. counts: faces by split. run: its key; picture: its path."""
    lines = [
        f"**{question(options)}**",
        f"Validation: NME **{best['val/nme']:.2f} %** of the distance of the outer eye corners, **{best['val/px']:.1f} "
        f"px** of the photographs, in epoch {best['epoch']:.0f} of {options.epochs}, which is kept. Learnt from "
        f"{counts['train']} faces, chosen by {counts['validation']}.",
        f"![Predictions for validation faces]({picture_of(run, picture)})",
        "Some validation faces: truth orange, prediction blue. Curves to zoom into: Artifacts, `figures/"
        "loss_curves.html`. To compare: tick several runs and press Compare.",
    ]
    if not is_like_validation(options):
        lines.append(
            f"The training loss is of another kind than the validation loss (mean squared error of points on [0, 1]). "
            f"It is recorded as `{training_loss_name(options)}` and belongs on no chart with `val/loss`."
        )
    return "\n\n".join(lines)


def of_run(
    trained: Sequence[tuple[TrainingOptions, Mapping[str, float]]],
    leaderboard: pd.DataFrame | None,
    run: str,
    pictures: Sequence[str],
) -> str:
    """trained: options of each variant and its best epoch's row. leaderboard: its rows on all test faces."""
    parts = []
    for pipeline in dict.fromkeys(options.pipeline for options, _ in trained):
        parts.append(f"**{QUESTIONS[pipeline]}?**")
        parts.append(
            table(
                ["variant", "learning rate", "best epoch", "val/nme, %", "val/px"],
                [
                    [
                        options.variant,
                        f"{options.learning_rate:g}",
                        f"{best['epoch']:.0f}",
                        f"{best['val/nme']:.2f}",
                        f"{best['val/px']:.1f}",
                    ]
                    for options, best in trained
                    if options.pipeline == pipeline
                ],
            )
        )
    parts += [f"![Learning curves]({picture_of(run, picture)})" for picture in pictures]
    if leaderboard is not None and len(leaderboard):
        parts.append("On test faces, which nothing was chosen by (all of it: `leaderboard.csv`):")
        rows = leaderboard.reindex(columns=SHOWN).to_dict("records")
        parts.append(table(SHOWN, [[_as_text(row[key]) for key in SHOWN] for row in rows]))
    return "\n\n".join(parts)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def picture_of(run: str, path: str) -> str:
    """The address of a run's picture, from MLflow's pages."""
    return f"get-artifact?path={path}&run_uuid={this_run(run)}"


def _as_text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
