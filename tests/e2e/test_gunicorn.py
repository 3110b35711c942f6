"""Workers of gunicorn, ours among them: how they end, how many there are, and what they end besides."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import TRANSPORTS, Connect
from tests.e2e.hosting import OUR_WORKER, WORKERS, flask, gunicorn, opens_a_websocket, stop_and_tell
from tests.e2e.programs import SOON, Program
from tests.e2e.reloading import Source, comes_back
from tests.hosts_table import on_each

Serve = Callable[[Program], Connect]


@pytest.fixture
def transports() -> list[str]:
    """Each test says what its clients use."""
    return TRANSPORTS["websocket"]


@pytest.fixture(params=on_each(WORKERS))
def worker(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return WORKERS[request.param]


@pytest.mark.shows("told of the stop")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_told_to_clients_and_handlers(serve: Serve, worker: tuple[str, ...], how: signal.Signals) -> None:
    connect = serve(gunicorn(*worker))
    clients = [connect(transports=transports) for transports in TRANSPORTS.values()]
    stop_and_tell(connect.server, clients, how)


@pytest.mark.shows("told of the stop")
@pytest.mark.parametrize("command", on_each(["flask run", "flask socketio run"]))
def test_flasks_commands_tell_of_their_end(serve: Serve, command: str) -> None:
    connect = serve(flask(*command.split()[1:]))
    clients = [connect(transports=transports) for transports in TRANSPORTS.values()]
    stop_and_tell(connect.server, clients, signal.SIGINT)


def test_a_client_that_polls_no_more_holds_up_no_stop(serve: Serve, worker: tuple[str, ...], tmp_path: Path) -> None:
    recovery = tmp_path / "recovery"
    server = serve(gunicorn(*worker, recovery={"path": str(recovery)})).server
    assert server.ask("/socket.io/?EIO=4&transport=polling", Connection="close").status == 200
    began = time.monotonic()
    server.send_signal(signal.SIGTERM)
    assert server.wait() == 0
    assert time.monotonic() - began < SOON
    assert recovery.exists()


def test_a_stop_may_take_longer_than_the_master_waits_for_a_sign_of_life(serve: Serve) -> None:
    our_worker = WORKERS[OUR_WORKER]
    server = serve(gunicorn(*our_worker, "--timeout", "2", "--preload", "--max-requests", "1")).server
    with closing(server.open_connection()) as connection:
        connection.request("GET", "/slow/4")
        server.expect("slow", "has begun")
        assert server.ask("/").status == 200  # the last one that the worker serves
        assert connection.getresponse().read() == b"at last"


def test_live_clients_do_not_look_like_a_worker_that_hangs(serve: Serve, worker: tuple[str, ...]) -> None:
    # Loaded by the master: on a busy machine the imports alone may take a worker longer than it has.
    connect = serve(gunicorn(*worker, "--timeout", "2", "--preload", ping_interval=0.2))
    clients = [connect(transports=transports) for transports in TRANSPORTS.values()]
    process = connect.server.ask("/").body
    clients[0].wait_for_heartbeats(15)  # 3 s
    for client in clients:
        assert client.ask("echo", 1) == [1]
    assert connect.server.ask("/").body == process


def test_clients_of_a_worker_that_has_served_enough_go_to_the_next(serve: Serve, worker: tuple[str, ...]) -> None:
    connect = serve(gunicorn(*worker, "--max-requests", "10"))
    client = connect(reconnection=True, reconnectionDelay=10, reconnectionDelayMax=50)
    process = connect.server.ask("/").body
    for _ in range(9):
        with suppress(ConnectionError):  # a worker that has served its last may close what it has just accepted
            connect.server.ask("/")
    client.expect_disconnect("transport close")
    client.expect_reconnect()
    assert client.ask("echo", 1) == [1]
    assert connect.server.ask("/").body != process


@pytest.mark.shows("reloader")
def test_clients_come_back_to_a_worker_that_is_reloaded(serve: Serve, worker: tuple[str, ...], tmp_path: Path) -> None:
    source = Source(tmp_path)
    reload = ("--reload", "--reload-engine", "poll", "--chdir", str(tmp_path))
    connect = serve(gunicorn(*worker, *reload, app="app:app"))
    comes_back(connect(reconnection=True, reconnectionDelay=10, reconnectionDelayMax=100), source)


def test_the_app_may_be_loaded_before_the_fork(serve: Serve, worker: tuple[str, ...]) -> None:
    connect = serve(gunicorn(*worker, "--preload"))
    for transports in TRANSPORTS.values():
        client = connect(transports=transports)
        client.wait_for_transport()
        assert client.ask("echo", 1) == [1]
    connect.server.send_signal(signal.SIGHUP)  # the app stays, the worker is replaced
    for client in connect.clients:
        client.expect_disconnect("transport close")
    assert connect(transports=TRANSPORTS["upgrade"]).ask("echo", 2) == [2]


def test_500_clients_on_4_threads(serve: Serve) -> None:
    connect = serve(gunicorn(*WORKERS["gunicorn -k gthread"]))
    clients = [connect.attempt() for _ in range(500)]
    for client in clients:
        client.expect_connect()
    assert connect.server.ask("/").status == 200
    assert connect.server.ask("/news/today", "POST").status == 200
    for client in clients:
        client.expect_event("news", "today")
    assert clients[-1].ask("echo", 1) == [1]


@pytest.mark.shows("Unix socket")
def test_a_unix_domain_socket(tmp_path: Path, worker: tuple[str, ...]) -> None:
    path = tmp_path / "gunicorn.sock"
    server = gunicorn(*worker, bind=f"unix:{path}")
    server.start()
    try:
        opens_a_websocket(path)
    finally:
        server.stop()


def test_our_worker_says_what_it_cannot_serve() -> None:
    server = gunicorn(*WORKERS[OUR_WORKER], app="http.client:error")
    server.start()
    server.expect_line("serves Flask apps with a SocketIO")
    assert server.wait() == 3


def test_several_workers_are_warned_of(serve: Serve, worker: tuple[str, ...]) -> None:
    connect = serve(gunicorn(*worker, "-w", "2"))
    client = connect.attempt(transports=["polling"], query={"sid": "elsewhere"})
    client.expect("connect_error", "xhr poll error")
    connect.server.expect_line("several worker processes", "another process has it")
    answer = connect.server.ask("/socket.io/?EIO=4&transport=polling&sid=elsewhere")
    assert answer.status == 400
    assert "run one worker" in json.loads(answer.body)["message"]


def test_one_worker_is_not_warned_of(serve: Serve, worker: tuple[str, ...]) -> None:
    connect = serve(gunicorn(*worker))
    answer = connect.server.ask("/socket.io/?EIO=4&transport=polling&sid=elsewhere")
    assert json.loads(answer.body) == {"code": 1, "message": "Session ID unknown"}
    connect.server.expect_line("another process has it")
    assert not any("several worker processes" in line for line in connect.server.output)
