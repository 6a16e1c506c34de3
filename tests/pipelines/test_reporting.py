from functools import cache
from io import StringIO
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from facial_keypoints.errors import ProtocolError
from facial_keypoints.evaluation import LEADERBOARD, error_breakdown, leaderboard, paired_tests
from facial_keypoints.faces import TEST, VALIDATION
from facial_keypoints.pipelines.evaluate.reporting import (
    KINDS,
    MORE,
    PAIRS,
    RANKED,
    chosen_figures,
    errors_of_kind,
    section,
    write_report,
)
from facial_keypoints.predictions import joined
from facial_keypoints.protocol import MEASURED
from facial_keypoints.report import Section
from facial_keypoints.table_text import table_as_text
from tests.options import evaluate_options
from tests.predictions import FACES, PROTOCOL, measured_by, predictions
from tests.shapes import FIVE

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


class Tables(NamedTuple):
    """What `evaluate` hands to the report."""

    leaderboard: pd.DataFrame
    breakdown: pd.DataFrame
    pairs: pd.DataFrame


def tables_of(*tables: pd.DataFrame) -> Tables:
    """As they come back from their files."""
    made = (make(joined(tables)) for make in (leaderboard, error_breakdown, paired_tests))
    files = (StringIO(table.to_csv(index=False)) for table in made)
    return Tables(*(pd.read_csv(file, dtype={"manifest": str}) for file in files))


@cache
def of_two(**changed: str) -> Tables:
    """Of two variants, measured in that way."""
    return tables_of(*(predictions(name, seed, measured_by(**changed)) for name, seed in (("a", 1), ("b", 2))))


def section_of(tables: Tables) -> Section:
    return section("finetune_resnet", "ibug", *tables, figures={})


def test_the_protocol_of_the_test_faces_stands_above_what_was_measured_by_it():
    validation = predictions("a", 3, measured_by(split=VALIDATION, manifest="ba9876543210"))
    found = section_of(tables_of(validation, predictions("a", 1), predictions("b", 2)))
    named = {name: name.replace("_", " ") for name in MEASURED if name != "subset"}
    assert found.protocol == {words: getattr(PROTOCOL, name) for name, words in named.items()}
    assert found.title == "All points of the face, ResNet-18: iBUG 300-W"


def test_the_leaderboard_and_the_other_measures_are_those_of_all_splits_and_subsets():
    tables = tables_of(predictions("a", 1), predictions("b", 2), predictions("a", 3, measured_by(split=VALIDATION)))
    found = section_of(tables)
    assert_frame_equal(found.leaderboard, tables.leaderboard[RANKED])
    assert_frame_equal(found.tables["More measures"], tables.leaderboard[MORE])
    assert len(found.leaderboard) == 9  # three subsets, two variants on test faces and one on validation faces


def test_what_each_variant_saw_is_said_once():
    tables = tables_of(predictions("a", 1), predictions("b", 2, measured_by(crop="1.2 sides")))
    saw = section_of(tables).tables["What each row saw, and where its weights come from"]
    assert dict(zip(saw["variant"], saw["crop"], strict=True)) == {"a": PROTOCOL.crop, "b": "1.2 sides"}
    assert len(saw) == 2


def test_pairs_are_shown_with_the_interval_of_their_difference():
    tables = of_two()
    shown = section_of(tables).tables[PAIRS]
    for name, column in {"difference": "difference", "difference_low": "low", "difference_high": "high"}.items():
        assert_allclose(shown[name], tables.pairs[column])
    assert shown[["first", "second"]].to_numpy().tolist() == [["a", "b"]]
    assert PAIRS not in section_of(tables_of(predictions())).tables


def test_errors_are_shown_by_each_kind_that_has_several():
    known = {"part", "landmark", "source", "subset", "turn", "face_size"}  # of type nothing is known
    shown = section_of(of_two()).tables
    assert {by for by, title in KINDS.items() if title in shown} == known
    assert len(shown[KINDS["landmark"]]) == FIVE.size
    of_one = section_of(tables_of(predictions().assign(source="HELEN"))).tables
    assert KINDS["source"] not in of_one


def test_validation_faces_are_not_among_the_errors_by_kind():
    test = [predictions("a", 1), predictions("b", 2)]
    worse = predictions("a", 3, measured_by(split=VALIDATION))
    worse[["nme", *(name for name in worse if name.startswith("nme/"))]] *= 10
    plain, with_validation = section_of(tables_of(*test)).tables, section_of(tables_of(*test, worse)).tables
    for by in ("part", "source", "subset", "face_size"):
        assert_frame_equal(with_validation[KINDS[by]], plain[KINDS[by]])


def test_errors_of_other_tasks_are_not_among_them():
    own = [predictions("a", 1), predictions("b", 2)]
    others = [
        predictions("a", 3).assign(pipeline="train_face"),
        predictions("a", 4, measured_by(data_set="own")).assign(data_set="own"),
    ]
    alone, beside = tables_of(*own), tables_of(*own, *others)
    board = beside.leaderboard.query("pipeline == 'finetune_resnet' and data_set == 'ibug'")
    assert_frame_equal(
        section_of(beside._replace(leaderboard=board)).tables[KINDS["part"]], section_of(alone).tables[KINDS["part"]]
    )


def test_a_row_of_errors_by_kind_has_each_variants_error_and_its_interval():
    breakdown = of_two().breakdown
    table = errors_of_kind(breakdown[breakdown["by"] == "face_size"]).set_index("value")
    for row in breakdown[breakdown["by"] == "face_size"].to_dict("records"):
        for measure in ("nme", "nme_low", "nme_high"):
            column = f"{row['variant']}, %{measure.removeprefix('nme')}"
            np.testing.assert_equal(table.loc[row["value"], column], row[measure])
        assert table.loc[row["value"], "faces"] == row["faces"]


def test_errors_by_kind_are_read_as_numbers_with_intervals_in_words():
    breakdown = of_two().breakdown
    parts = breakdown[breakdown["by"] == "part"]
    text = table_as_text(errors_of_kind(parts.assign(value="left_" + parts["value"])))
    assert list(text) == ["value", "faces", "a, %", "b, %"]
    assert list(text["value"]) == [f"left {part}" for part in FIVE.parts]
    first = parts.iloc[0]
    interval = f"{first['nme_low']:.2f}\N{EN DASH}{first['nme_high']:.2f}"
    assert text["a, %"][0] == f"{first['nme']:.2f} ({interval})"
    assert text["faces"][0] == str(FACES)


def test_variants_that_are_called_like_ends_of_intervals_have_columns_of_their_own():
    names = ["lr", "lr_low", "lr_high"]
    breakdown = error_breakdown(joined([predictions(name, seed) for seed, name in enumerate(names)]))
    text = table_as_text(errors_of_kind(breakdown[breakdown["by"] == "part"]))
    assert list(text) == ["value", "faces", *(f"{name}, %" for name in names)]


def test_faces_of_one_person_have_errors_without_an_interval():
    breakdown = error_breakdown(predictions().assign(group="somebody"))
    text = table_as_text(errors_of_kind(breakdown[breakdown["by"] == "part"]))
    assert list(text) == ["value", "faces", "a, %"]
    assert not text["a, %"].str.contains("(", regex=False).any()


@pytest.mark.parametrize(
    "changed",
    [{"norm": "pupils"}, {"manifest": "000000000012"}, {"boxes": "detected"}, {"pictures": "640 x 480 px"}],
    ids=lambda changed: next(iter(changed)),
)
@pytest.mark.parametrize("table", ["error_breakdown", "paired_tests"])
def test_a_table_that_was_measured_otherwise_is_not_shown(table: str, changed: dict):
    old, new = of_two(), of_two(**changed)
    mixed = new._replace(breakdown=old.breakdown) if table == "error_breakdown" else new._replace(pairs=old.pairs)
    with pytest.raises(ProtocolError) as raised:
        write_report(*mixed, evaluate_options())
    ((field, value),) = changed.items()
    message = str(raised.value)
    assert f"differ in {field!r}" in message
    assert f"{getattr(PROTOCOL, field)!r} of {table};" in message
    assert f"{value!r} of leaderboard" in message
    assert "kedro run --pipelines evaluate" in message


def test_pairs_of_test_faces_are_not_shown_beneath_errors_of_validation_faces():
    only_validation = tables_of(predictions("a", 1, measured_by(split=VALIDATION)))
    with pytest.raises(ProtocolError, match="'split'"):
        write_report(*only_validation._replace(pairs=of_two().pairs), evaluate_options())


def test_each_task_is_reported_by_its_own_protocol():
    other = measured_by(data_set="own", norm="pupils", manifest="ba9876543210")
    tables = tables_of(predictions(), predictions("mine", 2, other).assign(data_set="own"))
    page = write_report(*tables, evaluate_options(heading="drawn faces"))
    assert "<h1>Evaluation of facial keypoints: drawn faces</h1>" in page
    assert "<dd>pupils</dd>" in page
    assert "<dd>outer_eye_corners</dd>" in page


def test_a_variant_that_is_gone_from_the_breakdown_is_no_reason_to_refuse():
    tables = of_two()
    some = tables._replace(breakdown=tables.breakdown[tables.breakdown["variant"] == "a"], pairs=tables.pairs[:0])
    assert set(section_of(some).leaderboard["variant"]) == {"a", "b"}
    assert set(tables.breakdown["split"]) == {TEST}
