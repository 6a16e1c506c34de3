"""Other people's networks, to be compared with ours: files that ONNX Runtime or OpenVINO run, as modules of torch.

They compute on the CPU, in fp32, by as many threads as torch does: what is set for our networks holds for them.

Peers mind how their pictures are shrunk. Authors often do it by cv2.resize, which leaves pixels out and is sharp; of
softer pictures PFLD and MobileFaceNet answer too far to the right and down, by 0.9 and 1.5 of 112 pixels after a
Gaussian blur of one. So give a peer pictures of about twice its input's side: it shrinks them itself, without blur.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError, ShapeError
from facial_keypoints.optional_packages import optional_package

Colour = Literal["rgb", "bgr"]
Batch = NDArray[np.float32]
EXTRA = "peers"


class _Opened(NamedTuple):
    """A file that its runtime has read: the shape of each input, None where it is free, how many outputs, and what
    computes the first output of one batch.
    """

    inputs: list[tuple[int | None, ...]]
    outputs: int
    run: Callable[[Batch], NDArray[np.floating]]


class PeerNetwork(nn.Module):
    """Square pictures (B, 3, H, H), RGB on [0, 1], to points (B, K, 2) on [0, 1] of the picture, B of any size.

    path: a file with one input (N, 3, S, S), N free or 1, and one output of 2K numbers a picture, x before y, in sides
        of the picture.
    colour: the order of the channels that the file expects, on [0, 1]; any other normalisation has to be part of it.
    offset: by how many of the S pixels its answers lie too far to the right and down, which is taken off. To be
        measured on faces for training: half a pixel may be another convention, or an answer to soft pictures.
    Raises MissingInputError if the file or its runtime is not there, DataError if it is another kind of network,
    ConfigurationError for another colour.
    """

    def __init__(self, path: Path | str, colour: Colour = "rgb", offset: float = 0.0) -> None:
        super().__init__()
        if colour not in ("rgb", "bgr"):
            raise ConfigurationError(f"{path}: found colour {colour!r}, expected 'rgb' or 'bgr'.")
        self.path = existing_file(path)
        self.colour = colour
        opened = self._open()
        self._run = opened.run
        self.input_size, self._any_batch = _input_size(self.path, opened)
        self.points = self._count_points()
        self._offset = offset / self.input_size

    def forward(self, pictures: Tensor) -> Tensor:
        """Points (B, K, 2) float32 on the pictures' device.  Raises ShapeError for pictures that are not square RGB."""
        if pictures.ndim != 4 or pictures.shape[1] != 3 or pictures.shape[2] != pictures.shape[3]:
            raise ShapeError(f"{self.path.name}: pictures are {tuple(pictures.shape)}, expected (B, 3, H, H).")
        ordered = pictures.flip(1) if self.colour == "bgr" else pictures
        sharp = resized(ordered.detach().float().cpu(), self.input_size)
        points = torch.from_numpy(self._numbers(sharp.numpy())).to(pictures.device)
        return points.reshape(-1, self.points, 2) - self._offset

    def _numbers(self, batch: Batch) -> Batch:
        """What the file makes of a batch, whole or, where it takes one picture only, one after the other."""
        if len(batch) == 0:
            return np.empty((0, self.points, 2), np.float32)
        parts = [batch] if self._any_batch else np.split(batch, len(batch))
        return np.concatenate([self._run(part) for part in parts]).astype(np.float32)

    def _count_points(self) -> int:
        """K, of what comes out: files need not state it."""
        try:
            shape = self._run(np.zeros((1, 3, self.input_size, self.input_size), np.float32)).shape
        except Exception as error:  # whatever the runtimes raise, see OnnxNetwork
            raise DataError(
                f"{self.path}: it cannot be run on one picture in fp32 ({_last_line(error)}). Export it again."
            ) from error
        numbers = math.prod(shape[1:])
        if len(shape) not in (2, 3) or shape[0] != 1 or numbers % 2 or (len(shape) == 3 and shape[2] != 2):
            raise DataError(
                f"{self.path}: one picture becomes numbers of shape {shape}, expected (1, 2K) or (1, K, 2): x and y of "
                "K points. Give a network that regresses coordinates."
            )
        return numbers // 2

    def _open(self) -> _Opened:
        raise NotImplementedError


class OnnxNetwork(PeerNetwork):
    """A peer of an `.onnx` file, run by ONNX Runtime."""

    def _open(self) -> _Opened:
        runtime = optional_package("onnxruntime", "onnxruntime", EXTRA, str(self.path))
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors; the others are about how the file was made
        try:
            session = runtime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own exceptions have no common ancestor but this
            raise _unreadable(self.path, "ONNX", error) from error
        inputs, outputs = session.get_inputs(), session.get_outputs()

        def run(batch: Batch) -> NDArray[np.floating]:
            return np.asarray(session.run([outputs[0].name], {inputs[0].name: batch})[0])

        shapes = [tuple(size if isinstance(size, int) else None for size in value.shape) for value in inputs]
        return _Opened(shapes, len(outputs), run)


class OpenvinoNetwork(PeerNetwork):
    """A peer of an `.xml` file with its `.bin` beside it, OpenVINO's format."""

    def _open(self) -> _Opened:
        runtime = optional_package("openvino", "openvino", EXTRA, str(self.path))
        weights = existing_file(self.path.with_suffix(".bin"))
        # Left to itself it computes in bf16 or fp16 where a CPU has it, so that errors would depend on the machine.
        settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
        core = runtime.Core()
        try:
            compiled = core.compile_model(core.read_model(self.path, weights), "CPU", settings)
        except RuntimeError as error:
            raise _unreadable(self.path, "OpenVINO", error) from error

        def run(batch: Batch) -> NDArray[np.floating]:
            return np.asarray(compiled(batch)[0])

        shapes = [
            tuple(size.get_length() if size.is_static else None for size in value.partial_shape)
            for value in compiled.inputs
        ]
        return _Opened(shapes, len(compiled.outputs), run)


SUFFIXES: dict[str, type[PeerNetwork]] = {".onnx": OnnxNetwork, ".xml": OpenvinoNetwork}


def load_network(path: Path | str, colour: Colour = "rgb", offset: float = 0.0) -> PeerNetwork:
    """The network of a file, told by its suffix: `.onnx`, or `.xml` with a `.bin` beside it.  Raises as PeerNetwork."""
    kind = SUFFIXES.get(Path(path).suffix.lower())
    if kind is None:
        raise ConfigurationError(
            f"{path}: found suffix {Path(path).suffix!r}, expected {' or '.join(SUFFIXES)}. "
            "Export the network to ONNX: torch.onnx.export."
        )
    return kind(path, colour, offset)


def resized(pictures: Tensor, size: int) -> Tensor:
    """Pictures (B, C, H, H) on [0, 1] as (B, C, size, size), sharp: bicubic, without antialiasing."""
    if len(pictures) == 0 or pictures.shape[-1] == size:
        return pictures
    sharp = functional.interpolate(pictures, (size, size), mode="bicubic", align_corners=False, antialias=False)
    return sharp.clamp(0, 1)  # bicubic overshoots at edges


def existing_file(path: Path | str) -> Path:
    """The path of a file that is there.  Raises MissingInputError."""
    if not Path(path).is_file():
        raise MissingInputError(f"{path}: there is no such file. Put it there, or give the path where it is.")
    return Path(path)


def _input_size(path: Path, opened: _Opened) -> tuple[int, bool]:
    """S, and whether the file takes batches of any size.  Raises DataError for another kind of network."""
    shape = opened.inputs[0] if len(opened.inputs) == 1 else ()
    if (
        opened.outputs != 1
        or len(shape) != 4
        or shape[0] not in (None, 1)
        or shape[1] != 3
        or shape[2] is None
        or shape[2] != shape[3]
    ):
        found = ", ".join(str(tuple(size or "any" for size in value)) for value in opened.inputs)
        raise DataError(
            f"{path}: found inputs {found} and {opened.outputs} output(s), expected one input (N, 3, S, S), N free or "
            "1, S stated, and one output of 2K numbers. Export the network so."
        )
    return shape[2], shape[0] is None


def _unreadable(path: Path, kind: str, error: Exception) -> DataError:
    return DataError(
        f"{path}: this is no network in {kind}'s format, or cut off ({_last_line(error)}). Get or export it again."
    )


def _last_line(error: Exception) -> str:
    """Where the runtimes' many lines say what is the matter."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
