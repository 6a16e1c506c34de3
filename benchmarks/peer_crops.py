"""How other people's networks are best given faces: what `evaluate.peers` in conf/base rests on.

    python benchmarks/peer_crops.py <the peers' folder> <the detector's file> [--faces 250]

Reads the ingested training faces of 300-W; needs `pip install 'facial-keypoints[peers]'`. Prints two tables, both of
the same faces: NME by outer eye corners in percent, and the bias of all points in pixels of the network's own input.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from facial_keypoints.detection import nearest_boxes
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import TRAIN, FaceSet
from facial_keypoints.geometry import Crop, compose, crop_boxes, crop_matrix, cut, inverse, transform_points
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.metrics import nme, point_errors
from facial_keypoints.options import PeerOptions
from facial_keypoints.peers import PeerNetwork, load_network

PROJECT = Path(__file__).parents[1]
AROUND_LANDMARKS, AROUND_LABELLED, AROUND_DETECTED = (1.2, 0.0), (1.2, 0.10), (1.1, 0.13)  # scale, shift_down

Boxes = NDArray[np.floating]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers_folder", type=Path)
    parser.add_argument("detector", help="YuNet's file")
    parser.add_argument("--faces", type=int, default=250, help="at most so many, evenly spread over the training faces")
    arguments = parser.parse_args()
    faces, peers = project_inputs()
    faces = evenly_spread(faces, arguments.faces)
    detected = nearest_boxes(faces, arguments.detector)
    found = np.isfinite(detected).all(axis=1)
    faces, detected = faces.select(found), detected[found]
    click.echo(f"{len(faces)} training faces; {(~found).sum()} more, which the detector missed, are left out")
    for whose, boxes in (("labels", crop_boxes(faces.to_source, faces.crop)), ("detector", detected)):
        right, down = scatter(faces, boxes)
        click.echo(f"landmarks' centre in boxes of the {whose}: scatter {right:.2f} across, {down:.2f} down, in sides")
    by_sampling, by_crop = {}, {}
    for name, peer in peers.items():
        path = arguments.peers_folder / peer.file
        by_sampling[name] = sampling_table(load_network(path, peer.colour), faces, peer.input_size)
        by_crop[name] = crop_errors(load_network(path, peer.colour, peer.offset), faces, detected, peer.input_size)
    click.echo("\nsampling, landmark-centred, without an offset; the bias is to the right and down")
    click.echo(pd.concat(by_sampling, axis=1).to_string(float_format="{:.2f}".format))
    click.echo("\ncrops, NME with the offsets " + ", ".join(f"{peer.offset:g}" for peer in peers.values()))
    click.echo(pd.DataFrame(by_crop).to_string(float_format="{:.2f}".format))


def project_inputs() -> tuple[FaceSet, dict[str, PeerOptions]]:
    """The training faces of 300-W, and the peers of the project's parameters."""
    bootstrap_project(PROJECT)
    with KedroSession.create(project_path=PROJECT) as session:
        context = session.load_context()
        return context.catalog.load("ibug_faces").split(TRAIN), context.params["evaluate"].peers


def evenly_spread(faces: FaceSet, count: int) -> FaceSet:
    return faces.select(np.linspace(0, len(faces) - 1, min(count, len(faces))).round().astype(np.intp))


def sampling_table(network: PeerNetwork, faces: FaceSet, large: int) -> pd.DataFrame:
    """A row for each way from a cut face to the network's input: NME and bias.  large: px that it shrinks itself."""
    boxes, small = landmark_boxes(faces.source_keypoints), network.input_size
    filtered = cut_by_pillow(faces, boxes, Crop(*AROUND_LANDMARKS, small))
    # Of uint8, as the images: what the filter rounds off is below one grey level.
    blurred = replace(filtered, images=gaussian_filter(filtered.images, sigma=(0, 1, 1, 0)))
    ways = {
        f"antialiased warp to {small} px": seen(faces, boxes, AROUND_LANDMARKS, small),
        f"Pillow's bilinear filter to {small} px": seen(filtered, None, AROUND_LANDMARKS, small),
        "the same, then a Gaussian blur of 1 px": seen(blurred, None, AROUND_LANDMARKS, small),
        f"warp to {large} px, then the peer's own bicubic": seen(faces, boxes, AROUND_LANDMARKS, large),
    }
    rows = {}
    for way, examples in ways.items():
        points = predict_unit_points(network, examples)
        right, down = small * (points - examples.unit_keypoints).mean(axis=(0, 1))
        rows[way] = {"NME": mean_nme(points, examples), "right": right, "down": down}
    return pd.DataFrame.from_dict(rows, orient="index")


def crop_errors(network: PeerNetwork, faces: FaceSet, detected: Boxes, size: int) -> pd.Series:
    """The NME for each kind of crop, sampled at `size` pixels.  detected: (N, 4) in pixels of the photographs."""
    labelled = seen(faces, crop_boxes(faces.to_source, faces.crop), AROUND_LABELLED, size)
    first = labelled.to_source_points(predict_unit_points(network, labelled))
    ways = {
        in_words(AROUND_LANDMARKS, "true landmarks"): seen(
            faces, landmark_boxes(faces.source_keypoints), AROUND_LANDMARKS, size
        ),
        in_words(AROUND_LABELLED, "labels' boxes"): labelled,
        in_words(AROUND_DETECTED, "detector's boxes"): seen(faces, detected, AROUND_DETECTED, size),
        "the second, then the first around the prediction": seen(faces, landmark_boxes(first), AROUND_LANDMARKS, size),
    }
    predicted = {way: predict_unit_points(network, examples) for way, examples in ways.items()}
    return pd.Series({way: mean_nme(predicted[way], examples) for way, examples in ways.items()})


def in_words(crop: tuple[float, float], around: str) -> str:
    return f"{crop[0]:g} times the {around}, {crop[1]:g} down"


def seen(faces: FaceSet, boxes: Boxes | None, crop: tuple[float, float], size: int) -> Examples:
    """Faces as seen in squares of (scale, shift_down) around boxes, None for those they were cut around."""
    return Examples(faces, InputFrame(size, size, 3, Crop(*crop, size)), torch.device("cpu"), boxes=boxes)


def cut_by_pillow(faces: FaceSet, boxes: Boxes, crop: Crop) -> FaceSet:
    """The faces cut once more, out of their images, around boxes (N, 4) in pixels of the photographs."""
    to_source = crop_matrix(boxes, crop)
    maps = compose(inverse(faces.to_source), to_source)
    size = (crop.size, crop.size)
    images = [cut(Image.fromarray(image), matrix, size) for image, matrix in zip(faces.images, maps, strict=True)]
    keypoints = transform_points(inverse(maps), faces.keypoints).astype(np.float32)
    return replace(faces, images=np.stack(images), keypoints=keypoints, to_source=to_source, crop=crop)


def landmark_boxes(points: NDArray[np.floating]) -> Boxes:
    """The upright rectangles (N, 4) around points (N, K, 2): left, top, width, height."""
    return np.concatenate([points.min(axis=1), np.ptp(points, axis=1)], axis=1)


def scatter(faces: FaceSet, boxes: Boxes) -> NDArray[np.floating]:
    """Standard deviation across and down, (2,), of the landmarks' centre in boxes (N, 4), in sides of the box."""
    landmarks = landmark_boxes(faces.source_keypoints)
    off = landmarks[:, :2] + landmarks[:, 2:] / 2 - boxes[:, :2] - boxes[:, 2:] / 2
    return (off / np.sqrt(boxes[:, 2:].prod(axis=1))[:, None]).std(axis=0)


def mean_nme(points: NDArray[np.floating], examples: Examples) -> float:
    """Percent, of points (N, K, 2) on [0, 1] of the network's input."""
    errors = point_errors(examples.to_source_points(points), examples.source_keypoints)
    return float(nme(errors, examples.norm).mean())


if __name__ == "__main__":
    main()
