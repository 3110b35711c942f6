"""Bytes to packets to events, and back.

The law of this folder: no I/O, no clock, no thread, no Flask. Everything here is a function, a value or a small state
machine that is handed bytes and gives back packets (or the other way round), and raises ProtocolError (`errors`) for a
peer that breaks a rule.

From the outside in: `websocket` (frames and messages of RFC 6455) and `deflate` (their compression), `engineio`
(packets of Engine.IO v4 and their form on each transport), `socketio` (packets of Socket.IO v5), and the two codecs
that turn those into Engine.IO messages: `json_codec` (the default, with `json_values` below it) and `msgpack_codec`.
What an app may send, whichever of them writes it, is in `values`.
"""
