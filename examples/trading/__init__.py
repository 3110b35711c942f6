"""An exchange: 20 symbols whose prices come from orders that meet, and people who buy and sell among busy bots.

Where to read: `app.py` (what the server does when something happens), `exchange.py` (how orders meet), `bots.py` (who
keeps prices moving), `store.py` and `schema.sql` (what survives), then `static/`, which begins in `main.js`.
"""
