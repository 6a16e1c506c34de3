"""Small drawn sets, and what networks predict for them: what the tests of `evaluate` share."""

from dataclasses import replace

import numpy as np

from facial_keypoints.geometry import Crop, scaling
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.pipelines.evaluate.nodes import (
    find_boxes,
    predict_variant,
)
from tests.faces import spot_faces
from tests.options import evaluate_options

OPTIONS = evaluate_options()
# Photographs are twice as large as the images that the networks see.
DANES = replace(spot_faces(36), to_source=np.tile(scaling(2, 2), (36, 1, 1)))
IBUG = spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90))
IBUG = replace(IBUG, table=IBUG.table.assign(width=np.where(np.arange(36) % 2, 90, 120), height=100))

VARIANT = {"train_nose": "lr_1e-3", "train_face": "lr_1e-3", "finetune_resnet": "lr_1e-4"}


def predicted(checkpoint, faces, options=OPTIONS):
    return predict_variant(checkpoint, faces, find_boxes(faces, options), options)


def trained(train, faces, options):
    *_, (checkpoint, _, _) = train(faces, options)
    return checkpoint
