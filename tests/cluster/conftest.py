"""A Redis for the tests of this folder."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis_server import SOON, RedisServer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    server = RedisServer(tmp_path)
    yield server
    server.stop()


class Log(logging.Handler):
    """What is logged, to be waited for. A line is its level and its text."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put(f"{record.levelname} {record.getMessage()}")

    def next(self) -> str:
        """The next line, whenever it comes."""
        return self._lines.get(timeout=SOON)

    @property
    def empty(self) -> bool:
        """Whether every line has been taken."""
        return self._lines.empty()


@pytest.fixture
def log() -> Iterator[Log]:
    """The log of the package, from INFO on."""
    logger, handler = logging.getLogger("flask_socketio"), Log()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)
