"""Which device to compute on, and in which precision."""

import torch

from facial_keypoints.errors import ConfigurationError


def pick_device(name: str) -> torch.device:
    """The device of that name; "auto" is cuda, else mps, else cpu.  Raises ConfigurationError if it is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    device = torch.device(name)
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available.get(device.type):
        present = [name for name, there in available.items() if there]
        raise ConfigurationError(f"found device {name!r}, expected one that is here: {', '.join(present)}, or auto.")
    return device


def automatic_precision(device: torch.device, precision: str) -> torch.autocast:
    """A context in which the network computes in bf16 where that is safe, or in fp32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
