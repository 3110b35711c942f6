"""The rules of PEP 3333, on one thread: what a call of an app posts, and what it asks."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

import pytest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request as WerkzeugRequest

from flask_socketio.hosts.wsgi_call import WINDOW, Failed, Head, Posted, Sign, WsgiCall
from flask_socketio.transport.http import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: An app without its environ: what most of them here are.
Answer = Callable[["StartResponse"], Iterable[bytes]]

PLAIN = [("Content-Type", "text/plain")]


def call(app: WSGIApplication, method: str = "GET", headers: Iterable[tuple[bytes, bytes]] = ()) -> WsgiCall:
    made = WsgiCall(app, Request(method, "/", b"", list(headers), "http", None, None), wake=lambda: None)
    made.body = b""
    return made


def run(answer: Answer, method: str = "GET") -> list[Posted]:
    """All that an app posts, with everything it asks for granted."""
    made = call(lambda _, start_response: answer(start_response), method)
    for _ in range(100):
        made.replies.put(b"")
    made.run()
    return list(made.posted)


def body_of(posted: list[Posted]) -> bytes:
    return b"".join(item for item in posted if isinstance(item, bytes))


def headers_of(posted: list[Posted]) -> dict[bytes, bytes]:
    head = posted[0]
    assert isinstance(head, Head)
    return dict(head.headers)


def error_of(posted: list[Posted]) -> BaseException:
    failed = posted[-1]
    assert isinstance(failed, Failed)
    return failed.error


class Pieces:
    """An iterable that sees what is done with it."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = iter(pieces)
        self.taken = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.taken += 1
        if isinstance(piece, Exception):
            raise piece
        return piece

    def close(self) -> None:
        self.closed += 1


def answering(body: Iterable[bytes], headers: list[tuple[str, str]] = PLAIN, status: str = "200 OK") -> Answer:
    def answer(start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, headers)
        return body

    return answer


# Answers --------------------------------------------------------------------------------------------------------------


def test_list_is_one_piece_with_its_length() -> None:
    head = Head(200, [(b"content-type", b"text/plain"), (b"content-length", b"5")])
    assert run(answering([b"he", b"llo"])) == [head, b"hello", Sign.END]


def test_answer_is_complete_at_its_content_length_before_the_app_has_closed() -> None:
    body = Pieces(b"hello")
    ended: list[bool] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "5")])
        return body

    made = call(app)
    body.close = lambda: ended.append(made.posted[-1] is Sign.END)  # type: ignore[method-assign]
    made.run()
    assert ended == [True]


def test_generator_is_posted_piece_by_piece() -> None:
    posted = run(answering(Pieces(b"a", b"b")))
    assert posted == [Head(200, [(b"content-type", b"text/plain")]), b"a", b"b", Sign.END]


def test_head_waits_for_the_first_byte() -> None:
    def answer(start_response: StartResponse) -> Iterator[bytes]:
        yield b""
        start_response("200 OK", [("X-Late", "yes")])
        yield b"a"

    assert headers_of(run(answer)) == {b"x-late": b"yes"}


def test_answer_without_body_has_length_zero() -> None:
    assert run(answering(Pieces()))[0] == Head(200, [(b"content-type", b"text/plain"), (b"content-length", b"0")])


@pytest.mark.parametrize("body", [[b"hello"], Pieces(b"hello", b"more"), []])
def test_head_request_gets_the_headers_alone(body: Iterable[bytes]) -> None:
    posted = run(answering(body, [("Content-Length", "5")]), "HEAD")
    assert posted == [Head(200, [(b"content-length", b"5")]), Sign.END]


def test_no_length_is_made_up_for_a_head_request() -> None:
    assert headers_of(run(answering([]), "HEAD")) == {b"content-type": b"text/plain"}


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_a_body_have_no_length_either(status: str) -> None:
    posted = run(answering([b"hello"], [("Content-Length", "5"), ("ETag", '"x"')], status))
    assert posted == [Head(int(status[:3]), [(b"etag", b'"x"')]), Sign.END]


def test_headers_are_latin_1_and_may_be_repeated() -> None:
    posted = run(answering([], [("Set-Cookie", "a=é"), ("Set-Cookie", "b=2")]))
    assert isinstance(posted[0], Head)
    assert posted[0].headers[:2] == [(b"set-cookie", b"a=\xe9"), (b"set-cookie", b"b=2")]


def test_transfer_encoding_is_left_to_the_server() -> None:
    assert b"transfer-encoding" not in headers_of(run(answering([b"a"], [("Transfer-Encoding", "chunked")])))


def test_write_comes_before_the_iterable() -> None:
    def answer(start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", PLAIN)
        write(b"a")
        write(b"b")
        return [b"c"]

    assert body_of(run(answer)) == b"abc"


def test_surplus_over_the_content_length_is_cut_and_stops_the_app() -> None:
    body = Pieces(b"hel", b"lo!", b"!", b"!")
    assert body_of(run(answering(body, [("Content-Length", "5")]))) == b"hello"
    assert (body.taken, body.closed) == (3, 1)


def test_app_that_keeps_its_content_length_runs_to_its_end() -> None:
    done = []

    def body() -> Iterator[bytes]:
        yield b"hello"
        done.append(True)

    run(answering(body(), [("Content-Length", "5")]))
    assert done == [True]


def test_file_wrapper_reads_large_pieces() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "300000")])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(bytes(300_000)), 8192)
        return wrapped

    made = call(app)
    made.replies.put(b"")
    made.run()
    assert [len(item) for item in made.posted if isinstance(item, bytes)] == [262144, 37856]


# Errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(1)])  # an exit must not end the worker
def test_error_before_the_answer(error: BaseException) -> None:
    def answer(start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        raise error

    assert run(answer) == [Failed(error)]


def test_error_within_the_answer_closes_the_iterable() -> None:
    error = ValueError("broken")
    body = Pieces(b"a", error)
    assert run(answering(body))[1:] == [b"a", Failed(error)]
    assert body.closed == 1


def test_error_after_the_answer_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def body() -> Iterator[bytes]:
        yield b"hello"
        raise ValueError("too late")

    assert run(answering(body(), [("Content-Length", "5")]))[-1] is Sign.END
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "GET / failed, and nobody waits for its answer any more"
    assert record.exc_info is not None and str(record.exc_info[1]) == "too late"


def replace_answer(start_response: StartResponse) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        start_response("500 Oops", [], sys.exc_info())


def test_answer_may_be_replaced_until_its_first_byte() -> None:
    def answer(start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        replace_answer(start_response)
        return [b"sorry"]

    assert run(answer)[0] == Head(500, [(b"content-length", b"5")])


def test_answer_can_not_be_replaced_after_its_first_byte() -> None:
    def answer(start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b"a"
        replace_answer(start_response)

    assert isinstance(error_of(run(answer)), ValueError)


def test_start_response_twice_is_an_error() -> None:
    def answer(start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        start_response("200 OK", [])
        return []

    assert "twice" in str(error_of(run(answer)))


@pytest.mark.parametrize("body", [[b"a"], [], Pieces(b"a"), Pieces()])
def test_answer_without_start_response_is_an_error(body: Iterable[bytes]) -> None:
    assert "start_response()" in str(error_of(run(lambda _: body)))


def test_text_instead_of_bytes_is_an_error() -> None:
    assert "str, expected bytes" in str(error_of(run(answering(Pieces("text")))))  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [[b"hel"], Pieces(b"hel"), []])
def test_less_than_the_content_length_is_an_error(body: Iterable[bytes]) -> None:
    assert "short of its Content-Length" in str(error_of(run(answering(body, [("Content-Length", "5")]))))


# Back-pressure and leaving --------------------------------------------------------------------------------------------


def test_worker_asks_for_room_when_the_window_is_full() -> None:
    posted = run(answering(Pieces(b"x" * (WINDOW - 1), b"x", b"x")))
    assert [item if isinstance(item, Sign) else "" for item in posted[1:]] == ["", "", Sign.ROOM, "", Sign.END]


def test_loop_that_is_awake_is_not_woken() -> None:
    wakes = []
    made = call(lambda _, start_response: answering(Pieces(b"a", b"b"))(start_response))
    made._wake = lambda: wakes.append(True)
    made.run()
    assert len(wakes) == 1


def test_iterable_is_closed_once_when_the_client_is_gone() -> None:
    body = Pieces(b"a", b"b", b"c")
    made = call(lambda _, start_response: answering(body)(start_response))
    made._wake = made.abandon  # it leaves at the first piece
    made.run()
    assert (body.taken, body.closed) == (2, 1)
    assert made.posted[-1] == b"a"


def test_who_waits_for_room_is_woken_when_the_client_is_gone() -> None:
    body = Pieces(b"x" * WINDOW, b"b")
    made = call(lambda _, start_response: answering(body)(start_response))
    made.replies.put(None)
    made.run()
    assert (body.taken, body.closed) == (1, 1)


def test_write_raises_when_the_client_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", PLAIN)
        made.abandon()
        with pytest.raises(ClientDisconnected):
            write(b"a")
        write(b"a")
        return []

    made = call(app)
    made.run()
    assert not caplog.records


def test_error_when_the_client_is_gone_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def body() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            raise ValueError("in clean-up")

    made = call(lambda _, start_response: answering(body())(start_response))
    made._wake = made.abandon
    made.run()
    assert [record.getMessage() for record in caplog.records] == [
        "GET / failed, and nobody waits for its answer any more"
    ]


def test_call_that_was_given_up_never_runs() -> None:
    body = Pieces(b"a")
    made = call(lambda _, start_response: answering(body)(start_response))
    made.abandon()
    made.run()
    assert body.taken == 0


# The upload -----------------------------------------------------------------------------------------------------------


def reading(
    read: Callable[[IO[bytes]], Any], *replies: bytes | None, headers: Any = (), body: bytes | None = None
) -> tuple[Any, list[Posted]]:
    """What an app read from an upload whose chunks are `replies`, and what it posted."""
    results: list[Any] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        results.append(read(environ["wsgi.input"]))
        start_response("200 OK", [])
        return []

    made = call(app, "POST", headers)
    made.body = body
    for reply in replies:
        made.replies.put(reply)
    made.run()
    return (results or [None])[0], list(made.posted)


def test_whole_body_needs_no_question() -> None:
    assert reading(lambda body: body.read(), body=b"hello")[0] == b"hello"


def test_upload_is_asked_for_as_it_is_read() -> None:
    read, posted = reading(lambda body: body.read(6), b"abc", b"def")
    assert read == b"abcdef"
    assert posted == [Sign.MORE, Sign.MORE, Head(200, [(b"content-length", b"0")]), Sign.END]


def test_unread_upload_that_was_announced_closes_the_connection() -> None:
    expects = [(b"expect", b"100-continue")]
    assert headers_of(reading(lambda body: None, headers=expects)[1])[b"connection"] == b"close"
    assert b"connection" not in headers_of(reading(lambda body: body.read(), b"", headers=expects)[1][-2:])


def test_flask_sees_a_bad_request_when_the_client_left() -> None:
    def read(body: IO[bytes]) -> bytes:
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": "9",
            "wsgi.input": body,
            "wsgi.input_terminated": True,
        }
        asked = WerkzeugRequest(environ)
        asked.max_content_length = 1000  # wraps the input, and must not hide that it broke off
        return asked.get_data()

    assert isinstance(error_of(reading(read, b"half", None)[1]), ClientDisconnected)
