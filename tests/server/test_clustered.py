"""Two servers of one process on one bus, as their clients meet them; what is on the bus, where that matters."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, emit, join_room
from flask_socketio import disconnect as disconnect_client
from flask_socketio.cluster.messages import Message, MessageCodec
from flask_socketio.exceptions import TimeoutError
from flask_socketio.protocol.json_codec import JsonCodec
from tests.buses import Channel, put_on
from tests.memory import SOON, Client, Running, running

CODEC = MessageCodec(JsonCodec())


def extension(channel: Channel, app: Flask | None = None, **options: Any) -> SocketIO:
    """An extension on a channel; without an app a write-only one."""
    return put_on(channel, SocketIO(app, message_queue="redis://nowhere.invalid", **options))


@dataclass
class Host:
    """One server of the two."""

    socketio: SocketIO
    running: Running

    def emit(self, *args: Any, **options: Any) -> None:
        self.socketio.emit(*args, **options)


class Cluster:
    """Servers on one channel."""

    def __init__(self, stack: ExitStack) -> None:
        self.channel = Channel()
        self._stack = stack

    def host(self, **options: Any) -> Host:
        """One more server."""
        return self.run(extension(self.channel, Flask("app"), **options))

    def run(self, socketio: SocketIO) -> Host:
        return Host(socketio, self._stack.enter_context(running(socketio)))

    def said(self) -> list[dict[str, Any]]:
        """All that was on the channel."""
        return [json.loads(body) for body in self.channel.said]

    def say(self, message: Message, host: str = "another") -> None:
        """Say something as another process would."""
        self.channel.say(CODEC.encode(message, host))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack)


@pytest.fixture
def here(cluster: Cluster) -> Host:
    return cluster.host()


@pytest.fixture
def there(cluster: Cluster) -> Host:
    return cluster.host()


def nothing_before(host: Host, *clients: Client) -> None:
    """Fails the test if a client of the host gets anything before what is emitted now."""
    host.emit("nothing before")
    for client in clients:
        assert client.event() == ["nothing before"]


# Events ---------------------------------------------------------------------------------------------------------------


def test_an_emit_reaches_the_clients_of_both(here: Host, there: Host) -> None:
    clients = here.running.joined(), there.running.joined()

    here.emit("news", {"a": 1}, "two")
    there.emit("nothing")

    for client in clients:
        events = [client.event(), client.event()]
        assert sorted(events) == [["news", {"a": 1}, "two"], ["nothing"]]


def test_binary_arrives_as_binary(here: Host, there: Host) -> None:
    client = there.running.joined()

    here.emit("picture", {"png": b"\x89PNG", "name": "x"})

    assert client.next() == '451-["picture",{"png":{"_placeholder":true,"num":0},"name":"x"}]'
    assert client.next() == b"\x89PNG"


def test_only_the_room_gets_what_is_for_the_room(here: Host, there: Host) -> None:
    @there.socketio.on("join")
    def join(room: str) -> None:
        join_room(room)
        emit("joined")

    inside, outside = there.running.joined(), there.running.joined()
    inside.emit("join", "r")
    assert inside.event() == ["joined"]

    here.emit("for the room", to="r")
    here.emit("for several", to=["q", "r"])

    assert [inside.event(), inside.event()] == [["for the room"], ["for several"]]
    nothing_before(here, outside)


def test_a_client_of_the_other_is_a_room_too(here: Host, there: Host) -> None:
    client, neighbour = there.running.joined(), there.running.joined()

    here.emit("for you", to=client.sid)

    assert client.event() == ["for you"]
    nothing_before(here, neighbour)


def test_skip_sid_counts_everywhere(here: Host, there: Host) -> None:
    skipped, other = there.running.joined(), there.running.joined()

    here.emit("not for everybody", skip_sid=skipped.sid)

    assert other.event() == ["not for everybody"]
    nothing_before(here, skipped)


def test_include_self_leaves_out_the_sender_alone(here: Host, there: Host) -> None:
    @here.socketio.on("chat")
    def chat(text: str) -> None:
        emit("chat", text, broadcast=True, include_self=False)

    sender, listener = here.running.joined(), there.running.joined()
    sender.emit("chat", "hi")

    assert listener.event() == ["chat", "hi"]
    nothing_before(here, sender)


def test_namespaces_stay_apart(here: Host, there: Host) -> None:
    @there.socketio.on("connect", namespace="/admin")
    def connect() -> None:
        pass

    client = there.running.joined()
    admin = there.running.joined("/admin")

    here.emit("secret", namespace="/admin")

    assert admin.next() == '42/admin,["secret"]'
    nothing_before(here, client)


def test_ignore_queue_stays_at_home(cluster: Cluster, here: Host, there: Host) -> None:
    client, other = here.running.joined(), there.running.joined()

    here.emit("local", ignore_queue=True)

    assert client.event() == ["local"]
    nothing_before(here, other)
    assert [message["event"] for message in cluster.said()] == ["nothing before"]


def test_an_emit_to_one_client_of_ours_is_nobody_elses_business(cluster: Cluster, here: Host) -> None:
    @here.socketio.on("echo")
    def echo(text: str) -> None:
        emit("echo", text)

    client = here.running.joined()
    client.emit("echo", "hi")

    assert client.event() == ["echo", "hi"]
    assert cluster.said() == []


def test_codecs_may_differ_from_server_to_server(cluster: Cluster, here: Host) -> None:
    there = cluster.host(serializer="msgpack")
    client = here.running.joined()

    there.emit("ev", {"b": b"\x00"})

    assert client.next() == '451-["ev",{"b":{"_placeholder":true,"num":0}}]'


def test_a_payload_that_cannot_travel_is_an_error_in_the_caller_and_nobody_gets_it(here: Host) -> None:
    client = here.running.joined()

    with pytest.raises(TypeError):
        here.emit("ev", object())
    with pytest.raises(TypeError, match="names a room, but not on a message queue"):
        here.emit("ev", to=[("a", "tuple")])
    nothing_before(here, client)


def test_what_a_disconnect_handler_emits_at_the_end_reaches_the_others(cluster: Cluster, there: Host) -> None:
    ending = extension(cluster.channel, Flask("app"))

    @ending.on("disconnect")
    def disconnect() -> None:
        emit("gone", broadcast=True)

    client = there.running.joined()
    with running(ending) as server:
        server.joined()

    assert client.event() == ["gone"]


# Answers --------------------------------------------------------------------------------------------------------------


def test_a_callback_gets_the_answer_of_a_client_elsewhere(here: Host, there: Host) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    client = there.running.joined()

    here.emit("question", 1, to=client.sid, callback=lambda *answer: answers.put(answer))
    assert client.next() == '421["question",1]'
    client.send('431["yes",2]')

    assert answers.get(timeout=SOON) == ("yes", 2)


def test_a_callback_gets_the_answer_of_a_client_of_ours(cluster: Cluster, here: Host) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    client = here.running.joined()

    here.emit("question", 1, to=client.sid, callback=answers.put)
    client.next()
    client.send('431["yes"]')

    assert answers.get(timeout=SOON) == "yes"
    assert cluster.said() == []


def test_of_several_answers_from_elsewhere_the_first_counts(here: Host, there: Host) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    clients = there.running.joined(), there.running.joined()

    here.emit("question", to=[client.sid for client in clients], callback=answers.put)
    for client in clients:
        assert client.next() == '421["question"]'
        client.send('431["yes"]')
    assert answers.get(timeout=SOON) == "yes"

    there.running.settle()
    here.running.settle()
    assert answers.empty()


def test_a_callback_needs_to_be_told_whose_answer_is_meant(here: Host) -> None:
    with pytest.raises(ValueError, match="needs to="):
        here.emit("question", callback=print)


def test_callbacks_at_home_need_no_queue(here: Host) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    client = here.running.joined()

    here.emit("question", callback=answers.put, ignore_queue=True)
    client.next()
    client.send('431["yes"]')

    assert answers.get(timeout=SOON) == "yes"


def test_call_asks_a_client_elsewhere(here: Host, there: Host) -> None:
    @here.socketio.on("ask")
    def ask(sid: str) -> Any:
        return here.socketio.call("question", 1, to=sid, timeout=SOON)

    asking, asked = here.running.joined(), there.running.joined()
    asking.emit("ask", asked.sid, ack=7)
    assert asked.next() == '421["question",1]'
    asked.send('431["yes",{"b":2}]')

    assert asking.next() == '437["yes",{"b":2}]'


def test_call_on_the_loop_is_awaited(here: Host, there: Host) -> None:
    @here.socketio.on("ask")
    async def ask(sid: str) -> Any:
        return await here.socketio.call("question", to=sid, timeout=SOON)

    asking, asked = here.running.joined(), there.running.joined()
    asking.emit("ask", asked.sid, ack=7)
    asked.next()
    asked.send('431["yes"]')

    assert asking.next() == '437["yes"]'


def test_call_asks_a_client_of_ours_without_the_queue(cluster: Cluster, here: Host) -> None:
    client = here.running.joined()

    @here.socketio.on("ask")
    def ask() -> None:
        emit("got", here.socketio.call("question", to=client.sid, timeout=SOON))

    client.emit("ask")
    assert client.next() == '421["question"]'
    client.send('431["yes"]')

    assert client.event() == ["got", "yes"]
    assert cluster.said() == []


def test_call_to_a_client_that_nobody_has_times_out(here: Host, there: Host) -> None:
    with pytest.raises(TimeoutError, match="no acknowledgement of 'question'"):
        here.socketio.call("question", to="nobody", timeout=0.01)


# Rooms and clients ----------------------------------------------------------------------------------------------------


def test_a_client_elsewhere_is_put_into_a_room_and_taken_out(here: Host, there: Host) -> None:
    client = there.running.joined()

    here.socketio.running_server.join(client.sid, "/", "r")
    here.emit("inside", to="r")
    assert client.event() == ["inside"]

    here.socketio.running_server.leave(client.sid, "/", "r")
    here.emit("outside", to="r")
    nothing_before(here, client)


def test_a_client_of_ours_is_put_into_a_room_without_the_queue(cluster: Cluster, here: Host) -> None:
    client = here.running.joined()

    here.socketio.running_server.join(client.sid, "/", ("any", "name"))

    assert here.socketio.running_server.rooms(client.sid, "/") == [client.sid, ("any", "name")]
    assert cluster.said() == []


def test_a_room_is_closed_everywhere(here: Host, there: Host) -> None:
    clients = here.running.joined(), there.running.joined()
    for client in clients:
        here.socketio.running_server.join(client.sid, "/", "r")

    here.socketio.close_room("r")
    here.emit("nobody", to="r")

    nothing_before(here, *clients)


def test_a_room_that_cannot_be_closed_everywhere_is_not_closed_here(cluster: Cluster, here: Host) -> None:
    client = here.running.joined()
    here.socketio.running_server.join(client.sid, "/", ("a", "tuple"))

    with pytest.raises(TypeError, match="names a room, but not on a message queue"):
        here.socketio.close_room(("a", "tuple"))
    with pytest.raises(ValueError, match="cannot close a sid room"):
        here.socketio.close_room(client.sid)

    assert here.socketio.running_server.rooms(client.sid, "/") == [client.sid, ("a", "tuple")]
    assert cluster.said() == []


def test_a_client_elsewhere_is_disconnected(here: Host, there: Host) -> None:
    reasons: queue.Queue[str] = queue.Queue()
    there.socketio.on_event("disconnect", reasons.put)
    client = there.running.joined()

    here.socketio.running_server.disconnect(client.sid, "/")

    assert client.next() == "41"
    assert reasons.get(timeout=SOON) == "server disconnect"


def test_a_client_of_ours_is_disconnected_without_the_queue(cluster: Cluster, here: Host) -> None:
    @here.socketio.on("bye")
    def bye() -> None:
        disconnect_client()

    client = here.running.joined()
    client.emit("bye")

    assert client.next() == "41"
    assert cluster.said() == []


# Where no server runs -------------------------------------------------------------------------------------------------


def test_a_script_emits_without_an_app(cluster: Cluster, here: Host) -> None:
    script = extension(cluster.channel)
    client = here.running.joined()

    script.emit("from a script", 1)
    script.send("text")
    script.emit("for you", to=client.sid)

    assert [client.event() for _ in range(3)] == [["from a script", 1], ["message", "text"], ["for you"]]


def test_a_script_closes_rooms_and_disconnects(cluster: Cluster, here: Host) -> None:
    script = extension(cluster.channel)
    client = here.running.joined()

    script.running_server.join(client.sid, "/", "r")
    script.emit("inside", to="r")
    script.close_room("r")
    script.emit("outside", to="r")
    script.running_server.disconnect(client.sid, "/")

    assert [client.next(), client.next()] == ['42["inside"]', "41"]


def test_an_app_that_is_not_served_in_this_process_emits_too(cluster: Cluster, here: Host) -> None:
    worker = extension(cluster.channel, Flask("the same app, in a Celery worker"))
    client = here.running.joined()

    worker.emit("from a task")

    assert client.event() == ["from a task"]


def test_answers_are_refused_there(cluster: Cluster) -> None:
    script = extension(cluster.channel)

    with pytest.raises(RuntimeError, match="callback= and call\\(\\) work where a server runs"):
        script.emit("question", to="r", callback=print)
    with pytest.raises(RuntimeError, match="callback= and call\\(\\) work where a server runs"):
        script.call("question", to="r")
    assert cluster.said() == []


def test_write_only_is_told(cluster: Cluster, here: Host) -> None:
    script = extension(cluster.channel)

    late = SocketIO()
    late.init_app(None, message_queue="redis://nowhere.invalid")

    assert script.server_options["client_manager"].write_only is True
    assert late.server_options["client_manager"].write_only is True
    assert here.socketio.server_options["client_manager"].write_only is False


def test_what_was_write_only_serves_once_it_has_an_app(cluster: Cluster, there: Host) -> None:
    socketio = SocketIO(message_queue="redis://nowhere.invalid")
    socketio.init_app(Flask("app"))
    assert socketio.server_options["client_manager"].write_only is False

    client = cluster.run(put_on(cluster.channel, socketio)).running.joined()
    there.emit("news")

    assert client.event() == ["news"]


def test_no_queue_at_all_may_be_said_with_none() -> None:
    socketio = SocketIO(message_queue=None)

    socketio.emit("to nobody")

    assert socketio.server_options["client_manager"] is None


# What others say ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        '{"method":"emit","event":"connect","data":[null],"namespace":"/","host_id":"h"}',
        '{"method":"close_room","room":"SID","namespace":"/","host_id":"h"}',
        '{"method":"enter_room","sid":"SID","room":"NEIGHBOUR","namespace":"/","host_id":"h"}',
    ],
)
def test_what_cannot_be_done_harms_nobody(
    cluster: Cluster, here: Host, raw: str, caplog: pytest.LogCaptureFixture
) -> None:
    client, neighbour = here.running.joined(), here.running.joined()

    cluster.channel.say(raw.replace("SID", client.sid).replace("NEIGHBOUR", neighbour.sid).encode())

    nothing_before(here, client, neighbour)
    assert ["was ignored" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize(
    "raw",
    [
        '{"method":"enter_room","sid":"nobody","room":"r","namespace":"/","host_id":"h"}',
        '{"method":"leave_room","sid":"nobody","room":"r","namespace":"/","host_id":"h"}',
        '{"method":"disconnect","sid":"nobody","namespace":"/","host_id":"h"}',
        '{"method":"close_room","room":"r","namespace":"/unknown","host_id":"h"}',
        '{"method":"emit","event":"ev","data":[null],"namespace":"/unknown","host_id":"h"}',
        '{"method":"callback","host_id":"OURS","sid":"x","namespace":"/","id":12345,"args":[]}',
        '{"method":"callback","host_id":"OURS","sid":"x","namespace":"/","id":"odd","args":[]}',
    ],
)
def test_what_concerns_no_client_of_ours_is_ignored(
    cluster: Cluster, here: Host, raw: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = here.running.joined()

    cluster.channel.say(raw.replace("OURS", here.socketio.server_options["client_manager"].host).encode())

    nothing_before(here, client)
    assert caplog.records == []
