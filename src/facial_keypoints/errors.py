"""The errors a user can act on.  Anything else that is raised is a bug of this project and keeps its traceback."""


class ProjectError(Exception):
    """An error a user can act on: says what was found, what was expected and what to do.

    The command line shows its message without a traceback.
    """


class DataError(ProjectError, ValueError):
    """An input file does not hold what its format asks for."""


class ConfigurationError(ProjectError, ValueError):
    """A parameter or a name in the configuration is impossible."""


class MissingInputError(ProjectError):
    """A file, a folder or a dataset that is needed is not there."""


class ProtocolError(ProjectError):
    """Errors that were not measured in the same way."""


class ShapeError(ValueError):
    """An array does not have the shape that a function asks for: a bug, so that it keeps its traceback."""
