"""A learning rate for a variant: tried by its own training while the rate rises."""

import logging
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from facial_keypoints.faces import FaceSet
from facial_keypoints.figures.learning_rates import learning_rate_curve
from facial_keypoints.learning_rate_range import proposed_rate
from facial_keypoints.options import FaceOptions, LrFindOptions, NoseOptions, ResnetOptions, TrainingOptions
from facial_keypoints.pipelines.finetune_resnet import nodes as finetune_resnet
from facial_keypoints.pipelines.train_face import nodes as train_face
from facial_keypoints.pipelines.train_nose import nodes as train_nose
from facial_keypoints.range_test import range_test

logger = logging.getLogger(__name__)


def try_nose(faces: FaceSet, options: NoseOptions, finder: LrFindOptions) -> pd.DataFrame:
    """Train for some steps at rising learning rates.  A row a step: step, learning_rate, loss, untrained, smoothed."""
    return reported(range_test(*train_nose.new_network(faces, options), faces, options, finder), options)


def try_face(faces: FaceSet, options: FaceOptions, finder: LrFindOptions) -> pd.DataFrame:
    """Train for some steps at rising learning rates.  A row a step: step, learning_rate, loss, untrained, smoothed."""
    return reported(range_test(*train_face.new_network(faces, options), faces, options, finder), options)


def try_resnet(faces: FaceSet, options: ResnetOptions, finder: LrFindOptions) -> pd.DataFrame:
    """Train for some steps at rising learning rates.  A row a step: step, learning_rate, loss, untrained, smoothed."""
    return reported(range_test(*finetune_resnet.new_network(faces, options), faces, options, finder), options)


def reported(table: pd.DataFrame, options: TrainingOptions) -> pd.DataFrame:
    """The table as it is, once a log line has said what it proposes and how to train so."""
    rate = proposed_rate(table)
    if rate is None:
        logger.warning(
            "%s: the loss hardly falls between the learning rates %.2g and %.2g, so none is proposed. "
            "Try more steps, or other rates: --params lr_find.steps=1000",
            options.name,
            *table["learning_rate"].iloc[[0, -1]],
        )
    else:
        logger.info(
            "%s: proposed learning rate %.2g; its own is %.2g. "
            "Try it: kedro run --namespaces %s --params %s.learning_rate=%.2g",
            *(options.name, rate, options.learning_rate),
            *(options.name, options.name, rate),
        )
    return table


def draw_losses(table: pd.DataFrame, options: Any) -> Figure:
    """The losses by learning rate, with the proposal.  options: the variant's, made by Kedro from the hints above."""
    return learning_rate_curve(table, options.learning_rate, title=options.name)
