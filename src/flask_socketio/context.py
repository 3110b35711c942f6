"""Flask's context for handlers: `request`, `session`, `g` and `current_app`, without the cost of an HTTP request.

`app.request_context(environ).push()` parses a URL, decodes a session and builds half a dozen objects: some 150 us, for
every event, most of it for nothing. Here the two context variables of Flask are set to one light object instead, and
everything on it is made when it is first looked at:

- what belongs to the *connection* (environ, headers, cookies, the copied session) is made once, in `Handshake`;
- what belongs to one *event* (`request` with its `sid`, `namespace` and `event`; `g`) is made anew for each, in
  `EventContext`, because two namespaces, acknowledgements and overtaken handlers run at the same time.

Teardown functions run as they do after a request; `before_request` and `after_request` do not, since there is none
(the same as in Flask-SocketIO 5). This is the only module that touches Flask's private context variables.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Token
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import flask
from flask import Flask, Request
from flask.ctx import AppContext, RequestContext
from flask.globals import _cv_app, _cv_request
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionMixin
from flask.signals import appcontext_popped, appcontext_pushed, appcontext_tearing_down, request_tearing_down

from .hosts.environ import build_environ
from .server.handlers import CONNECT

if TYPE_CHECKING:
    from werkzeug.datastructures import ImmutableMultiDict, MultiDict
    from werkzeug.routing import MapAdapter

    from .server.jobs import Job
    from .server.socket import ClientForSocket, Socket
    from .transport.http import Request as HandshakeRequest


_TAGGED = TaggedJSONSerializer()


class Extension(Protocol):
    """What is asked of the extension whose handlers these are."""

    #: Whether each connection has its own copy of the session.
    manage_session: bool

    def error_handler(self, namespace: str) -> Callable[[Exception], Any] | None:
        """Who handles the exceptions of a namespace."""


class ManagedSession(dict[str, Any], SessionMixin):
    """A connection's own copy of the session: its handlers share it, HTTP requests do not see what they change."""

    accessed = True
    modified = False


class Kept(NamedTuple):
    """What a client finds again when it comes back: the connection's session, and its own dict of a namespace."""

    session: ManagedSession | None
    own: dict[str, Any] | None


class Handshake:
    """What handlers see of the HTTP request that opened a connection; made on demand and kept for the connection.

    Args:
        app: the Flask app.
        head: the request.
        managed: whether the connection has its own copy of the session.

    Attributes:
        app: the Flask app.
        request: Flask's request for the handshake.
    """

    def __init__(self, app: Flask, head: HandshakeRequest, *, managed: bool) -> None:
        environ = build_environ(head)
        environ["flask.app"] = app
        if managed:
            environ["saved_session"] = None  # a key that came later would end the loops of others over the environ
        self._sessions: dict[str, ManagedSession] = {}
        self.app = app
        #: Called, in any thread, with what a handler of this connection raised and nobody took.
        self.on_failure: Callable[[BaseException], object] | None = None
        #: A dict of the app's own for each namespace; nothing to do with Flask's session.
        self.sessions: dict[str, dict[str, Any]] = {}
        self.request: Request = app.request_class(environ)
        self.request.json_module = app.json
        environ.pop("werkzeug.request", None)  # a cycle, which nothing but the garbage collector would undo

    @property
    def environ(self) -> dict[str, Any]:
        """The WSGI environ of the handshake."""
        environ: dict[str, Any] = self.request.environ
        return environ

    def open_session(self) -> SessionMixin:
        """The session as Flask's session interface opens it from the handshake's cookies."""
        interface = self.app.session_interface
        session = interface.open_session(self.app, self.request)
        return interface.make_null_session(self.app) if session is None else session

    def managed_session(self) -> ManagedSession:
        """The connection's copy of the session."""
        saved: ManagedSession | None = self.environ.get("saved_session")
        return self.save_session(ManagedSession(self.open_session())) if saved is None else saved

    def save_session(self, session: ManagedSession) -> ManagedSession:
        """Keep a session as the connection's, unless it has one; its own. Two namespaces may come here at once."""
        saved = self.environ["saved_session"] = self._sessions.setdefault("", session)
        return saved


class EventRequest(Request):
    """What `request` is during an event: the handshake's, of the app's request class, with the event's own parts."""

    _job: Job
    _handshake: Handshake

    @property
    def sid(self) -> str:
        """The client's session id in this namespace."""
        return self._job.socket.sid

    @property
    def namespace(self) -> str:
        """The namespace the event came in."""
        return self._job.socket.namespace

    @property
    def recovered(self) -> bool:
        """Whether the client was here before, has lost its connection, and has got back all it had (`recovery=`)."""
        return self._job.socket.recovered

    @property
    def event(self) -> dict[str, Any]:
        """`{"message": name, "args": (...)}`; for `connect` the arguments are the environ and the client's auth."""
        job = self._job
        args = (self._handshake.environ, *job.args) if job.message == CONNECT else job.args
        return {"message": job.message, "args": args}

    @property
    def args(self) -> MultiDict[str, str]:
        """The query of the handshake, parsed once for the connection."""
        return self._handshake.request.args

    @property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies of the handshake, parsed once for the connection."""
        return self._handshake.request.cookies


#: Flask's own `request`, under a type that knows what it has in handlers: `sid`, `namespace` and `event`.
request: EventRequest = cast(EventRequest, flask.request)


class EventContext(RequestContext):
    """The app context and the request context of one event, in one object.

    Attributes:
        app: the Flask app.
        job: the call that this is the context of.
        socketio: the extension it came through.
    """

    # Flask's own __init__ would make everything at once. What it sets up and handlers may ask for are properties here.
    def __init__(self, surroundings: FlaskSurroundings, job: Job) -> None:
        self.app = surroundings.app
        self.job = job
        self.socketio = surroundings.socketio
        self._surroundings = surroundings
        context: Any = self
        self._tokens: list[tuple[Token[AppContext], Token[RequestContext]]] = [
            (_cv_app.set(context), _cv_request.set(self))
        ]
        if appcontext_pushed.receivers:
            appcontext_pushed.send(self.app)

    # Until somebody asks for one of them. On the class, since most events do not.
    flashes = None
    _request: Request | None = None
    _session: SessionMixin | None = None
    _g: Any = None
    _url_adapter: MapAdapter | None = None

    @property
    def socket(self) -> Socket:
        """The client in the namespace that the event came from."""
        socket: Any = self.job.socket
        return socket  # type: ignore[no-any-return]  # to a job it is a Caller, which is less

    #: The client's session id in this namespace, and the name of the namespace.
    sid: property = property(attrgetter("job.socket.sid"))
    namespace: property = property(attrgetter("job.socket.namespace"))

    @property
    def _after_request_functions(self) -> list[Any]:  # type: ignore[override]
        return []  # `after_this_request` has nothing to come after

    @property
    def handshake(self) -> Handshake:
        """What belongs to the connection."""
        return self._surroundings.handshake(self.socket.client)

    @property
    def request(self) -> Request:  # type: ignore[override]  # an attribute in Flask, which everybody only reads
        """The handshake's request, with the event's `sid`, `namespace` and `event`."""
        if self._request is None:
            self._request = self._surroundings.make_request(self.handshake, self.job)
        return self._request

    @property
    def session(self) -> SessionMixin:
        """The connection's own copy of the session, or with `manage_session=False` the one of Flask."""
        if self._session is None:
            managed = self.socketio.manage_session
            self._session = self.handshake.managed_session() if managed else self.handshake.open_session()
        return self._session

    @property
    def g(self) -> Any:
        """A namespace for this event."""
        if self._g is None:
            self._g = self.app.app_ctx_globals_class()
        return self._g

    @property
    def url_adapter(self) -> MapAdapter | None:  # type: ignore[override]
        """What `url_for` builds with."""
        if self._url_adapter is None:
            self._url_adapter = self.app.create_url_adapter(self.handshake.request)
        return self._url_adapter

    def copy(self) -> RequestContext:
        """An ordinary request context with this request, for `copy_current_request_context`."""
        return RequestContext(self.app, self.request.environ, request=self.request, session=self.session)

    def leave(self, error: BaseException | None) -> None:
        """The call is over: save the session, run the teardown functions, and pop the context, whatever of it fails."""
        app = self.app
        try:
            if self._session is not None or app.teardown_request_funcs or request_tearing_down.receivers:
                self._end_request(error)
        finally:
            try:
                if app.teardown_appcontext_funcs or appcontext_tearing_down.receivers:
                    app.do_teardown_appcontext(error)
            finally:
                self.pop()
                if appcontext_popped.receivers:
                    appcontext_popped.send(app)

    def _end_request(self, error: BaseException | None) -> None:
        app, session = self.app, self._session
        try:
            if session is not None and session.modified and not self.socketio.manage_session:
                app.session_interface.save_session(app, session, app.response_class())
        finally:
            app.do_teardown_request(error)

    def push(self) -> None:
        """Make this the current context once more, as `stream_with_context` does."""
        context: Any = self
        self._tokens.append((_cv_app.set(context), _cv_request.set(self)))

    def pop(self, exc: BaseException | None = None) -> None:
        """Make the context that was before the last push the current one again."""
        app_token, request_token = self._tokens.pop()
        _cv_request.reset(request_token)
        _cv_app.reset(app_token)


class FlaskSurroundings:
    """Puts handlers into Flask's context; see `server.jobs.Surroundings`.

    Args:
        app: the Flask app.
        socketio: the extension, which knows the error handlers and `manage_session`.
    """

    def __init__(self, app: Flask, socketio: Extension) -> None:
        self.app = app
        self.socketio = socketio
        self._request_class: type[Any] = type("EventRequest", (EventRequest, app.request_class), {})

    def of(self, app: Flask) -> FlaskSurroundings:
        """The surroundings of another app with the same extension."""
        return self if app is self.app else FlaskSurroundings(app, self.socketio)

    def enter(self, job: Job) -> EventContext:
        """The context of one call, already pushed."""
        return EventContext(self, job)

    def error_handler(self, job: Job) -> Callable[[Exception], Any] | None:
        """The namespace's error handler, else the default one."""
        return self.socketio.error_handler(job.socket.namespace)

    def failed(self, job: Job, error: BaseException) -> None:
        """Tell whoever watches the connection, as a test client does."""
        socket: Any = job.socket  # more than a Caller: a Socket
        handshake = self.handshake(socket.client)
        if handshake.on_failure is not None:
            handshake.on_failure(error)

    def keep(self, client: ClientForSocket, namespace: str) -> Kept:
        """See `server.jobs.Surroundings`: the session of the connection, and the app's own dict of the namespace."""
        handshake: Handshake | None = client.face.get("handshake")
        if handshake is None:
            return Kept(None, None)
        return Kept(handshake.environ.get("saved_session"), handshake.sessions.get(namespace))

    def restore(self, client: ClientForSocket, namespace: str, kept: Kept) -> None:
        """See `server.jobs.Surroundings`."""
        handshake = self.handshake(client)
        if kept.session is not None:
            handshake.save_session(kept.session)
        if kept.own is not None:
            handshake.sessions[namespace] = kept.own

    def freeze(self, kept: Kept) -> str:
        """See `server.jobs.Surroundings`; as Flask writes sessions into cookies."""
        return _TAGGED.dumps([kept.session and dict(kept.session), kept.own])

    def thaw(self, frozen: str) -> Kept:
        """See `server.jobs.Surroundings`."""
        session, own = _TAGGED.loads(frozen)
        return Kept(None if session is None else ManagedSession(session), own)

    def handshake(self, client: ClientForSocket) -> Handshake:
        """What belongs to a connection."""
        handshake: Handshake
        try:
            handshake = client.face["handshake"]
        except KeyError:  # two namespaces may come here at once: one is kept, for both
            made = Handshake(self.app, client.connection.request, managed=self.socketio.manage_session)
            handshake = client.face.setdefault("handshake", made)
        return handshake

    def make_request(self, handshake: Handshake, job: Job) -> Request:
        """A request object for one event, which shares all it can with the handshake's."""
        request: Any = object.__new__(self._request_class)
        request.__dict__.update(handshake.request.__dict__)
        request._handshake = handshake
        request._job = job
        made: Request = request
        return made


def current_event() -> EventContext | None:
    """The context of the event that is being handled, None outside a handler."""
    context = _cv_request.get(None)
    return context if isinstance(context, EventContext) else None
