"""Counters begin at nothing."""

from __future__ import annotations

import dataclasses

from flask_socketio.transport.counters import Counters


def test_all_begin_at_zero() -> None:
    assert set(dataclasses.asdict(Counters()).values()) == {0}
