import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from facial_keypoints import __version__, code_version


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    return subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path, monkeypatch) -> Iterator[Path]:
    """A folder in the place of the project's, and nothing remembered of another before or after."""
    monkeypatch.setattr(code_version, "PROJECT", tmp_path)
    code_version.code_version.cache_clear()
    yield tmp_path
    code_version.code_version.cache_clear()


@pytest.fixture
def checkout(project) -> Path:
    git(project, "init", "--quiet")
    (project / "src").mkdir()
    (project / "src" / "code.py").write_text("one = 1\n")
    git(project, "add", "src")
    git(project, "commit", "--quiet", "--message=First")
    return project


def test_a_checkout_is_known_by_its_commit(checkout):
    commit = git(checkout, "rev-parse", "HEAD")[:12]
    assert code_version.code_version() == f"{__version__} ({commit})"


def test_a_changed_checkout_says_so(checkout):
    (checkout / "src" / "code.py").write_text("one = 2\n")
    assert code_version.code_version().endswith(", changed since)")


def test_new_files_count_where_code_and_options_lie(checkout):
    (checkout / "notes.txt").write_text("mine")
    assert "changed" not in code_version.code_version()
    code_version.code_version.cache_clear()
    (checkout / "src" / "new.py").write_text("two = 2\n")
    assert code_version.code_version().endswith(", changed since)")


def test_what_git_does_not_answer_is_not_known():
    assert code_version.since(None) == ", changes unknown"


def test_without_a_checkout_there_is_the_version_alone(project):
    assert code_version.code_version() == __version__


def test_a_folder_within_somebody_elses_repository_has_no_commit(checkout, monkeypatch):
    (checkout / "site-packages").mkdir()
    monkeypatch.setattr(code_version, "PROJECT", checkout / "site-packages")
    assert code_version.code_version() == __version__


def test_without_git_there_is_the_version_alone(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert code_version.code_version() == __version__


def test_the_version_is_asked_for_once(checkout):
    before = code_version.code_version()
    (checkout / "code.py").write_text("one = 3\n")
    assert code_version.code_version() == before
