"""What Kedro-Viz says of a node: the docstring of its function, and a tag to look at steps or at pictures alone."""

import inspect
import typing
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from kedro.pipeline import Node
from kedro.pipeline.preview_contract import TextPreview

STEP, PICTURE = "steps", "pictures"  # also for `kedro run --tags pictures`, which draws all of them anew


def described(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, each with the docstring of its function as its preview and tagged by what it makes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The 'preview_fn' feature is experimental")
        return [node._copy(preview_fn=description(node.func), tags=node.tags | {kind(node.func)}) for node in nodes]


def description(function: Callable[..., Any]) -> Callable[[], TextPreview]:
    """Makes the preview: the function's docstring, or its name where it has none."""

    def preview() -> TextPreview:
        return TextPreview(inspect.getdoc(function) or function.__name__)

    return preview


def kind(function: Callable[..., Any]) -> str:
    """Whether a node's function draws a picture and nothing else, or is a step from data to results."""
    returned = typing.get_type_hints(function).get("return")
    return PICTURE if getattr(returned, "__name__", "") == "Figure" else STEP
