"""One archive from one mirror, in as many attempts as it takes; what has arrived stays for the next one."""

import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from facial_keypoints.fetching.faults import MirrorFault, PassingFault
from facial_keypoints.fetching.kinds import MAGIC_BYTES, archive_kind
from facial_keypoints.fetching.part import Origin, Part
from facial_keypoints.progress import progress_of_bytes

logger = logging.getLogger(__name__)

BLOCK_BYTES = 1 << 16
CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?:(?P<total>\d+)|\*)")
# No compression on the way: bytes and lengths are those of the file.
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "facial-keypoints"}
PASSING_STATUSES = {408, 425, 429}  # and all from 500 on


@dataclass(frozen=True)
class Patience:
    """How long to wait for a mirror, in seconds, and how often to try it again."""

    connect_s: float = 10.0
    read_s: float = 30.0  # without a single byte
    attempts: int = 3  # in a row that bring nothing new
    pause_s: float = 0.5  # before the second attempt, doubled each time


PATIENCE = Patience()


@dataclass(frozen=True)
class Accepted:
    """What an archive may be.  kinds: see `kinds`; maximum: its largest size in bytes."""

    kinds: Sequence[str]
    maximum: int


def download(part: Part, accepted: Accepted, patience: Patience) -> Path:
    """The whole archive, going on from what is there of it.

    Tries again as long as attempts bring new bytes. Raises MirrorFault if the mirror is of no use; the part stays,
    unless it is known to be bad. Raises OSError if the disk takes no more.
    """
    if part.archive.is_file():
        return part.archive
    in_vain, furthest = 0, part.size
    while True:
        try:
            with _network_faults(patience):
                _attempt(part, accepted, patience)
            return part.finish()
        except PassingFault as fault:
            in_vain = 0 if part.size > furthest else in_vain + 1
            furthest = max(furthest, part.size)
            if in_vain >= patience.attempts:
                raise
            logger.info("%s: %s, %.1f MB are there; trying again", part.url, fault, part.size / 1e6)
        time.sleep(patience.pause_s * 2 ** max(0, in_vain - 1))


def _attempt(part: Part, accepted: Accepted, patience: Patience) -> None:
    """Add to the part what one request gives.  Raises PassingFault unless it is whole then."""
    request = HEADERS | _range_headers(part)
    with requests.get(part.url, headers=request, stream=True, timeout=(patience.connect_s, patience.read_s)) as reply:
        if reply.status_code == 416 and _content_range(reply)[1] == part.size > 0:
            return  # all was there
        if reply.status_code in (206, 416):
            _require_continuation(reply, part)
            blocks = _blocks(reply)
        else:
            blocks = _from_the_first_byte(reply, part, accepted)
        _append(blocks, part, accepted)


def _range_headers(part: Part) -> dict[str, str]:
    origin, size = part.origin, part.size
    if origin is None or not size:
        return {}
    condition = {"If-Range": origin.validator} if origin.validator else {}
    return {"Range": f"bytes={size}-"} | condition


def _content_range(reply: requests.Response) -> tuple[int | None, int | None]:
    """The first byte of a partial reply and the size of the whole file, each None where it is not said."""
    match = CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", "").strip())
    first, total = match.group("first", "total") if match else (None, None)
    return (int(first) if first else None), (int(total) if total else None)


def _require_continuation(reply: requests.Response, part: Part) -> None:
    """Raises PassingFault, and drops the part, if the reply does not go on where the part ends."""
    first, total = _content_range(reply)
    origin = part.origin
    fits = (
        origin is not None
        and reply.status_code == 206
        and first == part.size
        and _agree(origin.length, total)
        and _agree(origin.etag, reply.headers.get("ETag"))
    )
    if not fits:
        part.drop()
        raise PassingFault("another range or file than what was asked for")


def _agree(one: object, other: object) -> bool:
    """Whether two statements of a server are the same, as far as both were made."""
    return one is None or other is None or one == other


def _from_the_first_byte(reply: requests.Response, part: Part, accepted: Accepted) -> Iterator[bytes]:
    """The blocks of a whole file, for which the part was emptied: but only once they are known to be an archive.

    So a web page in place of the archive, as in hotels, does not cost what has arrived.
    """
    if reply.status_code in PASSING_STATUSES or reply.status_code >= 500:
        raise PassingFault(f"HTTP {reply.status_code}")
    if reply.status_code != 200:
        raise MirrorFault(f"HTTP {reply.status_code}")
    stated = reply.headers.get("Content-Length", "")
    length = int(stated) if stated.isdecimal() else None
    if length is not None and length > accepted.maximum:
        raise MirrorFault(f"{length} bytes where at most {accepted.maximum} are due")
    blocks = _blocks(reply)
    start = b""
    for block in blocks:
        start += block
        if len(start) >= MAGIC_BYTES:
            break
    archive_kind(start, accepted.kinds)
    part.begin(Origin(part.url, reply.headers.get("ETag"), reply.headers.get("Last-Modified"), length))
    return chain([start], blocks)


def _blocks(reply: requests.Response) -> Iterator[bytes]:
    """Bytes as they come: read1 does not hold back those before a cut until a block is full."""
    while block := reply.raw.read1(BLOCK_BYTES, decode_content=False):
        yield block


def _append(blocks: Iterator[bytes], part: Part, accepted: Accepted) -> None:
    size = part.size
    total = part.origin.length if part.origin else None
    with part.path.open("ab") as file:
        for block in progress_of_bytes(blocks, urlsplit(part.url).netloc, size, total):
            file.write(block)
            file.flush()  # what is killed now has this block when it comes again
            size += len(block)
            if size > accepted.maximum:
                break
    if size > (total or accepted.maximum):
        part.drop()
        raise MirrorFault(f"{size} bytes or more where {total or accepted.maximum} are due")
    if total is not None and size < total:
        raise PassingFault(f"ended after {size} of {total} bytes")


@contextmanager
def _network_faults(patience: Patience) -> Iterator[None]:
    """Turn what requests and urllib3 raise into faults of the mirror, in few words."""
    try:
        yield
    except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise PassingFault(f"silent for {patience.read_s:g} s") from error
    except requests.ConnectionError as error:  # a ConnectTimeout is one
        raise PassingFault("no connection") from error
    except (urllib3.exceptions.HTTPError, requests.exceptions.ChunkedEncodingError) as error:
        raise PassingFault("connection cut") from error
    except requests.RequestException as error:
        raise MirrorFault(f"cannot be asked ({type(error).__name__})") from error
