"""How a Flask app and the real-time server meet a socket, one way for each kind of web server.

The law of this folder: beside Flask's face it is the only place that knows Flask, Werkzeug, ASGI or WSGI. A host
turns what its web server has into a `Request` or a connection for `transport/`, serves the app's own routes beside
Socket.IO, and passes a stop on. It decides nothing about events, rooms or protocols, and starts no thread: workers
are handed to it.
"""

#: Seconds that clients, handlers and answers under way have to come to an end when a server is stopped.
STOP_TIMEOUT = 0.8
