"""What picows is shown of the world."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from flask_socketio.transport.picows_facade import PicowsFacade


class FakeTransport(asyncio.Transport):
    """A transport on one end of a Unix socket pair that keeps what is written."""

    def __init__(self) -> None:
        self.socket, self.other_end = socket.socketpair()
        super().__init__({"socket": self.socket, "peername": "peer", "ssl_object": "TLS"})
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(data)

    def close(self) -> None:
        pytest.fail("picows has closed the transport")


@pytest.fixture
def transport() -> Any:
    fake = FakeTransport()
    yield fake
    fake.socket.close()
    fake.other_end.close()


def ignore(error: BaseException | None) -> None:
    pass


def test_socket_is_the_real_one_but_takes_every_option(transport: FakeTransport) -> None:
    shown = PicowsFacade(transport, ignore).get_extra_info("socket")
    assert shown.fileno() == transport.socket.fileno()
    shown.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert shown.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0


def test_transport_tells_only_what_matters_and_is_written_to_directly(transport: FakeTransport) -> None:
    surroundings = PicowsFacade(transport, ignore)
    assert surroundings.get_extra_info("ssl_object") == "TLS"
    assert surroundings.get_extra_info("peername") is None
    assert surroundings.write == transport.write
    assert surroundings.get_write_buffer_size == transport.get_write_buffer_size


def test_lines_are_copied_before_their_buffer_is_used_again(transport: FakeTransport) -> None:
    header = bytearray(b"\x82\x01")
    PicowsFacade(transport, ignore).writelines([memoryview(header), b"a"])
    header[:] = b"\xff\xff"
    assert transport.written == [b"\x82\x01a"]


def test_picows_cannot_close_the_transport(transport: FakeTransport) -> None:
    PicowsFacade(transport, ignore).close()


def test_log_passes_on_what_goes_wrong_and_nothing_else(transport: FakeTransport) -> None:
    errors: list[BaseException | None] = []
    log = PicowsFacade(transport, errors.append)
    assert not log.isEnabledFor(50)
    log.info("New connection accepted: %s", "peer")
    log.debug("Ignore attempt to send")
    mistakes = [ValueError("one"), ValueError("two")]
    for report, mistake in zip([log.error, log.exception], mistakes, strict=True):
        try:
            raise mistake
        except ValueError:
            report("Unhandled: %s", "something")
    assert errors == mistakes
