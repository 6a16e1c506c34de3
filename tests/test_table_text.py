import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facial_keypoints.table_text import decimals, interval_text, number_text, table_as_text

DASH = "\N{EN DASH}"


def texts(*values: object) -> list[str]:
    return table_as_text(pd.DataFrame({"column": list(values)}))["column"].tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((3.28, 5.114, 16.2), ["3.28", "5.11", "16.20"]),
        ((6.5, 13.5, 7.02, 13.7), ["6.50", "13.50", "7.02", "13.70"]),  # baselines take no digits from the others
        ((38.24, 2.3, 59.8), ["38.2", "2.3", "59.8"]),
        ((1234.5, 999.9), ["1234", "1000"]),
        ((0.000236, 0.0025), ["0.000236", "0.002500"]),
        ((165, 121), ["165", "121"]),
        ((165.0, np.nan, 121.0), ["165", DASH, "121"]),
        ((0.0, 0.0), ["0", "0"]),
        ((5.11, 6.2, 7.3, 8.4, 9, 0.0001, 0), ["5.11", "6.20", "7.30", "8.40", "9.00", "<0.01", "0.00"]),
        ((-5.11, 6.2, 7.3, 8.4, 9, -0.0001), ["-5.11", "6.20", "7.30", "8.40", "9.00", ">-0.01"]),
        ((5.11, np.inf), ["5.11", "inf"]),
        (("lr_1e-3", None), ["lr_1e-3", DASH]),
        ((True, False), ["True", "False"]),
    ],
)
def test_a_column_has_the_decimals_that_its_lower_quartile_needs_for_three_digits(values, expected):
    assert texts(*values) == expected


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=9))
def test_the_lower_quartile_is_shown_to_three_digits(values):
    column = pd.Series(values)
    quartile = float(np.quantile(values, 0.25))
    if not (column == column.round()).all():
        assert float(number_text(quartile, decimals(column))) == pytest.approx(quartile, rel=0.0051)


def test_p_values_have_four_decimals():
    table = table_as_text(pd.DataFrame({"p": [0.18, 0.000049], "p_holm": [1.0, 0.0001]}))
    assert table.to_numpy().tolist() == [["0.1800", "1.0000"], ["<0.0001", "0.0001"]]


def test_an_interval_stands_in_the_cell_of_what_it_belongs_to():
    table = pd.DataFrame({"variant": ["a"], "nme_low": [4.8], "nme": [5.114], "nme_high": [5.449], "px_low": [1.5]})
    text = table_as_text(table)
    assert text.columns.tolist() == ["variant", "nme", "px_low"]  # px_low alone is a column like others
    assert text.iloc[0].tolist() == ["a", f"5.11 (4.80{DASH}5.45)", "1.50"]


def test_the_dash_of_an_interval_is_never_taken_for_a_sign():
    assert interval_text(-0.31, -0.52, 0.1, 2) == "-0.31 (-0.52 to 0.10)"


@pytest.mark.parametrize(("row", "text"), [((5.1, np.nan, 6), "5.10"), ((np.nan, np.nan, np.nan), DASH)])
def test_what_has_no_interval_stands_alone(row, text):
    assert interval_text(*row, 2) == text


def test_the_table_that_was_given_is_left_as_it_was_and_its_index_does_not_matter():
    table = pd.DataFrame({"nme": [5.11, 6.12]}, index=[7, 7])
    before = table.copy()
    assert table_as_text(table)["nme"].tolist() == ["5.11", "6.12"]
    pd.testing.assert_frame_equal(table, before)


def test_a_table_without_rows_keeps_its_columns():
    assert table_as_text(pd.DataFrame({"nme": [], "variant": []})).shape == (0, 2)
