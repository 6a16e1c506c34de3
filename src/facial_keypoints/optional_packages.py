"""Packages that only some of the work needs, and how to get them."""

from importlib import import_module
from types import ModuleType

from facial_keypoints.errors import MissingInputError


def optional_package(name: str, package: str, extra: str, purpose: str) -> ModuleType:
    """The module `name`, imported.  Raises MissingInputError that says how to install it if it cannot be.

    package: what installs it, under the name of the package index; extra: the extra of this project that asks for it.
    purpose: what needs it, the beginning of the message.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingInputError(
            f"{purpose} needs {package}, which cannot be imported ({error}): pip install 'facial-keypoints[{extra}]'"
        ) from error
