import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import IBUG_68, SCHEMES, Contour, load_scheme
from facial_keypoints.landmarks.scheme_file import MAXIMUM_BYTES, parse_scheme
from tests.landmarks.faces import schemes
from tests.project import PROJECT

SHIPPED = sorted((PROJECT / "conf" / "schemes").glob("*.yml"))
TEXT = """\
name: tiny
points: [right_eye, left_eye, nose]
parts:
  eyes: [right_eye, left_eye]
  nose: 2
mirror: [[right_eye, left_eye]]
outer_eye_corners: [right_eye, 1]
nose_tip: nose
"""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scheme_bears_its_files_name(path: Path):
    assert load_scheme(path).name == path.stem


def test_eyes_12_are_the_eyes_of_ibug_68():
    scheme = load_scheme(PROJECT / "conf/schemes/eyes_12.yml")
    meaning = [int(name) for name in scheme.names]
    assert [IBUG_68.mirror[point] for point in meaning] == [meaning[point] for point in scheme.mirror]
    assert tuple(meaning[point] for point in scheme.outer_eye_corners) == IBUG_68.outer_eye_corners
    for part, points in scheme.parts.items():
        assert tuple(meaning[point] for point in points) == IBUG_68.parts[part]


def test_names_indices_and_ranges_mean_points():
    scheme = parse_scheme(TEXT, "a.yml")
    assert (scheme.names, scheme.parts) == (("right_eye", "left_eye", "nose"), {"eyes": (0, 1), "nose": (2,)})
    assert (scheme.mirror, scheme.outer_eye_corners, scheme.nose_tip) == ((1, 0, 2), (0, 1), 2)
    assert parse_scheme(TEXT.replace("[right_eye, left_eye]\n  nose", "0-1\n  nose"), "a.yml") == scheme
    backwards = parse_scheme(TEXT + "contours: [{points: [2, 1-0], closed: true}]", "a.yml")
    assert backwards.contours == (Contour((2, 1, 0), closed=True),)


def test_a_name_that_looks_like_a_range_or_a_number_is_a_name():
    scheme = parse_scheme(TEXT.replace("nose\n", "'0-1'\n").replace("nose]", "'0-1']").replace("2\n", "0-1\n"), "a.yml")
    assert (scheme.parts["nose"], scheme.nose_tip) == ((2,), 2)
    assert parse_scheme(TEXT.replace("nose\n", "'0'\n").replace("nose]", "'0']"), "a.yml").nose_tip == 2


@given(schemes(), st.booleans())
def test_any_scheme_that_is_written_as_yaml_is_read_back(scheme, by_name):
    """Lists of points are written by index, or by name."""

    def points(indices):
        return [scheme.names[i] for i in indices] if by_name else list(indices)

    content = {
        "name": scheme.name,
        "points": list(scheme.names),
        "parts": {name: points(indices) for name, indices in scheme.parts.items()},
        "mirror": [points((one, other)) for one, other in enumerate(scheme.mirror) if one < other],
        "outer_eye_corners": points(scheme.outer_eye_corners),
        "contours": [{"points": points(line), "closed": closed} for line, closed in scheme.contours],
        "nose_tip": None if scheme.nose_tip is None else points([scheme.nose_tip])[0],
    }
    assert parse_scheme(json.dumps(content, ensure_ascii=False), "a.yml") == scheme


def test_without_contours_each_part_is_an_open_line_and_without_a_nose_tip_there_is_none():
    scheme = parse_scheme(TEXT.replace("nose_tip: nose\n", ""), "a.yml")
    assert scheme.contours == (Contour((0, 1), closed=False), Contour((2,), closed=False))
    assert scheme.nose_tip is None


def test_a_number_of_points_names_them_by_their_numbers():
    text = "name: two\npoints: 2\nparts: {eyes: 0-1}\nmirror: [[0, 1]]\nouter_eye_corners: ['00', '01']\n"
    assert parse_scheme(text, "a.yml").names == ("00", "01")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mirror:", "miror:", "a.yml: unknown key 'miror', expected one of name, points, .* Did you mean 'mirror'"),
        (
            "mirror: [[right_eye, left_eye]]\n",
            "",
            "a.yml: no key mirror, expected the keys name, points, parts, mirror",
        ),
        ("name: tiny", "name: ti-ny", "a.yml, name: 'ti-ny', expected letters, digits and _ only"),
        ("name: tiny", "name: ibug_68", "a.yml, name: 'ibug_68', expected a name that is not the project's own"),
        ("[right_eye, left_eye, nose]", "0", "a.yml, points: 0 points, expected 1 to 1000"),
        ("[right_eye, left_eye, nose]", "999999999", "a.yml, points: 999999999 points, expected 1 to 1000"),
        ("[right_eye, left_eye, nose]", "3.0", "points: the number of points is '3.0', expected a whole number"),
        (
            "left_eye, nose]",
            "left_eye, 7]",
            "points: point 2 is 7, expected a text in one line. A name that looks like a number needs",
        ),
        ("left_eye, nose]", "left_eye, left_eye]", "points: 'left_eye' twice, expected a different name"),
        ("nose: 2", "nose: 3", "a.yml, parts, nose: point 3, expected a point's name or a number from 0 to 2"),
        ("nose: 2", "nose: left_eyes", "parts, nose: point 'left_eyes', expected a .* Did you mean 'left_eye'"),
        ("nose: 2", "nose: 0-2", "breaks a rule: the parts hold each of the 3 points exactly once"),
        ("nose: 2", "nose: [0-2, 0-2]", "a.yml, parts, nose: more points than there are, expected at most 3"),
        ("[[right_eye, left_eye]]", "[[0, 1, 2]]", "a.yml, mirror: 3 points, expected a pair of 2"),
        (
            "[[right_eye, left_eye]]",
            "[[0, 1], [1, 2]]",
            "a.yml, mirror: point 'left_eye' twice, expected each point in",
        ),
        ("[[right_eye, left_eye]]", "[[1, 1]]", "a.yml, mirror: point 'left_eye' twice, expected each point in"),
        ("[[right_eye, left_eye]]", "[]", "a rule: the outer eye corners are each other's mirror image"),
        ("nose_tip: nose", "nose_tip: 0", "a rule: the nose tip is its own mirror image"),
        (
            "nose_tip: nose",
            "contours: [{points: 0-1}]",
            "a.yml, contours: no key closed, expected the keys points, closed",
        ),
        ("name: tiny", "name: tiny\nname: tiny", "a.yml, line 2: a second or odd key, expected plain YAML"),
        ("name: tiny", "name: &a tiny", "a.yml, line 1: an anchor or alias"),
        ("nose_tip: nose", "nose_tip: *a", "a.yml, line 8: an anchor or alias"),
        ("name: tiny", "name: !!str tiny", "a.yml, line 1: a tag"),
        ("name: tiny", "name: " + "[" * 1000, "a.yml, line 1: more than 10 levels"),
        ("name: tiny", "name: [tiny", "a.yml, line 2: expected ',' or ']'"),
    ],
)
def test_a_wrong_scheme_says_where_what_and_what_to_do(old, new, message):
    assert old in TEXT
    with pytest.raises(DataError, match=message) as caught:
        parse_scheme(TEXT.replace(old, new), "a.yml")
    assert "docs/own_data.md" in str(caught.value)


def test_the_definition_of_a_built_in_scheme_may_be_repeated_but_not_changed():
    corners = "outer_eye_corners: [36, 45]\nnose_tip: 30\n"
    pairs = [[one, other] for one, other in enumerate(IBUG_68.mirror) if one < other]
    parts = {name: list(points) for name, points in IBUG_68.parts.items()}
    contours = "".join(
        f"  - {{points: {list(points)}, closed: {str(closed).lower()}}}\n" for points, closed in IBUG_68.contours
    )
    text = f"name: ibug_68\npoints: 68\nparts: {parts}\nmirror: {pairs}\n{corners}contours:\n{contours}"
    assert parse_scheme(text, "a.yml") == SCHEMES["ibug_68"]


def test_plain_words_are_not_taken_for_octal_numbers_dates_or_truth():
    with pytest.raises(DataError, match="point '010'"):
        parse_scheme(TEXT.replace("nose_tip: nose", "nose_tip: 010"), "a.yml")
    text = TEXT.replace("right_eye", "no").replace("left_eye", "2026-13-01")
    assert parse_scheme(text, "a.yml").names == ("no", "2026-13-01", "nose")


@given(st.data())
def test_a_damaged_scheme_is_read_or_is_a_data_error(data):
    start = data.draw(st.integers(0, len(TEXT)))
    stop = data.draw(st.integers(start, min(start + 30, len(TEXT))))
    special = ["\n", "&a", "*a", "!!set", "{", "[", "? ", "- ", '"\\UFFFFFFFF"', "%YAML 9", "\t", "0-2", "<<: "]
    junk = data.draw(st.one_of(st.text(max_size=12), st.sampled_from(special)))
    with suppress(DataError):
        parse_scheme(TEXT[:start] + junk + TEXT[stop:], "a.yml")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.yml"
    path.write_bytes(b"#" * (MAXIMUM_BYTES + 1))
    with pytest.raises(DataError, match=f"{MAXIMUM_BYTES + 1} bytes, expected at most {MAXIMUM_BYTES}"):
        load_scheme(path)


def test_a_missing_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.yml: no such file"):
        load_scheme(tmp_path / "none.yml")
