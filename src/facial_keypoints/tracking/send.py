"""`python -m facial_keypoints.tracking.send`: what MLflow missed of earlier runs, sent now."""

import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from kedro.utils import find_kedro_project

from facial_keypoints.errors import ProjectError
from facial_keypoints.tracking.journal import JOURNALS, About, Journal
from facial_keypoints.tracking.quiet import be_quiet
from facial_keypoints.tracking.sender import forget, is_passing, recorder_of, send
from facial_keypoints.tracking.store import Store, open_experiment, reason, without_password

logger = logging.getLogger(__name__)


def say_what_is_left(journals: Sequence[Journal]) -> None:
    """The last line of a run that MLflow does not have all of: where the rest is, and the command that sends it."""
    for journal in journals:
        journal.close()
    if journals:
        folder = journals[-1].folder.parent
        logger.warning(
            "MLflow does not have everything of this run. Nothing is lost: it lies in %s, and the next run that is "
            "recorded there sends it, or now: python -m facial_keypoints.tracking.send %s",
            folder,
            shlex.quote(str(folder)),
        )


def send_earlier(store: Store, journals: Path) -> None:
    """Send what earlier runs have left for a store, those that were killed too.  What it does not take now stays.

    journals: the folder that they lie in.
    """
    about = About(without_password(store.uri), store.experiment)
    for journal in Journal.left(journals):
        if not journal.belongs_to(about):
            continue
        journal.end_what_was_killed()
        try:
            send(journal, recorder_of(journal, store))
        except Exception as error:
            journal.close()
            if not is_passing(error):
                raise
        else:
            forget(journal)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
def main(folder: Path | None) -> None:
    """Send what MLflow missed of earlier runs, to the store that each was recorded in.

    FOLDER: where it is kept; by default .unsent in the workspace, and in the folders in it. MLFLOW_TRACKING_URI is
    needed only where the store's address holds a password.
    """
    be_quiet()
    folders = [folder] if folder else usual_folders()
    left = [journal for each in folders for journal in Journal.left(each)]
    if not left:
        click.echo(f"{', '.join(map(str, folders))}: nothing is left to be sent")
    failed = 0
    for journal in left:
        try:
            journal.end_what_was_killed()
            store = open_experiment(address(journal), journal.about.experiment)
            send(journal, recorder_of(journal, store))
        except Exception as error:
            if not isinstance(error, ProjectError) and not is_passing(error):
                raise
            failed += 1
            told = error if isinstance(error, ProjectError) else reason(error)
            click.echo(f"Error: {journal.folder} is not sent: {told}", err=True)
            journal.close()
            continue
        click.echo(f"sent to {journal.about.store}: {journal.folder.name}")
        forget(journal)
    if failed:
        sys.exit(1)


def address(journal: Journal) -> str:
    """The address of its store.  Raises ProjectError if the password is not known."""
    given = os.environ.get("MLFLOW_TRACKING_URI", "")
    if without_password(given) == journal.about.store:
        return given
    if "***" in journal.about.store:
        raise ProjectError(f"its store is {journal.about.store}: set MLFLOW_TRACKING_URI to it, with the password.")
    return journal.about.store


def usual_folders() -> list[Path]:
    """Of the project that the command is run in: in its workspace, and in those of environments such as `sample`."""
    project = find_kedro_project(Path.cwd()) or Path.cwd()
    workspace = project / (os.environ.get("FACIAL_KEYPOINTS_WORKSPACE") or "data")
    return [workspace / JOURNALS, *sorted(workspace.glob(f"*/{JOURNALS}"))]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
