"""Many processes as one: what they tell each other, and the buses that carry it.

The law of this folder: it knows nothing of connections, handlers or Flask. A `Message` is what one process wants the
others to do for their clients; an `Adapter` brings it there in some format over some `Bus`, and hands over what comes
from them. `server/peers.py` joins this to the clients.
"""
