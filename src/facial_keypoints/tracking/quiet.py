"""MLflow without its chatter, and without patience: whoever set its variables otherwise keeps what they set."""

import os

# Log lines below warnings, links printed to stdout, bars, usage statistics sent to its makers.
# It reads these while it is imported.
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
# It would try for minutes to reach a server. The journal is the one that tries again.
IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}


def be_quiet() -> None:
    """To be called before mlflow is imported."""
    for name, value in (QUIET | IMPATIENT).items():
        os.environ.setdefault(name, value)
