"""Commands of this project beside Kedro's own, found by Kedro by the module's name.

Every `kedro` command imports it, so that it imports nothing heavy itself.
"""

import warnings
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS, _split_params, env_option
from kedro.framework.startup import ProjectMetadata

from facial_keypoints.options import VARIANT_OPTIONS

# Both spellings are fine here: what Kedro 2 takes away can be told by Kedro 2.
warnings.filterwarnings("ignore", message="Option '--pipeline' is deprecated")


@click.group(context_settings=CONTEXT_SETTINGS, name="facial-keypoints")
def cli() -> None:
    """Commands of this project."""


@cli.command()
@click.argument("pipeline", type=click.Choice(list(VARIANT_OPTIONS)))
@click.argument("rates", nargs=-1, required=True, type=float)
@env_option
@click.option(
    "--params",
    type=click.UNPROCESSED,
    default="",
    callback=_split_params,
    help="Options of all rates, such as epochs=30,batch_size=16.",
)
@click.pass_obj
def sweep(
    metadata: ProjectMetadata, pipeline: str, rates: tuple[float, ...], env: str | None, params: dict[str, Any]
) -> None:
    """Train PIPELINE with each of some learning RATES, and compare them.

    \b
    kedro sweep train_nose 1e-2 1e-3 1e-4
    kedro sweep finetune_resnet 1e-3 3e-4 --params epochs=10

    What is complete, with the same options and the same data, is not trained again: started once more after an
    interruption, a sweep goes on. In MLflow the rates that it trains are children of one run.
    """
    from facial_keypoints.hooks import readable_errors
    from facial_keypoints.summary import shown, tracking_page
    from facial_keypoints.sweep.outcome import as_text
    from facial_keypoints.sweep.plan import plan
    from facial_keypoints.sweep.run import run_sweep

    with readable_errors():
        outcome = run_sweep(plan(Path(metadata.project_path), env, pipeline, rates, params))
    click.echo(f"\n{as_text(outcome)}\n")
    if outcome.overlay:
        click.echo(f"All curves in one figure:  {shown(outcome.overlay)}")
    click.echo(f"The runs, to compare:      {tracking_page(metadata.project_path, outcome.sweep.env)}")
    if outcome.best is None:
        raise SystemExit(1)
