import pandas as pd
import pytest

from facial_keypoints.errors import DataError
from facial_keypoints.splits import completed_splits, drawn_groups


def table(groups: list[str], splits: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"group": groups, "split": splits})


def completed(groups: list[str], splits: list[str | None], seed: int = 0) -> list[str]:
    return list(completed_splits(table(groups, splits), validation_fraction=0.2, test_fraction=0.2, seed=seed))


def test_drawn_groups_hold_about_the_fraction_of_all_faces():
    groups = pd.Series([f"g{row // 3}" for row in range(300)])
    drawn = drawn_groups(groups, 0.1, seed=0)
    assert 27 <= groups.isin(drawn).sum() <= 30


def test_another_seed_draws_others():
    groups = pd.Series([f"g{row}" for row in range(100)])
    assert set(drawn_groups(groups, 0.1, seed=0)) == set(drawn_groups(groups, 0.1, seed=0))
    assert set(drawn_groups(groups, 0.1, seed=0)) != set(drawn_groups(groups, 0.1, seed=1))


@pytest.mark.parametrize("seed", range(20))
def test_a_group_too_large_for_the_fraction_is_not_drawn(seed):
    groups = pd.Series(["family"] * 900 + [f"g{row // 3}" for row in range(90)])
    drawn = drawn_groups(groups, 0.1, seed)
    assert "family" not in drawn
    assert groups.isin(drawn).sum() <= 99


def test_where_every_group_is_too_large_the_smallest_is_drawn():
    assert list(drawn_groups(pd.Series(["a"] * 50 + ["b"] * 40), 0.1, seed=0)) == ["b"]


def test_a_set_that_is_for_testing_alone_stays_so():
    assert completed(list("abc"), ["test"] * 3) == ["test"] * 3


def test_without_statements_all_three_splits_are_drawn():
    assert sorted(completed(list("abcde"), [None] * 5)) == ["test", "train", "train", "train", "validation"]


def test_stated_splits_are_kept_and_only_validation_is_drawn():
    result = completed(list("abcde"), ["test", None, "train", "train", "train"])
    assert result[0] == "test"
    assert sorted(result[1:]) == ["train", "train", "train", "validation"]


def test_faces_without_a_statement_go_where_their_group_goes():
    assert completed(["a", "a", "b", "c", "d"], [None, "validation", "train", "train", "test"])[0] == "validation"


def test_a_group_in_two_splits_is_refused():
    with pytest.raises(DataError, match="b: found one group in two splits"):
        completed(list("abb"), ["train", "train", "test"])


def test_too_few_groups_are_refused():
    with pytest.raises(DataError, match="found 2 groups of faces, too few to draw validation"):
        completed(list("ab"), [None, None])
