"""Kinds of archives, told by their first bytes: names and Content-Type of old servers are often wrong."""

from collections.abc import Sequence

from facial_keypoints.fetching.faults import MirrorFault

ZIP, TAR_GZ = "zip", "tar.gz"
MAGIC = {ZIP: b"PK\x03\x04", TAR_GZ: b"\x1f\x8b\x08"}
MAGIC_BYTES = 4  # of the longest


def archive_kind(start: bytes, accepted: Sequence[str]) -> str:
    """The kind of the archive that starts so.  Raises MirrorFault if it is none of the accepted ones."""
    for kind in accepted:
        if start.startswith(MAGIC[kind]):
            return kind
    what = "a web page" if start.lstrip()[:1] == b"<" else f"data that start with {start[:MAGIC_BYTES]!r}"
    raise MirrorFault(f"{what if start else 'nothing'} instead of {' or '.join(accepted)}")
