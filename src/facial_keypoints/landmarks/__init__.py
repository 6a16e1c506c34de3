"""Landmarks: the schemes that give points a meaning, and the file formats that hold them.

Formats convert at their boundary: everything outside is in continuous pixels, a pixel's centre at +0.5, so that an
image spans [0, W] x [0, H].  The one exception is `AsfShape`, which stays relative until the picture's size is known.
"""

from facial_keypoints.landmarks.annotated_face import PICTURE_SUFFIXES, AnnotatedFace
from facial_keypoints.landmarks.asf import AsfShape, format_asf, load_asf, parse_asf
from facial_keypoints.landmarks.coco import format_coco, load_coco, parse_coco
from facial_keypoints.landmarks.imglab import (
    ImglabBox,
    ImglabImage,
    format_imglab,
    imglab_faces,
    iter_imglab,
    load_imglab,
    parse_imglab,
)
from facial_keypoints.landmarks.point_csv import format_point_csv, load_point_csv, parse_point_csv
from facial_keypoints.landmarks.pts import format_pts, load_pts, parse_pts, pts_faces
from facial_keypoints.landmarks.scheme_file import load_scheme
from facial_keypoints.landmarks.schemes import IBUG_68, IMM_58, SCHEMES, Contour, LandmarkScheme
from facial_keypoints.landmarks.shared_points import shared_points

__all__ = [
    "IBUG_68",
    "IMM_58",
    "PICTURE_SUFFIXES",
    "SCHEMES",
    "AnnotatedFace",
    "AsfShape",
    "Contour",
    "ImglabBox",
    "ImglabImage",
    "LandmarkScheme",
    "format_asf",
    "format_coco",
    "format_imglab",
    "format_point_csv",
    "format_pts",
    "imglab_faces",
    "iter_imglab",
    "load_asf",
    "load_coco",
    "load_imglab",
    "load_point_csv",
    "load_pts",
    "load_scheme",
    "parse_asf",
    "parse_coco",
    "parse_imglab",
    "parse_point_csv",
    "parse_pts",
    "pts_faces",
    "shared_points",
]
