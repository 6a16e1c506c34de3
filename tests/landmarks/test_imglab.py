import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import (
    ImglabBox,
    ImglabImage,
    format_imglab,
    imglab_faces,
    iter_imglab,
    load_imglab,
    load_pts,
    load_scheme,
    parse_imglab,
)
from facial_keypoints.landmarks.imglab import MAXIMUM_BYTES
from facial_keypoints.landmarks.imglab_reader import LONGEST_TAG
from tests.landmarks.faces import THREE
from tests.project import PROJECT

pixels = st.floats(-1000, 5000)
boxes = st.builds(
    ImglabBox,
    left=pixels,
    top=pixels,
    width=st.floats(1, 5000),
    height=st.floats(1, 5000),
    points=st.integers(0, 8).flatmap(lambda count: arrays(np.float64, (count, 2), elements=pixels)),
    ignore=st.booleans(),
)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"), min_size=1)
extents = st.none() | st.integers(1, 10_000)
images = st.builds(ImglabImage, file=names, width=extents, height=extents, boxes=st.lists(boxes, max_size=3).map(tuple))

TEXT = """\
<?xml version='1.0' encoding='ISO-8859-1'?>
<?xml-stylesheet type='text/xsl' href='image_metadata_stylesheet.xsl'?>
<dataset>
<name>Faces</name>
<images>
  <image file='afw/1.jpg' width='500' height='375'>
    <box top='90' left='194' width='37' height='38'>
      <label>face</label>
      <part name='01' x='201' y='110'/>
      <part name='0' x='0' y='-1'/>
    </box>
    <box top='1' left='2' width='3' height='4' ignore='1'/>
  </image>
</images>
</dataset>
"""


TWO_POINTS = {
    "size": 2,
    "names": ("00", "01"),
    "parts": {"eyes": (0, 1)},
    "mirror": (1, 0),
    "outer_eye_corners": (0, 1),
    "nose_tip": None,
}


def parse(text: str, names: Sequence[str] | None = ("00", "01")) -> list[ImglabImage]:
    return parse_imglab(text.encode("latin-1"), "a.xml", names)


@given(st.lists(images, max_size=3))
def test_what_is_written_is_read_back_to_whole_pixels(written):
    read = parse_imglab(format_imglab(written, "<name>", "a & b").encode(), "a.xml", names=None)
    assert [(image.file, image.width, image.height) for image in read] == [
        (image.file, image.width, image.height) for image in written
    ]
    for got, due in zip(
        (box for image in read for box in image.boxes), (box for image in written for box in image.boxes), strict=True
    ):
        sides = [(box.left, box.top, box.width, box.height) for box in (got, due)]
        np.testing.assert_allclose(sides[0], sides[1], rtol=0, atol=0.5)
        np.testing.assert_array_equal(got.points, np.rint(due.points - 0.5) + 0.5)
        assert got.ignore == due.ignore


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_read_or_is_a_data_error(data):
    raw = TEXT.encode()
    start = data.draw(st.integers(0, len(raw)))
    stop = data.draw(st.integers(start, min(start + 30, len(raw))))
    special = [b"<", b"'", b"</box>", b"<box>", b"<image>", b"UTF-16", b"EUC-JP", b"cp1252", b"nan", b"&x;", b"\x00"]
    junk = data.draw(st.one_of(st.binary(max_size=12), st.sampled_from(special)))
    with suppress(DataError):
        read = parse_imglab(raw[:start] + junk + raw[stop:], "a.xml", names=None)
        assert all(np.isfinite(box.points).all() for image in read for box in image.boxes)


def test_a_pixels_centre_is_0_in_the_file_and_a_half_outside_and_parts_come_in_order():
    (image,) = parse(TEXT)
    assert (image.file, image.width, image.height) == ("afw/1.jpg", 500, 375)
    face = image.boxes[0]
    assert (face.left, face.top, face.width, face.height, face.ignore) == (194, 90, 37, 38, False)
    np.testing.assert_array_equal(face.points, [[0.5, -0.5], [201.5, 110.5]])


def test_attributes_may_stand_in_any_order():
    text = TEXT.replace("name='01' x='201' y='110'", "name='00' y='-1' x='0'")
    text = text.replace("name='0' x='0' y='-1'", "name='01' y='110' x='201'")
    np.testing.assert_array_equal(parse(text)[0].boxes[0].points, parse(TEXT)[0].boxes[0].points)


def test_a_box_without_parts_has_no_points():
    box = parse(TEXT)[0].boxes[1]
    assert box.points.shape == (0, 2)
    assert box.ignore


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-8", "UTF-16"])
def test_the_declaration_decides_the_encoding(encoding):
    text = TEXT.replace("ISO-8859-1", encoding).replace("afw/1", "bjørn/é")
    assert parse_imglab(text.encode(encoding), "a.xml", ("00", "01"))[0].file == "bjørn/é.jpg"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name='0'", "name='1'", "a.xml, line 10, image 'afw/1.jpg', box 1: a second part 01, expected each part once"),
        ("name='0' ", "", "line 10, image 'afw/1.jpg', box 1: a part without a name, expected the attribute name"),
        ("x='201'", "x='left'", "line 9, image 'afw/1.jpg', box 1: x of part 01 is 'left', expected a finite number"),
        ("x='201'", "x='nan'", "x of part 01 is 'nan', expected a finite number"),
        ("x='201' ", "", "no x of part 01, expected a finite number"),
        (" width='3'", "", "line 12, image 'afw/1.jpg', box 2: no width, expected a finite number"),
        ("width='3'", "width='0'", "box 2: a box of 0 x 4 pixels, expected a width and a height above 0"),
        ("ignore='1'", "ignore='maybe'", "box 2: ignore is 'maybe', expected one of 1, true, 0, false"),
        ("file='afw/1.jpg' ", "", "line 6: an image without a file, expected the attribute file"),
        ("width='500'", "width='wide'", "line 6, image 'afw/1.jpg': the image's width is 'wide', expected a whole"),
        ("width='500'", "width='0'", "line 6, image 'afw/1.jpg': the image's width is 0, expected at least 1"),
        ("dataset>", "html>", "a.xml, line 3: root element 'html', expected 'dataset'"),
        (
            "<label>face</label>",
            "<dataset><images><image file='b'/></images></dataset>",
            "line 8, image 'afw/1.jpg', box 1: <dataset> inside <box>, expected <dataset> once, around everything",
        ),
        ("images>", "pictures>", "line 6: <image> inside <pictures>, expected <image> inside <images>"),
        ("</dataset>", "", "a.xml, line 16: no well-formed XML"),
        ("ISO-8859-1", "klingon", "a.xml: XML that is not read (unknown encoding: klingon)"),
        ("ISO-8859-1", "EUC-JP", "a.xml: XML that is not read (multi-byte encodings are not supported)"),
    ],
)
def test_a_wrong_file_says_where_what_and_what_to_do(old, new, message):
    assert old in TEXT
    with pytest.raises(DataError) as caught:
        parse(TEXT.replace(old, new))
    assert message in str(caught.value)
    assert str(caught.value).endswith("restore it from its archive and run again.")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "<part name='0' x='0' y='-1'/>",
            "",
            "line 7, image 'afw/1.jpg', box 1: 1 parts where 2 are due (named 01 to 01)",
        ),
        ("name='0'", "name='7'", "line 10, image 'afw/1.jpg', box 1: a part named '07', expected the parts 00 to 01"),
        ("name='0'", "name='nose'", "line 10, image 'afw/1.jpg', box 1: a part named 'nose', expected the parts 00"),
    ],
)
def test_other_points_than_are_due_are_refused_with_the_advice_to_describe_them(old, new, message):
    with pytest.raises(DataError) as caught:
        parse(TEXT.replace(old, new))
    assert message in str(caught.value)
    assert str(caught.value).endswith(
        "describe its points in a scheme (docs/own_data.md), as conf/schemes/eyes_12.yml does."
    )


def test_without_names_any_number_of_parts_that_count_from_00_is_read():
    assert parse(TEXT, names=None)[0].boxes[0].points.shape == (2, 2)
    with pytest.raises(DataError, match="a part named '02', expected the parts 00 to 01"):
        parse(TEXT.replace("name='01'", "name='2'"), names=None)


def test_parts_come_in_the_order_of_the_names_and_are_written_under_them():
    text = TEXT.replace("name='01'", "name='left'").replace("name='0'", "name='it&apos;s'")
    images = parse(text, names=("left", "it's"))
    np.testing.assert_array_equal(images[0].boxes[0].points, [[201.5, 110.5], [0.5, -0.5]])
    written = format_imglab(images, "", "", names=("left", "it's"))
    np.testing.assert_array_equal(parse(written, ("left", "it's"))[0].boxes[0].points, images[0].boxes[0].points)


def test_a_box_narrower_than_a_pixel_is_written_as_one_pixel():
    image = ImglabImage("a.jpg", None, None, (ImglabBox(2, 3, 0.2, 0.4, np.empty((0, 2))),))
    (read,) = parse(format_imglab([image], "", ""))
    assert (read.boxes[0].width, read.boxes[0].height) == (1, 1)


def test_each_box_is_a_face_and_one_to_be_ignored_has_a_fault(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(TEXT)
    face, ignored = imglab_faces(path, replace(THREE, **TWO_POINTS))
    assert (face.file, face.where) == ("afw/1.jpg", f"{path}, image 'afw/1.jpg', box 1")
    np.testing.assert_array_equal(face.points, [[0.5, -0.5], [201.5, 110.5]])
    np.testing.assert_array_equal(face.box, [194, 90, 37, 38])
    assert (ignored.points, ignored.fault) == (None, "ignored")


def test_a_box_without_parts_is_a_face_without_points(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(TEXT.replace(" ignore='1'", ""))
    face = imglab_faces(path, replace(THREE, **TWO_POINTS))[1]
    assert (face.points, face.fault) == (None, None)


def test_something_that_is_no_xml_is_a_data_error():
    with pytest.raises(DataError, match=r"a\.xml, line 1: no well-formed XML"):
        parse_imglab(b"\xff\xd8\xff\xe0JFIF", "a.xml")


def test_a_dataset_without_a_list_of_images_is_refused():
    with pytest.raises(DataError, match="no <images>"):
        parse("<dataset><name>empty</name></dataset>")


@pytest.mark.parametrize(
    "declaration", ["<!DOCTYPE dataset [<!ENTITY a 'aaaa'>]>", "<!DOCTYPE dataset SYSTEM 'a.dtd'>"]
)
def test_a_document_type_and_with_it_every_entity_is_refused(declaration):
    with pytest.raises(DataError, match=r"a\.xml, line 2: a document type declaration, expected none"):
        parse_imglab(f"\n{declaration}<dataset><name>&a;</name></dataset>".encode(), "a.xml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<dataset>" + "<a>" * 100, "more than 32 elements inside each other"),
        ("<dataset><!--" + "a" * 3 * LONGEST_TAG, f"a tag of more than {LONGEST_TAG} bytes"),
        (TEXT.replace("<label>", "<part name='7' x='1' y='2'/>" * 1001 + "<label>"), "more than 1000 parts"),
        (TEXT.replace("</image>", "<box top='1' left='2' width='3' height='4'/>" * 10_000 + "</image>"), "10000 boxes"),
    ],
)
def test_a_file_that_would_fill_the_memory_is_refused_early(text, message):
    with pytest.raises(DataError, match=message):
        parse(text)


def test_pictures_come_while_the_file_is_read(tmp_path):
    path = tmp_path / "a.xml"
    start, end = TEXT.encode().split(b"</images>")
    path.write_bytes(start + b" " * 100_000 + b"<image/>" + end)
    pictures = iter_imglab(path, ("00", "01"))
    assert next(pictures).file == "afw/1.jpg"
    with pytest.raises(DataError, match="an image without a file"):
        next(pictures)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(MAXIMUM_BYTES + 1)
    with pytest.raises(DataError, match=f"{MAXIMUM_BYTES + 1} bytes, expected at most {MAXIMUM_BYTES}"):
        load_imglab(path)


def test_a_missing_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.xml: no such file"):
        load_imglab(tmp_path / "none.xml")


@pytest.mark.real
@pytest.mark.parametrize(("split", "faces"), [("train", 1207), ("test", 165)])
def test_real_points_are_the_exact_ones_of_the_pts_files_rounded(ibug_folder: Path, split, faces):
    images = load_imglab(ibug_folder / f"labels_ibug_300W_{split}.xml")
    assert len(images) == faces
    for image in images:
        exact = load_pts((ibug_folder / image.file).with_suffix(".pts"), expected_points=68)
        np.testing.assert_allclose(image.boxes[0].points, exact, rtol=0, atol=0.5 + 1e-9)


@pytest.mark.real
def test_the_large_real_file_is_read_within_seconds(ibug_folder: Path):
    start = time.process_time()
    load_imglab(ibug_folder / "labels_ibug_300W_train.xml")
    assert time.process_time() - start < 2  # about 0.15 s on an idle core


@pytest.mark.real
def test_the_official_file_with_12_parts_is_refused_by_name(samples_folder: Path):
    with pytest.raises(
        DataError, match=r"line 27, image 'helen/.*', box 1: 12 parts where 68 are due \(named 36 to 47\)"
    ):
        load_imglab(samples_folder / "ibug_official_test_xml" / "labels_ibug_300W_test.xml")


@pytest.mark.real
def test_the_official_file_with_12_parts_is_read_with_their_names(samples_folder: Path):
    names = load_scheme(PROJECT / "conf/schemes/eyes_12.yml").names
    images = load_imglab(samples_folder / "ibug_official_test_xml" / "labels_ibug_300W_test.xml", names)
    assert len(images) == 1008
    assert {box.points.shape for image in images for box in image.boxes} == {(12, 2)}
    np.testing.assert_array_equal(images[0].boxes[0].points[0], [156.5, 331.5])


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "faces", "points"),
    [("training_with_face_landmarks", 18, 68), ("testing_with_face_landmarks", 25, 68), ("training", 18, 0)],
)
def test_dlibs_own_files_hold_several_faces_a_picture(samples_folder: Path, name, faces, points):
    boxes = [box for image in load_imglab(samples_folder / "dlib_faces" / f"{name}.xml") for box in image.boxes]
    assert len(boxes) == faces
    assert {box.points.shape for box in boxes} == {(points, 2)}
