"""A chat somebody would use: rooms, names, who is here, typing hints, and a history that survives a restart.

Where to read: `app.py` (what the server does when something happens), then `rules.py` (what may be said), `people.py`
(who is here), `history.py` (what was said), then the page in `static/`, which begins in `main.js`.
"""
