"""A dataset that is not there: `evaluate` takes what there is, and None where there is nothing."""

from typing import Any

from kedro.io import AbstractDataset

from facial_keypoints.errors import ProjectError


class AbsentDataset(AbstractDataset[None, None]):
    """Stands in for a missing input that may be missing. Loads as None."""

    def load(self) -> None:
        return None

    def save(self, data: None) -> None:
        raise ProjectError("An absent dataset takes no data.")

    def _exists(self) -> bool:
        return False

    def _describe(self) -> dict[str, Any]:
        return {}
