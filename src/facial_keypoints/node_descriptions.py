"""What Kedro-Viz says of a node that is clicked: the docstring of its function."""

import inspect
import warnings
from collections.abc import Callable, Iterable

from kedro.pipeline import Node
from kedro.pipeline.preview_contract import TextPreview


def described(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, each with the docstring of its function as its preview."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The 'preview_fn' feature is experimental")
        return [node._copy(preview_fn=description(node.func)) for node in nodes]


def description(function: Callable[..., object]) -> Callable[[], TextPreview]:
    """Makes the preview: the function's docstring, or its name where it has none."""

    def preview() -> TextPreview:
        return TextPreview(inspect.getdoc(function) or function.__name__)

    return preview
