"""Flask-SQLAlchemy: each event has a session of its own, whose connection goes back to the pool whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import QueuePool

from flask_socketio import ConnectionRefusedError, SocketIO, emit
from tests.memory import running

#: Seconds that an event waits for a connection of the pool before it fails.
PATIENCE = 20


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Room(Base):
    __tablename__ = "room"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    messages: Mapped[list[Message]] = relationship()


class Message(Base):
    __tablename__ = "message"
    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    text: Mapped[str]


class Provider(DefaultJSONProvider):
    """Writes rooms with their messages, which are loaded only then."""

    @staticmethod
    def default(value: Any) -> Any:
        if isinstance(value, Room):
            return {"name": value.name, "messages": [message.text for message in value.messages]}
        return DefaultJSONProvider.default(value)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An app with a pool of one connection, and a room with one message."""
    app = Flask("app")
    app.json = Provider(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": PATIENCE}
    db.init_app(app)
    with app.app_context():
        Base.metadata.create_all(db.engine)
        db.session.add(Room(name="garden", messages=[Message(text="hello")]))
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def socketio(app: Flask) -> SocketIO:
    return SocketIO(app, json=flask.json, overtake_after=60)  # who waits for the one connection keeps its place


def lent(app: Flask) -> int:
    """How many connections have not been given back."""
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def garden() -> Room:
    return db.session.scalars(select(Room)).one()


async def garden_async() -> Room:
    return garden()


def say(text: str) -> Room:
    room = garden()
    room.messages.append(Message(text=text))
    db.session.commit()
    return room


def said(app: Flask) -> list[str]:
    """What has been said since the app was made."""
    with app.app_context():
        _, *rest = garden().messages
        return [message.text for message in rest]


def fail() -> None:
    garden()
    raise LookupError


async def fail_async() -> None:
    fail()


def test_a_session_lasts_one_event(app: Flask, socketio: SocketIO) -> None:
    sessions: list[Any] = []

    @socketio.on("go")
    def go() -> None:
        sessions.append(db.session())
        assert db.session() is sessions[-1]
        db.session.add(Room(name="never committed"))
        db.session.flush()

    client = socketio.test_client(app)
    for _ in range(2):
        client.emit("go")
    assert sessions[0] is not sessions[1]
    assert not sessions[0].new and not sessions[0].in_transaction()
    with app.app_context():
        assert garden().name == "garden"


@pytest.mark.parametrize("handler", [garden, garden_async, fail, fail_async])
def test_a_pool_of_one_connection_is_enough_for_many_events(
    app: Flask, socketio: SocketIO, handler: Callable[[], Any]
) -> None:
    """Of many clients at once. Who waits for a connection gets the one that was given back."""
    socketio.on_event("go", handler)
    with running(socketio) as server:
        clients = [server.joined() for _ in range(10)]
        for number in range(10):
            for client in clients:
                client.emit("go", ack=number)
        for client in clients:
            for number in range(10):
                answer = str(client.next())
                assert answer.startswith(f"43{number}[")
                assert ("garden" in answer) is (handler in (garden, garden_async))
    assert lent(app) == 0


def test_an_error_handler_has_the_session_of_the_event(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("go", fail)

    @socketio.on_error()
    def on_error(error: Exception) -> list[Any]:
        assert db.session().in_transaction()
        db.session.rollback()
        return [type(error).__name__, garden()]

    answer = socketio.test_client(app).emit("go", callback=True)
    assert answer == ["LookupError", {"name": "garden", "messages": ["hello"]}]
    assert lent(app) == 0


@pytest.mark.parametrize("handler", [garden, garden_async])
def test_what_a_handler_returns_may_be_loaded_as_it_is_written(
    app: Flask, socketio: SocketIO, handler: Callable[[], Any]
) -> None:
    """No DetachedInstanceError: the session is still there."""
    socketio.on_event("go", handler)
    assert socketio.test_client(app).emit("go", callback=True) == {"name": "garden", "messages": ["hello"]}
    assert lent(app) == 0


def test_so_may_what_it_emits_and_what_it_has_committed(app: Flask, socketio: SocketIO) -> None:
    @socketio.on("say")
    def handle(text: str) -> Room:
        room = say(text)  # after a commit, everything has to be loaded again
        emit("said", room, broadcast=True)
        return room

    client = socketio.test_client(app)
    expected = {"name": "garden", "messages": ["hello", "you"]}
    assert client.emit("say", "you", callback=True) == expected
    assert client.get_received()[0]["args"] == [expected]


def test_so_may_the_reason_of_a_refusal(app: Flask, socketio: SocketIO) -> None:
    @socketio.on("connect")
    def connect() -> None:
        raise ConnectionRefusedError("full", garden())

    refusal = socketio.test_client(app).refusals["/"]
    assert refusal == {"message": "full", "data": {"name": "garden", "messages": ["hello"]}}
    assert lent(app) == 0


@pytest.mark.parametrize("by_client", [True, False], ids=["by the client", "connection lost"])
def test_a_disconnect_handler_commits(app: Flask, socketio: SocketIO, by_client: bool) -> None:
    socketio.on_event("disconnect", say)
    client = socketio.test_client(app)
    if by_client:
        client.disconnect()
    else:
        client.close()
    assert said(app) == ["client disconnect" if by_client else "transport close"]
    assert lent(app) == 0


def test_a_callback_has_a_session_too(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("go", lambda: emit("question", callback=say))
    with running(socketio) as server:
        client = server.joined()
        client.emit("go")
        assert client.next() == '421["question"]'
        client.send('431["answer"]')
        server.settle()
    assert said(app) == ["answer"]
    assert lent(app) == 0


def test_a_background_task_brings_an_app_context(app: Flask, socketio: SocketIO) -> None:
    def work() -> None:
        with app.app_context():
            socketio.emit("done", garden())

    client = socketio.test_client(app)
    socketio.start_background_task(work).join()
    assert client.wait_for("done")["args"] == [{"name": "garden", "messages": ["hello"]}]
    assert lent(app) == 0
