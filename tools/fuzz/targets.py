"""What is fuzzed: each target takes bytes, and raises only where something is wrong."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.cluster.messages import Emit, MessageCodec
from flask_socketio.hosts.environ import build_environ, request_from_environ
from flask_socketio.protocol import engineio
from flask_socketio.protocol.deflate import Inflater, negotiate
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.json_codec import JsonCodec
from flask_socketio.protocol.msgpack_codec import MsgpackCodec
from flask_socketio.protocol.socketio import Codec, Packet
from flask_socketio.protocol.websocket import (
    MessageReader,
    check_reserved_bits,
    check_upgrade,
    close_reply,
    cut_reason,
    upgrade_answer,
)
from flask_socketio.server.limits import Bucket, Rate
from flask_socketio.server.recovery.file import SavedEntry, SavedNamespace, SavedSession, State
from flask_socketio.transport.engine import Engine
from flask_socketio.transport.http import Request
from flask_socketio.transport.options import EngineOptions
from flask_socketio.transport.refusal import Refused
from tools.fuzz.paper import PaperTransport, Still, Told

#: Between two parts of an input that has several.
CUT = b"\x00\xff"

#: Bytes of the largest message.
LARGEST = 2_000

_loop = asyncio.new_event_loop()
_path = Path(tempfile.mkdtemp()) / "recovery"
_app = Flask("fuzz")
_app.secret_key = "fuzz"
_recovery = SocketIO(_app, recovery={"path": str(_path)}).running_server._recovery


class Target(NamedTuple):
    """What is run with each input, and the inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: list[bytes]


# protocol -------------------------------------------------------------------------------------------------------------


def payload(data: bytes) -> None:
    """The body of a POST, and the two things a JSONP client sends."""
    with suppress(ProtocolError):
        for packet in engineio.decode_payload(data):
            assert packet[:1] if isinstance(packet, str) else isinstance(packet, bytes)
    with suppress(ProtocolError):
        engineio.jsonp_body(data)
    with suppress(ProtocolError):
        engineio.jsonp_answer(data.decode("latin-1"), b"4x")


def _packets(codec: Codec, data: bytes) -> None:
    """Decode messages as long as they are good; what came out of it can be written, and means the same."""
    decoder = codec.decoder()
    with suppress(ProtocolError):
        for piece in data.split(CUT):
            packet = decoder.binary(piece[1:]) if piece[:1] == b"b" else decoder.text(piece.decode("utf-8", "replace"))
            if packet is not None:
                _written(codec, packet)


def _written(codec: Codec, packet: Packet) -> None:
    try:
        written = codec.encode(packet.type, packet.namespace, packet.data or msgspec.UNSET, packet.id)
    except (TypeError, ValueError):  # JSON takes more than it gives: a lone surrogate, a depth that no stack bears
        return
    decoder, again = codec.decoder(), None
    if written.text is not None:
        again = decoder.text(written.text.decode())
    for attachment in written.attachments:
        again = decoder.binary(attachment)
    assert again is not None
    assert (again.type, again.namespace, again.id) == (packet.type, packet.namespace, packet.id)


def json_codec(data: bytes) -> None:
    """Socket.IO packets in JSON."""
    _packets(JsonCodec(), data)


def msgpack_codec(data: bytes) -> None:
    """Socket.IO packets in msgpack."""
    _packets(MsgpackCodec(), b"b" + data.replace(CUT, CUT + b"b"))


def messages(data: bytes) -> None:
    """Frames that make messages: first byte, then the payload."""
    reader = MessageReader(max_size=LARGEST, inflater=Inflater)
    with suppress(ProtocolError):
        for piece in data.split(CUT):
            first = piece[0] if piece else 0
            opcode, compressed = first & 0xF, bool(first & 0x40)
            check_reserved_bits(opcode, compressed, bool(first & 0x30), compression=True)
            if opcode == 8:
                assert 1000 <= close_reply(piece[1:]) < 5000
            elif opcode < 3:
                message = reader.receive(opcode, bool(first & 0x80), piece[1:], compressed)
                assert message is None or len(message) <= LARGEST
    assert len(cut_reason(data.decode("utf-8", "replace"))) <= 123


def handshake(data: bytes) -> None:
    """The headers of a WebSocket handshake: Upgrade, Connection, version, key, extensions."""
    values = [piece.decode("latin-1") for piece in data.split(CUT)]
    names = ("upgrade", "connection", "sec-websocket-version", "sec-websocket-key", "sec-websocket-extensions")
    headers = dict(zip(names, values, strict=False))
    agreed = negotiate(headers.get("sec-websocket-extensions"), 1000)
    with suppress(ProtocolError):
        key = check_upgrade("GET", headers.get)
        answer = upgrade_answer(key, [agreed.header] if agreed else [])
        assert answer.count(b"\r\n\r\n") == 1
    with suppress(ValueError):
        answer = upgrade_answer("", [("Set-Cookie", values[0])])
        assert answer.count(b"\r\n") == 6


# transport, hosts -----------------------------------------------------------------------------------------------------


def stream(data: bytes) -> None:
    """The bytes of a whole WebSocket connection."""

    async def read() -> None:
        told, transport = Told(), PaperTransport()
        transport.open(told, LARGEST)
        transport.read(data)
        await asyncio.sleep(0)
        transport.end()
        assert told.ends == 1

    _loop.run_until_complete(read())


def request(data: bytes) -> None:
    """The head of a request: method, path, query, headers; by WSGI and back, as a poll and as a WebSocket."""
    pieces = [*data.split(CUT), b"", b"", b""]
    method, path = pieces[0].decode("latin-1") or "GET", pieces[1].decode("utf-8", "replace")
    headers = []
    for piece in pieces[3:]:
        name, _, value = piece.partition(b":")
        headers.append((name.lower(), value))
    made = Request(method, path, pieces[2], headers, "http", ("192.0.2.1", 1), ("localhost", 80))
    engine = Engine(Told(), EngineOptions(cookie="io"))
    engine.generate_id = lambda: "sid"
    engine.start(Still())
    for each in (made, request_from_environ(build_environ(made))):
        _loop.run_until_complete(_answer(engine, each, pieces[-1]))
        with suppress(Refused):
            transport = engine.accept_websocket(each)
            engine.websocket_headers(transport)


async def _answer(engine: Engine, asked: Request, body: bytes) -> None:
    async def read_body(limit: int) -> bytes:
        return body[:limit]

    answering = asyncio.ensure_future(engine.respond(asked, read_body))
    for _ in range(3):
        await asyncio.sleep(0)
    if answering.done():
        answering.result().to_bytes()
    else:  # a poll that waits
        answering.cancel()
        await asyncio.wait([answering])


# server, cluster ------------------------------------------------------------------------------------------------------


def bus(data: bytes) -> None:
    """A message of another process."""
    codec = MessageCodec(JsonCodec(), max_size=LARGEST)
    with suppress(ProtocolError):
        _, message = codec.decode(data)
        with suppress(ValueError, TypeError):  # one that is too large, or has a lone surrogate in it
            again = codec.encode(message, "host")
            assert not isinstance(message, Emit) or codec.decode(again)[1].event == message.event  # type: ignore[union-attr]


def recovery_file(data: bytes) -> None:
    """What the process before this one has left."""
    _path.write_bytes(data)
    _path.chmod(0o600)
    _recovery.namespaces.clear()
    _recovery.start(Still())
    _recovery.stop()


def rate(data: bytes) -> None:
    """A limit as users write it."""
    with suppress(ValueError):
        parsed = Rate.parse(data.decode("utf-8", "replace"))
        bucket = Bucket(parsed, lambda: 0.0)
        assert bucket.take(1) == 0.0
        assert bucket.take(2**40) >= 0.0


# All of them ----------------------------------------------------------------------------------------------------------


def _parts(*parts: bytes) -> bytes:
    return CUT.join(parts)


_STATE = State(
    "epoch",
    9,
    [SavedNamespace("/", (2, 60.0), [SavedEntry(3, 1.0, b'42["n"]', (b"b",), ("x", ("y", 1)), ("s",))])],
    [SavedSession("pid", "sid", "/", "192.0.2.1", 45.0, 1.0, 3, [("x", 4)], left=[], floor=0, face="[null,null]")],
)
_KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
_FRAME = b"\x81\x83\x00\x00\x00\x00abc"

TARGETS = {
    "payload": Target(payload, [b'42["a"]\x1ebAAEC\x1e3', b"d=4a%0A&j=1"]),
    "json": Target(
        json_codec,
        [
            b'40/a,{"t":1}',
            b'42/a,12["e",{"x":[1.5,null,"\xc3\xa9"]}]',
            b'431["y"]',
            _parts(b'452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"bxy", b"bz"),
        ],
    ),
    "msgpack": Target(
        msgpack_codec,
        [
            msgspec.msgpack.encode({"type": 2, "data": ["e", b"x", {"k": 1}], "nsp": "/", "id": 3}),
            msgspec.msgpack.encode({"type": 2, "data": ["e", msgspec.msgpack.Ext(0, bytes(8))], "nsp": "/"}),
        ],
    ),
    "messages": Target(
        messages,
        [_parts(b"\x01ab", b"\x00\xc3", b"\x80\xa9"), _parts(b"\xc1\xf2H\xcd\xc9\xc9\x07\x00", b"\x88\x03\xe8bye")],
    ),
    "handshake": Target(
        handshake,
        [_parts(b"websocket", b"keep-alive, Upgrade", b"13", _KEY, b"permessage-deflate; client_max_window_bits")],
    ),
    "stream": Target(
        stream, [_FRAME * 2, b"\x01\x81\x00\x00\x00\x00a\x89\x80\x00\x00\x00\x00\x80\x81\x00\x00\x00\x00b"]
    ),
    "request": Target(
        request,
        [
            _parts(
                b"GET", b"/socket.io/", b"EIO=4&transport=polling", b"host:localhost", b"accept-encoding:gzip;q=0.5"
            ),
            _parts(b"POST", b"/socket.io/", b"EIO=4&transport=polling&sid=sid&j=0", b"origin:http://x", b'd=42["a"]'),
            _parts(
                b"GET",
                b"/socket.io/",
                b"EIO=4&transport=websocket",
                b"upgrade:websocket",
                b"connection:upgrade",
                b"sec-websocket-version:13",
                b"sec-websocket-key:" + _KEY,
            ),
        ],
    ),
    "bus": Target(
        bus,
        [
            b'{"method":"emit","event":"e","data":[1],"namespace":"/","room":["a"],"skip_sid":null,"callback":null,"host_id":"h"}',
            b'{"method":"emit","event":"e","binary":true,"data":[[{"_placeholder":true,"num":0}],"AAEC"],"host_id":"h"}',
            b'{"method":"callback","host_id":"h","sid":"s","namespace":"/","id":1,"args":[1]}',
            b'{"method":"enter_room","sid":"s","room":"r"}',
        ],
    ),
    "recovery": Target(recovery_file, [msgspec.msgpack.encode(_STATE)]),
    "rate": Target(rate, [b"20/second", b"100 per minute", b"5/10 seconds"]),
}
