"""What a run needs that is not there, and the command that makes it. Checked before anything runs."""

import logging
from collections.abc import Callable, Iterable, Mapping

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from facial_keypoints.datasets.absent import AbsentDataset
from facial_keypoints.datasets.archive import ArchiveDataset
from facial_keypoints.errors import MissingInputError

logger = logging.getLogger(__name__)

EVALUATE = "evaluate"  # the namespace whose inputs may be missing
Makers = Callable[[], Mapping[str, Pipeline]]  # every pipeline by name; called only when something is missing


def missing_inputs(pipeline: Pipeline, catalog: CatalogProtocol) -> list[str]:
    """Names of the pipeline's free inputs that do not exist and that nothing stands in for."""
    names = sorted(name for name in pipeline.inputs() if name != "parameters" and not name.startswith("params:"))
    return [name for name in names if not (catalog.exists(name) or isinstance(catalog.get(name), AbsentDataset))]


def replace_optional_inputs(pipeline: Pipeline, catalog: CatalogProtocol, makers: Makers, env: str | None) -> None:
    """Put an AbsentDataset in place of each missing input that only `evaluate` reads, and say how to make it.

    Raises MissingInputError if that leaves `evaluate` without any input at all.
    """
    optional = [name for name in missing_inputs(pipeline, catalog) if _is_optional(name, pipeline)]
    given = [name for name in pipeline.inputs() if _is_optional(name, pipeline) and name not in optional]
    if optional and not given and not any(name.endswith(".checkpoint") for name in pipeline.all_outputs()):
        raise MissingInputError(
            "There is nothing to evaluate: no data set and no checkpoint. The whole way is: kedro run"
            + (f" --env {env}" if env else "")
        )
    for name in optional:
        logger.warning(
            "%s is missing and left out of the evaluation: %s", name, how_to_make([name], catalog, makers, env)
        )
        catalog[name] = AbsentDataset()


def _is_optional(name: str, pipeline: Pipeline) -> bool:
    if name == "parameters" or name.startswith("params:"):
        return False
    readers = [node for node in pipeline.nodes if name in node.inputs]
    return all((node.namespace or "").split(".")[0] == EVALUATE for node in readers)


def require_inputs(
    pipeline: Pipeline,
    catalog: CatalogProtocol,
    makers: Makers,
    env: str | None,
    requested: Iterable[str] = (),
) -> None:
    """Raises MissingInputError, one line that says what is missing and which command makes it."""
    missing = missing_inputs(pipeline, catalog)
    if missing:
        is_or_are = "is" if len(missing) == 1 else "are"
        how = how_to_make(missing, catalog, makers, env, requested)
        raise MissingInputError(f"{', '.join(missing)} {is_or_are} missing: {how}")


def how_to_make(
    names: list[str],
    catalog: CatalogProtocol,
    makers: Makers,
    env: str | None,
    requested: Iterable[str] = (),
) -> str:
    """The command that makes what is missing, or where to put it if no pipeline makes it."""
    needed: list[str] = []
    pending = list(names)
    by_hand = []
    while pending:
        name = pending.pop()
        dataset = catalog.get(name)
        if isinstance(dataset, ArchiveDataset) and not dataset.writable:
            by_hand.append(dataset.how_to_get_it)
            continue
        pipelines = makers()
        maker = next((key for key, pipeline in pipelines.items() if name in pipeline.all_outputs()), None)
        if maker is None:
            by_hand.append(f"no pipeline makes {name}; look for it in conf/<environment>/catalog*.yml")
        elif maker not in needed:
            needed.insert(0, maker)
            pending += missing_inputs(pipelines[maker], catalog)
    if by_hand:
        return "; ".join(sorted(by_hand))
    to_run = [*needed, *(name for name in requested if name not in needed)]
    environment = f" --env {env}" if env else ""
    only_missing = " --only-missing-outputs" if len(to_run) > 1 else ""
    return f"kedro run{environment} --pipelines {','.join(to_run)}{only_missing}"
