"""Variants that run on request only: in the graph and in every evaluation, but trained only by runs that name them."""

import re

import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Node, Pipeline

from facial_keypoints import variants
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.on_request import OnRequestPipeline
from tests.project import PROJECT


def same(data: object) -> object:
    return data


def chain(namespace: str) -> Pipeline:
    """faces -> a.checkpoint -> a.figure, in the namespace a. Not to be run."""
    data = ["faces", f"params:{namespace}"]
    return Pipeline(
        [
            Node(max, data, f"{namespace}.checkpoint", name="train", namespace=namespace),
            Node(same, f"{namespace}.checkpoint", f"{namespace}.figure", name="draw", namespace=namespace),
        ]
    )


INGEST = Pipeline([Node(same, "raw", "faces", name="ingest")])
EVALUATE = Pipeline([Node(min, ["t.a.checkpoint", "t.best.checkpoint"], "board", name="rank", namespace="evaluate")])
WHOLE = OnRequestPipeline([*INGEST.nodes, *chain("t.a").nodes, *chain("t.best").nodes, *EVALUATE.nodes], ["t.best"])
OF_BEST = {"t.best.train", "t.best.draw"}
ORDINARY = {"ingest", "t.a.train", "t.a.draw", "evaluate.rank"}


def names(pipeline: Pipeline) -> set[str]:
    return {node.name for node in pipeline.nodes}


def test_it_holds_what_runs_on_request():
    assert names(WHOLE) == ORDINARY | OF_BEST


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, ORDINARY),
        ({"node_namespaces": ["t"]}, {"t.a.train", "t.a.draw"}),
        ({"node_namespaces": ["evaluate"]}, {"evaluate.rank"}),
        ({"from_nodes": ["ingest"]}, ORDINARY),
        ({"from_inputs": ["faces"]}, ORDINARY - {"ingest"}),
        ({"to_outputs": ["board"]}, ORDINARY - {"t.a.draw"}),
        ({"to_nodes": ["evaluate.rank"]}, ORDINARY - {"t.a.draw"}),
        ({"node_names": ["ingest", "t.a.train"]}, {"ingest", "t.a.train"}),
    ],
)
def test_what_is_not_named_is_left_out(selection, expected):
    assert names(WHOLE.filter(**selection)) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"node_namespaces": ["t.best"]}, OF_BEST),
        ({"node_namespaces": ("t.a", "t.best")}, OF_BEST | {"t.a.train", "t.a.draw"}),
        ({"node_names": ["t.best.train"]}, {"t.best.train"}),
        ({"to_nodes": ["t.best.train"]}, {"ingest", "t.best.train"}),
        ({"from_nodes": ["t.best.train"]}, OF_BEST | {"evaluate.rank"}),
        ({"from_inputs": ["t.best.checkpoint"]}, {"t.best.draw", "evaluate.rank"}),
        ({"from_inputs": ["params:t.best"]}, OF_BEST | {"evaluate.rank"}),
        ({"to_outputs": ["t.best.figure"]}, OF_BEST | {"ingest"}),
        ({"to_outputs": ["t.best.figure"], "node_namespaces": ["t"]}, OF_BEST),
    ],
)
def test_what_is_named_runs(selection, expected):
    assert names(WHOLE.filter(**selection)) == expected


BESIDE = OnRequestPipeline(WHOLE.nodes, ["t.best", "l.t.best"], [*chain("l.t.a").nodes, *chain("l.t.best").nodes])


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, ORDINARY),
        ({"node_namespaces": ["l"]}, {"l.t.a.train", "l.t.a.draw"}),
        ({"node_namespaces": ["l.t.best"]}, {"l.t.best.train", "l.t.best.draw"}),
        ({"node_namespaces": ["t.a", "l.t.a"]}, {"t.a.train", "t.a.draw", "l.t.a.train", "l.t.a.draw"}),
        ({"node_namespaces": ["l.t.a"], "node_names": ["l.t.a.draw"]}, {"l.t.a.draw"}),
        ({"from_inputs": ["faces"]}, ORDINARY - {"ingest"}),
    ],
)
def test_what_lies_beside_is_no_part_of_it_but_is_found_by_its_namespace(selection, expected):
    assert names(BESIDE) == names(WHOLE)
    for pipeline in (BESIDE, Pipeline([]) + BESIDE, BESIDE + OnRequestPipeline(chain("l.t.a").nodes[:0], [])):
        assert names(pipeline.filter(**selection)) == expected


def test_what_lies_beside_may_also_be_added():
    both = BESIDE + OnRequestPipeline(chain("l.t.a").nodes, [])
    assert names(both.filter(node_namespaces=["l.t.a"])) == {"l.t.a.train", "l.t.a.draw"}


def test_names_can_be_told_by_an_iterator():
    assert names(WHOLE.filter(node_namespaces=iter(["t.best"]))) == OF_BEST


def test_a_namespace_that_only_begins_alike_is_another():
    both = OnRequestPipeline([*chain("t.best").nodes, *chain("t.best_2").nodes], ["t.best"])
    assert names(both.filter()) == {"t.best_2.train", "t.best_2.draw"}
    assert names(both.filter(node_namespaces=["t.best"])) == OF_BEST


def test_of_several_only_those_that_are_named_run():
    both = OnRequestPipeline([*chain("t.best").nodes, *chain("u.best").nodes], ["t.best", "u.best"])
    assert names(both.filter(node_namespaces=["u.best"])) == {"u.best.train", "u.best.draw"}
    assert names(both.filter(node_namespaces=["u.best", "t.best"])) == names(both)


def test_where_nothing_else_is_left_the_error_says_how_to_run_it():
    with pytest.raises(ConfigurationError, match=r"^t\.best: on request only.* kedro run --namespaces t\.best$"):
        OnRequestPipeline(chain("t.best").nodes, ["t.best", "u.best"]).filter()


def test_a_namespace_that_is_nowhere_is_told_with_those_that_there_are():
    with pytest.raises(
        ConfigurationError, match=r"found no namespace 't\.c', did you mean t\.a\? There are: t\.a, t\.best$"
    ):
        WHOLE.filter(node_namespaces=["t.c"])
    with pytest.raises(ConfigurationError, match=r"found no namespace 'xyz'\. There are: evaluate, t$"):
        WHOLE.filter(node_namespaces=["xyz"])


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"tags": ["pictures"]}, "found no tag 'pictures'"),
        ({"node_names": ["t.a.trian"]}, "found no node 't.a.trian', did you mean t.a.train?"),
        ({"from_nodes": ["ingets"]}, "found no node 'ingets', did you mean ingest?"),
        ({"to_nodes": ["rank"]}, "found no node 'rank', did you mean evaluate.rank?"),
        ({"from_inputs": ["face"]}, "found no dataset 'face', did you mean faces?"),
        ({"to_outputs": ["bord"]}, "found no dataset 'bord', did you mean board?"),
        ({"node_names": ["l.t.a.draw"]}, "name its pipeline too, --pipelines l"),
        ({"node_names": ["ingest"], "to_nodes": ["t.a.train"], "from_inputs": ["board"]}, "no node is left to run"),
    ],
)
def test_a_selection_of_what_is_not_there_is_an_error_that_can_be_acted_on(selection, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        BESIDE.filter(**selection)


@pytest.mark.parametrize(
    "add",
    [
        lambda one: Pipeline([]) + one,  # as a Kedro session adds
        lambda one: one + INGEST,
        lambda one: sum([one, INGEST]),
        lambda one: sum([INGEST, one], start=Pipeline([])),
        lambda one: OnRequestPipeline(INGEST.nodes, []) + one,
        lambda one: one + OnRequestPipeline(chain("u.best").nodes, ["u.best"]),
    ],
)
def test_sums_know_what_runs_on_request(add):
    one = OnRequestPipeline([*chain("t.a").nodes, *chain("t.best").nodes], ["t.best"])
    assert names(add(one)) >= OF_BEST
    assert names(add(one).filter()) - {"ingest"} == {"t.a.train", "t.a.draw"}


def test_only_pipelines_can_be_added():
    with pytest.raises(TypeError):
        WHOLE + 1


@pytest.fixture
def registered():
    """The project's pipelines, each training pipeline with its variant `best` on request."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT) as session:
        session.load_context()
        pipelines.set_requested(None)
        return dict(pipelines)


def trained(pipeline: Pipeline) -> set[str]:
    return {name.removesuffix(".checkpoint") for name in pipeline.all_outputs() if name.endswith(".checkpoint")}


EVERY_BEST = {"train_nose.best", "train_face.best", "finetune_resnet.best"}
EVERY_NOSE = {"train_nose.lr_1e-3", "train_nose.lr_1e-4", "train_nose.lr_1e-5"}
EVERY_ORDINARY = EVERY_NOSE | {"train_face.lr_1e-3", "finetune_resnet.lr_1e-4"}


def test_every_pipeline_holds_them_and_compares_without_them(registered):
    assert trained(registered["__default__"]) == EVERY_ORDINARY | EVERY_BEST
    assert trained(registered["train_nose"]) == EVERY_NOSE | {"train_nose.best"}
    (compare,) = (node for node in registered["train_nose"].nodes if "train_nose.comparison" in node.outputs)
    assert {name for name in compare.inputs if name.endswith(".history")} == {f"{name}.history" for name in EVERY_NOSE}
    assert "train_face.comparison" not in registered["train_face"].all_outputs()  # of one ordinary variant


@pytest.mark.parametrize(
    ("asked", "selection", "expected"),
    [
        ("__default__", {}, EVERY_ORDINARY),
        ("__default__", {"node_namespaces": ["train_nose"]}, EVERY_NOSE),
        ("__default__", {"node_namespaces": ["train_nose.best"]}, {"train_nose.best"}),
        ("__default__", {"node_namespaces": sorted(EVERY_BEST)}, EVERY_BEST),
        ("__default__", {"to_outputs": ["leaderboard"]}, EVERY_ORDINARY),
        ("__default__", {"to_outputs": ["train_face.best.loss_curves"]}, {"train_face.best"}),
        ("__default__", {"node_namespaces": ["evaluate.train_nose.best"]}, set()),
        ("train_nose", {}, EVERY_NOSE),
        ("train_nose", {"node_namespaces": ["train_nose.best"]}, {"train_nose.best"}),
        ("train_nose", {"node_names": ["train_nose.best.train"]}, {"train_nose.best"}),
        ("train_nose,evaluate", {}, EVERY_NOSE),
        ("train_nose,train_face", {"to_nodes": ["train_face.best.train"]}, {"train_face.best"}),
    ],
)
def test_what_a_session_trains(registered, asked, selection, expected):
    combined = Pipeline([])
    for name in asked.split(","):
        combined += registered[name]
    assert trained(combined.filter(**selection)) == expected


@pytest.mark.parametrize(
    ("asked", "selection", "expected"),
    [
        ("__default__", {}, set()),
        ("__default__", {"node_namespaces": ["lr_find.train_nose.best"]}, {"train_nose.best"}),
        ("__default__", {"node_namespaces": ["lr_find.train_nose.lr_1e-3"]}, {"train_nose.lr_1e-3"}),
        ("__default__", {"node_namespaces": ["lr_find.train_nose"]}, EVERY_NOSE),
        ("__default__", {"node_namespaces": ["lr_find"]}, EVERY_ORDINARY),
        ("lr_find", {}, EVERY_ORDINARY),
        ("lr_find", {"node_namespaces": ["lr_find.train_face.best"]}, {"train_face.best"}),
        ("train_nose,lr_find", {"node_namespaces": ["train_nose.best"]}, set()),
    ],
)
def test_whose_learning_rates_a_session_tries(registered, asked, selection, expected):
    combined = Pipeline([])
    for name in asked.split(","):
        combined += registered[name]
    outputs = combined.filter(**selection).all_outputs()
    assert {name.removesuffix(".lr_find") for name in outputs if name.endswith(".lr_find")} == expected
    assert {name.removesuffix("_table") for name in outputs if "lr_find" in name} == {f"{v}.lr_find" for v in expected}


def test_of_drawn_faces_the_network_that_looks_twice_learns_the_68_points_in_every_run():
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="sample") as session:
        session.load_context()
        pipelines.set_requested(None)
        assert trained(pipelines["__default__"].filter()) == {*EVERY_NOSE, "train_face.lr_1e-3", "finetune_resnet.best"}


def test_they_are_evaluated_in_every_run(registered):
    evaluated = registered["__default__"].filter()
    assert {f"{name}.predictions" for name in EVERY_BEST} <= evaluated.all_outputs()
    assert {f"{name}.checkpoint" for name in EVERY_BEST} <= evaluated.inputs()


@pytest.mark.parametrize(
    ("before", "after", "is_other"), [(False, True, True), (True, "true", False), (None, 0, False)]
)
def test_another_choice_of_what_runs_on_request_is_another_wiring(before, after, is_other):
    try:
        variants.hand_over({"train_nose": {"best": {} if before is None else {"on_request": before}}})
        assert variants.hand_over({"train_nose": {"best": {"on_request": after}}}) is is_other
    finally:
        variants.hand_over({})
