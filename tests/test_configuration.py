import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from facial_keypoints.configuration import ProjectConfigLoader, variant_names
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.options import VARIANT_OPTIONS, IngestDanesOptions
from facial_keypoints.settings import CONFIG_LOADER_ARGS
from tests.project import PROJECT


def parameters(env: str | None = None, conf: Path = PROJECT / "conf", **given: Any) -> dict[str, Any]:
    loader = ProjectConfigLoader(str(conf), env=env, runtime_params=given, **CONFIG_LOADER_ARGS)
    return loader["parameters"]


def test_the_learning_rates_and_the_best_that_we_know_are_variants():
    found = parameters()
    assert variant_names(found, "train_nose") == ["lr_1e-3", "lr_1e-4", "lr_1e-5", "best"]
    assert variant_names(found, "train_face") == ["lr_1e-3", "best"]
    assert variant_names(found, "finetune_resnet") == ["lr_1e-4", "best"]


def test_only_the_best_run_on_request():
    found = parameters()
    names = [(name, variant) for name in VARIANT_OPTIONS for variant in variant_names(found, name)]
    asked = {f"{name}.{variant}" for name, variant in names if found[name][variant]["on_request"]}
    assert asked == {"train_nose.best", "train_face.best", "finetune_resnet.best"}


def test_a_variant_has_the_shared_options_and_its_own():
    nose = parameters()["train_nose"]
    assert nose["lr_1e-4"]["learning_rate"] == 1e-4
    assert nose["lr_1e-4"]["epochs"] == nose["epochs"]
    assert (nose["lr_1e-4"]["pipeline"], nose["lr_1e-4"]["variant"]) == ("train_nose", "lr_1e-4")


def test_a_shared_option_on_the_command_line_reaches_every_variant():
    nose = parameters(train_nose={"epochs": 2})["train_nose"]
    assert [nose[variant]["epochs"] for variant in ("lr_1e-3", "lr_1e-4", "lr_1e-5")] == [2, 2, 2]


def test_one_variant_can_be_changed_alone():
    nose = parameters(train_nose={"lr_1e-3": {"epochs": 2}})["train_nose"]
    assert nose["lr_1e-3"]["epochs"] == 2
    assert nose["lr_1e-4"]["epochs"] == nose["epochs"] != 2


def test_one_amount_of_the_augmentation_can_be_changed_alone():
    resnet = parameters(finetune_resnet={"lr_1e-4": {"augmentation": {"rotate": 5}}})["finetune_resnet"]
    assert resnet["lr_1e-4"]["augmentation"] == resnet["augmentation"] | {"rotate": 5}


def test_the_command_line_can_add_a_variant():
    found = parameters(train_nose={"lr_1e-2": {"learning_rate": 0.01}})
    assert "lr_1e-2" in variant_names(found, "train_nose")
    assert found["train_nose"]["lr_1e-2"]["batch_size"] == found["train_nose"]["batch_size"]


def test_the_sample_environment_changes_single_options():
    base, sample = parameters(), parameters(env="sample")
    assert sample["train_nose"]["lr_1e-3"]["epochs"] < base["train_nose"]["lr_1e-3"]["epochs"]
    assert sample["train_nose"]["lr_1e-3"]["batch_size"] == base["train_nose"]["lr_1e-3"]["batch_size"]
    assert sample["finetune_resnet"]["lr_1e-4"]["weights"] == "none"
    best = sample["finetune_resnet"]["best"]
    assert best["two_looks"] == base["finetune_resnet"]["best"]["two_looks"] | {"cut_size": 64}
    assert (best["weights"], best["label_shift"], best["head"]) == ("none", 0, "two_looks")


def test_a_relative_path_of_weights_is_relative_to_the_project():
    resnet = parameters(finetune_resnet={"weights": "data/weights.pth"})["finetune_resnet"]
    assert resnet["lr_1e-4"]["weights"] == str(PROJECT / "data" / "weights.pth")


def test_a_relative_path_of_digests_is_relative_to_the_project():
    catalog = ProjectConfigLoader(str(PROJECT / "conf"), **CONFIG_LOADER_ARGS)["catalog"]
    assert catalog["danes_raw"]["manifest"] == {"sha256": str(PROJECT / "conf" / "manifests" / "imm_face_db.sha256")}
    assert catalog["ibug_raw"]["manifest"]["imglab"][0] == "labels_ibug_300W_train.xml"


def test_sizes_of_archives_are_numbers():
    catalog = ProjectConfigLoader(str(PROJECT / "conf"), **CONFIG_LOADER_ARGS)["catalog"]
    assert catalog["danes_raw"]["download_bytes"] == 60_000_000


def test_paths_of_own_data_are_relative_to_the_project():
    own = parameters(ingest_own={"folder": "mine", "scheme": "conf/schemes/face_5.yml"})["ingest_own"]
    assert (own["folder"], own["scheme"]) == (str(PROJECT / "mine"), str(PROJECT / "conf/schemes/face_5.yml"))
    assert parameters()["ingest_own"]["scheme"] == "ibug_68"


def test_the_catalog_reads_own_data_from_the_folder_that_a_parameter_names():
    loader = ProjectConfigLoader(
        str(PROJECT / "conf"), runtime_params={"ingest_own": {"folder": "mine"}}, **CONFIG_LOADER_ARGS
    )
    assert loader["catalog"]["own_raw"]["filepath"] == str(PROJECT / "mine")


@pytest.mark.parametrize(
    "annotations", ["a.csv", ["a.xml", "b.xml"], {"train": "a.xml", "test": ["b.xml", "c.xml"]}], ids=str
)
def test_annotations_are_a_file_or_several_or_some_for_each_split(annotations):
    assert parameters(ingest_own={"annotations": annotations})["ingest_own"]["annotations"] == annotations


@pytest.mark.parametrize("weights", ["IMAGENET1K_V1", "none"])
def test_named_weights_are_no_paths(weights):
    resnet = parameters(finetune_resnet={"weights": weights})["finetune_resnet"]
    assert resnet["lr_1e-4"]["weights"] == weights


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"train_nose": {"lr_1e-3": {"learning_rate": 0}}},
            ["train_nose.lr_1e-3.learning_rate", "> 0", "<= 1", "found 0"],
        ),
        ({"train_nose": {"lr_1e-3": {"learning_rate": "fast"}}}, ["learning_rate", "'fast'", "> 0, <= 1"]),
        ({"train_nose": {"epochs": 2.5}}, ["train_nose.epochs: found 2.5"]),
        ({"train_nose": {"epoch": 2}}, ["train_nose.epoch: nothing knows", "did you mean epochs?"]),
        ({"trian_nose": {"epochs": 2}}, ["trian_nose", "nothing knows", "did you mean train_nose?"]),
        ({"augment": {"augmentation": {"rotat": 5}}}, ["augment.augmentation.rotat", "did you mean rotate?"]),
        ({"augment": {"augmentation": {"rotate": 500}}}, ["augment.augmentation.rotate", "500", ">= 0, <= 180"]),
        ({"ingest_danes": {"split": {"train": "1-30"}}}, ["ingest_danes.split", "persons [29, 30]", "more than once"]),
        ({"ingest_danes": {"split": {"train": "one"}}}, ["ingest_danes.split.train", "'one'", "1-28"]),
        ({"finetune_resnet": {"device": "gpu"}}, ["finetune_resnet.device", "'gpu'"]),
        ({"train_nose": {"lr_1e-2": {}}}, ["train_nose.lr_1e-2.learning_rate is missing"]),
        ({"finetune_resnet": {"crop_scale": 3}}, ["finetune_resnet.lr_1e-4.crop_scale: found 3", "2.25"]),
        ({"ingest_danes": {"split": {"train": []}}}, ["ingest_danes.split.train"]),
        ({"train_nose": 3}, ["train_nose", "found 3"]),
        ({"finetune_resnet": {"data_set": "danes"}}, ["finetune_resnet.data_set", "'danes'", "'ibug' or 'own'"]),
        (
            {"lr_find": {"lowest": 1e-3, "highest": 1e-4}},
            ["lr_find: ", "(0.001) has to be below highest (0.0001)"],
        ),
        ({"lr_find": {"steps": 5}}, ["lr_find.steps: found 5", ">= 20"]),
        ({"ingest_own": {"folder": ""}}, ["ingest_own.folder"]),
        ({"ingest_own": {"annotations": 3}}, ["ingest_own.annotations: found 3; expected a file, a list"]),
        ({"ingest_own": {"annotations": []}}, ["ingest_own.annotations: found []; expected a file, a list"]),
        ({"ingest_own": {"annotations": {"training": "a.xml"}}}, ["ingest_own.annotations", "training: no split"]),
    ],
)
def test_an_impossible_parameter_is_named_with_what_is_allowed(given, expected):
    with pytest.raises(ConfigurationError) as raised:
        parameters(**given)
    for part in expected:
        assert part in str(raised.value)
    lines = str(raised.value).splitlines()[1:]
    assert len(set(lines)) == len(lines) <= 1


def test_persons_can_be_a_list_of_numbers(tmp_path):
    conf = shutil.copytree(PROJECT / "conf", tmp_path / "conf")
    file = conf / "base" / "parameters_ingest_danes.yml"
    file.write_text(file.read_text().replace("1-28", "[1, 2, 3]"))
    assert parameters(conf=conf)["ingest_danes"]["split"]["train"] == [1, 2, 3]


def test_one_person_alone_is_a_list_of_one():
    options = parameters(ingest_danes={"split": {"train": 1, "validation": "2", "test": "3-4"}})["ingest_danes"]
    split = TypeAdapter(IngestDanesOptions).validate_python(options).split
    assert (split.train, split.validation, split.test) == ([1], [2], [3, 4])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lr_1e-4", "evaluate.peers.lr_1e-4: lr_1e-4 is the name of something else"),
        ("mean_shape", "evaluate.peers.mean_shape: mean_shape is the name of something else"),
        ("a peer", "evaluate.peers.a peer: a peer's name holds letters"),
    ],
)
def test_a_peer_has_a_name_of_its_own(name, told):
    pfld = parameters()["evaluate"]["peers"]["pfld"]
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        parameters(evaluate={"peers": {name: pfld}})


def test_how_much_peers_see_does_not_matter_to_runs_without_them():
    peers = parameters()["evaluate"]["peers"]
    narrow = parameters(ingest_own={"crop": {"scale": 1.1}}, finetune_resnet={"crop_scale": 1.0})
    assert narrow["evaluate"]["peers"] == peers


def test_pictures_may_be_named_without_their_pipeline():
    assert parameters(pictures="holidays/2026")["predict"]["pictures"] == str(PROJECT / "holidays" / "2026")
    assert "pictures" not in parameters(pictures="holidays")


def test_pictures_and_boxes_are_relative_to_the_projects_root():
    predict = parameters(predict={"boxes": "boxes.xml"})["predict"]
    assert predict["boxes"] == str(PROJECT / "boxes.xml")
    assert predict["pictures"] == str(PROJECT / "data" / "01_raw" / "my_pictures")
    assert parameters()["predict"]["boxes"] == ""


def test_one_file_of_yunet_serves_evaluation_and_own_pictures():
    found = parameters(evaluate={"detector": {"file": "yunet.onnx"}})
    assert found["predict"]["yunet"] == found["evaluate"]["detector"]
    assert found["predict"]["yunet"]["file"] == str(PROJECT / "yunet.onnx")


def test_frames_is_short_for_those_of_track_and_relative_to_the_project():
    assert parameters(frames="clip.mp4")["track"]["frames"] == str(PROJECT / "clip.mp4")
    assert parameters(track={"beta": 3.0})["track"]["frames"] == str(PROJECT / "data" / "01_raw" / "my_video")
    both = parameters(frames="clip.mp4", pictures="holidays")
    assert both["predict"]["pictures"] == str(PROJECT / "holidays")


def test_a_shared_option_that_no_variant_takes_is_refused_with_what_may_have_been_meant():
    with pytest.raises(ConfigurationError) as error:
        parameters(train_nose={"learning_rate": 3e-4})
    assert str(error.value) == (
        "train_nose.learning_rate: found 0.0003, which changes nothing: every variant has a learning_rate of its own "
        "(lr_1e-3, lr_1e-4, lr_1e-5, best). Name the variant, train_nose.lr_1e-3.learning_rate, or a new one, "
        "train_nose.<name>.learning_rate; or compare rates: kedro sweep train_nose 0.0003"
    )


def test_a_shared_option_that_one_variant_takes_is_taken():
    found = parameters(train_nose={"learning_rate": 3e-4, "mine": {"epochs": 2}, "epochs": 5})["train_nose"]
    assert found["mine"]["learning_rate"] == 3e-4
    assert (found["lr_1e-3"]["learning_rate"], found["lr_1e-3"]["epochs"]) == (1e-3, 5)


@pytest.mark.parametrize("found", [3, None])
def test_options_that_are_none_are_refused_beside_a_short_name_too(found):
    with pytest.raises(ConfigurationError, match=rf"track: found {found}, expected its options by name"):
        parameters(frames="clip.mp4", track=found)


def test_own_pictures_are_predicted_by_a_variant_that_there_is():
    with pytest.raises(ConfigurationError, match=r"predict\.variant: found 'nest'; expected auto, or a variant of"):
        parameters(predict={"variant": "nest"})
    assert parameters(predict={"variant": "lr_1e-4"})["predict"]["variant"] == "lr_1e-4"


@pytest.mark.parametrize("given", [{"rounds": 0}, {"detector": "haar"}, {"least_confidence": 2}, {"round": 1}], ids=str)
def test_impossible_options_of_own_pictures_are_refused(given):
    with pytest.raises(ConfigurationError, match=r"predict\."):
        parameters(predict=given)
