"""ibug_faces or own_faces -> (checkpoint, history, steps) -> figures, for each variant; all curves in one figure"""

from kedro.pipeline import Pipeline

from facial_keypoints.pipelines.finetune_resnet.nodes import draw_inputs, finetune
from facial_keypoints.pipelines.variant_pipeline import cut_faces_to_learn_from, training_pipeline


def create_pipeline() -> Pipeline:
    """One namespace a variant: the keys of `parameters_finetune_resnet.yml`."""
    return training_pipeline("finetune_resnet", finetune, draw_inputs, faces=cut_faces_to_learn_from)
