"""Two runs never write the same results at once: the second waits until the first is done.

The operating system takes a lock back from a process that was killed. Runs of different variants go side by side.
"""

import logging
from pathlib import Path

from filelock import FileLock, Timeout
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from facial_keypoints.hooks import readable_errors
from facial_keypoints.options import VARIANT_OPTIONS
from facial_keypoints.variants import LR_FIND

logger = logging.getLogger(__name__)

LOCKS = ".locks"  # the folder of lock files, in a workspace


class RunLockHooks:
    """Holds a lock file for each pipeline, or variant of one, that a run works on."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._held: list[FileLock] = []

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        with readable_errors():
            self._folder = context.project_path / context.config_loader["globals"]["workspace"] / LOCKS

    @hook_impl(trylast=True)  # after the hook that checks inputs: a run that cannot start leaves nothing
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in locked_names(pipeline):  # in one order everywhere, so that two runs never wait for each other
            # A singleton: a run that ended without a word, as after Ctrl-C in a notebook, does not block the next one.
            lock = FileLock(self._folder / name, is_singleton=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                logger.info("another run is at %s: waiting for it to end", name)
                lock.acquire()
            self._held.append(lock)

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        self._release()

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        self._release()

    def _release(self) -> None:
        while self._held:
            self._held.pop().release()


def locked_names(pipeline: Pipeline) -> list[str]:
    """What a pipeline's nodes write together: the whole pipeline, or where variants are trained or tried, a variant.

    Sorted.
    """
    namespaces = {node.namespace or node.name for node in pipeline.nodes}
    by_variant = (*VARIANT_OPTIONS, LR_FIND)
    return sorted({name if name.split(".")[0] in by_variant else name.split(".")[0] for name in namespaces})
