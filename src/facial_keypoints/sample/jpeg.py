"""Pictures as the bytes of a JPEG file."""

from io import BytesIO

import numpy as np
from PIL import Image

QUALITY = 90


def jpeg(image: np.ndarray) -> bytes:
    """The file of an image (H, W, 3) uint8; the same bytes for the same image."""
    file = BytesIO()
    Image.fromarray(image).save(file, format="JPEG", quality=QUALITY)
    return file.getvalue()
