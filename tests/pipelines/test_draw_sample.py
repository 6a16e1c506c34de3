from facial_keypoints.datasets.archive import ArchiveDataset
from facial_keypoints.options import DrawSampleOptions, IngestDanesOptions, PersonSplit
from facial_keypoints.pipelines.draw_sample import create_pipeline
from facial_keypoints.pipelines.ingest_danes.nodes import read_annotations, repair_annotations
from facial_keypoints.pipelines.ingest_ibug.nodes import LABELS
from tests.running import run_pipeline

OPTIONS = DrawSampleOptions(danes_people=3, ibug_train=10, ibug_test=5, seed=0)


def test_the_drawn_danes_have_contours_to_repair_like_the_real_ones(tmp_path):
    saved = run_pipeline(create_pipeline(), {"params:draw_sample": OPTIONS})
    dataset = ArchiveDataset(filepath=str(tmp_path / "imm_face_db"), contents="drawn faces", writable=True)
    dataset.save(saved["danes_raw"])
    split = PersonSplit(train=[1], validation=[2], test=[3])
    options = IngestDanesOptions(repair_eye_contours=True, split=split)
    _, repairs = repair_annotations(read_annotations(dataset.load(), options), options)
    assert [name[:4] for name in repairs["name"]] == ["01-4", "02-3", "03-5"]
    assert {name for name, _ in saved["ibug_raw"]} >= set(LABELS.values())
