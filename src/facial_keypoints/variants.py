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

_parameters: dict[str, Any] = {}


def hand_over(parameters: dict[str, Any]) -> None:
    """Remember the parameters of this run."""
    _parameters.clear()
    _parameters.update(parameters)


def variants(pipeline: str) -> list[str]:
    """Names of the pipeline's variants. Without a context, as in `kedro registry list`, those of conf/base."""
    if not _parameters:
        project = find_kedro_project(Path.cwd()) or Path.cwd()
        loader = ProjectConfigLoader(str(project / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS)
        hand_over(loader["parameters"])
    return variant_names(_parameters, pipeline)
