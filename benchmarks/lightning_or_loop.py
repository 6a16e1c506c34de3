"""Lightning or one plain loop? The same network, data, optimizer and steps through both, interleaved, medians printed.

    pip install lightning && python benchmarks/lightning_or_loop.py

Each way runs in a process of its own, so that importing it is counted. The result stands in docs/decisions.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

WAYS = ("loop", "lightning")
FACES, EPOCHS = 1024, 3


def loop() -> dict[str, float]:
    """The project's own `fit`."""
    began = time.perf_counter()
    from facial_keypoints.training import fit

    imported = time.perf_counter() - began
    model, train, validation, options = problem()
    began, began_cpu = time.perf_counter(), time.process_time()
    for _ in fit(model, train, validation, options):
        pass
    return timings(imported, began, began_cpu)


def lightning() -> dict[str, float]:
    """A LightningModule and a Trainer that do what `fit` does: train, validate, keep the best."""
    began = time.perf_counter()
    import lightning
    import torch

    imported = time.perf_counter() - began
    from facial_keypoints.losses.mse import mean_squared_error
    from facial_keypoints.models import start_at_mean_shape

    class Landmarks(lightning.LightningModule):
        def __init__(self, model, train, validation, options):
            super().__init__()
            self.model, self.train_faces, self.validation_faces, self.options = model, train, validation, options

        def training_step(self, rows, _):
            pictures, targets = self.train_faces.plain(rows)
            loss = mean_squared_error(self.model(pictures) - targets)
            self.log("train/loss", loss)
            return loss

        def validation_step(self, rows, _):
            pictures, targets = self.validation_faces.plain(rows)
            self.log("val/loss", mean_squared_error(self.model(pictures) - targets), batch_size=len(rows))

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=self.options.learning_rate, fused=True)

    def batches(examples, size, shuffle):
        return torch.utils.data.DataLoader(range(len(examples)), batch_size=size, shuffle=shuffle)

    model, train, validation, options = problem()
    start_at_mean_shape(model, train.unit_keypoints, train.frame.size)
    began, began_cpu = time.perf_counter(), time.process_time()
    best = lightning.pytorch.callbacks.ModelCheckpoint(monitor="val/loss")
    trainer = lightning.Trainer(
        max_epochs=options.epochs,
        accelerator="cpu",
        callbacks=[best],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(
        Landmarks(model, train, validation, options),
        batches(train, options.batch_size, shuffle=True),
        batches(validation, 64, shuffle=False),
    )
    return timings(imported, began, began_cpu)


def timings(imported: float, began: float, began_cpu: float) -> dict[str, float]:
    """Seconds of the import, and milliseconds a step."""
    steps = EPOCHS * FACES / 8
    return {
        "import_s": imported,
        "ms_a_step": 1000 * (time.perf_counter() - began) / steps,
        "cpu_ms_a_step": 1000 * (time.process_time() - began_cpu) / steps,
    }


def problem():
    """A small network, random pictures, and the options of the nose net."""
    import numpy as np
    import pandas as pd
    import torch

    from facial_keypoints.examples import Examples, InputFrame
    from facial_keypoints.faces import FaceSet
    from facial_keypoints.landmarks import IMM_58
    from facial_keypoints.models import seeded_model
    from facial_keypoints.options import NoseOptions

    rng = np.random.default_rng(0)
    table = pd.DataFrame({"name": "", "group": "", "split": "train", "subset": "full"}, index=range(FACES))
    faces = FaceSet(
        data_set="noise",
        images=rng.integers(0, 255, (FACES, 32, 48), dtype=np.uint8),
        keypoints=rng.uniform(0, 32, (FACES, 58, 2)).astype(np.float32),
        to_source=np.tile(np.eye(2, 3), (FACES, 1, 1)),
        table=table,
        scheme=IMM_58,
    )
    examples = Examples(faces, InputFrame(32, 48, 1), torch.device("cpu"), indices=[52])
    few = Examples(faces.select(np.arange(64)), InputFrame(32, 48, 1), torch.device("cpu"), indices=[52])
    architecture = {"name": "nose", "input_size": [32, 48], "channels": [4, 8, 8, 8], "hidden": [16, 8]}
    options = NoseOptions(
        pipeline="benchmark",
        variant="",
        learning_rate=1e-3,
        epochs=EPOCHS,
        batch_size=8,
        seed=0,
        device="cpu",
        precision="fp32",
        on_request=False,
        channels=[4, 8, 8, 8],
        hidden=[16, 8],
    )
    return seeded_model(architecture, seed=0), examples, few, options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help="run one way once and print its timings as JSON")
    arguments = parser.parse_args()
    if arguments.way:
        sys.stdout.write(json.dumps(globals()[arguments.way]()) + "\n")
        return
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(arguments.repeats):
        for way in WAYS:
            done = subprocess.run([sys.executable, __file__, "--way", way], capture_output=True, text=True, check=True)
            results[way].append(
                json.loads(done.stdout.splitlines()[-1]) | {"lines_of_warnings": done.stderr.lower().count("warn")}
            )
    for way, runs in results.items():
        medians = {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]}
        sys.stdout.write(f"{way:10} {medians}\n")


if __name__ == "__main__":
    main()
