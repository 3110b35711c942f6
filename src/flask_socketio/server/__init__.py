"""The Socket.IO server: clients in namespaces, their events, and who runs the handlers.

`server.py` joins what lies below (engine, hub, codec) and is what Flask's face talks to. `client.py` is one
connection, `socket.py` one client in one namespace, `mailbox.py` the order of its events, `handlers.py` who handles
them, `jobs.py` what one handler call is and what becomes of its result, `threads/` the only place with threads,
`tasks.py` the same for coroutines. Nothing here knows Flask.
"""
