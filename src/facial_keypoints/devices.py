"""Which device to compute on, and in which precision."""

import logging

import torch

from facial_keypoints.errors import ConfigurationError

logger = logging.getLogger(__name__)

# Instructions of x86 CPUs.  Without them bf16 is emulated: training then takes several times as long as in fp32.
BF16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")


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


def pick_precision(name: str, device: torch.device) -> str:
    """ "fp32" or "bf16"; "auto" is bf16 where the device has instructions for it, else fp32.

    Warns of bf16 on a device that has none.
    """
    if name == "auto":
        return "bf16" if has_bf16(device) else "fp32"
    if name == "bf16" and not has_bf16(device):
        logger.warning(
            "found no instructions for bf16 on this %s, so that it is slower than fp32, several times on a CPU. "
            "precision=auto takes bf16 only where it is fast.",
            device.type,
        )
    return name


def has_bf16(device: torch.device) -> bool:
    """Whether a device has instructions for bf16: GPUs of CUDA from Ampere on, CPUs with BF16_INSTRUCTIONS."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name, False) for name in BF16_INSTRUCTIONS)
    return False


def automatic_precision(device: torch.device, precision: str) -> torch.autocast:
    """A context in which the network computes in bf16 where that is safe, or in fp32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
