"""The tables of an evaluation against plain loops over random predictions."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from facial_keypoints.baselines import BASELINES
from facial_keypoints.errors import ProtocolError
from facial_keypoints.evaluation import (
    BREAKDOWN,
    LEADERBOARD,
    PAIRS,
    SIZE_EDGES,
    SUMMARY,
    between,
    error_breakdown,
    leaderboard,
    paired_tests,
    protocol_of,
    protocol_of_row,
)
from facial_keypoints.faces import TEST, UNLABELLED, VALIDATION
from facial_keypoints.predictions import joined, no_predictions
from facial_keypoints.resampling import bootstrap_intervals, paired_test
from tests.predictions import FACES, PROTOCOL, measured_by, predictions
from tests.shapes import FIVE


def shuffled(table: pd.DataFrame) -> pd.DataFrame:
    return table.sample(frac=1, random_state=5, ignore_index=True)


def interval(values: list[float], faces: list[dict]) -> tuple[float, float]:
    groups = [face["group"] for face in faces]
    ((low, high),) = bootstrap_intervals(np.array(values)[:, None], groups)
    return low, high


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def percentile(values: list[float], percent: float) -> float:
    """Interpolated linearly between the two next in rank."""
    ranked, place = sorted(values), percent / 100 * (len(values) - 1)
    low, high = math.floor(place), math.ceil(place)
    return ranked[low] + (place - low) * (ranked[high] - ranked[low])


def by_loops(faces: list[dict]) -> dict[str, float]:
    """Every column of the summary by its definition."""
    nme, px = [face["nme"] for face in faces], [face["px"] for face in faces]
    of_each = {"nme": nme, "px": px}
    for threshold in (8, 10):
        of_each[f"auc_{threshold}"] = [100 * max(0, 1 - error / threshold) for error in nme]
        of_each[f"fr_{threshold}"] = [100.0 * (error > threshold) for error in nme]
    expected = {f"nme_p{percent}": percentile(nme, percent) for percent in (90, 95, 99)}
    expected["px_median"] = percentile(px, 50)
    for name, values in of_each.items():
        expected[name] = mean(values)
        expected[f"{name}_low"], expected[f"{name}_high"] = interval(values, faces)
    return expected | {name: mean([face[name] for face in faces]) for name in ("px_x", "px_y", "mse")}


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 10_000))
def test_each_figure_of_the_leaderboard_is_what_its_definition_says(seed):
    table = predictions(seed=seed)
    board = leaderboard(table).set_index("subset")
    assert set(board.index) == {"full", "common", "challenging"}
    for subset, row in board.iterrows():
        faces = [face for face in table.to_dict("records") if subset in ("full", face["subset"])]
        expected = by_loops(faces)
        assert set(expected) == set(SUMMARY)
        assert row["faces"] == len(faces)
        assert_allclose(row[list(expected)].astype(float), list(expected.values()), err_msg=str(list(expected)))


def test_the_leaderboard_has_its_columns_in_their_order():
    assert list(leaderboard(predictions())) == LEADERBOARD


def test_the_lowest_error_comes_first_and_the_test_split_before_validation():
    tables = [
        predictions(name, seed, measured_by(split=split))
        for split in (VALIDATION, TEST)
        for name, seed in (("a", 1), ("b", 2), ("c", 3))
    ]
    board = leaderboard(joined(tables))
    assert list(board["split"].unique()) == [TEST, VALIDATION]
    for _, rivals in board.groupby(["split", "subset"]):
        assert rivals["nme"].is_monotonic_increasing


def test_the_order_of_rows_makes_no_difference_to_the_leaderboard():
    table = joined([predictions("a", 1), predictions("b", 2)])
    assert_frame_equal(leaderboard(shuffled(table)), leaderboard(table))


def test_a_split_of_one_subset_has_one_row():
    assert list(leaderboard(predictions().assign(subset="common"))["subset"]) == ["full"]


def test_faces_without_landmarks_have_no_row():
    unlabelled = predictions("a", 1, measured_by(split=UNLABELLED)).assign(nme=np.nan, px=np.nan)
    labelled = predictions("a", 1)
    assert_frame_equal(leaderboard(joined([labelled, unlabelled])), leaderboard(labelled))
    assert leaderboard(unlabelled).empty


def test_no_predictions_make_empty_tables():
    assert list(leaderboard(no_predictions())) == LEADERBOARD
    assert list(error_breakdown(no_predictions()))[: len(BREAKDOWN)] == BREAKDOWN
    assert list(paired_tests(no_predictions()))[: len(PAIRS)] == PAIRS


def test_a_row_holds_the_protocol_of_its_faces():
    board = leaderboard(predictions())
    for _, row in board.iterrows():
        assert protocol_of_row(row) == measured_by(subset=row["subset"], faces=row["faces"])


@pytest.mark.parametrize("table", [leaderboard, paired_tests], ids=["leaderboard", "pairs"])
@pytest.mark.parametrize(
    "changed",
    [{"norm": "pupils"}, {"manifest": "ba9876543210"}, {"boxes": "detected"}, {"test_time_augmentation": "flip"}],
    ids=lambda changed: next(iter(changed)),
)
def test_variants_that_were_measured_otherwise_are_not_ranked(table: Callable, changed: dict):
    rivals = joined([predictions("a"), predictions("b", protocol=measured_by(**changed))])
    ((field, value),) = changed.items()
    with pytest.raises(ProtocolError, match=rf"differ in '{field}'.*'{value}' of finetune_resnet\.b"):
        table(rivals)


def test_variants_that_see_or_learnt_otherwise_are_ranked():
    rivals = joined([predictions("a"), predictions("b", 1, measured_by(crop="1.2 sides", weights="epoch 9 of 9"))])
    assert set(leaderboard(rivals)["variant"]) == {"a", "b"}


def test_other_pipelines_data_sets_and_splits_need_not_have_been_measured_alike():
    other = measured_by(norm="pupils", manifest="ba9876543210")
    tables = [
        predictions(),
        predictions(protocol=replace(other, split=VALIDATION)),
        predictions(protocol=other).assign(pipeline="train_face"),
        predictions(protocol=replace(other, data_set="own")).assign(data_set="own"),
    ]
    assert len(leaderboard(joined(tables)).query("subset == 'full'")) == 4


def test_one_variant_measured_in_two_ways_is_refused():
    half = predictions()
    half.loc[:9, "protocol"] = measured_by(norm="pupils").to_json()
    with pytest.raises(ProtocolError, match="norm"):
        leaderboard(half)


def test_the_protocol_of_a_subset_counts_its_faces():
    table = predictions()
    count = int((table["subset"] == "common").sum())
    assert protocol_of(table, "common") == measured_by(subset="common", faces=count)
    assert protocol_of(table) == PROTOCOL


def of(table: pd.DataFrame, by: str) -> pd.DataFrame:
    return table[table["by"] == by].set_index("value")


def test_parts_and_landmarks_are_broken_down_over_all_faces():
    table = predictions()
    broken = error_breakdown(table)
    records = table.to_dict("records")
    for part in FIVE.parts:
        row = of(broken, "part").loc[part]
        values = [face[f"nme/{part}"] for face in records]
        px = [face[f"px/{part}"] for face in records]
        assert_allclose(row[["px", "nme"]].astype(float), [mean(px), mean(values)])
        assert_allclose(row[["nme_low", "nme_high"]].astype(float), interval(values, records))
        assert row["faces"] == FACES
    assert list(of(broken, "landmark").index) == ["00", "01", "02", "03", "04"]
    for index, row in of(broken, "landmark").iterrows():
        px = [
            math.dist((face[f"x{index}"], face[f"y{index}"]), (face[f"true_x{index}"], face[f"true_y{index}"]))
            for face in records
        ]
        values = [100 * distance / face["norm"] for distance, face in zip(px, records, strict=True)]
        assert_allclose(row[["px", "nme"]].astype(float), [mean(px), mean(values)])
        assert_allclose(row[["nme_low", "nme_high"]].astype(float), interval(values, records))


def kinds_by_loops(face: dict) -> dict[str, str]:
    """What kind of face it is, by each thing that is known of it."""
    kinds = {"source": face["source"], "subset": face["subset"]}
    for by, edges, unit in (("turn", (-45, -30, -15, 15, 30, 45), "degrees"), ("face_size", SIZE_EDGES, "px")):
        value = face[by]
        if math.isnan(value):
            continue
        inner = [f"{low} to {high} {unit}" for low, high in pairwise(edges) if low <= value < high]
        kinds[by] = f"below {edges[0]} {unit}" if value < edges[0] else (*inner, f"from {edges[-1]} {unit}")[0]
    return kinds


def test_kinds_of_faces_are_broken_down_over_the_faces_of_each_kind():
    table = predictions()
    broken = error_breakdown(table)
    assert list(broken)[: len(BREAKDOWN)] == BREAKDOWN
    records = table.to_dict("records")
    kinds = [kinds_by_loops(face) for face in records]
    for by in ("source", "subset", "turn", "face_size"):
        rows = of(broken, by)
        assert set(rows.index) == {kind[by] for kind in kinds if by in kind}
        for value, row in rows.iterrows():
            faces = [face for face, kind in zip(records, kinds, strict=True) if kind.get(by) == value]
            values = [face["nme"] for face in faces]
            assert row["faces"] == len(faces)
            assert_allclose(row[["px", "nme"]].astype(float), [mean([face["px"] for face in faces]), mean(values)])
            assert_allclose(row[["nme_low", "nme_high"]].astype(float), interval(values, faces))


def test_the_kinds_of_faces_share_all_faces_of_which_it_is_known():
    table = predictions()
    counts = error_breakdown(table).groupby("by")["faces"].sum()
    for by in ("source", "subset", "turn", "face_size"):
        assert counts[by] == table[by].notna().sum()


def test_what_no_face_has_is_not_broken_down_by():
    broken = error_breakdown(predictions().assign(turn=np.nan, source=None))
    assert set(broken["by"]) == {"part", "landmark", "subset", "face_size"}


def test_types_of_the_danes_are_named():
    types = of(error_breakdown(predictions().assign(type=np.arange(FACES) % 2 * 4.0 + 1)), "type")
    assert types["faces"].to_dict() == {"1: frontal, neutral": FACES // 2, "5: frontal, spot light": FACES // 2}


def test_each_variant_and_split_is_broken_down_by_itself():
    tables = [predictions("a", 1), predictions("b", 2), predictions("a", 3, measured_by(split=VALIDATION))]
    broken = error_breakdown(joined(tables))
    for (variant, split), seed in zip((("a", TEST), ("b", TEST), ("a", VALIDATION)), (1, 2, 3), strict=True):
        own = broken[(broken["variant"] == variant) & (broken["split"] == split)].reset_index(drop=True)
        assert_frame_equal(own, error_breakdown(predictions(variant, seed, measured_by(split=split))))


def test_a_value_on_an_edge_lies_above_it():
    values = pd.Series([63.9, 64, 127.9, 128, np.nan], index=[5, 4, 3, 2, 1])
    words = between(values, (64, 128), "px")
    expected = ["below 64 px", "64 to 128 px", "64 to 128 px", "from 128 px"]
    assert list(words.dropna()) == expected
    assert list(words.index) == list(values.index)
    assert list(words.isna()) == [False] * 4 + [True]


def test_a_pair_is_compared_face_by_face():
    first, second = predictions("a", 1), predictions("b", 2)
    (row,) = paired_tests(joined([first, shuffled(second)])).to_dict("records")
    test = paired_test(first["nme"].to_numpy(), second["nme"].to_numpy(), first["group"].to_numpy())
    assert (row["first"], row["second"], row["split"], row["data_set"]) == ("a", "b", TEST, "ibug")
    assert_allclose(row["difference"], first["nme"].mean() - second["nme"].mean())
    for name in ("low", "high", "p"):
        assert_allclose(row[name], getattr(test, name))
    assert (row["faces"], row["groups"]) == (FACES, FACES // 2)
    assert (row["norm"], row["manifest"]) == (PROTOCOL.norm, PROTOCOL.manifest)


def test_the_other_way_round_the_difference_has_the_other_sign():
    one, other = predictions("a", 1), predictions("b", 2)
    (forth,) = paired_tests(joined([one, other])).to_dict("records")
    (back,) = paired_tests(joined([other, one])).to_dict("records")
    found = [back["difference"], back["low"], back["high"], back["p"]]
    assert_allclose(found, [-forth["difference"], -forth["high"], -forth["low"], forth["p"]])


def test_a_network_does_not_differ_from_its_twin():
    (row,) = paired_tests(joined([predictions("a", 1), predictions("b", 1)])).to_dict("records")
    assert (row["difference"], row["low"], row["high"], row["p"]) == (0, 0, 0, 1)


def test_every_two_networks_are_compared_and_no_baseline():
    names = ["a", "b", "c", *BASELINES]
    table = paired_tests(joined([predictions(name, seed) for seed, name in enumerate(names)]))
    assert list(zip(table["first"], table["second"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert (table["p_holm"] >= table["p"]).all()
    assert_allclose(table["p_holm"].min(), min(1, 3 * table["p"].min()))


def test_tasks_are_compared_apart_and_validation_is_not():
    tables = [
        predictions("a", 1),
        predictions("b", 2),
        predictions("c", 3).assign(pipeline="train_face"),
        predictions("d", 4, measured_by(split=VALIDATION)),
        predictions("e", 5, measured_by(data_set="own")).assign(data_set="own"),
    ]
    (row,) = paired_tests(joined(tables)).to_dict("records")
    assert (row["first"], row["second"]) == ("a", "b")
    assert_allclose(row["p_holm"], row["p"])
