"""Faces made harder in one way at a time, so that models can be compared by what they bear.

A perturbation takes a FaceSet to another one, or its faces' boxes to other boxes, before any network cuts and resizes:
all models meet the same faces. What is drawn at random (a direction, a landmark) depends on the seed, the perturbation
and the face's name: it is the same at every level, in every run, and whatever other faces are beside it.

Corruptions graded by severity follow Hendrycks and Dietterich, "Benchmarking neural network robustness to common
corruptions and perturbations", ICLR 2019; lengths are relative to the face or its box here, which come in all sizes.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from facial_keypoints.errors import ConfigurationError, DataError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, compose, crop_boxes, crop_matrix, cut, inverse, transform_points
from facial_keypoints.norms import norm_lengths

CHUNK = 16  # faces that are turned at a time: some 50 MB
NEAR = Crop(scale=1.6, shift_down=-0.1, size=224)  # around the landmarks, which end at the brows
Picture = NDArray[np.uint8]
Chances = NDArray[np.float64]  # (N,) on [0, 1), one for each face
View = tuple[str, Picture, NDArray[np.floating]]  # the level, a picture and the points (K, 2) in it


@dataclass(frozen=True, eq=False)
class Perturbed:
    """What the networks are given.

    faces: pictures, and the landmarks that errors are measured against.
    boxes: (N, 4) left, top, width, height in pixels of the photographs; None where they are the set's own.
    """

    faces: FaceSet
    boxes: NDArray[np.floating] | None = None


@dataclass(frozen=True)
class Perturbation:
    """One way to make faces harder.

    name: in tables. title: of an axis of levels, with their unit. levels: to measure at, from one end to the other.
    change: faces, level and each face's chance to what the networks are given.
    harmless: the one of the levels that leaves everything as it is.
    needs_box: has no meaning for whole photographs.
    """

    name: str
    title: str
    levels: tuple[float, ...]
    change: Callable[[FaceSet, float, Chances], Perturbed]
    harmless: float = 0.0
    needs_box: bool = False


def perturbed(faces: FaceSet, perturbation: Perturbation, level: float, seed: int) -> Perturbed:
    """All faces at one level of a perturbation; the harmless level gives back the set itself.

    seed: 0 or more.  Images that are mapped from a file stay as they are: new ones lie in memory.
    Raises ConfigurationError for boxes of whole photographs, DataError where a face without landmarks needs a size.
    """
    if level == perturbation.harmless:
        return Perturbed(faces)
    return perturbation.change(faces, level, _chances(faces, perturbation.name, seed))


def perturbations_for(faces: FaceSet) -> list[Perturbation]:
    """Those that have a meaning for this set, in their fixed order."""
    return [each for each in PERTURBATIONS.values() if faces.crop is not None or not each.needs_box]


def example_views(faces: FaceSet, row: int, seed: int, crop: Crop | None = None) -> dict[str, list[View]]:
    """One face under each perturbation at each level, by the perturbation's name, as `perturbed_faces` draws them.

    crop: what a network sees around the box; None for all that was cut.  Whole photographs are shown near the face.
    """
    face = faces.select(np.array([row]))
    return {
        each.name: [_view(perturbed(face, each, level, seed), f"{level:g}", crop) for level in each.levels]
        for each in perturbations_for(faces)
    }


def _view(given: Perturbed, label: str, crop: Crop | None) -> View:
    """The part to look at of the one face of a set."""
    faces = given.faces
    points = faces.keypoints[0].astype(np.float64)
    if faces.crop is None:
        low, high = points.min(axis=0), points.max(axis=0)
        crop, matrix = NEAR, crop_matrix(np.concatenate([low, high - low]), NEAR)
    else:
        crop = crop or faces.crop
        box = (crop_boxes(faces.to_source, faces.crop) if given.boxes is None else given.boxes)[0]
        matrix = compose(inverse(faces.to_source[0]), crop_matrix(box, crop))
    picture = cut(Image.fromarray(np.asarray(faces.images[0])), matrix, (crop.size, crop.size))
    return label, picture, transform_points(inverse(matrix), points)


def _chances(faces: FaceSet, perturbation: str, seed: int) -> Chances:
    """A random number for each face, the same wherever that face stands."""
    keys = [zlib.crc32(f"{perturbation}/{name}".encode()) for name in faces.table["name"]]
    return np.array([np.random.default_rng([seed, key]).random() for key in keys])


def _shift_boxes(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    boxes = _boxes(faces)
    angle = 2 * np.pi * chances
    boxes[:, :2] += level * boxes[:, 2:] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return Perturbed(faces, boxes)


def _scale_boxes(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    boxes = _boxes(faces)
    boxes[:, :2] -= level / 2 * boxes[:, 2:]
    boxes[:, 2:] *= 1 + level
    return Perturbed(faces, boxes)


def _turn(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    """The photographs turned clockwise about the centre of the face's box, or about their own where there is none.

    The turned photograph has the pixels of the plain one, so that distances keep and `to_source` stays; what comes from
    beyond the image repeats its border. Landmarks that leave the image still count: up to 30 degrees, none of the test
    faces of either data set loses one.
    """
    # Slow to import, and figures need no more of this module than the titles.
    import torch

    from facial_keypoints.augmentation import warp

    in_source = _turns(_turning_points(faces), level)
    turns = compose(inverse(faces.to_source), compose(in_source, faces.to_source))
    back = torch.from_numpy(inverse(turns)).float()
    images = np.empty(faces.images.shape, np.uint8)
    for start in range(0, len(faces), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(faces)))
        plain = torch.from_numpy(np.asarray(faces.images[rows], np.float32))
        channels = plain[:, None] if plain.ndim == 3 else plain.permute(0, 3, 1, 2)
        turned = warp(channels, back[rows], faces.image_size).round().byte()
        images[rows] = (turned[:, 0] if plain.ndim == 3 else turned.permute(0, 2, 3, 1)).numpy()
    keypoints = transform_points(turns, faces.keypoints.astype(np.float64)).astype(np.float32)
    return Perturbed(replace(faces, images=images, keypoints=keypoints))


def _turning_points(faces: FaceSet) -> NDArray[np.floating]:
    """(N, 2) in pixels of the photographs."""
    if faces.crop is None:
        height, width = faces.image_size
        return transform_points(faces.to_source, np.array([[width / 2, height / 2]]))[:, 0]
    boxes = crop_boxes(faces.to_source, faces.crop)
    return boxes[:, :2] + boxes[:, 2:] / 2


def _turns(centres: NDArray[np.floating], degrees: float) -> NDArray[np.floating]:
    """The maps (N, 2, 3) that turn clockwise, as y runs down, about each of the centres (N, 2)."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    linear = np.array([[cos, -sin], [sin, cos]])
    offset = centres - centres @ linear.T
    return np.concatenate([np.broadcast_to(linear, (len(centres), 2, 2)), offset[..., None]], axis=-1)


def _blur(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    """Three box filters in a row, as Pillow makes a Gaussian: its sigma to within 2 %, in a time that does not grow."""
    sigmas = level / 100 * _face_sizes(faces)

    def blurred(row: int, image: Picture) -> Picture:
        return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(float(sigmas[row]))))

    return _edited(faces, blurred)


def _compress(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    """Written as JPEG by libjpeg's scale of qualities, colours at half the resolution, and read again."""

    def compressed(row: int, image: Picture) -> Picture:
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=round(level), subsampling="4:2:0")
        return np.asarray(Image.open(file))

    return _edited(faces, compressed)


def _darken(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    """Stored values, which are not linear in light, are scaled and rounded: the shades that fall together are lost."""
    shade = np.rint(np.arange(256) * (1 - level)).astype(np.uint8)
    return _edited(faces, lambda row, image: shade[image])


def _cover(faces: FaceSet, level: float, chances: Chances) -> Perturbed:
    """A square of the picture's mean colour over a random landmark of each face.

    That is Cutout (DeVries and Taylor, 2017), whose zeros are the mean of normalised pictures; black would darken too.
    """
    landmark = (chances * faces.scheme.size).astype(int)
    centres = faces.keypoints[np.arange(len(faces)), landmark]
    half = level / 100 * _face_sizes(faces)[:, None] / 2
    # The pixels whose centres, at +0.5, lie within.
    first, end = (np.ceil(edge - 0.5).clip(0).astype(int) for edge in (centres - half, centres + half))

    def covered(row: int, image: Picture) -> Picture:
        image = image.copy()
        (left, top), (right, bottom) = first[row], end[row]
        image[top:bottom, left:right] = np.rint(image.mean(axis=(0, 1)))
        return image

    return _edited(faces, covered)


def _edited(faces: FaceSet, edit: Callable[[int, Picture], Picture]) -> Perturbed:
    """The set with other pictures, each made from its row and the one that was there."""
    images = np.empty(faces.images.shape, np.uint8)
    for row, image in enumerate(faces.images):
        images[row] = edit(row, np.asarray(image))
    return Perturbed(replace(faces, images=images))


def _boxes(faces: FaceSet) -> NDArray[np.floating]:
    if faces.crop is None:
        raise ConfigurationError(
            f"{faces.data_set} holds whole photographs, expected faces cut around boxes: leave out what "
            "moves boxes, as perturbations_for does."
        )
    return crop_boxes(faces.to_source, faces.crop)


def _face_sizes(faces: FaceSet) -> NDArray[np.floating]:
    """(N,), the square root of the area of the upright rectangle around the landmarks, in pixels of the images."""
    sizes = norm_lengths(faces.keypoints, faces.scheme, "face_size")
    unknown = faces.table["name"][~np.isfinite(sizes)]
    if len(unknown):
        raise DataError(
            f"{len(unknown)} of {len(faces)} faces, {unknown.iloc[0]} the first, have no landmarks to tell their size "
            "by: perturb faces that have."
        )
    return sizes


PERTURBATIONS: Mapping[str, Perturbation] = {
    each.name: each
    for each in (
        Perturbation(
            name="box_shift",
            title="shift of the box (share of its side)",
            levels=(0.0, 0.05, 0.1, 0.15, 0.2),
            change=_shift_boxes,
            needs_box=True,
        ),
        Perturbation(
            name="box_scale",
            title="growth of the box (share of its side)",
            levels=(-0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2),
            change=_scale_boxes,
            needs_box=True,
        ),
        Perturbation(
            name="rotation",
            title="rotation, clockwise (degrees)",
            levels=(-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0),
            change=_turn,
        ),
        Perturbation(
            name="blur",
            title="blur, sigma (% of the face's size)",
            levels=(0.0, 1.0, 2.0, 4.0, 8.0),
            change=_blur,
        ),
        Perturbation(
            name="jpeg",
            title="JPEG quality (100: as it is)",
            levels=(100.0, 50.0, 25.0, 10.0, 5.0),
            change=_compress,
            harmless=100.0,
        ),
        Perturbation(
            name="darkness",
            title="darkness (share of brightness lost)",
            levels=(0.0, 0.25, 0.5, 0.75, 0.9),
            change=_darken,
        ),
        Perturbation(
            name="occlusion",
            title="occlusion, side (% of the face's size)",
            levels=(0.0, 20.0, 40.0, 60.0),
            change=_cover,
        ),
    )
}
