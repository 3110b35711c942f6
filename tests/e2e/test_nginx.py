"""Behind a real nginx that runs with the documented configuration: over Unix domain sockets and ports, with TLS."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificate import CERTIFICATE
from tests.e2e.clients import PATIENCE, Client, Node
from tests.e2e.conftest import any_transport
from tests.e2e.hosting import WORKERS
from tests.e2e.programs import Program
from tests.e2e.proxying import flask_run, granian, gunicorn, gunicorn_asgi, hypercorn, native, uvicorn
from tests.hosts.sites import HANDSHAKE, Answer, Poller
from tests.hosts_table import on_each
from tests.nginx import Nginx, documented
from tests.redis_server import RedisServer

CONFIGURATION, PREFIX, SEVERAL = documented()

#: What anybody may send.
FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=6.6.6.6;host=evil.example;proto=http",
    "X-Real-IP": "6.6.6.6",
}


def _gunicorn(arguments: tuple[str, ...]) -> Callable[[Path], Program]:
    return lambda socket: gunicorn(*arguments, bind=f"unix:{socket}", fix=True)


#: Servers that believe nginx, on a Unix domain socket.
ON_SOCKETS: dict[str, Callable[[Path], Program]] = {
    **{name: _gunicorn(arguments) for name, arguments in WORKERS.items()},
    "gunicorn -k asgi": lambda socket: gunicorn_asgi(True, f"unix:{socket}"),
    "flask run": lambda socket: flask_run(True, f"unix://{socket}"),
    "hypercorn": lambda socket: hypercorn(True, f"unix:{socket}"),
}
#: The same on ports of their own.
ON_PORTS: dict[str, Callable[[], Program]] = {
    "socketio.run(app)": lambda: native(True),
    "flask socketio run": lambda: flask_run(True, command=("socketio", "run")),
    "uvicorn": lambda: uvicorn(True),
    "granian": lambda: granian(True),
}
SERVERS = [
    *(pytest.param(name, marks=[pytest.mark.host(name), pytest.mark.shows("Unix socket")]) for name in ON_SOCKETS),
    *on_each(ON_PORTS),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name, as those of sockets have to be."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module", params=SERVERS)
def upstream(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Where a server listens, in nginx's words."""
    socket = folder / "chat.sock"
    on_socket = request.param in ON_SOCKETS
    server = ON_SOCKETS[request.param](socket) if on_socket else ON_PORTS[request.param]()
    server.start()
    yield f"unix:{socket}" if on_socket else server.url.removeprefix("http://")
    server.stop()


@pytest.fixture(scope="module")
def nginx(upstream: str, folder: Path) -> Iterator[Nginx]:
    with_prefix = CONFIGURATION.replace("    location / {", f"{PREFIX}\n    location / {{")
    nginx = Nginx(folder, with_prefix, {"unix:/run/chat.sock": upstream})
    yield nginx
    nginx.stop()


class Visitor:
    """A browser's place in the world.

    Args:
        url: where it goes.
        address: where it comes from.
    """

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        self._host = url.removeprefix("https://")
        self._address = address
        self._trust = ssl.create_default_context(cafile=str(CERTIFICATE))

    def ask(self, target: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        connection = http.client.HTTPSConnection(
            self._host, timeout=PATIENCE, context=self._trust, source_address=(self._address, 0)
        )
        try:
            connection.request(method, target, body or None, {key.replace("_", "-"): headers[key] for key in headers})
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), response.headers)
        finally:
            connection.close()


@pytest.fixture
def connect(node: Node, nginx: Nginx, transports: list[str]) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def connect(**options: Any) -> Client:
        options = {"transports": transports, "reconnection": False, "ca": CERTIFICATE.read_text(), **options}
        clients.append(node.connect(nginx.url, "/", None, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.forget()


def facts(nginx: Nginx, address: str = "127.0.0.1", prefix: str = "") -> dict[str, str]:
    host = nginx.url.removeprefix("https://")
    url = f"{nginx.url}{prefix}/facts"
    return {"address": address, "scheme": "https", "host": host, "root": prefix, "url": url}


@pytest.mark.shows("behind nginx")
@pytest.mark.parametrize("prefix", ["", "/shop"])
def test_everybody_sees_who_asks_nginx_and_how(nginx: Nginx, connect: Callable[..., Client], prefix: str) -> None:
    visitor = Visitor(nginx.url, "127.0.0.9")
    assert json.loads(visitor.ask(f"{prefix}/facts", **FORGED).body) == facts(nginx, "127.0.0.9", prefix)
    poller = Poller(visitor, prefix + HANDSHAKE, **FORGED)
    assert poller.ask("facts") == facts(nginx, "127.0.0.9", prefix)
    poller.leave()
    client = connect(path=f"{prefix}/socket.io", extraHeaders={**FORGED, "Origin": nginx.url}).expect_connect()
    assert client.ask("facts") == [facts(nginx, prefix=prefix)]
    client.wait_for_transport()
    assert client.ask("facts") == [facts(nginx, prefix=prefix)]
    assert visitor.ask(f"{prefix}/news/today", "POST").body == "emitted"
    client.expect_event("news", "today")


def test_pages_of_others_may_not_connect(nginx: Nginx, connect: Callable[..., Client], transports: list[str]) -> None:
    kind = "websocket" if transports == ["websocket"] else "xhr poll"
    for origin in ("https://evil.example", "http://evil.example", nginx.url.replace("https", "http")):
        connect(extraHeaders={**FORGED, "Origin": origin}).expect("connect_error", f"{kind} error")


@any_transport
def test_without_proxyfix_nothing_is_believed(node: Node, folder: Path, transports: list[str]) -> None:
    server = native()
    server.start()
    nginx = Nginx(folder, CONFIGURATION, {"unix:/run/chat.sock": server.url.removeprefix("http://")})
    options = {"transports": transports, "reconnection": False, "ca": CERTIFICATE.read_text()}
    try:
        client = node.connect(nginx.url, "/", None, **options, extraHeaders={"Origin": nginx.url}).expect_connect()
        client.wait_for_transport()  # its page has come over TLS from this host
        host = nginx.url.removeprefix("https://")
        assert client.ask("facts") == [
            {"address": "127.0.0.1", "scheme": "http", "host": host, "root": "", "url": f"http://{host}/facts"}
        ]
        client.forget()
        forged = {**FORGED, "Origin": "https://evil.example"}
        node.connect(nginx.url, "/", None, **options, extraHeaders=forged).expect("connect_error", "xhr poll error")
    finally:
        nginx.stop()
        server.stop()


def test_several_servers_and_a_message_queue(folder: Path) -> None:
    """Clients of different networks come to different servers, each always to the same one."""
    redis = RedisServer(folder)
    queue = json.dumps({"message_queue": redis.url})
    servers = [native(SOCKETIO_OPTIONS=queue) for _ in range(2)]
    for server in servers:
        server.start()
    redis.wait_for_listeners("flask-socketio", 2)
    example = re.search(r"^upstream .*?^}\n", CONFIGURATION, re.DOTALL | re.MULTILINE)
    assert example is not None
    addresses = [server.url.removeprefix("http://") for server in servers]
    nginx = Nginx(
        folder,
        CONFIGURATION.replace(example[0], SEVERAL),
        {"127.0.0.1:8001": addresses[0], "127.0.0.1:8002": addresses[1]},
    )
    try:
        visitors = [Visitor(nginx.url, f"127.0.{network}.1") for network in range(8)]
        clients = [Poller(visitor) for visitor in visitors]
        assert len({client.ask("process") for client in clients}) == 2
        visitors[0].ask("/news/today", "POST")
        for client in clients:
            assert client.receive("42") == '["news","today"]'
    finally:
        nginx.stop()
        for server in servers:
            server.stop()
        redis.stop()
