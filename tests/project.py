"""A copy of the project that tests run commands in, as people do in a shell."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "kedro"]


class Project:
    """A copy of the project with a workspace of its own; commands run in it."""

    def __init__(self, root: Path, raw: Path | None = None) -> None:
        self.root = root
        shutil.copytree(PROJECT / "conf", root / "conf", ignore=shutil.ignore_patterns("local"))
        (root / "conf" / "local").mkdir()
        shutil.copy(PROJECT / "pyproject.toml", root)
        shutil.copy(PROJECT / ".telemetry", root)
        shutil.copytree(PROJECT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if key not in ("FACIAL_KEYPOINTS_RAW", "FACIAL_KEYPOINTS_WORKSPACE", "MLFLOW_TRACKING_URI", "KEDRO_ENV")
        }
        self.environment["FACIAL_KEYPOINTS_OFFLINE"] = "1"  # no test asks a server for data, other than its own one
        if raw:
            self.environment["FACIAL_KEYPOINTS_RAW"] = str(raw)

    def kedro(self, *arguments: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        return self._run([*COMMAND, *arguments], folder)

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """A command as it stands in a document: `kedro ...` or `python ...`."""
        program, *arguments = shlex.split(line, comments=True)
        return self._run([*{"kedro": COMMAND, "python": [sys.executable]}[program], *arguments], ".")

    def _run(self, command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root / folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


def only_error(result: subprocess.CompletedProcess[str]) -> str:
    """The message of a command that failed as it should: in one piece, without a traceback."""
    assert result.returncode == 1
    assert "Traceback" not in result.stderr + result.stdout
    errors = result.stderr.partition("Error: ")[2]
    assert errors
    return errors
