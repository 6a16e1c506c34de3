"""Images that are made when they are asked for: a set of any size passes through a few megabytes of memory."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AHEAD = 4  # images that each worker may be ahead of who takes them


@dataclass(frozen=True, eq=False)
class ImagesOnDemand:
    """Reads like an array of uint8 images, each of them made anew whenever it is looked at.

    shape: (N, H, W) or (N, H, W, 3). make: the image of a row, (H, W) or (H, W, 3); called from several threads.
    key: says what the images are made from and how: where keys are equal, so are the images.
    """

    shape: tuple[int, ...]
    make: Callable[[int], NDArray[np.uint8]]
    key: str

    dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | Sequence[int] | NDArray[np.bool_] | NDArray[np.intp]) -> NDArray[np.uint8]:
        chosen = np.arange(len(self))[rows]
        if not np.ndim(chosen):
            return self.make(int(chosen))
        images = np.empty((len(chosen), *self.shape[1:]), self.dtype)
        for place, row in enumerate(chosen):
            images[place] = self.make(int(row))
        return images

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> NDArray:
        return np.asarray(self[np.arange(len(self))], dtype)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """The images in order, made by as many threads as there are cores: decoders and filters let others run."""
        workers = os.cpu_count() or 1
        pending: deque[Future[NDArray[np.uint8]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            try:
                for row in range(len(self)):
                    pending.append(pool.submit(self.make, row))
                    if len(pending) > AHEAD * workers:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
