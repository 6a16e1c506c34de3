"""What is said where a run asks for something that is not there."""

import pytest
from kedro.pipeline import Node, Pipeline

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.selections import nothing_in_all, require_names, unknown_namespace, unknown_node


def same(data: object) -> object:
    return data


NODES = [
    Node(same, "raw", "faces", name="ingest", tags=["steps"]),
    Node(same, "faces", "t.a.checkpoint", name="train", namespace="t.a", tags=["steps"]),
    Node(same, "t.a.checkpoint", "t.a.figure", name="draw", namespace="t.a", tags=["pictures"]),
]
PIPELINE = Pipeline(NODES)
BESIDE = [Node(same, "holidays", "found", name="find", namespace="predict", tags=["on_request"])]
LIST_NODES = "To list them: kedro registry describe <pipeline>"
LIST_DATASETS = "To list them: kedro catalog describe-datasets --pipeline <pipeline>"


def complaint(**selection: list[str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        require_names(selection, PIPELINE, BESIDE)
    return str(error.value)


def test_names_that_are_there_are_no_error():
    require_names(
        {
            "tags": ["pictures"],
            "node_names": ["ingest"],
            "from_nodes": ["t.a.train"],
            "from_inputs": ["raw"],
            "to_outputs": ["t.a.figure"],
            "node_namespaces": ["t", "t.a", "predict"],
        },
        PIPELINE,
        BESIDE,
    )


@pytest.mark.parametrize("option", ["node_names", "from_nodes", "to_nodes"])
def test_an_unknown_node_is_told_with_the_nearest_and_how_to_list_them(option):
    assert complaint(**{option: ["t.a.trian"]}) == f"found no node 't.a.trian', did you mean t.a.train? {LIST_NODES}"
    assert complaint(**{option: ["xyz"]}) == f"found no node 'xyz'. {LIST_NODES}"


def test_a_node_without_its_namespace_is_found_in_it():
    assert complaint(node_names=["draw"]).startswith("found no node 'draw', did you mean t.a.draw?")


@pytest.mark.parametrize("option", ["from_inputs", "to_outputs"])
def test_an_unknown_dataset_is_told_with_the_nearest_and_how_to_list_them(option):
    said = f"found no dataset 't.a.figur', did you mean t.a.figure? {LIST_DATASETS}"
    assert complaint(**{option: ["t.a.figur"]}) == said


def test_an_unknown_tag_is_told_with_all_that_there_are():
    assert complaint(tags=["step"]) == "found no tag 'step', did you mean steps? There are: pictures, steps"


def test_all_unknown_names_are_told_at_once_each_of_them_once():
    said = complaint(node_names=["xyz"], to_nodes=["xyz"], tags=["step"])
    assert said.count("xyz") == 1
    assert "step" in said


@pytest.mark.parametrize(
    ("option", "kind", "name"),
    [
        ("node_names", "node", "predict.find"),
        ("to_outputs", "dataset", "found"),
        ("from_inputs", "dataset", "holidays"),
        ("tags", "tag", "on_request"),
    ],
)
def test_of_what_another_pipeline_has_that_is_told(option, kind, name):
    said = f"the {kind} {name!r} is no part of this run: name its pipeline too, --pipelines predict"
    assert complaint(**{option: [name]}) == said


def test_without_other_pipelines_a_node_is_unknown():
    assert unknown_node("predict.find", set()).startswith("found no node")


def test_where_nothing_is_in_all_the_options_are_told():
    said = nothing_in_all({"tags": ["pictures"], "node_names": ["ingest"], "to_nodes": []})
    assert said == "no node is left to run: none is in all of --tags pictures and --nodes ingest"


def test_whoever_names_a_rate_that_is_no_variant_hears_how_to_add_one():
    assert unknown_namespace("train_nose.lr_3e-4", {"train_nose", "train_nose.lr_1e-4"}) == (
        "found no namespace 'train_nose.lr_3e-4', did you mean train_nose.lr_1e-4? There are: train_nose.lr_1e-4. "
        "A variant of that name is added by --params train_nose.lr_3e-4.learning_rate=..."
    )
