"""Connection state recovery: a client whose connection breaks comes back as if the cable had been pulled for a moment.

It gets its old sid, its rooms, its session and the events that it missed, as Socket.IO 4.6 defined it: CONNECT tells
the client a secret `pid`, each event ends with an offset, and a client that returns sends both. Whatever cannot be
recovered completely is not recovered at all: the client gets a new sid, and knows.

- `base.py`: what a server asks of whoever remembers its clients; where it is not asked for, nobody does.
- `memory.py`: remembers them in the memory of this process.
- `sessions.py`: who is away, and who of them is given up first.
- `file.py`: carries that memory from one process to the next.

What was said in a namespace, and for whom, is in `hub/history.py` and `hub/recorded_rooms.py`.
"""
