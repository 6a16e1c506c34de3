import os
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facial_keypoints.errors import DataError
from facial_keypoints.own_pictures import is_named_otherwise, list_pictures, read_upright, upright_size
from tests.bad_pictures import EITHER, READ, REFUSED, encoded, with_exif, write_bad_pictures

NOBODY = 65534  # a user without rights


def marked(width: int = 60, height: int = 40) -> Image.Image:
    """Grey, with a white top left corner."""
    pixels = np.full((height, width), 60, np.uint8)
    pixels[: height // 4, : width // 4] = 250
    return Image.fromarray(pixels)


def has_white_corner(picture: Image.Image) -> bool:
    pixels = np.asarray(picture)[..., 0]
    return bool(pixels[2, 2] > 200 and pixels[-3, 2] < 100 and pixels[2, -3] < 100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> tuple[Path, dict[Path, str]]:
    folder = tmp_path_factory.mktemp("holidays")
    return folder, write_bad_pictures(folder)


def fate(path: Path) -> tuple[str, str]:
    try:
        read_upright(path)
    except DataError as error:
        return REFUSED, str(error)
    return READ, ""


def test_more_than_fifty_odd_files_are_all_listed_and_none_stops_the_others(folder):
    place, expected = folder
    with warnings.catch_warnings(action="error"):
        files = list_pictures(place)
        fates = {file.path: (REFUSED, file.fault) if file.fault else fate(file.path) for file in files}
    assert len(fates) == len(files) > 70
    assert fates.keys() == expected.keys()
    wrong = {path.name: fates[path] for path, due in expected.items() if due not in (EITHER, fates[path][0])}
    assert not wrong


def test_every_reason_is_short_and_names_no_place_of_this_machine(folder):
    place, expected = folder
    reasons = [fate(path)[1] for path, due in expected.items() if due == REFUSED and path.is_file()]
    assert all(0 < len(reason) < 200 and str(place) not in reason for reason in reasons)


def test_names_are_text_that_every_output_can_hold(folder):
    names = [file.name for file in list_pictures(folder[0])]
    assert all(name.isprintable() and name.encode() for name in names)
    assert {"two\\nlines.jpg", "caf\\xe9.jpg", "写真 😀.jpg", "a/b/c/d/deep.jpg"} <= set(names)
    assert len(set(names)) == len(names)
    assert names == sorted(names)


def test_one_file_is_a_folder_of_one(tmp_path):
    path = tmp_path / "anna.jpg"
    path.write_bytes(encoded("JPEG"))
    (tmp_path / "other.jpg").write_bytes(encoded("JPEG"))
    assert [(file.name, file.path, file.fault) for file in list_pictures(path)] == [("anna.jpg", path, None)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without rights, and back")
def test_a_folder_and_a_file_without_permission_are_told_of(monkeypatch):
    place = Path(tempfile.mkdtemp())  # others may not enter pytest's own
    try:
        place.chmod(0o755)
        for name in ("open.jpg", "closed.jpg"):
            (place / name).write_bytes(encoded("JPEG"))
        (place / "private").mkdir(mode=0o700)
        (place / "private" / "a.jpg").write_bytes(encoded("JPEG"))
        (place / "closed.jpg").chmod(0o600)
        os.seteuid(NOBODY)
        try:
            files = {file.name: file for file in list_pictures(place)}
            reasons = {name: file.fault or fate(file.path)[1] for name, file in files.items()}
        finally:
            os.seteuid(0)
    finally:
        shutil.rmtree(place)
    assert reasons == {
        "closed.jpg": "no permission to read it",
        "open.jpg": "",
        "private": "a folder that cannot be listed (Permission denied)",
    }


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_as_a_viewer_shows_them(tmp_path, orientation):
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how a sensor that lies so stores it: PIL's transpositions
    upright = marked()
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    stored.save(path, exif=exif, quality=95)
    assert upright_size(path) == (60, 40)
    picture, factor = read_upright(path)
    assert (picture.size, factor) == ((60, 40), 1)
    assert has_white_corner(picture)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_can_be_read_smaller_than_it_is(tmp_path, kind):
    path = tmp_path / "a"
    marked(803, 601).save(path, kind)
    picture, factor = read_upright(path, shrink=5)
    assert factor == 4
    assert picture.size == (201, 151)
    assert has_white_corner(picture)


def test_a_heic_of_a_phone_is_read_where_the_plug_in_is_there(tmp_path):
    plug_in = pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    plug_in.from_pillow(marked(64, 48).convert("RGB")).save(path, quality=90)
    picture, _ = read_upright(path)
    assert picture.size == (64, 48)
    assert has_white_corner(picture)


def test_a_picture_of_108_million_pixels_is_read_without_a_warning(tmp_path):
    path = tmp_path / "large.jpg"
    Image.new("L", (12_000, 9_000), 200).save(path, quality=30)
    with warnings.catch_warnings(action="error"):
        assert upright_size(path) == (12_000, 9_000)
        picture, factor = read_upright(path, shrink=8)
    assert (picture.size, factor) == ((1500, 1125), 8)


def test_transparent_pixels_lie_on_white(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(path)
    assert (np.asarray(read_upright(path)[0]) == 255).all()


def test_an_orientation_that_means_nothing_leaves_the_picture_as_it_is(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(with_exif(77))
    assert upright_size(path) == (48, 40)


@pytest.mark.parametrize("name", ["01-1m.asf", "a/helen_1.PTS", "labels.xml", "Thumbs.db", "faces.json", "film.mov"])
def test_names_of_other_files_are_known(name):
    assert is_named_otherwise(name)


@pytest.mark.parametrize("name", ["anna.jpg", "anna.JPEG", "anna.heic", "anna", "anna.asf.png", "raw.cr2"])
def test_what_may_be_a_picture_is_not_counted_among_them(name):
    assert not is_named_otherwise(name)
