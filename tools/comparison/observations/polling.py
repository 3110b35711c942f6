"""HTTP: handshakes, long polling, and what is refused."""

from __future__ import annotations

from werkzeug.middleware.proxy_fix import ProxyFix

from flask_socketio import emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ENGINE, LEAVING, MILLISECONDS, PROXIES, REFUSAL
from tools.comparison.world import World

PATH = "/socket.io/?EIO=4&transport=polling"
ORIGIN, CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"


@observe("a client may do everything by polling")
def everything(world: World) -> None:
    world.on("go", lambda value: emit("ev", value))
    client = world.poller().post("40").poll()
    client.post('42["go",1]').poll()


@observe("a POST may hold several packets")
def several(world: World) -> None:
    world.on("go", lambda value: world.note("go", value))
    client = world.poller().post("40").poll()
    client.post('42["go",1]\x1e42["go",1]')
    world.until(2)


@observe("bytes travel in base64")
def binary(world: World) -> None:
    world.on("go", lambda data: data + b"\x03")
    client = world.poller().post("40").poll()
    client.post('451-1["go",{"_placeholder":true,"num":0}]\x1ebAQI=').poll()


@observe("a client that ends its connection by polling", differs=LEAVING)
def leaves(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    client = world.poller().post("40").poll()
    client.post("1")
    world.until(1)


@observe("the handshake tells what a client has to know")
def handshake(world: World) -> None:
    world.note(sorted({**world.client().open, "sid": "..."}.items()))


@observe("a polling client may go over to WebSocket")
def upgrades(world: World) -> None:
    world.note(world.poller().open["upgrades"])


@observe("unless allow_upgrades is False", allow_upgrades=False)
def no_upgrades(world: World) -> None:
    world.note(world.poller().open["upgrades"])


@observe("ping_interval and ping_timeout in whole seconds", ping_interval=5, ping_timeout=3)
def heartbeat(world: World) -> None:
    opened = world.client().open
    world.note(opened["pingInterval"], opened["pingTimeout"])


@observe("ping_interval in parts of a second", differs=MILLISECONDS, ping_interval=0.3, ping_timeout=0.25)
def fine_heartbeat(world: World) -> None:
    opened = world.client().open
    world.note(opened["pingInterval"], opened["pingTimeout"])


@observe("ping_interval with a grace", ping_interval=(5, 2))
def grace(world: World) -> None:
    world.note(world.client().open["pingInterval"])


@observe("heartbeats come at their interval, and are answered", ping_interval=0.1, ping_timeout=5)
def beats(world: World) -> None:
    world.client().take().send("3").take().send("3").take()


@observe("max_http_buffer_size is told to clients", max_http_buffer_size=500)
def max_payload(world: World) -> None:
    world.note(world.client().open["maxPayload"])


@observe("a handshake without EIO is refused", differs=ENGINE)
def no_version(world: World) -> None:
    world.http("GET", "/socket.io/?transport=polling")


@observe("a handshake of another version of Engine.IO is refused", differs=ENGINE)
def old_version(world: World) -> None:
    world.http("GET", "/socket.io/?EIO=3&transport=polling")


@observe("a handshake without a transport is refused", differs=ENGINE)
def no_transport(world: World) -> None:
    world.http("GET", "/socket.io/?EIO=4")


@observe("an unknown transport is refused", differs=ENGINE)
def unknown_transport(world: World) -> None:
    world.http("GET", "/socket.io/?EIO=4&transport=pigeon")


@observe("an unknown session is refused", differs=ENGINE)
def unknown_session(world: World) -> None:
    world.http("GET", f"{PATH}&sid=nobody")
    world.http("POST", f"{PATH}&sid=nobody", b"40")


@observe("a POST is answered ok", differs=ENGINE)
def answer_to_post(world: World) -> None:
    sid = world.poller().open["sid"]
    world.http("POST", f"{PATH}&sid={sid}", b"40")


@observe("a handshake by POST is refused", differs=ENGINE)
def post_handshake(world: World) -> None:
    world.http("POST", PATH, b"40")


@observe("other methods are refused", differs=ENGINE)
def other_methods(world: World) -> None:
    for method in ("PUT", "DELETE", "HEAD"):
        world.http(method, PATH)


@observe("a POST that is no payload ends the session", differs=ENGINE)
def broken_payload(world: World) -> None:
    world.poller().post("40").poll().post("nonsense").poll()


@observe("a POST that is no UTF-8 ends the session", differs=ENGINE)
def broken_text(world: World) -> None:
    world.poller().post("40").poll().post(b"4\xff").poll()


@observe("a POST larger than max_http_buffer_size is refused", differs=ENGINE, max_http_buffer_size=100)
def too_large(world: World) -> None:
    world.poller().post("4" + "x" * 200)


@observe("a message larger than max_http_buffer_size ends a WebSocket", max_http_buffer_size=100)
def too_large_message(world: World) -> None:
    world.joined().send('42["go","' + "x" * 200 + '"]').take()


@observe("a POST may have more than 16 packets", differs=ENGINE)
def many_packets(world: World) -> None:
    world.on("go", lambda: world.note("go"))
    world.poller().post("40").poll().post("\x1e".join(['42["go"]'] * 17))
    world.until(17)


@observe("an empty POST", differs=ENGINE)
def empty_post(world: World) -> None:
    world.poller().post("40").poll().post("")


@observe("CORS: a page of the server's own origin may connect")
def own_origin(world: World) -> None:
    headers = {"Origin": f"http://127.0.0.1:{world.port}"}
    answer = world.client(headers=headers)
    world.note(sorted(answer.open))


@observe("CORS: a page of another origin may not", differs=ENGINE)
def other_origin(world: World) -> None:
    world.http("GET", PATH, headers={"Origin": "http://evil.example"}, shown=[ORIGIN])


@observe("CORS: unless it is listed", cors_allowed_origins=["http://good.example"])
def listed_origin(world: World) -> None:
    world.http("GET", PATH, headers={"Origin": "http://good.example"}, shown=[ORIGIN, CREDENTIALS])


@observe('CORS: or everybody is let in by "*"', cors_allowed_origins="*")
def any_origin(world: World) -> None:
    world.http("GET", PATH, headers={"Origin": "http://any.example"}, shown=[ORIGIN])


@observe("CORS: an empty list checks nothing", cors_allowed_origins=[])
def no_origins(world: World) -> None:
    world.http("GET", PATH, headers={"Origin": "http://any.example"}, shown=[ORIGIN])


@observe("CORS: a function decides", cors_allowed_origins=lambda origin: origin.endswith(".example"))
def origin_function(world: World) -> None:
    world.http("GET", PATH, headers={"Origin": "http://any.example"}, shown=[ORIGIN])


@observe("CORS: without credentials", cors_allowed_origins="*", cors_credentials=False)
def no_credentials(world: World) -> None:
    world.http("GET", PATH, headers={"Origin": "http://any.example"}, shown=[ORIGIN, CREDENTIALS])


@observe("CORS: a browser's question beforehand is answered without a body", differs=ENGINE, cors_allowed_origins="*")
def preflight(world: World) -> None:
    world.http("OPTIONS", PATH, headers={"Origin": "http://any.example"}, shown=[ORIGIN, CREDENTIALS])


@observe("CORS: what a proxy says counts where a middleware says so", differs=PROXIES)
def forwarded(world: World) -> None:
    headers = {"Origin": "https://app.example", "X-Forwarded-Host": "app.example", "X-Forwarded-Proto": "https"}
    world.http("GET", PATH, headers=headers, shown=[ORIGIN])
    world.app.wsgi_app = ProxyFix(world.app.wsgi_app, x_host=1)  # type: ignore[method-assign]
    world.http("GET", PATH, headers=headers, shown=[ORIGIN])


def cookie(world: World) -> None:
    world.http("GET", PATH, shown=["Set-Cookie"])


@observe("no cookie is set unless asked for")
def no_cookie(world: World) -> None:
    cookie(world)


@observe("cookie=name", cookie="io")
def named_cookie(world: World) -> None:
    cookie(world)


COOKIE = {"name": "io", "path": "/x", "HttpOnly": True, "Max-Age": "60", "SameSite": lambda: "Strict"}


@observe("cookie={...}", cookie=COOKIE)
def detailed_cookie(world: World) -> None:
    cookie(world)


@observe("answers to polls are compressed, from a size on", compression_threshold=50)
def compressed(world: World) -> None:
    world.http("GET", PATH, headers={"Accept-Encoding": "gzip, deflate"}, shown=["Content-Encoding"])
    world.http("GET", PATH, headers={"Accept-Encoding": "deflate"}, shown=["Content-Encoding"])


@observe("unless http_compression is False", compression_threshold=50, http_compression=False)
def not_compressed(world: World) -> None:
    world.http("GET", PATH, headers={"Accept-Encoding": "gzip"}, shown=["Content-Encoding"])


@observe("transports=['websocket'] refuses polling", differs=ENGINE, transports=["websocket"])
def websocket_only(world: World) -> None:
    world.http("GET", PATH)
    world.joined()


@observe("path is where clients connect", path="elsewhere")
def path(world: World) -> None:
    world.http("GET", "/elsewhere/?EIO=4&transport=polling")


@observe("other paths are the app's")
def other_paths(world: World) -> None:
    world.app.add_url_rule("/", "index", lambda: "home")
    world.http("GET", "/")
    world.http("GET", "/socket.iox/")


@observe("a refusal in the connect handler comes by polling, too")
def refused(world: World) -> None:
    world.on("connect", lambda: False)
    world.poller().post("40").poll()


@observe("an unknown namespace comes by polling, too", differs=REFUSAL)
def unknown_namespace(world: World) -> None:
    world.poller().post("40/unknown,").poll()
