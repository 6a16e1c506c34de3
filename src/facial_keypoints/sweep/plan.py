"""What a sweep is to train: a variant for each learning rate, in a training pipeline that has no other."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kedro.framework.session import KedroSession
from kedro.io import CatalogProtocol
from kedro.runner import SequentialRunner

from facial_keypoints.configuration import variant_names
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.sweep.variants import swept_parameters, variant_of_rate


@dataclass(frozen=True)
class Sweep:
    """Some learning rates of a training pipeline, each a variant in that pipeline's namespace.

    parameters: runtime parameters with which the pipeline has these variants and no other that runs unasked.
    """

    project: Path
    env: str | None
    workspace: Path
    pipeline: str
    rates: list[float]
    parameters: dict[str, Any]

    @property
    def variants(self) -> list[str]:
        """Their full names, `train_nose.lr_1e-3`, in the order of the rates."""
        return [f"{self.pipeline}.{variant_of_rate(rate)}" for rate in self.rates]

    def catalog(self) -> CatalogProtocol:
        """Its options, and where its data and results lie."""
        session = KedroSession.create(self.project, env=self.env, runtime_params=self.parameters)
        with session:
            return session.load_context().catalog

    def run(self, **selection: Any) -> None:
        """Run a part of the pipeline."""
        session = KedroSession.create(self.project, env=self.env, runtime_params=self.parameters)
        with session:
            session.run(pipeline_names=[self.pipeline], runner=SequentialRunner(), **selection)

    def without(self, variants: Sequence[str]) -> "Sweep":
        """The sweep of the other rates."""
        kept = [rate for rate, variant in zip(self.rates, self.variants, strict=True) if variant not in variants]
        named = {variant.split(".")[1]: {"on_request": True} for variant in variants}
        own = self.parameters[self.pipeline]
        left_out = {variant: own[variant] | changed for variant, changed in named.items()}
        return replace(self, rates=kept, parameters={self.pipeline: own | left_out})


def plan(project: Path, env: str | None, pipeline: str, rates: Sequence[float], options: Mapping[str, Any]) -> Sweep:
    """A sweep of those rates.  Raises ConfigurationError for impossible ones."""
    env = env or os.environ.get("KEDRO_ENV")
    impossible = [rate for rate in rates if not 0 < rate <= 1]
    if impossible:
        raise ConfigurationError(f"found learning rates {impossible}; expected numbers above 0, at most 1")
    session = KedroSession.create(project, env=env)
    with session:
        config = session.load_context().config_loader
        known = variant_names(config["parameters"], pipeline)
        workspace = project / config["globals"]["workspace"]
    different = list(dict.fromkeys(rates))
    return Sweep(project, env, workspace, pipeline, different, swept_parameters(pipeline, different, options, known))
