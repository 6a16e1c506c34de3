"""What a run needs that is not there, and the command that makes it. Checked before anything runs."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from kedro.io import AbstractDataset, CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline

from facial_keypoints.datasets.absent import AbsentDataset
from facial_keypoints.datasets.archive import ArchiveDataset
from facial_keypoints.datasets.checkpoint import CheckpointDataset
from facial_keypoints.datasets.own_pictures import OwnPicturesDataset
from facial_keypoints.datasets.own_video import OwnVideoDataset
from facial_keypoints.datasets.tracked_checkpoint import TrackedCheckpointDataset
from facial_keypoints.errors import MissingInputError
from facial_keypoints.options import ResnetOptions
from facial_keypoints.pipelines.tasks import PEERS, tasks
from facial_keypoints.variants import LR_FIND, namespaces_on_request, on_request

logger = logging.getLogger(__name__)

CHECKPOINT = ".checkpoint"
BOXES = "_boxes"
EVALUATE, ROBUSTNESS = "evaluate", "robustness"  # the namespaces whose inputs may be missing
PREDICT, CALIBRATE, TRACK, EXPORT = "predict", "calibrate", "track", "export"  # those whose networks may be missing
OF_NETWORK = (CHECKPOINT, ".calibration")
PREDICTING = "predict with"  # a purpose
Makers = Callable[[], Mapping[str, Pipeline]]  # every pipeline by name; called only when something is missing


def missing_inputs(pipeline: Pipeline, catalog: CatalogProtocol) -> list[str]:
    """Names of the pipeline's free inputs that do not exist and that nothing stands in for."""
    names = sorted(name for name in pipeline.inputs() if name != "parameters" and not name.startswith("params:"))
    return [name for name in names if not (catalog.exists(name) or _is_stood_in_for(catalog.get(name)))]


def _is_stood_in_for(dataset: AbstractDataset | None) -> bool:
    unfinished = isinstance(dataset, CheckpointDataset) and dataset.can_be_loaded
    fetched = isinstance(dataset, ArchiveDataset) and dataset.can_be_fetched
    return unfinished or fetched or isinstance(dataset, AbsentDataset)


def replace_optional_inputs(pipeline: Pipeline, catalog: CatalogProtocol, makers: Makers, env: str | None) -> None:
    """Put an AbsentDataset in place of each missing input that only evaluation reads, and say how to make it.

    Nothing is said of the checkpoints of variants on request: that they are not there is the usual case; nor of
    networks that `predict` and `track` may choose from. What would be made of missing checkpoints only is kept in
    memory: no notice lands where a result belongs.
    Raises MissingInputError if there is no checkpoint at all.
    """
    missing = missing_inputs(pipeline, catalog)
    optional = [name for name in missing if _is_optional(name, pipeline) or _is_for_nothing(name, pipeline, missing)]
    checkpoints = {name for name in pipeline.datasets() if name.endswith(CHECKPOINT)}
    unasked = {name for name in checkpoints if name.removesuffix(CHECKPOINT) in on_request()}
    if optional and checkpoints and checkpoints <= set(optional):
        how = f", or run all: kedro run{_environment(env)}"
        if checkpoints <= unasked:  # which that would not train
            how = f": {how_to_make(sorted(checkpoints), catalog, makers, env)}"
        purpose, drawn = _purpose(pipeline), ""
        if purpose == PREDICTING and not env:
            drawn = ". Those of drawn faces, which `make demo` trains, are used with --env sample"
        raise MissingInputError(
            f"There is nothing to {purpose}: {', '.join(sorted(checkpoints))} {_is(checkpoints)} missing. "
            f"Train a variant first{how}{drawn}"
        )
    told = [name for name in optional if name not in unasked and _readers(name, pipeline) & {EVALUATE, ROBUSTNESS}]
    if told:
        how = how_to_make(told, catalog, makers, env)
        logger.warning("left out of the evaluation, being missing: %s. To make them: %s", ", ".join(told), how)
    for name in optional:
        catalog[name] = AbsentDataset()
    if absent := checkpoints & set(optional):
        measures_peers = f"params:{EVALUATE}" in pipeline.inputs() and peers_are_there(catalog)
        with_peers = outputs_of_peers() if measures_peers else set()
        for output, networks in networks_behind(pipeline, with_peers).items():
            if networks and networks <= absent:
                catalog[output] = MemoryDataset(copy_mode="assign")


def networks_behind(pipeline: Pipeline, with_peers: set[str]) -> dict[str, set[str]]:
    """Of each output but checkpoints, the checkpoints that it is made of, and "peers" where these are measured too."""
    behind: dict[str, set[str]] = {}
    for node in pipeline.nodes:  # in the order in which they run
        found: set[str] = {PEERS} if with_peers & set(node.outputs) else set()
        for name in node.inputs:
            found |= {name} if name.endswith(CHECKPOINT) else behind.get(name, set())
        behind |= {name: found for name in node.outputs if not name.endswith(CHECKPOINT)}
    return behind


def outputs_of_peers() -> set[str]:
    """What other people's networks are measured in, whether one of ours is there or not."""
    measuring = [task for task in tasks() if PEERS in task.others]
    return {name for task in measuring for name in (f"{task.of(PEERS)}.predictions", f"{task.name}.robustness_table")}


def peers_are_there(catalog: CatalogProtocol) -> bool:
    """Whether a file of another network is there that could be measured."""
    options = catalog.load(f"params:{EVALUATE}")
    return any((Path(options.peers_folder) / peer.file).is_file() for peer in options.peers.values())


def _is_optional(name: str, pipeline: Pipeline) -> bool:
    if name == "parameters" or name.startswith("params:") or name.endswith(BOXES):
        return False
    of_networks = {PREDICT, CALIBRATE, TRACK, EXPORT} if name.endswith(OF_NETWORK) else set()
    may_miss = {EVALUATE, ROBUSTNESS} | of_networks
    return _readers(name, pipeline) <= may_miss


def _is_for_nothing(name: str, pipeline: Pipeline, missing: list[str]) -> bool:
    """Whether all that a missing input is for is to export networks that are missing themselves."""
    variants = {(node.namespace or "").partition(".")[::2] for node in pipeline.nodes if name in node.inputs}
    return all(reader == EXPORT and f"{variant}{CHECKPOINT}" in missing for reader, variant in variants)


def _readers(name: str, pipeline: Pipeline) -> set[str]:
    """The pipelines whose nodes read a dataset."""
    return {(node.namespace or "").split(".")[0] for node in pipeline.nodes if name in node.inputs}


def _purpose(pipeline: Pipeline) -> str:
    """What the networks are for that a run asks for, to follow "nothing to"."""
    namespaces = {(node.namespace or "").split(".")[0] for node in pipeline.nodes}
    if namespaces & {EVALUATE, ROBUSTNESS}:
        return "evaluate"
    return "export" if namespaces == {EXPORT} else PREDICTING


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
        how = how_to_make(missing, catalog, makers, env, requested)
        raise MissingInputError(f"{', '.join(missing)} {_is(missing)} missing: {how}")


def require_resources(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raises ProjectError if a variant that is to be trained or tried names a device or weights that are not there."""
    for node in pipeline.nodes:
        variant = (node.namespace or "").removeprefix(f"{LR_FIND}.")
        name = f"params:{variant}"
        learns = {f"{variant}{CHECKPOINT}", f"{variant}.{LR_FIND}_table"} & set(node.outputs)
        if not learns or name not in node.inputs:
            continue
        # Not on top: only runs that train import torch.
        from facial_keypoints.devices import pick_device
        from facial_keypoints.models.pretrained import check_pretrained

        options = catalog.load(name)
        pick_device(options.device)
        if isinstance(options, ResnetOptions):
            check_pretrained(options.weights, options.allow_partial)


def require_detector(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raises ProjectError if faces are to be evaluated in a detector's boxes, or found by it, and it cannot be run."""
    finds_boxes = any(name.endswith(BOXES) and name != "danes_boxes" for name in pipeline.all_outputs())
    if finds_boxes and (options := catalog.load(f"params:{EVALUATE}")).boxes == "detector":
        from facial_keypoints.detection import require_yunet

        require_yunet(options.detector.file)
    if outputs := {"my_faces", "my_video_points"} & pipeline.all_outputs():
        predict = catalog.load(f"params:{PREDICT}")
        takes_given_boxes = predict.boxes and outputs == {"my_faces"}
        if predict.detector == "yunet" and not takes_given_boxes:
            from facial_keypoints.detection import require_yunet

            require_yunet(predict.yunet.file)


def require_exporters(pipeline: Pipeline) -> None:
    """Raises MissingInputError if a network is to be exported and a package that this needs cannot be imported."""
    if any((node.namespace or "").startswith(f"{EXPORT}.") for node in pipeline.nodes):
        from facial_keypoints.exporting.onnx_file import require_onnx

        require_onnx()


def require_pictures(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raises ProjectError if a folder of somebody's own holds no pictures, or OpenCV cannot read a video file."""
    for name in sorted(pipeline.inputs()):
        dataset = catalog.get(name)
        if isinstance(dataset, (OwnPicturesDataset, OwnVideoDataset)):
            dataset.require()


def require_tracked_runs(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raises MissingInputError if an MLflow run that is to be evaluated holds no checkpoint."""
    for name in sorted(pipeline.inputs()):
        dataset = catalog.get(name)
        if isinstance(dataset, TrackedCheckpointDataset):
            dataset.require()


def require_own_places(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raises ConfigurationError if training would replace what a variant has learnt from another data set."""
    for node in pipeline.nodes:
        dataset = catalog.get(f"{node.namespace}{CHECKPOINT}")
        if f"{node.namespace}{CHECKPOINT}" in node.outputs and isinstance(dataset, CheckpointDataset):
            options = catalog.load(f"params:{node.namespace}")
            if isinstance(options, ResnetOptions):
                dataset.require_same_data_set(options.name, options.data_set)


def how_to_make(
    names: list[str],
    catalog: CatalogProtocol,
    makers: Makers,
    env: str | None,
    requested: Iterable[str] = (),
) -> str:
    """The command that makes what is missing, or where to put it if no pipeline makes it.

    requested: pipelines that the command is to run too.
    """
    needed: list[str] = []
    named: set[str] = set()  # variants on request, which no pipeline runs by itself
    pending = list(names)
    by_hand = []
    while pending:
        name = pending.pop()
        dataset = catalog.get(name)
        if isinstance(dataset, OwnPicturesDataset | OwnVideoDataset) or (
            isinstance(dataset, ArchiveDataset) and not dataset.writable
        ):
            by_hand.append(dataset.how_to_get_it)
            continue
        pipelines = makers()
        made_by = ((key, node) for key, pipeline in pipelines.items() for node in pipeline.nodes)
        maker, node = next(((key, node) for key, node in made_by if name in node.outputs), (None, None))
        if maker is None or node is None:
            by_hand.append(f"no pipeline makes {name}; look for it in conf/<environment>/catalog*.yml")
        elif node.namespace in namespaces_on_request():
            named.add(node.namespace)
        elif maker not in needed:
            needed.insert(0, maker)
            pending += missing_inputs(pipelines[maker], catalog)
    if by_hand:
        return "; ".join(sorted(by_hand))
    run = f"kedro run{_environment(env)}"
    commands = [f"{run} --namespaces {','.join(sorted(named))}"] if named else []
    if to_run := [*needed, *(name for name in requested if name not in needed)]:
        only_missing = " --only-missing-outputs" if len(to_run) > 1 else ""
        commands.append(f"{run} --pipelines {','.join(to_run)}{only_missing}")
    return "; ".join(commands)


def _is(names: Collection[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _environment(env: str | None) -> str:
    return f" --env {env}" if env else ""
