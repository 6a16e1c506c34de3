"""What a run records survives on disk until MLflow has it, whatever happens to the run and to MLflow."""

import json
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from mlflow.exceptions import MlflowException

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.pipelines.train_nose.nodes import train
from facial_keypoints.tracking.journal import About, Journal
from facial_keypoints.tracking.send import main as send_command
from facial_keypoints.tracking.sender import MOST_TRIES, send
from tests.test_tracking_processes import TRAIN_FOR_HOURS, start, wait_for_two_epochs
from tests.tracked_runs import (
    NAMES,
    client_of,
    kedro_run,
    put_empty_store,
    recorded_runs,
    statuses,
    tiny_catalog,
    training,
)

FIRST = NAMES[:1]
ABOUT = About("sqlite:///somewhere.db", "facial-keypoints")
RECORDS = [{"do": "log", "run": "a", "tags": {"number": str(number)}} for number in range(3)]


def sent_from(journal: Journal) -> list[dict[str, Any]]:
    """What the journal hands out, each marked as sent."""
    seen = []
    for record in journal.unsent():
        seen.append(record)
        journal.sent(record)
    return seen


def test_records_come_back_in_order_and_each_once(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, ABOUT)
    for record in RECORDS[:2]:
        journal.append(record)
    assert sent_from(journal) == RECORDS[:2]
    journal.append(RECORDS[2])
    assert sent_from(journal) == RECORDS[2:]


def test_what_was_not_sent_is_found_when_its_process_is_gone(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, ABOUT)
    for record in RECORDS:
        journal.append(record)
    journal.ids["a"] = "0a1b"
    journal.sent(next(journal.unsent()))
    assert list(Journal.left(tmp_path)) == []  # the process goes on
    journal.close()
    (found,) = Journal.left(tmp_path)
    assert (found.about, found.ids) == (ABOUT, {"a": "0a1b"})
    assert next(found.unsent()) == RECORDS[1]


def test_half_a_line_of_a_killed_process_is_dropped(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, ABOUT)
    journal.append(RECORDS[0])
    with (journal.folder / "records.jsonl").open("a") as file:
        file.write('{"do": "log", "ru')
    journal.close()
    (found,) = Journal.left(tmp_path)
    found.append(RECORDS[1])
    assert sent_from(found) == RECORDS[:2]


@pytest.mark.parametrize("name", ["sent.jsonl", "refused.jsonl"])
def test_half_a_line_of_what_became_of_records_is_dropped_too(tmp_path: Path, name: str) -> None:
    journal = Journal.start(tmp_path, ABOUT)
    for record in RECORDS:
        journal.append(record)
    journal.sent(next(journal.unsent()))
    journal.refuse(next(journal.unsent()), "unwanted")
    with (journal.folder / name).open("a") as file:
        file.write('{"posi')
    journal.close()
    (found,) = Journal.left(tmp_path)
    assert sent_from(found) == RECORDS[2:]
    assert found.refused == 1


def test_a_journal_that_is_found_again_is_as_old_as_its_last_record(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, ABOUT)
    journal.append({"do": "create", "run": "a"})
    records = journal.folder / "records.jsonl"
    with records.open("a") as file:
        file.write("{")
    os.utime(records, (1000, 1000))
    journal.close()
    (found,) = Journal.left(tmp_path)
    found.end_what_was_killed()
    assert sent_from(found)[1] == {"do": "end", "run": "a", "status": "KILLED", "time": 1_000_000}


def test_where_the_disk_is_full_a_record_is_lost_whole_and_the_next_is_kept(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, ABOUT)
    journal.append(RECORDS[0])
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((journal.folder / "records.jsonl").stat().st_size + 10, usual[1]))
    try:
        with pytest.raises(OSError, match=r"No space left|File too large"):
            journal.append(RECORDS[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    journal.append(RECORDS[2])
    assert sent_from(journal) == [RECORDS[0], RECORDS[2]]


class Failing:
    """Fails at one record, as a store whose disk is full does."""

    def __init__(self, number: str, answers: bool) -> None:
        self.number, self.answers = number, answers
        self.done: list[dict[str, Any]] = []

    def do(self, record: dict[str, Any]) -> None:
        if record["tags"]["number"] == self.number:
            raise MlflowException("no space left")
        self.done.append(record)

    def store_answers(self) -> bool:
        return self.answers


@pytest.mark.parametrize("answers", [True, False])
def test_a_record_that_fails_time_and_again_while_the_store_answers_lets_the_others_pass(
    tmp_path: Path, answers: bool
) -> None:
    journal, recorder = Journal.start(tmp_path, ABOUT), Failing("1", answers)
    for record in RECORDS:
        journal.append(record)
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(MlflowException):
            send(journal, recorder)  # type: ignore[arg-type]
    assert recorder.done == RECORDS[:1]
    if answers:
        send(journal, recorder)  # type: ignore[arg-type]
        assert recorder.done == [RECORDS[0], RECORDS[2]]
        assert json.loads((journal.folder / "refused.jsonl").read_text())["record"] == RECORDS[1]
    else:
        with pytest.raises(MlflowException):
            send(journal, recorder)  # type: ignore[arg-type]
        assert journal.refused == 0


def test_files_are_kept_as_they_were_until_they_are_sent(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path / "journals", ABOUT)
    (tmp_path / "figure.png").write_text("first")
    folder = journal.keep(tmp_path / "figure.png", note__txt=b"beside it")
    (tmp_path / "figure.png").write_text("second")
    journal.append({"do": "upload", "run": "a", "folder": folder})
    assert (journal.folder / folder / "figure.png").read_text() == "first"
    assert (journal.folder / folder / "note.txt").read_text() == "beside it"
    journal.sent(next(journal.unsent()))
    assert not (journal.folder / folder).exists()


Epochs = Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]


def rename_metrics(tracked: Path, name: str, to: str) -> None:
    with sqlite3.connect(tracked / "mlflow.db") as store:
        store.execute(f"ALTER TABLE {name} RENAME TO {to}")


def test_a_store_that_breaks_costs_nothing(tracked: Path, caplog: pytest.LogCaptureFixture) -> None:
    def breaking_train(faces: Any, options: Any) -> Epochs:
        epochs = train(faces, options)
        yield next(epochs)
        rename_metrics(tracked, "metrics", "broken")
        yield from epochs

    catalog = tiny_catalog(tracked, FIRST)
    kedro_run(tracked, training(FIRST, breaking_train), catalog)
    assert catalog.load("train_nose.lr_1e-3.checkpoint").training.is_finished
    assert "Nothing is lost" in caplog.messages[-1]
    rename_metrics(tracked, "broken", "metrics")
    sent = CliRunner().invoke(send_command, [str(tracked / ".unsent")])
    assert sent.exit_code == 0, sent.output
    child = recorded_runs(tracked)[1]
    assert [value.step for value in client_of(tracked).get_metric_history(child.info.run_id, "val/nme")] == [1, 2]
    assert statuses(tracked) == {"kedro run": "FINISHED", "train_nose lr=1e-3": "FINISHED"}


def test_what_a_store_refuses_is_put_aside_with_the_reason_and_the_rest_goes_on(
    tracked: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def train_in_a_run_that_is_deleted(faces: Any, options: Any) -> Epochs:
        epochs = train(faces, options)
        yield next(epochs)
        while len(recorded_runs(tracked)) < 2:
            pass
        client_of(tracked).delete_run(recorded_runs(tracked)[1].info.run_id)
        yield from epochs

    kedro_run(tracked, training(FIRST, train_in_a_run_that_is_deleted), tiny_catalog(tracked, FIRST))
    assert statuses(tracked) == {"kedro run": "FINISHED"}
    assert "does not take a record" in caplog.text
    (refused,) = (tracked / ".unsent" / "refused").glob("*/refused.jsonl")
    assert "deleted" in json.loads(refused.read_text().splitlines()[0])["reason"]


def test_runs_of_a_process_that_was_killed_on_the_spot_are_ended_by_the_next(tmp_path: Path) -> None:
    put_empty_store(tmp_path)
    process = start(TRAIN_FOR_HOURS, tmp_path)
    wait_for_two_epochs(tmp_path, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert set(statuses(tmp_path).values()) == {"RUNNING"}
    sent = CliRunner().invoke(send_command, [str(tmp_path / ".unsent")])
    assert sent.exit_code == 0, sent.output
    assert statuses(tmp_path) == {"kedro run": "KILLED", "train_nose lr=1e-3": "KILLED"}
    child = recorded_runs(tmp_path)[1]
    recorded = client_of(tmp_path).get_metric_history(child.info.run_id, "val/nme")
    done = len((tmp_path / NAMES[0] / "history.csv").read_text().splitlines()) - 1
    assert len(recorded) in (done, done - 1)  # of the last epoch the file may have been written, and no more


def test_nothing_to_be_sent_is_said(tmp_path: Path) -> None:
    sent = CliRunner().invoke(send_command, [str(tmp_path)])
    assert sent.exit_code == 0
    assert "nothing is left to be sent" in sent.output


def test_a_password_is_not_kept_on_disk_and_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    Journal.start(tmp_path, About("http://me:***@127.0.0.1:9", "facial-keypoints")).close()
    sent = CliRunner().invoke(send_command, [str(tmp_path)])
    assert sent.exit_code == 1
    assert "set MLFLOW_TRACKING_URI to it, with the password" in sent.output
