"""How busy the machine is, once an epoch: MLflow's system metrics, where psutil is installed (pynvml for GPUs)."""

import logging
from importlib import import_module
from typing import Any

logger = logging.getLogger(__name__)

PREFIX = "system/"  # under which MLflow's pages look for them
MONITORS = ("cpu_monitor.CPUMonitor", "disk_monitor.DiskMonitor", "network_monitor.NetworkMonitor")
GPU_MONITOR = "gpu_monitor.GPUMonitor"


class Resources:
    """MLflow's own monitors, read when they are asked: no thread of theirs beside the training."""

    def __init__(self, with_gpu: bool) -> None:
        names = (*MONITORS, GPU_MONITOR) if with_gpu else MONITORS
        self._monitors = [monitor for name in names if (monitor := _monitor(name)) is not None]
        self.read()  # shares of the CPU are those since the last reading

    def read(self) -> dict[str, float]:
        """What is known now, `system/cpu_utilization_percentage` and others: percent and megabytes."""
        found: dict[str, float] = {}
        for monitor in self._monitors:
            monitor.collect_metrics()
            found |= {PREFIX + key: float(value) for key, value in monitor.aggregate_metrics().items()}
            monitor.clear_metrics()
        return found


def _monitor(name: str) -> Any | None:
    """One of MLflow's; None where what it needs is not installed or not there."""
    module, kind = name.split(".")
    try:
        return getattr(import_module(f"mlflow.system_metrics.metrics.{module}"), kind)()
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        logger.debug("no system metrics by %s: %s", kind, error)
        return None
