"""Checks of what a YAML or JSON file holds: each returns the value as the type asked for, or raises DataError."""

import difflib
from collections.abc import Collection

from facial_keypoints.landmarks.strict import fault, quoted


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
    if not isinstance(value, list):
        raise fault(where, f"{what} is {shown(value)}", "a list", advice)
    return value


def as_text(value: object, where: str, what: str, advice: str) -> str:
    """The value, a text that is not empty and can be printed on one line."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise fault(where, f"{what} is {shown(value)}", "a text (in quotation marks)", advice)
    return value


def as_index(value: object, where: str, what: str, advice: str) -> int:
    """The value, a whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise fault(where, f"{what} is {shown(value)}", "a whole number from 0", advice)
    return value


def as_flag(value: object, where: str, what: str, advice: str) -> bool:
    if not isinstance(value, bool):
        raise fault(where, f"{what} is {shown(value)}", "true or false", advice)
    return value


def require_keys(
    found: Collection[str], needed: Collection[str], optional: Collection[str], where: str, advice: str
) -> None:
    """Raises DataError for a key that is neither needed nor optional, with the nearest known one, or for a missing."""
    known = [*needed, *optional]
    for key in found:
        if key not in known:
            raise fault(
                where, f"unknown key {quoted(key)}", f"one of {', '.join(known)}", f"{meant(key, known)}{advice}"
            )
    for key in needed:
        if key not in found:
            raise fault(where, f"no {key}", f"the keys {', '.join(needed)}", advice)


def meant(word: str, known: Collection[str]) -> str:
    """'Did you mean ...? ' if one of the known words resembles this one, else nothing."""
    nearest = difflib.get_close_matches(word[:100], [*known], n=1)
    return f"Did you mean {nearest[0]!r}? " if nearest else ""
