"""Sends journals in the background, so that no training waits for MLflow, and tries again where it does not answer."""

import logging
import threading
from collections.abc import Sequence

from mlflow.exceptions import MlflowException
from requests import HTTPError
from sqlalchemy.exc import SQLAlchemyError

from facial_keypoints.tracking.journal import Journal
from facial_keypoints.tracking.records import Recorder
from facial_keypoints.tracking.store import Store, reason, without_password

logger = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0  # between two tries; each doubles the wait
MOST_TRIES = 5  # of one record while the store answers other requests
# HTTP's statuses that say nothing against the record: who asks has to log in, or to ask again.
PASSING_STATUSES = (401, 403, 408, 429)


class Sender:
    """A thread that sends one journal after the other, and the last one until it is told that no more will come."""

    def __init__(self, store: Store, journal: Journal, earlier: Sequence[Journal] = ()) -> None:
        self._store = store
        self._journals = [*earlier, journal]
        self._recorder = recorder_of(self._journals[0], store)
        self._is_lost = False
        self._news = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mlflow-sender", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was appended."""
        self._news.set()

    def finish(self) -> list[Journal]:
        """Send what is left, with one last try where MLflow does not answer; the journals that it does not have."""
        self._closing.set()
        self._news.set()
        self._thread.join()
        return self._journals

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while self._journals:
            self._news.clear()  # before the look at `_closing`, which `finish` sets first: else its news may be lost
            is_last_round = self._closing.is_set()
            try:
                self._send_all(is_last_round)
            except Exception as error:  # passing ones only
                self._say_that_it_is_lost(error)
                if is_last_round:
                    return
                self._closing.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
            else:
                wait = FIRST_WAIT_S
                if not is_last_round:
                    self._news.wait()

    def _send_all(self, is_last_round: bool) -> None:
        """Send what is there, and forget the journals that nothing is added to any more."""
        while self._journals:
            journal = self._journals[0]
            send(journal, self._recorder)
            if self._is_lost:
                self._is_lost = False
                logger.info("MLflow answers again, and has everything so far")
            if len(self._journals) == 1 and not is_last_round:
                return
            self._journals.pop(0)
            forget(journal)
            if self._journals:
                self._recorder = recorder_of(self._journals[0], self._store)

    def _say_that_it_is_lost(self, error: Exception) -> None:
        if not self._is_lost:
            self._is_lost = True
            logger.warning(
                "MLflow at %s does not record (%s). The run goes on; what it misses is kept in %s and sent as soon "
                "as it answers.",
                *(without_password(self._store.uri), reason(error), self._journals[0].folder),
            )


def recorder_of(journal: Journal, store: Store) -> Recorder:
    """Who does a journal's records in a store."""
    return Recorder(store, journal.ids, journal.folder)


def send(journal: Journal, recorder: Recorder) -> None:
    """Send what a journal holds.  Raises what MLflow raises where the store cannot be reached.

    A record that fails time and again while the store answers is refused: others wait behind it.
    """
    for record in journal.unsent():
        try:
            recorder.do(record)
        except Exception as error:
            journal.tries += 1
            if is_passing(error) and (journal.tries < MOST_TRIES or not recorder.store_answers()):
                raise
            if not journal.refused:
                logger.warning("MLflow does not take a record of this run (%s: %s)", record["do"], reason(error))
            journal.refuse(record, reason(error))
        else:
            journal.sent(record)


def is_passing(error: Exception) -> bool:
    """Whether the same request may succeed later; else the record itself is at fault, or what it belongs to is gone."""
    status = http_status(error)
    if status is not None:
        return status >= 500 or status in PASSING_STATUSES
    if isinstance(error, RuntimeError):  # threads can no longer be started: Python is about to exit
        return "shutdown" in str(error)
    return isinstance(error, SQLAlchemyError | OSError) and not isinstance(error, FileNotFoundError)


def http_status(error: Exception) -> int | None:
    """What a server answered, or MLflow's own store would have."""
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    return error.response.status_code if isinstance(error, HTTPError) and error.response is not None else None


def forget(journal: Journal) -> None:
    """Remove a journal that was sent; what the store did not take of it stays."""
    if not journal.refused:
        journal.remove()
        return
    refused, folder = journal.refused, journal.put_aside()
    logger.warning("MLflow did not take %d records, which are kept in %s with its reasons", refused, folder)
