from facial_keypoints.baselines import BASELINES
from facial_keypoints.figures import PREDICTION, TRUTH
from facial_keypoints.figures.model_styles import BASELINE, COLOURS, model_styles


def test_models_differ_from_each_other_from_baselines_and_from_truth_and_prediction():
    models = [f"train_face.lr_{rate}" for rate in range(2 * len(COLOURS))]
    styles = model_styles(models)
    assert len(set(styles.values())) == len(models)
    assert not {BASELINE, TRUTH, PREDICTION} & {style.color for style in styles.values()}


def test_baselines_are_grey_and_broken_and_take_no_colour_from_a_model():
    alone = model_styles(["first", "second"])
    baselines = [f"finetune_resnet.{name}" for name in BASELINES]
    beside = model_styles(["first", *baselines, "second"])
    assert [beside[name] for name in baselines] == [(BASELINE, "--"), (BASELINE, ":")]
    assert alone.items() <= beside.items()
