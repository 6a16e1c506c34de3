"""What an exported network costs on this machine, a face at a time: alone, with its cut, and end to end beside PFLD.

    python benchmarks/serving.py [--variant best] [--faces 60] [--turns 5] [--yunet FILE]

Reads photographs of 300-W's validation split, a checkpoint of finetune_resnet and what `export` has made of it. All
ways are measured face by face, in a random order, so that they meet the same moments of the machine. Each uses as many
threads as there are cores. The cut is that of the example beside the exported files, for PFLD too.

`its passes alone` is the network's trunk and head as often as it looks, without the cuts in between.
End to end: a JPEG is read and decoded, YuNet finds faces at 640 px, each is cut out and given to the network.
"""

import argparse
import json
import os
import runpy
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnxruntime
import pandas as pd
import torch
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from numpy.typing import NDArray
from torch import Tensor, nn

from facial_keypoints.box_fit import BOX
from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.detection import Yunet
from facial_keypoints.evaluated_boxes import like_those_of_labels
from facial_keypoints.models.two_looks import TwoLooks
from facial_keypoints.options import EvaluateOptions, PeerOptions
from facial_keypoints.photographs import read_photograph

PROJECT = Path(__file__).parents[1]
OURS, INT8, PFLD = "fp32", "int8", "PFLD"
PAUSE = 0.01  # seconds before each measurement: ONNX Runtime's threads spin for a while after their work
Picture = NDArray[np.uint8]
Box = NDArray[np.floating]


class Network:
    """A network in ONNX Runtime: `cut_and_run` on a photograph, `run` on what was cut out."""

    def __init__(self, file: Path, about: dict[str, Any], find_points: Callable[..., Any], flipped: bool = False):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name
        self._about, self._find_points, self._flipped = about, find_points, flipped
        self.pictures = np.empty(0, np.float32)  # what was cut out last

    def run(self, names: None, given: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """As a session's own, for the example to call."""
        (self.pictures,) = given.values()
        seen = self.pictures[:, ::-1] if self._flipped else self.pictures
        return [self._session.run(None, {self._name: np.ascontiguousarray(seen)})[0].reshape(1, -1, 2)]

    def cut_and_run(self, picture: Picture, box: Box) -> NDArray[np.floating]:
        points: NDArray[np.floating] = self._find_points(self, self._about, picture, list(box))
        return points


class Passes(nn.Module):
    """The trunk and head of a network that looks twice, as often as that does, each after the one before."""

    def __init__(self, network: TwoLooks) -> None:
        super().__init__()
        self.second, self.looks = network.second, network.looks

    def forward(self, pictures: Tensor) -> Tensor:
        points: Tensor = self.second(pictures)
        for _ in range(self.looks):
            points = self.second(pictures + 0 * points.mean())
        return points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", default="best", help="of finetune_resnet; one that looks twice")
    parser.add_argument("--faces", type=int, default=60)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--yunet", type=Path, help="YuNet's file; without it nothing is measured end to end")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    bootstrap_project(PROJECT)
    with KedroSession.create(project_path=PROJECT) as session:
        context = session.load_context()
        faces = context.catalog.load("ibug_faces").split("validation")
        photographs = context.catalog.load("ibug_raw")
        checkpoint = context.catalog.load(f"finetune_resnet.{arguments.variant}.checkpoint")
        folder = context.catalog.load(f"finetune_resnet.{arguments.variant}.exported").folder
        options: EvaluateOptions = context.params["evaluate"]
    rows = np.linspace(0, len(faces) - 1, min(arguments.faces, len(faces))).astype(int)
    files = [photographs / file for file in faces.table["file"].iloc[rows]]
    boxes = faces.table[BOX].to_numpy(np.float64)[rows]
    networks = exported_networks(folder) | {PFLD: peer(Path(options.peers_folder), options.peers["pfld"], folder)}
    click.echo(f"{len(rows)} validation faces, {arguments.turns} turns, {torch.get_num_threads()} threads")
    costs = a_face(networks, checkpoint, files, boxes, arguments.turns)
    costs["times its passes"] = costs["median ms"] / costs.loc["fp32: its passes alone", "median ms"]
    costs["times fp32"] = costs["median ms"] / costs.loc["fp32", "median ms"]
    click.echo(costs.to_string(float_format="{:.2f}".format))
    if arguments.yunet:
        click.echo(end_to_end(networks, files, Yunet(arguments.yunet), options, arguments.turns))


def exported_networks(folder: Path) -> dict[str, Network]:
    about = json.loads((folder / "model.json").read_text())
    find_points = runpy.run_path(str(folder / "example.py"))["find_points"]
    return {
        name: Network(folder / file, about, find_points)
        for name, file in ((OURS, "model.onnx"), (INT8, "model_int8.onnx"))
        if (folder / file).is_file()
    }


def peer(peers: Path, options: PeerOptions, folder: Path) -> Network:
    """PFLD, cut for by the same code."""
    file = peers / options.file
    shape = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).get_inputs()[0].shape
    about = {
        "input": {"name": "pictures", "shape": shape},
        "crop": {"scale": options.crop_scale, "shift_down": options.shift_down},
    }
    find_points = runpy.run_path(str(folder / "example.py"))["find_points"]
    return Network(file, about, find_points, flipped=options.colour == "bgr")


def a_face(
    networks: dict[str, Network], checkpoint: Checkpoint, files: list[Path], boxes: NDArray[np.floating], turns: int
) -> pd.DataFrame:
    """Median milliseconds of each way; photographs are decoded before."""
    model = checkpoint.model()
    passes = passes_alone(model, checkpoint.training)
    taken: dict[str, list[float]] = {}
    order = np.random.default_rng(0)
    for turn in range(turns + 1):
        for file, box in zip(files, boxes, strict=True):
            picture = read_photograph(file)
            ways: dict[str, Callable[[], object]] = {}
            for name, network in networks.items():
                network.cut_and_run(picture, box)  # untimed: what follows meets warm caches alike
                ways[name] = partial(network.run, None, {"pictures": network.pictures})
                ways[f"{name} with its cut"] = partial(network.cut_and_run, picture, box)
            ways["fp32: its passes alone"] = partial(passes, networks[OURS].pictures)
            ways["torch, eager"] = partial(in_torch, model, torch.from_numpy(networks[OURS].pictures))
            for name in order.permutation(list(ways)):
                time.sleep(PAUSE)
                seconds = timed(ways[name])
                if turn:  # the first one warms up
                    taken.setdefault(name, []).append(1000 * seconds)
    medians = {name: float(np.median(values)) for name, values in sorted(taken.items())}
    return pd.DataFrame({"median ms": medians})


def passes_alone(model: nn.Module, training: Training) -> Callable[[NDArray[np.float32]], object]:
    """Runs the bare passes in ONNX Runtime, on a part of pictures (1, C, H, W), as large as a pass sees.

    Raises SystemExit for a network that does not look twice.
    """
    if not isinstance(model, TwoLooks):
        raise SystemExit(f"{training.name} looks once: its passes are the network itself. Name another --variant.")
    example = torch.zeros(1, 3, *model.size)
    with torch.no_grad():
        made: Any = torch.onnx.export(Passes(model).eval(), (example,), dynamo=True, verbose=False, external_data=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(made.model_proto.SerializeToString(), options)
    name, (height, width) = session.get_inputs()[0].name, model.size
    return lambda pictures: session.run(None, {name: np.ascontiguousarray(pictures[..., -height:, -width:])})


@torch.inference_mode()
def in_torch(model: nn.Module, pictures: Tensor) -> Tensor:
    points: Tensor = model(pictures)
    return points


def end_to_end(
    networks: dict[str, Network], files: Iterable[Path], yunet: Yunet, options: EvaluateOptions, turns: int
) -> str:
    """Pictures a second, from files to points; and what decoding and detecting take of that."""
    taken: dict[str, list[float]] = {}
    found, order = 0, np.random.default_rng(0)
    for turn in range(turns + 1):
        for file in files:
            for name in order.permutation(list(networks)):
                time.sleep(PAUSE)
                started = time.perf_counter()
                picture = read_photograph(file)
                decoded = time.perf_counter()
                boxes = like_those_of_labels(yunet(picture)[:, :4], options.detector)
                detected = time.perf_counter()
                for box in boxes:
                    networks[name].cut_and_run(picture, box)
                ended = time.perf_counter()
                if turn:
                    found += len(boxes)
                    taken.setdefault(name, []).append(ended - started)
                    taken.setdefault("decoding", []).append(decoded - started)
                    taken.setdefault("detecting", []).append(detected - decoded)
    means = {name: np.mean(values) for name, values in taken.items()}
    faces = found / sum(len(taken[name]) for name in networks)
    rates = [f"{name}: {1 / means[name]:.1f} pictures a second" for name in networks]
    parts = [f"{name}: {1000 * means[name]:.1f} ms a picture" for name in ("decoding", "detecting")]
    return "\n".join([f"end to end with YuNet, {faces:.2f} faces a picture", *rates, *parts])


def timed(way: Callable[[], object]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
