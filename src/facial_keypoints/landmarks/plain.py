"""Checks of what a YAML or JSON file holds: each returns the value as the type asked for, or raises DataError.

where: the file and the place in it; what: the value's name; advice: what to do about it. All for the message.
"""

import difflib
import sys
from collections.abc import Collection, Iterable

import numpy as np

from facial_keypoints.landmarks.strict import fault, quoted

LARGEST_NUMBER = sys.float_info.max


def shown(value: object) -> str:
    """A value as an error message repeats it: short, whatever the file holds."""
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    return quoted(value) if isinstance(value, str) else quoted(str(value)).strip("'")


def as_mapping(value: object, where: str, what: str, advice: str) -> dict:
    """The value, a dict whose keys are texts."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise fault(where, f"{what} is {shown(value)}", "a mapping whose keys are texts", advice)
    return value


def as_list(value: object, where: str, what: str, advice: str) -> list:
    """The value, a list of anything."""
    if not isinstance(value, list):
        raise fault(where, f"{what} is {shown(value)}", "a list", advice)
    return value


def as_text(value: object, where: str, what: str, advice: str) -> str:
    """The value, a text that is not empty and can be printed on one line."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise fault(where, f"{what} is {shown(value)}", "a text in one line", advice)
    return value


def as_index(value: object, where: str, what: str, advice: str) -> int:
    """The value, a whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise fault(where, f"{what} is {shown(value)}", "a whole number from 0", advice)
    return value


def as_flag(value: object, where: str, what: str, advice: str) -> bool:
    """The value, true or false; 0 and 1 are neither."""
    if not isinstance(value, bool):
        raise fault(where, f"{what} is {shown(value)}", "true or false", advice)
    return value


def as_numbers(value: object, count: int, where: str, what: str, advice: str) -> np.ndarray:
    """The value, a list of that many finite numbers, as (count,) float64."""
    numbers = as_list(value, where, what, advice)
    if len(numbers) != count:
        raise fault(where, f"{what} has {len(numbers)} numbers", str(count), advice)
    for number in numbers:
        # A whole number may be larger than any float, and 1e999 is read as infinity.
        is_number = type(number) is float or type(number) is int
        if not is_number or not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
            raise fault(where, f"{shown(number)} in {what}", "finite numbers", advice)
    return np.array(numbers, dtype=np.float64)


def require_keys(
    found: Collection[str],
    needed: Collection[str],
    optional: Collection[str],
    where: str,
    advice: str,
    kind: str = "key",
) -> None:
    """Raises DataError for a key that is neither needed nor optional, with the nearest known one, or for a missing."""
    known = [*needed, *optional]
    for key in found:
        if key not in known:
            raise fault(where, f"unknown {kind} {quoted(key)}", f"one of {_listed(known)}", meant(key, known) + advice)
    for key in needed:
        if key not in found:
            raise fault(where, f"no {kind} {key}", f"the {kind}s {_listed(needed)}", advice)


def first_repeated(words: Iterable[str]) -> str | None:
    """The first word that has occurred before, in time linear in their number, however many a file holds."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            return word
        seen.add(word)
    return None


def _listed(words: Collection[str]) -> str:
    """The words, the middle of a long list left out."""
    few = [*words] if len(words) <= 12 else [*[*words][:6], "...", *[*words][-6:]]
    return ", ".join(few)


def meant(word: str, known: Collection[str]) -> str:
    """'Did you mean ...? ' if one of the known words resembles this one, else nothing."""
    nearest = difflib.get_close_matches(word[:100], [*known], n=1)
    return f"Did you mean {nearest[0]!r}? " if nearest else ""
