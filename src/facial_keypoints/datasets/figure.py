"""A figure on disk, for nodes that take it up again."""

from pathlib import Path

from kedro_datasets.matplotlib import MatplotlibDataset


class FigureDataset(MatplotlibDataset):
    """Saves a matplotlib figure as its file; loads as the bytes of that file, which a report can hold."""

    def load(self) -> bytes:
        return Path(str(self._filepath)).read_bytes()
