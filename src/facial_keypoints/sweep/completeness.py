"""Whether a variant has been trained already as it would be now: its options, its faces, to its last epoch."""

from dataclasses import asdict

from kedro.io import CatalogProtocol, DatasetError

from facial_keypoints.checkpoints import Training
from facial_keypoints.errors import DataError
from facial_keypoints.options import TrainingOptions

WHEN_AND_WHERE = ("on_request", "device")  # options that do not change what is trained


def what_is_left(catalog: CatalogProtocol, options: TrainingOptions, faces: str) -> str:
    """Why the variant has to be trained, in words; "" if its checkpoint is what would be trained.

    faces: the `fingerprint` of those it would learn from.
    """
    if not catalog.exists(f"{options.name}.checkpoint"):
        return "not trained yet"
    try:
        training: Training = catalog.load(f"{options.name}.checkpoint").training
    except (DataError, DatasetError):  # broken, or of another version
        return "its checkpoint cannot be read"
    if changed := changed_options(training, options):
        return f"trained with other options: {changed}"
    if training.faces != faces:
        return "trained on other faces"
    files = [f"{options.name}.{name}" for name in ("history", "steps")]
    if not all(map(catalog.exists, files)) or len(catalog.load(files[0])) != training.epochs_done:
        return "its history is cut off"
    return ""


def changed_options(training: Training, options: TrainingOptions) -> str:
    """`epochs was 12, is 3; ...`: options that differ from those of a training; "" if none does."""
    wanted, found = asdict(options), training.options
    keys = [key for key in {**found, **wanted} if key not in WHEN_AND_WHERE and wanted.get(key) != found.get(key)]
    return "; ".join(f"{key} was {found.get(key)}, is {wanted.get(key)}" for key in keys)
