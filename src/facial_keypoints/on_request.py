"""Pipelines with namespaces that run on request only: they hold the nodes, but a run has these only if it names them.

A variant that trains for hours has its place in Kedro-Viz, and in `__default__`, where `--namespaces` finds it, but is
no part of a plain `kedro run`. A Kedro session sums the pipelines that are asked for and filters the sum, also where no
selection is given: so the choice is made in `filter`. Whoever hands a pipeline to a runner unfiltered runs all of it.
"""

from collections.abc import Iterable
from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.hooks import readable_errors
from facial_keypoints.selections import nothing_in_all, require_names


class OnRequestPipeline(Pipeline):
    """A pipeline that `filter` leaves without its namespaces on request, unless the selection names them.

    A selection names a namespace by itself or by one below it, by a node or an output of it, or by its parameters.
    beside: nodes of other pipelines, which are no part of this one; `filter` finds those whose namespaces are named.
    """

    def __init__(self, nodes: Iterable[Node], on_request: Iterable[str], beside: Iterable[Node] = ()) -> None:
        super().__init__(nodes)
        self.on_request = frozenset(on_request)
        self.beside = frozenset(beside)

    def filter(
        self,
        tags: Iterable[str] | None = None,
        from_nodes: Iterable[str] | None = None,
        to_nodes: Iterable[str] | None = None,
        node_names: Iterable[str] | None = None,
        from_inputs: Iterable[str] | None = None,
        to_outputs: Iterable[str] | None = None,
        node_namespaces: Iterable[str] | None = None,
    ) -> Pipeline:
        """What Kedro's own `filter` chooses, here and beside, less what runs on request and is not named.  A plain one.

        Raises ConfigurationError for a name that is nowhere, or if nothing is left of what is chosen.
        """
        selection = {
            "tags": tags,
            "from_nodes": from_nodes,
            "to_nodes": to_nodes,
            "node_names": node_names,
            "from_inputs": from_inputs,
            "to_outputs": to_outputs,
            "node_namespaces": node_namespaces,
        }
        given = {key: list(names) for key, names in selection.items() if names is not None}
        asked = set(given.get("node_namespaces", ()))
        found = [node for node in self.beside if asked & set(node.namespace_prefixes)]
        everything = Pipeline(self.nodes) + Pipeline(found)
        with readable_errors():
            require_names(given, everything, self.beside)
            try:
                chosen = everything.filter(**given)
            except ValueError as error:  # no node is left, each name being there
                raise ConfigurationError(nothing_in_all(given)) from error
        named = {name for names in given.values() for name in names}
        left_out = {each for each in self.on_request if not named & names_of(each, everything)}
        nodes = [node for node in chosen.nodes if not left_out & set(node.namespace_prefixes)]
        if not nodes:
            there = sorted(left_out & {namespace for node in chosen.nodes for namespace in node.namespace_prefixes})
            with readable_errors():
                raise ConfigurationError(
                    f"{', '.join(there)}: on request only, and nothing else is asked for. "
                    f"To run it: kedro run --namespaces {','.join(there)}"
                )
        return Pipeline(nodes)

    def __add__(self, other: Any) -> Pipeline:
        both = super().__add__(other)
        if both is NotImplemented:
            return NotImplemented
        if not isinstance(other, OnRequestPipeline):
            return OnRequestPipeline(both.nodes, self.on_request, self.beside)
        return OnRequestPipeline(both.nodes, self.on_request | other.on_request, self.beside | other.beside)

    def __radd__(self, other: Any) -> Pipeline:
        """Python asks it before the `__add__` of a plain pipeline on the left, because it is defined anew here."""
        return super().__radd__(other)


def names_of(namespace: str, pipeline: Pipeline) -> set[str]:
    """Whatever names a namespace of the pipeline in a selection."""
    names = {f"params:{namespace}"}
    for node in pipeline.nodes:
        prefixes = node.namespace_prefixes
        if namespace in prefixes:
            names.update(prefixes[prefixes.index(namespace) :], [node.name], node.outputs)
    return names
