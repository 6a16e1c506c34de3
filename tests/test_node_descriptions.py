import inspect

import pytest
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Node
from kedro.pipeline.preview_contract import TextPreview
from matplotlib.figure import Figure

from facial_keypoints.node_descriptions import described
from tests.project import PROJECT


def doubled(number: int) -> int:
    """Twice the number.

    It may be negative.
    """
    return 2 * number


def test_a_nodes_preview_is_the_docstring_of_its_function():
    (node,) = described([Node(doubled, "one", "two", name="double")])
    assert node.preview() == TextPreview("Twice the number.\n\nIt may be negative.")
    assert node.name == "double"
    assert node.run({"one": 4}) == {"two": 8}


def test_a_function_without_a_docstring_is_named():
    (node,) = described([Node(lambda number: number, "one", "two", name="same")])
    assert node.preview() == TextPreview("<lambda>")


def drawn(number: int) -> Figure:
    """The number as a picture."""
    return Figure()


def test_nodes_that_only_draw_are_tagged_as_pictures_and_the_others_as_steps():
    nodes = described(
        [Node(doubled, "one", "two", name="double", tags="mine"), Node(drawn, "two", "three", name="draw")]
    )
    assert [node.tags for node in nodes] == [{"mine", "steps"}, {"pictures"}]


@pytest.fixture(scope="module")
def all_nodes() -> list[Node]:
    bootstrap_project(PROJECT)
    return [node for pipeline in dict(pipelines).values() for node in pipeline.nodes]


def test_every_node_of_the_project_says_in_a_sentence_what_it_does(all_nodes):
    first_lines = {node.name: node.preview().content.splitlines()[0] for node in all_nodes}
    assert not {name: line for name, line in first_lines.items() if " " not in line or not line.endswith(".")}


def test_kedro_viz_finds_the_code_of_every_node(all_nodes):
    assert all(inspect.isfunction(node.func) for node in all_nodes)


def test_everything_called_draw_is_a_picture(all_nodes):
    names = {"pictures": set(), "steps": set()}
    for node in all_nodes:
        (tag,) = node.tags
        names[tag].add(node.short_name)
    assert names["pictures"] >= {"draw_inputs", "draw_loss_curves", "draw_first_kernels", "draw_ced", "draw_good"}
    assert names["steps"] >= {"train", "predict", "rank_variants", "write_report", "make_views", "report"}
    assert not names["pictures"] & names["steps"]
