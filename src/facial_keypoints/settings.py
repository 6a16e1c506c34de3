"""Kedro settings of the project: https://docs.kedro.org/en/stable/configure/configuration_basics/"""

import os

from facial_keypoints.configuration import ProjectConfigLoader
from facial_keypoints.hooks import ProjectHooks
from facial_keypoints.run_locks import RunLockHooks
from facial_keypoints.summary import SummaryHooks
from facial_keypoints.tracking import TrackingHooks


def env_path(variable: str, default: str) -> str:
    """The path in an environment variable, else the default. Kedro resolves relative ones against the project."""
    return os.environ.get(variable) or default


# Arrow's own pools keep what was freed: tens of megabytes after a table was read. To be set before Arrow is imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# A run that waits for another one is tracked from when it starts: of hooks that ask to come last, the last here does.
HOOKS = (ProjectHooks(), RunLockHooks(), TrackingHooks(), SummaryHooks())

CONFIG_LOADER_CLASS = ProjectConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment changes single options; it does not repeat a pipeline's whole list of them.
    "merge_strategy": {"parameters": "soft"},
    "custom_resolvers": {"env_path": env_path},
}
