"""Feed a reader of landmark files with what a coverage-guided fuzzer (Atheris, libFuzzer) makes of real files.

    pip install -e '.[fuzz]' && python benchmarks/fuzz_formats.py imglab --minutes 10

A find is any exception but a ProjectError, more than 2 s or 512 MB for an input, or a file that is read but is another
one once it has been written and read again. libFuzzer prints it, writes the input beside the corpus and ends.
The corpus starts with excerpts of real files under FACIAL_KEYPOINTS_RAW, else of drawn ones, and grows.
Atheris needs Linux and CPython 3.11 to 3.13.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import atheris
import numpy as np

with atheris.instrument_imports(include=["facial_keypoints.landmarks", "facial_keypoints.errors", "yaml"]):
    from facial_keypoints.errors import ProjectError
    from facial_keypoints.landmarks import (
        AnnotatedFace,
        ImglabBox,
        LandmarkScheme,
        format_asf,
        format_coco,
        format_imglab,
        format_point_csv,
        format_pts,
        load_scheme,
        parse_asf,
        parse_coco,
        parse_imglab,
        parse_point_csv,
        parse_pts,
    )
    from facial_keypoints.landmarks.scheme_file import parse_scheme

PROJECT = Path(__file__).resolve().parent.parent
FACE_5 = load_scheme(PROJECT / "conf/schemes/face_5.yml")  # five points keep the inputs short
OF_IBUG = [0, 1, 2, 3, 4]  # points of an excerpt, which mean something else in FACE_5
SECONDS, MEGABYTES, LONGEST = 2, 512, 8192  # limits for an input; bytes


class Format(NamedTuple):
    """read: raises ProjectError; write: of what was read; values: its numbers, which survive to this precision."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], str]
    values: Callable[[Any], list[np.ndarray]]
    precision: float
    words: str  # that the fuzzer inserts, split by spaces


def face_values(faces: list[AnnotatedFace]) -> list[np.ndarray]:
    return [array for face in faces for array in (face.points, face.box) if array is not None]


def coco_text(faces: list[AnnotatedFace]) -> str:
    return format_coco(faces, {face.file: (1, 1) for face in faces}, FACE_5)


def scheme_text(scheme: LandmarkScheme) -> str:
    """A scheme file in JSON, which is YAML."""
    content = scheme.to_plain()
    content["points"] = content.pop("names")
    content["mirror"] = [[one, other] for one, other in enumerate(scheme.mirror) if one < other]
    return json.dumps(content, ensure_ascii=False)


FORMATS = {
    "asf": Format(
        read=lambda data: parse_asf(data.decode(), "input"),
        write=format_asf,
        values=lambda shape: [shape.points],
        precision=1e-8,
        words="# 58 \t .jpg 1e9",
    ),
    "pts": Format(
        read=lambda data: parse_pts(data.decode(), "input"),
        write=format_pts,
        values=lambda points: [points],
        precision=1e-3,
        words="version: n_points: { } \n 1e9",
    ),
    "imglab": Format(
        read=lambda data: parse_imglab(data, "input", names=None),
        write=lambda images: format_imglab(images, "", ""),
        values=lambda images: [box.points for image in images for box in image.boxes],
        precision=0.5,
        words="<image file=' </image> <box width=' </box> <part name=' <!DOCTYPE <![CDATA[ <? &#x0; &lt; UTF-16",
    ),
    "csv": Format(
        read=lambda data: parse_point_csv(data.decode(), "input", FACE_5),
        write=lambda faces: format_point_csv(faces, FACE_5),
        values=face_values,
        precision=0,
        words=', ; " \n box_left box_top box_width box_height split train group 1e9',
    ),
    "coco": Format(
        read=lambda data: parse_coco(data.decode(), "input", FACE_5),
        write=coco_text,
        values=face_values,
        precision=1e-9,
        words='{ } [ ] "id": "bbox": "iscrowd": "keypoints": "categories": null NaN 1e9 true',
    ),
    "scheme": Format(
        read=lambda data: parse_scheme(data.decode(), "input"),
        write=scheme_text,
        values=lambda scheme: [],
        precision=0,
        words="points: parts: mirror: contours: nose_tip: closed: 0-4 - ? &a *a !! <<: | > %YAML --- [ ] { }",
    ),
}


def check(form: Format, data: bytes) -> None:
    """Raises whatever is a find."""
    try:
        content = form.read(data)
    except (ProjectError, UnicodeDecodeError):
        return
    written = form.write(content)
    again = form.read(written.encode())
    if form.write(again) != written:
        raise AssertionError("written, read and written again it is another file")
    for before, after in zip(form.values(content), form.values(again), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-12, atol=form.precision)


def seeds(name: str) -> list[str]:
    """Some short files to start from."""
    if name == "scheme":
        return [path.read_text() for path in sorted((PROJECT / "conf/schemes").glob("*.yml"))]
    raw = os.environ.get("FACIAL_KEYPOINTS_RAW")
    texts = real_files(Path(raw)) if raw else drawn_files()
    if name in texts:
        return texts[name]
    images = [image for text in texts["imglab"] for image in parse_imglab(text.encode(), "seed", names=None)]
    faces = [face_5(image.file, box) for image in images for box in image.boxes]
    return [FORMATS[name].write(faces[:1]), FORMATS[name].write(faces)]


def face_5(file: str, box: ImglabBox) -> AnnotatedFace:
    sides = np.array([box.left, box.top, box.width, box.height])
    return AnnotatedFace(file, box.points[OF_IBUG], sides, "seed", split="train", group="someone")


def real_files(raw: Path) -> dict[str, list[str]]:
    labels = sorted(raw.glob("ibug_300W*/*.xml"))
    return {
        "asf": [path.read_text() for path in sorted(raw.glob("imm_face_db/0[12]-1?.asf"))],
        "pts": [path.read_text() for path in sorted(raw.glob("ibug_300W*/helen/testset/*.pts"))[:2]],
        "imglab": [excerpt(path.read_text("latin-1"), pictures) for path, pictures in zip(labels, (1, 2), strict=True)],
    }


def drawn_files() -> dict[str, list[str]]:
    from facial_keypoints.sample.danes import draw_danes
    from facial_keypoints.sample.ibug import draw_ibug

    labels = [content.decode() for name, content in draw_ibug(train=2, test=2, seed=0) if name.endswith(".xml")]
    faces = [box for text in labels for image in parse_imglab(text.encode(), "seed") for box in image.boxes]
    shapes = [content.decode() for name, content in draw_danes(people=1, seed=0) if name.endswith(".asf")]
    return {
        "asf": shapes[:2],
        "pts": [format_pts(face.points) for face in faces[:2]],
        "imglab": [excerpt(text, 1) for text in labels],
    }


def excerpt(labels: str, pictures: int) -> str:
    """The first pictures of an XML file, with every sixth part only, counted from 00, to be short."""
    end = "</image>"
    text = end.join(labels.split(end)[:pictures]) + f"{end}</images></dataset>"
    every = re.sub(r" *<part name='(\d+)'.*/>\n", lambda part: part[0] if int(part[1]) % 6 == 0 else "", text)
    return re.sub(r"name='(\d+)'", lambda name: f"name='{int(name[1]) // 6:02d}'", every)


def dictionary_line(word: str) -> str:
    """As libFuzzer reads it, every byte escaped."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--corpus", type=Path, help="folder that grows; build/fuzz/FORMAT if not given")
    arguments = parser.parse_args()
    corpus = arguments.corpus or PROJECT / "build/fuzz" / arguments.format
    corpus.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(seeds(arguments.format)):
        (corpus / f"seed_{number}").write_text(text)
    form = FORMATS[arguments.format]
    words = corpus.with_name(f"{corpus.name}.dict")
    words.write_text("".join(map(dictionary_line, form.words.split(" "))))
    options = {
        "max_total_time": round(60 * arguments.minutes),
        "timeout": SECONDS,
        "rss_limit_mb": MEGABYTES,
        "max_len": LONGEST,
        "dict": words,
        "artifact_prefix": f"{corpus}-find-",
        "print_final_stats": 1,
    }
    atheris.Setup(
        [sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(corpus)],
        lambda data: check(form, data),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
