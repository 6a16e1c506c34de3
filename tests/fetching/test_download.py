"""Downloads from a real server that behaves as servers do on bad days."""

import resource

import numpy as np
import pytest

from facial_keypoints.fetching.download import Accepted, Patience, download
from facial_keypoints.fetching.faults import MirrorFault
from facial_keypoints.fetching.kinds import TAR_GZ, ZIP
from facial_keypoints.fetching.part import Part
from tests.fetching import server as servers

BODY = b"PK\x03\x04" + np.random.default_rng(0).bytes(200_000)
HALF = len(BODY) // 2
QUICK = Patience(connect_s=2, read_s=0.4, pause_s=0.01)


@pytest.fixture
def mirror(server, tmp_path):
    """Puts up a behaviour, and gives the part that a download of it goes to."""

    def put_up(behaviour: servers.Behaviour) -> Part:
        server.files.behaviours["/faces.zip"] = behaviour
        return Part(tmp_path, server.url("/faces.zip"))

    return put_up


def fetched(part: Part, maximum: int = 10 * len(BODY)) -> bytes:
    return download(part, Accepted([ZIP], maximum), QUICK).read_bytes()


def half_a_download(mirror, **options) -> Part:
    """A part as a process leaves it that did not come to its end."""
    part = mirror(servers.in_turn(servers.ranges(BODY, cut_after=HALF, **options), servers.status(404)))
    with pytest.raises(MirrorFault, match="404"):
        fetched(part)
    assert part.size == HALF
    return part


def firsts(server) -> list[int]:
    return [asked.first for asked in server.files.asked]


@pytest.mark.parametrize("behaviour", [servers.ranges, servers.no_ranges, servers.without_length])
def test_a_good_server_is_asked_once(mirror, server, behaviour):
    assert fetched(mirror(behaviour(BODY))) == BODY
    assert firsts(server) == [0]


def test_a_whole_archive_is_not_asked_for_again(mirror, server):
    part = mirror(servers.ranges(BODY))
    fetched(part)
    assert fetched(part) == BODY
    assert firsts(server) == [0]


def test_a_download_goes_on_where_the_last_one_ended(mirror, server):
    half_a_download(mirror)
    assert fetched(mirror(servers.ranges(BODY))) == BODY
    assert server.files.asked[-1].first == HALF
    assert server.files.asked[-1].if_range == servers.ETAG
    assert server.files.asked[-1].sent == len(BODY) - HALF


def test_a_download_without_etag_goes_on_too(mirror, server):
    half_a_download(mirror, etag=None)
    assert fetched(mirror(servers.ranges(BODY, etag=None))) == BODY
    assert server.files.asked[-1].first == HALF
    assert server.files.asked[-1].if_range is None


def test_a_file_that_changed_on_the_server_is_fetched_from_its_start(mirror):
    half_a_download(mirror)
    changed = BODY[:4] + BODY[:3:-1]
    assert fetched(mirror(servers.ranges(changed, etag='"second"'))) == changed


def test_a_server_that_ignores_if_range_is_told_by_its_etag(mirror):
    half_a_download(mirror)
    changed = BODY[:4] + BODY[:3:-1]

    def ignoring(reply):
        reply.asked.if_range = None
        servers.ranges(changed, etag='"second"')(reply)

    assert fetched(mirror(ignoring)) == changed


def test_a_server_without_etag_is_told_by_its_files_size(mirror):
    half_a_download(mirror, etag=None)
    changed = BODY + b"more"
    assert fetched(mirror(servers.ranges(changed, etag=None))) == changed


def test_a_server_that_gives_less_than_the_rest_is_asked_for_what_is_left(mirror, server):
    half_a_download(mirror)
    assert fetched(mirror(servers.short_ranges(BODY, HALF // 2))) == BODY
    assert firsts(server)[-2:] == [HALF, HALF + HALF // 2]


def test_a_part_that_was_whole_but_for_its_name_is_taken(mirror, server):
    part = half_a_download(mirror)
    part.path.write_bytes(BODY)
    assert fetched(mirror(servers.ranges(BODY))) == BODY
    assert firsts(server)[-1] == len(BODY)
    assert server.files.asked[-1].sent == 0


def test_a_server_without_ranges_sends_all_again(mirror, server):
    assert fetched(mirror(servers.no_ranges(BODY, cuts=(HALF,)))) == BODY
    assert firsts(server) == [0, HALF]
    assert server.files.asked[-1].sent == len(BODY)


def test_another_range_than_asked_for_is_not_added(mirror, server):
    half_a_download(mirror)
    assert fetched(mirror(servers.another_range(BODY))) == BODY
    assert firsts(server)[-2:] == [HALF, 0]


def test_a_range_that_is_not_to_be_had_starts_anew(mirror, server):
    half_a_download(mirror)
    refusing = servers.in_turn(servers.status(416), servers.ranges(BODY))
    assert fetched(mirror(refusing)) == BODY
    assert firsts(server)[-2:] == [HALF, 0]


def test_a_part_without_its_note_is_not_gone_on_with(mirror, server, tmp_path):
    part = half_a_download(mirror)
    next(tmp_path.glob("*.json")).write_text("{")
    part.path.write_bytes(b"x" * HALF)
    assert fetched(mirror(servers.ranges(BODY))) == BODY
    assert firsts(server)[-1] == 0


def test_a_connection_that_is_cut_again_and_again_comes_to_its_end(mirror, server):
    assert fetched(mirror(servers.ranges(BODY, cut_after=len(BODY) // 10))) == BODY
    assert len(server.files.asked) == 11
    assert sum(asked.sent for asked in server.files.asked) == len(BODY)


def test_a_server_that_fails_once_is_asked_again(mirror):
    assert fetched(mirror(servers.in_turn(servers.status(500), servers.ranges(BODY)))) == BODY


@pytest.mark.parametrize("number", [500, 503, 429])
def test_a_server_that_always_fails_is_given_up(mirror, server, number):
    with pytest.raises(MirrorFault, match=str(number)):
        fetched(mirror(servers.status(number)))
    assert len(server.files.asked) == QUICK.attempts


@pytest.mark.parametrize("number", [403, 404, 410])
def test_a_file_that_is_not_there_is_asked_for_once(mirror, server, number):
    with pytest.raises(MirrorFault, match=str(number)):
        fetched(mirror(servers.status(number)))
    assert len(server.files.asked) == 1


def test_a_failing_server_does_not_cost_what_has_arrived(mirror):
    part = half_a_download(mirror)
    with pytest.raises(MirrorFault):
        fetched(mirror(servers.status(500)))
    assert part.size == HALF


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><title>Log in to the hotel</title>", "a web page instead of zip"),
        (b"\n <html>", "a web page"),
        (b"\x1f\x8b\x08\x00 a tar.gz", "instead of zip"),
        (b"PK", "instead of zip"),
        (b"", "nothing instead of zip"),
    ],
)
def test_what_is_no_archive_does_not_cost_what_has_arrived(mirror, body, words):
    part = half_a_download(mirror)
    with pytest.raises(MirrorFault, match=words):
        fetched(mirror(servers.no_ranges(body)))
    assert part.size == HALF
    assert fetched(mirror(servers.ranges(BODY))) == BODY


def test_a_length_that_is_too_long_is_found(mirror, server):
    with pytest.raises(MirrorFault, match=f"after {len(BODY)} of {len(BODY) + 9} bytes|connection cut"):
        fetched(mirror(servers.stating(BODY, len(BODY) + 9)))
    assert len(server.files.asked) == 1 + QUICK.attempts


def test_a_server_that_said_too_long_a_length_but_knows_ranges_gives_its_file(mirror):
    lying = servers.in_turn(servers.stating(BODY, len(BODY) + 9), servers.ranges(BODY))
    assert fetched(mirror(lying)) == BODY


def test_a_length_that_is_too_short_ends_the_archive_there(mirror):
    """That it is no whole archive is found when it is unpacked."""
    assert fetched(mirror(servers.stating(BODY, HALF))) == BODY[:HALF]


@pytest.mark.parametrize("behaviour", [servers.ranges, servers.without_length])
def test_more_bytes_than_are_due_are_not_taken(mirror, behaviour):
    part = mirror(behaviour(BODY))
    with pytest.raises(MirrorFault, match=f"where at most {HALF} are due|where {HALF} are due"):
        fetched(part, maximum=HALF)
    assert part.size == 0


def test_a_server_that_never_ends_is_left(mirror, server):
    endless = BODY + bytes(100_000_000)
    with pytest.raises(MirrorFault, match=f"where {HALF} are due"):
        fetched(mirror(servers.without_length(endless)), maximum=HALF)
    assert server.files.asked[0].sent < 50_000_000  # what the connection takes before it is closed


def test_a_slow_server_is_waited_for(mirror, server):
    assert fetched(mirror(servers.ranges(BODY, pause_s=0.1))) == BODY  # 1.3 s in all, no silence of 0.4 s
    assert firsts(server) == [0]


def test_a_silent_server_is_given_up_and_what_it_sent_is_kept(mirror, server):
    part = mirror(servers.stalled(BODY, after=HALF))
    with pytest.raises(MirrorFault, match=r"silent for 0.4 s"):
        fetched(part)
    assert part.size == HALF
    assert fetched(mirror(servers.ranges(BODY))) == BODY


def test_a_server_that_is_not_there_is_given_up(tmp_path):
    with pytest.raises(MirrorFault, match="no connection"):
        fetched(Part(tmp_path, "http://127.0.0.1:9/faces.zip"))


def test_a_url_that_is_none_is_given_up(tmp_path):
    with pytest.raises(MirrorFault, match="InvalidSchema"):
        fetched(Part(tmp_path, "file:///etc/passwd"))


def test_a_disk_that_takes_no_more_keeps_what_it_took(mirror):
    part = mirror(servers.ranges(BODY))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            fetched(part)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert part.size == HALF
    assert fetched(part) == BODY


def test_a_tar_gz_is_known_by_its_first_bytes(mirror):
    body = b"\x1f\x8b\x08" + BODY
    part = mirror(servers.ranges(body))
    assert download(part, Accepted([ZIP, TAR_GZ], len(body)), QUICK).read_bytes() == body
