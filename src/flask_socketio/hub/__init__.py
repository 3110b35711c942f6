"""Who is where, in memory: members of namespaces and rooms, and who still owes an acknowledgement.

The law of this folder: plain data structures. No I/O, no clock, no thread, no asyncio, no Flask.
The one loop that owns them calls them; nothing here takes a lock.
"""
