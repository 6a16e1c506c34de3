"""Random views of the Danes at the small networks' input size."""

import logging

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from facial_keypoints.augmentation import disturb, random_views, view_keypoints, warp
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import TEST, TRAIN, FaceSet
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.geometry import compose
from facial_keypoints.options import AugmentOptions
from facial_keypoints.progress import progress

logger = logging.getLogger(__name__)

FACES_DRAWN, VIEWS_DRAWN = 4, 5


def make_views(faces: FaceSet, options: AugmentOptions) -> FaceSet:
    """`views` random views of each training face, and every validation face as it is, at (height, width).

    With 0 views the training faces, too, are as they are. The table gains `view` (0 for a plain one) and `mirrored`.
    Test faces are left out: nothing that is trained on may hold them.
    """
    kept = faces.select((faces.table["split"] != TEST).to_numpy())
    plain = plain_views(kept, options)
    if not options.views:
        return plain
    train, rest = plain.split(TRAIN), plain.select((plain.table["split"] != TRAIN).to_numpy())
    generator = torch.Generator().manual_seed(options.seed)
    numbers = progress(range(1, options.views + 1), "drawing views")
    views = concatenated([*(augmented(train, number, options, generator) for number in numbers), rest])
    logger.info("%d training faces x %d views, %d plain validation faces", len(train), options.views, len(rest))
    return views


def plain_views(faces: FaceSet, options: AugmentOptions) -> FaceSet:
    """The faces, whole pictures, at (height, width)."""
    frame = InputFrame(options.height, options.width, channels=1)
    examples = Examples(faces, frame, torch.device("cpu"))
    rows = torch.arange(len(faces)).split(64)
    pictures = [examples.plain(chunk)[0] for chunk in rows]
    return FaceSet(
        data_set=faces.data_set,
        images=_as_bytes(torch.cat(pictures)),
        keypoints=examples.unit_keypoints * np.array([options.width, options.height], np.float32),
        to_source=examples.to_source,
        table=faces.table.assign(view=0, mirrored=False),
        scheme=faces.scheme,
    )


def augmented(faces: FaceSet, number: int, options: AugmentOptions, generator: torch.Generator) -> FaceSet:
    """One random view of each face."""
    size = (options.height, options.width)
    maps, mirrored = random_views(len(faces), size, options.augmentation, generator)
    pictures = warp(torch.from_numpy(np.asarray(faces.images))[:, None].float() / 255, maps, size, alike=True)
    pictures = disturb(pictures, options.augmentation, generator)
    keypoints = view_keypoints(torch.from_numpy(faces.keypoints), maps, mirrored, faces.scheme.mirror)
    return FaceSet(
        data_set=faces.data_set,
        images=_as_bytes(pictures),
        keypoints=keypoints.numpy(),
        to_source=compose(faces.to_source, maps.double().numpy()),
        table=faces.table.assign(view=number, mirrored=mirrored.numpy()),
        scheme=faces.scheme,
    )


def concatenated(sets: list[FaceSet]) -> FaceSet:
    """Face sets of one kind, one after the other."""
    return FaceSet(
        data_set=sets[0].data_set,
        images=np.concatenate([faces.images for faces in sets]),
        keypoints=np.concatenate([faces.keypoints for faces in sets]),
        to_source=np.concatenate([faces.to_source for faces in sets]),
        table=pd.concat([faces.table for faces in sets], ignore_index=True),
        scheme=sets[0].scheme,
    )


def _as_bytes(pictures: torch.Tensor) -> np.ndarray:
    return (pictures[:, 0] * 255).round().byte().numpy()


def draw_views(views: FaceSet) -> Figure:
    """Some training faces, a row each, in several of their views."""
    train = views.split(TRAIN)
    names = train.table["name"].drop_duplicates()
    chosen = names.iloc[np.linspace(0, len(names) - 1, FACES_DRAWN).astype(int)]
    rows = [row for name in chosen for row in np.flatnonzero(train.table["name"] == name)[:VIEWS_DRAWN]]
    drawn = train.select(np.array(rows))
    return contact_sheet(
        drawn.images,
        truth=drawn.keypoints,
        scheme=drawn.scheme,
        titles=[
            f"{row['name']}, view {row['view']}" + (", mirrored" if row["mirrored"] else "")
            for _, row in drawn.table.iterrows()
        ],
        title=f"What the small networks see: {len(train)} views of {len(names)} training faces",
        columns=min(VIEWS_DRAWN, len(rows) // FACES_DRAWN),
    )
