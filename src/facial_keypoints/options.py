"""Typed options of every pipeline. Each value stands once, with its reason, in `conf/base/parameters_<pipeline>.yml`;
here stand its type, its range and its unit. Imports neither torch nor mlflow.
"""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from facial_keypoints.faces import SPLITS

STRICT = ConfigDict(extra="forbid")
TWO_LOOKS = "two_looks"  # a network that looks twice: models.two_looks

Fraction = Annotated[float, Field(ge=0, le=1)]


def person_numbers(value: object) -> object:
    """The numbers in a text such as "1-28, 31", or one number alone; else the value as it is.  Raises ValueError."""
    if isinstance(value, int):  # what --params makes of a single person
        return [value]
    if not isinstance(value, str):
        return value
    numbers: list[int] = []
    for part in value.split(","):
        first, _, last = part.partition("-")
        try:
            numbers.extend(range(int(first), int(last or first) + 1))
        except ValueError:
            raise ValueError(f"{part.strip()!r} is neither a number nor a range such as 1-28") from None
    return numbers


Persons = Annotated[list[Annotated[int, Field(ge=1)]], BeforeValidator(person_numbers)]
SomePersons = Annotated[Persons, Field(min_length=1)]


def run_ids(value: object) -> object:
    """The ids in a text such as "0a1b... 2c3d...", separated by spaces, or in a list.  Raises ValueError."""
    ids = value.split() if isinstance(value, str) else value
    if not isinstance(ids, list) or not all(re.fullmatch("[0-9a-f]{32}", str(each)) for each in ids):
        raise ValueError("expected whole ids of MLflow runs, 32 hexadecimal digits each, separated by spaces")
    return ids


@dataclass(config=STRICT, frozen=True)
class PersonSplit:
    """Which persons of the Danes go where: a list of numbers, or a text such as "1-28"."""

    train: SomePersons
    validation: SomePersons
    test: Persons

    def __post_init__(self) -> None:
        listed = [*self.train, *self.validation, *self.test]
        repeated = sorted({person for person in listed if listed.count(person) > 1})
        if repeated:
            raise ValueError(f"persons {repeated} are listed more than once: a person belongs to one split")


@dataclass(config=STRICT, frozen=True)
class IngestDanesOptions:
    """`ingest_danes`."""

    repair_eye_contours: bool
    split: PersonSplit


@dataclass(config=STRICT, frozen=True)
class CropOptions:
    """How faces are cut from photographs: see geometry.Crop."""

    scale: Annotated[float, Field(gt=0.5, le=5)]
    shift_down: Annotated[float, Field(ge=-0.5, le=0.5)]
    size: Annotated[int, Field(ge=32, le=1024)]


@dataclass(config=STRICT, frozen=True)
class IngestIbugOptions:
    """`ingest_ibug`."""

    crop: CropOptions
    split_by: Literal["folders", "files"]
    validation_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    points_from: Literal["pts", "xml"]
    seed: Annotated[int, Field(ge=0)]


def files_by_split(value: object) -> object:
    """Pairs of a split, None where it is not stated, and a file: of a file, a list of files, or files by split.

    Raises ValueError for anything else.
    """
    if isinstance(value, dict):
        unknown = sorted(str(key) for key in value if key not in SPLITS)
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no split; expected {', '.join(SPLITS)}")
        return [(split, file) for split, files in value.items() for _, file in files_by_split(files)]  # type: ignore[attr-defined]
    files = [value] if isinstance(value, str) else value
    if not isinstance(files, list) or not files or not all(file and isinstance(file, str | tuple) for file in files):
        raise ValueError("expected a file, a list of files, or files by split: {train: a.xml, test: b.xml}")
    return [file if isinstance(file, tuple) else (None, file) for file in files]


FilesBySplit = Annotated[list[tuple[str | None, str]], BeforeValidator(files_by_split)]


@dataclass(config=STRICT, frozen=True)
class IngestOwnOptions:
    """`ingest_own`."""

    folder: Annotated[str, Field(min_length=1)]
    annotations: FilesBySplit
    scheme: Annotated[str, Field(min_length=1)]  # a name or the path of a YAML file
    crop: CropOptions
    validation_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    test_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    seed: Annotated[int, Field(ge=0)]


@dataclass(config=STRICT, frozen=True)
class AugmentationOptions:
    """How far a picture is moved, and lit differently, at random. Amounts are drawn evenly from [-x, x]."""

    flip: Fraction  # share of the views that are mirrored
    rotate: Annotated[float, Field(ge=0, le=180)]  # degrees
    translate: Annotated[float, Field(ge=0, le=0.5)]  # share of the picture's width and height
    scale: Annotated[float, Field(ge=0, le=0.5)]  # share of the size
    brightness: Annotated[float, Field(ge=0, le=0.5)]  # share of the grey range
    contrast: Annotated[float, Field(ge=0, le=0.9)]  # share
    occlude: Fraction  # share of the views in which something hides a part
    blur: Annotated[float, Field(ge=0, le=0.1)]  # share of the width: the largest standard deviation
    stretch: Annotated[float, Field(ge=0, le=0.3)]  # share that width gains and height loses, or the reverse
    colour: Annotated[float, Field(ge=0, le=0.5)]  # share of each colour's strength


AS_THEY_ARE = AugmentationOptions(
    flip=0, rotate=0, translate=0, scale=0, brightness=0, contrast=0, occlude=0, blur=0, stretch=0, colour=0
)


@dataclass(config=STRICT, frozen=True)
class AugmentOptions:
    """`augment`."""

    height: Annotated[int, Field(ge=32, le=480)]
    width: Annotated[int, Field(ge=32, le=640)]
    views: Annotated[int, Field(ge=0, le=200)]
    augmentation: AugmentationOptions
    seed: Annotated[int, Field(ge=0)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class TrainingOptions:
    """What every variant of a training pipeline has. `pipeline` and `variant` are filled in by the configuration."""

    pipeline: str
    variant: str
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    batch_size: Annotated[int, Field(ge=1, le=4096)]
    loss: Literal["mse", "l1", "radial"]
    schedule: Literal["constant", "cosine"]
    warm_up: Annotated[float, Field(ge=0, le=0.5)]  # share of all steps
    weight_decay: Fraction
    average: Annotated[float, Field(ge=0, lt=1)]  # decay a step of the weights' moving average; 0: none
    seed: Annotated[int, Field(ge=0)]
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")]
    precision: Literal["fp32", "bf16", "auto"]
    on_request: bool  # a plain `kedro run` does not train it; `--namespaces <pipeline>.<variant>` does

    @property
    def name(self) -> str:
        """The variant's full name, `train_nose.lr_1e-3`."""
        return f"{self.pipeline}.{self.variant}"


Widths = Annotated[list[Annotated[int, Field(ge=1, le=1024)]], Field(min_length=1, max_length=5)]
Size = Annotated[list[Annotated[int, Field(ge=16, le=1024)]], Field(min_length=2, max_length=2)]  # height, width


@dataclass(config=STRICT, frozen=True)
class SmallLooksOptions:
    """The two small networks of models.build.small_two_looks. Sizes in pixels."""

    input_size: Size
    first_size: Size
    cut_size: Annotated[int, Field(ge=32, le=512)]
    looks: Annotated[int, Field(ge=1, le=5)]
    channels: Widths
    dilations: Annotated[list[Annotated[int, Field(ge=1, le=64)]], Field(max_length=32)]


@dataclass(config=STRICT, frozen=True)
class ResnetLooksOptions:
    """A ResNet-18 that looks twice, of models.build.resnet18_two_looks. Sizes in pixels."""

    cut_size: Annotated[int, Field(ge=64, le=512)]
    looks: Annotated[int, Field(ge=1, le=5)]
    channels: Annotated[int, Field(ge=8, le=512)]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class NoseOptions(TrainingOptions):
    """A variant of `train_nose`."""

    network: Literal["dense", "two_looks"]
    channels: Annotated[list[Annotated[int, Field(ge=1, le=1024)]], Field(min_length=4, max_length=4)]
    hidden: Annotated[list[Annotated[int, Field(ge=1, le=4096)]], Field(min_length=2, max_length=2)]
    two_looks: SmallLooksOptions
    augmentation: AugmentationOptions


@dataclass(config=STRICT, frozen=True, kw_only=True)
class FaceOptions(TrainingOptions):
    """A variant of `train_face`."""

    network: Literal["dense", "two_looks"]
    channels: Annotated[list[Annotated[int, Field(ge=1, le=1024)]], Field(min_length=6, max_length=6)]
    hidden: Annotated[int, Field(ge=1, le=8192)]
    two_looks: SmallLooksOptions
    augmentation: AugmentationOptions


@dataclass(config=STRICT, frozen=True, kw_only=True)
class ResnetOptions(TrainingOptions):
    """A variant of `finetune_resnet`."""

    data_set: Literal["ibug", "own"]
    batch_size: Annotated[int, Field(ge=2, le=4096)]  # batch normalisation needs two
    weights: str  # IMAGENET1K_V1, none, or the path of a state_dict
    allow_partial: bool
    colour: Literal["grey", "rgb"]
    input_size: Annotated[int, Field(ge=64, le=512)]  # pixels
    crop_scale: Annotated[float, Field(gt=0.5, le=5)]  # side of what the network sees, in sides of the box
    label_shift: Annotated[float, Field(ge=-10, le=10)]  # pixels: how far right of the places labels lie
    head: Literal["linear", "two_looks"]
    two_looks: ResnetLooksOptions
    augmentation: AugmentationOptions


@dataclass(config=STRICT, frozen=True)
class PeerOptions:
    """Somebody else's network, in a file of ONNX or OpenVINO: see peers.PeerNetwork."""

    file: Annotated[str, Field(min_length=1)]  # relative to evaluate.peers_folder
    scheme: Annotated[str, Field(min_length=1)]  # the name of the scheme whose points it predicts
    colour: Literal["rgb", "bgr"]
    offset: Annotated[float, Field(ge=-8, le=8)]  # pixels of its input
    label_shift: Annotated[float, Field(ge=-10, le=10)]  # pixels: how far right of what it predicts labels lie
    crop_scale: Annotated[float, Field(gt=0.5, le=5)]  # side of what it sees, in sides of the box
    shift_down: Annotated[float, Field(ge=-0.5, le=0.5)]  # sides of the box
    input_size: Annotated[int, Field(ge=32, le=1024)]  # pixels that it is given, and shrinks further by itself


@dataclass(config=STRICT, frozen=True, kw_only=True)
class LikeLabelsOptions:
    """How a detector's boxes become boxes like those of the data sets."""

    side: Annotated[float, Field(gt=0.2, le=5)]  # of such a box, in sides of the detector's
    shift_down: Annotated[float, Field(ge=-0.5, le=0.5)]  # of its centre, in sides of the detector's box


@dataclass(config=STRICT, frozen=True, kw_only=True)
class DetectorOptions(LikeLabelsOptions):
    """YuNet."""

    file: Annotated[str, Field(min_length=1)]


@dataclass(config=STRICT, frozen=True)
class EvaluateOptions:
    """`evaluate` and `robustness`."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")]
    batch_size: Annotated[int, Field(ge=1, le=4096)]
    pictures: Annotated[int, Field(ge=1, le=60)]  # faces in each figure of good, typical and failed predictions
    norm: Literal["outer_eye_corners", "pupils", "box_diagonal", "face_size"]
    boxes: Literal["labels", "detector"]
    flip_average: bool
    detector: DetectorOptions
    peers_folder: str
    peers: dict[str, PeerOptions]
    runs: Annotated[list[str], BeforeValidator(run_ids)]
    heading: str  # of the report, after its name
    seed: Annotated[int, Field(ge=0)]


@dataclass(config=STRICT, frozen=True)
class LrFindOptions:
    """`lr_find`."""

    lowest: Annotated[float, Field(gt=0, lt=1)]  # learning rate of the first step
    highest: Annotated[float, Field(gt=0, le=1)]  # of the last
    steps: Annotated[int, Field(ge=20, le=100_000)]
    smoothing: Annotated[float, Field(gt=0, le=1)]  # standard deviation in decades of the rate
    divergence: Annotated[float, Field(gt=1, le=1000)]  # times the lowest loss

    def __post_init__(self) -> None:
        if self.lowest >= self.highest:
            raise ValueError(f"lowest ({self.lowest:g}) has to be below highest ({self.highest:g}): the rate rises")


@dataclass(config=STRICT, frozen=True, kw_only=True)
class PredictOptions:
    """`predict` and `calibrate`."""

    pictures: Annotated[str, Field(min_length=1)]  # a folder or a file
    variant: Annotated[str, Field(min_length=1)]  # of finetune_resnet, or auto
    detector: Literal["lbp", "yunet"]
    lbp: LikeLabelsOptions
    yunet: DetectorOptions
    boxes: str  # a file of boxes, or a folder of such files; "": a detector finds them
    rounds: Annotated[int, Field(ge=1, le=5)]  # looks at each face
    flip_average: bool
    least_confidence: Fraction
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")]
    batch_size: Annotated[int, Field(ge=1, le=1024)]  # faces
    drawn_size: Annotated[int, Field(ge=100, le=20_000)]  # pixels: longer side of drawn pictures, at most


@dataclass(config=STRICT, frozen=True, kw_only=True)
class TrackOptions:
    """`track`; how faces are found and looked at, say those of `predict`."""

    frames: Annotated[str, Field(min_length=1)]  # a folder or a video file
    frames_per_second: Annotated[float, Field(gt=0, le=10_000)]  # of a folder
    search_every: Annotated[float, Field(ge=0, le=3600)]  # seconds
    least_confidence: Fraction
    filter: bool
    min_cutoff: Annotated[float, Field(gt=0, le=1000)]  # Hz
    beta: Annotated[float, Field(ge=0, le=1000)]  # Hz for a speed of one size of the face a second


@dataclass(config=STRICT, frozen=True)
class DrawSampleOptions:
    """`draw_sample`."""

    danes_people: Annotated[int, Field(ge=3, le=99)]
    ibug_train: Annotated[int, Field(ge=10, le=10_000)]
    ibug_test: Annotated[int, Field(ge=5, le=10_000)]
    seed: Annotated[int, Field(ge=0)]


PLAIN_OPTIONS: dict[str, type] = {
    "draw_sample": DrawSampleOptions,
    "ingest_danes": IngestDanesOptions,
    "ingest_ibug": IngestIbugOptions,
    "ingest_own": IngestOwnOptions,
    "augment": AugmentOptions,
    "evaluate": EvaluateOptions,
    "lr_find": LrFindOptions,
    "predict": PredictOptions,
    "track": TrackOptions,
}

VARIANT_OPTIONS: dict[str, type[TrainingOptions]] = {
    "train_nose": NoseOptions,
    "train_face": FaceOptions,
    "finetune_resnet": ResnetOptions,
}
