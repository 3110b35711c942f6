"""Fault runs: what happens to real clients of a real server when connections are cut, servers die and others attack.

`make faults` runs all of them, one after the other, prints a table and writes docs/faults.md; of a part of them
(`make faults FAULTS="--only restart kill"`) it puts what comes of it into that page. `make soak` is apart, since it
takes its time.

- `plan.py`: all runs, and with how much of everything.
- `app.py`: the server, a process of its own. It emits numbered events to rooms, and echoes.
- `server.py`: starts, stops and looks at that process.
- `device.py`: a client that does what the official one does when its connection breaks, and notes what it got.
- `delivery.py`: connections that are cut, and servers that are restarted: who gets what.
- `network.py`: a network that delays, reorders and loses packets.
- `cuts.py`: connections that end in the middle of a handshake, and peers that fall silent.
- `stalled.py`: clients that do not read what is sent to all.
- `attackers.py`: clients that mean harm, a process of their own.
- `honest.py`: how others fare beside them.
- `soak.py`: hours of coming and going in minutes; what is left at the end.
- `report.py`: the table, and the page.
"""
