"""`gunicorn -k flask_socketio.gunicorn.Worker module:app`: the server of `socketio.run` as a worker of gunicorn.

gunicorn's master opens the sockets, starts and replaces workers, and ends them; the worker serves HTTP, long polling
and WebSocket on one loop, with Flask's routes on its threads. So one worker is enough for thousands of clients, and
gunicorn's `--threads` and `--worker-connections` mean nothing to it.

A signal to end gracefully (TERM) gives clients' handlers and requests gunicorn's `--graceful-timeout`, less what the
worker needs itself until it is gone: at the end of that time the master kills it, whatever it is about to do. A signal
to end at once (INT, QUIT) gives them a moment. The master's heartbeat comes from the loop, until the very end: a
handler that blocks the loop for longer than `--timeout` costs the worker its life, as a request does that blocks a sync
worker.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.arbiter import Arbiter
from gunicorn.sock import ssl_context
from gunicorn.workers.base import Worker as BaseWorker

from . import installation  # noqa: F401  # checks that the other files are of this release
from .hosts import STOP_TIMEOUT
from .hosts.asgi_host import AsgiHost
from .hosts.native import NativeServer
from .hosts.trusted_proxies import TrustedProxies
from .hosts.wsgi import warn_of_many_processes
from .mounts import find_socketios, servers_of

#: Seconds of `--graceful-timeout` that are the worker's own: to close connections, to write the file of recovery, to
#: end threads. Of a short one it is half.
_OWN_TIME = 3.0


class Worker(BaseWorker):  # type: ignore[misc]  # gunicorn has no types
    """The worker class."""

    def init_signals(self) -> None:
        """Leave the signals to the server, which sets its own handlers while it runs."""
        for signum in self.SIGNALS:
            signal.signal(signum, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, self.handle_exit)
        signal.signal(signal.SIGINT, self.handle_quit)
        signal.signal(signal.SIGQUIT, self.handle_quit)
        signal.signal(signal.SIGABRT, self.handle_abort)
        signal.signal(signal.SIGUSR1, self.handle_usr1)
        signal.siginterrupt(signal.SIGUSR1, False)

    def handle_quit(self, signum: int, frame: FrameType | None) -> None:
        """End at once."""
        self.cfg.worker_int(self)
        self.alive = False
        self._server.stop_timeout = STOP_TIMEOUT
        self._server.should_exit = True

    def run(self) -> None:
        """Serve until the master, or the number of requests served, says that it is enough."""
        found = list(find_socketios(self.wsgi))
        if not found:
            self.log.error("%s", _what_instead(self.wsgi))
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        server, *others = servers_of(found)
        if self.cfg.workers > 1:
            for each in (server, *others):
                each.engine.one_of_many = True
            if self.age == 1:
                warn_of_many_processes(server)
        self._server = NativeServer(
            server,
            self.wsgi,
            others=others,
            part_of_app=True,
            ssl_context=ssl_context(self.cfg) if self.cfg.is_ssl else None,
            access_log=self._share_logs(),
            stop_timeout=max(self.cfg.graceful_timeout - _OWN_TIME, self.cfg.graceful_timeout / 2),
            trusted_proxies=self._trusted_proxies(),
            backlog=self.cfg.backlog,
            limit_max_requests=self.max_requests if self.cfg.max_requests else None,
            beat=self._beat,
        )
        for socketio in found:
            socketio.native_server = self._server
        # Sockets of our own: the loop closes what it is given, and gunicorn's wrappers would close it once more.
        self._server.run(sockets=[listener.dup() for listener in self.sockets])

    def _trusted_proxies(self) -> TrustedProxies:
        cfg = self.cfg
        prefix = os.environ.get("SCRIPT_NAME", "")
        return TrustedProxies(cfg.forwarded_allow_ips, cfg.secure_scheme_headers, cfg.forwarder_headers, prefix)

    def _beat(self) -> None:
        self.notify()
        if not self.alive or self.ppid != os.getppid():  # the reloader has seen a change, or the master is gone
            self._server.should_exit = True

    def _share_logs(self) -> bool:
        """Let requests be logged where gunicorn logs them; whether it does."""
        log = logging.getLogger("uvicorn.access")
        log.handlers = self.log.access_log.handlers
        log.setLevel(logging.INFO)
        log.propagate = False
        return bool(self.cfg.accesslog)


def _what_instead(app: Any) -> str:
    """What to write where no SocketIO is found in what is to be served."""
    problem = f"{Worker.__qualname__} serves Flask apps with a SocketIO, and finds none in {app!r}. "
    if isinstance(app, AsgiHost):
        return problem + "That is for ASGI servers: name the Flask app, or use uvicorn or -k asgi"
    if isinstance(app, Flask):
        return problem + "Add socketio = SocketIO(app), or let -k gthread serve it"
    return problem + "Name the Flask app itself, gunicorn ... module:app, or let -k gthread serve what is around it"
