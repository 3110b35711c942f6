"""The app of tests/apps/hosting.py under Python's own WSGI server: one thread, no sockets in the environ."""

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

from tests.apps.hosting import app

with make_server("127.0.0.1", 0, app) as server:
    sys.stderr.write(f"Serving on http://127.0.0.1:{server.server_port}\n")
    server.serve_forever()
