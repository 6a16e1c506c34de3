from facial_keypoints import evaluation
from facial_keypoints.figures import PREDICTION, TRUTH
from facial_keypoints.figures.model_styles import BASELINE, COLOURS, MEAN_SHAPE, model_styles


def test_models_differ_from_each_other_from_baselines_and_from_truth_and_prediction():
    models = [f"train_face.lr_{rate}" for rate in range(2 * len(COLOURS))]
    styles = model_styles(models)
    assert len(set(styles.values())) == len(models)
    assert not {BASELINE, TRUTH, PREDICTION} & {style.color for style in styles.values()}


def test_a_mean_shape_is_grey_and_dashed_and_takes_no_colour_from_a_model():
    alone = model_styles(["first", "second"])
    beside = model_styles(["first", "finetune_resnet.mean_shape", "second"])
    assert beside["finetune_resnet.mean_shape"] == (BASELINE, "--")
    assert alone.items() <= beside.items()


def test_the_baselines_are_called_as_the_evaluation_calls_them():
    assert MEAN_SHAPE == evaluation.MEAN_SHAPE
