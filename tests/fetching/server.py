"""A real HTTP server on loopback whose paths behave as servers do on bad days. It remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ETAG = '"first"'
BLOCK = 1 << 14
STALL_S = 30.0  # longer than any client of the tests waits


@dataclass
class Asked:
    """A request: the first byte that it asks for, and how many bytes it was sent."""

    path: str
    first: int
    if_range: str | None
    sent: int = 0


Behaviour = Callable[["Handler"], None]


@dataclass
class Files:
    """behaviours by path; asked: the requests so far, in their order."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    files: Files

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    asked: Asked

    def do_GET(self) -> None:
        asked_range = self.headers.get("Range", "")
        first = int(asked_range.removeprefix("bytes=").rstrip("-") or 0)
        self.asked = Asked(self.path, first, self.headers.get("If-Range"))
        self.server.files.asked.append(self.asked)
        self.server.files.behaviours[self.path](self)

    def log_message(self, *_: object) -> None:
        pass

    def begin(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, body: bytes, pause_s: float = 0.0) -> None:
        try:
            for start in range(0, len(body), BLOCK):
                # Counted before it is sent: the client may be done before this thread goes on.
                self.asked.sent += len(body[start : start + BLOCK])
                self.wfile.write(body[start : start + BLOCK])
                time.sleep(pause_s)
        except ConnectionError:  # the client has gone
            self.close_connection = True


@contextmanager
def serving() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.files = Files()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _whole(reply: Handler, body: bytes, etag: str | None = ETAG) -> None:
    reply.begin(200, Content_Length=len(body), **({"ETag": etag} if etag else {}))


def ranges(body: bytes, cut_after: int | None = None, etag: str | None = ETAG, pause_s: float = 0.0) -> Behaviour:
    """A good server, which honours Range and If-Range; cut_after: bytes that a connection lives for."""

    def behave(reply: Handler) -> None:
        first = reply.asked.first
        if reply.asked.if_range not in (None, etag):
            first = 0
        if first and first >= len(body):
            reply.begin(416, Content_Range=f"bytes */{len(body)}", Content_Length=0)
            return
        if first:
            stated = {"ETag": etag} if etag else {}
            content_range = f"bytes {first}-{len(body) - 1}/{len(body)}"
            reply.begin(206, Content_Range=content_range, Content_Length=len(body) - first, **stated)
        else:
            _whole(reply, body, etag)
        reply.send(body[first:][:cut_after], pause_s)

    return behave


def no_ranges(body: bytes, cuts: tuple[int, ...] = (), pause_s: float = 0.0) -> Behaviour:
    """A server that always sends the whole file; cuts: bytes after which the first connections end."""
    lives = list(cuts)

    def behave(reply: Handler) -> None:
        _whole(reply, body)
        reply.send(body[: lives.pop(0)] if lives else body, pause_s)

    return behave


def stating(body: bytes, length: int) -> Behaviour:
    """A server that states another length, and knows no ranges."""

    def behave(reply: Handler) -> None:
        reply.begin(200, Content_Length=length)
        reply.send(body)

    return behave


def without_length(body: bytes) -> Behaviour:
    """An old server that ends the connection where the file ends."""

    def behave(reply: Handler) -> None:
        reply.begin(200)
        reply.send(body)

    return behave


def status(number: int, body: bytes = b"") -> Behaviour:
    def behave(reply: Handler) -> None:
        reply.begin(number, Content_Length=len(body))
        reply.send(body)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The behaviours one by one; the last one stays."""
    left = list(behaviours)

    def behave(reply: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(reply)

    return behave


def another_range(body: bytes) -> Behaviour:
    """A server that answers a range with one that was not asked for."""

    def behave(reply: Handler) -> None:
        if not reply.asked.first:
            return ranges(body)(reply)
        reply.begin(206, Content_Range=f"bytes 7-{len(body) - 1}/{len(body)}", Content_Length=len(body) - 7)
        reply.send(body[7:])

    return behave


def short_ranges(body: bytes, size: int) -> Behaviour:
    """A server that gives at most `size` bytes of a range."""

    def behave(reply: Handler) -> None:
        first = reply.asked.first
        piece = body[first : first + size]
        content_range = f"bytes {first}-{first + len(piece) - 1}/{len(body)}"
        reply.begin(206, Content_Range=content_range, Content_Length=len(piece))
        reply.send(piece)

    return behave


def stalled(body: bytes, after: int) -> Behaviour:
    """A server that falls silent but keeps the connection."""

    def behave(reply: Handler) -> None:
        _whole(reply, body)
        reply.send(body[:after])
        time.sleep(STALL_S)

    return behave


def held(body: bytes, go_on: threading.Event) -> Behaviour:
    """A good server that sends the second half when it is told to."""

    def behave(reply: Handler) -> None:
        _whole(reply, body)
        reply.send(body[: len(body) // 2])
        go_on.wait(STALL_S)
        reply.send(body[len(body) // 2 :])

    return behave
