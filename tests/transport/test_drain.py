"""The end of a connection whose peer still talks."""

from __future__ import annotations

import asyncio

from flask_socketio.transport.drain import Drain


class Previous(asyncio.Protocol):
    lost: list[Exception | None]

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = [exc]


def test_everything_goes_to_one_place_that_does_not_grow() -> None:
    drain, another = Drain(Previous()), Drain(Previous())
    room = drain.get_buffer(-1)
    drain.buffer_updated(len(room))
    assert another.get_buffer(-1) is drain.get_buffer(-1) is room


def test_connection_closes_when_the_peer_has_closed() -> None:
    assert not Drain(Previous()).eof_received()


def test_previous_protocol_learns_that_the_connection_is_lost() -> None:
    previous, error = Previous(), ConnectionResetError()
    Drain(previous).connection_lost(error)
    assert previous.lost == [error]
