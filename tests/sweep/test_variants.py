import pytest
from hypothesis import given
from hypothesis import strategies as st

from facial_keypoints.sweep.variants import swept_parameters, variant_of_rate


@pytest.mark.parametrize(
    ("rate", "variant"),
    [
        (1e-2, "lr_1e-2"),
        (0.001, "lr_1e-3"),
        (2.5e-4, "lr_25e-5"),
        (0.3, "lr_3e-1"),
        (0.12, "lr_12e-2"),
        (1.0, "lr_1e0"),
        (1e-10, "lr_1e-10"),
    ],
)
def test_a_variant_is_called_after_its_rate_without_a_dot(rate, variant):
    assert variant_of_rate(rate) == variant


@given(st.floats(min_value=1e-300, max_value=1))
def test_different_rates_have_different_names(rate):
    digits, exponent = variant_of_rate(rate).removeprefix("lr_").split("e")
    assert float(f"{digits}e{exponent}") == rate


def test_options_are_those_of_all_rates_and_other_variants_run_on_request():
    assert swept_parameters("train_nose", [1e-2, 1e-3], {"epochs": 3}, known=["lr_1e-3", "best"]) == {
        "train_nose": {
            "lr_1e-2": {"epochs": 3, "learning_rate": 1e-2, "on_request": False},
            "lr_1e-3": {"epochs": 3, "learning_rate": 1e-3, "on_request": False},
            "best": {"on_request": True},
        }
    }


def test_options_may_be_given_as_kedro_run_takes_them():
    spelt_out = swept_parameters("train_nose", [1e-2], {"train_nose": {"epochs": 3}}, known=[])
    assert spelt_out == swept_parameters("train_nose", [1e-2], {"epochs": 3}, known=[])
