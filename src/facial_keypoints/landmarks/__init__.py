"""Landmarks: the schemes that give points a meaning, and the file formats that hold them.

Formats convert at their boundary: everything outside is in continuous pixels, a pixel's centre at +0.5, so that an
image spans [0, W] x [0, H].  The one exception is `AsfShape`, which stays relative until the picture's size is known.
"""

from facial_keypoints.landmarks.asf import AsfShape, format_asf, load_asf, parse_asf
from facial_keypoints.landmarks.imglab import (
    ImglabBox,
    ImglabImage,
    format_imglab,
    iter_imglab,
    load_imglab,
    parse_imglab,
)
from facial_keypoints.landmarks.pts import format_pts, load_pts, parse_pts
from facial_keypoints.landmarks.scheme_file import load_scheme
from facial_keypoints.landmarks.schemes import IBUG_68, IMM_58, SCHEMES, Contour, LandmarkScheme, landmark_scheme

__all__ = [
    "IBUG_68",
    "IMM_58",
    "SCHEMES",
    "AsfShape",
    "Contour",
    "ImglabBox",
    "ImglabImage",
    "LandmarkScheme",
    "format_asf",
    "format_imglab",
    "format_pts",
    "iter_imglab",
    "landmark_scheme",
    "load_asf",
    "load_imglab",
    "load_pts",
    "load_scheme",
    "parse_asf",
    "parse_imglab",
    "parse_pts",
]
