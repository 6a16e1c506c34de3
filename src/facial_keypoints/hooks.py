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
from facial_keypoints.inputs import replace_optional_inputs, require_inputs


class ProjectHooks:
    """Hands the variants to `create_pipeline`, checks inputs before a run, shows our own errors without a traceback."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        with readable_errors():
            variants.hand_over(context.config_loader["parameters"])

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        env = run_params["env"]
        with readable_errors():
            replace_optional_inputs(pipeline, catalog, every_pipeline, env)
            if not run_params["only_missing_outputs"]:  # then Kedro leaves out nodes, and what they read may be missing
                require_inputs(pipeline, catalog, every_pipeline, env, run_params["pipeline_names"] or ())

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        with readable_errors():
            cause: BaseException | None = error
            while cause is not None:
                if isinstance(cause, ProjectError):
                    raise cause
                cause = cause.__cause__


@contextmanager
def readable_errors() -> Iterator[None]:
    """On the command line a ProjectError ends in its message, without a traceback; in a program it stays what it is."""
    try:
        yield
    except ProjectError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from error


def every_pipeline() -> Mapping[str, Pipeline]:
    """All pipelines of the project by name, also where the run asked Kedro for some only."""
    pipelines.set_requested(None)
    return {name: pipeline for name, pipeline in pipelines.items() if name != "__default__"}
