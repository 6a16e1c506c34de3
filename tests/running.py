"""Run a slice of the project on an in-memory catalog."""

from typing import Any

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner


class KeptDataset(MemoryDataset):
    """A MemoryDataset that still holds its data after its last reader."""

    def _release(self) -> None:
        pass


def run_pipeline(pipeline: Pipeline, inputs: dict[str, Any]) -> dict[str, Any]:
    """Everything that the pipeline's nodes saved, by dataset name."""
    outputs = {name: KeptDataset(copy_mode="assign") for name in pipeline.all_outputs()}
    catalog = DataCatalog(outputs | {name: KeptDataset(value, copy_mode="assign") for name, value in inputs.items()})
    SequentialRunner().run(pipeline, catalog)
    return {name: dataset.load() for name, dataset in outputs.items() if dataset.exists()}
