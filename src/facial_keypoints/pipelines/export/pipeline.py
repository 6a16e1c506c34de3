"""checkpoint -> torch.export's program -> ONNX -> ONNX in int8 -> all compared with the checkpoint -> a folder

                     faces to learn from --+        +-- validation faces
                                           v        v
checkpoint --> to_program --> to_onnx --> to_int8   check --> table of the files
                    |            |            |       ^ |
                    +------------+------------+-------+ +--> write --> exported/: model.onnx, model.json, ...

One namespace for each variant of the training pipelines.  Not part of a plain `kedro run`.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.options import VARIANT_OPTIONS
from facial_keypoints.pipelines.export.nodes import check, to_int8, to_onnx, to_program, write
from facial_keypoints.variants import data_set, variants

NAMESPACE = "export"


def create_pipeline() -> Pipeline:
    """Of every variant that is trained: the networks of the others are missing, and left out."""
    return Pipeline(
        [node for pipeline in VARIANT_OPTIONS for name in variants(pipeline) for node in _of(pipeline, name)]
    )


def _of(pipeline: str, variant: str) -> list[Node]:
    name = f"{pipeline}.{variant}"
    checkpoint, faces = f"{name}.checkpoint", f"{data_set(pipeline, variant)}_faces"
    program, onnx, int8 = (f"{name}.{kind}" for kind in ("program", "onnx", "onnx_int8"))
    table = f"{name}.exported_files"
    where = f"{NAMESPACE}.{name}"
    return [
        Node(to_program, checkpoint, program, name="to_program", namespace=where),
        Node(to_onnx, program, onnx, name="to_onnx", namespace=where),
        Node(to_int8, [onnx, checkpoint, faces], int8, name="to_int8", namespace=where),
        Node(check, [checkpoint, faces, program, onnx, int8], table, name="check", namespace=where),
        Node(write, [checkpoint, table, program, onnx, int8], f"{name}.exported", name="write", namespace=where),
    ]
