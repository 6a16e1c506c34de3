"""danes_augmented or danes_faces -> (checkpoint, history, steps) -> figures, for each variant; all curves in one"""

from kedro.pipeline import Pipeline

from facial_keypoints.pipelines.train_face.nodes import draw_inputs, train
from facial_keypoints.pipelines.variant_pipeline import danes_to_learn_from, training_pipeline


def create_pipeline() -> Pipeline:
    """One namespace a variant: the keys of `parameters_train_face.yml`."""
    return training_pipeline("train_face", train, draw_inputs, faces=danes_to_learn_from)
