"""A program of torch.export's as an ONNX file."""

from typing import Any

import torch
from torch.export import ExportedProgram

from facial_keypoints.exporting.program import FREE, INPUT, OUTPUT
from facial_keypoints.optional_packages import optional_package

EXTRA = "export"
OPSET = 18  # the first with GridSample in any number of dimensions and with antialiased Resize, by which faces are cut
THAT_FIT = (
    "Versions of torch, onnx, onnxscript and onnxruntime that fit each other are in constraints.txt: "
    f"pip install -c constraints.txt -e '.[{EXTRA}]'"
)


def require_onnx() -> None:
    """Raises MissingInputError if something that exporting needs cannot be imported."""
    for package in ("onnx", "onnx-ir", "onnxscript", "onnxruntime"):
        optional_package(package.replace("-", "_"), package, EXTRA, "exporting networks")


def onnx_of(program: ExportedProgram) -> bytes:
    """One file, weights included. Input `pictures` (N, C, H, W), output `points` (N, K, 2), as the program's; opset 18.

    Raises MissingInputError if onnx or onnxscript cannot be imported.
    """
    require_onnx()
    converted: Any = torch.onnx.export(
        program,
        dynamo=True,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        external_data=False,
        verbose=False,
    )
    model = converted.model_proto
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = FREE
    content: bytes = model.SerializeToString()
    return content
