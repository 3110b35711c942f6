"""Many processes as one: what they tell each other, and the buses that carry it.

The law of this folder: it knows nothing of connections, handlers or Flask. A message (`messages`) is what one process
wants the others to do for their clients. An `adapter` brings it there in some format over some `bus`, and hands over
what comes from them; `server/clustered.py` joins this to the clients. The one bus there is is `redis`; `opening` finds
it by its URL, and `outbox` holds what it cannot send yet.
"""
