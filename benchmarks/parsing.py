"""How fast this project reads landmark files, and how fast what people write in a few lines.

    FACIAL_KEYPOINTS_RAW=... python benchmarks/parsing.py          (pip install lxml for the two ways that use it)

All ways read the same real files: 300-W's training XML, every .pts of 300-W, every .asf of IMM. The ways are
interleaved, so that all of them suffer alike from whatever else the machine does. Only ours checks what it reads.
"""

import argparse
import os
import re
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from facial_keypoints.landmarks import IBUG_68, IMM_58, load_asf, load_imglab, load_pts

Way = Callable[[], Iterable[np.ndarray]]  # the points of each face


def imglab_ways(path: Path) -> dict[str, Way]:
    ways: dict[str, Way] = {
        "ours": lambda: [box.points for image in load_imglab(path) for box in image.boxes],
        "xml.etree": lambda: points_of_tree(ElementTree.parse(path)),
        "xml.etree iterparse": lambda: points_as_read(ElementTree.iterparse(path)),
        "regular expression": lambda: points_by_expression(path),
    }
    if find_spec("lxml"):
        from lxml import etree

        ways["lxml.etree"] = lambda: points_of_tree(etree.parse(path))
        ways["lxml iterparse"] = lambda: points_as_read(etree.iterparse(path))
    else:
        sys.stdout.write("lxml is not installed: skipped\n")
    return ways


def points_of_tree(tree) -> list[np.ndarray]:
    return [points_of_box(box) for box in tree.iter("box")]


def points_as_read(events) -> list[np.ndarray]:
    faces = []
    for _, element in events:
        if element.tag == "box":
            faces.append(points_of_box(element))
        elif element.tag == "image":
            element.clear()
    return faces


def points_of_box(box) -> np.ndarray:
    return np.array([(float(part.get("x")), float(part.get("y"))) for part in box.iter("part")]) + 0.5


def points_by_expression(path: Path) -> np.ndarray:
    numbers = re.findall(r"<part name='\d+' x='(-?\d+)' y='(-?\d+)'/>", path.read_text("latin-1"))
    return np.array(numbers, dtype=float).reshape(-1, IBUG_68.size, 2) + 0.5


def pts_ways(paths: list[Path]) -> dict[str, Way]:
    return {
        "ours": lambda: [load_pts(path, IBUG_68.size) for path in paths],
        "numpy.loadtxt": lambda: [np.loadtxt(path, skiprows=3, comments="}") - 0.5 for path in paths],
        "split and float": lambda: [points_by_split(path) for path in paths],
    }


def points_by_split(path: Path) -> np.ndarray:
    between = path.read_text().partition("{")[2].partition("}")[0]
    return np.array([float(number) for number in between.split()]).reshape(-1, 2) - 0.5


def asf_ways(paths: list[Path]) -> dict[str, Way]:
    return {
        "ours": lambda: [load_asf(path, IMM_58.size).points for path in paths],
        "numpy.genfromtxt": lambda: [
            np.genfromtxt(path, skip_header=16, max_rows=IMM_58.size, usecols=(2, 3)) for path in paths
        ],
        "split and float": lambda: [points_of_rows(path) for path in paths],
    }


def points_of_rows(path: Path) -> np.ndarray:
    rows = [line.split() for line in path.read_text().splitlines()]
    return np.array([(float(row[2]), float(row[3])) for row in rows if len(row) >= 7 and row[0] != "#"])


def medians(ways: dict[str, Way], repeats: int) -> dict[str, float]:
    """Seconds of each way: the median of the repeats, which are interleaved.  All ways must read the same points."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    due = np.array(list(ways["ours"]()))
    for _ in range(repeats):
        for name, way in ways.items():
            began = time.perf_counter()
            faces = way()
            seconds[name].append(time.perf_counter() - began)
            np.testing.assert_allclose(np.array(list(faces)), due, rtol=0, atol=1e-9, err_msg=name)
    return {name: statistics.median(runs) for name, runs in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    raw = Path(os.environ["FACIAL_KEYPOINTS_RAW"])
    labels = next(raw.glob("ibug_300W*/*train.xml"))
    formats = {
        "imglab XML": imglab_ways(labels),
        ".pts": pts_ways(sorted(labels.parent.rglob("*.pts"))),
        ".asf": asf_ways(sorted(raw.glob("imm_face_db/*.asf"))),
    }
    sys.stdout.write(f"{'format':<12}{'way':<22}{'ms':>8}{'faces/s':>10}\n")
    for name, ways in formats.items():
        faces = len(list(ways["ours"]()))
        for way, seconds in medians(ways, arguments.repeats).items():
            sys.stdout.write(f"{name:<12}{way:<22}{1000 * seconds:>8.0f}{faces / seconds:>10.0f}\n")


if __name__ == "__main__":
    main()
