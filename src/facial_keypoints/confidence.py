"""How far a prediction can be relied on: an estimate of its error, and the chance that it is a face found well.

Four things that are known without the truth tell of the error: how far the prediction for the mirror image lies away,
how widely the network's maps are spread, how far the last look moved the points, and how unlike a face's mean shape
the points lie.  Their logarithms are weighed by least squares into one number, the doubt; what a doubt has come to on
validation faces (made harder in many ways) and on places without a face, monotone curves say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from facial_keypoints.errors import DataError
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.looking import Seen
from facial_keypoints.metrics import FAILURE
from facial_keypoints.procrustes import aligned_shapes

FORMAT = 1
NO_FACE = 50.0  # percent: the error that a place without a face counts with where signals are weighed
BINS = 40  # of equal numbers of faces, from which a curve is made
LEAST = 1e-4  # of a signal, before its logarithm
SIGNALS = ("mirrored", "spread", "moved", "shape")
Values = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Curve:
    """A monotone function: what doubts in ascending order (B,) have come to, (B,); constant beyond the last."""

    doubts: NDArray[np.float64]
    values: NDArray[np.float64]

    def __call__(self, doubts: Values) -> NDArray[np.float64]:
        return np.interp(doubts, self.doubts, self.values)


@dataclass(frozen=True, eq=False)
class Calibration:
    """What one network's doubts have come to, if it looks `rounds` times and is averaged with the mirror image or not.

    training_id: of the checkpoint. data_set: whose validation faces it is made from.
    mean_shape: (K, 2), in its own unit.
    signals: those that the network gives; weights: (S + 1,) of their logarithms in a face's doubt, the last a constant.
    error: of a doubt, the expected NME in percent of the distance of the outer eye corners, were it a face.
    chance: that it is a face, with an NME below 8 %.
    point_signals, point_weights, point_error: the same for one point of a face.
    """

    training_id: str
    data_set: str
    rounds: int
    flip_average: bool
    mean_shape: NDArray[np.float64]
    signals: tuple[str, ...]
    weights: NDArray[np.float64]
    error: Curve
    chance: Curve
    point_signals: tuple[str, ...]
    point_weights: NDArray[np.float64]
    point_error: Curve

    def doubts(self, seen: Seen) -> NDArray[np.float64]:
        """One number for each face, (N,): the higher, the larger the error."""
        return _weighed(face_signals(seen, self.mean_shape), self.signals, self.weights)

    def face_errors(self, seen: Seen) -> NDArray[np.float64]:
        """Expected NME of each face, (N,), in percent of the distance of its outer eye corners."""
        return self.error(self.doubts(seen))

    def chances(self, seen: Seen) -> NDArray[np.float64]:
        """Of each, (N,), the chance that it is a face found with an NME below 8 %."""
        return self.chance(self.doubts(seen))

    def errors_of_points(self, seen: Seen) -> NDArray[np.float64]:
        """Expected error of each point, (N, K), in percent of the distance of the face's outer eye corners."""
        return self.point_error(_weighed(point_signals(seen), self.point_signals, self.point_weights))

    def to_plain(self) -> dict[str, Any]:
        """Nothing but what JSON holds."""
        content = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in vars(self).items()}
        for key in ("error", "chance", "point_error"):
            content[key] = {name: values.tolist() for name, values in vars(content[key]).items()}
        return {"format": FORMAT} | content

    @classmethod
    def from_plain(cls, content: object, source: str) -> "Calibration":
        """The inverse of `to_plain`.  Raises DataError that names `source`."""
        try:
            if not isinstance(content, dict) or content["format"] != FORMAT:
                raise ValueError(f"no calibration of format {FORMAT}")
            plain = {key: value for key, value in content.items() if key != "format"}
            for key in ("error", "chance", "point_error"):
                plain[key] = Curve(**{name: np.array(values, np.float64) for name, values in plain[key].items()})
            for key in ("mean_shape", "weights", "point_weights"):
                plain[key] = np.array(plain[key], np.float64)
            for key in ("signals", "point_signals"):
                plain[key] = tuple(plain[key])
            return cls(**plain)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{source}: this is no calibration of this version ({error}). Make it again: "
                "kedro run --pipelines calibrate"
            ) from error


def face_signals(seen: Seen, mean_shape: Values) -> dict[str, NDArray[np.float64]]:
    """What tells of the errors of faces, (N,) each, without a unit.  NaN where a network does not give it."""
    shapes = np.concatenate([mean_shape[None], seen.points])
    aligned, mean = aligned_to_first(shapes)
    unlike = np.sqrt(np.square(aligned[1:] - mean).sum(axis=(1, 2)))
    means = {name: getattr(seen, name).mean(axis=1) for name in ("mirrored", "spread", "moved")}
    return means | {"shape": unlike}


def point_signals(seen: Seen) -> dict[str, NDArray[np.float64]]:
    """What tells of the errors of points, (N, K) each: of the point alone, and of the whole face."""
    own = {name: getattr(seen, name) for name in ("mirrored", "spread", "moved")}
    return own | {f"{name} face": np.broadcast_to(v.mean(axis=1, keepdims=True), v.shape) for name, v in own.items()}


def aligned_to_first(shapes: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shapes (N, K, 2), each moved, turned and scaled onto the first, and that one, with its centre at 0, of unit size.

    A shape without extent lies in that centre.
    """
    vectors = (shapes[..., 0] + 1j * shapes[..., 1]).astype(np.complex128)
    vectors -= vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    first = vectors[0]
    aligned = vectors * (vectors.conj() @ first)[:, None]
    return _as_points(aligned), _as_points(first)


def fitted(
    *,
    training_id: str,
    data_set: str,
    rounds: int,
    flip_average: bool,
    scheme: LandmarkScheme,
    faces: Seen,
    errors: Values,
    truth: Values,
    no_faces: Seen,
) -> Calibration:
    """The calibration that is right for these faces.

    errors: (N, K) of the faces' points, in percent of the distance of the outer eye corners. truth: (N, K, 2), for the
    mean shape. no_faces: what the network made of places without a face.
    Raises DataError if there are no faces.
    """
    if not len(errors):
        raise DataError(f"{data_set}_faces: found no validation faces, expected some to calibrate on.")
    _, mean_shape = aligned_shapes(truth)
    nmes = errors.mean(axis=1)
    both = {
        name: np.concatenate([values, face_signals(no_faces, mean_shape)[name]])
        for name, values in face_signals(faces, mean_shape).items()
    }
    targets = np.concatenate([nmes, np.full(len(no_faces.points), NO_FACE)])
    names, weights = _weights(both, targets)
    doubts = _weighed(both, names, weights)
    own = point_signals(faces)
    point_names, point_weights = _weights(own, errors)
    is_good = np.concatenate([nmes < FAILURE, np.zeros(len(no_faces.points), bool)])
    return Calibration(
        training_id=training_id,
        data_set=data_set,
        rounds=rounds,
        flip_average=flip_average,
        mean_shape=mean_shape,
        signals=names,
        weights=weights,
        error=rising_curve(doubts[: len(nmes)], nmes),
        chance=_falling(rising_curve(doubts, 1.0 - is_good)),
        point_signals=point_names,
        point_weights=point_weights,
        point_error=rising_curve(_weighed(own, point_names, point_weights).ravel(), errors.ravel()),
    )


def rising_curve(doubts: Values, values: Values, bins: int = BINS) -> Curve:
    """The monotone curve nearest to what doubts (N,) have come to, (N,): means of bins, made to rise.

    R. E. Barlow et al., "Statistical inference under order restrictions" (1972): isotonic regression.
    """
    order = np.argsort(doubts, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    centres = np.array([doubts[part].mean() for part in parts])
    means = np.array([values[part].mean() for part in parts])
    rising = isotonic_regression(means, weights=[len(part) for part in parts]).x
    return Curve(centres, np.asarray(rising, np.float64))


def threshold_that_keeps(goodness: Values, is_good: NDArray[np.bool_], share: float) -> float:
    """The threshold at or above which so large a share of the good ones lie: of (N,), the higher the better."""
    return float(np.quantile(goodness[is_good], 1 - share, method="lower"))


def _weights(signals: Mapping[str, Values], targets: Values) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The signals that are there, and the weights of their logarithms (S + 1,) that come nearest to those of targets.

    None is below 0: a larger signal is never a reason to doubt less.
    """
    from scipy.optimize import nnls

    names = tuple(name for name, values in signals.items() if np.isfinite(values).all())
    goals = np.log(np.maximum(targets, LEAST)).ravel()
    if not names:  # one look of a network without maps, not averaged: nothing tells of a point
        return names, goals.mean(keepdims=True)
    columns = np.stack([_log(signals[name]).ravel() for name in names], axis=1)
    centres, goal = columns.mean(axis=0), goals.mean()
    slopes, _ = nnls(columns - centres, goals - goal)
    return names, np.append(slopes, goal - centres @ slopes)


def _weighed(signals: Mapping[str, Values], names: tuple[str, ...], weights: Values) -> NDArray[np.float64]:
    total = np.full(next(iter(signals.values())).shape, weights[-1])
    for name, weight in zip(names, weights, strict=False):
        total += weight * _log(signals[name])
    return total


def _log(values: Values) -> NDArray[np.float64]:
    return np.log(np.maximum(values, LEAST))


def _falling(curve: Curve) -> Curve:
    return Curve(curve.doubts, 1 - curve.values)


def _as_points(shapes: NDArray[np.complex128]) -> NDArray[np.float64]:
    return np.stack([shapes.real, shapes.imag], axis=-1)
