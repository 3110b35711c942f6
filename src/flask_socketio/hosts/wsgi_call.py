"""One call of the WSGI app, on a worker thread: the rules of PEP 3333. The essay is in `wsgi_bridge.py`.

Nothing of asyncio is known here. What the app answers is *posted* as a row of small items; what the worker has to
wait for (more of the upload, room for more of the answer) it *asks* in the same row, and blocks until the one reply
is there.
"""

from __future__ import annotations

import enum
import io
import logging
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import FileWrapper

from .environ import build_environ
from .uploads import Upload

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import WSGIApplication

    from ..transport.http import Request

#: Bytes that a worker may post before it waits until the client has taken them.
WINDOW = 65536

#: Bytes of a file that one piece holds; Flask's 8 KiB would make each a hand-over of its own.
_FILE_PIECE = 262144

#: Bytes of the upload that are kept ready for an app that reads it line by line or in small pieces.
_READ_SIZE = 65536

logger = logging.getLogger("flask_socketio.http")


class Head(NamedTuple):
    """The status and headers of the answer, names in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]


class Sign(enum.Enum):
    """What else than the head and bytes of the body a worker posts."""

    #: The answer is complete.
    END = enum.auto()
    #: More of the upload, please. The reply is `b""` at its end.
    MORE = enum.auto()
    #: Everything before this has gone to the client? The reply is `b""`.
    ROOM = enum.auto()


class Failed(NamedTuple):
    """The app raised before its answer was complete."""

    error: BaseException


Posted: TypeAlias = Head | bytes | Sign | Failed


class WsgiCall:
    """One request on its way through the app.

    Args:
        app: the WSGI app.
        request: the head of the request.
        wake: called on the worker thread when something has been posted and the reader may be asleep.
    """

    __slots__ = (
        "_app",
        "_bodiless",
        "_head",
        "_head_posted",
        "_in_window",
        "_missing",
        "_request",
        "_upload",
        "_wake",
        "awake",
        "body",
        "ended",
        "over",
        "posted",
        "replies",
    )

    def __init__(self, app: WSGIApplication, request: Request, wake: Callable[[], None]) -> None:
        self._app = app
        self._request = request
        self._wake = wake

        #: The whole body, to be set before the call runs; None for one that is read piece by piece.
        self.body: bytes | None = None
        #: From the worker to the loop, in order.
        self.posted: deque[Posted] = deque()
        #: From the loop to the worker: one reply for each question, or None when nobody will reply any more.
        self.replies: SimpleQueue[bytes | None] = SimpleQueue()
        #: Whether the loop is on its way to what is posted. It clears this *before* it looks, the worker sets it
        #: *after* it has posted, so nothing is left lying; and a hundred pieces wake the loop once.
        self.awake = False
        #: Set by the loop: nobody reads what is posted any more. Set before the None in `replies`.
        self.over = False
        #: The answer is complete, whatever the app still does.
        self.ended = False

        self._upload: Upload | None = None
        self._head: Head | None = None
        self._head_posted = False
        self._bodiless = False
        self._missing: int | None = None  # bytes still to come to what Content-Length promises
        self._in_window = 0

    def abandon(self) -> None:
        """Nobody reads any more what the worker posts. It learns of it now if it waits, else at its next piece."""
        self.over = True
        self.replies.put(None)

    def run(self) -> None:
        """Call the app and post its answer. Runs on a worker thread, raises nothing."""
        if self.over:
            return
        try:
            self._call_app()
        except BaseException as error:  # noqa: BLE001 - a SystemExit in a view must not end the worker; the loop raises it
            self._fail(error)

    def _call_app(self) -> None:
        environ = build_environ(self._request, body=self._input())
        environ["wsgi.file_wrapper"] = _wrap_file
        iterable = self._app(environ, self.start_response)
        try:
            if isinstance(iterable, (list, tuple)):
                self._send(b"".join(iterable), last=True)
            else:
                for piece in iterable:
                    if not self._send(piece):
                        break
                self._send(b"", last=True)
        finally:
            close = getattr(iterable, "close", None)
            if close is not None:
                close()

    def _input(self) -> IO[bytes]:
        if self.body is not None:
            return io.BytesIO(self.body)
        self._upload = Upload(self._read)
        return io.BufferedReader(self._upload, _READ_SIZE)

    def _read(self) -> bytes:
        chunk = self._ask(Sign.MORE)
        if chunk is None:
            raise ClientDisconnected  # Flask makes a 400 of it that nobody sees, and no line in the log
        return chunk

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        """What the app calls; the head goes out with the first byte of the body, so until then it may be replaced."""
        if exc_info is not None:
            try:
                if self._head_posted and exc_info[1] is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # no cycle through the frame (PEP 3333)
        elif self._head is not None:
            raise RuntimeError("the WSGI app called start_response() twice, the second time without exc_info")
        self._head = Head(
            int(status.split(None, 1)[0]),
            [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        )
        return self._write

    def _write(self, data: bytes) -> None:
        """The callable that start_response() returns, for apps older than iterables."""
        if not self._send(data) and self.over:
            raise ClientDisconnected

    def _send(self, piece: bytes, last: bool = False) -> bool:
        """Post a piece of the body, after the head if it is the first. False when the app need not make another."""
        if not isinstance(piece, bytes):
            raise TypeError(f"the WSGI app sent {type(piece).__name__}, expected bytes")
        if self.ended:
            return not piece  # an app that keeps to its Content-Length may run on to its end; a surplus stops it
        if self.over:
            return False
        if not piece and not last:
            return True
        if not self._head_posted:
            self._post_head(len(piece) if last else None)
        if self._bodiless:
            piece, last = b"", True
        if self._missing is not None:
            piece = piece[: self._missing]
            self._missing -= len(piece)
            if last and self._missing:
                raise RuntimeError(f"the WSGI app ended {self._missing} bytes short of its Content-Length")
            last = not self._missing
        if piece:
            self.posted.append(piece)
        if last:
            self.ended = True
            self.posted.append(Sign.END)
        self._wake_reader()
        if last:
            return not self._bodiless
        return self._has_room(len(piece))

    def _post_head(self, whole: int | None) -> None:
        """Post status and headers; `whole` is the size of the body if there is no more of it than is known now."""
        if self._head is None:
            raise RuntimeError("the WSGI app answered without having called start_response()")
        status, headers = self._head
        without_length = status in (204, 304)  # what a 304 would have is no promise, and servers wait for it
        self._bodiless = without_length or self._request.method == "HEAD"
        kept = []
        for name, value in headers:
            if name == b"content-length":
                if without_length:
                    continue
                if not self._bodiless:
                    self._missing = int(value)
            if name != b"transfer-encoding":  # how the body is cut for the wire is the server's business
                kept.append((name, value))
        if whole is not None and self._missing is None and not self._bodiless:
            self._missing = whole
            kept.append((b"content-length", b"%d" % whole))
        if self._upload is not None and not self._upload.begun and self._request.header("expect"):
            # The client may send its body now or not: nobody could tell where its next request begins.
            kept.append((b"connection", b"close"))
        self._head_posted = True
        self.posted.append(Head(status, kept))

    def _has_room(self, size: int) -> bool:
        """Wait, if a window is full, until the client has taken it. False when the client is gone."""
        self._in_window += size
        if self._in_window < WINDOW:
            return True
        self._in_window = 0
        return self._ask(Sign.ROOM) is not None

    def _ask(self, question: Sign) -> bytes | None:
        """Post a question and wait for the reply; None when there is nobody to reply."""
        if self.over:
            return None
        self.posted.append(question)
        self._wake_reader()
        return self.replies.get()  # if `over` was set since, its None is there already

    def _wake_reader(self) -> None:
        if not self.awake:
            self.awake = True
            self._wake()

    def _fail(self, error: BaseException) -> None:
        """Leave the error to whoever can still do something about the answer, else to the log."""
        if not self.over and not self.ended:
            self.posted.append(Failed(error))
            self._wake_reader()
        elif not isinstance(error, ClientDisconnected):
            message = "%s %s failed, and nobody waits for its answer any more"
            logger.error(message, self._request.method, self._request.path, exc_info=error)


def _wrap_file(file: IO[bytes], buffer_size: int = _FILE_PIECE) -> FileWrapper:
    """`wsgi.file_wrapper`: Werkzeug's own, which can seek for a Range, with larger pieces."""
    return FileWrapper(file, max(buffer_size, _FILE_PIECE))
