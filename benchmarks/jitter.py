"""How restless points are on stills with noise, and what a filter against it costs: docs/own_pictures.md, "Video".

    python benchmarks/jitter.py [--faces 6] [--yunet FILE] [--figure docs/images/jitter.png] [--sweep]

Reads validation faces of 300-W, their photographs, and the network's checkpoint and calibration. Each photograph
becomes a still of 640 x 480 pixels with a face whose box is 160 pixels wide, repeated 60 times, 30 to a second, each
time with other noise. Then the still is moved by a known motion: it rests for half a second and moves for one, in a
direction of its own. All lengths are in percent of the distance of the outer eye corners, root mean squares over
points, frames and faces.

`--sweep` shows what other settings of the filter come to.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.box_fit import BOX
from facial_keypoints.confidence import Calibration
from facial_keypoints.detection import overlaps
from facial_keypoints.figures.style import PREDICTION, TRAINING, TRUTH, VARIANTS, new_figure
from facial_keypoints.following import Follower
from facial_keypoints.geometry import compose, cut, identity, inverse, transform_points
from facial_keypoints.jitter import frame_to_frame, scatter
from facial_keypoints.looking import Looker, looker
from facial_keypoints.norms import face_size, outer_eye_corners
from facial_keypoints.one_euro import OneEuro
from facial_keypoints.own_pictures import read_upright
from facial_keypoints.progress import progress
from facial_keypoints.searching import SearchPicture, picture_searcher

Points = NDArray[np.float64]
Filter = Callable[[Points, float], Points]  # of a course (F, K, 2) of a face of that size
Noise = tuple[float, int | None]  # standard deviation in grey levels, and the quality of JPEG that it is saved with

PROJECT = Path(__file__).parents[1]
SIZE = np.array([640, 480])  # pixels of a frame
MARGIN = 200  # pixels around it, that motion brings into sight
FACE = 160  # pixels: the side of the face's box
FRAMES, RATE = 60, 30  # of a still, and how many of them a second takes
RESTING, MOVING = 15, 30  # frames
SECONDS = np.clip(np.arange(RESTING + MOVING) - RESTING, 0, None) / RATE - MOVING / RATE / 2
SEED = 0
STEADY = 20  # the last frames of a motion, in which the filter has got used to it
SETTLING = 8  # frames without noise after which a followed face rests
NOISES = {"sigma 2": (2, None), "sigma 5": (5, None), "sigma 10": (10, None), "sigma 5, JPEG 50": (5, 50)}
CLEAN: Noise = (0, None)
MOVED_NOISE: Noise = (5, None)
SPEEDS = (0.5, 1.0, 2.0, 4.0)  # eye distances a second
TURNS = (30.0, 90.0)  # degrees a second
SWEPT = {"min_cutoff": (0.5, 1.0, 2.0), "beta": (30.0, 60.0, 120.0)}
LOW_PASSES = (1.0, 2.0, 4.0)  # Hz
MANOEUVRES = (0.03, 0.1, 0.3, 1.0)
DRAWN_NOISE, DRAWN_MOTION, POINT = "sigma 5", "2 eye distances a second", 48
SEEN_LOOK, FILTERED_LOOK = {"color": TRAINING, "alpha": 0.6, "linewidth": 1}, {"color": PREDICTION}
FOUND = 0.3  # overlap with the face's own box


class Still(NamedTuple):
    """A photograph as a frame with a margin, and where the face's box (4,) lies in the frame."""

    wide: Image.Image
    box: Points

    def frame(self, motion: Points, noise: Noise, rng: np.random.Generator) -> Image.Image:
        """motion: (2, 3), from the resting frame to the moved one."""
        margin = np.array([[1.0, 0, MARGIN], [0, 1, MARGIN]])
        back = compose(margin, inverse(motion)).ravel().tolist()
        shown = self.wide.transform(tuple(SIZE), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)
        sigma, quality = noise
        pixels = np.asarray(shown) + sigma * rng.standard_normal((*SIZE[::-1], 3))
        noisy = Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))
        if quality is None:
            return noisy
        content = BytesIO()
        noisy.save(content, "JPEG", quality=quality)
        return Image.open(content).convert("RGB")


@dataclass(frozen=True)
class Watcher:
    """A network with a detector.  least: confidence from which a face is one."""

    looks: Looker
    calibration: Calibration | None
    search: SearchPicture
    least: float

    def follower(self) -> Follower:
        return Follower(self.looks, self.calibration, self.search, least_new=self.least, least=0, search_every=np.inf)

    def in_box(self, frame: Image.Image, box: Points) -> Points:
        """Points (K, 2) of the face whose detected box is this one, NaN if there is none."""
        faces = self.follower()(frame, 0)
        shares = overlaps(np.array([face.box for face in faces]).reshape(-1, 4), box)
        is_found = shares.max(initial=0) > FOUND
        return faces[shares.argmax()].points if is_found else np.full((self.looks.scheme.size, 2), np.nan)

    def followed(self, first: Image.Image, box: Points, frames: Iterable[Image.Image]) -> Points:
        """Points (F, K, 2) in the frames of the face whose box is this one in the first, NaN where it is lost."""
        follow = self.follower()
        faces = follow(first, 0)
        number = faces[overlaps(np.stack([face.box for face in faces]), box).argmax()].number
        course = []
        for frame in frames:
            found = [face.points for face in follow(frame, 0) if face.number == number]
            course.append(found[0] if found else np.full((self.looks.scheme.size, 2), np.nan))
        return np.stack(course)


class Courses(NamedTuple):
    """What was seen of one face.

    norm: distance of its outer eye corners. size: of the face, both in pixels.
    in_boxes: by noise, the course in the detector's box of each frame (F, K, 2), NaN where it found none.
    followed: the same, each frame looked at around the points of the one before.
    moved: by motion, where the points truly were, and where they were seen, (F, K, 2) both.
    """

    norm: float
    size: float
    in_boxes: dict[str, Points]
    followed: dict[str, Points]
    moved: dict[str, tuple[Points, Points]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=6, help="at most so many validation faces, evenly spread")
    parser.add_argument("--yunet", type=Path, help="YuNet's file, to find the faces by it instead of the cascade")
    parser.add_argument("--variant", default="best", help="of finetune_resnet")
    parser.add_argument("--figure", type=Path, help="where to draw the courses of a point")
    parser.add_argument("--sweep", action="store_true")
    arguments = parser.parse_args()
    bootstrap_project(PROJECT)
    with KedroSession.create(project_path=PROJECT) as session:
        context = session.load_context()
        archive, faces = context.catalog.load("ibug_raw"), context.catalog.load("ibug_faces").split("validation")
        parts = [f"finetune_resnet.{arguments.variant}.{part}" for part in ("checkpoint", "calibration")]
        checkpoint, calibration = (context.catalog.load(part) for part in parts)
        looking, options = context.params["predict"], context.params["track"]
    if arguments.yunet:
        looking = replace(looking, detector="yunet", yunet=replace(looking.yunet, file=str(arguments.yunet)))
    looks = looker(checkpoint, looking.rounds, looking.flip_average, looking.device)
    watcher = Watcher(looks, calibration, picture_searcher(looking), looking.least_confidence)
    chosen = faces.table.iloc[np.linspace(0, len(faces) - 1, min(arguments.faces, len(faces))).astype(int)]
    watched = (
        courses_of(still_of(archive / row["file"], row[BOX].to_numpy(float)), watcher, SEED + number)
        for number, (_, row) in enumerate(chosen.iterrows())
    )
    seen = [courses for courses in progress(watched, "watching faces", len(chosen)) if courses is not None]
    click.echo(f"{len(seen)} of {len(chosen)} validation faces found by {looking.detector}, {checkpoint.training.name}")
    one_euro = one_euro_of(options.min_cutoff, options.beta)
    show(resting_table(seen, one_euro))
    show(moving_table(seen, one_euro))
    if arguments.sweep:
        show(sweep_table(seen))
    if arguments.figure:
        title = f"The right corner of the mouth of a validation face of 300-W, {checkpoint.training.name}"
        draw(seen[0], one_euro, title).savefig(arguments.figure)


def still_of(path: Path, box: Points) -> Still:
    """box: (4,) left, top, width, height in pixels of the photograph."""
    photograph, _ = read_upright(path)
    pixel = np.sqrt(box[2] * box[3]) / FACE
    corner = box[:2] + box[2:] / 2 - pixel * (SIZE / 2 + MARGIN)
    matrix = np.array([[pixel, 0, corner[0]], [0, pixel, corner[1]]])
    width, height = (SIZE + 2 * MARGIN).tolist()
    wide = Image.fromarray(cut(photograph, matrix, (height, width)))
    return Still(wide, np.array([*(SIZE - FACE) / 2, FACE, FACE]))


def courses_of(still: Still, watcher: Watcher, seed: int) -> Courses | None:
    """None if the detector does not find the face where there is no noise."""
    rng, rest = np.random.default_rng(seed), identity()
    clean = still.frame(rest, CLEAN, rng)
    if np.isnan(watcher.in_box(clean, still.box)).any():
        return None
    resting = watcher.followed(clean, still.box, [clean] * SETTLING)[-1]
    norm = float(outer_eye_corners(resting[None], watcher.looks.scheme)[0])
    in_boxes, followed, moved = {}, {}, {}
    for name, noise in NOISES.items():
        frames = [still.frame(rest, noise, rng) for _ in range(FRAMES)]
        in_boxes[name] = np.stack([watcher.in_box(frame, still.box) for frame in frames])
        followed[name] = watcher.followed(clean, still.box, frames)
    for name, move in motions(norm, resting.mean(axis=0), rng).items():
        approach = [still.frame(move(SECONDS[0] * part), CLEAN, rng) for part in np.linspace(0, 1, SETTLING)]
        frames = [still.frame(move(at), MOVED_NOISE, rng) for at in SECONDS]
        truth = np.stack([transform_points(move(at), resting) for at in SECONDS])
        moved[name] = truth, watcher.followed(clean, still.box, [*approach, *frames])[SETTLING:]
    size = float(face_size(resting[None], watcher.looks.scheme)[0])
    return Courses(norm, size, in_boxes, followed, moved)


def motions(norm: float, centre: Points, rng: np.random.Generator) -> dict[str, Callable[[float], Points]]:
    """By name, the map (2, 3) from the resting frame to that of a time in seconds."""
    angle = rng.uniform(-np.pi / 6, np.pi / 6)  # there is less room up and down
    way = norm * rng.choice([-1, 1]) * np.array([np.cos(angle), np.sin(angle)])
    shifts = {f"{speed:g} eye distances a second": partial(shift, speed * way) for speed in SPEEDS}
    turns = {f"{speed:g} degrees a second": partial(turn, np.radians(speed), centre) for speed in TURNS}
    return shifts | turns


def shift(speed: Points, seconds: float) -> Points:
    return np.concatenate([np.eye(2), speed[:, None] * seconds], axis=1)


def turn(speed: float, centre: Points, seconds: float) -> Points:
    """About the centre, clockwise."""
    cos, sin = np.cos(speed * seconds), np.sin(speed * seconds)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.concatenate([linear, (centre - linear @ centre)[:, None]], axis=1)


def resting_table(seen: list[Courses], one_euro: Filter) -> pd.DataFrame:
    """Motion from frame to frame and distance from the mean, by noise and way to look."""
    rows = []
    for noise in NOISES:
        ways = {
            "detector's box each frame": [face.in_boxes[noise] for face in seen],
            "followed": [face.followed[noise] for face in seen],
            "followed, One-Euro": [one_euro(face.followed[noise], face.size) for face in seen],
        }
        for way, courses in ways.items():
            found = [course[np.isfinite(course[:, 0, 0])] for course in courses]
            pairs = [(course, face.norm) for course, face in zip(found, seen, strict=True)]
            rows.append(
                {
                    "noise": noise,
                    "way": way,
                    "frame to frame": over_faces(frame_to_frame(course, norm) for course, norm in pairs),
                    "from the mean": over_faces(scatter(course, norm) for course, norm in pairs),
                    "frames without it": 100 - 100 * sum(map(len, found)) / sum(map(len, courses)),
                }
            )
    return pd.DataFrame(rows)


def moving_table(seen: list[Courses], one_euro: Filter) -> pd.DataFrame:
    """What the filter costs where a face moves."""
    rows = []
    for motion in seen[0].moved:
        row: dict[str, object] = {"motion": motion}
        for name, each in {"as seen": unfiltered, "One-Euro": one_euro}.items():
            row |= {f"{name}: error": error_of(seen, motion, each), f"{name}: lag": lag_of(seen, motion, each)}
        rows.append(row)
    return pd.DataFrame(rows)


def error_of(seen: list[Courses], motion: str, each: Filter) -> float:
    """Distance from where the points truly are, from the frame on in which they begin to move."""
    return over_faces(
        np.sqrt(np.nanmean(np.square(each(course, face.size) - truth)[RESTING:].sum(axis=-1))) / face.norm
        for face in seen
        for truth, course in [face.moved[motion]]
    )


def lag_of(seen: list[Courses], motion: str, each: Filter) -> float:
    """How many frames the points are behind once they move steadily."""
    lags = []
    for face in seen:
        truth, course = face.moved[motion]
        off, pace = (each(course, face.size) - truth)[-STEADY:], np.diff(truth, axis=0)[-STEADY:]
        lags.append(-np.nansum(off * pace) / np.square(pace).sum())
    return float(np.mean(lags))


def sweep_table(seen: list[Courses]) -> pd.DataFrame:
    """Filters and their settings: jitter of stills, and errors of moved ones."""
    rows = []
    for name, each in swept_filters().items():
        jitter = {
            noise: over_faces(frame_to_frame(each(face.followed[noise], face.size), face.norm) for face in seen)
            for noise in NOISES
        }
        errors = {motion: error_of(seen, motion, each) for motion in seen[0].moved}
        rows.append({"filter": name} | jitter | errors)
    return pd.DataFrame(rows)


def swept_filters() -> dict[str, Filter]:
    settings = list(product(*SWEPT.values()))
    one_euros = {f"One-Euro {cutoff:g} Hz, beta {beta:g}": one_euro_of(cutoff, beta) for cutoff, beta in settings}
    alone = {f"the same, each coordinate alone, beta {beta:g}": coordinates_alone(1.0, beta) for beta in SWEPT["beta"]}
    low_passes = {f"low-pass {cutoff:g} Hz": one_euro_of(cutoff, 0) for cutoff in LOW_PASSES}
    kalmans = {f"Kalman, manoeuvres {index:g}": partial(kalman, index) for index in MANOEUVRES}
    return {"none": unfiltered} | one_euros | alone | low_passes | kalmans


def unfiltered(course: Points, size: float) -> Points:
    return course


def one_euro_of(min_cutoff: float, beta: float) -> Filter:
    def filtered(course: Points, size: float) -> Points:
        one_euro = OneEuro(min_cutoff, beta)
        return np.stack([one_euro(points, frame / RATE, size) for frame, points in enumerate(course)])

    return filtered


def coordinates_alone(min_cutoff: float, beta: float) -> Filter:
    """As in the paper: each with a speed of its own."""
    alone = one_euro_of(min_cutoff, beta)

    def filtered(course: Points, size: float) -> Points:
        flat = course.reshape(len(course), -1, 1, 1)
        return np.stack([alone(flat[:, place], size) for place in range(flat.shape[1])], axis=1).reshape(course.shape)

    return filtered


def kalman(index: float, course: Points, size: float) -> Points:
    """Constant velocity, with the gains that it comes to (P. R. Kalata, "The tracking index", IEEE TAES 20(2), 1984).

    index: deviation of the acceleration, times a frame squared, over that of the noise.
    """
    root = (4 + index - np.sqrt(8 * index + index**2)) / 4
    place_gain = 1 - root**2
    speed_gain = 2 * (2 - place_gain) - 4 * np.sqrt(1 - place_gain)
    place, speed = course[0], np.zeros_like(course[0])
    filtered = [place]
    for points in course[1:]:
        off = points - place - speed
        place, speed = place + speed + place_gain * off, speed + speed_gain * off
        filtered.append(place)
    return np.stack(filtered)


def over_faces(parts: Iterable[float]) -> float:
    """Root mean square, in percent."""
    return 100 * float(np.sqrt(np.mean(np.square(list(parts)))))


def draw(face: Courses, one_euro: Filter, title: str) -> Figure:
    """One point's way to the right: of a still with noise, and how far it is off where that is moved."""
    figure = new_figure(3.6, title)
    still, moved = figure.subplots(1, 2)
    seconds = np.arange(FRAMES) / RATE
    followed = face.followed[DRAWN_NOISE]
    courses = {"detector's box each frame": face.in_boxes[DRAWN_NOISE], "followed": followed}
    courses |= {"followed, One-Euro": one_euro(followed, face.size)}
    looks = dict(zip(courses, ({"color": VARIANTS[1], "alpha": 0.5}, SEEN_LOOK, FILTERED_LOOK), strict=True))
    middle = followed[:, POINT, 0].mean()
    for name, course in courses.items():
        still.plot(seconds, 100 * (course[:, POINT, 0] - middle) / face.norm, label=name, **looks[name])
    still.set_title(f"a still, repeated with noise ({DRAWN_NOISE})", fontsize=10)
    truth, course = face.moved[DRAWN_MOTION]
    way = (truth[-1] - truth[0])[POINT]
    along = way / np.linalg.norm(way) * 100 / face.norm
    moved.axhline(0, color=TRUTH, linewidth=1.5, label="where it is")
    for name, points in (("followed", course), ("followed, One-Euro", one_euro(course, face.size))):
        moved.plot(np.arange(len(truth)) / RATE, (points - truth)[:, POINT] @ along, **looks[name])
    moved.axvline(RESTING / RATE, color="black", linewidth=0.8, linestyle=":")
    moved.set_title(f"{DRAWN_MOTION}, from the dots on", fontsize=10)
    still.set_ylabel("to the right, % of the eyes' distance")
    moved.set_ylabel("ahead of where it is, %")
    for axes in (still, moved):
        axes.set_xlabel("seconds")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    return figure


def show(table: pd.DataFrame) -> None:
    click.echo(table.to_string(index=False, float_format="{:.2f}".format) + "\n")


if __name__ == "__main__":
    main()
