"""Every dataset of the pipelines has a place on disk, except those that are meant to live in memory only."""

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import MemoryDataset

from tests.project import PROJECT

IN_MEMORY = {
    "danes_annotations_as_released",
    "danes_annotations_repaired",
    "ibug_noted",
    "own_noted",
    "predicting_network",
    "video_network",
}
FOR_OTHER_TOOLS = {"my_faces_imglab", "my_faces_coco"}  # what they hold, my_faces shows
LAYERS = {"raw", "intermediate", "model_input", "models", "model_output", "reporting"}
PROMISED = {
    "danes_raw",
    "danes_annotations",
    "danes_repairs",
    "danes_faces",
    "danes_augmented",
    "ibug_raw",
    "ibug_annotations",
    "ibug_faces",
    "leaderboard",
    *(
        f"{variant}.{dataset}"
        for variant in ("train_nose.lr_1e-3", "train_nose.lr_1e-4", "train_nose.lr_1e-5", "train_face.lr_1e-3")
        for dataset in ("checkpoint", "history", "predictions")
    ),
    *(f"finetune_resnet.lr_1e-4.{dataset}" for dataset in ("checkpoint", "history", "predictions")),
}


@pytest.fixture(scope="module", params=[None, "sample"])
def project(request):
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env=request.param) as session:
        catalog = session.load_context().catalog
        from kedro.framework.project import pipelines

        return catalog, dict(pipelines)


def is_exported_file(name: str) -> bool:
    """Whether it is one of the files of a variant that are written as one folder, once they are compared."""
    return name.rsplit(".", 1)[-1] in {"program", "onnx", "onnx_int8"}


def test_everything_that_is_made_is_kept(project):
    catalog, pipelines = project
    made = set().union(*(pipeline.all_outputs() for pipeline in pipelines.values()))
    unkept = {name for name in made if name not in catalog or isinstance(catalog.get(name), MemoryDataset)}
    assert {name for name in unkept if not is_exported_file(name)} == IN_MEMORY


def test_the_names_that_others_rely_on_are_there(project):
    catalog, pipelines = project
    assert pipelines["__default__"].datasets() >= PROMISED
    assert all(name in catalog for name in PROMISED)


@pytest.mark.parametrize("name", ["leaderboard", "error_breakdown", "paired_tests", "train_nose.robustness_table"])
def test_a_manifest_of_digits_comes_back_as_it_was(project, tmp_path, name):
    dataset = project[0].get(name)
    path = tmp_path / "table.csv"
    path.write_text("variant,manifest\na,001234567890\nb,123456789e12\n")
    found = type(dataset)(filepath=str(path), load_args=dataset._load_args).load()
    assert found["manifest"].tolist() == ["001234567890", "123456789e12"]


def test_every_dataset_has_a_layer_for_kedro_viz(project):
    catalog, pipelines = project
    names = {name for pipeline in pipelines.values() for name in pipeline.datasets() if not name.startswith("param")}
    layers = {name: (getattr(catalog.get(name), "metadata", None) or {}).get("kedro-viz", {}) for name in names}
    assert {layer.get("layer") for layer in layers.values()} == LAYERS


def test_every_dataset_that_is_kept_has_a_preview_for_kedro_viz(project):
    catalog, pipelines = project
    names = {name for pipeline in pipelines.values() for name in pipeline.datasets() if not name.startswith("param")}
    kept = {name for name in names - IN_MEMORY - FOR_OTHER_TOOLS if not is_exported_file(name)}
    assert not {name for name in kept if not hasattr(catalog.get(name), "preview")}


def test_the_default_pipeline_is_the_seven_in_namespaces_of_their_names(project):
    _, pipelines = project
    namespaces = {(node.namespace or "").split(".")[0] for node in pipelines["__default__"].nodes}
    assert namespaces == {
        "ingest_danes",
        "ingest_ibug",
        "augment",
        "train_nose",
        "train_face",
        "finetune_resnet",
        "evaluate",
    }


def test_drawn_data_have_a_workspace_of_their_own(project):
    catalog, _ = project
    folders = {name: str(catalog.get(name)._filepath) for name in ("danes_raw", "danes_faces", "leaderboard")}
    writable = catalog.get("danes_raw").writable
    assert all("/sample/" in folder for folder in folders.values()) == writable
