"""The defaults, which are those of Flask-SocketIO 5 wherever it has the option."""

from __future__ import annotations

import dataclasses

import pytest

from flask_socketio.transport.options import EngineOptions


def test_defaults() -> None:
    options = EngineOptions()
    assert options.path == "/socket.io/"
    assert (options.ping_interval, options.ping_grace, options.ping_timeout) == (25, 0, 20)
    assert options.max_http_buffer_size == 1_000_000
    assert options.transports == ("polling", "websocket") and options.allow_upgrades
    assert options.http_compression and options.compression_threshold == 1024
    assert not options.websocket_compression
    assert options.cookie is None
    assert options.cors_allowed_origins is None and options.cors_credentials


def test_options_of_a_running_engine_cannot_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        EngineOptions().ping_interval = 1  # type: ignore[misc]
