"""Detection rate, false detections and errors of points by detector, on whole photographs: docs/own_pictures.md.

    python benchmarks/detecting.py [--yunet FILE] [--split validation] [--photographs 200] [--sweep]
    python benchmarks/detecting.py [--yunet FILE] --imglab a.xml b.xml

Reads the ingested faces of 300-W, their photographs and the network's checkpoint and calibration. A face is found if a
box, made like those of the labels, overlaps its own by 0.4. A false detection is a place that holds no face, labelled
or not: photographs of 300-W show people who are not labelled, so that a box of YuNet's with a score above 0.8 counts as
a face too. NME by outer eye corners in percent: of the faces found, and of the same faces in the labels' boxes.

`--imglab` takes photographs that label files of dlib's describe instead, with 68 points a face.

`--sweep` tries settings of the cascade and says how its boxes lie to those of the labels: on training or validation
faces only.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from numpy.typing import NDArray

from facial_keypoints.box_fit import BOX
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.detection import Yunet, overlaps
from facial_keypoints.evaluated_boxes import like_those_of_labels
from facial_keypoints.faces import FaceSet
from facial_keypoints.found_faces import faces_kept, table_of_found
from facial_keypoints.landmarks import IBUG_68, imglab_faces
from facial_keypoints.lbp import SEARCHES, Search, lbp_boxes
from facial_keypoints.looking import looker
from facial_keypoints.metrics import FAILURE, nme, point_errors
from facial_keypoints.norms import interocular
from facial_keypoints.options import PredictOptions
from facial_keypoints.own_pictures import PictureFile, read_upright
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.searching import SEARCHED, box_finder, candidates, shrunk, yunet_boxes

PROJECT = Path(__file__).parents[1]
FOUND = 0.4  # overlap of a box with a face's own
SURE = 0.8  # score of YuNet, above which a place holds a face, labelled or not
SAME_PLACE = 0.3
SWEPT = {
    "512 px": (Search(512, False, 3),),
    "512 px, 5 neighbours": (Search(512, False, 5),),
    "1000 px": (Search(1000, False, 4),),
    "512 px, mirrored too": (Search(512, False, 3), Search(512, True, 3)),
    "all that are used": SEARCHES,
}
Boxes = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--yunet", type=Path, help="YuNet's file, which also tells of unlabelled faces")
    parser.add_argument("--split", default="validation", choices=("train", "validation", "test"))
    parser.add_argument("--photographs", type=int, default=0, help="at most so many, evenly spread; 0: all")
    parser.add_argument("--imglab", type=Path, nargs="+", help="label files of other photographs, beside them")
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--variant", default="best", help="of finetune_resnet, whose confidence judges the places")
    arguments = parser.parse_args()
    bootstrap_project(PROJECT)
    with KedroSession.create(project_path=PROJECT) as session:
        context = session.load_context()
        archive, faces = context.catalog.load("ibug_raw"), context.catalog.load("ibug_faces")
        options: PredictOptions = context.params["predict"]
        parts = [] if arguments.sweep else ["checkpoint", "calibration"]
        network = [context.catalog.load(f"finetune_resnet.{arguments.variant}.{part}") for part in parts]
    if arguments.imglab:
        scene = scene_of_imglab(arguments.imglab)
    else:
        shift = network[0].frame.label_shift if network else 0.0
        scene = scene_of_split(archive, faces, arguments.split, arguments.photographs, shift)
    labelled = sum(map(len, scene.boxes.values()))
    where = "other photographs" if arguments.imglab else f"split {arguments.split}"
    click.echo(f"{len(scene.pictures)} photographs, {labelled} labelled faces, {where}")
    if arguments.yunet:
        scene = scene._replace(surely=faces_surely_there(scene.pictures, arguments.yunet))
    if arguments.sweep:
        rows = [
            {"searches": name, **sweep_row(SWEPT[name], scene.pictures, scene.boxes, scene.surely, options)}
            for name in SWEPT
        ]
        click.echo(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))
        return
    labels = {file: np.pad(boxes, ((0, 0), (0, 1)), constant_values=np.nan) for file, boxes in scene.boxes.items()}
    in_labels = errors_by_face(found_faces(with_detector(options, "lbp", None), network, scene, labels), network, scene)
    rows = [
        {"detector": "the labels' boxes", "faces": len(in_labels), "found": len(in_labels), "NME": in_labels.mean()}
    ]
    for name in ["lbp"] + (["yunet"] if arguments.yunet else []):
        chosen = with_detector(options, name, arguments.yunet)
        rows += judged_rows(name, chosen, network, scene, in_labels)
    click.echo(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))


class Scene(NamedTuple):
    """Photographs, and by their names the labels' boxes (M, 4), their points (M, K, 2), boxes of faces surely there.

    shift: how far to the right labels lie, in pixels.
    """

    pictures: list[PictureFile]
    boxes: dict[str, Boxes]
    points: dict[str, NDArray[np.floating]]
    surely: dict[str, Boxes]
    shift: float


def scene_of_split(archive: Archive, faces: FaceSet, split: str, count: int, shift: float) -> Scene:
    """Photographs of 300-W; count: at most so many, evenly spread, 0 for all."""
    labelled = faces.table[faces.table["split"] == split]
    files = list(dict.fromkeys(labelled["file"]))
    if count:
        files = [files[row] for row in np.linspace(0, len(files) - 1, min(count, len(files))).astype(int)]
    boxes = {file: labelled.loc[labelled["file"] == file, BOX].to_numpy(np.float64) for file in files}
    points = faces.source_keypoints
    true_points = {file: points[labelled.index[labelled["file"] == file]] for file in files}
    return Scene([PictureFile(file, archive / file) for file in files], boxes, true_points, dict(boxes), shift)


def scene_of_imglab(files: list[Path]) -> Scene:
    """Photographs that imglab's files describe, with all faces' boxes and 68 points."""
    pictures: dict[str, PictureFile] = {}
    boxes: dict[str, list[Boxes]] = {}
    points: dict[str, list[NDArray[np.floating]]] = {}
    for path in files:
        for face in imglab_faces(path, IBUG_68):
            if face.box is None or face.points is None:
                raise SystemExit(f"{path}: {face.file}: a face without box or points, expected both. Leave it out.")
            pictures[face.file] = PictureFile(face.file, path.parent / face.file)
            boxes.setdefault(face.file, []).append(np.asarray(face.box, np.float64))
            points.setdefault(face.file, []).append(face.points)
    stacked = {name: np.stack(found) for name, found in boxes.items()}
    true_points = {name: np.stack(found) for name, found in points.items()}
    return Scene(list(pictures.values()), stacked, true_points, dict(stacked), shift=0.0)


def with_detector(options: PredictOptions, name: str, file: Path | None) -> PredictOptions:
    yunet = replace(options.yunet, file=str(file)) if file else options.yunet
    return replace(options, detector=name, yunet=yunet, boxes="")


def faces_surely_there(pictures: list[PictureFile], file: Path) -> dict[str, Boxes]:
    """YuNet's boxes with a high score."""
    yunet, found = Yunet(file), {}
    for picture in pictures:
        boxes = seen_boxes(picture, lambda seen: yunet_boxes(yunet, seen))
        found[picture.name] = boxes[boxes[:, 4] >= SURE][:, :4]
    return found


def seen_boxes(picture: PictureFile, detect: Callable[[NDArray[np.uint8]], Boxes]) -> Boxes:
    """A detector's own boxes (M, 5) in pixels of the photograph."""
    whole, _ = read_upright(picture.path)
    boxes = detect(shrunk(whole, SEARCHED))
    return boxes * np.array([*[max(1.0, max(whole.size) / SEARCHED)] * 4, 1.0])


def sweep_row(
    searches: tuple[Search, ...],
    pictures: list[PictureFile],
    truth: dict[str, Boxes],
    surely: dict[str, Boxes],
    options: PredictOptions,
) -> dict[str, float]:
    """What some searches of the cascade find, and how its boxes lie to those of the labels."""
    started = time.process_time()
    own = {picture.name: seen_boxes(picture, lambda seen: lbp_boxes(seen, searches))[:, :4] for picture in pictures}
    seconds = (time.process_time() - started) / len(pictures)
    found = {file: like_those_of_labels(boxes, options.lbp) for file, boxes in own.items()}
    return counts(found, truth, surely) | fit(own, truth) | {"CPU s a picture": seconds}


def fit(own: dict[str, Boxes], truth: dict[str, Boxes]) -> dict[str, float]:
    """Medians over found faces: side of a label's box in sides of the detector's, and how far its centre lies below."""
    sides, downs, rights = [], [], []
    for file, faces in truth.items():
        for face in faces:
            shares = overlaps(own[file], face) if len(own[file]) else np.zeros(1)
            if shares.max() < SAME_PLACE:
                continue
            box = own[file][shares.argmax()]
            side = np.sqrt(box[2] * box[3])
            right, down = (face[:2] + face[2:] / 2 - box[:2] - box[2:] / 2) / side
            sides.append(np.sqrt(face[2] * face[3]) / side)
            downs.append(down)
            rights.append(right)
    return {"side": float(np.median(sides)), "down": float(np.median(downs)), "right": float(np.median(rights))}


def counts(found: dict[str, Boxes], truth: dict[str, Boxes], surely: dict[str, Boxes]) -> dict[str, float]:
    """How many of the labelled faces were found, and how many places hold none."""
    hits = sum(
        bool(len(found[file])) and overlaps(found[file], face).max() >= FOUND
        for file, faces in truth.items()
        for face in faces
    )
    false = sum(
        overlaps(np.concatenate([truth[file], surely[file]]), box).max(initial=0) < SAME_PLACE
        for file, boxes in found.items()
        for box in boxes
    )
    return {"faces": sum(map(len, truth.values())), "found": hits, "false": false}


def found_faces(
    options: PredictOptions, network: list, scene: Scene, given: dict[str, Boxes] | None = None
) -> pd.DataFrame:
    """The table of what `predict` finds, nothing left out."""
    looks = looker(network[0], options.rounds, options.flip_average, options.device)
    places = candidates(scene.pictures, box_finder(options, given), looks.cut)
    return table_of_found(places, looks, network[1], options.batch_size)


def judged_rows(
    name: str, options: PredictOptions, network: list, scene: Scene, in_labels: NDArray[np.float64]
) -> list[dict[str, object]]:
    """A row for the detector alone, and one for what the network's confidence leaves of its places."""
    table = found_faces(options, network, scene)
    rows: list[dict[str, object]] = []
    for least, what in ((0.0, name), (options.least_confidence, f"{name}, confidence from {options.least_confidence}")):
        kept = faces_kept(table, network[0].scheme, least) if least else table
        kept = kept[kept["reason"].isna()]
        found = {file: kept.loc[kept["file"] == file, BOX].to_numpy(np.float64) for file in scene.boxes}
        errors = errors_by_face(kept, network, scene)
        was_found = np.isfinite(errors)
        row = {"detector": what, **counts(found, scene.boxes, scene.surely)}
        row |= {"NME": errors[was_found].mean(), "same, labels' boxes": in_labels[was_found].mean()}
        row |= {"failed": int((errors[was_found] > FAILURE).sum())}
        rows.append(row)
    return rows


def errors_by_face(table: pd.DataFrame, network: list, scene: Scene) -> NDArray[np.float64]:
    """NME of each labelled face in the row whose box is nearest to its own; NaN where none is near."""
    scheme, shift = network[0].scheme, np.array([scene.shift, 0.0])
    errors = []
    for file, faces in scene.boxes.items():
        rows = table[(table["file"] == file) & table["reason"].isna()]
        for face, truth in zip(faces, scene.points[file], strict=True):
            shares = overlaps(rows[BOX].to_numpy(np.float64), face)
            if shares.max(initial=0) < FOUND:
                errors.append(np.nan)
                continue
            points = keypoints_of(rows.iloc[[shares.argmax()]], scheme) + shift
            errors.append(float(nme(point_errors(points, truth[None]), interocular(truth[None], scheme))[0]))
    return np.array(errors)


if __name__ == "__main__":
    main()
