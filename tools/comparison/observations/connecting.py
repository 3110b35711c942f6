"""How clients come in, and how they are turned away."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Iterator
from typing import Any

from flask_socketio import ConnectionRefusedError, emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import CONNECT_FIRST, ONCE, REFUSAL
from tools.comparison.world import World, request


def connecting(world: World, handler: Callable[..., Any], auth: Any = None) -> None:
    world.on("connect", handler)
    world.client().join(auth=auth)


@observe("without a connect handler everybody may come in")
def no_handler(world: World) -> None:
    world.client().join()


@observe("a connect handler gets the client's auth")
def auth(world: World) -> None:
    connecting(world, lambda auth: world.note("auth", auth), {"token": "secret"})


@observe("without auth it gets None")
def no_auth(world: World) -> None:
    connecting(world, lambda auth: world.note("auth", auth))


@observe("an empty auth is None, too")
def empty_auth(world: World) -> None:
    connecting(world, lambda auth: world.note("auth", auth), {})


@observe("a connect handler may do without auth")
def no_argument(world: World) -> None:
    connecting(world, lambda: world.note("called"), {"token": "secret"})


@observe("a connect handler with a default gets auth")
def default(world: World) -> None:
    connecting(world, lambda auth="none": world.note("auth", auth))


@observe("a decorator that injects an argument may stand around a connect handler without auth")
def injected(world: World) -> None:
    def with_user(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def call(*args: Any) -> Any:
            return handler("user", *args)

        return call

    connecting(world, with_user(lambda user: world.note("user is", user)))


@observe("a decorator that injects an argument may stand around a connect handler with auth")
def injected_with_auth(world: World) -> None:
    def with_user(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def call(*args: Any) -> Any:
            return handler("user", *args)

        return call

    connecting(world, with_user(lambda user, auth: world.note("user is", user, auth)), {"a": 1})


@observe("a connect handler that returns None, True or anything else lets in")
def let_in(world: World) -> None:
    results: Iterator[Any] = iter([None, True, 0, "", "no", []])
    world.on("connect", lambda: next(results))
    for _ in range(6):
        world.client().join()


@observe("a connect handler that returns False turns away")
def false(world: World) -> None:
    connecting(world, lambda: False)


def refusing(world: World, error: BaseException) -> None:
    def connect() -> None:
        raise error

    connecting(world, connect)


@observe("ConnectionRefusedError() turns away")
def refused(world: World) -> None:
    refusing(world, ConnectionRefusedError())


@observe("ConnectionRefusedError(text) says why")
def refused_with_text(world: World) -> None:
    refusing(world, ConnectionRefusedError("not you"))


@observe("ConnectionRefusedError(number) says it as text")
def refused_with_number(world: World) -> None:
    refusing(world, ConnectionRefusedError(403))


@observe("ConnectionRefusedError(text, data) gives the client data")
def refused_with_data(world: World) -> None:
    refusing(world, ConnectionRefusedError("not you", {"code": 1}))


@observe("ConnectionRefusedError(text, a, b) gives the client both")
def refused_with_more(world: World) -> None:
    refusing(world, ConnectionRefusedError("not you", 1, "b"))


@observe("Python's own ConnectionRefusedError turns away")
def refused_by_builtin(world: World) -> None:
    refusing(world, builtins.ConnectionRefusedError("not told"))


@observe("a connect handler that raises something else turns away", differs=REFUSAL)
def raises(world: World) -> None:
    refusing(world, RuntimeError("secret"))


@observe("a TypeError in the body of a connect handler does not call it again", differs=ONCE)
def type_error(world: World) -> None:
    def connect(auth: Any = None) -> None:
        world.note("called with", auth)
        raise TypeError("a bug")

    connecting(world, connect, {"a": 1})


@observe("what a connect handler emits comes behind CONNECT", differs=CONNECT_FIRST)
def emits(world: World) -> None:
    world.on("connect", lambda: emit("hello"))
    world.client().join().take()


@observe("what a connect handler emits before it refuses does not reach the client", differs=CONNECT_FIRST)
def emits_and_refuses(world: World) -> None:
    def connect() -> bool:
        emit("hello")
        return False

    world.on("connect", connect)
    world.client().join().still()


@observe("with always_connect CONNECT comes before the handler runs", always_connect=True)
def always_connect(world: World) -> None:
    world.on("connect", lambda: emit("hello"))
    world.client().join().take()


@observe("with always_connect a refusal is a DISCONNECT", differs=REFUSAL, always_connect=True)
def always_connect_refusal(world: World) -> None:
    world.on("connect", lambda: False)
    world.client().join().take()


@observe("a client that was turned away may try again")
def again(world: World) -> None:
    world.on("connect", lambda auth: auth is not None)
    world.client().join().join(auth={"a": 1})


@observe("a namespace that nobody knows turns away", differs=REFUSAL)
def unknown_namespace(world: World) -> None:
    world.client().join("/unknown")


@observe("namespaces lists more that may be joined", namespaces=["/a", "/b"])
def listed_namespaces(world: World) -> None:
    world.client().join("/a").join("/b")


@observe('namespaces="*" lets everybody in anywhere', namespaces="*")
def any_namespace(world: World) -> None:
    world.client().join("/anything")


@observe("a handler makes its namespace known")
def known_by_handler(world: World) -> None:
    world.on("go", lambda: None, "/known")
    world.client().join("/known")


@observe("the main namespace need not be joined first")
def not_main_first(world: World) -> None:
    world.on("go", lambda: "done", "/known")
    world.client().join("/known").ask("go", namespace="/known")


@observe("each namespace has a sid of its own, which the handler sees")
def sids(world: World) -> None:
    for namespace in ("/", "/other"):
        world.on("connect", lambda: world.note(request.namespace, request.sid), namespace)
    world.client().join().join("/other")
