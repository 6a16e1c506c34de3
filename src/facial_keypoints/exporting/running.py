"""Exported files run as others run them: from pictures to points."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from facial_keypoints.exporting.program import INPUT, loaded

BATCH = 16
Pictures = NDArray[np.float32]  # (N, C, H, W) on [0, 1]
Points = NDArray[np.float32]  # (N, K, 2) on [0, 1]
Run = Callable[[Pictures], Points]


def run_program(file: bytes) -> Run:
    """What torch.export's file computes, on the CPU."""
    network = loaded(file).module()

    @torch.inference_mode()
    def run(pictures: Pictures) -> Points:
        points: Points = network(torch.from_numpy(pictures)).numpy()
        return points

    return run


def run_onnx(file: bytes) -> Run:
    """What ONNX Runtime computes on the CPU, by as many threads as torch uses."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def run(pictures: Pictures) -> Points:
        return np.asarray(session.run(None, {INPUT: pictures})[0])

    return run


def in_batches(run: Run, pictures: Pictures) -> Points:
    """The points of all pictures: of the first alone, of the others in batches, so that a fixed size is found out."""
    parts = [pictures[:1], *(pictures[start : start + BATCH] for start in range(1, len(pictures), BATCH))]
    return np.concatenate([run(np.ascontiguousarray(part)) for part in parts if len(part)])
