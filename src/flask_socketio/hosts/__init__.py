"""How a Flask app and the real-time server meet a socket, one way for each kind of web server.

The law of this folder: beside Flask's face it is the only place that knows Flask, Werkzeug, ASGI or WSGI. A host
turns what its web server has into a `Request` or a connection for `transport/`, serves the app's own routes beside
Socket.IO, and passes a stop on. It decides nothing about events, rooms or protocols, and starts no thread: workers
are handed to it.

- The native host: `native` is uvicorn with a protocol of ours (`uvicorn_protocol`), which hears of a stop in time
  (`uvicorn_stop`), renews its `certificates`, cuts off who is too slow (`transfer_pace`) and, as a worker of gunicorn,
  believes its `trusted_proxies`.
- Servers of others: `asgi_host` is the app for those that speak ASGI, with `asgi`, `asgi_link` and `asgi_types`. `wsgi`
  is the middleware for those that speak WSGI; `adoption` takes connections over from their threads, also those with TLS
  (`tls_transport`).
- Flask's own routes where there is a loop: `wsgi_bridge`, with `wsgi_call` on the other side of it, `uploads` for what
  comes from the client, and a `waiting_line` for when all threads are taken.
- For every host: what `middlewares` make of a handshake, the `environ` of a request, the `client_files` for browsers,
  `green_threads` that are refused, and whether there are `sibling_processes`.
"""

#: Seconds that clients, handlers and answers under way have to come to an end when a server is stopped.
STOP_TIMEOUT = 0.8
