"""Which code this is, for the record of a measurement."""

import subprocess
from functools import cache
from pathlib import Path

from facial_keypoints import __version__

PROJECT = Path(__file__).parents[2]  # where the package is installed from a checkout


@cache
def code_version() -> str:
    """The package's version and the commit of its checkout: `0.1.0 (1a2b3c4d5e6f)`, `... changed since)` if it was.

    The version alone where there is no checkout or no git.  New files count below `src` and `conf`.
    """
    commit = git(PROJECT, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return __version__
    changed = git(PROJECT, "status", "--porcelain", "--", "src", "conf")
    return f"{__version__} ({commit}{since(changed)})"


def since(changed: str | None) -> str:
    """What is known of changes, as `git status --porcelain` prints them; None where git did not answer."""
    if changed is None:
        return ", changes unknown"
    return ", changed since" if changed else ""


def git(project: Path, *arguments: str) -> str | None:
    """What git prints about the project's own repository; None if it has none or git does not answer."""
    if not (project / ".git").exists():
        return None
    try:
        asked = subprocess.run(["git", "-C", project, *arguments], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None
