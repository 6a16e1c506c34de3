"""Tests of `facial_keypoints.devices`."""

from pathlib import Path

import pytest
import torch

from facial_keypoints.devices import has_bf16, pick_device, pick_precision
from facial_keypoints.errors import ConfigurationError

CPU = torch.device("cpu")
CPU_FLAGS = Path("/proc/cpuinfo")

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU of CUDA")


@pytest.fixture(params=["amx_bf16", "avx512_bf16"])
def cpu_with_bf16(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, request.param: True})


@pytest.fixture
def cpu_without_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_f": True, "avx512_bf16": False})


@pytest.mark.skipif(
    not CPU_FLAGS.is_file() or "x86" not in torch.cpu.get_capabilities()["architecture"],
    reason="needs Linux on x86, where /proc/cpuinfo says what a CPU can do",
)
def test_a_cpu_has_bf16_where_the_system_says_so():
    flags = next(line for line in CPU_FLAGS.read_text().splitlines() if line.startswith("flags")).split()
    assert has_bf16(CPU) == bool({"amx_bf16", "avx512_bf16"} & set(flags))


@needs_cuda
def test_a_gpu_has_bf16_from_ampere_on():
    assert has_bf16(torch.device("cuda")) == (torch.cuda.get_device_capability() >= (8, 0))


def test_automatic_is_bf16_where_there_are_instructions_for_it(cpu_with_bf16):
    assert pick_precision("auto", CPU) == "bf16"


def test_automatic_is_fp32_elsewhere(cpu_without_bf16, caplog):
    assert pick_precision("auto", CPU) == "fp32"
    assert not caplog.messages


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_what_is_asked_for_is_taken(name, cpu_with_bf16, caplog):
    assert pick_precision(name, CPU) == name
    assert not caplog.messages


def test_slow_bf16_is_taken_with_a_warning_that_names_the_way_out(cpu_without_bf16, caplog):
    assert pick_precision("bf16", CPU) == "bf16"
    assert "precision=auto" in caplog.text


def test_a_device_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ConfigurationError, match=r"'cuda:64'.*expected one that is here: cpu"):
        pick_device("cuda:64")
