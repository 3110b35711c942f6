"""call(): a question that nobody waits for any longer is forgotten, and costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO
from tests.memory import SOON, Running, running


def owed(server: Running, sid: str) -> list[Any]:
    """What waits for an acknowledgement of a client; it is forgotten with that."""

    def clear() -> list[Any]:
        socket = server.server.socket(sid, "/")
        assert socket is not None
        return socket.pending_acks.clear()

    found: list[Any] = server.on_loop(clear)
    return found


def test_after_a_timeout_in_a_thread() -> None:
    socketio = SocketIO(Flask("app"))
    with running(socketio) as server:
        client = server.joined()
        with pytest.raises(TimeoutError):
            socketio.call("ask", to=client.sid, timeout=0.01)
        assert client.next() == '421["ask"]'
        assert owed(server, client.sid) == []


def test_of_a_client_that_owes_too_many_answers(caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(Flask("app"), max_pending_acks=1)
    failed: list[BaseException] = []

    def ask(sid: str) -> None:
        try:
            socketio.call("ask", to=sid)
        except TimeoutError as error:
            failed.append(error)

    with running(socketio) as server:
        client = server.joined()
        task = socketio.start_background_task(ask, client.sid)
        assert client.next() == '421["ask"]'
        socketio.emit("more", to=client.sid, callback=print)
        assert client.next() == '422["more"]'
        task.join(SOON)
        socketio.emit("more", to=client.sid, callback=print)
        assert client.next() == '423["more"]'
    assert str(failed[0]) == "no acknowledgement of 'ask': the client owes too many answers (max_pending_acks)"
    assert caplog.messages == [f"client {client.sid} owes too many answers (max_pending_acks)"]


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
def test_after_a_coroutine_has_given_up(how: str) -> None:
    socketio = SocketIO(Flask("app"))
    ends: list[str] = []

    @socketio.on("go")
    async def go(sid: str) -> None:
        question = asyncio.ensure_future(socketio.call("ask", to=sid, timeout=0.01 if how == "timeout" else SOON))
        if how == "cancelled":
            for _ in range(3):  # it has begun to wait by then
                await asyncio.sleep(0)
            question.cancel()
        try:
            await question
        except (TimeoutError, asyncio.CancelledError) as error:
            ends.append(type(error).__name__)

    with running(socketio) as server:
        client = server.joined()
        client.emit("go", client.sid, ack=1)
        assert [client.next(), client.next()] == ['421["ask"]', "431[]"]
        assert ends == ["TimeoutError" if how == "timeout" else "CancelledError"]
        assert owed(server, client.sid) == []
