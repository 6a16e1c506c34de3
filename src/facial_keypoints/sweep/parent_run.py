"""A sweep's run in MLflow, the parent of its variants' runs: one for the whole sweep, also when it goes on later."""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from mlflow.exceptions import MlflowException

from facial_keypoints.options import TrainingOptions
from facial_keypoints.tracking.given_parent import parent_given
from facial_keypoints.tracking.journal import JOURNALS
from facial_keypoints.tracking.names import parent_tags
from facial_keypoints.tracking.send import send_earlier
from facial_keypoints.tracking.store import Store, open_store, readable_store_errors

logger = logging.getLogger(__name__)

TAG = "sweep"  # holds what makes two sweeps the same
DIGITS = 16
DIFFERS = ("variant", "learning_rate", "on_request", "device")  # within one sweep


@contextmanager
def sweep_goes_on() -> Iterator[None]:
    """A store that fails in the middle of a sweep costs records, not the sweep."""
    try:
        yield
    except (MlflowException, OSError) as error:
        logger.warning("MLflow did not record everything of this sweep: %s", error)


@dataclass(frozen=True)
class ParentRun:
    """An open run. Kedro runs within it hang their children there."""

    store: Store
    id: str

    def what_is_left(self, training_id: str) -> str:
        """Why a training whose checkpoint is complete has to be done again, in words; "" if it has not.

        A run that did not finish lacks its best network: whoever recorded it was killed.
        """
        with readable_store_errors(self.store.uri):
            run_id = self.store.run_that_trained(training_id)
            if run_id is None or self.store.client.get_run(run_id).info.status == "FINISHED":
                return ""
        return "its record in MLflow is cut off"

    @sweep_goes_on()
    def end_open_children(self, variant: str) -> None:
        """End what a killed run has left open of a variant that nothing trains any more."""
        conditions = {
            "tags.mlflow.parentRunId": self.id,
            "tags.variant": variant.split(".")[1],
            "attributes.status": "RUNNING",
        }
        chosen = " and ".join(f"{key} = '{value}'" for key, value in conditions.items())
        for run in self.store.client.search_runs([self.store.experiment_id], chosen):
            self.store.client.set_terminated(run.info.run_id, "KILLED")

    @sweep_goes_on()
    def describe(self, text: str, figure: str | None = None) -> None:
        """The page's description, in Markdown.  figure: the path of a picture among the run's artifacts."""
        picture = f"\n\n![Learning curves](get-artifact?path={figure}&run_uuid={self.id})" if figure else ""
        self.store.client.set_tag(self.id, "mlflow.note.content", text + picture)


@contextmanager
def parent_run(project: Path, env: str | None, workspace: Path, pipeline: str, key: str) -> Iterator[ParentRun]:
    """The run of the sweep with that key: that of an earlier start if there is one, else a new one.

    workspace: below which earlier runs have left what MLflow does not have yet; that is sent first.
    Within the context it is the parent of what Kedro runs; afterwards it is finished, failed or killed.
    Raises ProjectError if the store cannot be reached.
    """
    store = open_store(project, env)
    send_earlier(store, workspace / JOURNALS)
    client = store.client
    with readable_store_errors(store.uri):
        found = client.search_runs([store.experiment_id], f"tags.{TAG} = '{key}'", max_results=1)
        if found:
            parent = ParentRun(store, found[0].info.run_id)
            client.update_run(parent.id, status="RUNNING")
        else:
            about = {"env": env, "pipeline_names": [pipeline], "namespaces": None}
            tags = parent_tags(about) | {"mlflow.source.name": "kedro sweep", TAG: key}
            created = client.create_run(store.experiment_id, run_name=f"sweep {pipeline}", tags=tags)
            parent = ParentRun(store, created.info.run_id)
    status = "KILLED"
    try:
        with parent_given(parent.id, store):
            yield parent
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        with sweep_goes_on():
            client.set_terminated(parent.id, status)


def sweep_key(variants: Iterable[TrainingOptions], faces: Iterable[str]) -> str:
    """A hash of what is the same for all rates of a sweep, so that one with further rates is the same sweep.

    faces: fingerprints of the faces that the variants learn from.
    """
    shared = {
        json.dumps({key: value for key, value in asdict(options).items() if key not in DIFFERS}, sort_keys=True)
        for options in variants
    }
    return hashlib.sha256(json.dumps([sorted(shared), sorted(set(faces))]).encode()).hexdigest()[:DIGITS]
