"""The project's pipelines, found by folder; `__default__` is the seven that make the whole."""

import warnings

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

DEFAULT = ("ingest_danes", "ingest_ibug", "augment", "train_nose", "train_face", "finetune_resnet", "evaluate")


def register_pipelines() -> dict[str, Pipeline]:
    """Pipelines by name. Kedro may have asked for some only: then the others are not imported."""
    with warnings.catch_warnings():
        # Names such as train_nose.lr_1e-4.checkpoint are read by `evaluate`, on purpose.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
        pipelines = find_pipelines(raise_errors=True)
    if "__default__" in pipelines:
        pipelines["__default__"] = sum((pipelines[name] for name in DEFAULT), start=Pipeline([]))
    return pipelines
