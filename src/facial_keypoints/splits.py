"""Faces to splits, whole groups at a time: a person or a photograph never lies in two."""

import pandas as pd

from facial_keypoints.errors import DataError
from facial_keypoints.faces import SPLITS, TEST, TRAIN, VALIDATION


def drawn_groups(groups: pd.Series, fraction: float, seed: int) -> pd.Index:
    """Groups drawn at random until their faces make up the fraction of all, without those too large to fit in.

    groups: the group of each face.  Where none fits, the smallest is drawn.
    """
    faces_by_group = groups.value_counts().sort_index()
    left = round(fraction * len(groups))
    drawn = []
    for group, faces in faces_by_group.sample(frac=1, random_state=seed).items():
        if faces <= left:
            drawn.append(group)
            left -= faces
    return pd.Index(drawn or [faces_by_group.idxmin()])


def completed_splits(table: pd.DataFrame, validation_fraction: float, test_fraction: float, seed: int) -> pd.Series:
    """The split of each face, drawn where the table's `split` is None.

    Where no split is stated at all, a test split is drawn first. Where no validation face is stated, they are drawn
    from what is left to train on, if anything is. Raises DataError if a group is stated to be in two splits, or if
    there are too few groups to draw from.
    """
    split = table["split"].astype(object).where(table["split"].notna(), None)
    straddling = table.assign(split=split).dropna(subset="split").groupby("group")["split"].nunique()
    if (straddling > 1).any():
        raise DataError(
            f"{straddling.index[straddling > 1][0]}: found one group in two splits, expected each photograph or person "
            "in one. State the same split for all its faces."
        )
    # A face without a statement goes where the others of its group go.
    stated = table.assign(split=split).groupby("group")["split"].transform("first")
    stated = stated.astype(object).where(stated.notna(), None)
    draws = [] if stated.notna().any() else [(TEST, test_fraction)]
    if not (stated == VALIDATION).any() and not (stated == TEST).all():
        draws.append((VALIDATION, validation_fraction))
    result = stated.fillna(TRAIN)
    for name, fraction in draws:
        rest = table.loc[result == TRAIN, "group"]
        if rest.nunique() < 2:
            raise DataError(
                f"found {table['group'].nunique()} groups of faces, too few to draw {name} faces from and keep some to "
                f"train on; expected at least {len(SPLITS)}. Add photographs, or state the splits."
            )
        result[table["group"].isin(drawn_groups(rest, fraction, seed))] = name
    return result
