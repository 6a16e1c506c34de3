"""An ONNX network with convolutions in int8: a quarter of the multiplications' width, for the CPUs that have them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError
from facial_keypoints.exporting.onnx_file import THAT_FIT
from facial_keypoints.exporting.program import INPUT
from facial_keypoints.models.two_looks import TwoLooks

BATCH = 8  # pictures, while ranges are measured
HEAD = "head."  # weights whose convolutions stay in fp32: they give coordinates, to a hundredth of a pixel


def quantised(onnx: bytes, checkpoint: Checkpoint, pictures: NDArray[np.float32]) -> bytes:
    """The network with weights in int8, a scale for each channel, and what flows between layers in uint8.

    onnx: the checkpoint's network in fp32.
    pictures: (M, C, H, W), of which the ranges of the latter are measured: faces to learn from.
    Raises DataError if the file does not have the heads of the checkpoint's network, which stay in fp32.
    Post-training static quantisation: B. Jacob et al., "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference" (CVPR 2018).
    """
    import onnx as onnx_format
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = iter(np.array_split(pictures, -(-len(pictures) // BATCH)))

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            batch = next(self._batches, None)
            return None if batch is None else {INPUT: batch}

    with TemporaryDirectory() as folder, _quiet():
        given, folded, made = (Path(folder, f"{name}.onnx") for name in ("given", "folded", "made"))
        given.write_bytes(onnx)
        quant_pre_process(given, folded, skip_symbolic_shape=True)  # batch normalisation becomes part of convolutions
        heads = _of_heads(onnx_format.load(folded), checkpoint)
        quantize_static(
            folded,
            made,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=heads,
        )
        return _stored_once(onnx_format.load(made))


def _of_heads(model: Any, checkpoint: Checkpoint) -> list[str]:
    """Names of the convolutions of the heads: a network that looks twice has one for each look, others have none."""
    found = [node.name for node in model.graph.node if node.op_type == "Conv" and any(HEAD in x for x in node.input)]
    network = checkpoint.model()
    expected = 1 + network.looks if isinstance(network, TwoLooks) else 0
    if len(found) != expected:
        raise DataError(
            f"{checkpoint.training.name}: {len(found)} convolutions of its ONNX file have weights with {HEAD!r} in "
            f"their name, expected {expected}, one for each look, to be left in fp32. Nothing is written. {THAT_FIT}"
        )
    return found


def _stored_once(model: Any) -> bytes:
    """The file with equal weights stored once: a network that looks twice would hold its own twice."""
    import onnx_ir
    from onnx_ir.passes.common import DeduplicateInitializersPass

    shrunk = DeduplicateInitializersPass(size_limit=2**31)(onnx_ir.from_proto(model)).model
    content: bytes = onnx_ir.to_proto(shrunk).SerializeToString()
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """Without ONNX Runtime's log lines on the root logger about how files could be prepared."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)
