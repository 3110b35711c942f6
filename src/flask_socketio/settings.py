"""The options of `SocketIO`: what users write, turned into what the layers below take."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flask import Flask, has_app_context
from flask import json as flask_json

from . import cookie_values, option_values
from .cluster.adapter import Adapter, ChannelAdapter
from .cluster.messages import MessageCodec
from .cluster.opening import open_bus
from .hosts.environ import build_environ
from .protocol.json_codec import MAX_ATTACHMENTS, JsonCodec
from .protocol.msgpack_codec import MsgpackCodec
from .protocol.socketio import Codec
from .server.handlers import CONNECT, DISCONNECT, Rules
from .server.limits import Rate
from .server.once import FindId, id_finder
from .server.options import RecoveryOptions, ServerOptions
from .transport.http import Request
from .transport.options import SLOW_CLIENTS, TRANSPORTS, AllowedByPart, AllowedOrigins, EngineOptions

#: Options with a name and meaning of their own here, besides the fields of EngineOptions and ServerOptions.
_OWN = {
    "async_mode", "channel", "engineio_logger", "json", "logger", "manage_session", "message_queue",
    "monitor_clients", "resource", "serializer", "max_attachments",
}  # fmt: skip
_ENGINE = {field.name for field in dataclasses.fields(EngineOptions)}
_SERVER = {field.name for field in dataclasses.fields(ServerOptions)}
#: Options of apps for Flask-SocketIO 5 that this version does not have, and what to do: ignored, they would mislead.
_MISSING = {
    "max_decode_packets": "there is no such limit, and it can be deleted",
    "client_manager": "say message_queue='redis://...' instead, and channel= if the manager had one of its own",
    "engineio_options": "Flask-SocketIO 5 ignored it; what is in it can be given to SocketIO() itself",
}
_ASYNC_MODES = (None, "threading", "eventlet", "gevent", "gevent_uwsgi")

logger = logging.getLogger("flask_socketio")


def check_names(options: Mapping[str, Any]) -> None:
    """Raise TypeError for an option that does not exist, naming the nearest that does."""
    known = _OWN | _ENGINE | _SERVER
    for name, value in options.items():
        if name in _MISSING:
            if value is None:
                continue  # nothing is asked for
            raise TypeError(f"SocketIO(): {name}= is not supported by this version: {_MISSING[name]}")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else "Flask-SocketIO 5 ignored it, so it can be deleted"
            raise TypeError(f"SocketIO() has no option {name!r}; {hint}")


def engine_options(options: Mapping[str, Any], app: Flask | None) -> EngineOptions:
    """The options of the engine among those of the user; ValueError for values that make no sense."""
    chosen = {name: value for name, value in options.items() if name in _ENGINE}
    path = options.get("path") or options.get("resource") or "socket.io"
    if not isinstance(path, str):
        raise TypeError(f"path={path!r}: expected text, 'socket.io' say")
    chosen["path"] = "/" + path.strip("/") + "/"
    interval = options.get("ping_interval")
    if isinstance(interval, (tuple, list)):
        if len(interval) != 2:
            raise ValueError(f"ping_interval={interval!r}: expected a number of seconds, or a pair of it and a grace")
        chosen["ping_interval"], chosen["ping_grace"] = interval
    transports = options.get("transports")
    if transports is not None:
        chosen["transports"] = _transports(transports)
    else:
        chosen.pop("transports", None)
    chosen["cookie"] = cookie_values.cookie(options.get("cookie"))
    chosen["cors_allowed_origins"] = _origins(options.get("cors_allowed_origins"))
    slow_clients = options.get("slow_clients", "disconnect")
    if slow_clients not in SLOW_CLIENTS:
        raise ValueError(f"slow_clients={slow_clients!r} is not known; there are {', '.join(map(repr, SLOW_CLIENTS))}")
    return EngineOptions(**option_values.checked(EngineOptions, chosen))


def server_options(options: Mapping[str, Any]) -> ServerOptions:
    """The options of the Socket.IO server among those of the user."""
    chosen = {name: value for name, value in options.items() if name in _SERVER}
    chosen["recovery"] = _recovery(options.get("recovery"))
    chosen["namespaces"] = option_values.namespaces(options.get("namespaces") or "/")
    for name in ("rate_limit", "byte_rate_limit"):
        if chosen.get(name) is not None:
            chosen[name] = Rate.parse(chosen[name])
    return ServerOptions(**option_values.checked(ServerOptions, chosen))


def rules(rate_limit: str | None, once: str | FindId | None) -> Rules | None:
    """What `on(..., rate_limit=, once=)` asks of an event. Raises TypeError or ValueError for what makes no sense."""
    if rate_limit is None and once is None:
        return None
    rate = None if rate_limit is None else Rate.parse(rate_limit)
    return Rules(rate, None if once is None else id_finder(once))


def check_rules(event: str, rules: Rules | None) -> None:
    """Raise ValueError for rules that have no meaning for an event."""
    if rules is not None and event in (CONNECT, DISCONNECT):
        raise ValueError(
            f"{event!r} is no event that clients send, so rate_limit= and once= are not for it; how many may come is "
            "limited by SocketIO(app, max_connections_per_address=...)"
        )


def _recovery(wanted: bool | Mapping[str, Any] | None) -> RecoveryOptions | None:
    if not wanted and not isinstance(wanted, Mapping):
        return None
    if wanted is True:
        return RecoveryOptions()
    if not isinstance(wanted, Mapping):
        raise TypeError(f"recovery={wanted!r}: expected True, False, or a dict of its options")
    known = {field.name for field in dataclasses.fields(RecoveryOptions)}
    for name in wanted:
        if name not in known:
            raise TypeError(f"recovery={{{name!r}: ...}} has no such option; there are {', '.join(sorted(known))}")
    path = wanted.get("path")
    if path is not None and not (isinstance(path, (str, os.PathLike)) and os.fspath(path)):
        raise TypeError(f"recovery={{'path': {path!r}}}: expected the path of a file, or None")
    return RecoveryOptions(**option_values.checked(RecoveryOptions, wanted))


def codec(options: Mapping[str, Any], app: Flask | None) -> Codec:
    """The codec that `serializer` and `json` ask for."""
    serializer = options.get("serializer", "default")
    if serializer == "msgpack":
        return MsgpackCodec()
    if serializer != "default":
        raise ValueError(f"serializer={serializer!r} is not known; there are 'default' (JSON) and 'msgpack'")
    max_attachments = option_values.count("max_attachments", options.get("max_attachments", MAX_ATTACHMENTS))
    return _json_codec(options, app, max_attachments)


def _json_codec(options: Mapping[str, Any], app: Flask | None, max_attachments: int) -> JsonCodec:
    json = options.get("json")
    if json is None:
        return JsonCodec(max_attachments=max_attachments)
    for name in ("dumps", "loads"):
        if not callable(getattr(json, name, None)):
            raise TypeError(f"json={json!r} has no {name}(): expected a module or an object with dumps() and loads()")
    if json is flask_json and app is not None:
        json = AppJson(app)
    compact = {"separators": (",", ":")} if _takes(json.dumps, "separators") else {}
    return JsonCodec(
        max_attachments=max_attachments,
        dumps=lambda data: json.dumps(data, **compact),
        loads=json.loads,
    )


class AppJson:
    """What `json=flask.json` stands for: the provider that the app has by then, in a context of the app.

    Args:
        app: the app.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    def dumps(self, data: Any, **options: Any) -> str:
        """Write."""
        with self._context():
            return self._app.json.dumps(data, **options)

    def loads(self, text: str | bytes) -> Any:
        """Read."""
        with self._context():
            return self._app.json.loads(text)

    def _context(self) -> AbstractContextManager[object]:
        return nullcontext() if has_app_context() else self._app.app_context()


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function has a keyword argument; where nobody can tell, yes."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # something written in C, which tells no signature
        return True
    return name in parameters or any(value.kind is inspect.Parameter.VAR_KEYWORD for value in parameters.values())


def adapter(options: Mapping[str, Any], app: Flask | None) -> Adapter | None:
    """The way to other processes that `message_queue` and `channel` ask for, None without a queue.

    Without an app it is write-only. Raises ValueError for a queue that we do not know how to use, RuntimeError where
    what is needed for it is not installed.
    """
    url = options.get("message_queue")
    if not url:
        return None
    if not isinstance(url, str):
        raise TypeError(f"message_queue={url!r}: expected the URL of a Redis, 'redis://...'")
    bus = open_bus(url, options.get("channel") or "flask-socketio")
    json = _json_codec(options, app, sys.maxsize)  # what clients cannot take has been refused before it gets here
    return ChannelAdapter(bus, MessageCodec(json), write_only=app is None)


def check_async_mode(mode: str | None) -> None:
    """Accept Flask-SocketIO 5's `async_mode`; there is one mode now, with threads and without green ones."""
    if mode not in _ASYNC_MODES:
        raise ValueError(f"Invalid async_mode specified: {mode!r}; leave it out, there is only one mode")
    if mode not in (None, "threading"):
        logger.warning(
            "async_mode=%r is no longer needed and is ignored: drop the option, and the monkey patching with it", mode
        )


def set_up_logging(option: Any) -> None:
    """`logger=True`: show what the server does at level INFO; a logger: hand everything to it as well.

    Raises:
        TypeError: it is neither a logger nor a switch.
    """
    if isinstance(option, logging.Logger):
        forwarded = any(isinstance(handler, _Forward) and handler.to is option for handler in logger.handlers)
        if forwarded or f"{option.name}.".startswith(f"{logger.name}."):
            return  # it gets them already
        logger.addHandler(_Forward(option))
        logger.setLevel(min(option.getEffectiveLevel(), logger.getEffectiveLevel()))
    elif hasattr(option, "info"):  # a logger of another make
        logger.addHandler(_Forward(option))
        logger.setLevel(logging.INFO)
    elif option_values.switch("logger", option):
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        if not logger.hasHandlers():
            logger.addHandler(logging.StreamHandler())


class _Forward(logging.Handler):
    """Hands records to another logger."""

    def __init__(self, to: Any) -> None:
        super().__init__()
        self.to = to

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one record; loggers of another make get its text."""
        if isinstance(self.to, logging.Logger):
            self.to.handle(record)
        else:
            getattr(self.to, record.levelname.lower())(self.format(record))


def _transports(wanted: str | Iterable[str]) -> tuple[str, ...]:
    names = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not names or set(names) - set(TRANSPORTS):
        raise ValueError(f"transports={wanted!r} is not known; there are {', '.join(map(repr, TRANSPORTS))}")
    return names


def _origins(allowed: Any) -> AllowedOrigins | AllowedByPart:
    """Who may connect; a dict says it for each namespace. Those that it does not name, `"*"`, are for our own pages."""
    if not isinstance(allowed, Mapping):
        return _origins_of_one(allowed)
    option_values.namespaces_of_origins(allowed)
    return {"*": None, **{namespace: _origins_of_one(value) for namespace, value in allowed.items()}}


def _origins_of_one(allowed: Any) -> AllowedOrigins:
    """A user's function may take the origin alone, or the environ of the request too."""
    if allowed is None:
        return None
    if not callable(allowed):
        return option_values.origins(allowed)
    function: Callable[..., Any] = allowed
    takes_environ = len(inspect.signature(function).parameters) > 1

    def allows(origin: str, request: Request) -> bool:
        return bool(function(origin, build_environ(request)) if takes_environ else function(origin))

    return allows
