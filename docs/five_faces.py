"""Five drawn faces as a data set of one's own: the pictures and a CSV, in data/01_raw/own.  See docs/own_data.md.

kedro run --env sample --pipelines draw_sample
python docs/five_faces.py
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from facial_keypoints.landmarks import IBUG_68, format_point_csv, imglab_faces

DRAWN = Path("data/sample/01_raw/ibug_300W_large_face_landmark_dataset")
OWN = Path("data/01_raw/own")
NAMES = ("one", "two", "three", "four", "five")


def main() -> None:
    OWN.mkdir(parents=True, exist_ok=True)
    faces = {face.file: face for face in imglab_faces(DRAWN / "labels_ibug_300W_test.xml", IBUG_68)}  # one a picture
    renamed = []
    for name, face in zip(NAMES, faces.values(), strict=False):
        shutil.copy(DRAWN / face.file, OWN / f"{name}.jpg")
        renamed.append(replace(face, file=f"{name}.jpg"))
    (OWN / "faces.csv").write_text(format_point_csv(renamed, IBUG_68), encoding="utf-8")
    sys.stdout.write(f"{len(renamed)} pictures and their points, faces.csv, are in {OWN}\n")


if __name__ == "__main__":
    main()
