"""A variant for each learning rate of a sweep, as parameters of a run: no file is edited."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any


def variant_of_rate(rate: float) -> str:
    """`lr_1e-2` of 0.01, `lr_25e-5` of 2.5e-4: digits and exponent, since a variant's name has no dot.

    So the variants of conf/base that are called after their rates are those of a sweep too.
    """
    number = Decimal(repr(rate)).normalize().as_tuple()
    return f"lr_{''.join(map(str, number.digits))}e{number.exponent}"


def swept_parameters(
    pipeline: str, rates: Iterable[float], options: Mapping[str, Any], known: Iterable[str]
) -> dict[str, Any]:
    """Runtime parameters with which a training pipeline has the variants of a sweep, and no other that runs unasked.

    options: of all of them, `{"epochs": 3}` or `{"train_nose": {"epochs": 3}}`. known: the pipeline's variants in conf.
    """
    shared = {key: value for key, value in options.items() if key != pipeline} | options.get(pipeline, {})
    others = {variant: {"on_request": True} for variant in known}
    swept = {variant_of_rate(rate): {**shared, "learning_rate": rate, "on_request": False} for rate in rates}
    return {pipeline: others | swept}
