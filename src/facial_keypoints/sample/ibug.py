"""Photographs in the layout of dlib's release of iBUG 300-W: colour pictures of any size, and one XML for each split.

Sagonas et al., "300 Faces in-the-Wild Challenge", ICCV-W 2013.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from facial_keypoints.landmarks.imglab import ImglabBox, ImglabImage, format_imglab
from facial_keypoints.landmarks.schemes import IBUG_68
from facial_keypoints.sample.danes import any_expression
from facial_keypoints.sample.jpeg import jpeg
from facial_keypoints.sample.people import Person, draw_person
from facial_keypoints.sample.render import landmarks, render_people
from facial_keypoints.sample.scene import Backdrop, Light, Occluder, Pose, Scene

FOLDERS = {  # of each split; every fourth photograph lies in the second
    "train": ("helen/trainset", "afw"),
    "test": ("helen/testset", "ibug"),
}
CHALLENGING = "ibug"  # larger turns and more that hides the face
PAIRS = 0.06  # share of photographs that show two people
MIRRORED_EACH = 15  # one training photograph in so many has a mirrored copy beside it
BOX_SHIFT, BOX_SCALE = 0.05, 0.06  # sd of the face detector's box, in parts of its side


@dataclass(frozen=True, eq=False)
class Photograph:
    file: str
    image: np.ndarray  # (H, W, 3) uint8
    boxes: tuple[ImglabBox, ...]

    @property
    def entry(self) -> ImglabImage:
        return ImglabImage(self.file, self.image.shape[1], self.image.shape[0], self.boxes)


def draw_ibug(train: int, test: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files: the photographs, then "labels_ibug_300W_train.xml" and "..._test.xml".

    train, test: photographs of each split, mirrored copies not counted. A photograph depends on the seed,
    its split and its number alone.
    """
    for split, count in (("train", train), ("test", test)):
        entries: list[ImglabImage] = []
        for photograph in _photographs(split, count, seed):
            entries.append(photograph.entry)
            yield photograph.file, jpeg(photograph.image)
        comment = "Drawn, not photographed. The landmarks are exact but for rounding."
        labels = format_imglab(entries, name=f"iBUG face points, drawn - {split}", comment=comment)
        yield f"labels_ibug_300W_{split}.xml", labels.encode()


def _photographs(split: str, count: int, seed: int) -> Iterator[Photograph]:
    for number in range(1, count + 1):
        rng = np.random.default_rng([seed, list(FOLDERS).index(split), number])
        folder = FOLDERS[split][number % 4 == 0]
        photograph = _photograph(folder, number, rng)
        yield photograph
        if split == "train" and number % MIRRORED_EACH == 0:
            yield _mirrored(photograph)


def _photograph(folder: str, number: int, rng: np.random.Generator) -> Photograph:
    height, width = (int(side) for side in rng.integers(250, 501, 2))
    frames = [(0, width)]
    if rng.random() < PAIRS:
        width = max(width, 400)
        frames = [(0, width // 2), (width // 2, width)]
    people = [_posed(draw_person(rng), frame, height, folder == CHALLENGING, rng) for frame in frames]
    points = [landmarks(person, scene)[1] for person, scene in people]
    return Photograph(
        file=f"{folder}/drawn_{number:04d}_1.jpg",
        image=render_people(people, (height, width)),
        boxes=tuple(_detected(face, rng) for face in points),
    )


def _posed(
    person: Person, frame: tuple[int, int], height: int, challenging: bool, rng: np.random.Generator
) -> tuple[Person, Scene]:
    """The person at any place between the columns `frame` where the whole face is in the picture."""
    turn = 1.5 if challenging else 1.0
    pose = Pose(
        centre=(0.0, 0.0),
        scale=min(frame[1] - frame[0], height) * rng.uniform(0.24, 0.42),
        yaw=float(np.clip(rng.normal(0, 16 * turn), -45, 45)),
        pitch=float(np.clip(rng.normal(0, 8 * turn), -25, 25)),
        roll=float(np.clip(rng.normal(0, 9 * turn), -35, 35)),
    )
    scene = Scene(
        pose=pose,
        expression=any_expression(rng),
        light=_any_light(rng),
        backdrop=Backdrop.CLUTTER,
        blur=rng.uniform(0.5, 1.2),
        noise=rng.uniform(1, 8),
        seed=int(rng.integers(2**31)),
    )
    points = landmarks(person, scene)[1]
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([frame[1], height]) - high - (np.array([frame[0], 0]) - low)
    margin = np.minimum(0.05 * (high - low), 0.5 * room)
    corner = np.array([frame[0], 0]) - low
    x, y = rng.uniform(corner + margin, corner + room - margin)
    occluder = _occluder(points + np.array([x, y]), rng) if rng.random() < (0.5 if challenging else 0.15) else None
    return person, replace(scene, pose=replace(pose, centre=(float(x), float(y))), occluder=occluder)


def _any_light(rng: np.random.Generator) -> Light:
    direction = (rng.uniform(-1, 1), rng.uniform(-0.9, 0.2), rng.uniform(0.4, 1))
    return Light(direction, ambient=rng.uniform(0.25, 0.55), diffuse=rng.uniform(0.35, 0.8))


def _occluder(points: np.ndarray, rng: np.random.Generator) -> Occluder:
    """A thing the size of a hand or a microphone over the rim of the face."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).mean())
    x, y = points[rng.integers(len(points))] + rng.normal(0, 0.1 * side, 2)
    red, green, blue = (int(c) for c in rng.integers(20, 236, 3))
    half_size = (side * rng.uniform(0.2, 0.5), side * rng.uniform(0.06, 0.14))
    return Occluder((float(x), float(y)), half_size, angle=rng.uniform(0, 180), colour=(red, green, blue))


def _detected(points: np.ndarray, rng: np.random.Generator) -> ImglabBox:
    """The square that a face detector might give: about the points, never quite the same."""
    low, high = points.min(axis=0), points.max(axis=0)
    tight = float((high - low).max())
    side = tight * max(1 + rng.normal(0, BOX_SCALE), 0.8)
    left, top = (low + high) / 2 - side / 2 + rng.normal(0, BOX_SHIFT * tight, 2)
    return ImglabBox(float(round(left)), float(round(top)), float(round(side)), float(round(side)), points)


def _mirrored(photograph: Photograph) -> Photograph:
    """The flipped copy that dlib's release holds of each photograph."""
    width = photograph.image.shape[1]
    stem, _ = photograph.file.rsplit(".", 1)
    boxes = tuple(_mirrored_boxes(photograph.boxes, width))
    return Photograph(f"{stem}_mirror.jpg", np.ascontiguousarray(photograph.image[:, ::-1]), boxes)


def _mirrored_boxes(boxes: Iterable[ImglabBox], width: int) -> Iterator[ImglabBox]:
    for box in boxes:
        points = box.points[list(IBUG_68.mirror)] * (-1, 1) + (width, 0)
        yield replace(box, left=width - box.left - box.width, points=points)
