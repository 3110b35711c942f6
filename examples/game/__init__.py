"""Magpies, a game for up to 16 on one field: gather gems, dash into others to make them drop theirs.

Where to read: `app.py` (what the server does), `motion.py` (how a bird moves), `match.py` (what happens in a match),
`deltas.py` (how pages hear of it), then `static/`, which begins in `main.js`.
"""
