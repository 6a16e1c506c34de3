"""Figures: faces with keypoints, what was read, learning curves, kernels.  Prediction is blue, truth is orange."""

from facial_keypoints.figures.comparison import overlay_curves
from facial_keypoints.figures.curves import loss_curves
from facial_keypoints.figures.data_report import draw_report
from facial_keypoints.figures.faces import before_and_after, contact_sheet
from facial_keypoints.figures.kernels import kernel_grid
from facial_keypoints.figures.style import PREDICTION, REPLACED, TRAINING, TRUTH, VALIDATION

__all__ = [
    "PREDICTION",
    "REPLACED",
    "TRAINING",
    "TRUTH",
    "VALIDATION",
    "before_and_after",
    "contact_sheet",
    "draw_report",
    "kernel_grid",
    "loss_curves",
    "overlay_curves",
]
