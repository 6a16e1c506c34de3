"""A face set as the data set inputs of an MLflow run: what was learnt from, and what the epoch was chosen by."""

import json
from typing import Any

from facial_keypoints.faces import TRAIN, VALIDATION, FaceSet
from facial_keypoints.protocol import manifest

DTYPES = {"images": "uint8", "keypoints": "float32"}
CONTEXTS = {TRAIN: "training", VALIDATION: "validation"}  # MLflow's words


def face_set_inputs(faces: FaceSet, name: str, source: str) -> list[dict[str, Any]]:
    """What MLflow's Dataset says of each of the two splits, and its `context`.  No picture is read.

    name: of the set in the catalog.  source: where it lies.  The digest is the manifest of the split's faces.
    """
    inputs = []
    for split, context in CONTEXTS.items():
        rows = (faces.table["split"] == split).to_numpy()
        count = int(rows.sum())
        shapes = {"images": (count, *faces.images.shape[1:]), "keypoints": (count, *faces.keypoints.shape[1:])}
        inputs.append(
            {
                "context": context,
                "name": name,
                "digest": manifest(faces, rows=rows),
                "source_type": "local",
                "source": json.dumps({"uri": source}),
                "schema": json.dumps(schema(shapes)),
                "profile": json.dumps(
                    {
                        "split": split,
                        "groups": faces.table.loc[rows, "group"].nunique(),
                        "scheme": faces.scheme.name,
                        **{f"{key}_shape": list(shape) for key, shape in shapes.items()},
                    }
                ),
            }
        )
    return inputs


def schema(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """As `mlflow.data` describes arrays: images are the features, keypoints the targets."""
    tensors = {
        key: json.dumps([{"type": "tensor", "tensor-spec": {"dtype": DTYPES[key], "shape": [-1, *shape[1:]]}}])
        for key, shape in shapes.items()
    }
    return {"mlflow_tensorspec": {"features": tensors["images"], "targets": tensors["keypoints"]}}
