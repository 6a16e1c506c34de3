"""Which code this is, for the record of a measurement."""

import subprocess
from functools import cache
from pathlib import Path

from facial_keypoints import __version__

PROJECT = Path(__file__).parents[2]  # where the package is installed from a checkout


@cache
def code_version() -> str:
    """The package's version and the commit of its checkout: `0.1.0 (1a2b3c4d5e6f)`, `... changed since)` if it was.

    The version alone where there is no checkout or no git.
    """
    commit = git(PROJECT, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return __version__
    changed = git(PROJECT, "status", "--porcelain", "--untracked-files=no")
    return f"{__version__} ({commit}{', changed since' if changed else ''})"


def git(project: Path, *arguments: str) -> str:
    """What git prints about the project's own repository; "" if it has none or git does not answer."""
    if not (project / ".git").exists():
        return ""
    try:
        asked = subprocess.run(["git", "-C", project, *arguments], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()
