"""The project's hooks around every run: variants handed over, inputs checked, errors readable."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from facial_keypoints import variants
from facial_keypoints.errors import ProjectError
from facial_keypoints.inputs import (
    replace_optional_inputs,
    require_detector,
    require_exporters,
    require_inputs,
    require_own_places,
    require_pictures,
    require_resources,
    require_tracked_runs,
)


class RunFailed(click.ClickException):
    """On the command line, an error of a run that had started: its inputs were there."""


class ProjectHooks:
    """Hands the variants to `create_pipeline`, checks inputs before a run, shows our own errors without a traceback."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        with readable_errors():
            if variants.hand_over(context.config_loader["parameters"]):
                reload_pipelines()

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        env = run_params["env"]
        with readable_errors():
            replace_optional_inputs(pipeline, catalog, every_pipeline, env)
            if not run_params["only_missing_outputs"]:  # then Kedro leaves out nodes, and what they read may be missing
                require_inputs(pipeline, catalog, every_pipeline, env, whole_pipelines(run_params))
                require_resources(pipeline, catalog)
                require_pictures(pipeline, catalog)
            require_own_places(pipeline, catalog)
            require_tracked_runs(pipeline, catalog)
            require_detector(pipeline, catalog)
            require_exporters(pipeline)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        with readable_errors(RunFailed):
            raise error


def whole_pipelines(run_params: dict[str, Any]) -> list[str]:
    """The pipelines that were asked for, unless only parts of them were."""
    selections = ("tags", "from_nodes", "to_nodes", "node_names", "from_inputs", "to_outputs", "namespaces")
    return [] if any(run_params[key] for key in selections) else list(run_params["pipeline_names"] or ())


@contextmanager
def readable_errors(shown: type[click.ClickException] = click.ClickException) -> Iterator[None]:
    """Raises the ProjectError behind whatever is raised, if there is one, and on the command line only its message.

    There click shows it, as `shown`, without a traceback. Other errors are bugs and stay as they are.
    """
    try:
        yield
    except Exception as error:
        ours = project_error(error)
        if ours is None:
            raise
        if click.get_current_context(silent=True) is None:
            raise ours from error.__cause__
        raise shown(str(ours)) from error


def project_error(error: BaseException | None) -> ProjectError | None:
    """The first ProjectError in a chain of causes: Kedro wraps what datasets raise."""
    while error is not None and not isinstance(error, ProjectError):
        error = error.__cause__
    return error


def reload_pipelines() -> None:
    """Let Kedro create all pipelines anew, as it does by itself only when others are asked for."""
    pipelines.set_requested(["none of them"])
    pipelines.set_requested(None)


def every_pipeline() -> Mapping[str, Pipeline]:
    """All pipelines of the project by name, also where the run asked Kedro for some only."""
    pipelines.set_requested(None)
    return {name: pipeline for name, pipeline in pipelines.items() if name != "__default__"}
