"""The messages of the bus, as python-socketio 5.18 writes them, taken from its Redis channel."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

import pytest

from flask_socketio.cluster.messages import (
    Ack,
    AckAddress,
    CloseRoom,
    Disconnect,
    Emit,
    EnterRoom,
    LeaveRoom,
    Message,
    MessageCodec,
)
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.json_codec import JsonCodec

HOST = "3e322fb2cadc4c6f83866784ee3e4ab8"
CODEC = MessageCodec(JsonCodec())


def emit(**fields: Any) -> str:
    """An emit of upstream's with some fields changed."""
    usual = {
        "method": "emit", "event": "ev", "data": ["x"], "binary": False, "namespace": "/", "room": None,
        "skip_sid": None, "callback": None, "host_id": HOST,
    }  # fmt: skip
    return json.dumps({**usual, **fields})


UPSTREAM = [
    (
        '{"method": "emit", "event": "ev", "data": [{"a": 1}], "binary": false, "namespace": "/", "room": null, '
        f'"skip_sid": null, "callback": null, "host_id": "{HOST}"}}',
        Emit("ev", ({"a": 1},), "/"),
    ),
    (
        '{"method": "emit", "event": "ev", "data": ["a", 2], "binary": false, "namespace": "/n", "room": "r1", '
        f'"skip_sid": "s1", "callback": null, "host_id": "{HOST}"}}',
        Emit("ev", ("a", 2), "/n", ("r1",), ("s1",)),
    ),
    (  # no argument at all
        '{"method": "emit", "event": "ev", "data": [null], "binary": false, "namespace": "/", "room": ["a", "b"], '
        f'"skip_sid": ["x", "y"], "callback": null, "host_id": "{HOST}"}}',
        Emit("ev", (), "/", ("a", "b"), ("x", "y")),
    ),
    (
        '{"method": "emit", "event": "bin", "data": [[{"x": {"_placeholder": true, "num": 0}, '
        '"y": [{"_placeholder": true, "num": 1}]}], "AP8=", "eg=="], "binary": true, "namespace": "/", "room": null, '
        f'"skip_sid": null, "callback": null, "host_id": "{HOST}"}}',
        Emit("bin", ({"x": b"\x00\xff", "y": [b"z"]},), "/"),
    ),
    (  # one argument that is a list
        '{"method": "emit", "event": "\\u00fcn\\u00ef", "data": [[1, 2]], "binary": false, "namespace": "/", '
        f'"room": null, "skip_sid": null, "callback": null, "host_id": "{HOST}"}}',
        Emit("ünï", ([1, 2],), "/"),
    ),
    (
        '{"method": "emit", "event": "ask", "data": ["q"], "binary": false, "namespace": "/", "room": "s1", '
        f'"skip_sid": null, "callback": ["s1", "/", 1], "host_id": "{HOST}"}}',
        Emit("ask", ("q",), "/", ("s1",), (), AckAddress(HOST, "s1", "/", 1)),
    ),
    (
        f'{{"method": "callback", "host_id": "{HOST}", "sid": "s1", "namespace": "/", "id": 1, "args": ["A", 1]}}',
        Ack(AckAddress(HOST, "s1", "/", 1), ("A", 1)),
    ),
    (
        f'{{"method": "disconnect", "sid": "s1", "namespace": "/", "host_id": "{HOST}"}}',
        Disconnect("s1", "/"),
    ),
    (
        f'{{"method": "enter_room", "sid": "s1", "room": "r", "namespace": "/", "host_id": "{HOST}"}}',
        EnterRoom("s1", "/", "r"),
    ),
    (
        f'{{"method": "leave_room", "sid": "s1", "room": "r", "namespace": "/", "host_id": "{HOST}"}}',
        LeaveRoom("s1", "/", "r"),
    ),
    (
        f'{{"method": "close_room", "room": "r", "namespace": "/", "host_id": "{HOST}"}}',
        CloseRoom("/", "r"),
    ),
]  # fmt: skip


def test_what_slow_clients_may_miss_is_a_field_more_that_upstream_ignores() -> None:
    for emit in (Emit("e", (1,), "/", volatile=True), Emit("e", (1,), "/", latest="EURUSD")):
        assert CODEC.decode(CODEC.encode(emit, HOST)) == (HOST, emit)
    plain = json.loads(CODEC.encode(Emit("e", (1,), "/"), HOST))
    assert not {"volatile", "latest"} & plain.keys()


@pytest.mark.parametrize(("raw", "message"), UPSTREAM)
def test_what_upstream_writes_is_read(raw: str, message: Message) -> None:
    sender, decoded = CODEC.decode(raw.encode())

    assert decoded == message
    assert sender == (None if isinstance(message, Ack) else HOST)


@pytest.mark.parametrize(("raw", "message"), UPSTREAM)
def test_what_we_write_is_what_upstream_writes(raw: str, message: Message) -> None:
    expected = json.loads(raw)
    if expected.get("skip_sid") == "s1":
        expected["skip_sid"] = ["s1"]  # which means the same to it

    assert json.loads(CODEC.encode(message, HOST)) == expected


def test_an_answer_with_binary_reaches_processes_of_ours() -> None:
    answer = Ack(AckAddress(HOST, ["a", "b"], "/", 7), (b"\x00", "x"))

    assert CODEC.decode(CODEC.encode(answer, "another")) == (None, answer)


def test_rooms_may_be_numbers() -> None:
    message = EnterRoom("s1", "/", 7)

    assert CODEC.decode(CODEC.encode(message, HOST)) == (HOST, message)


def test_values_that_json_has_no_form_for_are_read_as_upstream_writes_them() -> None:
    _, message = CODEC.decode(emit(data=[float("inf"), "\ud83d"]).encode())

    assert isinstance(message, Emit)
    assert message.args == (float("inf"), "\ud83d")


def test_json_of_the_app_is_used() -> None:
    class Json:
        @staticmethod
        def dumps(value: Any, **_: Any) -> str:
            return json.dumps(value, default=str)

    codec = MessageCodec(JsonCodec(dumps=Json.dumps, loads=lambda text: json.loads(text, parse_float=str)))

    _, message = codec.decode(codec.encode(Emit("ev", (Exception("odd"), 1.5), "/"), HOST))

    assert message == Emit("ev", ("odd", "1.5"), "/")


@pytest.mark.parametrize(
    "message",
    [EnterRoom("s1", "/", ("a", 1)), LeaveRoom("s1", "/", None), CloseRoom("/", b"r"), Emit("ev", (), "/", [("a", 1)])],
)
def test_a_room_whose_name_cannot_travel_is_an_error_in_the_caller(message: Message) -> None:
    with pytest.raises(TypeError, match=r"names a room, but not on a message queue"):
        CODEC.encode(message, HOST)


def test_what_is_too_large_is_an_error_in_the_caller() -> None:
    codec = MessageCodec(JsonCodec(), max_size=1_000)

    with pytest.raises(ValueError, match="too large for the message queue, which takes 1000"):
        codec.encode(Emit("ev", ("x" * 1_000,), "/"), HOST)


class Exploding:
    """Fails the test if anybody unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was read",)


HOSTILE: list[tuple[bytes | str, str]] = [
    (b"", "expected JSON"),
    (b"{", "expected JSON"),
    (b"\xff\xfe", "expected JSON"),
    ("[" * 100_000, "expected JSON"),
    ("[]", "expected a JSON object"),
    ("null", "expected a JSON object"),
    ('"method"', "expected a JSON object"),
    (
        pickle.dumps({"method": "emit", "event": Exploding()}),
        "update the process that sends it to python-socketio 5.14",
    ),
    ("{}", "the method None, which is not known"),
    ('{"method": "eval", "code": "1/0"}', "the method 'eval', which is not known"),
    ('{"method": ["emit"]}', "the method list, which is not known"),
    (emit(event=None), "got event None"),
    (emit(event=["ev"]), "got event list"),
    (emit(data="x"), "got data 'x'"),
    (emit(data=None), "got data None"),
    (emit(namespace=7), "got namespace int"),
    (emit(room={"a": 1}), "got room dict"),
    (emit(room=[["a"]]), "got room list"),
    (emit(skip_sid=7), "got skip_sid int"),
    (emit(host_id=7), "got host_id int"),
    (emit(callback="x"), "got a callback of 'x'"),
    (emit(callback=["s1", "/"]), "got a callback of list"),
    (emit(callback=["s1", 1, 1]), "got a callback in int"),
    (emit(callback=["s1", "/", 1], host_id=None), "and a host_id"),
    (emit(binary=True), "the list that binary belongs into"),
    (emit(binary=True, data=[]), "the list that binary belongs into"),
    (emit(binary=True, data=[[{"_placeholder": True, "num": 0}], "no base64!"]), "expected base64"),
    (emit(binary=True, data=[[{"_placeholder": True, "num": 0}], 7]), "expected base64"),
    (emit(binary=True, data=[[{"_placeholder": True, "num": 1}], "AA=="]), "a placeholder with the number"),
    (emit(binary=True, data=[[{"_placeholder": True, "num": -1}], "AA=="]), "a placeholder with the number"),
    (emit(binary=True, data=[[{"_placeholder": True, "num": True}], "AA=="]), "a placeholder with the number"),
    ('{"method": "callback", "sid": "s1", "namespace": "/", "id": 1, "args": []}', "without a host_id"),
    ('{"method": "callback", "host_id": "h", "sid": "s1", "id": 1, "args": {}}', "got args dict"),
    ('{"method": "callback", "host_id": "h", "sid": "s1", "id": null, "args": []}', "with the id None"),
    ('{"method": "disconnect", "sid": 7, "host_id": "h"}', "got sid int"),
    ('{"method": "enter_room", "sid": "s1", "room": [], "host_id": "h"}', "got room list"),
    ('{"method": "leave_room", "sid": "s1", "host_id": "h"}', "got room None"),
    ('{"method": "close_room", "room": {}, "host_id": "h"}', "got room dict"),
]


@pytest.mark.parametrize(("raw", "problem"), HOSTILE, ids=lambda value: str(value)[:40])
def test_anything_else_is_refused_in_one_sentence(raw: bytes | str, problem: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        CODEC.decode(raw if isinstance(raw, bytes) else raw.encode())

    assert problem in str(refused.value)
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


def test_what_is_too_large_is_not_even_parsed() -> None:
    codec = MessageCodec(JsonCodec(loads=lambda text: pytest.fail("parsed")), max_size=1_000)

    with pytest.raises(ProtocolError, match="got 1001 bytes, expected at most 1000"):
        codec.decode(b"x" * 1_001)


def test_fields_that_a_later_version_adds_are_ignored() -> None:
    _, message = CODEC.decode(emit(priority="high").encode())

    assert message == Emit("ev", ("x",), "/")


def test_a_namespace_left_out_is_the_main_one() -> None:
    assert CODEC.decode(b'{"method": "disconnect", "sid": "s1"}') == (None, Disconnect("s1", "/"))


def test_only_binary_emits_have_placeholders_replaced() -> None:
    argument = {"_placeholder": True, "num": 0}

    _, message = CODEC.decode(emit(data=[argument]).encode())

    assert message == Emit("ev", (argument,), "/")


def test_base64_is_the_usual_one() -> None:
    raw = json.loads(CODEC.encode(Emit("ev", (b"\xfb\xff",), "/"), HOST))

    assert raw["data"][1] == base64.b64encode(b"\xfb\xff").decode() == "+/8="
