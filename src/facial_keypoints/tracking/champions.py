"""The best network of each pipeline and data set, registered in MLflow under the alias `champion`."""

import logging
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

logger = logging.getLogger(__name__)

CHAMPION = "champion"
NME, FACES = "val_nme", "val_faces"  # tags of a version


@dataclass(frozen=True)
class Candidate:
    """A logged model that may be the best.

    source: where it lies.  name: of the registered model, one for all networks of a task.
    nme: of its best epoch on the validation faces, in percent.  faces: the manifest of those.
    """

    model_id: str
    source: str
    run_id: str
    name: str
    variant: str
    nme: float
    faces: str


def register_if_best(client: MlflowClient, candidate: Candidate) -> None:
    """Register it and call it champion, if there is none or it errs less on the same validation faces.

    Where the champion was validated on others, neither is said to be better: a person has to move the alias.
    """
    champion = champion_of(client, candidate.name)
    if champion is not None and champion.tags.get(FACES) != candidate.faces:
        version = registered(client, candidate)
        logger.warning(
            "%s version %s (%s) is registered but not called %s: version %s was validated on other faces (%s, not %s), "
            "and the two cannot be compared. Move the alias in MLflow if the new faces are what counts from now on.",
            *(candidate.name, version, candidate.variant, CHAMPION, champion.version),
            *(champion.tags.get(FACES), candidate.faces),
        )
    elif champion is None or candidate.nme < float(champion.tags[NME]):
        version = registered(client, candidate)
        client.set_registered_model_alias(candidate.name, CHAMPION, version)
        logger.info(
            "models:/%s@%s is now version %s: %s, val/nme %.2f %%%s",
            *(candidate.name, CHAMPION, version, candidate.variant, candidate.nme),
            "" if champion is None else f", before {float(champion.tags[NME]):.2f} %",
        )


def champion_of(client: MlflowClient, name: str) -> ModelVersion | None:
    """The version with the alias, if there is one."""
    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):  # neither model nor alias
            return None
        raise


def registered(client: MlflowClient, candidate: Candidate) -> str:
    """The number of the model's version under that name, which an earlier try may have made."""
    try:
        client.create_registered_model(candidate.name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = client.search_model_versions(f"name = '{candidate.name}' and run_id = '{candidate.run_id}'")
    if made:
        return str(made[0].version)
    version = client.create_model_version(
        candidate.name,
        candidate.source,  # as models:/<id>, a store in a file would look for it in another store: the default one
        candidate.run_id,
        tags={NME: str(candidate.nme), FACES: candidate.faces, "variant": candidate.variant},
        model_id=candidate.model_id,
        await_creation_for=0,
    )
    return str(version.version)
