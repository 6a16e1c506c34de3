"""What a journal's records say, done in an MLflow store. Each may be done again: what is there already stays one.

A record's `run` is a key of its journal, or `training:<id>` for the run that trained, now or long ago.
"""

import logging
import re
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from facial_keypoints.tracking.store import Store

logger = logging.getLogger(__name__)

# The tag by which a run is found that was created, but whose id never arrived. Those of MLflow's own are not shown.
JOURNAL_KEY = "mlflow.journalKey"
PARENT = "mlflow.parentRunId"
TRAINING = "training:"


def this_run(key: str) -> str:
    """What stands for a run's id in the texts of its tags, as long as the store has not given it one."""
    return f"{{{{run {key}}}}}"


class Recorder:
    """Does records of one journal.

    ids: those of runs by key; it learns new ones.  folder: of the journal, where files lie.
    Raises what MLflow raises.
    """

    def __init__(self, store: Store, ids: dict[str, str], folder: Path) -> None:
        self._store, self._client = store, store.client
        self._ids, self._folder = ids, folder
        self._trained: dict[str, str | None] = {}

    def do(self, record: dict[str, Any]) -> None:
        """Do one record, unless its run was trained under another store."""
        if record["do"] == "create":
            self._create(**_content(record))
            return
        if record["do"] == "adopt":  # somebody else's run, by its id
            self._ids[record["run"]] = record["run_id"]
            return
        run_id = self._run_id(record["run"], record.get("variant", ""))
        if run_id is not None:
            getattr(self, f"_{record['do']}")(run_id, **_content(record))

    def store_answers(self) -> bool:
        """Whether the store answers another request, where one of a record's has failed."""
        try:
            self._client.get_experiment(self._store.experiment_id)
        except Exception:  # whatever MLflow raises
            return False
        return True

    def _create(self, run: str, name: str, tags: dict[str, str], time: int, parent: str | None = None) -> None:
        found = self._client.search_runs(
            [self._store.experiment_id], filter_string=f"tags.`{JOURNAL_KEY}` = '{run}'", max_results=1
        )
        if found:
            self._ids[run] = found[0].info.run_id
            return
        tags = {**tags, JOURNAL_KEY: run} | ({} if parent is None else {PARENT: self._ids[parent]})
        created = self._client.create_run(self._store.experiment_id, start_time=time, tags=tags, run_name=name)
        self._ids[run] = created.info.run_id

    def _log(
        self,
        run_id: str,
        metrics: list[tuple[str, float, int, int]] = [],  # noqa: B006
        params: dict[str, str] = {},  # noqa: B006
        tags: dict[str, str] = {},  # noqa: B006
    ) -> None:
        """metrics: of each its key, value, time in ms and step."""
        self._client.log_batch(
            run_id,
            [Metric(*metric) for metric in metrics],
            [Param(*param) for param in params.items()],
            [RunTag(key, self._with_ids(value)) for key, value in tags.items()],
        )

    def _upload(self, run_id: str, folder: str, to: str = "") -> None:
        """folder: within the journal; all its files go to the folder `to` of the run."""
        self._client.log_artifacts(run_id, str(self._folder / folder), to or None)

    def _inputs(self, run_id: str, datasets: list[dict[str, Any]]) -> None:
        """datasets: the fields of each as MLflow has them, and its context."""
        inputs = [
            DatasetInput(Dataset(**fields), [InputTag("mlflow.data.context", context)])
            for each in datasets
            for context, fields in [(each["context"], {key: each[key] for key in each if key != "context"})]
        ]
        self._client.log_inputs(run_id, inputs)

    def _model(self, run_id: str, folder: str, **about: Any) -> None:
        from facial_keypoints.tracking.models import log_model  # not on top: it takes another second to import

        log_model(self._store, run_id, self._folder / folder, **about)

    def _end(self, run_id: str, status: str, time: int) -> None:
        self._client.set_terminated(run_id, status, time)

    def _delete(self, run_id: str) -> None:
        self._client.delete_run(run_id)

    def _run_id(self, key: str, variant: str) -> str | None:
        if not key.startswith(TRAINING):
            return self._ids[key]
        if key not in self._trained:
            self._trained[key] = self._store.run_that_trained(key.removeprefix(TRAINING))
            if self._trained[key] is None:
                logger.info("%s was not trained under this MLflow store: its evaluation is not recorded there", variant)
        return self._trained[key]

    def _with_ids(self, text: str) -> str:
        return re.sub(r"\{\{run (\w+)\}\}", lambda found: self._ids.get(found[1], ""), text)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    left_out = {"do", "variant"} if record["do"] == "create" else {"do", "variant", "run"}
    return {key: value for key, value in record.items() if key not in left_out}
