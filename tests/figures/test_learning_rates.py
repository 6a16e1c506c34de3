import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.testing import assert_allclose

from facial_keypoints.figures.learning_rates import learning_rate_curve

RATES = np.geomspace(1e-6, 1, 7)
SHARES = np.array([1, 0.9, 0.5, 0.3, 0.25, 2, 3])  # three quarters of the way to 0.25, 0.354, are done at 0.001


def table(shares: np.ndarray = SHARES) -> pd.DataFrame:
    return pd.DataFrame({"learning_rate": RATES, "loss": 8 * shares, "untrained": 4.0, "smoothed": shares})


def drawn(given: pd.DataFrame | None = None) -> Figure:
    figure = learning_rate_curve(table() if given is None else given, 2e-3, title="train_nose.best")
    figure.draw_without_rendering()
    return figure


def line(axes: Axes, label: str) -> Line2D:
    (found,) = (line for line in axes.lines if str(line.get_label()).startswith(label))
    return found


def test_the_title_says_the_variant_and_the_proposal():
    assert drawn().get_suptitle() == "train_nose.best, loss while the learning rate rises. Proposed: 0.001"


def test_losses_are_shares_of_the_untrained_networks_by_rate_both_logarithmic():
    (axes,) = drawn().axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert_allclose(line(axes, "each step").get_xydata(), np.stack([RATES, 2 * SHARES], axis=1))
    assert_allclose(line(axes, "smoothed").get_xydata(), np.stack([RATES, SHARES], axis=1))
    assert line(axes, "each step").get_linewidth() < line(axes, "smoothed").get_linewidth()


def test_a_star_on_the_curve_is_the_proposal_and_the_variants_own_rate_is_dotted():
    (axes,) = drawn().axes
    star = line(axes, "proposed: 0.001, where 75% of the fall is done")
    assert star.get_marker() == "*"
    assert_allclose(star.get_xydata(), [[0.001, 0.3]])
    own = line(axes, "the variant's own: 0.002")
    assert set(own.get_xdata()) == {2e-3}
    assert own.get_linestyle() == ":"


def test_one_step_that_is_far_off_does_not_press_the_curve_flat():
    spiked = table()
    spiked.loc[3, "loss"] = 1e9
    assert drawn(spiked).axes[0].get_ylim()[1] < 10


def test_without_a_proposal_the_title_says_so_and_none_is_marked():
    figure = drawn(table(np.linspace(1, 3, 7)))
    assert figure.get_suptitle().replace("\n", " ").endswith("Proposed: none, since the loss hardly falls")
    assert len(figure.axes[0].lines) == 3
