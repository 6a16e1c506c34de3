"""The configuration as this project reads it: variants completed, every value checked before anything runs.

In `parameters_<pipeline>.yml` of a training pipeline, a key that holds a mapping is a variant and every other key is
shared by all variants, which may override it. So `--params train_nose.epochs=5` reaches every variant, `--params
train_nose.lr_1e-2.learning_rate=0.01` adds one, and nothing is said twice.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from pydantic import TypeAdapter, ValidationError

from facial_keypoints.baselines import BASELINES
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.landmarks import SCHEMES
from facial_keypoints.options import PLAIN_OPTIONS, TWO_LOOKS, VARIANT_OPTIONS

# Mappings among a training pipeline's shared keys that are options, not variants.
SHARED_MAPPINGS = ("augmentation", TWO_LOOKS)
TORCHVISION_WEIGHTS = ("IMAGENET1K_V1",)
NO_WEIGHTS = "none"
AUTO = "auto"  # predict.variant: the best that is trained
TAKEN = (*BASELINES, "peers")  # what no variant can be called
SHORT_NAMES = {"pictures": "predict", "frames": "track"}  # options that may be given without their pipeline's name
PARAMETER = "parameter:"  # in the catalog, what stands before a parameter whose value is meant
Location = tuple[str | int, ...]  # of a value within the options, as pydantic gives it


class ProjectConfigLoader(OmegaConfigLoader):
    """OmegaConfigLoader whose "parameters" are completed and checked, and whose "catalog" finds its manifests.

    Raises ConfigurationError.
    """

    def __getitem__(self, key: str) -> dict[str, Any]:
        from facial_keypoints.hooks import readable_errors  # not on top: it imports this module's users

        with readable_errors():
            require_environment(Path(self.conf_source), self.env)
        config: dict[str, Any] = super().__getitem__(key)
        project = Path(self.conf_source).parent
        if key == "catalog":
            from facial_keypoints.variants import hand_over_first  # not on top: it imports this module

            parameters = self["parameters"]
            hand_over_first(parameters)
            config = with_parameters(config, parameters)
            resolve_manifests(config, project)
        if key != "parameters":
            return config
        given = with_short_names(config)
        require_effect(self.runtime_params or {}, given)
        parameters = complete_variants(given)
        resolve_paths(parameters, project)
        check_parameters(parameters)
        return parameters


def require_environment(conf: Path, env: str | None) -> None:
    """Raises ConfigurationError if there is no folder of that environment's options: with the names that there are."""
    if env is None or (conf / env).is_dir():
        return
    there = sorted(
        folder.name for folder in conf.glob("*/") if any(folder.glob("parameters*.yml")) or folder.name == "local"
    )
    close = get_close_matches(env, there, n=1)
    raise ConfigurationError(
        f"found no environment {env!r}"
        + (f", did you mean {close[0]}?" if close else ".")
        + f" There are: {', '.join(there)}"
    )


def variant_names(parameters: dict[str, Any], pipeline: str) -> list[str]:
    """The variants of a training pipeline, in the order of its parameter file."""
    options = parameters.get(pipeline, {})
    return [key for key, value in options.items() if isinstance(value, dict) and key not in SHARED_MAPPINGS]


def with_short_names(parameters: dict[str, Any]) -> dict[str, Any]:
    """`--params pictures=<folder>` as what it is short for, predict.pictures; and the like."""
    completed = {key: value for key, value in parameters.items() if key not in SHORT_NAMES}
    for name in SHORT_NAMES.keys() & parameters.keys():
        pipeline = SHORT_NAMES[name]
        completed[pipeline] = _options_of(completed, pipeline) | {name: parameters[name]}
    return completed


def _options_of(parameters: dict[str, Any], pipeline: str) -> dict[str, Any]:
    options = parameters.get(pipeline, {})
    if not isinstance(options, dict):
        raise ConfigurationError(f"{pipeline}: found {options!r}, expected its options by name.")
    return options


def require_effect(changed: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Raises ConfigurationError for a changed shared option that no variant takes, each having one of its own.

    changed: by `--params`, or a program. parameters: with these changes, variants not yet completed.
    """
    for pipeline in VARIANT_OPTIONS.keys() & changed.keys():
        options = _options_of(parameters, pipeline)
        variants = variant_names(parameters, pipeline)
        for name, value in _options_of(changed, pipeline).items():
            if not isinstance(value, dict) and variants and all(name in options[variant] for variant in variants):
                raise ConfigurationError(
                    f"{pipeline}.{name}: found {value!r}, which changes nothing: every variant has a {name} of its own "
                    f"({', '.join(variants)}). Name the variant, {pipeline}.{variants[0]}.{name}, or a new one, "
                    f"{pipeline}.<name>.{name}"
                    + (f"; or compare rates: kedro sweep {pipeline} {value}" if name == "learning_rate" else "")
                )


def complete_variants(parameters: dict[str, Any]) -> dict[str, Any]:
    """`parameters` with each variant holding all its options: its own, else the shared ones, and its name."""
    completed = dict(parameters)
    for pipeline in VARIANT_OPTIONS.keys() & parameters.keys():
        options = _options_of(parameters, pipeline)
        variants = variant_names(parameters, pipeline)
        shared = {key: value for key, value in options.items() if key not in variants}
        completed[pipeline] = options | {
            variant: _with_shared(shared, options[variant]) | {"pipeline": pipeline, "variant": variant}
            for variant in variants
        }
    return completed


def _with_shared(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = shared | own
    for key in set(SHARED_MAPPINGS) & shared.keys() & own.keys():
        if isinstance(own[key], dict):
            merged[key] = shared[key] | own[key]
    return merged


def with_parameters(catalog: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The catalog with the values of parameters in place of `filepath: parameter:ingest_own.folder` and the like."""
    completed = dict(catalog)
    for name, entry in catalog.items():
        filepath = entry.get("filepath", "") if isinstance(entry, dict) else ""
        if filepath.startswith(PARAMETER):
            value: Any = parameters
            for part in filepath.removeprefix(PARAMETER).split("."):
                value = value[part]
            completed[name] = entry | {"filepath": value}
    return completed


def resolve_paths(parameters: dict[str, Any], project: Path) -> None:
    """Make paths absolute, relative to the project's root: weights, own pictures and video, boxes, schemes, ..."""

    def resolve(options: dict[str, Any], key: str, names: Sequence[str] = ()) -> None:
        if isinstance(value := options.get(key), str) and value and value not in names:
            options[key] = str((project / Path(value).expanduser()).resolve())

    for variant in variant_names(parameters, "finetune_resnet"):
        resolve(parameters["finetune_resnet"][variant], "weights", (*TORCHVISION_WEIGHTS, NO_WEIGHTS))
    if isinstance(own := parameters.get("ingest_own"), dict):
        resolve(own, "folder")
        resolve(own, "scheme", tuple(SCHEMES))
    if isinstance(evaluate := parameters.get("evaluate"), dict):
        resolve(evaluate, "peers_folder")
        if isinstance(detector := evaluate.get("detector"), dict):
            resolve(detector, "file")
    if isinstance(predict := parameters.get("predict"), dict):
        resolve(predict, "pictures")
        resolve(predict, "boxes")
        if isinstance(detector := predict.get("yunet"), dict):
            resolve(detector, "file")
    if isinstance(track := parameters.get("track"), dict):
        resolve(track, "frames")


def resolve_manifests(catalog: dict[str, Any], project: Path) -> None:
    """Make relative paths of digest files absolute, in place: Kedro does so with `filepath` only."""
    for entry in catalog.values():
        manifest = entry.get("manifest") if isinstance(entry, dict) else None
        if isinstance(manifest, dict) and isinstance(manifest.get("sha256"), str):
            manifest["sha256"] = str((project / Path(manifest["sha256"]).expanduser()).resolve())


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raises ConfigurationError that lists every key that nothing knows and every impossible value."""
    known = [*PLAIN_OPTIONS, *VARIANT_OPTIONS]
    problems = [_unknown_first_key(key) for key in parameters if key not in known]
    for pipeline, options in PLAIN_OPTIONS.items():
        if pipeline in parameters:
            problems += _problems(partial(_key, pipeline), options, parameters[pipeline])
    for pipeline, options in VARIANT_OPTIONS.items():
        for variant in variant_names(parameters, pipeline):
            key_of = partial(_variant_key, parameters[pipeline], pipeline, variant)
            problems += _problems(key_of, options, parameters[pipeline][variant])
            problems += _name_problems(f"{pipeline}.{variant}", "variant", TAKEN)
    problems = problems or [*_crop_problems(parameters), *_peer_problems(parameters), *_predict_problems(parameters)]
    if problems:
        raise ConfigurationError(
            "Impossible parameters (they stand in conf/<environment>/parameters_<pipeline>.yml and --params):\n"
            + "\n".join(f"  {problem}" for problem in dict.fromkeys(problems))
        )


def _name_problems(key: str, what: str, taken: Sequence[str]) -> list[str]:
    """Names become those of datasets and folders, and of rows that are ranked beside each other."""
    name = key.split(".")[-1]
    if name in taken:
        return [f"{key}: {name} is the name of something else that is ranked beside it; choose another"]
    if re.fullmatch(r"[A-Za-z0-9_+-]+", name):
        return []
    return [f"{key}: a {what}'s name holds letters, digits, '_', '-' and '+' only"]


def _peer_problems(parameters: dict[str, Any]) -> list[str]:
    """Peers have names of their own.  One that sees more than was cut is skipped when it is to be measured."""
    taken = [*variant_names(parameters, "finetune_resnet"), *TAKEN]
    peers = parameters.get("evaluate", {}).get("peers", {})
    return [problem for name in peers for problem in _name_problems(f"evaluate.peers.{name}", "peer", taken)]


def _predict_problems(parameters: dict[str, Any]) -> list[str]:
    """Own pictures are predicted by a variant that there is."""
    chosen, known = parameters.get("predict", {}).get("variant", AUTO), variant_names(parameters, "finetune_resnet")
    if chosen in (AUTO, *known):
        return []
    return [f"predict.variant: found {chosen!r}; expected {AUTO}, or a variant of finetune_resnet: {', '.join(known)}"]


def _crop_problems(parameters: dict[str, Any]) -> list[str]:
    """A network cannot see more of a face than its ingest pipeline cuts."""
    problems = []
    for variant in variant_names(parameters, "finetune_resnet"):
        options = parameters["finetune_resnet"][variant]
        ingest, seen = f"ingest_{options['data_set']}", options["crop_scale"]
        cut = parameters.get(ingest, {}).get("crop", {}).get("scale", float("inf"))
        if seen > cut:
            problems.append(
                f"finetune_resnet.{variant}.crop_scale: found {seen}, more than {ingest}.crop.scale, {cut}; "
                "raise that one and ingest again, or lower this one"
            )
    return problems


def _unknown_first_key(key: str) -> str:
    having = [name for name, options in VARIANT_OPTIONS.items() if key in {field.name for field in fields(options)}]
    if having:
        return f"{key}: nothing knows this key without its pipeline; did you mean {having[0]}.{key}?"
    return _unknown_key(key, [*SHORT_NAMES, *PLAIN_OPTIONS, *VARIANT_OPTIONS])


def _unknown_key(key: str, known: list[str]) -> str:
    close = get_close_matches(key.rsplit(".", 1)[-1], known, n=1)
    return f"{key}: nothing knows this key" + (
        f", did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
    )


def _key(name: str, location: Location) -> str:
    """`augment.augmentation.rotate`"""
    return ".".join([name, *(str(part) for part in location)])


def _variant_key(given: dict[str, Any], pipeline: str, variant: str, location: Location) -> str:
    """`train_nose.lr_1e-3.epochs`, or `train_nose.epochs` where the variant has that from the shared options."""
    first = location[0] if location else None
    is_shared = first in given and given[first] == given[variant].get(first)
    return _key(pipeline if is_shared else f"{pipeline}.{variant}", location)


def _problems(key_of: Callable[[Location], str], options: type, value: object) -> list[str]:
    try:
        TypeAdapter(options).validate_python(value)
    except ValidationError as error:
        return [_sentence(key_of(problem["loc"]), options, problem) for problem in error.errors()]
    return []


def _sentence(key: str, options: type, problem: Any) -> str:
    kind = problem["type"]
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return _unknown_key(key, _known_keys(options, problem["loc"][:-1]))
    if kind in ("missing", "missing_argument"):
        return f"{key} is missing"
    allowed = _allowed_range(options, problem["loc"])
    return f"{key}: found {problem['input']!r}; {problem['msg'].removeprefix('Value error, ')}" + (
        f" (allowed: {allowed})" if allowed else ""
    )


def _known_keys(options: Any, location: Location) -> list[str]:
    for part in location:
        options = next(field.type for field in fields(options) if field.name == part)
    return [field.name for field in fields(options)]


def _allowed_range(options: type, location: Location) -> str:
    """The whole range of a number's field, since the validator names only the bound that was crossed."""
    schema = TypeAdapter(options).json_schema()
    field: dict[str, Any] = schema
    for part in location:
        if "$ref" in field:
            field = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
        field = field.get("items", {}) if isinstance(part, int) else field.get("properties", {}).get(part, {})
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    return ", ".join(f"{sign} {field[key]:g}" for key, sign in signs.items() if key in field)
