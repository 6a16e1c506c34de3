"""Where runs are recorded: the project's MLflow store and experiment."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from facial_keypoints.errors import ProjectError

EXPERIMENT = "facial-keypoints"
SQLITE = "sqlite:///"
USUAL_ENVIRONMENTS = (None, "base", "local")  # the others have an experiment of their own: drawn faces are no rivals


@dataclass(frozen=True)
class Store:
    """An MLflow store, and the experiment that this run belongs to."""

    client: MlflowClient
    uri: str
    experiment: str
    experiment_id: str

    def run_that_trained(self, training_id: str) -> str | None:
        """The id of the run with that tag, in any of the project's experiments."""
        experiments = self.client.search_experiments(filter_string=f"name LIKE '{EXPERIMENT}%'")
        found = self.client.search_runs(
            [experiment.experiment_id for experiment in experiments],
            filter_string=f"tags.training_id = '{training_id}'",
            max_results=1,
        )
        return found[0].info.run_id if found else None


def open_store(project: Path, env: str | None) -> Store:
    """The store that MLFLOW_TRACKING_URI names, else `mlflow.db` in the project's root, which `mlflow ui` shows there.

    A database file named by a relative path lies below the project's root; its artifacts lie beside it.
    Raises ProjectError if it cannot be reached.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db"
    if uri.startswith(SQLITE):  # MLflow would take relative paths from the working folder
        uri = f"{SQLITE}{(project / uri.removeprefix(SQLITE)).as_posix()}"
    return open_experiment(uri, experiment_name(env))


def open_experiment(uri: str, name: str) -> Store:
    """The store at an address, and its experiment of that name.

    Raises ProjectError if it cannot be reached.
    """
    artifacts = None
    if uri.startswith(SQLITE):  # MLflow would put them into the working folder
        artifacts = (Path(uri.removeprefix(SQLITE)).parent / "mlartifacts").as_uri()
    with readable_store_errors(uri):
        client = MlflowClient(uri, registry_uri=uri)
        return Store(client, uri, name, find_or_create_experiment(client, name, artifacts))


@contextmanager
def readable_store_errors(uri: str) -> Iterator[None]:
    """Raises ProjectError, which says what to do, for what MLflow raises where a store cannot be reached."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        raise ProjectError(
            f"The MLflow store {without_password(uri)} cannot be used: {reason(error)}. Start its server or correct "
            "MLFLOW_TRACKING_URI; without that variable, runs are recorded in mlflow.db in the project's root."
        ) from error


def experiment_name(env: str | None) -> str:
    """The experiment that runs of a Kedro environment belong to."""
    return EXPERIMENT if env in USUAL_ENVIRONMENTS else f"{EXPERIMENT}-{env}"


def experiment_in(database: Path, name: str) -> str | None:
    """The id of an experiment in a sqlite store, None if there is none or it cannot be read."""
    if not database.exists():
        return None  # MLflow would make an empty one
    try:
        experiment = MlflowClient(f"{SQLITE}{database.as_posix()}").get_experiment_by_name(name)
    except (MlflowException, SQLAlchemyError, OSError):
        return None
    return experiment.experiment_id if experiment else None


def find_or_create_experiment(client: MlflowClient, name: str, artifacts: str | None) -> str:
    """The experiment's id."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return client.create_experiment(name, artifact_location=artifacts)
        except MlflowException as error:  # another process may have created it meanwhile
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise error
    if experiment.lifecycle_stage != "active":
        raise MlflowException(
            f"its experiment {name!r} was deleted (mlflow experiments restore -x {experiment.experiment_id})"
        )
    return experiment.experiment_id


def reason(error: BaseException) -> str:
    """One line: "Connection refused" where that is the root of it all, rather than all that failed because of it."""
    roots = [each for each in causes(error) if isinstance(each, sqlite3.Error) or getattr(each, "errno", None)]
    lines = str([error, *roots][-1]).strip().splitlines()
    return lines[0].rstrip(" .") if lines else type(error).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it came from, the roots last."""
    yield error
    behind = error.__cause__ or error.__context__
    for each in (*error.args, behind):  # some libraries hand errors on as arguments
        if isinstance(each, BaseException):
            yield from causes(each)


def without_password(uri: str) -> str:
    """The address as it may appear in logs."""
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":***@") if password else uri
