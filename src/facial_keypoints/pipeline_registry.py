"""The project's pipelines, found by folder; `__default__` is the seven that make the whole.

`--namespaces` alone finds the namespaces of the others too: `kedro run --namespaces lr_find.train_nose.best`.
"""

import re
import warnings
from difflib import get_close_matches
from pathlib import Path

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.hooks import readable_errors
from facial_keypoints.node_descriptions import described
from facial_keypoints.on_request import OnRequestPipeline
from facial_keypoints.variants import namespaces_on_request

DEFAULT = ("ingest_danes", "ingest_ibug", "augment", "train_nose", "train_face", "finetune_resnet", "evaluate")


def register_pipelines() -> dict[str, Pipeline]:
    """Pipelines by name. Kedro may have asked for some only: then the others are not imported.

    Raises ConfigurationError for a name that no pipeline has.
    """
    with warnings.catch_warnings(), readable_errors():
        # Names such as train_nose.lr_1e-4.checkpoint are read by `evaluate`, on purpose.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
        try:
            pipelines = find_pipelines(raise_errors=True)
        except ImportError as error:
            if error.__cause__ is not None:  # a pipeline of ours that cannot be imported is a bug
                raise
            raise ConfigurationError(unknown_pipeline(str(error))) from error
        named_only = namespaces_on_request()
        pipelines = {name: OnRequestPipeline(described(found.nodes), named_only) for name, found in pipelines.items()}
    if "__default__" in pipelines:
        others = [node for name, pipeline in pipelines.items() if name not in DEFAULT for node in pipeline.nodes]
        whole = sum((pipelines[name] for name in DEFAULT), start=Pipeline([]))
        pipelines["__default__"] = OnRequestPipeline(whole.nodes, named_only, beside=others)
    return pipelines


def unknown_pipeline(message: str) -> str:
    """What to say of the pipeline that Kedro's message names as a module which is not there."""
    known = sorted(path.parent.name for path in (Path(__file__).parent / "pipelines").glob("*/pipeline.py"))
    named = re.search(r"\.pipelines\.([^']+)'", message)
    name = named[1] if named else ""
    close = get_close_matches(name, known, n=1)
    return f"found no pipeline {name!r}" + (f", did you mean {close[0]}?" if close else f"; known: {', '.join(known)}")
