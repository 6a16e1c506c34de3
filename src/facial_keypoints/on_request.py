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


class OnRequestPipeline(Pipeline):
    """A pipeline that `filter` leaves without its namespaces on request, unless the selection names them.

    A selection names a namespace by itself or by one below it, by a node or an output of it, or by its parameters.
    """

    def __init__(self, nodes: Iterable[Node], on_request: Iterable[str]) -> None:
        super().__init__(nodes)
        self.on_request = frozenset(on_request)

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
        """What Kedro's own `filter` chooses, less what runs on request and is not named.  A plain pipeline.

        Raises ValueError where Kedro's does, ConfigurationError if nothing is left of what that chooses.
        """
        selection = {
            "from_nodes": from_nodes,
            "to_nodes": to_nodes,
            "node_names": node_names,
            "from_inputs": from_inputs,
            "to_outputs": to_outputs,
            "node_namespaces": node_namespaces,
        }
        given = {key: list(names) for key, names in selection.items() if names is not None}
        chosen = super().filter(tags=tags, **given)
        return self._without_unnamed(chosen, {name for names in given.values() for name in names})

    def _without_unnamed(self, chosen: Pipeline, named: set[str]) -> Pipeline:
        left_out = {namespace for namespace in self.on_request if not named & self._names(namespace)}
        nodes = [node for node in chosen.nodes if not left_out & set(node.namespace_prefixes)]
        if not nodes:
            there = sorted(left_out & {namespace for node in chosen.nodes for namespace in node.namespace_prefixes})
            with readable_errors():
                raise ConfigurationError(
                    f"{', '.join(there)}: on request only, and nothing else is asked for. "
                    f"To run it: kedro run --namespaces {','.join(there)}"
                )
        return Pipeline(nodes)

    def _names(self, namespace: str) -> set[str]:
        """Whatever names the namespace."""
        names = {f"params:{namespace}"}
        for node in self.nodes:
            prefixes = node.namespace_prefixes
            if namespace in prefixes:
                names.update(prefixes[prefixes.index(namespace) :], [node.name], node.outputs)
        return names

    def __add__(self, other: Any) -> Pipeline:
        both = super().__add__(other)
        if both is NotImplemented:
            return NotImplemented
        others = other.on_request if isinstance(other, OnRequestPipeline) else frozenset()
        return OnRequestPipeline(both.nodes, self.on_request | others)

    def __radd__(self, other: Any) -> Pipeline:
        """Python asks it before the `__add__` of a plain pipeline on the left, because it is defined anew here."""
        return super().__radd__(other)
