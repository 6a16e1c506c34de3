"""Servers on this machine, for as long as a test looks at their pages."""

import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from urllib.error import URLError

SECONDS_TO_START = 240  # on a busy machine
SECONDS_TO_END = 10
PORTS = range(20_000, 32_000)


@contextmanager
def serving(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a server that the command starts; `{port}` in it stands for a free port.

    Raises RuntimeError with what the server said if it ends, or does not answer in time.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=folder,
            env=environment,
            stdout=said,
            stderr=said,
            start_new_session=True,  # it starts processes of its own, which are to end with it
        )
        try:
            if not answers_in_time(address, process):
                said.seek(0)
                raise RuntimeError(f"{' '.join(command)} does not answer at {address}:\n{said.read()}")
            yield address
        finally:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """A port that nobody listens at, below those that systems hand out: Kedro-Viz takes no others."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"found no free port from {PORTS[0]} to {PORTS[-1]}")


def answers_in_time(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers before its time is over or it ends."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=SECONDS_TO_END):
                return True
        except (URLError, OSError):
            time.sleep(0.3)
    return False
