from pathlib import Path

import pandas as pd

from facial_keypoints.sweep.outcome import COMPLETE, TRAINED, Outcome, as_markdown, as_table, as_text, best_in_words
from facial_keypoints.sweep.plan import Sweep
from facial_keypoints.table_text import NOTHING


def history(*errors: float) -> pd.DataFrame:
    return pd.DataFrame({"epoch": range(1, 1 + len(errors)), "val/nme": errors, "val/px": errors})


def outcome(*bests: float) -> Outcome:
    """Of a sweep of 1e-2, 1e-3, ...; a rate without an error has failed."""
    rates = [10.0 ** -(2 + place) for place in range(len(bests))]
    sweep = Sweep(Path(), None, Path(), "train_nose", rates, {})
    given = dict(zip(sweep.variants, bests, strict=True))
    return Outcome(
        sweep,
        states={name: TRAINED if best < 50 else "no number" for name, best in given.items()},
        histories={name: history(60, best, 50) for name, best in given.items() if best < 50},
        overlay=None,
    )


def test_the_best_rate_is_named_with_its_error_and_epoch():
    assert best_in_words(outcome(9, 5, 7)) == (
        "Best by validation: learning rate 0.001 (train_nose.lr_1e-3), 5.00 % (5.00 px) at epoch 2."
    )


def test_a_best_rate_at_an_end_of_the_sweep_says_where_to_look_further():
    assert best_in_words(outcome(4, 5, 7)).endswith("A higher one may be better still.")
    assert best_in_words(outcome(9, 8, 7)).endswith("A lower one may be better still.")
    assert best_in_words(outcome(9)).endswith("at epoch 2.")


def test_beyond_a_rate_that_failed_nothing_better_is_expected():
    assert best_in_words(outcome(99, 5, 7)).endswith("at epoch 2.")


def test_a_table_has_a_row_for_each_rate_those_that_failed_too():
    table = as_table(outcome(99, 5))
    assert table.to_numpy().tolist() == [
        ["0.01", NOTHING, NOTHING, NOTHING, "no number"],
        ["0.001", "5", "5", "2 of 3", "trained now, the best"],
    ]


def test_on_a_terminal_numbers_stand_below_each_other_and_words_begin_below_each_other():
    assert as_text(outcome(9, 5)).splitlines()[:3] == [
        "learning rate  NME, %  px   epoch",
        "         0.01       9   9  2 of 3  trained now",
        "        0.001       5   5  2 of 3  trained now, the best",
    ]


def test_no_rate_at_all_is_said():
    assert best_in_words(outcome(99, 99)) == "No rate has led anywhere: try lower ones."


def test_a_page_of_mlflow_has_the_same_as_a_markdown_table():
    done = outcome(9, 5, 7)
    done.states["train_nose.lr_1e-2"] = COMPLETE
    lines = as_markdown(done).splitlines()
    assert lines[2] == "| learning rate | NME, % | px | epoch |  |"
    assert lines[4].endswith("| complete before |")
    assert lines[0] == best_in_words(done)
