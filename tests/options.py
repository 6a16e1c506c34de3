"""Options of tests: as in conf/base, but small."""

from dataclasses import replace
from typing import Any

from facial_keypoints.options import (
    AS_THEY_ARE,
    DetectorOptions,
    EvaluateOptions,
    FaceOptions,
    LikeLabelsOptions,
    LrFindOptions,
    NoseOptions,
    PredictOptions,
    ResnetLooksOptions,
    ResnetOptions,
    SmallLooksOptions,
    TrackOptions,
)

LIVELY = replace(AS_THEY_ARE, flip=0.5, rotate=20, translate=0.1, scale=0.15, brightness=0.1, contrast=0.3)

TRAINING: dict[str, Any] = {
    "variant": "lr_1e-3",
    "learning_rate": 1e-3,
    "epochs": 3,
    "batch_size": 8,
    "loss": "mse",
    "schedule": "constant",
    "warm_up": 0,
    "weight_decay": 0,
    "average": 0,
    "seed": 0,
    "device": "cpu",
    "precision": "fp32",
    "on_request": False,
}


SMALL_LOOKS = SmallLooksOptions(
    input_size=[48, 64], first_size=[24, 32], cut_size=32, looks=1, channels=[4, 8], dilations=[1, 2]
)
SMALL: dict[str, Any] = {"network": "dense", "two_looks": SMALL_LOOKS, "augmentation": LIVELY}


def nose_options(**changed: Any) -> NoseOptions:
    return NoseOptions(
        **{"pipeline": "train_nose", **TRAINING, "channels": [4, 4, 8, 8], "hidden": [16, 8], **SMALL, **changed}
    )


def face_options(**changed: Any) -> FaceOptions:
    return FaceOptions(
        **{"pipeline": "train_face", **TRAINING, "channels": [4, 4, 4, 8, 8, 8], "hidden": 32, **SMALL, **changed}
    )


def resnet_options(**changed: Any) -> ResnetOptions:
    own = {
        "data_set": "ibug",
        "weights": "none",
        "allow_partial": False,
        "colour": "rgb",
        "input_size": 64,
        "crop_scale": 1.5,
        "label_shift": 0.0,
        "head": "linear",
        "two_looks": ResnetLooksOptions(cut_size=64, looks=1, channels=16),
        "augmentation": LIVELY,
    }
    return ResnetOptions(**{"pipeline": "finetune_resnet", **TRAINING, **own, **changed})


def evaluate_options(**changed: Any) -> EvaluateOptions:
    """No peers, no runs, the labels' boxes; the detector's file is not there."""
    usual = {
        "device": "cpu",
        "batch_size": 16,
        "pictures": 4,
        "norm": "outer_eye_corners",
        "boxes": "labels",
        "flip_average": False,
        "detector": DetectorOptions(file="no/such/detector.onnx", side=1, shift_down=0),
        "peers_folder": "no/such/peers",
        "peers": {},
        "runs": [],
        "heading": "",
        "seed": 0,
    }
    return EvaluateOptions(**{**usual, **changed})


def finder_options(**changed: Any) -> LrFindOptions:
    usual = {"lowest": 1e-6, "highest": 1e-2, "steps": 20, "smoothing": 0.25, "divergence": 4}
    return LrFindOptions(**{**usual, **changed})


def predict_options(**changed: Any) -> PredictOptions:
    """The cascade; one look, not averaged; nothing is left out."""
    usual = {
        "pictures": "no/such/pictures",
        "variant": "auto",
        "detector": "lbp",
        "lbp": LikeLabelsOptions(side=1, shift_down=0),
        "yunet": DetectorOptions(file="no/such/detector.onnx", side=1, shift_down=0),
        "boxes": "",
        "rounds": 1,
        "flip_average": False,
        "least_confidence": 0.0,
        "device": "cpu",
        "batch_size": 4,
        "drawn_size": 300,
    }
    return PredictOptions(**{**usual, **changed})


def track_options(**changed: Any) -> TrackOptions:
    """Nothing is lost for its confidence; the detector looks where it has to only."""
    usual = {
        "frames": "no/such/video",
        "frames_per_second": 10,
        "search_every": 1000,
        "least_confidence": 0.0,
        "filter": True,
        "min_cutoff": 1.0,
        "beta": 1.0,
    }
    return TrackOptions(**{**usual, **changed})
