"""An exchange: 20 symbols whose prices come from orders that meet, and people who buy and sell among busy bots.

Where to read: `app.py` (what the server does when something happens), then `exchange.py` (how orders meet), `bots.py`
(who keeps the prices moving), `store.py` (what survives), then the page in `static/`, which begins in `main.js`.
"""
