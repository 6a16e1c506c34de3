"""What a run asks for by name, and what to say where nothing has that name: the nearest, and how to list them."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.options import VARIANT_OPTIONS

# What `Pipeline.filter` calls a selection, and the option of `kedro run` that is handed over as it.
OPTIONS = {
    "tags": "--tags",
    "from_nodes": "--from-nodes",
    "to_nodes": "--to-nodes",
    "node_names": "--nodes",
    "from_inputs": "--from-inputs",
    "to_outputs": "--to-outputs",
    "node_namespaces": "--namespaces",
}
NODES = ("node_names", "from_nodes", "to_nodes")
DATASETS = ("from_inputs", "to_outputs")
LIST_NODES = "To list them: kedro registry describe <pipeline>"
LIST_DATASETS = "To list them: kedro catalog describe-datasets --pipeline <pipeline>"


def require_names(selection: Mapping[str, Iterable[str]], pipeline: Pipeline, beside: Iterable[Node] = ()) -> None:
    """Raises ConfigurationError for names that nothing in the pipeline has: one line for all of them.

    selection: names by what `Pipeline.filter` calls them.  beside: nodes that only their namespaces find.
    """
    others = list(beside)
    asked = {key: sorted(set(names)) for key, names in selection.items()}
    nodes, datasets = {node.name for node in pipeline.nodes}, pipeline.datasets()
    namespaces = {prefix for node in [*pipeline.nodes, *others] for prefix in node.namespace_prefixes if prefix}
    tags = {tag for node in pipeline.nodes for tag in node.tags}
    said = [unknown_namespace(name, namespaces) for name in asked.get("node_namespaces", ()) if name not in namespaces]
    said += [unknown_tag(name, tags, others) for name in asked.get("tags", ()) if name not in tags]
    for key in NODES:
        said += [unknown_node(name, nodes, others) for name in asked.get(key, ()) if name not in nodes]
    for key in DATASETS:
        said += [unknown_dataset(name, datasets, others) for name in asked.get(key, ()) if name not in datasets]
    if said:
        raise ConfigurationError("; ".join(dict.fromkeys(said)))


def nothing_in_all(selection: Mapping[str, Iterable[str]]) -> str:
    """What to say where each name is there, but no node is in all that the options choose."""
    options = [f"{OPTIONS[key]} {','.join(sorted(names))}" for key, names in selection.items() if names]
    return f"no node is left to run: none is in all of {' and '.join(options)}"


def unknown_namespace(name: str, there: set[str]) -> str:
    """What to say of a namespace that is not there: the nearest, those beside it, and how a variant is added."""
    pipeline = name.split(".")[0]
    beside = sorted(each for each in there if each.startswith(f"{pipeline}.")) or sorted(
        each for each in there if "." not in each
    )
    said = f"{_found_no('namespace', name, there)} There are: {', '.join(beside)}"
    if pipeline in VARIANT_OPTIONS and name.count(".") == 1:
        said += f". A variant of that name is added by --params {name}.learning_rate=..."
    return said


def unknown_tag(name: str, there: set[str], beside: Iterable[Node] = ()) -> str:
    """beside: nodes of pipelines that a run has to name."""
    for node in beside:
        if name in node.tags:
            return _part_of_another("tag", name, node)
    return f"{_found_no('tag', name, there)} There are: {', '.join(sorted(there))}"


def unknown_node(name: str, there: set[str], beside: Iterable[Node] = ()) -> str:
    """beside: nodes of pipelines that a run has to name."""
    for node in beside:
        if node.name == name:
            return _part_of_another("node", name, node)
    return f"{_found_no('node', name, there)} {LIST_NODES}"


def unknown_dataset(name: str, there: set[str], beside: Iterable[Node] = ()) -> str:
    """beside: nodes of pipelines that a run has to name."""
    for node in beside:
        if name in [*node.inputs, *node.outputs]:
            return _part_of_another("dataset", name, node)
    return f"{_found_no('dataset', name, there)} {LIST_DATASETS}"


def _part_of_another(kind: str, name: str, node: Node) -> str:
    pipeline = (node.namespace or "<pipeline>").split(".")[0]
    return f"the {kind} {name!r} is no part of this run: name its pipeline too, --pipelines {pipeline}"


def _found_no(kind: str, name: str, there: set[str]) -> str:
    """`found no node 'trian', did you mean train_nose.lr_1e-3.train?`: whole names, or names in a namespace."""
    within = sorted(each for each in there if each.endswith(f".{name}"))
    close = within[:1] or get_close_matches(name, sorted(there), n=1)
    return f"found no {kind} {name!r}" + (f", did you mean {close[0]}?" if close else ".")
