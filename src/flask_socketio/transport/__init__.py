"""Engine.IO on asyncio: how packets reach one client and come from it.

`engine.py` has all connections and decides who may open one; `connection.py` is one of them: its state, its outbox,
its transport; `polling.py` and `websocket.py` are the two transports. Nothing here knows of events, rooms or Flask.
"""
