"""Serve the exchange: `python -m examples.trading`.

PORT (5000) and HOST (127.0.0.1; 0.0.0.0 lets a phone on the same network in) say where, TRADING_FOLDER where accounts
and orders are kept (saved, beside this file). TRADING_BUSTLE=0 lets prices rest, 1 is as usual.
"""

import os

from examples.trading.app import app, socketio

if __name__ == "__main__":
    socketio.run(app, host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "5000")))
