"""Which points of two landmark schemes are the same place of a face."""

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.landmarks.schemes import IBUG_68, IMM_58, LandmarkScheme

# Once the mean frontal faces of both sets are aligned on these points, each pair lies within 5.3 % of the distance of
# the outer eye corners (tests/landmarks/test_shared_points.py); the chins are the farthest. IMM's 52, often called the
# nose tip, is the middle of the nose's base: iBUG's 33 (2.6 % away), not its tip 30 (12.8 %).
_IMM_TO_IBUG = {
    21: 36,  # right eye, outer corner
    25: 39,  # right eye, inner corner
    17: 42,  # left eye, inner corner
    13: 45,  # left eye, outer corner
    38: 17,  # right brow, outer end
    34: 21,  # right brow, inner end
    29: 22,  # left brow, inner end
    33: 26,  # left brow, outer end
    39: 48,  # right corner of the mouth
    43: 54,  # left corner of the mouth
    41: 51,  # middle of the upper lip's upper edge
    45: 57,  # middle of the lower lip's lower edge
    52: 33,  # middle of the nose's base
    6: 8,  # chin
}


def shared_points(one: LandmarkScheme, other: LandmarkScheme) -> list[tuple[int, int]]:
    """Pairs (point of the one, point of the other) that mark the same place, in ascending order.

    All points if both are the same scheme.  Raises ConfigurationError for schemes whose common points are not known.
    """
    if one == other:
        return [(point, point) for point in range(one.size)]
    if (one, other) == (IMM_58, IBUG_68):
        return sorted(_IMM_TO_IBUG.items())
    if (one, other) == (IBUG_68, IMM_58):
        return sorted((ibug, imm) for imm, ibug in _IMM_TO_IBUG.items())
    raise ConfigurationError(
        f"landmark schemes {one.name!r} and {other.name!r} have no known points in common, "
        f"expected the same scheme twice, or {IMM_58.name} and {IBUG_68.name}. Choose data of such schemes."
    )
