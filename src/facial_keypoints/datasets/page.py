"""A page of HTML on disk."""

from kedro_datasets._typing import HTMLPreview
from kedro_datasets.text import TextDataset


class PageDataset(TextDataset):
    """A text file that Kedro-Viz shows as the page it is: without its style sheet, which would be that of Kedro-Viz."""

    def preview(self) -> HTMLPreview:
        return HTMLPreview(self.load())
