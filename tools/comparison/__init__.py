"""How this package behaves beside Flask-SocketIO 5: the same handlers, the same packets, what comes of them.

    python -m tools.comparison            # run both, write docs/differences.md: `make comparison`
    python -m tools.comparison --only rooms

An *observation* (`observations/`) is a function that registers handlers, lets clients act, and notes what it sees. It
is written once and runs, unchanged, on both packages: in this interpreter on the checkout, and in a virtual
environment of its own on the newest Flask-SocketIO 5 (`async_mode="threading"`, `simple-websocket`). Both are served
by Werkzeug's threaded server, which is what `flask run` starts. What was written to the wire, what came back and what
handlers saw makes a transcript; session ids get names in it, so that transcripts can be compared as text.

Where transcripts differ, the observation has to say for which of the purposes in `reasons.py`; a difference nobody
meant fails the run, and so does a purpose that no difference shows any more. The result is kept in `recorded.json`,
against which `tests/test_comparison.py` holds every later run of this package, without upstream.

| file | what it is for |
| --- | --- |
| `observations/` | what is observed, a module for each theme |
| `reasons.py` | why this package differs where it does |
| `catalogue.py` | the list of observations |
| `world.py` | what an observation acts in: an app, a server, clients, the transcript |
| `clients.py`, `wire.py` | clients that speak packets, and the HTTP and WebSocket below them |
| `observe.py` | the program that runs the observations in one interpreter |
| `compare.py` | runs that program in both, and judges the differences |
| `report.py` | the results as a page of the documentation |
"""
