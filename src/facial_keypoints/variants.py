"""Which variants the training pipelines have in this run.

Kedro calls `create_pipeline` without arguments, but the variants stand in the parameters, which depend on the
environment and on `--params`. So the project's hook hands the parameters over when the context is created, before any
pipeline is.
"""

from pathlib import Path
from typing import Any

from kedro.framework.project import settings
from kedro.utils import find_kedro_project

from facial_keypoints.configuration import ProjectConfigLoader, variant_names
from facial_keypoints.options import VARIANT_OPTIONS

_parameters: dict[str, Any] = {}


def hand_over(parameters: dict[str, Any]) -> bool:
    """Remember the parameters of this run; whether its variants are others than those of the run before."""
    before, after = (
        {name: variant_names(given, name) for name in VARIANT_OPTIONS} for given in (_parameters, parameters)
    )
    is_first = not _parameters
    _parameters.clear()
    _parameters.update(parameters)
    return not is_first and before != after


def variants(pipeline: str) -> list[str]:
    """Names of the pipeline's variants. Without a context, as in `kedro registry list`, those of conf/base."""
    if not _parameters:
        project = find_kedro_project(Path.cwd()) or Path.cwd()
        loader = ProjectConfigLoader(str(project / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS)
        hand_over(loader["parameters"])
    return variant_names(_parameters, pipeline)
