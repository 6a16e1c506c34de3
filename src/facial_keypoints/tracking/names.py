"""How runs are called and tagged, and their options as MLflow's texts."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from facial_keypoints import __version__
from facial_keypoints.code_version import PROJECT, git
from facial_keypoints.options import TrainingOptions
from facial_keypoints.pipeline_registry import DEFAULT


def source_tags() -> dict[str, str]:
    """Which code a run is of, in MLflow's own tags."""
    commit = git(PROJECT, "rev-parse", "HEAD")
    return {"mlflow.source.name": "kedro run"} | ({"mlflow.source.git.commit": commit} if commit else {})


def parent_tags(run_params: Mapping[str, Any]) -> dict[str, str]:
    """What was asked of Kedro, and which code answered."""
    tags = {
        **source_tags(),
        "kedro_env": run_params["env"] or "local",
        "pipelines": ", ".join(in_order(run_params["pipeline_names"])) or "__default__",
        "namespaces": ", ".join(run_params["namespaces"] or ()),
        "version": __version__,
    }
    return {key: value for key, value in tags.items() if value}


def in_order(pipelines: Iterable[str] | None) -> list[str]:
    """Names of pipelines in the order of the whole: Kedro hands over what was asked for in any order."""
    return sorted(pipelines or (), key=lambda name: (DEFAULT.index(name) if name in DEFAULT else -1, name))


def child_name(options: TrainingOptions) -> str:
    """`train_nose lr=1e-4`, or `train_nose best` where the variant is not called after its learning rate."""
    return f"{options.pipeline} {re.sub('^lr_', 'lr=', options.variant)}"


def plain_params(options: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Options as MLflow's texts: numbers as written, lists as "16, 32", nested options as `augmentation.rotate`."""
    params: dict[str, str] = {}
    for key, value in options.items():
        if isinstance(value, Mapping):
            params |= plain_params(value, f"{prefix}{key}.")
        else:
            params[prefix + key] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return params
