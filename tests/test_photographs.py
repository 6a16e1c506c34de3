import numpy as np
import pytest
from PIL import Image
from skimage.io import imsave

from facial_keypoints.errors import DataError
from facial_keypoints.photographs import is_grey, picture_facts, read_photograph, read_reduced, to_grey


def saved(path, pixels):
    imsave(path, pixels, check_contrast=False)
    return path


@pytest.mark.parametrize("shape", [(8, 10), (8, 10, 3), (8, 10, 4)], ids=["grey", "colour", "transparent"])
def test_every_kind_of_picture_has_three_channels(tmp_path, shape):
    picture = read_photograph(saved(tmp_path / "a.png", np.full(shape, 255, np.uint8)))
    assert picture.shape == (8, 10, 3)
    assert picture.dtype == np.uint8
    assert (picture == 255).all()


def test_sixteen_bits_become_eight(tmp_path):
    picture = read_photograph(saved(tmp_path / "a.png", np.full((8, 10), 0x8000, np.uint16)))
    assert (picture == 0x80).all()


@pytest.mark.parametrize(
    ("mode", "colour", "ending"),
    [("CMYK", (0, 255, 255, 0), "jpg"), ("LA", (76, 255), "png"), ("P", 1, "png"), ("YCbCr", (76, 85, 255), "jpg")],
)
def test_other_colour_models_are_converted(tmp_path, mode, colour, ending):
    path = tmp_path / f"a.{ending}"
    picture = Image.new(mode, (16, 16), colour)
    if mode == "P":
        picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.save(path)
    expected = (76, 76, 76) if mode == "LA" else (255, 0, 0)
    assert np.abs(read_photograph(path).astype(int) - expected).max() <= 3


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"], ids=["empty", "text", "cut"]
)
def test_a_picture_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.jpg.*cannot be read"):
        read_photograph(path)


def test_a_jpeg_cut_short_is_refused(tmp_path):
    path = saved(tmp_path / "a.jpg", np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(DataError, match=r"a\.jpg"):
        read_photograph(path)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.jpg"):
        read_photograph(tmp_path / "none.jpg")


def test_grey_pictures_stored_in_colour_are_told_from_coloured_ones():
    grey = np.full((4, 4, 3), 80, np.uint8)
    coloured = grey.copy()
    coloured[0, 0, 0] = 81
    assert is_grey(grey)
    assert not is_grey(coloured)


def test_grey_of_grey_is_itself():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=-1)
    assert (to_grey(ramp) == ramp[..., 0]).all()


@pytest.mark.parametrize("ending", ["jpg", "png"])
@pytest.mark.parametrize(("shrink", "factor"), [(1.9, 1), (2, 2), (5, 4), (100, 8)])
def test_a_reduced_picture_shows_the_same_place(tmp_path, ending, shrink, factor):
    x, y = np.meshgrid(np.arange(203) + 0.5, np.arange(101) + 0.5)
    path = saved(tmp_path / f"a.{ending}", np.rint(np.stack([x, y, x / 2 + y], axis=-1)).astype(np.uint8))
    reduced, found = read_reduced(path, shrink)
    picture = np.asarray(reduced)
    assert found == factor
    assert picture.shape == (-(-101 // factor), -(-203 // factor), 3)
    centres_x, centres_y = (np.arange(10) + 0.5) * factor, (np.arange(5) + 0.5) * factor
    assert np.abs(picture[:5, :10, 0] - centres_x).max() <= 3
    assert np.abs(picture[:5, :10, 1].T - centres_y).max() <= 3


def test_facts_are_read_without_decoding(tmp_path):
    path = saved(tmp_path / "a.jpg", np.random.default_rng(0).integers(0, 255, (64, 80, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:-900])
    assert picture_facts(path) == (80, 64, False)


def test_a_picture_that_asks_to_be_turned_says_so(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 64)).save(tmp_path / "a.jpg", exif=exif)
    assert picture_facts(tmp_path / "a.jpg") == (80, 64, True)


def test_facts_of_something_that_is_no_picture_are_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("<html>404 Not Found")
    with pytest.raises(DataError, match=r"a\.jpg.*cannot be read"):
        picture_facts(tmp_path / "a.jpg")
