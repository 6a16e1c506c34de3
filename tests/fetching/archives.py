"""Archives of files in memory."""

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from facial_keypoints.datasets.archive import Archive
from facial_keypoints.fetching.manifest import Sha256Manifest, sha256_of
from facial_keypoints.fetching.source import Source


def zip_of(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tar_gz_of(files: Mapping[str, bytes], others: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """others: entries without content, put first."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for info in others:
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def below(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def manifest_of(archive: Archive) -> Sha256Manifest:
    names = [*archive.names(".asf"), *archive.names(".jpg")]
    return Sha256Manifest({name: str(sha256_of(archive / name)) for name in names})


def write_sha256(manifest: Sha256Manifest, path: Path) -> None:
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in manifest.digests.items()))


def source(*mirrors: str, download_bytes: int = 50_000_000, unpacked_bytes: int = 50_000_000) -> Source:
    return Source(
        mirrors=mirrors,
        archives=("zip", "tar.gz"),
        licence="free to be looked at",
        citation="Nobody, 2004",
        download_bytes=download_bytes,
        unpacked_bytes=unpacked_bytes,
    )
