"""Engine.IO on asyncio: how packets reach one client and come from it. Nothing here knows of events, rooms or Flask.

- The whole: `engine` has all connections, and what is set about them is in `options`. Who may open one is a question to
  `origin` and `connection_limits`; what is turned down is a `refusal`, and `complaints` keep the log short. `cookie`
  and `counters` are for those outside.
- One client: `connection` is its state, its outbox and its transport. `conflation` keeps the newest packet of a key in
  the outbox, `deadlines` are the client's time-outs, `reasons` why it has ended.
- The transports: `polling`, over `http` with its `compression`, and `jsonp` where it has to be; `websocket`, over a
  `websocket_link`; `memory`, for clients in this process.
- The link of the native host: `picows_link`. `frame_cutter` reads for it, `reading_turns` lets those wait who send
  much, `picows_facade` and `picows_stand_ins` are what picows sees of the world, and `drain` is the end.
"""
