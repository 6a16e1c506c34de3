import pandas as pd

from facial_keypoints.evaluation import LEADERBOARD
from facial_keypoints.pipelines.evaluate.reporting import chosen_figures

FIGURES = {
    name: name.encode()
    for name in (
        "finetune_resnet__ced",
        "finetune_resnet_own__ced",
        "finetune_resnet__lr_1e-4__good_predictions",
        "finetune_resnet__mine__good_predictions",
    )
}


def board(*variants: str) -> pd.DataFrame:
    """A leaderboard as it comes back from its file, where what is empty is NaN."""
    rows = {"variant": variants, "pipeline": "finetune_resnet", "split": "test", "subset": "full"}
    return pd.DataFrame(rows).reindex(columns=LEADERBOARD)


def test_the_pictures_are_of_the_best_variant_that_has_some():
    chosen = chosen_figures("finetune_resnet", "ibug", board("pfld", "lr_1e-4", "mean_shape"), FIGURES)
    assert [png for _, png in chosen] == [b"finetune_resnet__ced", b"finetune_resnet__lr_1e-4__good_predictions"]
    assert "lr_1e-4" in chosen[1][0]


def test_own_faces_have_the_figures_of_their_own_task():
    chosen = chosen_figures("finetune_resnet", "own", board("mine"), FIGURES)
    assert [png for _, png in chosen] == [b"finetune_resnet_own__ced", b"finetune_resnet__mine__good_predictions"]


def test_without_a_variant_of_ours_there_are_the_tasks_figures_alone():
    chosen = chosen_figures("finetune_resnet", "ibug", board("pfld", "mean_shape"), FIGURES)
    assert [png for _, png in chosen] == [b"finetune_resnet__ced"]
