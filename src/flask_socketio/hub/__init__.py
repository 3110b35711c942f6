"""Who is where, in memory: members of namespaces and rooms, and who still owes an acknowledgement.

The law of this folder: plain data structures. No I/O, no clock, no thread, no asyncio, no Flask.
The one loop that owns them calls them; nothing here takes a lock.

`namespaces` has the `rooms` of each namespace, which know their members and write to them. Where clients may come back,
these are `recorded_rooms`, with the `history` of what was said. `acks` are the callbacks that wait for an answer.
"""
