"""Which variants the training pipelines have in this run.

Kedro calls `create_pipeline` without arguments, but the variants stand in the parameters, which depend on the
environment and on `--params`. So the project's hook hands the parameters over when the context is created, before any
pipeline is.
"""

from pathlib import Path
from typing import Any

from kedro.framework.project import settings
from kedro.utils import find_kedro_project
from pydantic import TypeAdapter

from facial_keypoints.configuration import AUTO, ProjectConfigLoader, variant_names
from facial_keypoints.options import TWO_LOOKS, VARIANT_OPTIONS

OWN = "own"
BEST = "best"  # the variant that own pictures are predicted by, where it is trained
PREDICTING = "finetune_resnet"  # the pipeline whose networks see faces in boxes
LR_FIND = "lr_find"  # the pipeline that tries learning rates, in namespaces `lr_find.train_nose.best`
USUAL_DATA_SETS = {"train_nose": "danes", "train_face": "danes", "finetune_resnet": "ibug"}

_parameters: dict[str, Any] = {}


def hand_over(parameters: dict[str, Any]) -> bool:
    """Remember the parameters of this run; whether its variants are others than those of the run before."""
    before, after = (_wiring(given) for given in (_parameters, parameters))
    is_first = not _parameters
    _parameters.clear()
    _parameters.update(parameters)
    return not is_first and before != after


def hand_over_first(parameters: dict[str, Any]) -> None:
    """Remember the parameters if there are none yet: Kedro-Viz loads catalog and pipelines without asking the hook."""
    if not _parameters:
        _parameters.update(parameters)


def _wiring(parameters: dict[str, Any]) -> dict[str, Any]:
    """What the pipelines depend on: the variants, what they learn from and when they run, and runs to be evaluated."""
    learns_from = {
        pipeline: {
            variant: [parameters[pipeline][variant].get(key) for key in ("data_set", "network")]
            for variant in variant_names(parameters, pipeline)
        }
        for pipeline in VARIANT_OPTIONS
    }
    return {
        **learns_from,
        "on_request": _on_request(parameters),
        "runs": _runs(parameters),
        "predicting": _predicting(parameters),
    }


def _on_request(parameters: dict[str, Any]) -> set[str]:
    is_true = TypeAdapter(bool).validate_python  # as the options are read: "true" and 1 are true
    return {
        f"{pipeline}.{variant}"
        for pipeline in VARIANT_OPTIONS
        for variant in variant_names(parameters, pipeline)
        if is_true(parameters[pipeline][variant].get("on_request", False))
    }


def _runs(parameters: dict[str, Any]) -> list[str]:
    runs = parameters.get("evaluate", {}).get("runs", [])
    return runs.split() if isinstance(runs, str) else list(runs)


def _predicting(parameters: dict[str, Any]) -> list[str]:
    chosen = parameters.get("predict", {}).get("variant", AUTO)
    names = variant_names(parameters, PREDICTING)
    return sorted(names, key=lambda name: name != BEST) if chosen == AUTO else [chosen]


def variants(pipeline: str) -> list[str]:
    """Names of the pipeline's variants. Without a context, as in `kedro registry list`, those of conf/base."""
    return variant_names(_parameters_of_this_run(), pipeline)


def data_set(pipeline: str, variant: str) -> str:
    """What a variant learns from and is evaluated on: danes, ibug or own."""
    chosen: str = _parameters_of_this_run()[pipeline][variant].get("data_set", USUAL_DATA_SETS[pipeline])
    return chosen


def looks_twice(pipeline: str, variant: str) -> bool:
    """Whether a variant's network looks twice, and so learns from whole photographs."""
    network: str | None = _parameters_of_this_run()[pipeline][variant].get("network")
    return network == TWO_LOOKS


def on_request() -> set[str]:
    """Full names of the variants that run on request only, such as `train_nose.best`."""
    return _on_request(_parameters_of_this_run())


def namespaces_on_request() -> set[str]:
    """Namespaces whose nodes run on request only: those in which such variants are trained, and their rates tried."""
    return {f"{prefix}{variant}" for variant in on_request() for prefix in ("", f"{LR_FIND}.")}


def evaluated_runs() -> list[str]:
    """Ids of the MLflow runs that are evaluated too, besides the variants."""
    return list(dict.fromkeys(_runs(_parameters_of_this_run())))


def predicting_variants() -> list[str]:
    """Variants of finetune_resnet that own pictures may be predicted by, in the order in which they are preferred."""
    return _predicting(_parameters_of_this_run())


def _parameters_of_this_run() -> dict[str, Any]:
    if not _parameters:
        project = find_kedro_project(Path.cwd()) or Path.cwd()
        loader = ProjectConfigLoader(str(project / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS)
        hand_over(loader["parameters"])
    return _parameters
