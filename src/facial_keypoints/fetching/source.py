"""Where a data set is to be had, and on which terms."""

from dataclasses import dataclass

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.fetching.kinds import MAGIC


@dataclass(frozen=True)
class Source:
    """mirrors: URLs, the first one first; archives: the kinds that they may have (see `kinds`);
    download_bytes: the largest archive; unpacked_bytes: the most that one may unpack to.

    Raises ConfigurationError for a kind that nothing unpacks, and for a size that is not stated.
    """

    mirrors: tuple[str, ...]
    archives: tuple[str, ...]
    licence: str
    citation: str
    download_bytes: int
    unpacked_bytes: int

    def __post_init__(self) -> None:
        if not self.archives or not set(self.archives) <= MAGIC.keys():
            raise ConfigurationError(f"archives: found {list(self.archives)}, expected some of {', '.join(MAGIC)}.")
        if min(self.download_bytes, self.unpacked_bytes) <= 0:
            raise ConfigurationError(
                f"download_bytes and unpacked_bytes: found {self.download_bytes} and {self.unpacked_bytes}, expected "
                "the largest sizes that are due, beside `mirrors` in conf/<environment>/catalog*.yml."
            )
