import click
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from facial_keypoints.errors import DataError
from facial_keypoints.hooks import readable_errors
from tests.project import PROJECT


def nose_variants(**given) -> set[str]:
    with KedroSession.create(PROJECT, runtime_params=given) as session:
        session.load_context()
        return {node.namespace for node in pipelines["train_nose"].nodes if "." in node.namespace}


def test_a_second_session_in_one_process_has_its_own_variants():
    bootstrap_project(PROJECT)
    usual = {"train_nose.lr_1e-3", "train_nose.lr_1e-4", "train_nose.lr_1e-5", "train_nose.best"}
    assert nose_variants() == usual
    assert nose_variants(train_nose={"lr_1e-2": {"learning_rate": 0.01}}) == usual | {"train_nose.lr_1e-2"}
    assert nose_variants() == usual


def wrapped() -> None:
    try:
        raise DataError("a.jpg: broken")
    except DataError as error:
        raise DatasetError("Failed while loading data from dataset FaceSet(...)") from error


def test_in_a_program_the_error_behind_kedros_own_is_raised():
    with pytest.raises(DataError, match=r"a\.jpg: broken"), readable_errors():
        wrapped()


def test_on_the_command_line_only_its_message_is_shown():
    message = r"^a\.jpg: broken$"
    with click.Context(click.Command("run")), pytest.raises(click.ClickException, match=message), readable_errors():
        wrapped()


def test_a_bug_keeps_its_traceback():
    with click.Context(click.Command("run")), pytest.raises(ZeroDivisionError), readable_errors():
        _ = 1 / 0
