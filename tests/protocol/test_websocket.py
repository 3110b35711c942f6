"""The rules of RFC 6455, by its sections."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.websocket import (
    CloseCode,
    MessageReader,
    Opcode,
    WebSocketError,
    check_reserved_bits,
    check_upgrade,
    close_reply,
    cut_reason,
    frame,
    upgrade_answer,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of section 1.3
HANDSHAKE = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": KEY,
}

Frame = tuple[Opcode, bool, bytes]


def read(frames: Iterable[Frame], max_size: int = 1000) -> list[str | bytes]:
    """The messages that these data frames make."""
    reader = MessageReader(max_size=max_size)
    messages = [reader.receive(*frame) for frame in frames]
    return [message for message in messages if message is not None]


def code_of(frames: Iterable[Frame], max_size: int = 1000) -> int:
    """The code for which these data frames close the connection."""
    with pytest.raises(WebSocketError) as caught:
        read(frames, max_size)
    return caught.value.code


# Frames that leave (5.2) ----------------------------------------------------------------------------------------------


def test_short_frame_is_final_unmasked_and_has_a_head_of_two_bytes() -> None:
    assert frame(Opcode.TEXT, b"hello") == b"\x81\x05hello"


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x82\x00"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65535, b"\x82\x7e\xff\xff"),
        (65536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_length_takes_its_shortest_form(size: int, head: bytes) -> None:
    assert frame(Opcode.BINARY, bytes(size)) == head + bytes(size)


@pytest.mark.parametrize(
    ("reason", "sent"),
    [("", b""), ("bye", b"bye"), ("x" * 124, b"x" * 123), ("x" + "ä" * 62, b"x" + "ä".encode() * 61)],
)
def test_reason_of_a_close_is_cut_between_characters(reason: str, sent: bytes) -> None:
    assert cut_reason(reason) == sent


# Reserved bits (5.2) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opcode", Opcode)
def test_reserved_bit_is_an_error(opcode: Opcode) -> None:
    check_reserved_bits(opcode, False, False, compression=False)
    for first, others in ((True, False), (False, True)):
        with pytest.raises(WebSocketError, match="reserved bit") as caught:
            check_reserved_bits(opcode, first, others, compression=False)
        assert caught.value.code == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", Opcode)
def test_first_one_marks_the_beginning_of_a_compressed_message_where_that_is_agreed_on(opcode: Opcode) -> None:
    check_reserved_bits(opcode, False, False, compression=True)
    with pytest.raises(WebSocketError):
        check_reserved_bits(opcode, True, True, compression=True)
    if opcode in (Opcode.TEXT, Opcode.BINARY):
        check_reserved_bits(opcode, True, False, compression=True)
    else:
        with pytest.raises(WebSocketError) as caught:
            check_reserved_bits(opcode, True, False, compression=True)
        assert caught.value.code == CloseCode.PROTOCOL_ERROR


# Messages and fragments (5.4, 5.6) ------------------------------------------------------------------------------------


def test_whole_messages() -> None:
    assert read([(Opcode.TEXT, True, "Grüße".encode()), (Opcode.BINARY, True, b"\xff"), (Opcode.TEXT, True, b"")]) == [
        "Grüße",
        b"\xff",
        "",
    ]


def test_fragments_make_one_message_of_the_first_one_s_kind() -> None:
    assert read(
        [
            (Opcode.BINARY, False, b"\xff"),
            (Opcode.CONTINUATION, False, b""),
            (Opcode.CONTINUATION, True, b"\xfe"),
            (Opcode.TEXT, False, b"a"),
            (Opcode.CONTINUATION, True, b"b"),
        ]
    ) == [b"\xff\xfe", "ab"]


@given(st.text(max_size=20), st.integers(1, 5))
def test_text_may_be_cut_anywhere_even_inside_a_character(text: str, size: int) -> None:
    payload = text.encode()
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
    frames = [(Opcode.CONTINUATION if at else Opcode.TEXT, False, piece) for at, piece in enumerate(pieces)]
    assert read([*frames, (Opcode.CONTINUATION if pieces else Opcode.TEXT, True, b"")]) == [text]


def test_reader_is_idle_between_messages() -> None:
    reader = MessageReader(max_size=10)
    assert reader.idle
    reader.receive(Opcode.TEXT, False, b"a")
    assert not reader.idle
    reader.receive(Opcode.CONTINUATION, True, b"b")
    assert reader.idle


@pytest.mark.parametrize("fin", [True, False])
def test_continuation_of_nothing_is_an_error(fin: bool) -> None:
    assert code_of([(Opcode.CONTINUATION, fin, b"a")]) == CloseCode.PROTOCOL_ERROR
    finished: list[Frame] = [(Opcode.TEXT, False, b"a"), (Opcode.CONTINUATION, True, b"b")]
    assert code_of([*finished, (Opcode.CONTINUATION, fin, b"c")]) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_message_inside_another_is_an_error(opcode: Opcode, fin: bool) -> None:
    assert code_of([(Opcode.TEXT, False, b"a"), (opcode, fin, b"b")]) == CloseCode.PROTOCOL_ERROR


# Text is UTF-8 (8.1) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"\xff", b"ab\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"])
def test_text_that_is_not_utf8_is_an_error(payload: bytes) -> None:
    assert code_of([(Opcode.TEXT, True, payload)]) == CloseCode.INVALID_TEXT
    assert code_of([(Opcode.TEXT, False, payload), (Opcode.CONTINUATION, True, b"")]) == CloseCode.INVALID_TEXT


def test_bad_utf8_is_found_before_the_last_fragment() -> None:
    assert code_of([(Opcode.TEXT, False, b"good"), (Opcode.CONTINUATION, False, b"\xf4\x90")]) == CloseCode.INVALID_TEXT


# Limits (10.4) --------------------------------------------------------------------------------------------------------


def test_message_may_have_the_largest_size_and_no_byte_more() -> None:
    assert read([(Opcode.BINARY, True, b"12345")], max_size=5) == [b"12345"]
    assert code_of([(Opcode.BINARY, True, b"123456")], max_size=5) == CloseCode.TOO_BIG


def test_fragments_count_together_and_messages_apart() -> None:
    message: list[Frame] = [(Opcode.TEXT, False, b"123"), (Opcode.CONTINUATION, True, b"45")]
    assert read(message * 3, max_size=5) == ["12345"] * 3
    assert (
        code_of([(Opcode.TEXT, False, b"123"), (Opcode.CONTINUATION, False, b"456")], max_size=5) == CloseCode.TOO_BIG
    )


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_fragments_of_one_byte_cost_no_more_memory_than_their_sum(opcode: Opcode) -> None:
    reader = MessageReader(max_size=1_000_000)
    reader.receive(opcode, False, b"x")
    tracemalloc.start()
    try:
        for _ in range(100_000):
            reader.receive(Opcode.CONTINUATION, False, b"x")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 250_000


# Close (5.5.1, 7.4) ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
def test_close_is_answered_with_its_own_code(code: int) -> None:
    assert close_reply(code.to_bytes(2, "big") + "tschüß".encode()) == code


def test_close_without_a_code_is_answered_with_1000() -> None:
    assert close_reply(b"") == 1000


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_close_with_a_code_that_nobody_may_send_is_an_error(code: int) -> None:
    with pytest.raises(WebSocketError) as caught:
        close_reply(code.to_bytes(2, "big"))
    assert caught.value.code == CloseCode.PROTOCOL_ERROR


def test_close_with_half_a_code_is_an_error() -> None:
    with pytest.raises(WebSocketError) as caught:
        close_reply(b"\x03")
    assert caught.value.code == CloseCode.PROTOCOL_ERROR


def test_close_with_a_reason_that_is_not_utf8_is_an_error() -> None:
    with pytest.raises(WebSocketError) as caught:
        close_reply(b"\x03\xe8\xff")
    assert caught.value.code == CloseCode.INVALID_TEXT


# The handshake (4.2) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"connection": "keep-alive, Upgrade"},  # Firefox
        {"upgrade": "WebSocket"},
        {"cookie": "c" * 100_000, "sec-websocket-extensions": "permessage-deflate"},
    ],
)
def test_good_handshake_gives_its_key(headers: dict[str, str]) -> None:
    assert check_upgrade("GET", (HANDSHAKE | headers).get) == KEY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("upgrade", None),
        ("upgrade", "h2c"),
        ("connection", None),
        ("connection", "keep-alive"),
        ("connection", "no-upgrade"),
        ("sec-websocket-version", None),
        ("sec-websocket-version", "8"),
        ("sec-websocket-key", None),
        ("sec-websocket-key", "short"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAAAA"),
        ("sec-websocket-key", "ää"),
    ],
)
def test_bad_handshake_is_refused_with_what_was_got(name: str, value: str | None) -> None:
    headers: dict[str, str | None] = {**HANDSHAKE, name: value}
    with pytest.raises(ProtocolError, match=f"(?i)got {name} {value!r}, expected"):
        check_upgrade("GET", headers.get)


def test_handshake_is_a_get() -> None:
    with pytest.raises(ProtocolError, match="'POST', expected GET"):
        check_upgrade("POST", HANDSHAKE.get)


def test_answer_proves_that_the_key_was_understood() -> None:
    assert upgrade_answer(KEY) == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"\r\n"
    )


def test_answer_has_the_headers_that_are_added() -> None:
    answer = upgrade_answer(KEY, [("Set-Cookie", "io=1; Path=/"), ("Set-Cookie", "a=ä")])
    assert answer.endswith(b"\r\nSet-Cookie: io=1; Path=/\r\nSet-Cookie: a=\xe4\r\n\r\n")


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\x00"), ("X\r\nY", "a"), ("X:", "a"), ("", "a"), ("X", "€")],
)
def test_header_that_would_break_the_answer_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="is not a header"):
        upgrade_answer(KEY, [(name, value)])
