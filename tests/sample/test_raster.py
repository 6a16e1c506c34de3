import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facial_keypoints.sample.raster import rasterise

SIZE = (20, 30)
ONE = np.array([[0, 1, 2]])
SQUARE = np.array([(4.0, 3.0), (14.0, 3.0), (14.0, 9.0), (4.0, 9.0)])
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def rows_and_columns(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.divmod(pixels, SIZE[1])


def test_two_triangles_cover_the_pixels_of_their_rectangle_once() -> None:
    seen = rasterise(SQUARE, np.zeros(4), SQUARE, HALVES, SIZE)
    rows, columns = rows_and_columns(seen.pixels)
    assert len(set(seen.pixels.tolist())) == len(seen.pixels) == 10 * 6
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 8, 4, 13)


def test_values_are_interpolated_at_pixel_centres() -> None:
    seen = rasterise(SQUARE, np.zeros(4), SQUARE, HALVES, SIZE)
    rows, columns = rows_and_columns(seen.pixels)
    np.testing.assert_allclose(seen.values, np.column_stack([columns + 0.5, rows + 0.5]), atol=1e-4)


def test_the_nearer_of_two_triangles_is_seen() -> None:
    corners = np.concatenate([SQUARE, SQUARE])
    nearness = np.repeat([1.0, 2.0], 4)
    seen = rasterise(corners, nearness, nearness[:, None], np.concatenate([HALVES + 4, HALVES]), SIZE)
    np.testing.assert_allclose(seen.values, 2)


def test_a_triangle_seen_from_behind_is_left_out() -> None:
    assert len(rasterise(SQUARE, np.zeros(4), SQUARE, HALVES[:, ::-1], SIZE).pixels) == 0


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (3, 2), elements=st.floats(-15, 45, width=32)))
def test_exactly_the_pixel_centres_inside_a_triangle_are_seen(corners: np.ndarray) -> None:
    def edge(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])

    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    edges = np.stack([edge(corners[i], corners[(i + 1) % 3]) for i in range(3)])
    seen = np.zeros(SIZE, dtype=bool)
    seen.ravel()[rasterise(corners, np.zeros(3), corners, ONE, SIZE).pixels] = True
    assert not seen[(edges < -1e-3).any(axis=0)].any()
    assert seen[(edges > 1e-3).all(axis=0)].all()
