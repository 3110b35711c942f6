"""The Socket.IO server: clients in namespaces, their events, and who runs the handlers. Nothing here knows Flask.

- The whole: `server` joins what lies below (engine, hub, codec) and is what Flask's face talks to. `clustered` is one
  that is one of several processes. `runtime` is the loop it runs on, `options` what can be set about it.
- Who is there: `client` is one connection, `socket` one client in one namespace, `memory_client` a client in this
  process, for tests. `recovery` remembers those that have lost their connection.
- An event that comes in: `admission` asks whether it is within its `limits` and no repetition (`once`), `handlers` says
  who handles it and `signatures` how that wants to be called, `jobs` what a call is and what becomes of its result.
- Who runs it: `mailbox` keeps the order. `threads` is the only place with threads, and `blocked_workers` finds out
  which of them block; `tasks` is the same for coroutines.
- An event that goes out: `payloads` says what is too large. `errors` is what users' code sees raised.
"""
