"""A chat somebody would use: rooms, moderators, files, and a history that can be searched and survives any restart.

Where to read: `app.py` (what happens when), `rules.py` (who is here, what may be said), `history.py` (what was said),
`files.py` (what was shared), then the page, which begins in `static/main.js`.
"""
